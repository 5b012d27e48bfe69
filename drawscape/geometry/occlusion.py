"""What stays visible when later shapes cover earlier ones; the covering itself is not drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.clip import SLIVER, meet
from drawscape.geometry.lines import Flags, Ints, Lines, Points
from drawscape.geometry.pieces import Pieces, Segments
from drawscape.geometry.regions import Polygon, rings, to_shapely

# Lines this near the edge of a later shape count as covered by it, so that an edge that two shapes
# share is drawn once.
_TOUCHING_MM = 1e-6


@dataclass(frozen=True, eq=False)
class Shape:
    """Lines to draw, and the polygon behind which earlier shapes vanish (None hides nothing).

    >>> below = Shape(Lines.of([[(0, 5), (20, 5)]]))
    >>> above = [(5, 0), (15, 0), (15, 10), (5, 10)]
    >>> occlude([below, above])[0].lengths_mm
    array([5., 5.])
    """

    lines: Lines
    mask: Polygon | None = None


def occlude(shapes: Iterable[Shape | Polygon]) -> list[Lines]:
    """Return the visible lines of each shape; later ones lie on top (painter's order).

    A shape is a Shape or a polygon, which is drawn as its outline and hides what is inside. Holes
    hide nothing. An outline that a later shape shares is left to the later one.

    >>> below = [(0, 0), (10, 0), (10, 10), (0, 10)]
    >>> above = [(5, 5), (15, 5), (15, 15), (5, 15)]
    >>> [float(lines.lengths_mm.sum()) for lines in occlude([below, above])]
    [30.0, 40.0]
    """
    drawn = [shape if isinstance(shape, Shape) else _outlined(shape) for shape in shapes]
    if not drawn:
        return []
    counts = [len(shape.lines) for shape in drawn]
    order = np.repeat(np.arange(len(drawn)), counts)
    masks = [(index, shape.mask) for index, shape in enumerate(drawn) if shape.mask is not None]
    lines, source = visible(
        Lines.join(shape.lines for shape in drawn),
        order,
        [mask for _, mask in masks],
        [index for index, _ in masks],
    )
    owner = order[source]
    bounds = np.searchsorted(owner, np.arange(len(drawn) + 1))
    return [lines.take(np.arange(*bounds[i : i + 2])) for i in range(len(drawn))]


def visible(
    lines: Lines, order: ArrayLike, masks: Sequence[Polygon], mask_order: ArrayLike
) -> tuple[Lines, Ints]:
    """Return what `masks` leave of `lines`, and the number of the line that each comes from.

    `order` (one a line) and `mask_order` (one a mask) are numbers: a mask hides the lines whose
    number is lower than its own. Lines are cut where later outlines cross them, and each run in
    between is judged by one of its points.
    Raises GeometryError when there is not one order for each line and mask.
    """
    line_order, over = np.asarray(order), np.asarray(mask_order)
    if line_order.shape != (len(lines),) or over.shape != (len(masks),):
        raise GeometryError(
            f"{line_order.shape} and {over.shape} orders for {len(lines)} lines, {len(masks)} masks"
        )
    every = np.arange(len(lines))
    if not len(lines) or not len(masks):
        return lines, every
    segments = Segments.of(lines)
    outlines = [rings(mask) for mask in masks]
    pieces, fresh = _pieces(segments, line_order, outlines, over)
    run = np.cumsum(fresh) - 1
    judged = _longest(pieces, segments, run)
    segment = pieces.segment[judged]
    middle = (pieces.start[judged] + pieces.end[judged])[:, None] / 2.0
    a, b = segments.a[segment], segments.b[segment]
    points = a + middle * (b - a)
    hidden = _covered(points, line_order[segments.line[segment]], masks, outlines, over)[run]
    kept = Pieces.united(
        pieces.segment[~hidden], pieces.start[~hidden], pieces.end[~hidden], slack=SLIVER
    )
    return kept.lines_of(lines)


def _pieces(
    segments: Segments, order: NDArray[Any], outlines: list[Lines], over: NDArray[Any]
) -> tuple[Pieces, Flags]:
    """Return the segments cut at later outlines, and which pieces start a new run."""
    edges = Segments.of(Lines.join(outlines))
    owner = np.repeat(np.arange(len(outlines)), [len(outline) for outline in outlines])
    i, j = _near(segments, order[segments.line], edges, over[owner[edges.line]])
    t, u = meet(segments, edges, i, j)
    touches = (t >= -SLIVER) & (t <= 1.0 + SLIVER) & (u >= -SLIVER) & (u <= 1.0 + SLIVER)
    i, t = i[touches], t[touches]
    # A corner on an outline is a cut as well, between two segments.
    cut_at_start, cut_at_end = (np.zeros(len(segments), dtype=bool) for _ in range(2))
    cut_at_start[i[t <= SLIVER]] = True
    cut_at_end[i[t >= 1.0 - SLIVER]] = True
    within = (t > SLIVER) & (t < 1.0 - SLIVER)
    segment = np.concatenate((np.arange(len(segments)), i[within]))
    start = np.concatenate((np.zeros(len(segments)), t[within]))
    sorting = np.lexsort((start, segment))
    segment, start = segment[sorting], start[sorting]
    end = np.ones(len(segment))
    same = np.flatnonzero(segment[:-1] == segment[1:])
    end[same] = start[same + 1]
    real = end - start > SLIVER
    pieces = Pieces(segment[real], start[real], end[real])
    fresh = np.ones(len(pieces.segment), dtype=bool)
    after, before = pieces.segment[1:], pieces.segment[:-1]
    fresh[1:] = (
        (pieces.start[1:] > 0.0)
        | (segments.line[after] != segments.line[before])
        | cut_at_start[after]
        | cut_at_end[before]
    )
    return pieces, fresh


def _near(
    segments: Segments, order: NDArray[Any], edges: Segments, over: NDArray[Any]
) -> tuple[Ints, Ints]:
    """Return the pairs (segment, edge) whose boxes meet, the edge's mask lying on top."""
    import shapely

    tree = shapely.STRtree(shapely.linestrings(np.stack((edges.a, edges.b), axis=1)))
    boxes = shapely.linestrings(np.stack((segments.a, segments.b), axis=1))
    i, j = tree.query(boxes)
    later = over[j] > order[i]
    return i[later], j[later]


def _longest(pieces: Pieces, segments: Segments, run: Ints) -> Ints:
    """Return the number of the longest piece of each run."""
    length = np.hypot(*(segments.b - segments.a)[pieces.segment].T) * (pieces.end - pieces.start)
    sorting = np.lexsort((-length, run))
    return sorting[np.flatnonzero(np.diff(run[sorting], prepend=-1))]


def _covered(
    points: Points,
    order: NDArray[Any],
    masks: Sequence[Polygon],
    outlines: list[Lines],
    over: NDArray[Any],
) -> Flags:
    """Return whether a mask of higher order covers each point."""
    import shapely

    shapes = _shapes(masks, outlines)
    shapely.prepare(shapes)
    places = shapely.points(points)
    i, j = shapely.STRtree(shapes).query(places)
    later = over[j] > order[i]
    i, j = i[later], j[later]
    inside = shapely.intersects_xy(shapes[j], *points[i].T)
    covered = np.zeros(len(points), dtype=bool)
    covered[i[inside]] = True
    left = ~covered[i]
    i, j = i[left], j[left]
    covered[i[shapely.dwithin(shapes[j], places[i], _TOUCHING_MM)]] = True
    return covered


def _shapes(masks: Sequence[Polygon], outlines: list[Lines]) -> Any:
    import shapely

    shapes = np.full(len(masks), shapely.Polygon(), dtype=object)
    simple = np.array([len(outline) == 1 for outline in outlines])
    plain = Lines.join(outline for outline in outlines if len(outline) == 1)
    if len(plain):
        shapes[simple] = shapely.polygons(shapely.linearrings(plain.points, indices=plain.ids))
    for index in np.flatnonzero(~simple).tolist():
        shapes[index] = to_shapely(masks[index])
    return shapes


def _outlined(polygon: Polygon) -> Shape:
    outline = rings(polygon)
    return Shape(outline, outline)
