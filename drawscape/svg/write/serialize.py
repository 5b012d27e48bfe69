"""From the tree of nodes to the bytes of an SVG file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from drawscape.drawing.frame import Pen
from drawscape.geometry.lines import Lines
from drawscape.svg.write.node import Group, Mask, Node, Run
from drawscape.svg.write.numerals import END_OF_LINE, format_lines, format_number
from drawscape.svg.write.style import Attrs, attribute_string, escape
from drawscape.svg.write.transform import parse_transform

_OPENING = b'<polyline points="'
_CLOSING = b'" />\n'


def document(
    width: float,
    height: float,
    nodes: Sequence[Node],
    *,
    provenance: Mapping[str, Any] | None = None,
) -> Iterator[bytes]:
    """Return the whole file in pieces; sizes in mm, one user unit a millimetre."""
    wide, high = format_number(width), format_number(height)
    layered = any(isinstance(node, Group) and node.pen for node in nodes)
    inkscape = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"' if layered else ""
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg"{inkscape} '
        f'width="{wide}mm" height="{high}mm" viewBox="0 0 {wide} {high}">\n'
    )
    yield head.encode()
    if provenance is not None:
        # ASCII, for JSON may hold characters that XML may not.
        told = json.dumps(provenance, sort_keys=True, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(told)}</metadata>\n'.encode()
    yield from pieces(nodes)
    yield b"</svg>\n"


def pieces(nodes: Iterable[Node], scale: float = 1.0) -> Iterator[bytes]:
    """Return the markup of `nodes`, one element a line, in pieces.

    `scale` is by how much the groups around them enlarge: lines are as fine on paper as elsewhere.
    """
    for is_run, neighbours in groupby(nodes, key=lambda node: isinstance(node, Run)):
        if is_run:
            yield from _runs([node for node in neighbours if isinstance(node, Run)], scale)
            continue
        for node in neighbours:
            if isinstance(node, Group):
                yield from _group(node, scale)
            elif not isinstance(node, Mask):
                yield f"{node}\n".encode()


def markup(node: Node) -> str:
    """Return one node's markup."""
    return b"".join(pieces([node])).decode().removesuffix("\n")


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


def _group(group: Group, scale: float) -> Iterator[bytes]:
    yield f"<g{attribute_string(group.attrs)}>\n".encode()
    yield from pieces(group.elements, scale * _stretch(group.attrs))
    yield b"</g>\n"


def _runs(runs: Sequence[Run], scale: float) -> Iterator[bytes]:
    """Neighbouring runs of one style share a group, so that a thousand calls cost one."""
    decimals = 2 + max(0, math.ceil(math.log10(scale)))
    for attrs, same in groupby(runs, key=lambda run: attribute_string(run.attrs)):
        joined = Lines.join(run.lines for run in same)
        if attrs:
            yield f"<g{attrs}>\n".encode()
        yield from _polylines(joined, decimals)
        if attrs:
            yield b"</g>\n"


def _polylines(lines: Lines, decimals: int) -> Iterator[bytes]:
    held = b""
    opening = _OPENING
    for piece in format_lines(lines, decimals):
        yield held
        held = opening + piece.replace(END_OF_LINE, _CLOSING + _OPENING)
        opening = b""
    yield held.removesuffix(_OPENING)


def _stretch(attrs: Attrs) -> float:
    transform = attrs.get("transform")
    return parse_transform(transform).stretch or 1.0 if transform else 1.0
