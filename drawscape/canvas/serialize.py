"""From the tree of nodes to the bytes of an SVG file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from drawscape.canvas.node import Group, Node, Run
from drawscape.canvas.numerals import END_OF_LINE, format_lines, format_number
from drawscape.canvas.page import Pen
from drawscape.canvas.style import attribute_string, escape
from drawscape.geometry.lines import Lines

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
        told = json.dumps(provenance, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(told)}</metadata>\n'.encode()
    yield from pieces(nodes)
    yield b"</svg>\n"


def pieces(nodes: Iterable[Node]) -> Iterator[bytes]:
    """Return the markup of `nodes`, one element a line, in pieces."""
    for is_run, neighbours in groupby(nodes, key=lambda node: isinstance(node, Run)):
        if is_run:
            yield from _runs([node for node in neighbours if isinstance(node, Run)])
            continue
        for node in neighbours:
            if isinstance(node, Group):
                yield from _group(node)
            else:
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


def _group(group: Group) -> Iterator[bytes]:
    yield f"<g{attribute_string(group.attrs)}>\n".encode()
    yield from pieces(group.elements)
    yield b"</g>\n"


def _runs(runs: Sequence[Run]) -> Iterator[bytes]:
    """Neighbouring runs of one style share a group, so that a thousand calls cost one."""
    for attrs, same in groupby(runs, key=lambda run: attribute_string(run.attrs)):
        joined = Lines.join(run.lines for run in same)
        if attrs:
            yield f"<g{attrs}>\n".encode()
        yield from _polylines(joined)
        if attrs:
            yield b"</g>\n"


def _polylines(lines: Lines) -> Iterator[bytes]:
    held = b""
    opening = _OPENING
    for piece in format_lines(lines):
        yield held
        held = opening + piece.replace(END_OF_LINE, _CLOSING + _OPENING)
        opening = b""
    yield held.removesuffix(_OPENING)
