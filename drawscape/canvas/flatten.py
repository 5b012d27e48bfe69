"""From the tree of nodes to polylines: everything drawn, curves included, transforms applied."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from drawscape.canvas.node import Group, Node, Run, Shape
from drawscape.canvas.page import Pen
from drawscape.canvas.transform import Matrix, parse_transform
from drawscape.geometry.lines import Lines, Points

TOLERANCE_MM = 0.02
"""How far a polyline may stray from its curve: a tenth of a fine pen's line."""


def flatten_layers(nodes: Iterable[Node], tolerance: float) -> list[tuple[Pen, Lines]]:
    """Return (pen, lines) for the root's `nodes`: a pen for each layer, else for each colour."""
    found: dict[Pen, list[Lines]] = {}
    for node in nodes:
        if isinstance(node, Group) and node.pen:
            found.setdefault(node.pen, []).extend(flatten([node], Matrix(), tolerance))
        else:
            found.setdefault(Pen(), []).extend(flatten([node], Matrix(), tolerance))
    return [(pen, Lines.join(parts)) for pen, parts in found.items()]


def flatten(nodes: Iterable[Node], matrix: Matrix, tolerance: float) -> Iterator[Lines]:
    """Return the lines of `nodes` under `matrix`, one Lines for each element that draws."""
    for node in nodes:
        if isinstance(node, Run):
            yield node.lines.with_points(matrix.apply(node.lines.points))
        elif isinstance(node, Group):
            inner = parse_transform(node.attrs.get("transform", ""))
            yield from flatten(node.elements, matrix @ inner, tolerance)
        elif isinstance(node, Shape):
            inner = matrix @ parse_transform(node.attrs.get("transform", ""))
            outlines = [inner.apply(line) for line in _outlines(node, tolerance / inner.stretch)]
            yield Lines.of(outlines)


def _outlines(shape: Shape, tolerance: float) -> list[Points]:
    numbers = {name: float(value) for name, value in shape.numbers.items()}
    if shape.tag == "line":
        ends = [numbers["x1"], numbers["y1"]], [numbers["x2"], numbers["y2"]]
        return [np.array(ends)]
    if shape.tag == "rect":
        return [_rectangle(**numbers)]
    if shape.tag == "circle":
        return [ellipse_points(numbers["cx"], numbers["cy"], numbers["r"], numbers["r"], tolerance)]
    if shape.tag == "ellipse":
        return [ellipse_points(**numbers, tolerance=tolerance)]
    return []


def _rectangle(x: float, y: float, width: float, height: float) -> Points:
    right, bottom = x + width, y + height
    return np.array([[x, y], [right, y], [right, bottom], [x, bottom], [x, y]])


def ellipse_points(cx: float, cy: float, rx: float, ry: float, tolerance: float) -> Points:
    """Return a closed polyline, clockwise from 3 h, within `tolerance` of the ellipse."""
    largest = max(rx, ry)
    bend = math.acos(1 - tolerance / largest) if largest > tolerance else math.pi / 4
    steps = max(8, math.ceil(math.pi / bend))
    angles = np.arange(steps + 1) * (2 * math.pi / steps)
    points = np.column_stack([cx + rx * np.cos(angles), cy + ry * np.sin(angles)])
    points[-1] = points[0]
    return points
