"""What comes off a canvas: the bytes of an SVG file, and its layers as polylines."""

import hashlib
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.drawing.document import Layer
from drawscape.drawing.pen import Pen
from drawscape.drawing.style import Style, parse_declarations
from drawscape.drawing.units import PX
from drawscape.geometry.lines import Lines
from drawscape.svg.node import (
    Group,
    Mask,
    Node,
    Run,
    Shape,
    attribute_text,
    escape,
    format_number,
    pieces,
)
from drawscape.svg.outline import path_data

_DRAWN = frozenset(["line", "rect", "circle", "ellipse", "path"])


class CanvasWarning(UserWarning):
    """Something on the canvas has no lines that a pen could draw."""


@dataclass(frozen=True)
class _Item:
    """What one node draws: lines, or path data that is still to be flattened."""

    pen: Pen
    matrix: Matrix
    drawn: Lines | str


METADATA = re.compile(rb'<metadata id="drawscape">.*?</metadata>\n', re.DOTALL)
"""The element of a file that says how it was made."""


def body_digest(content: bytes) -> str:
    """Return the digest of a file's content without the metadata, which holds this digest as `body`.

    >>> body_digest(b'<svg><metadata id="drawscape">{}</metadata>\\n</svg>') == body_digest(b"<svg></svg>")
    True
    """
    return hashlib.sha256(METADATA.sub(b"", content, count=1)).hexdigest()[:32]


def document(
    width: float,
    height: float,
    nodes: Sequence[Node],
    *,
    provenance: Mapping[str, Any] | None = None,
    paper_color: str | None = None,
) -> Iterator[bytes]:
    """Return the whole file in pieces; sizes in mm, one user unit a millimetre.

    Metadata holds a digest of all else: a file that was edited is known by it.
    """
    wide, high = format_number(width), format_number(height)
    layered = any(isinstance(node, Group) and node.pen for node in nodes)
    inkscape = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"' if layered else ""
    paper = f' style="background-color: {attribute_text(paper_color)}"' if paper_color else ""
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg"{inkscape} '
        f'width="{wide}mm" height="{high}mm" viewBox="0 0 {wide} {high}"{paper}>\n'
    )
    yield head.encode()
    body: Iterable[bytes] = chain(pieces(nodes), [b"</svg>\n"])
    if provenance is not None:
        whole = b"".join(body)
        made = {**provenance, "body": body_digest(head.encode() + whole)}
        # ASCII, for JSON may hold characters that XML may not.
        recipe = json.dumps(made, sort_keys=True, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(recipe)}</metadata>\n'.encode()
        body = [whole]
    yield from body


def layer_attributes(pen: Pen, number: int) -> dict[str, Any]:
    """Return what makes a group a layer for Inkscape, vpype, saxi and AxiDraw alike."""
    return {
        "id": f"layer{number}",
        "inkscape:groupmode": "layer",
        "inkscape:label": pen.name,
        "fill": "none",
        "stroke": pen.color,
        "stroke-width": pen.width,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }


def in_layers(nodes: Sequence[Node], pen: Pen | None) -> list[Node]:
    """Return the root's nodes as the file has them: everything in layers if there is a `pen`."""
    if pen is not None:
        loose = [node for node in nodes if not (isinstance(node, Group) and node.pen)]
        layers = [node for node in nodes if isinstance(node, Group) and node.pen]
        same = next((n for n in layers if n.pen and n.pen.name == pen.name), None)
        if loose:
            own = same.pen if same else pen
            inside = loose + (same.elements if same else [])
            layers = [Group(elements=inside, pen=own), *(n for n in layers if n is not same)]
        nodes = list[Node](layers)
    numbered: list[Node] = []
    number = 0
    for node in nodes:
        if isinstance(node, Group) and node.pen:
            number += 1
            attrs = layer_attributes(node.pen, number)
            node = Group(attrs, elements=node.elements, pen=node.pen)
        numbered.append(node)
    return numbered


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
    from drawscape.drawing.path import flatten_paths

    return flatten_paths(paths, tolerances)


def _pen(layer: Pen | None, style: Style, matrix: Matrix) -> Pen:
    """Outside of layers the stroke's colour and width make the pen, as plotter software has it."""
    if layer is not None:
        return layer
    default = Pen()
    return Pen("?", style.ink, style.pen_width(matrix) or default.width)


def _style(parent: Style, attrs: Mapping[str, Any]) -> Style:
    own = {name: str(value).strip() for name, value in attrs.items()}
    return parent.with_(own | dict(parse_declarations(own.get("style", ""))))


def _warn(text: str) -> None:
    warnings.warn(text, CanvasWarning, stacklevel=5)
