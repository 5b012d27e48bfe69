"""Areas: the rectangle a pattern fills, places in it, polygons with holes, and tests of what they contain."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.fill_rules import filled_faces
from drawscape.geometry.lines import (
    Figure,
    Flags,
    Floats,
    Lines,
    Points,
    as_floats,
    as_lines,
    as_points,
    check_positive,
    is_finite,
)

Bounds = tuple[float, float, float, float]
"""`(x0, y0, x1, y1)` in mm, `x0 < x1` and `y0 < y1`."""

Area = Any
"""An object with x0, y0, x1 and y1, such as a canvas's frame, or the tuple `(x0, y0, x1, y1)`."""


class Frame(NamedTuple):
    """A rectangle on the page, in mm, y downward: the page inside its margin.

    >>> Frame(10, 10, 110, 160).middle
    array([60., 85.])
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """From left to right, in mm."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """From top to bottom, in mm."""
        return self.y1 - self.y0

    @property
    def cx(self) -> float:
        """The centre's x in mm."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """The centre's y in mm."""
        return (self.y0 + self.y1) / 2

    @property
    def size(self) -> Floats:
        """Width and height in mm, (2,)."""
        return np.array([self.width, self.height])

    @property
    def middle(self) -> Floats:
        """The centre in mm, (2,)."""
        return np.array([self.cx, self.cy])

    @property
    def area(self) -> float:
        """In square mm."""
        return self.width * self.height

    @property
    def short(self) -> float:
        """The shorter side in mm."""
        return min(self.width, self.height)

    @property
    def long(self) -> float:
        """The longer side in mm."""
        return max(self.width, self.height)

    def inset(self, by: float) -> "Frame":
        """Return the rectangle whose edges are `by` mm further inside, or outside if negative."""
        return Frame(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)

    def contains(self, points: ArrayLike) -> Flags:
        """Return which of the (N, 2) `points` lie inside or on the edge, (N,)."""
        x, y = np.moveaxis(as_floats(points), -1, 0)
        return (x >= self.x0) & (x <= self.x1) & (y >= self.y0) & (y <= self.y1)


def bounds_of(area: Area) -> Frame:
    """Return `area` as a Frame.

    Raises GeometryError when it is not four finite numbers with `x0 < x1` and `y0 < y1`.
    """
    sides = (area.x0, area.y0, area.x1, area.y1) if hasattr(area, "x0") else tuple(np.ravel(area))
    if len(sides) != 4 or not all(map(is_finite, sides)):
        raise GeometryError(f"an area is (x0, y0, x1, y1) in mm, not {sides}")
    frame = Frame(*map(float, sides))
    if not frame.short > 0:
        raise GeometryError(f"area {tuple(frame)}: give x0 < x1 and y0 < y1")
    return frame


def rectangle(area: Area) -> Floats:
    """Return the outline of `area` as a closed line, (5, 2), clockwise on paper from (x0, y0).

    >>> rectangle((0, 0, 30, 20))[2].tolist()
    [30.0, 20.0]
    """
    x0, y0, x1, y1 = bounds_of(area)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])


Polygon = Any
"""One ring as (N, 2), several as Lines or a list of arrays (even-odd), or a shapely geometry."""

RegionMask = Callable[[Floats, Floats], ArrayLike] | Polygon
"""A polygon, or a function of x and y in mm, (N,) each, that is True in the region."""


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
    lines = as_lines(polygon)
    if (lines.counts < 3).any():
        short = np.argmax(lines.counts < 3)
        points = lines.counts[short]
        raise GeometryError(f"ring {short} has {points} points; a ring has at least three")
    # Three points of which two are equal are closed again: GEOS wants four.
    return lines.closed_up(~(lines.closed & (lines.counts > 3)))


def contains(polygon: Polygon, points: ArrayLike) -> Flags:
    """Return whether each of `points` (N, 2) lies in `polygon`, (N,), by the even-odd rule.

    The outline itself is inside.

    >>> contains([(0, 0), (10, 0), (0, 10)], [(2, 2), (9, 9)])
    array([ True, False])
    """
    import shapely

    area = to_shapely(polygon)
    shapely.prepare(area)
    return shapely.intersects_xy(area, *as_points(points).T)


_GRID_MM = 1e-7


def to_shapely(polygon: Polygon) -> Any:
    """Return `polygon` as a valid shapely geometry with the same inside."""
    import shapely

    if hasattr(polygon, "geom_type"):
        parts = shapely.make_valid([polygon])
    else:
        outlines = rings(polygon)
        parts = polygons(outlines)
        if not shapely.is_valid(parts).all():
            parts = np.array([filled_faces(outlines, grid_mm=_GRID_MM)])
    if not len(parts):
        return shapely.Polygon()
    parts = _polygonal(parts)
    while len(parts) > 1:
        odd = parts[len(parts) // 2 * 2 :]
        merged = shapely.symmetric_difference(parts[0 : len(parts) - len(odd) : 2], parts[1::2])
        parts = np.concatenate((_polygonal(merged), odd))
    return parts[0]


def polygons(outlines: Lines) -> Any:
    """Return each closed ring as a shapely Polygon, (M,), whether it is valid or not."""
    import shapely

    return shapely.polygons(shapely.linearrings(outlines.points, indices=outlines.ids))


def from_shapely(geometry: Any) -> Lines:
    """Return only the rings, shells and holes, of every polygon in `geometry`."""
    import shapely

    parts = shapely.get_parts(_polygonal(np.atleast_1d(geometry)))
    return Lines.from_shapes(shapely.get_rings(parts))


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


_A4 = Frame(0.0, 0.0, 180.6, 267.6)
"""The area of A4 inside a canvas's default margin."""


def fit_count(wanted: int, room_mm: float, apart_mm: float = 0.5, *, least: int = 1) -> int:
    """Return `wanted`, or as many lines as fit in `room_mm` when they are `apart_mm` apart.

    It is at least `least`. Ink lines closer than half a millimetre run into a blot, so sketches draw
    fewer of them on small pages.

    >>> fit_count(60, 20.0), fit_count(60, 100.0)
    (40, 60)
    """
    check_positive(apart_mm=apart_mm)
    return max(least, min(wanted, int(room_mm / apart_mm)))


def as_on_a4(count: int, area: Area, *, lines: bool = False) -> int:
    """Return the number that is as dense on `area` as `count` is on A4 within its margin, at least 1.

    The number of scattered things is in proportion to the area. For `lines` side by side, such as rows or
    rings, it is in proportion to the shorter side.

    >>> half = (0, 0, 90.3, 133.8)
    >>> as_on_a4(1000, half), as_on_a4(1000, half, lines=True)
    (250, 500)
    """
    page, a4 = bounds_of(area), _A4
    scale = page.short / a4.short if lines else page.area / a4.area
    return max(1, round(count * scale))


def grow_count(count: int, area: Area) -> int:
    """Return `count`, or more if `area` is larger than A4 within its margin, so that lines are equally close.

    Small pages keep the figure's detail; `fit_count` limits it when lines get too close there.

    >>> grow_count(50, (0, 0, 90, 130)), grow_count(50, (0, 0, 361.2, 535.2))
    (50, 100)
    """
    return max(count, as_on_a4(count, area, lines=True))


def fitted(
    area: Area, figure: Figure, *, stretched: bool = False, like: Points | None = None
) -> Figure:
    """Return `figure`, points (..., 2) or Lines, moved and scaled to fill `area`, such as `svg.frame`.

    It keeps its proportions, unless `stretched`. A figure without extent is put in the middle. With `like`,
    (N, 2), it is placed as those points would be: parts of one picture keep their places.

    >>> corners = np.array([(0.0, 0.0), (1.0, 1.0)])
    >>> fitted((0, 0, 30, 20), corners).tolist()
    [[5.0, 0.0], [25.0, 20.0]]
    >>> fitted((0, 0, 30, 20), np.array([(0.5, 0.0)]), like=corners).tolist()
    [[15.0, 0.0]]
    """
    return _placed(area, figure, np.inf if stretched else 1.0, like)


def filled(area: Area, figure: Figure, *, most: float = 1.4) -> Figure:
    """Return `figure` placed by `fitted`, with its shorter axis stretched to `area`, at most `most` times.

    >>> filled((0, 0, 30, 20), np.array([(0.0, 0.0), (1.0, 1.0)])).tolist()
    [[1.0, 0.0], [29.0, 20.0]]
    """
    return _placed(area, figure, most)


def _placed(area: Area, figure: Figure, most: float, like: Points | None = None) -> Figure:
    if isinstance(figure, Lines):
        return figure.with_points(_placed(area, figure.points, most, like))
    page, points = bounds_of(area), as_floats(figure)
    flat = (points if like is None else as_floats(like)).reshape(-1, 2)
    if not len(flat):
        return points
    low, high = flat.min(axis=0), flat.max(axis=0)
    extent = np.maximum(high - low, 1e-12 * max(1.0, np.abs(flat).max()))
    scale = page.size / extent
    scale = np.minimum(scale, most * np.min(scale))
    return (points - (low + high) / 2) * scale + page.middle


def polar(radius: ArrayLike, angle: ArrayLike) -> Points:
    """Return (..., 2) points about the origin. Angles are in radians; 0 points right.

    >>> polar(2.0, np.radians([0, 90])).round(3).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    radius = np.asarray(radius)
    return cartesian(radius * np.cos(angle), radius * np.sin(angle))


def cartesian(*axes: ArrayLike) -> Points:
    """Return the points, (..., 2) or (..., 3), with these coordinates, which broadcast.

    >>> cartesian([1, 2, 3], np.array([[10], [20]])).shape  # a grid
    (2, 3, 2)
    """
    return np.stack(np.broadcast_arrays(*axes), axis=-1)


def depth_in(area: Area, points: Points) -> Floats:
    """Return how far inside the rectangle `area` each of `points`, (..., 2) in mm, lies; negative outside.

    >>> depth_in((0, 0, 30, 20), np.array([(5.0, 10.0), (-1.0, 10.0)])).tolist()
    [5.0, -1.0]
    """
    x0, y0, x1, y1 = bounds_of(area)
    x, y = np.moveaxis(as_floats(points), -1, 0)
    return np.stack((x - x0, x1 - x, y - y0, y1 - y)).min(axis=0)


def clamped(area: Area, figure: Figure) -> Figure:
    """Return `figure`, points (..., 2) or Lines, with all points outside of `area` moved to its edge.

    >>> clamped((0, 0, 30, 20), np.array([(5.0, 10.0), (-1.0, 10.0)])).tolist()
    [[5.0, 10.0], [0.0, 10.0]]
    """
    if isinstance(figure, Lines):
        return figure.with_points(clamped(area, figure.points))
    page = bounds_of(area)
    return np.clip(figure, page[:2], page[2:])


def squares_in(area: Area, across: int) -> tuple[float, int, int, Points]:
    """Return side in mm, columns, rows and upper left corner of squares that fill `area`, centred.

    `across` of them fit along the shorter side.

    >>> side, columns, rows, corner = squares_in((0, 0, 30, 20), 4)
    >>> side, columns, rows, corner.tolist()
    (5.0, 6, 4, [0.0, 0.0])
    """
    page = bounds_of(area)
    check_positive(across=across)
    side = page.short / across
    columns, rows = (page.size / side + 1e-9).astype(int).tolist()
    return side, columns, rows, page[:2] + (page.size - np.array([columns, rows]) * side) / 2
