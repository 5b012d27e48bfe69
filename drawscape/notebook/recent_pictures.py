"""The last pictures of a form in a strip under it: a click brings settings and picture back."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from drawscape.catalogue import find, recent_store
from drawscape.catalogue.database import full_path, stored_path
from drawscape.drawing.document import Document
from drawscape.errors import CatalogueError, DrawscapeError
from drawscape.notebook.style import HAS_ANYWIDGET
from drawscape.notebook.text import label_of
from drawscape.notebook.thumbnail import thumbnail_of

_LOG = logging.getLogger("drawscape.notebook")

MOST = 24

MOST_BYTES, MOST_PX = 7_000, 220
"""Of a picture in the strip."""

MOST_CHANGES = 3
"""Parameters that a caption names."""

Settings = Mapping[str, Any]


class RecentPictures:
    """The strip, the newest picture first; with a `key` it is kept in the home.

    `on_choose(settings, path)` is called when one is clicked. Stars that are given here are those of the
    catalogue; two that are chosen are compared with the key c.
    """

    def __init__(self, key: str, on_choose: Callable[[Settings, Path], object]) -> None:
        self._key, self._on_choose = key, on_choose
        self._entries: dict[str, Settings] = {}
        self._lock = threading.Lock()
        self._grid = self._make_grid() if HAS_ANYWIDGET else None
        self._below = widgets.VBox()
        self.box = widgets.VBox([self._grid, self._below] if self._grid is not None else [])
        self.box.add_class("drawscape-strip")
        self._load()

    @property
    def paths(self) -> list[Path]:
        """The files of the pictures, the newest first."""
        return [full_path(name) for name in self._entries]

    @property
    def latest(self) -> tuple[Path, Settings] | None:
        """The newest picture's file and settings."""
        return next(((full_path(name), one) for name, one in self._entries.items()), None)

    def add(self, path: Path, settings: Settings, document: Document | None = None) -> None:
        """Put the picture of a file first; one that is there with these settings stays in its place."""
        name = stored_path(path)
        with self._lock:
            if self._entries.get(name) != settings:
                others = {n: s for n, s in self._entries.items() if n != name}
                self._entries = dict([(name, settings), *others.items()][:MOST])
                self._save()
                self._show({name: self._tile(name, document)})
        if self._grid is not None:
            self._grid.selected = [name]

    def choose(self, path: Path) -> None:
        """Do what a click on the picture of that file does."""
        self._selected([stored_path(path)])

    def _selected(self, names: Sequence[str]) -> None:
        if len(names) == 1 and names[0] in self._entries:
            self._on_choose(self._entries[names[0]], full_path(names[0]))

    def _load(self) -> None:
        """Show what was kept; pictures that the catalogue does not have take time to make."""
        try:
            kept = recent_store.load(self._key) if self._key else None
        except CatalogueError as error:
            _LOG.warning("the last pictures did not come back: %s", error)
            return
        found = [
            entry for entry in (kept or {}).get("entries", ()) if full_path(entry[0]).is_file()
        ]
        self._entries = dict(found)
        if self._entries:
            threading.Thread(target=self._show_loaded, daemon=True).start()

    def _show_loaded(self) -> None:
        tiles = {name: self._tile(name) for name in list(self._entries)}
        with self._lock:
            self._show(tiles)

    def _save(self) -> None:
        if not self._key:
            return
        try:
            recent_store.save(self._key, {"entries": list(self._entries.items())})
        except CatalogueError as error:
            _LOG.warning("the last pictures are not kept: %s", error)

    def _show(self, tiles: Mapping[str, Any]) -> None:
        """Show the entries in their order: with these tiles, and of the others those that are there."""
        if self._grid is not None:
            known = {tile.id: tile for tile in self._grid.tiles} | dict(tiles)
            self._grid.show(known[name] for name in self._entries if name in known)

    def _make_grid(self) -> Any:
        from drawscape.notebook.tile_grid import TileGrid

        return TileGrid(
            on_select=self._selected,
            on_open=lambda name: self._selected([name]),
            on_star=self._star,
            on_compare=self._compare,
            on_key=self._pressed,
            tile_px=96,
            label="the last pictures",
        )

    def _tile(self, name: str, document: Document | None = None) -> Any:
        from drawscape.notebook.tile_grid import Tile

        path = full_path(name)
        try:
            drawing = find(path)
            return Tile(name, drawing.thumbnail or b"", self._caption(name), drawing.stars)
        except (DrawscapeError, OSError):  # of a task that keeps no recipe
            made = None if document is None else thumbnail_of(document, MOST_BYTES, MOST_PX)
        data, kind = (made.data, made.format) if made else _file_picture(path)
        return Tile(name, data, self._caption(name), format=kind)

    def _caption(self, name: str) -> str:
        """Return what was changed since the picture before."""
        names = list(self._entries)
        place = names.index(name) + 1
        before = self._entries[names[place]] if place < len(names) else {}
        return changes(before, self._entries[name]) or "the first"

    def _star(self, name: str, stars: int) -> None:
        find(full_path(name)).star(stars)
        if self._grid is not None:
            self._grid.update(self._tile(name))

    def _pressed(self, _name: str, key: str) -> None:
        if key == "c" and self._grid is not None:
            self._compare(self._grid.selected)

    def _compare(self, names: Sequence[str]) -> None:
        from drawscape.notebook.viewer import compare

        self._below.children = [compare(*(full_path(name) for name in names))]


def changes(before: Settings, after: Settings) -> str:
    """Return what differs, as a person reads it: 'seed 7, turns 12'; '' before the first."""
    if not before:
        return ""
    changed = [n for n in after if repr(before.get(n)) != repr(after[n])]
    if {"width", "height"} <= set(changed):
        changed.remove("height")
    words = [_words(name, after) for name in changed[:MOST_CHANGES]]
    more = len(changed) - MOST_CHANGES
    return ", ".join([*words, f"{more} more"] if more > 0 else words)


def _words(name: str, settings: Settings) -> str:
    if name in ("width", "height") and {"width", "height"} <= settings.keys():
        return f"{settings['width']:g} x {settings['height']:g} mm"
    value = settings[name]
    return f"{label_of(name)} {f'{value:.4g}' if isinstance(value, float) else value}"


def _file_picture(path: Path) -> tuple[bytes, str]:
    from drawscape.notebook.picture import result_picture

    picture = result_picture(path)
    small = picture is not None and len(picture.data) <= 50 * MOST_BYTES
    return (picture.data, picture.format) if picture is not None and small else (b"", "webp")
