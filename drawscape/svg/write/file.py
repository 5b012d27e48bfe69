"""From the tree of nodes to the bytes of an SVG file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from drawscape.drawing.pen import Pen
from drawscape.svg.write.node import Group, Node, pieces
from drawscape.svg.write.numerals import format_number
from drawscape.svg.write.style import attribute_text, escape


def document(
    width: float,
    height: float,
    nodes: Sequence[Node],
    *,
    provenance: Mapping[str, Any] | None = None,
    paper_color: str | None = None,
) -> Iterator[bytes]:
    """Return the whole file in pieces; sizes in mm, one user unit a millimetre."""
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
    if provenance is not None:
        # ASCII, for JSON may hold characters that XML may not.
        recipe = json.dumps(provenance, sort_keys=True, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(recipe)}</metadata>\n'.encode()
    yield from pieces(nodes)
    yield b"</svg>\n"


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
