"""Lines from arrays: one, a polygon, or a million at once."""

from typing import Any

import numpy as np

from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines
from drawscape.svg.write.canvas import C
from drawscape.svg.write.node import Run
from drawscape.svg.write.points import Shape, as_lines, as_points


def polyline(svg: C, points: Shape, ys: Any = None, *, closed: bool = False, **style: Any) -> C:
    """Draw one line through the (N, 2) `points`; `closed` leads it back to its start.

    `points` may also be complex numbers, a shapely line, or the xs that belong to `ys`.

    >>> svg.polyline([(10, 10), (50, 90), (90, 10)], closed=True).lines().closed
    array([ True])
    >>> x = np.linspace(10, 90, 50)
    >>> svg.polyline(x, 50 + 10 * np.sin(x / 5))
    <SVGBuilder 100 x 100 mm, 2 elements>
    """
    return polylines(svg, [as_points(points, ys)], closed=closed, **style)


def polygon(svg: C, points: Shape, ys: Any = None, **style: Any) -> C:
    """Draw the closed line through the (N, 2) `points`, or each ring of a shapely polygon.

    >>> svg.polygon([(10, 90), (50, 10), (90, 90)]).lines().lengths_mm.round(1)
    array([258.9])
    """
    if ys is None and hasattr(points, "geom_type"):
        return polylines(svg, points, closed=True, **style)
    return polyline(svg, points, ys, closed=True, **style)


def polylines(svg: C, lines: Shape, *, closed: bool = False, **style: Any) -> C:
    """Draw many lines at once: Lines, an (M, K, 2) array, or an iterable of (N, 2) arrays.

    Complex arrays, shapely geometries, generators and another canvas are taken as well.
    This is the fast way: a million points cost a few hundredths of a second in the file.
    Raises GeometryError for arrays of another shape and for points that are not finite.

    >>> angles = np.linspace(0, 2 * np.pi, 180)
    >>> circles = np.exp(1j * angles) * np.arange(1, 40)[:, None] + (50 + 50j)
    >>> len(svg.polylines(circles).lines())
    39
    """
    drawn = as_lines(lines)
    if closed:
        drawn = _closed(drawn)
    drawn = drawn.with_points(svg.matrix.apply(drawn.points))
    return svg.add(Run(drawn, svg.styled(svg.line_style(), style)))


def geometry(svg: C, shape: Shape, **style: Any) -> C:
    """Draw any shapely geometry: lines, the rings of areas, points as dots, and collections of these.

    For example `svg.geometry(shapely.Point(50, 50).buffer(20))`.

    >>> import shapely
    >>> svg.geometry(shapely.Point(50, 50).buffer(20).boundary)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    return polylines(svg, shape, **style)


def point(svg: C, x: float, y: float, **style: Any) -> C:
    """Draw a dot as wide as the pen.

    >>> svg.point(50, 50)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    return polylines(svg, [((x, y), (x, y))], **style)


def triangle(
    svg: C, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, **style: Any
) -> C:
    """Draw the triangle through three corners.

    >>> svg.triangle(10, 90, 50, 10, 90, 90)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    return polygon(svg, [(x1, y1), (x2, y2), (x3, y3)], **style)


def regular_polygon(
    svg: C, cx: float, cy: float, radius: float, sides: int, *, rotation: float = 0.0, **style: Any
) -> C:
    """Draw a polygon of equal sides about (`cx`, `cy`), its first corner on top, turned by degrees.

    `radius` reaches to the corners. Raises CanvasError for fewer than three sides.

    >>> svg.regular_polygon(50, 50, 30, 6).lines().lengths_mm.round(1)
    array([180.])
    """
    if sides < 3:
        raise CanvasError(f"a polygon of {sides!r} sides; give 3 at least")
    angles = np.radians(rotation - 90.0) + np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    corners = (cx, cy) + radius * np.column_stack((np.cos(angles), np.sin(angles)))
    return polygon(svg, corners, **style)


def _closed(lines: Lines) -> Lines:
    """Return the lines, each with its first point again at its end unless it is there already."""
    wanting = (lines.counts > 0) & ~lines.closed & (lines.counts > 1)
    counts = lines.counts + wanting
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    points = np.insert(lines.points, lines.offsets[1:][wanting], lines.starts[wanting], axis=0)
    return Lines(points, offsets)
