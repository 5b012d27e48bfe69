"""The file of a canvas: its head, its layers, its metadata and the digest of its content."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

from drawscape.drawing.document import Pen
from drawscape.svg.attributes import attribute_text, escape
from drawscape.svg.elements import CanvasNode, Group, in_pens, pieces, without_unused_pens
from drawscape.svg.line_text import format_number

METADATA = re.compile(rb'<metadata id="drawscape">.*?</metadata>\n', re.DOTALL)
"""The element of a file that says how it was made."""


def body_digest(content: bytes) -> str:
    """Return the digest of a file's content without the metadata, which holds this digest as `body`.

    >>> body_digest(b'<svg><metadata id="drawscape">{}</metadata>\\n</svg>') == body_digest(b"<svg></svg>")
    True
    """
    return hashlib.sha256(METADATA.sub(b"", content, count=1)).hexdigest()[:32]


def file_content(
    width: float,
    height: float,
    nodes: Sequence[CanvasNode],
    *,
    provenance: Mapping[str, Any] | None,
    paper_color: str | None,
) -> Iterator[bytes]:
    """Return the whole file in pieces; sizes in mm, one user unit a millimetre.

    Metadata holds a digest of everything else, which shows that a file was edited.
    """
    wide, high = format_number(width), format_number(height)
    layered = in_pens(nodes)[0]
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
        # ASCII, because JSON allows characters that XML does not.
        recipe = json.dumps(made, sort_keys=True, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(recipe)}</metadata>\n'.encode()
        body = [whole]
    yield from body


def layer_attributes(pen: Pen, number: int) -> dict[str, Any]:
    """Return the attributes that make a group a layer for Inkscape, vpype, saxi and AxiDraw."""
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


def in_layers(nodes: Sequence[CanvasNode], pen: Pen | None) -> list[CanvasNode]:
    """Return the root's nodes as in the file: everything in layers if there is a `pen`."""
    if pen is not None:
        layers, loose = in_pens(nodes)
        same = next((n for n in layers if n.pen and n.pen.name == pen.name), Group(pen=pen))
        if loose:
            first = Group(elements=loose + same.elements, pen=same.pen)
            layers = [first, *(n for n in layers if n is not same)]
        nodes = layers
    numbers = count(1)
    nodes = without_unused_pens(nodes)
    return [
        Group(layer_attributes(node.pen, next(numbers)), elements=node.elements, pen=node.pen)
        if isinstance(node, Group) and node.pen
        else node
        for node in nodes
    ]
