"""What stays visible when later shapes cover earlier ones; the covering itself is not drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Ints, Lines, Points, Segments
from drawscape.geometry.pieces import cut_at, touching
from drawscape.geometry.regions import Polygon, polygons, rings, to_shapely

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
    segments, outlines = Segments.of(lines), [rings(mask) for mask in masks]
    edges = Segments.of(Lines.join(outlines))
    owner = np.repeat(np.arange(len(outlines)), [len(outline) for outline in outlines])
    i, j = touching(segments, edges)
    later = over[owner[edges.line[j]]] > line_order[segments.line[i]]
    pieces, run, longest = cut_at(segments, edges, i[later], j[later])
    judged = pieces.take(longest)
    order_of = line_order[segments.line[judged.segment]]
    hidden = _covered(judged.middles(segments), order_of, masks, outlines, over)[run]
    return pieces.take(~hidden).united().lines_of(lines)


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
        shapes[simple] = polygons(plain)
    for index in np.flatnonzero(~simple).tolist():
        shapes[index] = to_shapely(masks[index])
    return shapes


def _outlined(polygon: Polygon) -> Shape:
    outline = rings(polygon)
    return Shape(outline, outline)
