"""Shapes as path data, and path data moved by a transform: curves stay curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.drawing.outline import outline
from drawscape.drawing.path.commands import read_commands
from drawscape.drawing.path.segments import ARC, CLOSE, CUBIC, LINE, MOVE, Segments, resolve
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Points
from drawscape.svg.write.style import number


def path_data(tag: str, numbers: Mapping[str, Any], attrs: Mapping[str, Any]) -> str:
    """Return the outline of a line, rect, circle, ellipse or path as path data, arcs exact.

    Raises CanvasError for a coordinate that is no number of mm, such as '50%'.
    """
    if tag == "path":
        return str(numbers["d"])
    n = {name: _float(name, value) for name, value in numbers.items()}
    if tag == "rect":
        n |= {key: _float(key, attrs[key]) for key in ("rx", "ry") if key in attrs}
    return outline(tag, n) or ""


def moved_path(d: str, matrix: Matrix) -> str:
    """Return path data moved by `matrix`, in absolute commands; arcs stay arcs.

    Raises CanvasError for path data that cannot be read.
    """
    commands = read_commands([d])
    if commands.broken:
        raise CanvasError(f"path data {d[:60]!r} cannot be read; it looks like 'M10,10 L20,10'")
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
    return "path", {"d": moved_path(path_data(tag, numbers, attrs), matrix)}


def _steps(segments: Segments, matrix: Matrix) -> Iterator[str]:
    ends = matrix.apply(segments.ends)
    for index, kind in enumerate(segments.kinds.tolist()):
        if kind == CLOSE:
            yield "Z"
        elif kind == CUBIC:
            yield "C" + _pairs(
                matrix.apply(segments.curves[index, :4].reshape(2, 2)), ends[[index]]
            )
        elif kind == ARC:
            yield f"A{_moved_arc(segments.curves[index], matrix)} {_pairs(ends[[index]])}"
        else:
            yield {MOVE: "M", LINE: "L"}[kind] + _pairs(ends[[index]])


def _moved_arc(curve: Points, matrix: Matrix) -> str:
    """An affine map of an ellipse is an ellipse: its axes are the singular vectors of the map."""
    rx, ry, degrees, large, sweep = curve.tolist()
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    axes = matrix.linear @ np.array([[cos, -sin], [sin, cos]]) * (rx, ry)
    directions, radii, _ = np.linalg.svd(axes)
    turn = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
    sweeps = bool(sweep) != (np.linalg.det(matrix.linear) < 0)
    shape = ",".join(number(radius) for radius in radii.tolist())
    return f"{shape} {number(float(turn))} {int(large != 0)} {int(sweeps)}"


def _pairs(*points: Points) -> str:
    return " ".join(f"{number(x)},{number(y)}" for part in points for x, y in part.tolist())


def _float(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise CanvasError(f"{name}={value!r} is not a number of mm; give it as one") from None
