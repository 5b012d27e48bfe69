"""Areas: the rectangle a pattern fills, polygons with holes, what is inside, and pairs that may meet."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Ints, Lines
from drawscape.geometry.pieces import Segments


@runtime_checkable
class Framed(Protocol):
    """A rectangle with named sides, as a canvas's frame has them."""

    @property
    def x0(self) -> float: ...
    @property
    def y0(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def y1(self) -> float: ...


Bounds: TypeAlias = tuple[float, float, float, float]
"""`(x0, y0, x1, y1)` in mm, `x0 < x1` and `y0 < y1`."""

Area: TypeAlias = Framed | Sequence[float]
"""A canvas's frame, or `(x0, y0, x1, y1)`."""


def bounds_of(area: Area) -> Bounds:
    """Return `area` as `(x0, y0, x1, y1)` in mm.

    Raises GeometryError when it is not four finite numbers with `x0 < x1` and `y0 < y1`.
    """
    sides = _sides(area)
    if len(sides) != 4 or not np.isfinite(sides).all():
        raise GeometryError(f"an area is (x0, y0, x1, y1) in mm, not {sides}")
    x0, y0, x1, y1 = map(float, sides)
    if not (x0 < x1 and y0 < y1):
        raise GeometryError(f"area {x0, y0, x1, y1}: give x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def rectangle(area: Area) -> Floats:
    """Return the outline of `area` as a closed line, (5, 2), clockwise on paper from (x0, y0)."""
    x0, y0, x1, y1 = bounds_of(area)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])


def _sides(area: Area) -> tuple[float, ...]:
    if isinstance(area, Framed):
        return area.x0, area.y0, area.x1, area.y1
    return tuple(area)


Polygon: TypeAlias = Any
"""One ring as (N, 2), several as Lines or a list of arrays (even-odd), or a shapely geometry."""


def rings(polygon: Polygon) -> Lines:
    """Return the rings of `polygon` as closed lines, in mm.

    `polygon` is one ring as an (N, 2) array, several as Lines or an iterable of arrays, or a
    shapely Polygon or MultiPolygon. Rings need not be closed. A point is inside when an odd number
    of rings surround it, so that a ring in a ring is a hole.
    Raises GeometryError for a ring of fewer than three points.

    >>> rings([(0, 0), (10, 0), (0, 10)]).closed
    array([ True])
    """
    if hasattr(polygon, "geom_type"):
        return from_shapely(polygon)
    lines = Lines.of(polygon)
    if (lines.counts < 3).any():
        short = int(np.argmax(lines.counts < 3))
        points = lines.counts[short]
        raise GeometryError(f"ring {short} has {points} points; a ring has at least three")
    # Three points of which two are equal are closed once more: GEOS wants four.
    meets = (lines.starts == lines.ends).all(axis=1) & (lines.counts > 3)
    if meets.all():
        return lines
    counts = lines.counts + ~meets
    ends = np.cumsum(counts) - 1
    points = np.empty((int(counts.sum()), 2))
    kept = np.ones(len(points), dtype=bool)
    kept[ends[~meets]] = False
    points[kept] = lines.points
    points[ends[~meets]] = lines.starts[~meets]
    return Lines.from_counts(points, counts)


def contains(polygon: Polygon, points: ArrayLike) -> Flags:
    """Return whether each of `points` (N, 2) lies in `polygon`, (N,), by the even-odd rule.

    On the outline itself either answer may come. (Shimrat 1962, all points against all edges that
    their horizontal ray can meet.)

    >>> contains([(0, 0), (10, 0), (0, 10)], [(2, 2), (9, 9)])
    array([ True, False])
    """
    places = Lines.of(np.asarray(points, dtype=np.float64).reshape(-1, 2)).points
    order = np.argsort(places[:, 1], kind="stable")
    x, y = places[order].T
    edges = Segments.of(rings(polygon))
    a, b = edges.a, edges.b
    first = np.searchsorted(y, np.minimum(a[:, 1], b[:, 1]), side="left")
    last = np.searchsorted(y, np.maximum(a[:, 1], b[:, 1]), side="left")
    crossed = np.zeros(len(places), dtype=np.int64)
    for start, end in blocks(last - first):
        counts = (last - first)[start:end]
        at = ranges(first[start:end], counts)
        edge = np.repeat(np.arange(start, end), counts)
        rise = b[edge, 1] - a[edge, 1]
        meets = a[edge, 0] + (y[at] - a[edge, 1]) * ((b[edge, 0] - a[edge, 0]) / rise)
        crossed += np.bincount(at[meets > x[at]], minlength=len(places))
    inside = np.empty(len(places), dtype=bool)
    inside[order] = crossed % 2 == 1
    return inside


def areas_mm2(polygon: Polygon) -> Floats:
    """Return the signed area of each ring in mm2, positive where clockwise on paper (y down)."""
    outline = rings(polygon)
    edges = Segments.of(outline)
    # Taken from each ring's start, so that small rings far from the origin keep their digits.
    origin = outline.starts[edges.line]
    a, b = edges.a - origin, edges.b - origin
    doubled = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return np.bincount(edges.line, weights=doubled, minlength=len(outline)) / 2.0


def to_shapely(polygon: Polygon) -> Any:
    """Return `polygon` as a valid shapely geometry with the same inside."""
    import shapely

    if hasattr(polygon, "geom_type"):
        return shapely.make_valid(polygon)
    outline = rings(polygon)
    if not len(outline):
        return shapely.Polygon()
    whole = shapely.polygons(shapely.linearrings(outline.points, indices=outline.ids))
    parts = _polygonal(shapely.make_valid(whole))
    while len(parts) > 1:
        odd = parts[len(parts) // 2 * 2 :]
        merged = shapely.symmetric_difference(parts[0 : len(parts) - len(odd) : 2], parts[1::2])
        parts = np.concatenate((_polygonal(merged), odd))
    return parts[0]


def from_shapely(geometry: Any) -> Lines:
    """Return the rings, shells and holes, of every polygon in `geometry`, nothing else of it."""
    import shapely

    found = shapely.get_rings(shapely.get_parts(_polygonal(np.atleast_1d(geometry))))
    if not len(found):
        return Lines.empty()
    return Lines.from_counts(shapely.get_coordinates(found), shapely.get_num_coordinates(found))


def join(polygons: Iterable[Polygon]) -> Lines:
    """Return the rings of all `polygons` in one region, in which overlaps cancel out (even-odd)."""
    return Lines.join(rings(polygon) for polygon in polygons)


def _polygonal(geometries: Any) -> Any:
    """Return each geometry's polygons as one MultiPolygon, without its lines and points."""
    import shapely

    parts, first = shapely.get_parts(geometries, return_index=True)
    parts, second = shapely.get_parts(parts, return_index=True)
    index = first[second]
    keep = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    found = np.full(len(geometries), shapely.MultiPolygon(), dtype=object)
    if keep.any():
        shapely.multipolygons(parts[keep], indices=index[keep], out=found)
    return found


# Pairs handled at once: a dozen float64 arrays of this length are about 100 MB.
_MOST_AT_ONCE = 1_000_000


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Return `starts[i], starts[i] + 1, ...`, `counts[i]` of them, for all i, end to end."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    index: Ints = np.arange(total, dtype=np.int64) + np.repeat(starts - before, counts)
    return index


def overlapping_intervals(
    low_a: Floats, high_a: Floats, low_b: Floats, high_b: Floats
) -> Iterator[tuple[Ints, Ints]]:
    """Yield all pairs (i, j) where interval i of a and interval j of b share a point, each once.

    Bounds are (A,) and (B,). Pairs come in blocks, of about a million unless one interval overlaps
    more than that.
    """
    # Two intervals overlap when a starts in b, or b starts in a later: two runs in sorted order.
    yield from _starting_within(low_a, low_b, high_b, "left")
    for j, i in _starting_within(low_b, low_a, high_a, "right"):
        yield i, j


def _starting_within(
    low: Floats, from_: Floats, to: Floats, side: str
) -> Iterator[tuple[Ints, Ints]]:
    order = np.argsort(low, kind="stable")
    ordered = low[order]
    first = np.searchsorted(ordered, from_, side=side)  # type: ignore[call-overload]
    counts = np.maximum(np.searchsorted(ordered, to, side="right") - first, 0)
    for start, end in blocks(counts):
        index = order[ranges(first[start:end], counts[start:end])]
        yield index, np.repeat(np.arange(start, end), counts[start:end])


def blocks(counts: Ints, most: int = _MOST_AT_ONCE) -> Iterator[tuple[int, int]]:
    """Yield `(start, end)` so that `counts[start:end]` adds up to about `most` at the most."""
    if not len(counts):
        return
    block = np.cumsum(counts) // most
    edges = np.flatnonzero(np.diff(block)) + 1
    yield from zip([0, *edges.tolist()], [*edges.tolist(), len(counts)], strict=True)
