"""What a form remembers: its settings, those that were given a name, and its last pictures, all in the home.

A form's own settings and pictures are kept by notebook and target: they are back when its cell runs again.
"""

import logging
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from drawscape.catalogue import (
    Drawing,
    find,
    named_store,
    recent_store,
    settings_key,
    settings_store,
)
from drawscape.catalogue.database import full_path, stored_path
from drawscape.catalogue.query import captions
from drawscape.errors import CatalogueError, DrawscapeError, ParameterError, UnknownNameError
from drawscape.notebook.lasting import notebook_name
from drawscape.notebook.pictures import Picture, result_picture
from drawscape.recipe import address_of, plain

_LOG = logging.getLogger("drawscape.notebook")

MOST = 24  # pictures in the strip

Kept = Mapping[str, Any]
"""Settings as JSON values, by name."""


@contextmanager
def _logged(trouble: str) -> Iterator[None]:
    """A form works without what it remembers: a catalogue that cannot be used is noted in the log."""
    try:
        yield
    except CatalogueError as error:
        _LOG.warning("%s: %s", trouble, error)


class LastSettings:
    """The settings of the form for one target in this notebook, opened with the arguments `given`.

    Another argument in the cell is another form: what the cell says holds. `target_key` is that of all
    forms for the target in this notebook, '' outside of notebooks, where nothing is kept.
    """

    def __init__(self, target: str, given: Kept) -> None:
        notebook = notebook_name()
        opened = address_of({name: plain(value) for name, value in given.items()})
        self.named_key = settings_key(notebook, target)
        self.target_key = self.named_key if notebook else ""
        self._key = settings_key(notebook, f"{target}\t{opened[:8]}") if notebook else ""

    def load(self) -> Kept | None:
        """Return what was kept, None where there is nothing."""
        with _logged("the form's settings did not come back"):
            return settings_store.load(self._key)
        return None

    def save(self, kept: Kept) -> None:
        """Keep these settings."""
        with _logged("the form's settings are not kept"):
            if self._key:
                settings_store.save(self._key, kept)


class NamedSettings:
    """The settings that were given a name, of all forms of a target in this notebook.

    `read()` returns what the form shows, and `show(kept)` shows such. `on_change(name)` is called with the
    name of what the form shows, and with None when another form has changed the names.
    """

    _open: ClassVar["weakref.WeakSet[NamedSettings]"] = weakref.WeakSet()

    def __init__(
        self,
        key: str,
        read: Callable[[], Kept],
        show: Callable[[Kept], object],
        on_change: Callable[[str | None], object],
    ) -> None:
        self._key, self._read, self._show, self._on_change = f"{key}\n", read, show, on_change
        self._open.add(self)

    @property
    def names(self) -> list[str]:
        """The names, the latest first; none from a catalogue that cannot be read."""
        with _logged("the saved settings are not offered"):
            return [key.removeprefix(self._key) for key in named_store.keys(self._key)]
        return []

    def save(self, name: str) -> None:
        """Keep what the form shows under `name`; what had that name before is replaced.

        Raises ParameterError for a name that is empty or has several lines.
        """
        name = name.strip()
        if not name or "\n" in name:
            raise ParameterError("name", name, "give the settings a name, of one line")
        named_store.save(self._key + name, self._read())
        self._tell(name)

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
        self._tell("")

    def _tell(self, name: str) -> None:
        for one in list(self._open):
            if one._key == self._key:
                one._on_change(name if one is self else None)


class RecentPictures:
    """The last pictures of a form, the newest first; with a `key` they are kept in the home.

    Each has its settings: those of the drawing, or for a file of a task that keeps no recipe what the form
    showed. `on_choose(path, settings)` is called when one is chosen, `show(tiles)` with what the page needs
    of all; `lock` is that of the form. Stars that are given here are those of the catalogue.
    """

    def __init__(
        self,
        key: str,
        on_choose: Callable[[Path, Kept], object],
        show: Callable[[list[dict[str, Any]]], object],
        lock: Any,
    ) -> None:
        self._key, self._on_choose, self._show, self._lock = key, on_choose, show, lock
        self._entries: dict[str, Kept] = {}
        with _logged("the last pictures did not come back"):
            found = recent_store.load(key) or {"entries": ()}
            self._entries = {n: kept for n, kept in found["entries"] if full_path(n).is_file()}

    @property
    def paths(self) -> list[Path]:
        """The files of the pictures, the newest first."""
        return [full_path(name) for name in self._entries]

    def refresh(self) -> None:
        """Show all of them; the page asks for each `picture` that it has not."""
        with self._lock:
            found = [(name, drawing_of(str(full_path(name)))) for name in self._entries]
            words = iter(captions([drawing for _, drawing in found if drawing], with_sketch=False))
            tiles = []
            for name, drawing in found:
                path = full_path(name)
                tiles.append({
                    "id": name,
                    "caption": next(words) if drawing else path.name,
                    "drawn_at": path.stat().st_mtime if path.is_file() else 0,
                    "stars": drawing.stars if drawing else 0,
                })  # fmt: skip
            self._show(tiles)

    def picture(self, name: str) -> Picture | None:
        """Return the small picture of the tile of that name, None without one."""
        drawing = drawing_of(str(full_path(name)))
        thumbnail = drawing.thumbnail if drawing else None
        return Picture(thumbnail) if thumbnail else result_picture(full_path(name))

    def add(self, path: Path, kept: Kept) -> None:
        """Put the picture of a file first; one that is there with these settings stays in its place."""
        name = stored_path(path)
        with self._lock, _logged("the last pictures are not kept"):
            if self._entries.get(name) == kept:
                return
            others = {n: one for n, one in self._entries.items() if n != name}
            self._entries = dict([(name, kept), *others.items()][:MOST])
            if self._key:
                recent_store.save(self._key, {"entries": list(self._entries.items())})
        self.refresh()

    def choose(self, path: Path | str) -> None:
        """Do what a click on the picture of that file does."""
        name = stored_path(full_path(str(path)))
        if name in self._entries:
            self._on_choose(full_path(name), self._entries[name])

    def star(self, path: Path | str, stars: int) -> None:
        """Give the drawing in that file stars, 0 to 5."""
        find(full_path(str(path))).star(stars)
        self.refresh()


def drawing_of(result: Any) -> Drawing | None:
    """Return the drawing in the file that a job's result names, None for any other result."""
    with suppress(DrawscapeError, OSError):
        if isinstance(result, str) and result.endswith(".svg"):
            return find(result)
    return None
