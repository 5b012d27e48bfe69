"""A drawing larger than the plotter's paper, on several sheets that are joined afterwards."""

import itertools
import math
from dataclasses import dataclass

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Floats, Lines

MARKS = "registration"
"""The name of the layer that holds the marks by which sheets are laid onto each other."""

_MARK_MM = 6.0
_MOST_TILES = 400
# A cut that runs through points of the drawing would belong to both sheets: it is moved so far.
_NUDGE_MM = 0.0137


@dataclass(frozen=True, eq=False)
class Tile:
    """One sheet: its `row` and `column` from 0, and where its own (0, 0) lies on the whole drawing."""

    row: int
    column: int
    x_mm: float
    y_mm: float
    document: Document


def tiles(
    document: Document,
    width_mm: float,
    height_mm: float,
    *,
    overlap_mm: float = 8.0,
    margin_mm: float = 0.0,
    marks: bool = True,
) -> tuple[Tile, ...]:
    """Return the drawing on sheets of `width_mm` x `height_mm`, row by row; empty sheets are left out.

    Neighbours overlap by `overlap_mm` within their margins; lines are cut in the middle of the overlap,
    so that each stroke is drawn once, on one sheet, and all sheets together are the whole. With `marks`,
    crosses in the overlaps, in a layer of their own, are drawn on both sheets at the same place.
    Raises PlotError when the sheets do not advance, or when there would be hundreds of them.

    >>> [(tile.row, tile.column) for tile in tiles(document, 70, 110)]
    [(0, 0), (0, 1)]
    """
    room = (width_mm - 2 * margin_mm, height_mm - 2 * margin_mm)
    steps = (room[0] - overlap_mm, room[1] - overlap_mm)
    given = (width_mm, height_mm, overlap_mm, margin_mm)
    if not all(map(math.isfinite, given)) or min(overlap_mm, margin_mm) < 0 or min(steps) <= 0:
        raise PlotError(
            f"sheets of {width_mm:g} x {height_mm:g} mm with margins of {margin_mm:g} mm leave nothing "
            f"beside an overlap of {overlap_mm:g} mm"
        )
    size = (document.width_mm, document.height_mm)
    counts = [
        max(math.ceil((side - overlap_mm) / step - 1e-9), 1)
        for side, step in zip(size, steps, strict=True)
    ]
    if math.prod(counts) > _MOST_TILES:
        raise PlotError(
            f"{math.prod(counts)} sheets are too many; take larger ones, or fit the drawing"
        )
    cuts = [
        _cuts(document.lines.points[:, axis], counts[axis], steps[axis], overlap_mm)
        for axis in (0, 1)
    ]
    found = []
    for row, column in itertools.product(range(counts[1]), range(counts[0])):
        layers = _inside(document, cuts, row, column)
        if not layers:
            continue
        x, y = column * steps[0] - margin_mm, row * steps[1] - margin_mm
        if marks:
            crosses = _marks((row, column), counts, steps, room, overlap_mm)
            layers += [Layer(MARKS, "#808080", 0.1, crosses)] if len(crosses) else []
        moved = [
            layer.with_lines(layer.lines.with_points(layer.lines.points - (x, y)))
            for layer in layers
        ]
        sheet = Document(width_mm, height_mm, tuple(moved), document.unsupported, document.metadata)
        found.append(Tile(row, column, x, y, sheet))
    return tuple(found)


def _cuts(coordinates: Floats, count: int, step: float, overlap: float) -> list[float]:
    """Return where sheets begin and end along an axis: in the middle of overlaps, beside all points."""
    inner = []
    for index in range(1, count):
        at = index * step + overlap / 2
        while (coordinates == at).any():
            at += _NUDGE_MM
        inner.append(at)
    return [-math.inf, *inner, math.inf]


def _inside(document: Document, cuts: list[list[float]], row: int, column: int) -> list[Layer]:
    bounds = document.lines.bounds
    if bounds is None:
        return []
    x0, x1 = max(cuts[0][column], bounds[0] - 1), min(cuts[0][column + 1], bounds[2] + 1)
    y0, y1 = max(cuts[1][row], bounds[1] - 1), min(cuts[1][row + 1], bounds[3] + 1)
    if not (x0 < x1 and y0 < y1):
        return []
    layers = [
        layer.with_lines(clip_to_rectangle(layer.lines, x0, y0, x1, y1))
        for layer in document.layers
    ]
    return [layer for layer in layers if len(layer.lines)]


def _marks(
    place: tuple[int, int],
    counts: list[int],
    steps: tuple[float, float],
    room: tuple[float, float],
    overlap: float,
) -> Lines:
    """Return crosses in the middle of this sheet's overlaps, two in each, on the whole drawing."""
    row, column = place
    arm = min(_MARK_MM, overlap * 0.9) / 2
    if arm <= 0:
        return Lines.empty()
    x0, y0 = column * steps[0], row * steps[1]
    x1, y1 = x0 + room[0], y0 + room[1]
    beside = [x0 + overlap / 2] * (column > 0) + [x1 - overlap / 2] * (column < counts[0] - 1)
    across = [y0 + overlap / 2] * (row > 0) + [y1 - overlap / 2] * (row < counts[1] - 1)
    ends_y, ends_x = (y0 + overlap, y1 - overlap), (x0 + overlap, x1 - overlap)
    at = {*itertools.product(beside, ends_y), *itertools.product(ends_x, across)}
    return Lines.of(
        [
            line
            for x, y in sorted(at)
            for line in ([[x - arm, y], [x + arm, y]], [[x, y - arm], [x, y + arm]])
        ]
    )
