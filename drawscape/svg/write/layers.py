"""From the tree of nodes to polylines: everything drawn, curves included, transforms applied."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.drawing.document import Layer
from drawscape.drawing.pen import Pen
from drawscape.drawing.style import Style, parse_declarations
from drawscape.drawing.units import PX
from drawscape.geometry.lines import Lines
from drawscape.svg.write.node import Group, Mask, Node, Run, Shape
from drawscape.svg.write.outline import path_data

_DRAWN = frozenset(["line", "rect", "circle", "ellipse", "path"])


class CanvasWarning(UserWarning):
    """Something on the canvas has no lines that a pen could draw."""


@dataclass(frozen=True)
class _Item:
    """What one node draws: lines, or path data that is still to be flattened."""

    pen: Pen
    matrix: Matrix
    drawn: Lines | str


def flatten_layers(nodes: Iterable[Node], tolerance: float) -> list[Layer]:
    """Return the layers of the root's `nodes`: one for each pen, outside of layers for each colour.

    `tolerance` in mm is how far a polyline may stray from its curve.
    """
    items = list(_items(nodes, Matrix(), Style(), None))
    pens: dict[Pen, list[Lines]] = {}
    for item, lines in zip(items, _flattened(items, tolerance), strict=True):
        pens.setdefault(item.pen, []).append(lines)
    return [
        Layer(
            f"pen {index}" if pen.name == "?" else pen.name, pen.color, pen.width, Lines.join(parts)
        )
        for index, (pen, parts) in enumerate(pens.items(), 1)
    ]


def _items(nodes: Iterable[Node], matrix: Matrix, style: Style, pen: Pen | None) -> Iterator[_Item]:
    for node in nodes:
        if isinstance(node, Run):
            yield _Item(_pen(pen, _style(style, node.attrs), matrix), matrix, node.lines)
        elif isinstance(node, Group):
            inner = matrix @ parse_transform(node.attrs.get("transform", ""))
            own = _style(style, node.attrs)
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


def _shape(shape: Shape, matrix: Matrix, style: Style, pen: Pen | None) -> Iterator[_Item]:
    own = _style(style, shape.attrs)
    if shape.tag == "text":
        _warn(f"text {shape.content!r} gives no lines; use hershey_text() or lettering() for a pen")
    elif shape.tag in _DRAWN and (pen or own.paints):
        inner = matrix @ parse_transform(shape.attrs.get("transform", ""))
        data = path_data(shape.tag, shape.numbers, shape.attrs)
        yield _Item(_pen(pen, own, inner), inner, data)


def _flattened(items: Sequence[_Item], tolerance: float) -> Iterator[Lines]:
    """Return the lines of each item; the paths of all are read in one pass."""
    paths = [(item.drawn, item.matrix) for item in items if isinstance(item.drawn, str)]
    tolerances = [tolerance / max(matrix.stretch, 1e-9) for _, matrix in paths]
    outlines = iter(_flat_paths([d for d, _ in paths], tolerances))
    for item in items:
        drawn = item.drawn if isinstance(item.drawn, Lines) else next(outlines)
        yield drawn.with_points(item.matrix.apply(drawn.points))


def _flat_paths(paths: Sequence[str], tolerances: Sequence[float]) -> Sequence[Lines]:
    if not paths:
        return ()
    # To import it takes a fiftieth of a drawing that has none.
    from drawscape.drawing.path.flatten import flatten_paths

    return flatten_paths(paths, tolerances)


def _pen(layer: Pen | None, style: Style, matrix: Matrix) -> Pen:
    """Outside of layers the stroke's colour and width make the pen, as plotter software has it."""
    if layer is not None:
        return layer
    default = Pen()
    return Pen("?", style.ink, style.pen_width(matrix) or default.width)


def _style(parent: Style, attrs: Mapping[str, Any]) -> Style:
    own = {name: str(value).strip() for name, value in attrs.items()}
    return parent.with_(own | parse_declarations(own.get("style", "")))


def _warn(text: str) -> None:
    warnings.warn(text, CanvasWarning, stacklevel=5)
