"""The viewer of drawings: zoom, layers, the pen's way in plotting order, measuring, pre-flight.

One drawing is viewed, two to six are compared. drawing_data.py of drawscape.viewer describes the data that
viewer.js shows, in a web page too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets

from drawscape.catalogue import Drawing
from drawscape.drawing.document import Document
from drawscape.errors import ParameterError, ProvenanceError
from drawscape.jobs import Job
from drawscape.notebook.cached_drawing import CachedDrawing
from drawscape.notebook.draw_target import Values
from drawscape.notebook.labels import label_of, value_text
from drawscape.notebook.pictures import picture_table, place_words, result_path, thumbnail_of
from drawscape.notebook.static_output import LARGEST_IMAGE, StaticOutputWidget
from drawscape.notebook.threads import EXPORTS
from drawscape.pens import with_pens
from drawscape.recipe import read_provenance
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder
from drawscape.viewer.assets import script, style
from drawscape.viewer.drawing_data import drawing_data, findings, roughly

TALL = "max(320px, 72vh)"

FEWEST, MOST = 2, 6

MOST_SAID = 3  # settings over a drawing; the table under it has all

ROUNDING_MM = 0.05  # files have two decimals of a millimetre; a pen is wider than that

Titled = tuple[Document, str]

Viewable = Document | SVGBuilder | Job | CachedDrawing | Drawing | str | Path


class Viewer(StaticOutputWidget):
    """Shows a drawing, or several that move together; lines are sent to a page, not kept in the state.

    `height` is that of the drawing, in CSS.
    """

    _esm, _css = script("viewer.js"), style("viewer.css")
    height = traitlets.Unicode(TALL).tag(sync=True)
    _words_are_own = True
    differences = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)

    def __init__(
        self, document: Document, *, title: str = "drawing", margin_mm: float = 0.0, **state: Any
    ) -> None:
        self._is_open = False  # no page has asked for the drawing yet
        super().__init__("a drawing", "viewer", **state)
        self.show(document, title=title, margin_mm=margin_mm)

    def show(self, document: Document, *, title: str = "drawing", margin_mm: float = 0.0) -> None:
        """Show `document`; nothing should be nearer to the sheet's edge than `margin_mm`."""
        self._drawings: Sequence[Titled] = [(document, title)]
        self._margin_mm = margin_mm
        self._what = f"a view of {title}"
        self._send_drawings()
        if self._has_static_output:
            self.enable_static_output()

    def _make_static_html(self) -> str:
        most = LARGEST_IMAGE // len(self._drawings)
        made = [(thumbnail_of(document, most), title) for document, title in self._drawings]
        is_there = any(picture for picture, _ in made)
        return picture_table(made, columns=len(made)) if is_there else ""

    def _send_drawings(self) -> None:
        if not self._is_open:
            return
        with self._lock:  # an older drawing must not be sent last
            rough = [(roughly(document), title) for document, title in self._drawings]
            if rough != self._drawings:
                self._send_points(rough, {"rough": True})
            self._send_points(self._drawings, {})

    def _send_points(self, drawings: Sequence[Titled], more: dict[str, bool]) -> None:
        data = [drawing_data(document, title=title) for document, title in drawings]
        headers = [{**one.header, **more, "arrays": len(one.buffers)} for one in data]
        self.send({"drawings": headers}, [buffer for one in data for buffer in one.buffers])

    def _on_ready(self) -> None:
        self._is_open = True
        self._send_drawings()

    def _on_findings(self, place: int) -> None:
        EXPORTS.do(lambda: self._send_findings(place))

    def _send_findings(self, place: int) -> None:
        margin_mm = max(self._margin_mm - ROUNDING_MM, 0.0)
        try:
            found: Any = findings(self._drawings[place][0], margin_mm=margin_mm)
        except Exception as error:  # noqa: BLE001 - shown in the viewer: no cell would show it
            found = {"trouble": str(error)}
        self.send({"findings": found, "place": place})


def view(drawing: Viewable, *, title: str = "", pens: Mapping[int, str] | None = None) -> Viewer:
    """Return a viewer of `drawing`: a Document, canvas, job, drawing of the catalogue, or path of an SVG.

    It waits for a job. `pens` are pens of the home, by the number of a layer's pen.
    Raises ParameterError for another type or a missing file, JobFailed, UnknownNameError for a pen.

    >>> view(draw("spiral", 210, 297))
    <Viewer: a view of spiral, seed 0>
    """
    document, name, settings = document_of(drawing)
    document = with_pens(document, pens) if pens else document
    return Viewer(document, title=title or name, margin_mm=settings.get("margin") or 0.0)


def compare(*drawings: Viewable) -> "Comparison":
    """Return two to six drawings beside each other: canvases, jobs, documents or paths of SVG files.

    Raises ParameterError for another number of them, or another type.

    >>> compare(draw("spiral", 100, 100, seed=1), draw("spiral", 100, 100, seed=2))
    <Comparison: 2 drawings compared>
    """
    if not FEWEST <= len(drawings) <= MOST:
        raise ParameterError("drawings", len(drawings), f"compare {FEWEST} to {MOST} of them")
    documents, names, settings = zip(*map(document_of, drawings))
    titles = captions_of(names, settings)
    return Comparison(list(zip(documents, titles)), settings)


class Comparison(Viewer):
    """Drawings side by side, which move together; under them a table of the differences."""

    def __init__(self, drawings: Sequence[Titled], settings: Sequence[Values]) -> None:
        rows = differences([title for _, title in drawings], settings)
        super().__init__(drawings[0][0], differences=rows, height="60vh")
        self._drawings, self._what = drawings, f"{len(drawings)} drawings compared"


def captions_of(names: Sequence[str], settings: Sequence[Values]) -> list[str]:
    """Return how each drawing differs: 'seed 7', or its name and number if it does not."""
    rows = differences(names, settings)[1 : 1 + MOST_SAID]
    words = [[f"{row[0]} {row[place]}" for row in rows] for place in range(1, 1 + len(names))]
    captions = [", ".join(own) for own in words]
    if len(set(captions)) == len(names):
        return captions
    return [
        f"{name} ({number})" if names.count(name) > 1 else name
        for number, name in enumerate(names, 1)
    ]


def differences(names: Sequence[str], settings: Sequence[Values]) -> list[list[str]]:
    """Return a table: a row of `names`, then a row for each setting that is not the same in all drawings."""
    keys = list(dict.fromkeys(key for one in settings for key in one))
    differ = [key for key in keys if len({repr(one.get(key)) for one in settings}) > 1]
    rows = [[label_of(key), *(_cell(one.get(key, "")) for one in settings)] for key in differ]
    return [["", *names], *rows]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else value_text(value)


def document_of(drawing: Viewable) -> tuple[Document, str, Values]:
    """Return the lines of `drawing`, its title and its settings.

    Raises ParameterError for another type or a missing file.
    """
    if isinstance(drawing, Document):
        return drawing, "drawing", {}
    if isinstance(drawing, SVGBuilder):
        data, title = drawing.to_bytes(), ""
    else:
        path = file_of(drawing)
        if not path or path.suffix != ".svg":
            is_name = isinstance(drawing, (str, Path)) and path is None
            given = "there is no such file, here or in the home"
            rule = given if is_name else "give a canvas, a job or the path of an SVG file"
            raise ParameterError("drawing", drawing, rule)
        data, title = path.read_bytes(), place_words(path)
    head = data[: data.find(b"</metadata>") + len("</metadata>")]
    try:
        found = read_provenance(head.decode("utf-8", "replace"))
    except ProvenanceError:
        return read_svg(data), title or "drawing", {}
    kept = ("sketch", "seed", "width", "height", "margin")
    settings = {**{name: getattr(found, name) for name in kept}, **found.parameters}
    title = title or f"{label_of(found.sketch)}, seed {found.seed}"
    return read_svg(data), title, settings


def file_of(drawing: Job | CachedDrawing | Drawing | str | Path) -> Path | None:
    """Return the file of a drawing, after waiting for a job. Raises JobFailed, DrawingNotFoundError."""
    if isinstance(drawing, Drawing):
        return drawing.file
    return result_path(drawing.wait() if isinstance(drawing, Job | CachedDrawing) else drawing)
