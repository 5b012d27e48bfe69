"""Curves that stay curves in the file: Béziers, arcs, smooth lines through points."""

from typing import Any

import numpy as np

from drawscape.errors import CanvasError
from drawscape.geometry.lines import Points
from drawscape.svg.write.canvas import C
from drawscape.svg.write.outline import moved_arc
from drawscape.svg.write.points import Shape, as_points
from drawscape.svg.write.shapes import ellipse, path
from drawscape.svg.write.style import number


def bezier(
    svg: C,
    x1: float,
    y1: float,
    cx1: float,
    cy1: float,
    cx2: float,
    cy2: float,
    x2: float,
    y2: float,
    **style: Any,
) -> C:
    """Draw a cubic Bézier from (x1, y1) to (x2, y2), pulled by the two points between.

    >>> svg.bezier(10, 50, 30, 10, 70, 90, 90, 50)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    points = np.array([[x1, y1], [cx1, cy1], [cx2, cy2], [x2, y2]], dtype=np.float64)
    points = svg.matrix.apply(points)
    return curve_path(svg, f"M{pair(points[0])} C{' '.join(map(pair, points[1:]))}", style)


def curve(svg: C, points: Shape, *, closed: bool = False, **style: Any) -> C:
    """Draw a smooth curve through the (N, 2) `points`: a Catmull-Rom spline (1974) as Béziers.

    >>> svg.curve([(10, 50), (30, 20), (70, 80), (90, 50)])
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    through = as_points(points)
    if through.ndim != 2 or through.shape[1:] != (2,) or len(through) < 2:
        raise CanvasError("a curve needs an (N, 2) array of two points at least")
    # An affine map of a spline is the spline of the mapped points.
    through = svg.matrix.apply(through)
    d = f"M{pair(through[0])} {spline(through, closed=closed)}"
    return curve_path(svg, d + " Z" if closed else d, style)


def spline(through: Points, *, closed: bool = False) -> str:
    """Return a Catmull-Rom spline through the (N, 2) points as path data, from the first one on."""
    before, after = _neighbours(through, closed)
    starts = through if closed else through[:-1]
    ends = np.roll(through, -1, axis=0) if closed else through[1:]
    handles = starts + (ends - before) / 6, ends - (after - starts) / 6
    pieces = zip(*handles, ends, strict=True)
    return " ".join("C" + " ".join(map(pair, piece)) for piece in pieces)


def arc(
    svg: C,
    cx: float,
    cy: float,
    rx: float,
    ry: float | None = None,
    *,
    start: float,
    stop: float,
    **style: Any,
) -> C:
    """Draw part of an ellipse about (cx, cy), from `start` to `stop` degrees.

    0 is at the right and degrees run clockwise on the page; a full turn or more is an ellipse.

    >>> svg.arc(50, 50, 30, start=0, stop=90).lines().lengths_mm.round(1)
    array([47.1])
    """
    ry = rx if ry is None else ry
    if abs(stop - start) >= 360:
        return ellipse(svg, cx, cy, rx, ry, svg.line_style(), **style)
    angles = np.radians([start, stop])
    begin, end = np.column_stack([cx + rx * np.cos(angles), cy + ry * np.sin(angles)])
    turn = (float(rx), float(ry), 0.0, abs(stop - start) > 180, stop > start)
    ends = svg.matrix.apply(np.stack((begin, end)))
    return curve_path(
        svg, f"M{pair(ends[0])} A{moved_arc(turn, svg.matrix)} {pair(ends[1])}", style
    )


def curve_path(svg: C, d: str, style: dict[str, Any]) -> C:
    """Draw path data whose points are moved by the current transform already."""
    with svg.untransformed():
        return path(svg, d, svg.line_style(), **style)


def _neighbours(points: Points, closed: bool) -> tuple[Points, Points]:
    """Return the points before each piece's start and after its end; open ends repeat."""
    if closed:
        return np.roll(points, 1, axis=0), np.roll(points, -2, axis=0)
    return np.vstack([points[:1], points[:-2]]), np.vstack([points[2:], points[-1:]])


def pair(point: Points) -> str:
    """Return a point as path data has it: `12.5,40`."""
    return ",".join(number(value) for value in point.tolist())
