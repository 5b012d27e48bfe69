"""The picture that a saved notebook shows where a widget was: an output of its own beside it.

A notebook's page shows the widget of an output and nothing else of it, and without a kernel it shows no
widget. So each box of widgets has a second output, hidden by the style sheet as long as the first lives.
"""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Sequence
from html import escape

from drawscape.notebook.thumbnail import Thumbnail

INSTEAD_OF_WIDGET = (
    "<style>.jp-OutputArea-child:not(:has(.{widget})):has(+ .jp-OutputArea-child .{picture}) "
    "{{ display: none }}</style>"
)
"""Hides JupyterLab's 'model not found' above the picture, in notebooks that are trusted."""

LARGEST_FORM = 200_000
"""Bytes that one form may add to a saved notebook."""

LARGEST_IMAGE = LARGEST_FORM * 3 // 4 - 1000
"""Bytes of a form's image before base64, with room for the caption."""


class SavedPicture:
    """An output that is replaced when there is something better to keep than `words`."""

    def __init__(self, words: str) -> None:
        self._id = f"drawscape-{uuid.uuid4().hex}"
        self._shown = False
        self._lock = threading.Lock()
        self.keep(f"<p>{escape(words)}</p>")

    @property
    def html(self) -> str:
        """What the notebook keeps at this moment."""
        return f'<div class="drawscape-saved">{self._html}</div>'

    def display(self) -> None:
        """Put the output under the cell that runs."""
        with self._lock:
            self._publish(update=False)  # a new one each time; all are replaced together
            self._shown = True

    def show(self, pictures: Sequence[tuple[Thumbnail, str]], columns: int = 1) -> None:
        """Keep `pictures`, each with its caption, in rows of `columns`."""
        tiles = [_tile(thumbnail, caption) for thumbnail, caption in pictures]
        rows = ["".join(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        self.keep(f"<table>{body}</table>")

    def keep(self, html: str) -> None:
        """Keep `html`, which holds its pictures in itself."""
        with self._lock:
            style = INSTEAD_OF_WIDGET.format(widget="drawscape-form", picture="drawscape-saved")
            self._html = style + html
            if self._shown:
                self._publish(update=True)

    def _publish(self, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data = {"text/html": self.html, "text/plain": ""}
        publish_display_data(data, transient={"display_id": self._id}, update=update)


def alt_of(caption: str) -> str:
    """Return the `alt` of an image whose caption stands under it, which is not to be read out twice."""
    return f"picture of {escape(caption, quote=True)}"


def _tile(thumbnail: Thumbnail, caption: str) -> str:
    data = base64.b64encode(thumbnail.data).decode("ascii")
    image = f'<img src="data:image/{thumbnail.format};base64,{data}" alt="{alt_of(caption)}">'
    style = "text-align: center; background: white; color: black"
    return f'<td style="{style}">{image}<br>{escape(caption)}</td>'
