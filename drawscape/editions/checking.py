"""Which number of which edition a file is: its lines against those of the number, drawn again."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import shapely

from drawscape.catalogue.index import provenance_of
from drawscape.drawing.document import Document
from drawscape.drawing.values import rgb
from drawscape.editions.closing import certificate, facts_of
from drawscape.editions.ledger import Edition, Number, edition_names, find_edition
from drawscape.editions.sheets import content_of, drawn_again, label_of, parts_of
from drawscape.errors import EditionError, ProvenanceError, SvgReadError
from drawscape.geometry.lines import Lines, Points, Segments, resample
from drawscape.svg.read import read_svg

_SAME_MM = 0.05  # from two decimals and `optimize`; a pen is six times as wide
_STEP_MM = 0.2


def check_file(path: Path, *, trust: bool = False) -> str:
    """Return which number of which edition a file is, after drawing that again from its recipe.

    Its lines are compared with those of the drawing, of the sheet and of the certificate, pen by pen. So a
    file that another program has saved again is the same, and a copy with one more line is not. Raises
    EditionError for a file of no edition, an edited file, and a recipe that draws differently now. Raises
    ProvenanceError for a notebook's sketch whose source is not trusted.
    """
    try:
        file, recipe = read_svg(path), ""
    except SvgReadError as error:
        raise EditionError(f"{path} is not an SVG file: {error}") from None
    with suppress(ProvenanceError):  # without metadata its lines identify it
        found = provenance_of(path)
        recipe = found.derived_from or found.recipe
    same, unlike = [], []
    for edition, number in _candidates(file, recipe, trust=trust):
        again = drawn_again(number.provenance, trust=trust)
        name = f"{edition.name} {label_of(edition, number)}"
        faces = _faces(edition, number, read_svg(again), trust=trust)
        strays = min(
            (np.concatenate([_strays(face, file), _strays(file, face)]) for face in faces), key=len
        )
        if len(strays):
            unlike.append((len(strays), name, *strays[0]))
        else:
            same.append(name)
    if same:
        return f"{path} is made of {' and '.join(same)}; drawn again, its lines are the same"
    if unlike:
        count, name, x, y = min(unlike)
        raise EditionError(
            f"{path} was edited, or is another home's: {count * _STEP_MM:.1f} mm of lines are not as in "
            f"{name}, first at ({x:.0f}, {y:.0f}) mm"
        )
    raise EditionError(f"{path} is of no edition of this home")


def _candidates(file: Document, recipe: str, *, trust: bool) -> Iterator[tuple[Edition, Number]]:
    """Yield the numbers and proofs of a recipe; for a file without one, those whose drawing it shows."""
    for edition in map(find_edition, edition_names()):
        for number in edition.rows():
            if recipe:
                is_shown = number.provenance.recipe == recipe
            else:
                is_shown = not len(_strays(read_svg(content_of(number, trust=trust)), file))
            if is_shown:
                yield edition, number


def _faces(
    edition: Edition, number: Number, drawing: Document, *, trust: bool
) -> Iterator[Document]:
    """Yield everything that a file of a number can show: drawing, sheet, its parts, certificate."""
    if not number.kind:
        yield drawing
    yield from parts_of(edition, number, trust=trust)
    if number.pens > 1:
        yield from parts_of(edition, number, number.pens + 1, trust=trust)
    if edition.closed_at:
        yield certificate(edition, number, facts_of(edition, number), trust=trust)


def _strays(one: Document, other: Document) -> Points:
    """Return points of `one`'s lines, 0.2 mm apart, that are on no line of `other` in the same colour."""
    found = [np.empty((0, 2))]
    for layer in one.plotted().layers:
        same = [each.lines for each in other.layers if rgb(each.color) == rgb(layer.color)]
        ends = Segments.of(Lines.join(same))
        tree = shapely.STRtree(shapely.linestrings(np.stack((ends.a, ends.b), axis=1)))
        points = resample(layer.lines, _STEP_MM).points
        near, _ = tree.query(shapely.points(points), predicate="dwithin", distance=_SAME_MM)
        found.append(np.delete(points, near, axis=0))
    return np.concatenate(found)
