"""A closer look at a drawing: zoom, layers, the pen's way in plotting order, measuring.

What travels to the page is described in drawing_data.py; viewer.js shows it, in a web page too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from drawscape.drawing.document import Document
from drawscape.errors import ParameterError
from drawscape.jobs import Job
from drawscape.notebook.drawing_data import DrawingData, drawing_data
from drawscape.notebook.picture import place_words, result_path
from drawscape.notebook.saved_picture import LARGEST_IMAGE
from drawscape.notebook.style import LiveBox, resource
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder

Viewable = Document | SVGBuilder | Job | str | Path


class Viewer(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base is untyped here
    """Shows one drawing at a time; its lines are sent when the page is there, not kept in its state.

    Viewers of one `group` move together.
    """

    _esm = resource("viewer.js")
    _css = resource("viewer.css")
    group = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, document: Document | None = None, *, group: str = "", **options: Any
    ) -> None:
        self._data: DrawingData | None = None
        super().__init__(group=group)
        self.on_msg(self._received)
        if document is not None:
            self.show(document, **options)

    def show(self, document: Document, **options: Any) -> None:
        """Show `document`; `options` are those of `drawing_data`."""
        self._data = drawing_data(document, **options)
        self._send_drawing()

    def _send_drawing(self) -> None:
        if self._data is not None:
            self.send({"header": self._data.header}, self._data.buffers)

    def _received(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if message.get("event") == "ready":
            self._send_drawing()


class View(LiveBox):
    """A viewer in an output of its own; a saved notebook keeps a small picture of it."""

    def __init__(self, document: Document, title: str) -> None:
        self.viewer = Viewer(document, title=title)
        super().__init__(f"a view of {title}", [self.viewer])
        thumbnail = thumbnail_of(document, LARGEST_IMAGE)
        if thumbnail is not None:
            self.saved.show([(thumbnail, title)])


def view(drawing: Viewable, *, title: str = "") -> View:
    """Return a viewer of `drawing`: a Document, a canvas, a job, or the path of an SVG.

    A job is waited for. Raises ParameterError for what is no drawing, JobFailed.

    >>> view(draw("spiral", 210, 297))
    <View: a view of drawing>
    """
    document, name = document_of(drawing)
    return View(document, title or name)


def document_of(drawing: Viewable) -> tuple[Document, str]:
    """Return the lines of `drawing`, and what to call it. Raises ParameterError for what is none."""
    if isinstance(drawing, Document):
        return drawing, "drawing"
    if isinstance(drawing, SVGBuilder):
        return read_svg(drawing.to_bytes()), "drawing"
    path = result_path(drawing.wait() if isinstance(drawing, Job) else drawing)
    if path is None or path.suffix != ".svg":
        raise ParameterError("drawing", drawing, "give a canvas, a job or the path of an SVG file")
    return read_svg(path.read_bytes()), place_words(path)
