"""What a form remembers: its settings, those that were given a name, and its last pictures, all in the home.

A form's own settings and pictures are kept by notebook and target: they are back when its cell runs again.
"""

import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from drawscape.catalogue import find, named_store, recent_store, settings_key, settings_store
from drawscape.catalogue.database import full_path, stored_path
from drawscape.drawing.document import Document
from drawscape.errors import CatalogueError, DrawscapeError, ParameterError, UnknownNameError
from drawscape.notebook.pictures import result_picture, thumbnail_of
from drawscape.notebook.text import label_of
from drawscape.recipe import address_of, plain

_LOG = logging.getLogger("drawscape.notebook")

MOST = 24
"""Pictures in the strip."""

MOST_BYTES, MOST_PX = 7_000, 220
"""Of a picture in the strip."""

MOST_CHANGES = 3
"""Parameters that a caption names."""

Kept = Mapping[str, Any]
"""Settings as JSON values, by name."""


def notebook_name() -> str:
    """Return the path of the notebook that this kernel runs, '' where there is none: in a script, a test."""
    named = vars(sys.modules["__main__"]).get("__vsc_ipynb_file__")
    return str(named or os.environ.get("JPY_SESSION_NAME", ""))


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
            return settings_store.load(self._key) if self._key else None
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
        self._key, self._read, self._show, self._on_change = key, read, show, on_change
        self._open.add(self)

    @property
    def names(self) -> list[str]:
        """The names, the latest first."""
        return [key.partition("\n")[2] for key in named_store.keys(self._place(""))]

    @property
    def names_if_readable(self) -> list[str]:
        """The names, none from a catalogue that cannot be read."""
        with _logged("the saved settings are not offered"):
            return self.names
        return []

    def save(self, name: str) -> None:
        """Keep what the form shows under `name`; what had that name before is replaced.

        Raises ParameterError for a name that is empty or has several lines.
        """
        name = name.strip()
        if not name or "\n" in name:
            raise ParameterError("name", name, "give the settings a name, of one line")
        named_store.save(self._place(name), self._read())
        self._tell(name)

    def load(self, name: str) -> None:
        """Show the settings of that name. Raises UnknownNameError."""
        kept = named_store.load(self._place(name))
        if kept is None:
            raise UnknownNameError("saved settings", name, self.names)
        self._show(kept)
        self._on_change(name)

    def delete(self, name: str) -> None:
        """Forget the settings of that name. Raises UnknownNameError."""
        if not named_store.delete(self._place(name.strip())):
            raise UnknownNameError("saved settings", name, self.names)
        self._tell("")

    def _place(self, name: str) -> str:
        return f"{self._key}\n{name}"

    def _tell(self, name: str) -> None:
        for one in list(self._open):
            if one._key == self._key:
                one._on_change(name if one is self else None)


class RecentPictures:
    """The last pictures of a form, the newest first; with a `key` they are kept in the home.

    `on_choose(kept, path)` is called when one is chosen, `show(tiles)` with what the page needs of all.
    Stars that are given here are those of the catalogue.
    """

    def __init__(
        self,
        key: str,
        on_choose: Callable[[Kept, Path], object],
        show: Callable[[list[dict[str, Any]]], object],
    ) -> None:
        self._key, self._on_choose, self._show = key, on_choose, show
        self._entries: dict[str, Kept] = {}
        self._tiles: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        with _logged("the last pictures did not come back"):
            found = recent_store.load(key) if key else None
            entries = (found or {}).get("entries", ())
            self._entries = {name: kept for name, kept in entries if full_path(name).is_file()}

    @property
    def paths(self) -> list[Path]:
        """The files of the pictures, the newest first."""
        return [full_path(name) for name in self._entries]

    @property
    def latest(self) -> tuple[Path, Kept] | None:
        """The newest picture's file and settings."""
        return next(((full_path(name), kept) for name, kept in self._entries.items()), None)

    def refresh(self) -> None:
        """Show all of them; pictures that the catalogue does not have take time to make."""
        with self._lock:
            for name in self._entries:
                self._tiles.setdefault(name, self._tile(name))
            self._show_all()

    def add(self, path: Path, kept: Kept, document: Document | None = None) -> None:
        """Put the picture of a file first; one that is there with these settings stays in its place."""
        name = stored_path(path)
        with self._lock:
            if self._entries.get(name) == kept:
                return
            others = {n: s for n, s in self._entries.items() if n != name}
            self._entries = dict([(name, kept), *others.items()][:MOST])
            with _logged("the last pictures are not kept"):
                if self._key:
                    recent_store.save(self._key, {"entries": list(self._entries.items())})
            self._tiles[name] = self._tile(name, document)
            self._show_all()

    def choose(self, path: Path | str) -> None:
        """Do what a click on the picture of that file does."""
        name = stored_path(Path(full_path(str(path))))
        if name in self._entries:
            self._on_choose(self._entries[name], full_path(name))

    def star(self, path: Path | str, stars: int) -> None:
        """Give the drawing in that file stars, 0 to 5."""
        file = full_path(str(path))
        find(file).star(stars)
        name = stored_path(file)
        with self._lock:
            if name in self._entries:
                self._tiles[name] = self._tile(name)
                self._show_all()

    def _show_all(self) -> None:
        self._show([self._tiles[name] for name in self._entries if name in self._tiles])

    def _tile(self, name: str, document: Document | None = None) -> dict[str, Any]:
        path, stars = full_path(name), 0
        try:
            drawing = find(path)
            data, kind, stars = drawing.thumbnail or b"", "webp", drawing.stars
        except (DrawscapeError, OSError):  # of a task that keeps no recipe
            made = None if document is None else thumbnail_of(document, MOST_BYTES, MOST_PX)
            data, kind = (made.data, made.format) if made else _file_picture(path)
        caption = self._caption(name)
        return {"id": name, "thumbnail": data, "kind": kind, "caption": caption, "stars": stars}

    def _caption(self, name: str) -> str:
        """Return what was changed since the picture before."""
        names = list(self._entries)
        place = names.index(name) + 1
        before = self._entries[names[place]] if place < len(names) else {}
        return changes(before, self._entries[name]) or "the first"


def changes(before: Kept, after: Kept) -> str:
    """Return what differs, as a person reads it: 'seed 7, turns 12'; '' before the first."""
    if not before:
        return ""
    changed = [n for n in after if repr(before.get(n)) != repr(after[n])]
    if {"width", "height"} <= set(changed):
        changed.remove("height")
    words = [_words(name, after) for name in changed[:MOST_CHANGES]]
    more = len(changed) - MOST_CHANGES
    return ", ".join([*words, f"{more} more"] if more > 0 else words)


def _words(name: str, kept: Kept) -> str:
    value = kept[name]
    if name in ("width", "height") and {"width", "height"} <= kept.keys():
        return f"{kept['width']:g} x {kept['height']:g} mm"
    if isinstance(value, Mapping):  # the seeds of streams
        return ", ".join(f"{name} {one}" for name, one in value.items()) or f"no {label_of(name)}"
    return f"{label_of(name)} {f'{value:.4g}' if isinstance(value, float) else value}"


def _file_picture(path: Path) -> tuple[bytes, str]:
    picture = result_picture(path)
    small = picture is not None and len(picture.data) <= 50 * MOST_BYTES
    return (picture.data, picture.format) if picture is not None and small else (b"", "webp")
