"""What a form showed, kept by notebook and target: it comes back when its cell runs again."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

from drawscape.catalogue import settings_key, settings_store
from drawscape.errors import CatalogueError, DrawscapeError
from drawscape.notebook.panel import Panel
from drawscape.sketches.provenance import address_of, plain

_LOG = logging.getLogger("drawscape.notebook")


def notebook_name() -> str:
    """Return the path of the notebook that this kernel runs, '' where there is none: in a script, a test."""
    named = vars(sys.modules["__main__"]).get("__vsc_ipynb_file__")
    return str(named or os.environ.get("JPY_SESSION_NAME", ""))


class FormSettings:
    """The settings of the form for one target in this notebook, opened with the arguments `given`.

    Another argument in the cell is another form: what the cell says holds.
    """

    def __init__(self, target: str, given: Mapping[str, Any]) -> None:
        notebook = notebook_name()
        opened = address_of({name: plain(value) for name, value in given.items()})
        self._key = settings_key(notebook, f"{target}\t{opened[:8]}") if notebook else ""

    def restore(self, panel: Panel) -> bool:
        """Show what was kept, as far as the parameters still exist; return whether there was anything."""
        if not self._key:
            return False
        try:
            kept = settings_store.load(self._key)
        except CatalogueError as error:
            _LOG.warning("the form's settings did not come back: %s", error)
            return False
        if kept is None:
            return False
        if "streams" in kept:
            known = panel.target.streams
            kept["streams"] = {n: seed for n, seed in kept["streams"].items() if n in known}
        for name in sorted(kept, key=lambda one: one != "pattern_type"):
            try:
                panel.set({name: kept[name]})
            except DrawscapeError:
                continue  # the sketch has changed: that parameter is gone, or bound otherwise
        return True

    def save(self, panel: Panel) -> None:
        """Keep what the panel shows."""
        if not self._key:
            return
        shown = panel.target.shown(panel.snapshot)
        try:
            settings_store.save(self._key, {name: plain(value) for name, value in shown.items()})
        except CatalogueError as error:
            _LOG.warning("the form's settings are not kept: %s", error)
