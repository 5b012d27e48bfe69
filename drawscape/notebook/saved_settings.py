"""The last settings of a form, kept in the home: they are back when the form's cell runs again."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from drawscape.catalogue import settings_key, settings_store
from drawscape.errors import CatalogueError
from drawscape.notebook.static_output import notebook_name
from drawscape.recipe import address_of, plain

_LOG = logging.getLogger("drawscape.notebook")

Kept = Mapping[str, Any]
"""Settings as JSON values, by name."""


@contextmanager
def logged_trouble(trouble: str) -> Iterator[None]:
    """Log an error of the catalogue and go on: a form works without it."""
    try:
        yield
    except CatalogueError as error:
        _LOG.warning("%s: %s", trouble, error)


class LastSettings:
    """The settings of the form for one target in this notebook, opened with the arguments `given`.

    Other arguments in the cell restore nothing: the cell has priority. `target_key` is that of all
    forms for the target in this notebook, '' outside of notebooks, where nothing is kept.
    """

    def __init__(self, target: str, given: Kept) -> None:
        notebook = notebook_name()
        opened = address_of({name: plain(value) for name, value in given.items()})
        self.target_key = settings_key(notebook, target) if notebook else ""
        self._key = settings_key(notebook, f"{target}\t{opened[:8]}") if notebook else ""

    def load(self) -> Kept | None:
        """Return the saved settings, None if there are none."""
        with logged_trouble("the form's settings did not come back"):
            return settings_store.load(self._key)
        return None

    def save(self, kept: Kept) -> None:
        """Keep these settings."""
        with logged_trouble("the form's settings are not kept"):
            if self._key:
                settings_store.save(self._key, kept)
