"""What comes off the canvas: text, file, lines, layers, a picture in a notebook."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from drawscape.atomic import write_atomic
from drawscape.drawing.document import Document
from drawscape.drawing.pen import Pen
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines
from drawscape.image_tag import image_tag
from drawscape.svg.write.canvas import C, Canvas
from drawscape.svg.write.file import document, layer_attributes
from drawscape.svg.write.layers import flatten_layers
from drawscape.svg.write.node import Group, Node


def _root(svg: Canvas) -> list[Node]:
    """Return the root's nodes as the file has them: everything in layers if there is a pen."""
    nodes = drafted(svg).elements
    if svg.pen is not None:
        loose = [node for node in nodes if not (isinstance(node, Group) and node.pen)]
        layers = [node for node in nodes if isinstance(node, Group) and node.pen]
        same = next((n for n in layers if n.pen and n.pen.name == svg.pen.name), None)
        if loose:
            pen = same.pen if same else svg.pen
            inside = loose + (same.elements if same else [])
            layers = [Group(elements=inside, pen=pen), *(n for n in layers if n is not same)]
        nodes = list[Node](layers)
    numbered: list[Node] = []
    number = 0
    for node in nodes:
        if isinstance(node, Group) and node.pen:
            number += 1
            node = Group(layer_attributes(node.pen, number), node.elements, node.pen)
        numbered.append(node)
    return numbered


def drafted(svg: C) -> C:
    """Return the canvas as it looks now: itself, or while it has a draft, a copy with that drawn.

    All that comes off the canvas shows its draft, too; the canvas itself stays as it is.

    >>> svg.circle(50, 50, 20).drafted() is svg
    True
    """
    if svg.draft is None:
        return svg
    # Groups are filled further; the copy needs its own.
    page = svg.copied(
        [
            replace(node, elements=[*node.elements]) if isinstance(node, Group) else node
            for node in svg.elements
        ]
    )
    svg.draft(page)
    return page


def _pieces(svg: Canvas) -> Iterator[bytes]:
    return document(
        svg.width, svg.height, _root(svg), provenance=svg.provenance, paper_color=svg.paper_color
    )


def to_bytes(svg: Canvas) -> bytes:
    """Return the SVG file's bytes, UTF-8.

    >>> svg.circle(50, 50, 20).to_bytes()[:5]
    b'<?xml'
    """
    return b"".join(_pieces(svg))


def to_string(svg: Canvas) -> str:
    """Return the SVG file as text.

    >>> print(svg.circle(50, 50, 20).to_string())
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">
    <g fill="none" stroke="black" stroke-width="0.3">
    <circle cx="50" cy="50" r="20" />
    </g>
    </svg>
    """
    return to_bytes(svg).decode()


def save(svg: Canvas, path: str | os.PathLike[str]) -> Path:
    """Write the SVG file and return its absolute path; the file is whole or not there at all.

    The folder must exist.

    >>> svg.circle(50, 50, 20).save("circle.svg").name
    'circle.svg'
    """
    target = Path(path).absolute()
    write_atomic(target, _pieces(svg))
    return target


def drawn_document(svg: Canvas, tolerance: float = TOLERANCE_MM) -> Document:
    """Return the drawing as a page with its layers, in drawing order.

    What lies outside of any layer belongs to the canvas's own pen or, without one, to a pen for each
    stroke colour. Curves deviate by `tolerance` mm at most.

    >>> document = svg.circle(50, 50, 20).document()
    >>> document.width_mm, [layer.color for layer in document.layers]
    (100, ['black'])
    """
    return Document(svg.width, svg.height, tuple(flatten_layers(_root(svg), tolerance)))


def lines(svg: Canvas, tolerance: float = TOLERANCE_MM) -> Lines:
    """Return everything drawn as polylines in mm; curves deviate by `tolerance` mm at most.

    >>> svg.line(10, 10, 90, 10).lines().points
    array([[10., 10.],
           [90., 10.]])
    """
    return drawn_document(svg, tolerance).lines


def layers(svg: Canvas, tolerance: float = TOLERANCE_MM) -> list[tuple[Pen, Lines]]:
    """Return the layers of `document` as (pen, lines) pairs.

    >>> [pen.name for pen, lines in svg.line(10, 10, 90, 10).layers()]
    ['pen 1']
    """
    return [(layer.pen, layer.lines) for layer in drawn_document(svg, tolerance).layers]


def notebook_bundle(svg: Canvas) -> dict[str, Any]:
    """Return the drawing for a notebook: an `<img>` shows everywhere and runs no script.

    It is the picture alone, without the recipe, which changes with the library's code.
    """
    plain = svg.copied(svg.elements)
    plain.provenance = None
    return {
        "text/html": image_tag(to_bytes(plain), "svg+xml", str(svg), height_px=640),
        "text/plain": str(svg),
    }
