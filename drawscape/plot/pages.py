"""A drawing on pages: cropped to a pen's reach, fitted, split, tiled, and its travel drawn."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from drawscape.drawing.document import OUTSIDE, Document, Layer, Outside
from drawscape.drawing.values import check_number
from drawscape.errors import PlotError, UnknownNameError
from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Floats, Lines, is_finite
from drawscape.geometry.regions import clamped

# This little beyond the edge is rounding, not ink: it is moved onto the edge without a message.
_SLACK_MM = 0.01
# No paper is a kilometre long, and larger numbers soon break the ordering of lines.
_FARTHEST_MM = 1e6


@dataclass(frozen=True)
class Reach:
    """The rectangle that a pen may touch, in mm of the page, y down; `what` names it in messages."""

    x0: float
    y0: float
    x1: float
    y1: float
    what: str = "the sheet"

    @classmethod
    def of_page(cls, document: Document) -> "Reach":
        """Return the whole sheet."""
        return cls(0.0, 0.0, document.width_mm, document.height_mm)

    def within(self, other: "Reach") -> "Reach":
        """Return the part in both. Raises PlotError if they do not overlap."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        x1, y1 = min(self.x1, other.x1), min(self.y1, other.y1)
        if not (x0 < x1 and y0 < y1):
            raise PlotError(f"{self.what} and {other.what} do not overlap")
        return Reach(x0, y0, x1, y1, other.what)


def crop(
    document: Document, reach: Reach, *, outside: Outside = "crop"
) -> tuple[Document, tuple[str, ...]]:
    """Return the drawing within `reach`, and a sentence for each layer that was cropped.

    With `outside='keep'` nothing is changed. Layers that become empty are left out.
    Raises PlotError with `outside='refuse'` when lines lie outside, UnknownNameError for another word.

    >>> inside, notes = crop(document, Reach(0, 0, 50, 100))
    >>> for note in notes:
    ...     print(note)
    layer 'red' leaves the sheet by 40.00 mm (120.0 mm of ink outside); it was cropped
    layer 'blue' leaves the sheet by 30.00 mm (94.2 mm of ink outside); it was cropped
    """
    if outside not in OUTSIDE:
        raise UnknownNameError("choice of what to do with lines outside", outside, OUTSIDE)
    if outside == "keep":
        return document, ()
    layers, notes = [], []
    for layer in document.layers:
        inside, note = _cropped(layer, reach)
        if note and outside == "refuse":
            raise PlotError(
                f"{note}; draw it on smaller paper, or let `drawscape plot` fit it (--fit) or crop it "
                "(--outside crop)"
            )
        if note:
            notes.append(f"{note}; it was cropped")
        if len(inside.lines):
            layers.append(inside)
    return document.with_layers(layers), tuple(notes)


def _cropped(layer: Layer, reach: Reach) -> tuple[Layer, str]:
    bounds = layer.lines.bounds
    if bounds is None:
        return layer, ""
    far = max(
        reach.x0 - bounds[0], reach.y0 - bounds[1], bounds[2] - reach.x1, bounds[3] - reach.y1
    )
    if far <= 0:
        return layer, ""
    if far <= _SLACK_MM:
        return layer.with_lines(clamped(reach, layer.lines)), ""
    inside = clip_to_rectangle(layer.lines, reach.x0, reach.y0, reach.x1, reach.y1)
    inside = clamped(reach, inside)
    lost = layer.lines.lengths_mm.sum() - inside.lengths_mm.sum()
    note = (
        f"layer {layer.name!r} leaves {reach.what} by {far:.2f} mm ({lost:.1f} mm of ink outside)"
    )
    return layer.with_lines(inside), note


def place(
    document: Document,
    *,
    scale: float = 1.0,
    rotate_degrees: float = 0.0,
    translate_mm: tuple[float, float] = (0.0, 0.0),
    centre: bool = False,
) -> Document:
    """Return the drawing scaled and turned around its own middle, then moved, on the same sheet.

    Angles run clockwise on paper. With `centre` its middle comes to that of the sheet before it is
    moved. Pens keep their widths. Raises PlotError for a scale that is not positive, values that are
    not numbers, and a drawing that would lie a kilometre off its sheet.

    >>> place(document, scale=0.5, centre=True).lines.bounds
    (30.0, 32.5, 70.0, 67.5)
    """
    check_number(scale=scale)
    if not is_finite(rotate_degrees):
        raise PlotError(f"rotate_degrees={rotate_degrees!r}: give a finite number")
    if np.shape(translate_mm) != (2,) or not all(map(is_finite, translate_mm)):
        raise PlotError(f"translate_mm={translate_mm!r}: give finite numbers x and y")
    bounds = document.lines.bounds
    if bounds is None:
        return document
    middle = np.array([bounds[0] + bounds[2], bounds[1] + bounds[3]]) / 2
    target = np.array([document.width_mm, document.height_mm]) / 2 if centre else middle
    cos, sin = np.cos(np.radians(rotate_degrees)), np.sin(np.radians(rotate_degrees))
    matrix = scale * np.array([[cos, -sin], [sin, cos]])
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # lines that are too far away are refused below
        shift = target + translate_mm - matrix @ middle
    return _moved(document, matrix, shift)


def _moved(document: Document, matrix: Floats, shift: Floats) -> Document:
    with np.errstate(over="ignore", invalid="ignore"):
        lines = [layer.lines.points @ matrix.T + shift for layer in document.layers]
    if any(not (np.abs(points) <= _FARTHEST_MM).all() for points in lines):
        raise PlotError(
            f"the drawing would leave its sheet by more than {_FARTHEST_MM / 1e6:g} km; give a smaller "
            "scale or move it less"
        )
    return document.with_layers(
        [
            layer.with_lines(layer.lines.with_points(points))
            for layer, points in zip(document.layers, lines)
        ]
    )


def fit(
    document: Document,
    width_mm: float,
    height_mm: float,
    *,
    margin_mm: float = 10.0,
) -> Document:
    """Return the drawing as large as a sheet of `width_mm` x `height_mm` allows, centred on it.

    It is turned by 90 degrees if it becomes larger that way. Pens keep their widths.
    Raises PlotError when the margins leave no room.

    >>> sheet = fit(document, 210, 297, margin_mm=15)
    >>> sheet.width_mm, sheet.height_mm
    (210, 297)
    """
    check_number(may_be_0=True, width_mm=width_mm, height_mm=height_mm, margin_mm=margin_mm)
    room = np.array([width_mm - 2 * margin_mm, height_mm - 2 * margin_mm])
    if (room <= 0).any():
        raise PlotError(
            f"a sheet of {width_mm} x {height_mm} mm has no room in margins of {margin_mm}"
        )
    sheet, bounds = replace(document, width_mm=width_mm, height_mm=height_mm), document.lines.bounds
    if bounds is None:
        return sheet
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    size = high - low
    scale, across = largest_scale(size, room), largest_scale(size[::-1], room)
    turned = across > scale * (1 + 1e-9)
    scale = across if turned else scale
    # A quarter turn: x becomes down, y becomes left.
    matrix = scale * (np.array([[0.0, -1.0], [1.0, 0.0]]) if turned else np.eye(2))
    shift = np.array([width_mm, height_mm]) / 2 - matrix @ ((low + high) / 2)
    return _moved(sheet, matrix, shift)


def largest_scale(size: Iterable[float], room: Iterable[float]) -> float:
    """Return how much a box may grow within the room; a box without extent keeps its size."""
    ratios = [space / side for side, space in zip(size, room) if side > 0]
    return float(min(ratios, default=1.0))


MARKS = "registration"
"""The name of the layer with the marks for laying sheets onto each other."""

_MARK_MM = 6.0
_MOST_TILES = 400
# A cut through points of the drawing would put them on both sheets: it is moved this far.
_NUDGE_MM = 0.0137


@dataclass(frozen=True, eq=False)
class SheetTile:
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
) -> tuple[SheetTile, ...]:
    """Return the drawing on sheets of `width_mm` x `height_mm`, row by row; empty sheets are left out.

    Neighbours overlap by `overlap_mm` within their margins. Lines are cut in the middle of the overlap,
    so that each stroke is drawn once and all sheets together are the whole. Crosses in the overlaps, in
    another layer, are drawn on both sheets at the same place.
    Raises PlotError when the sheets do not advance, or when there would be hundreds of them.

    >>> [(tile.row, tile.column) for tile in tiles(document, 70, 110)]
    [(0, 0), (0, 1)]
    """
    sides = {"width_mm": width_mm, "height_mm": height_mm}
    check_number(may_be_0=True, overlap_mm=overlap_mm, margin_mm=margin_mm, **sides)
    room = (width_mm - 2 * margin_mm, height_mm - 2 * margin_mm)
    steps = (room[0] - overlap_mm, room[1] - overlap_mm)
    if min(steps) <= 0:
        raise PlotError(
            f"sheets of {width_mm:g} x {height_mm:g} mm with margins of {margin_mm:g} mm leave nothing "
            f"beside an overlap of {overlap_mm:g} mm"
        )
    size = (document.width_mm, document.height_mm)
    counts = [
        max(math.ceil((side - overlap_mm) / step - 1e-9), 1) for side, step in zip(size, steps)
    ]
    if math.prod(counts) > _MOST_TILES:
        raise PlotError(
            f"{math.prod(counts)} sheets are too many; use larger sheets, or fit the drawing to one"
        )
    cuts = [
        _cuts(document.lines.points[:, axis], counts[axis], steps[axis], overlap_mm)
        for axis in (0, 1)
    ]
    found = []
    for row, column in itertools.product(range(counts[1]), range(counts[0])):
        (x0, x1), (y0, y1) = cuts[0][column : column + 2], cuts[1][row : row + 2]
        if not (x0 < x1 and y0 < y1):
            continue
        clipped = [
            layer.with_lines(clip_to_rectangle(layer.lines, x0, y0, x1, y1))
            for layer in document.layers
        ]
        layers = [layer for layer in clipped if len(layer.lines)]
        if not layers:
            continue
        x, y = column * steps[0] - margin_mm, row * steps[1] - margin_mm
        crosses = _marks((row, column), counts, steps, room, overlap_mm)
        layers += [Layer(MARKS, "#808080", 0.1, crosses)] if len(crosses) else []
        sheet = replace(document, width_mm=width_mm, height_mm=height_mm, layers=tuple(layers))
        found.append(SheetTile(row, column, x, y, _moved(sheet, np.eye(2), np.array([-x, -y]))))
    return tuple(found)


def _cuts(coordinates: Floats, count: int, step: float, overlap: float) -> Floats:
    """Return where sheets begin and end along an axis: in the middle of overlaps, beside all points."""
    inner = []
    for index in range(1, count):
        at = index * step + overlap / 2
        while (coordinates == at).any():
            at += _NUDGE_MM
        inner.append(at)
    low, high = np.min(coordinates, initial=0.0) - 1, np.max(coordinates, initial=0.0) + 1
    return np.clip([low, *inner, high], low, high)


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


def split_layers(document: Document) -> tuple[Document, ...]:
    """Return a document per layer.

    >>> [page.layers[0].pen.name for page in split_layers(document)]
    ['red', 'blue']
    """
    return tuple(document.with_layers((layer,)) for layer in document.layers)


def travel_lines(lines: Lines) -> Lines:
    """Return the pen-up moves as two-point lines, the first from the corner; moves of no length are left out.

    >>> travel_lines(Lines.of([[(0, 0), (10, 0)], [(10, 5), (0, 5)]])).points
    array([[10.,  0.],
           [10.,  5.]])
    """
    lines = lines.take(lines.counts > 0)
    left = np.concatenate(([(0.0, 0.0)], lines.ends))[: len(lines)]
    moves = np.stack((left, lines.starts), axis=1)
    return Lines.of(moves[(moves[:, 0] != moves[:, 1]).any(axis=1)])


def with_travel(document: Document) -> Document:
    """Return the document with a layer '%travel' that shows the pen-up moves of all layers.

    Its name prevents plotters from drawing it.

    >>> [layer.pen.name for layer in with_travel(document).layers]
    ['red', 'blue', '%travel']
    """
    travel = Lines.join(travel_lines(layer.lines) for layer in document.layers)
    # Thin, so that the drawing below stays readable.
    return document.with_layers((*document.layers, Layer("%travel", "#e4572e", 0.1, travel)))


def drop_shorter(lines: Lines, *, than_mm: float) -> Lines:
    """Return the lines that are at least `than_mm` long; with 0, all but those without a point.

    Raises PlotError when `than_mm` is negative or not finite.

    >>> len(drop_shorter(Lines.of([[(0, 0), (10, 0)], [(0, 1), (0.1, 1)]]), than_mm=1))
    1
    """
    check_number(may_be_0=True, than_mm=than_mm)
    kept = (lines.counts > 0) & (lines.lengths_mm >= than_mm)
    return lines if kept.all() else lines.take(kept)
