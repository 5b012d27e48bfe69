"""From the tree of nodes to polylines: everything drawn, curves included, transforms applied."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from drawscape.drawing.frame import Pen
from drawscape.drawing.units import PX
from drawscape.geometry.lines import Lines
from drawscape.svg.write.node import Group, Mask, Node, Run, Shape
from drawscape.svg.write.outline import path_data
from drawscape.svg.write.transform import Matrix, parse_transform

TOLERANCE_MM = 0.02
"""How far a polyline may stray from its curve: a tenth of a fine pen's line."""

_DRAWN = frozenset(["line", "rect", "circle", "ellipse", "path"])
_INHERITED = ("stroke", "stroke-width", "fill")


class CanvasWarning(UserWarning):
    """Something on the canvas has no lines that a pen could draw."""


@dataclass(frozen=True)
class _Item:
    """What one node draws: lines, or path data that is still to be flattened."""

    pen: Pen
    matrix: Matrix
    drawn: Lines | str


def flatten_layers(nodes: Iterable[Node], tolerance: float) -> list[tuple[Pen, Lines]]:
    """Return (pen, lines) for the root's `nodes`: a pen for each layer, else for each colour.

    `tolerance` in mm is how far a polyline may stray from its curve.
    """
    items = list(_items(nodes, Matrix(), {}, None))
    pens: dict[Pen, list[Lines]] = {}
    for item, lines in zip(items, _flattened(items, tolerance), strict=True):
        pens.setdefault(item.pen, []).append(lines)
    joined = [(pen, Lines.join(parts)) for pen, parts in pens.items()]
    return [(_named(pen, index), lines) for index, (pen, lines) in enumerate(joined, 1)]


def _items(
    nodes: Iterable[Node], matrix: Matrix, style: dict[str, Any], pen: Pen | None
) -> Iterator[_Item]:
    for node in nodes:
        if isinstance(node, Run):
            yield _Item(_pen(pen, style | _styles(node.attrs), matrix), matrix, node.lines)
        elif isinstance(node, Group):
            inner = matrix @ parse_transform(node.attrs.get("transform", ""))
            own = style | _styles(node.attrs)
            yield from _items(node.elements, inner, own, node.pen or pen)
        elif isinstance(node, Shape):
            yield from _shape(node, matrix, style, pen)
        elif not isinstance(node, Mask):
            yield from _markup(node, matrix, pen)


def _markup(text: str, matrix: Matrix, pen: Pen | None) -> Iterator[_Item]:
    """Return what markup that was added by hand draws, read as any SVG is."""
    from drawscape.svg.read import read_svg

    document = read_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>')
    for note in document.unsupported:
        _warn(note)
    for layer in document.layers:
        # A file that names no size is in pixels; here a user unit is a millimetre.
        lines = layer.lines.with_points(layer.lines.points / PX)
        width = layer.width_mm / PX if layer.width_mm else Pen().width
        yield _Item(pen or Pen("?", layer.color, round(width, 4)), matrix, lines)


def _shape(shape: Shape, matrix: Matrix, style: dict[str, Any], pen: Pen | None) -> Iterator[_Item]:
    own = style | _styles(shape.attrs)
    if shape.tag == "text":
        _warn(f"text {shape.content!r} gives no lines; use hershey_text() or lettering() for a pen")
    elif shape.tag in _DRAWN and (pen or not own.get("stroke") == own.get("fill") == "none"):
        inner = matrix @ parse_transform(shape.attrs.get("transform", ""))
        outline = path_data(shape.tag, shape.numbers, shape.attrs)
        yield _Item(_pen(pen, own, inner), inner, outline)


def _flattened(items: Sequence[_Item], tolerance: float) -> Iterator[Lines]:
    """Return the lines of each item; the paths of all are read in one pass."""
    paths = [(item.drawn, item.matrix) for item in items if isinstance(item.drawn, str)]
    tolerances = [tolerance / max(matrix.stretch, 1e-9) for _, matrix in paths]
    outlines = iter(flatten_paths([d for d, _ in paths], tolerances))
    for item in items:
        drawn = item.drawn if isinstance(item.drawn, Lines) else next(outlines)
        yield drawn.with_points(item.matrix.apply(drawn.points))


def flatten_paths(paths: Sequence[str], tolerances: Sequence[float]) -> list[Lines]:
    """Return the lines of each of `paths`, path data, all of them read in one pass."""
    if not paths:
        return []
    from drawscape.svg.read.commands import read_commands
    from drawscape.svg.read.flatten import flatten
    from drawscape.svg.read.path_data import resolve

    lines, owners = flatten(resolve(read_commands(paths)), np.array(tolerances))
    first = np.searchsorted(owners, np.arange(len(paths) + 1)).tolist()
    return [_slice(lines, *ends) for ends in pairwise(first)]


def _slice(lines: Lines, begin: int, end: int) -> Lines:
    offsets = lines.offsets[begin : end + 1]
    return Lines(lines.points[offsets[0] : offsets[-1]], offsets - offsets[0])


def _styles(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inherited styles among `attrs`, those of a `style` attribute included."""
    own = {name: str(attrs[name]).strip() for name in _INHERITED if name in attrs}
    for declaration in str(attrs.get("style", "")).split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in _INHERITED and value.strip():
            own[name.strip()] = value.strip()
    return own


def _pen(layer: Pen | None, style: dict[str, Any], matrix: Matrix) -> Pen:
    """Outside of layers the stroke's colour and width make the pen, as plotter software has it."""
    if layer is not None:
        return layer
    inks = [style[key] for key in ("stroke", "fill") if style.get(key, "none") != "none"]
    try:
        width = round(float(style["stroke-width"]) * matrix.stretch, 4)
    except (KeyError, ValueError):
        width = 0.0
    default = Pen()
    return Pen("?", inks[0] if inks else default.color, width if width > 0 else default.width)


def _named(pen: Pen, index: int) -> Pen:
    return Pen(f"pen {index}", pen.color, pen.width) if pen.name == "?" else pen


def _warn(text: str) -> None:
    warnings.warn(text, CanvasWarning, stacklevel=5)
