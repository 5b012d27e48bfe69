"""Hundreds of small pictures in one widget: chosen by mouse and keys, rated with stars, sorted.

    grid = TileGrid([Tile("a", png, "seed 1")], on_open=lambda id: ...)

Keys in the page: arrows move (with Shift they extend the choice), 0 to 5 rate, Space enlarges, Enter opens,
any other letter goes to `on_key`; a tile dragged onto another goes to `on_compare`.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import anywidget
import traitlets

from drawscape.notebook.board import Gallery
from drawscape.notebook.lasting import Lasting
from drawscape.notebook.picture import Picture
from drawscape.notebook.reader import Debounce
from drawscape.notebook.saved_picture import LARGEST_FORM, SavedPicture
from drawscape.notebook.style import resource

Handler = Callable[..., object]

KEPT_COLUMNS = 5

REST_S = 0.5
"""What a saved notebook keeps is no older than that."""


@dataclass(frozen=True)
class Tile:
    """One picture: bytes of an image of `format` ('webp', 'png', 'svg+xml'), and the words under it.

    `state` is a job's status; anything but 'finished' is shown as not there yet, 'failed' in red. `hint`
    is what the pointer over it shows.
    """

    id: str
    thumbnail: bytes = b""
    caption: str = ""
    stars: int = 0
    state: str = "finished"
    format: str = "webp"
    hint: str = ""


class TileGrid(Lasting, anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base is untyped here
    """A wall of tiles. `selected` holds the ids chosen, in the page's order.

    Handlers: `on_open(id)`, `on_enlarge(id)`, `on_star(id, stars)`, `on_select(ids)`,
    `on_compare(ids)`, `on_key(id, key)`. What they raise is shown above the tiles. `columns` 0 means
    as many as fit, each `tile_px` wide or a little more.
    """

    _esm = resource("tile_grid.js")
    _css = resource("tile_grid.css")
    order = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    columns = traitlets.Int(0).tag(sync=True)
    tile_px = traitlets.Int(170).tag(sync=True)
    label = traitlets.Unicode("drawings").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        tiles: Iterable[Tile] = (),
        *,
        on_open: Handler | None = None,
        on_enlarge: Handler | None = None,
        on_star: Handler | None = None,
        on_select: Handler | None = None,
        on_compare: Handler | None = None,
        on_key: Handler | None = None,
        **options: Any,
    ) -> None:
        self._tiles: dict[str, Tile] = {}
        self._lock = threading.RLock()
        self._is_open = (
            False  # a page asks for all tiles when it opens: before, nobody receives them
        )
        self._handlers = {
            "open": on_open,
            "enlarge": on_enlarge,
            "star": on_star,
            "select": on_select,
            "compare": on_compare,
            "key": on_key,
        }
        self.saved = SavedPicture(
            "drawings: run this cell to see them live", "drawscape-wall", "drawscape-wall-saved"
        )
        self._saving: Debounce | None = None
        super().__init__(**options)
        self.on_msg(self._received)
        self.show(tiles)

    @property
    def tiles(self) -> list[Tile]:
        """The tiles in their order."""
        return [self._tiles[tile_id] for tile_id in self.order]

    def show(self, tiles: Iterable[Tile]) -> None:
        """Show these tiles, in this order, and no others."""
        wanted = {tile.id: tile for tile in tiles}
        with self._lock:
            changed = [tile for tile in wanted.values() if tile != self._tiles.get(tile.id)]
            former, self._tiles = self._tiles, wanted
            self.selected = [tile_id for tile_id in self.selected if tile_id in wanted]
            self.order = list(wanted)
            self._send_tiles(changed, former)

    def update(self, tile: Tile) -> None:
        """Show a tile anew, or one more at the end."""
        with self._lock:
            former = dict(self._tiles)
            if former.get(tile.id) == tile:
                return
            self._tiles[tile.id] = tile
            if tile.id not in former:
                self.order = [*self.order, tile.id]
            self._send_tiles([tile], former)

    def change(self, tile_id: str, **details: Any) -> None:
        """Show some details of a tile anew, if it is there."""
        with self._lock:
            if tile_id in self._tiles:
                self.update(replace(self._tiles[tile_id], **details))

    def begin_saving(self) -> None:
        """Keep the first tiles from now on, as many as a form may take."""
        self._saving = Debounce(REST_S, self._save, slow=True)
        self._save()

    def _save(self) -> None:
        kept, left = [], LARGEST_FORM
        for tile in filter(lambda tile: tile.thumbnail, self.tiles):
            left -= len(tile.thumbnail) * 4 // 3
            if left < 0:
                break
            kept.append(tile)
        if kept:
            pictures = [Picture(tile.thumbnail, tile.format) for tile in kept]
            captions = [tile.caption for tile in kept]
            self.saved.keep(Gallery(pictures, captions, self.columns or KEPT_COLUMNS)._repr_html_())

    def sort(self, key: Callable[[Tile], Any], *, reverse: bool = False) -> None:
        """Put the tiles in order; the choice and what is focused stay."""
        self.order = [tile.id for tile in sorted(self.tiles, key=key, reverse=reverse)]

    def enlarge(self, tile_id: str, picture: bytes, format: str, caption: str) -> None:
        """Show a large picture in place of the small one, if the page still has that tile enlarged."""
        self.send({"enlarged": {"id": tile_id, "caption": caption, "format": format}}, [picture])

    def reveal(self, selector: str) -> None:
        """Bring a part of the form around the tiles into view, once it has something in it."""
        self.send({"reveal": selector})

    def _send_tiles(self, tiles: list[Tile], former: Mapping[str, Tile]) -> None:
        """Send what has changed: a picture that the page has already is not sent again."""
        if tiles and self._saving is not None:
            self._saving.request()
        if not tiles or not self._is_open:
            return
        contents, pictures = [], []
        for tile in tiles:
            before = former.get(tile.id)
            changed = before is None or before.thumbnail != tile.thumbnail
            words = {name: value for name, value in vars(tile).items() if name != "thumbnail"}
            contents.append({**words, "changed": changed})
            pictures.append(tile.thumbnail if changed else b"")
        self.send({"tiles": contents}, pictures)

    def _received(self, _widget: Any, message: Mapping[str, Any], _buffers: Any) -> None:
        event = message.get("event")
        details = {name: value for name, value in message.items() if name != "event"}
        if event == "ready":
            self._is_open = True
            self._send_tiles(self.tiles, {})
            return
        handler = self._handlers.get(str(event))
        if handler is None:
            return
        try:
            handler(*details.values())
            self.note = ""
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            self.note = f"{type(error).__name__}: {error}"
