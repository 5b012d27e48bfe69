"""The picture that a saved notebook shows where a widget was: an output of its own beside it.

A notebook's page shows the widget of an output and nothing else of it, and without a kernel it shows no
widget. So each box of widgets has a second output, hidden by the style sheet as long as the first lives.
"""

import base64
import os
import sys
import threading
import uuid
from collections.abc import Callable, Sequence
from html import escape

from drawscape.catalogue import Drawing
from drawscape.notebook.picture import place_words
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


LATER_S = 2.0
"""When a page is given more than a form's bytes: the widget, which has the same to show, is there by then."""


def has_page() -> bool:
    """Return whether a page may be there that shows the widgets; without one a notebook may end at once."""
    in_code = "__vsc_ipynb_file__" in vars(sys.modules["__main__"])  # VS Code
    return in_code or "JPY_SESSION_NAME" in os.environ


class SavedPicture:
    """An output that is replaced when there is something better to keep than `words`.

    `widget` is the CSS class of the widget that it stands for, `picture` its own: style sheets hold for
    the whole page, and each kind of widget has its picture.
    """

    def __init__(
        self, words: str, widget: str = "drawscape-form", picture: str = "drawscape-saved"
    ) -> None:
        self._id = f"drawscape-{uuid.uuid4().hex}"
        self._shown = False
        self._widget, self._picture = widget, picture
        self._lock = threading.Lock()
        self._followers: list[Callable[[], None]] = []
        self._words = f"<p>{escape(words)}</p>"
        self.keep(self._words)

    @classmethod
    def of(cls, parts: "Sequence[SavedPicture]") -> "SavedPicture":
        """Return what keeps all that `parts` keep, now and whenever one of them changes."""
        whole = cls("", parts[0]._widget, parts[0]._picture)

        def follow() -> None:
            whole.keep("".join(part._body for part in parts))

        for part in parts:
            part._followers.append(follow)
        follow()
        return whole

    @property
    def html(self) -> str:
        """What the notebook keeps at this moment."""
        return self._styled(self._body)

    def _styled(self, body: str) -> str:
        style = INSTEAD_OF_WIDGET.format(widget=self._widget, picture=self._picture)
        return f'<div class="{self._picture}">{style}{body}</div>'

    def display(self) -> None:
        """Put the output under the cell that runs."""
        with self._lock:
            later = len(self._body) > LARGEST_FORM and has_page()
            # A new one each time; all are replaced together.
            self._publish(self._words if later else self._body, update=False)
            self._shown = True
        if later:
            timer = threading.Timer(LATER_S, self._publish_again)
            timer.daemon = True
            timer.start()

    def _publish_again(self) -> None:
        with self._lock:
            self._publish(self._body, update=True)

    def show(self, pictures: Sequence[tuple[Thumbnail, str]], columns: int = 1) -> None:
        """Keep `pictures`, each with its caption, in rows of `columns`."""
        tiles = [_tile(thumbnail, caption) for thumbnail, caption in pictures]
        rows = ["".join(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        self.keep(f"<table>{body}</table>")

    @property
    def has_picture(self) -> bool:
        """Whether more than words is kept."""
        return "<img" in self._body

    def show_small(self, drawing: Drawing | None, caption: str = "") -> None:
        """Keep the picture that the catalogue has of a drawing, until a larger one is made.

        That takes longer than a notebook, run without a page, may last.
        """
        picture = None if drawing is None else drawing.thumbnail
        if drawing is not None and picture is not None:
            self.show([(Thumbnail(picture, "webp"), caption or place_words(drawing.path))])

    def keep(self, html: str) -> None:
        """Keep `html`, which holds its pictures in itself."""
        with self._lock:
            self._body = html
            if self._shown:
                self._publish(self._body, update=True)
        for follow in self._followers:
            follow()

    def _publish(self, body: str, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data = {"text/html": self._styled(body), "text/plain": ""}
        publish_display_data(data, transient={"display_id": self._id}, update=update)


def alt_of(caption: str) -> str:
    """Return the `alt` of an image whose caption stands under it, which is not to be read out twice."""
    return f"picture of {escape(caption, quote=True)}"


def _tile(thumbnail: Thumbnail, caption: str) -> str:
    data = base64.b64encode(thumbnail.data).decode("ascii")
    image = f'<img src="data:image/{thumbnail.format};base64,{data}" alt="{alt_of(caption)}">'
    style = "text-align: center; background: white; color: black"
    return f'<td style="{style}">{image}<br>{escape(caption)}</td>'
