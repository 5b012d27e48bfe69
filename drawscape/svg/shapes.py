"""The outlines of shapes: path data, shapes under a transform, smooth curves through points."""

from contextlib import suppress
from itertools import pairwise
from typing import Any, Self

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.drawing.values import finite
from drawscape.errors import CanvasError
from drawscape.geometry.curves import TOLERANCE_MM, ellipse
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.attributes import Attrs, number
from drawscape.svg.elements import Element, Outline


def path_data(tag: str, numbers: Attrs, attrs: Attrs) -> str:
    """Return the outline of a line, rect, circle, ellipse or path as path data, arcs exact.

    Raises CanvasError for a coordinate that is not a number of mm, such as '50%'.
    """
    if tag == "path":
        return str(numbers["d"])
    from drawscape.drawing.path import outline

    n = _coordinates(numbers)
    if tag == "rect":
        n |= {key: _coordinate(key, attrs[key]) for key in ("rx", "ry") if key in attrs}
    return outline(tag, n)


def _coordinates(numbers: Attrs) -> dict[str, float]:
    """Return the coordinates of a shape in mm, without the data of a path."""
    return {name: _coordinate(name, value) for name, value in numbers.items() if name != "d"}


def _coordinate(name: str, value: Any) -> float:
    """Return a coordinate in mm; the text of a plain number counts as that number."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    return finite(name, value)


def unreadable(d: object) -> CanvasError:
    """Return the error for malformed path data."""
    return CanvasError(f"path data {str(d)[:60]!r} cannot be read; it looks like 'M10,10 L20,10'")


def moved_shape(tag: str, numbers: Attrs, attrs: Attrs, matrix: Matrix) -> Element | Outline:
    """Return the shape after `matrix`, as an outline if it becomes another shape."""
    n = _coordinates(numbers)
    upright, round_ = matrix.b == matrix.c == 0, tag in ("circle", "ellipse")
    rx, ry = (n.get(name, n.get("r", 0.0)) for name in ("rx", "ry"))
    if tag == "line":
        ends = *matrix.at(n["x1"], n["y1"]), *matrix.at(n["x2"], n["y2"])
        return Element.of(tag, dict(zip(("x1", "y1", "x2", "y2"), ends)), attrs)
    if tag == "rect" and min(n["width"], n["height"]) > 0 and not {"rx", "ry"} & attrs.keys():
        left, top, right, bottom = n["x"], n["y"], n["x"] + n["width"], n["y"] + n["height"]
        corners = (left, top), (right, top), (right, bottom), (left, bottom), (left, top)
        moved = [matrix.at(x, y) for x, y in corners]
        if not upright:
            return Outline(Lines.single(np.array(moved)), attrs)
        (x0, y0), (x1, y1) = min(moved), max(moved)
        places = {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0}
        return Element.of(tag, places, attrs)
    if round_ and (upright or (tag == "circle" and matrix.is_similarity)):
        cx, cy = matrix.at(n["cx"], n["cy"])
        if tag == "circle" and matrix.is_similarity:
            return Element.of(tag, {"cx": cx, "cy": cy, "r": n["r"] * matrix.stretch}, attrs)
        places = {"cx": cx, "cy": cy, "rx": rx * abs(matrix.a), "ry": ry * abs(matrix.d)}
        return Element.of("ellipse", places, attrs)
    if round_ and min(rx, ry) > 0:
        tolerance = TOLERANCE_MM / max(matrix.stretch, 1e-9)
        points = ellipse(n["cx"], n["cy"], rx, ry, tolerance_mm=tolerance)
        return Outline(Lines.single(matrix.apply(points)), attrs)
    data = path_data(tag, numbers, attrs)
    attrs = {key: value for key, value in attrs.items() if key not in ("rx", "ry")}
    return Outline(Lines.empty(), attrs, data=data, matrix=matrix)


def spline(through: Points, *, closed: bool = False) -> str:
    """Return a Catmull-Rom spline through the (N, 2) points as path data, from the first one on."""
    around = np.vstack((through[:1], through, through[-1:]))  # open ends repeat
    if closed:
        around = np.vstack((through[-1:], through, through[:2]))
    before, starts, ends, after = around[:-3], around[1:-2], around[2:-1], around[3:]
    handles = starts + (ends - before) / 6, ends - (after - starts) / 6
    pieces = zip(*handles, ends)
    return " ".join("C" + " ".join(map(pair, piece)) for piece in pieces)


def pair(point: Points) -> str:
    """Return a point as path data: `12.5,40`."""
    return ",".join(number(value) for value in point.tolist())


class Vertices:
    """The vertices of one line in the order in which they are given."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._smooth: list[bool] = []

    def vertex(self, x: float, y: float) -> Self:
        """Add a corner."""
        return self._add(x, y, smooth=False)

    def curve_vertex(self, x: float, y: float) -> Self:
        """Add a smooth point; the pieces before and after it are curves."""
        return self._add(x, y, smooth=True)

    def _add(self, x: float, y: float, *, smooth: bool) -> Self:
        self._points.append((finite("x", x), finite("y", y)))
        self._smooth.append(smooth)
        return self

    def path_data(self, matrix: Matrix, *, closed: bool) -> str:
        """Return the path's `d` under `matrix`; raise CanvasError for fewer than two vertices."""
        count = len(self._points)
        if count < 2:
            given = "1 vertex" if count == 1 else "no vertices"
            raise CanvasError(f"a shape of {given}; give 2 at least")
        points, smooth = matrix.apply(np.array(self._points)), list(self._smooth)
        if closed and all(smooth):
            return f"M{pair(points[0])} {spline(points, closed=True)} Z"
        if closed:  # from its first corner all the way round, so that no curve is cut in two
            first = smooth.index(False)
            order = np.append(np.arange(first, first + count) % count, first)
            points, smooth = points[order], [smooth[at] for at in order]
        corners = [0, *(at for at in range(1, len(points) - 1) if not smooth[at]), len(points) - 1]
        pieces = (
            f"L{pair(points[end])}" if end == begin + 1 else spline(points[begin : end + 1])
            for begin, end in pairwise(corners)
        )
        return f"M{pair(points[0])} {' '.join(pieces)}{' Z' if closed else ''}"
