"""A closer look at a drawing: zoom, layers, the pen's way in plotting order, measuring, what to check.

What travels to the page is described in drawscape.viewer; viewer.js shows it, in a web page too.
"""

import threading
from typing import Any

import anywidget
import traitlets

from drawscape.drawing.document import Document
from drawscape.notebook.lasting import Lasting
from drawscape.notebook.saved_picture import LARGEST_IMAGE, SavedPicture, has_page
from drawscape.notebook.style import LiveBox, resource
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.notebook.viewable import Viewable, document_of, margin_of, settings_of
from drawscape.viewer import DrawingData, drawing_data, findings

TALL = "max(320px, 72vh)"

QUICK_POINTS = 300_000
"""A picture of so many points is made while one waits: a fifth of a second."""


LATER_S = 3.0
"""A picture of more points takes seconds: it is made when the page has its lines."""


class Viewer(Lasting, anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base is untyped here
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
        self._is_open = self._is_saved = False  # no page has asked for the drawing yet
        self.saved = SavedPicture(
            "a drawing: run this cell to see it live", "drawscape-viewer", "drawscape-viewer-saved"
        )
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
        if self._is_saved:
            self._save()

    def begin_saving(self) -> None:
        """Keep a small picture of the drawing from now on."""
        self._is_saved = True
        if self._document is not None:
            self._save()

    def _save(self) -> None:
        if self._document is None or self._data is None:
            return
        args = (self.saved, self._document, str(self._data.header["title"]))
        points = sum(len(layer.lines.points) for layer in self._document.layers)
        if points <= QUICK_POINTS or not has_page():
            _keep_picture(*args)
            return
        timer = threading.Timer(LATER_S, _keep_picture, args)
        timer.daemon = True
        timer.start()

    def _send_drawing(self) -> None:
        if self._data is not None and self._is_open:
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
            self._is_open = True
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
        self.viewer.saved = self.saved
        self.viewer.begin_saving()


def _keep_picture(saved: SavedPicture, document: Document, title: str) -> None:
    thumbnail = thumbnail_of(document, LARGEST_IMAGE)
    if thumbnail is not None:
        saved.show([(thumbnail, title)])


def view(drawing: Viewable, *, title: str = "") -> View:
    """Return a viewer of `drawing`: a Document, a canvas, a job, a catalogue's drawing, the path of an SVG.

    A job is waited for. Raises ParameterError for what is no drawing, JobFailed.

    >>> view(draw("spiral", 210, 297))
    <View: a view of drawing>
    """
    document, name = document_of(drawing)
    return View(document, title or name, margin_mm=margin_of(settings_of(drawing)))
