"""The last pictures of a form: a strip under it, kept in the home by notebook and target."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from drawscape.catalogue import Drawing, find, recent_store
from drawscape.catalogue.database import full_path, stored_path
from drawscape.catalogue.listing import captions
from drawscape.errors import DrawscapeError
from drawscape.notebook.pictures import EncodedImage, result_picture
from drawscape.notebook.saved_settings import Kept, logged_trouble

MOST = 24  # pictures in the strip


class RecentPictures:
    """The last pictures of a form, the newest first; with a `key` they are kept in the home.

    Each has its settings: those of the drawing, or of the form for the file of a task. A click calls
    `on_choose(path, settings)`; `show(tiles)` gets the tiles of the page. `lock` is that of the form. Stars
    are those of the catalogue.
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
        with logged_trouble("the last pictures did not come back"):
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

    def picture(self, name: str) -> EncodedImage | None:
        """Return the small picture of the tile of that name, None without one."""
        drawing = drawing_of(str(full_path(name)))
        thumbnail = drawing.thumbnail if drawing else None
        return EncodedImage(thumbnail) if thumbnail else result_picture(full_path(name))

    def add(self, path: Path, kept: Kept) -> None:
        """Put the picture of a file first; one that is there with these settings stays in its place."""
        name = stored_path(path)
        with self._lock, logged_trouble("the last pictures are not kept"):
            if self._entries.get(name) == kept:
                return
            others = {n: one for n, one in self._entries.items() if n != name}
            self._entries = dict([(name, kept), *others.items()][:MOST])
            if self._key:
                recent_store.save(self._key, {"entries": list(self._entries.items())})
        self.refresh()

    def choose(self, path: Path | str) -> None:
        """Choose the picture of that file, as a click does."""
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
