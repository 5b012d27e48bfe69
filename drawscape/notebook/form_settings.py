"""What a form showed, kept by notebook and target: it comes back when its cell runs again."""

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

from drawscape.catalogue import settings_key, settings_store
from drawscape.errors import CatalogueError
from drawscape.notebook.panel import Panel
from drawscape.sketches.provenance import address_of, plain

_LOG = logging.getLogger("drawscape.notebook")


def notebook_name() -> str:
    """Return the path of the notebook that this kernel runs, '' where there is none: in a script, a test."""
    named = vars(sys.modules["__main__"]).get("__vsc_ipynb_file__")
    return str(named or os.environ.get("JPY_SESSION_NAME", ""))


def settings_of(panel: Panel) -> dict[str, Any]:
    """Return what the panel shows as JSON values; `panel.show_kept` shows it again."""
    return {name: plain(value) for name, value in panel.target.shown(panel.snapshot).items()}


class FormSettings:
    """The settings of the form for one target in this notebook, opened with the arguments `given`.

    Another argument in the cell is another form: what the cell says holds. `target_key` is that of all
    forms for the target in this notebook; it is kept of a notebook only, as `kept` says.
    """

    def __init__(self, target: str, given: Mapping[str, Any]) -> None:
        notebook = notebook_name()
        opened = address_of({name: plain(value) for name, value in given.items()})
        self.kept = bool(notebook)
        self.target_key = settings_key(notebook, target)
        self._key = settings_key(notebook, f"{target}\t{opened[:8]}")

    def restore(self, panel: Panel) -> bool:
        """Show what was kept, as far as the parameters still exist; return whether there was anything."""
        if not self.kept:
            return False
        try:
            found = settings_store.load(self._key)
        except CatalogueError as error:
            _LOG.warning("the form's settings did not come back: %s", error)
            return False
        panel.show_kept(found or {})
        return found is not None

    def save(self, panel: Panel) -> None:
        """Keep what the panel shows."""
        if not self.kept:
            return
        try:
            settings_store.save(self._key, settings_of(panel))
        except CatalogueError as error:
            _LOG.warning("the form's settings are not kept: %s", error)
