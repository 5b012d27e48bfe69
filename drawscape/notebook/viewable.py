"""What can be looked at closely and compared: its lines, its name, its settings."""

from pathlib import Path
from typing import Any

from drawscape.catalogue import Drawing
from drawscape.catalogue.index import provenance_of
from drawscape.drawing.document import Document
from drawscape.errors import ParameterError, ProvenanceError
from drawscape.jobs import Job
from drawscape.notebook.picture import place_words, result_path
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder

ROUNDING_MM = 0.05
"""Files have two decimals of a millimetre; a pen is wider than that."""

Viewable = Document | SVGBuilder | Job | Drawing | str | Path


def document_of(drawing: Viewable) -> tuple[Document, str]:
    """Return the lines of `drawing`, and what to call it. Raises ParameterError for what is none."""
    if isinstance(drawing, Document):
        return drawing, "drawing"
    if isinstance(drawing, SVGBuilder):
        return read_svg(drawing.to_bytes()), "drawing"
    path = file_of(drawing)
    if isinstance(drawing, (str, Path)) and path is None:
        raise ParameterError("drawing", str(drawing), "there is no such file, here or in the home")
    if path is None or path.suffix != ".svg":
        raise ParameterError("drawing", drawing, "give a canvas, a job or the path of an SVG file")
    return read_svg(path.read_bytes()), place_words(path)


def settings_of(drawing: Viewable) -> dict[str, Any]:
    """Return sketch, seed, page and parameters of a drawing, as far as it says them."""
    try:
        if isinstance(drawing, SVGBuilder):
            found = dict(drawing.provenance or {})
        elif isinstance(drawing, Document):
            return {}
        else:
            path = file_of(drawing)
            found = provenance_of(path).as_dict() if path else {}
    except ProvenanceError:
        return {}
    kept = ("sketch", "seed", "width", "height", "margin")
    return {**{name: found.get(name) for name in kept}, **found.get("parameters", {})}


def margin_of(settings: Any) -> float:
    """Return the margin in mm that a drawing's settings name, a little less for rounded numbers, else 0."""
    return max(float(settings.get("margin") or 0.0) - ROUNDING_MM, 0.0)


def file_of(drawing: Job | Drawing | str | Path) -> Path | None:
    """Return the file of a drawing; a job is waited for. Raises JobFailed."""
    if isinstance(drawing, Drawing):
        return result_path(drawing.path)
    return result_path(drawing.wait() if isinstance(drawing, Job) else drawing)
