"""The settings that a form keeps in the home: its last ones, and those with a name.

Both are kept by notebook and target: they are back when the form's cell runs again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from drawscape.catalogue import named_store, settings_key, settings_store
from drawscape.errors import CatalogueError, ParameterError, UnknownNameError
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

    Other arguments in the cell restore nothing: the cell counts. `target_key` is that of all
    forms for the target in this notebook, '' outside of notebooks, where nothing is kept.
    """

    def __init__(self, target: str, given: Kept) -> None:
        notebook = notebook_name()
        opened = address_of({name: plain(value) for name, value in given.items()})
        self.named_key = settings_key(notebook, target)
        self.target_key = self.named_key if notebook else ""
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


class NamedSettings:
    """The settings that were given a name, of all forms of a target in this notebook.

    `read()` returns the settings of the form, `show(kept)` shows others. `on_change(name)` gets the name of
    the settings that the form shows.
    """

    def __init__(
        self,
        key: str,
        read: Callable[[], Kept],
        show: Callable[[Kept], object],
        on_change: Callable[[str], object],
    ) -> None:
        self._key, self._read, self._show, self._on_change = f"{key}\n", read, show, on_change

    @property
    def names(self) -> list[str]:
        """The names, the latest first; none from a catalogue that cannot be read."""
        with logged_trouble("the saved settings are not offered"):
            return [key.removeprefix(self._key) for key in named_store.keys(self._key)]
        return []

    def save(self, name: str) -> None:
        """Save the settings of the form under `name`; former ones of that name are replaced.

        Raises ParameterError for a name that is empty or has several lines.
        """
        name = name.strip()
        if not name or "\n" in name:
            raise ParameterError("name", name, "give the settings a name, of one line")
        named_store.save(self._key + name, self._read())
        self._on_change(name)

    def load(self, name: str) -> None:
        """Show the settings of that name. Raises UnknownNameError."""
        kept = named_store.load(self._key + name)
        if kept is None:
            raise UnknownNameError("saved settings", name, self.names)
        self._show(kept)
        self._on_change(name)

    def delete(self, name: str) -> None:
        """Forget the settings of that name. Raises UnknownNameError."""
        if not named_store.delete(self._key + name.strip()):
            raise UnknownNameError("saved settings", name, self.names)
        self._on_change("")
