"""Draw a drawing again, and compare it with its file."""

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from drawscape.atomic import write_atomic
from drawscape.catalogue.database import read_rows
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.existing import free_path
from drawscape.catalogue.index import provenance_of, record
from drawscape.catalogue.marks import copy_marks
from drawscape.catalogue.sources import keep_source, source_in
from drawscape.errors import ProvenanceError
from drawscape.plot.svg_export import ordered_svg
from drawscape.recipe import Provenance, SketchFunction, draw_recipe, is_library
from drawscape.settings import StrPath
from drawscape.sketches import SKETCHES, Sketch, as_sketch
from drawscape.sketches.registry import recipe_again, redraw
from drawscape.svg.canvas_file import body_digest
from drawscape.svg_builder import SVGBuilder


class Sameness(Enum):
    """How alike a drawing and its redraw are: in the whole file, in all but its metadata, or neither."""

    BYTES = "same bytes"
    LINES = "same lines"
    DIFFERS = "differs"


@dataclass(frozen=True)
class RedrawComparison:
    """A drawing drawn again, how alike it is, and why it may differ."""

    sameness: Sameness
    reasons: tuple[str, ...]
    svg: SVGBuilder

    def __str__(self) -> str:
        if self.sameness is Sameness.BYTES:
            return str(self.sameness.value)
        why = ", ".join(self.reasons) or "the file was edited"
        return f"{self.sameness.value}, because of: {why}"


def sketch_for(
    provenance: Provenance, sketch: SketchFunction | None = None, *, trust: bool = False
) -> Sketch:
    """Return the sketch that draws it: the one given, the library's, or with `trust` the one in the source.

    Raises ProvenanceError, which says what to do, for a notebook's sketch that is neither.
    """
    if sketch is not None:
        return as_sketch(sketch)
    name = provenance.sketch
    if not provenance.source:
        return SKETCHES[name]
    if name in SKETCHES and not is_library(SKETCHES[name].function.__module__ or ""):
        return SKETCHES[name]
    source = source_in(provenance) if trust else None
    if source is None:
        raise ProvenanceError(
            f"the sketch {name!r} comes from a notebook; pass it as sketch=..., or let the "
            "source that the drawing carries run: trust=True, `drawscape redraw FILE --trust`"
        )
    return Sketch(name, "yours", source.load())


def redraw_file(
    path: StrPath, sketch: SketchFunction | None = None, *, trust: bool = False
) -> SVGBuilder:
    """Return the drawing in a file, drawn again. Raises as `sketch_for` does.

    >>> redraw_file(drawings("harmonograph")[0].path)
    <SVGBuilder 60 x 60 mm, 1 element>
    """
    return compare_again(path, sketch, trust=trust).svg


def redraw_drawing(
    drawing: Drawing, sketch: SketchFunction | None = None, *, trust: bool = False
) -> Drawing:
    """Draw a drawing again into its file, even if that is gone, and return it with all of its marks.

    A file that was edited by hand is kept; then the drawing is written beside it.
    """
    provenance = known_provenance(drawing)
    recipe = recipe_again(provenance, sketch_for(provenance, sketch, trust=trust))
    began = time.perf_counter()
    svg = draw_recipe(recipe, parents=drawing.parents)
    drawing.path.parent.mkdir(parents=True, exist_ok=True)
    path = free_path(drawing.path)
    write_atomic(path, [file_content_of(svg, provenance)])
    keep_source(recipe.origin.source)
    took = time.perf_counter() - began
    again = record(
        path, provenance_of(path), document=svg.document(), took_s=took, sheet=drawing.sheet
    )
    if again.mark_key != drawing.mark_key:
        copy_marks(drawing.mark_key, again.mark_key)
    return again


def known_provenance(drawing: Drawing) -> Provenance:
    """Return how a drawing was made, from its file; if that is gone, from its row."""
    if drawing.path.is_file():
        return provenance_of(drawing.path)
    rows = read_rows(
        "select reference from source where address = (select source from drawing where id = ?)",
        (drawing.id,),
    )
    names = ("sketch", "seed", "width", "height", "margin", "parameters")
    known = {name: getattr(drawing, name) for name in names}
    return Provenance(**known, source=rows[0][0] if rows else "", parents=list(drawing.parents))


def compare_again(
    path: StrPath, sketch: SketchFunction | None = None, *, trust: bool = False
) -> RedrawComparison:
    """Draw the drawing in a file again, here and now, and return how it compares.

    >>> compare_again(drawings("harmonograph")[0].path).sameness.value
    'same bytes'
    """
    file = Path(path)
    before = provenance_of(file)
    svg = redraw(before, sketch_for(before, sketch, trust=trust))
    return compared(file, before, svg)


def compared(file: Path, before: Provenance, svg: SVGBuilder) -> RedrawComparison:
    """Compare a file with the canvas `svg`, which was drawn again from the file's metadata."""
    reasons = reasons_between(before, Provenance.of(svg.provenance))
    old, new = file.read_bytes(), file_content_of(svg, before)
    if new == old:
        return RedrawComparison(Sameness.BYTES, reasons, svg)
    if before.derived_from:
        reasons = ("the file is an export of that drawing", *reasons)
    elif before.ordered and not reasons:
        reasons = ("another version's order of lines, or the file was edited",)
    same = body_digest(new) == body_digest(old)
    return RedrawComparison(Sameness.LINES if same else Sameness.DIFFERS, reasons, svg)


def file_content_of(svg: SVGBuilder, before: Provenance) -> bytes:
    """Return the file of a canvas that was drawn again, with its lines ordered if they were before."""
    return ordered_svg(svg) if before.ordered else svg.to_bytes()


def reasons_between(before: Provenance, now: Provenance) -> tuple[str, ...]:
    """Return the differences between the recipes of two drawings: sketch, library, versions, files."""
    reasons = [] if before.code == now.code else ["the sketch's code"]
    old = {"drawscape": before.version, **before.versions}
    new = {"drawscape": now.version, **now.versions}
    reasons += [
        f"{name} {old.get(name, 'none')}, now {new[name]}"
        for name in new
        if old.get(name) != new[name]
    ]
    reasons += [
        f"the file {name!r}" for name in now.reads if before.reads.get(name) != now.reads[name]
    ]
    return tuple(reasons)
