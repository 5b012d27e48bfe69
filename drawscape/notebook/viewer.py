"""A closer look at a drawing: zoom, layers, the pen's way in plotting order, measuring, what to check.

What travels to the page is described in drawscape.viewer; viewer.js shows it, in a web page too.
"""

from __future__ import annotations

import threading
from typing import Any

import anywidget
import traitlets

from drawscape.drawing.document import Document
from drawscape.notebook.saved_picture import LARGEST_IMAGE
from drawscape.notebook.style import LiveBox, resource
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.notebook.viewable import Viewable, document_of, margin_of, settings_of
from drawscape.viewer import DrawingData, drawing_data, findings

TALL = "max(320px, 72vh)"

QUICK_POINTS = 300_000
"""A picture of so many points is made while one waits: a fifth of a second."""


class Viewer(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base is untyped here
    """Shows one drawing at a time; its lines are sent when the page is there, not kept in its state.

    Viewers of one `group` move together. `height` is that of the drawing, in CSS.
    """

    _esm = resource("viewer.js", "drawscape.viewer")
    _css = resource("viewer.css", "drawscape.viewer")
    group = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Unicode(TALL).tag(sync=True)

    def __init__(
        self,
        document: Document | None = None,
        *,
        group: str = "",
        height: str = TALL,
        **options: Any,
    ) -> None:
        self._document: Document | None = None
        self._data: DrawingData | None = None
        self._margin_mm = 0.0
        super().__init__(group=group, height=height)
        self.on_msg(self._received)
        if document is not None:
            self.show(document, **options)

    def show(self, document: Document, *, margin_mm: float = 0.0, **options: Any) -> None:
        """Show `document`; nothing is to be nearer to the sheet's edge than `margin_mm`.

        Other `options` are those of `drawing_data`.
        """
        self._document, self._margin_mm = document, margin_mm
        self._data = drawing_data(document, **options)
        self._send_drawing()

    def _send_drawing(self) -> None:
        if self._data is not None:
            self.send({"header": self._data.header}, self._data.buffers)

    def _send_findings(self) -> None:
        try:
            found: Any = (
                findings(self._document, margin_mm=self._margin_mm) if self._document else []
            )
        except Exception as error:  # noqa: BLE001 - shown in the viewer, for it would reach no cell
            found = {"trouble": str(error)}
        self.send({"findings": found})

    def _received(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if message.get("event") == "ready":
            self._send_drawing()
        elif message.get("event") == "findings":
            # In a thread: a million points take seconds, and the kernel is somebody's.
            threading.Thread(target=self._send_findings, daemon=True).start()


class View(LiveBox):
    """A viewer in an output of its own; a saved notebook keeps a small picture of it."""

    def __init__(
        self, document: Document, title: str, *, margin_mm: float = 0.0, height: str = TALL
    ) -> None:
        self.viewer = Viewer(document, title=title, margin_mm=margin_mm, height=height)
        super().__init__(f"a view of {title}", [self.viewer])
        self._document, self._title = document, title
        if len(document.lines.points) <= QUICK_POINTS:
            self._save()
        else:
            threading.Thread(target=self._save, daemon=True).start()

    def _save(self) -> None:
        thumbnail = thumbnail_of(self._document, LARGEST_IMAGE)
        if thumbnail is not None:
            self.saved.show([(thumbnail, self._title)])


def view(drawing: Viewable, *, title: str = "") -> View:
    """Return a viewer of `drawing`: a Document, a canvas, a job, a catalogue's drawing, the path of an SVG.

    A job is waited for. Raises ParameterError for what is no drawing, JobFailed.

    >>> view(draw("spiral", 210, 297))
    <View: a view of drawing>
    """
    document, name = document_of(drawing)
    return View(document, title or name, margin_mm=margin_of(settings_of(drawing)))
