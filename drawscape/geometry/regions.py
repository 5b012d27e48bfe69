"""Areas: the rectangle a pattern fills, polygons with holes, and what is inside."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Lines

Bounds: TypeAlias = tuple[float, float, float, float]
"""`(x0, y0, x1, y1)` in mm, `x0 < x1` and `y0 < y1`."""

Area: TypeAlias = Any
"""What has x0, y0, x1 and y1, as a canvas's frame, or `(x0, y0, x1, y1)` itself."""


def bounds_of(area: Area) -> Bounds:
    """Return `area` as `(x0, y0, x1, y1)` in mm.

    Raises GeometryError when it is not four finite numbers with `x0 < x1` and `y0 < y1`.
    """
    sides = (area.x0, area.y0, area.x1, area.y1) if hasattr(area, "x0") else tuple(area)
    if len(sides) != 4 or not np.isfinite(sides).all():
        raise GeometryError(f"an area is (x0, y0, x1, y1) in mm, not {sides}")
    x0, y0, x1, y1 = map(float, sides)
    if not (x0 < x1 and y0 < y1):
        raise GeometryError(f"area {x0, y0, x1, y1}: give x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def rectangle(area: Area) -> Floats:
    """Return the outline of `area` as a closed line, (5, 2), clockwise on paper from (x0, y0).

    >>> rectangle((0, 0, 30, 20))[2].tolist()
    [30.0, 20.0]
    """
    x0, y0, x1, y1 = bounds_of(area)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])


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
    return lines.closed_up(~(lines.closed & (lines.counts > 3)))


def contains(polygon: Polygon, points: ArrayLike) -> Flags:
    """Return whether each of `points` (N, 2) lies in `polygon`, (N,), by the even-odd rule.

    The outline itself is inside.

    >>> contains([(0, 0), (10, 0), (0, 10)], [(2, 2), (9, 9)])
    array([ True, False])
    """
    import shapely

    places = Lines.of(np.asarray(points, dtype=np.float64).reshape(-1, 2)).points
    area = to_shapely(polygon)
    shapely.prepare(area)
    return np.asarray(shapely.intersects_xy(area, *places.T))


def to_shapely(polygon: Polygon) -> Any:
    """Return `polygon` as a valid shapely geometry with the same inside."""
    import shapely

    if hasattr(polygon, "geom_type"):
        return shapely.make_valid(polygon)
    outline = rings(polygon)
    if not len(outline):
        return shapely.Polygon()
    parts = _polygonal(shapely.make_valid(polygons(outline)))
    while len(parts) > 1:
        odd = parts[len(parts) // 2 * 2 :]
        merged = shapely.symmetric_difference(parts[0 : len(parts) - len(odd) : 2], parts[1::2])
        parts = np.concatenate((_polygonal(merged), odd))
    return parts[0]


def polygons(outlines: Lines) -> Any:
    """Return each closed ring as a shapely Polygon, (M,), whether it is valid or not."""
    import shapely

    if not len(outlines):
        return np.empty(0, dtype=object)
    return shapely.polygons(shapely.linearrings(outlines.points, indices=outlines.ids))


def from_shapely(geometry: Any) -> Lines:
    """Return the rings, shells and holes, of every polygon in `geometry`, nothing else of it."""
    import shapely

    found = shapely.get_rings(shapely.get_parts(_polygonal(np.atleast_1d(geometry))))
    if not len(found):
        return Lines.empty()
    return Lines.from_counts(shapely.get_coordinates(found), shapely.get_num_coordinates(found))


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
