"""Path data: of shapes, moved by a transform so that curves stay curves, and given vertex by vertex."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Points
from drawscape.svg.node import number

if TYPE_CHECKING:
    from drawscape.drawing.path import Segments

PATH_DATA = re.compile(r"[\sMmZzLlHhVvCcSsQqTtAaEe0-9+\-.,]*\Z", re.ASCII)


def path_data(tag: str, numbers: Mapping[str, Any], attrs: Mapping[str, Any]) -> str:
    """Return the outline of a line, rect, circle, ellipse or path as path data, arcs exact.

    Raises CanvasError for a coordinate that is no number of mm, such as '50%'.
    """
    if tag == "path":
        return str(numbers["d"])
    from drawscape.drawing.path import outline

    n = {name: _float(name, value) for name, value in numbers.items()}
    if tag == "rect":
        n |= {key: _float(key, attrs[key]) for key in ("rx", "ry") if key in attrs}
    return outline(tag, n) or ""


def unreadable(d: object) -> CanvasError:
    """Return the error for what is no path data."""
    return CanvasError(f"path data {str(d)[:60]!r} cannot be read; it looks like 'M10,10 L20,10'")


def moved_path(d: str, matrix: Matrix) -> str:
    """Return path data moved by `matrix`, in absolute commands; arcs stay arcs.

    Raises CanvasError for path data that cannot be read.
    """
    from drawscape.drawing.path import read_commands, resolve

    commands = read_commands([d])
    if commands.broken:
        raise unreadable(d)
    return " ".join(_steps(resolve(commands), matrix))


def moved_shape(
    tag: str, numbers: Mapping[str, Any], attrs: Mapping[str, Any], matrix: Matrix
) -> tuple[str, dict[str, Any]]:
    """Return the shape's tag and coordinates after `matrix`: itself where it stays itself, else a path."""
    n = {} if tag == "path" else {name: _float(name, value) for name, value in numbers.items()}
    if tag == "line":
        ends = matrix.apply(np.array([[n["x1"], n["y1"]], [n["x2"], n["y2"]]])).ravel().tolist()
        return tag, dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True))
    if tag == "rect" and matrix.b == matrix.c == 0 and not {"rx", "ry"} & attrs.keys():
        corners = [[n["x"], n["y"]], [n["x"] + n["width"], n["y"] + n["height"]]]
        (x0, y0), (x1, y1) = matrix.apply(np.array(corners)).tolist()
        sizes = {"width": abs(x1 - x0), "height": abs(y1 - y0)}
        return tag, {"x": min(x0, x1), "y": min(y0, y1), **sizes}
    if tag == "rect" and not {"rx", "ry"} & attrs.keys():
        # Straight sides need no reading of path data, which costs a hundred times as much.
        x0, y0, x1, y1 = n["x"], n["y"], n["x"] + n["width"], n["y"] + n["height"]
        moved = matrix.apply(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
        return "path", {"d": f"M{_pairs(moved).replace(' ', ' L')} Z"}
    if tag == "circle" and matrix.is_similarity:
        ((cx, cy),) = matrix.apply(np.array([[n["cx"], n["cy"]]])).tolist()
        return tag, {"cx": cx, "cy": cy, "r": n["r"] * matrix.stretch}
    if tag in ("circle", "ellipse"):
        rx, ry = n.get("rx", n.get("r", 0.0)), n.get("ry", n.get("r", 0.0))
        if matrix.b == matrix.c == 0:
            ((cx, cy),) = matrix.apply(np.array([[n["cx"], n["cy"]]])).tolist()
            return "ellipse", {
                "cx": cx,
                "cy": cy,
                "rx": rx * abs(matrix.a),
                "ry": ry * abs(matrix.d),
            }
        return "path", {"d": _moved_ellipse(n["cx"], n["cy"], rx, ry, matrix)}
    return "path", {"d": moved_path(path_data(tag, numbers, attrs), matrix)}


def _moved_ellipse(cx: float, cy: float, rx: float, ry: float, matrix: Matrix) -> str:
    """Return an ellipse after `matrix` as four arcs, without reading path data."""
    if rx <= 0 or ry <= 0:
        return ""
    a, b, c, d, e, f = matrix
    corners = ((cx + rx, cy), (cx, cy + ry), (cx - rx, cy), (cx, cy - ry), (cx + rx, cy))
    ends = [f"{number(a * x + c * y + e)},{number(b * x + d * y + f)}" for x, y in corners]
    arc = moved_arc((rx, ry, 0.0, 0.0, 1.0), matrix)
    return f"M{ends[0]} " + " ".join(f"A{arc} {end}" for end in ends[1:]) + " Z"


def _steps(segments: "Segments", matrix: Matrix) -> Iterator[str]:
    from drawscape.drawing.path import ARC, CLOSE, CUBIC, LINE, MOVE

    ends = matrix.apply(segments.ends)
    for index, kind in enumerate(segments.kinds.tolist()):
        if kind == CLOSE:
            yield "Z"
        elif kind == CUBIC:
            yield "C" + _pairs(
                matrix.apply(segments.curves[index, :4].reshape(2, 2)), ends[[index]]
            )
        elif kind == ARC:
            yield f"A{moved_arc(segments.curves[index].tolist(), matrix)} {_pairs(ends[[index]])}"
        else:
            yield {MOVE: "M", LINE: "L"}[kind] + _pairs(ends[[index]])


def moved_arc(curve: Sequence[float], matrix: Matrix) -> str:
    """Return radii, rotation and flags of an arc (rx, ry, degrees, large, sweep) after `matrix`.

    An affine map of an ellipse is an ellipse: its axes are the singular vectors of the map.
    """
    rx, ry, degrees, large, sweep = curve
    if matrix.is_identity:
        return f"{number(rx)},{number(ry)} {number(degrees)} {int(large != 0)} {int(sweep != 0)}"
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    p, r = (matrix.a * cos + matrix.c * sin) * rx, (matrix.b * cos + matrix.d * sin) * rx
    q, t = (matrix.c * cos - matrix.a * sin) * ry, (matrix.d * cos - matrix.b * sin) * ry
    # The singular values of (p q; r t) and the turn of the first, in closed form.
    straight, mirrored = math.hypot(p + t, r - q) / 2, math.hypot(p - t, r + q) / 2
    turn = (math.atan2(r - q, p + t) + math.atan2(r + q, p - t)) / 2
    sweeps = bool(sweep) != (matrix.determinant < 0)
    shape = f"{number(straight + mirrored)},{number(abs(straight - mirrored))}"
    return f"{shape} {number(math.degrees(turn))} {int(large != 0)} {int(sweeps)}"


def _pairs(*points: Points) -> str:
    return " ".join(f"{number(x)},{number(y)}" for part in points for x, y in part.tolist())


def _float(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise CanvasError(f"{name}={value!r} is not a number; give it in mm") from None


def spline(through: Points, *, closed: bool = False) -> str:
    """Return a Catmull-Rom spline through the (N, 2) points as path data, from the first one on."""
    before, after = _neighbours(through, closed)
    starts = through if closed else through[:-1]
    ends = np.roll(through, -1, axis=0) if closed else through[1:]
    handles = starts + (ends - before) / 6, ends - (after - starts) / 6
    pieces = zip(*handles, ends, strict=True)
    return " ".join("C" + " ".join(map(pair, piece)) for piece in pieces)


def _neighbours(points: Points, closed: bool) -> tuple[Points, Points]:
    """Return the points before each piece's start and after its end; open ends repeat."""
    if closed:
        return np.roll(points, 1, axis=0), np.roll(points, -2, axis=0)
    return np.vstack([points[:1], points[:-2]]), np.vstack([points[2:], points[-1:]])


def pair(point: Points) -> str:
    """Return a point as path data has it: `12.5,40`."""
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
        """Add a point that the line passes smoothly; the pieces before and after it are curves."""
        return self._add(x, y, smooth=True)

    def _add(self, x: float, y: float, *, smooth: bool) -> Self:
        point = (float(x), float(y))
        if not np.isfinite(point).all():
            raise CanvasError(f"vertex {point!r} is not finite")
        self._points.append(point)
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
        if closed:  # from its first corner round to it, so that no curve is cut in two
            first = smooth.index(False)
            order = np.append(np.arange(first, first + count) % count, first)
            points, smooth = points[order], [smooth[at] for at in order]
        corners = [0, *(at for at in range(1, len(points) - 1) if not smooth[at]), len(points) - 1]
        pieces = (
            f"L{pair(points[end])}" if end == begin + 1 else spline(points[begin : end + 1])
            for begin, end in pairwise(corners)
        )
        return f"M{pair(points[0])} {' '.join(pieces)}{' Z' if closed else ''}"
