"""Drawings as SVG files for plotters: polylines, a group for each layer."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from drawscape.drawing.document import Document, Layer
from drawscape.plot.pipeline import optimize

if TYPE_CHECKING:
    from drawscape.svg_builder import SVGBuilder


def to_svg(document: Document) -> bytes:
    """Return the drawing as an SVG file with two decimals; layers keep name, colour and width.

    If the document's metadata are a drawing's provenance, the file names its origin. It
    is an export and never taken for the drawing itself.
    """
    return _written(document, _derived(document.metadata))


def _written(document: Document, provenance: dict[str, object] | None) -> bytes:
    from drawscape.svg_builder import SVGBuilder

    svg = SVGBuilder(document.width_mm, document.height_mm)
    svg.provenance = provenance
    svg.paper_color = document.paper_color
    for name, layer in _distinct(document.layers):
        with svg.layer(name, color=layer.color, width=layer.pen_mm):
            svg.polylines(layer.lines)
    return svg.to_bytes()


def ordered_svg(svg: "SVGBuilder", order: Callable[[Document], Document] = optimize) -> bytes:
    """Return the canvas as an SVG file with its lines merged and in order, curves as polylines.

    Its metadata says so, so that the drawing can be drawn again byte for byte.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(50, 20).line(5, 5, 20, 5).line(40, 5, 20, 5)
    >>> ordered_svg(svg).count(b"<polyline")
    1
    """
    return _written(order(svg.document()), {**(svg.provenance or {}), "ordered": True})


def _derived(metadata: str | None) -> dict[str, object] | None:
    try:
        found = json.loads(metadata or "null")
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    origin = found.get("derived_from") or found.get("recipe") or "a drawing of version 0.2"
    kept = {name: value for name, value in found.items() if name not in ("recipe", "request")}
    return {**kept, "derived_from": origin}


def _distinct(layers: tuple[Layer, ...]) -> Iterator[tuple[str, Layer]]:
    """Yield the layers with different names: in a file, a name used twice would be one layer."""
    seen = set()
    for layer in layers:
        name, number = layer.name.strip() or "pen", 2
        while name in seen:
            name, number = f"{layer.name} ({number})", number + 1
        seen.add(name)
        yield name, layer
