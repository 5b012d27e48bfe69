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
from drawscape.notebook.saved_settings import logged_trouble

MOST = 24  # pictures in the strip


class RecentPictures:
    """The last drawings of a form, the newest first; with a `key` they are kept in the home.

    `show(tiles)` gets the tiles of the page. `lock` is that of the form.
    """

    def __init__(self, key: str, show: Callable[[list[dict[str, Any]]], object], lock: Any) -> None:
        self._key, self._show, self._lock = key, show, lock
        self._names: list[str] = []
        with logged_trouble("the last pictures did not come back"):
            kept = recent_store.load(key) or {}
            self._names = [name for name in kept.get("files", ()) if full_path(name).is_file()]

    @property
    def paths(self) -> list[Path]:
        """The files of the pictures, the newest first."""
        return [full_path(name) for name in self._names]

    def refresh(self) -> None:
        """Show all of them; the page asks for each `picture` that it lacks."""
        with self._lock:
            found = [(name, drawing_of(str(full_path(name)))) for name in self._names]
            shown = [(name, drawing) for name, drawing in found if drawing]
            words = captions([drawing for _, drawing in shown], with_sketch=False)
            tiles = [
                {
                    "id": name,
                    "caption": caption,
                    "drawn_at": drawing.modified_ns,
                    "stars": drawing.stars,
                }
                for (name, drawing), caption in zip(shown, words)
            ]
            self._show(tiles)

    def picture(self, name: str) -> EncodedImage | None:
        """Return the small picture of the tile of that name, None without one."""
        drawing = drawing_of(str(full_path(name)))
        thumbnail = drawing.thumbnail if drawing else None
        return EncodedImage(thumbnail) if thumbnail else result_picture(full_path(name))

    def add(self, path: Path) -> None:
        """Put the picture of a file first; one that is there stays in its place."""
        name = stored_path(path)
        with self._lock, logged_trouble("the last pictures are not kept"):
            if name not in self._names:
                self._names = [name, *self._names][:MOST]
                if self._key:
                    recent_store.save(self._key, {"files": self._names})
        self.refresh()


def drawing_of(result: Any) -> Drawing | None:
    """Return the drawing in the file that a job's result names, None for any other result."""
    with suppress(DrawscapeError, OSError):
        if isinstance(result, str) and result.endswith(".svg"):
            return find(result)
    return None
