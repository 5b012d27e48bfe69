"""SVG with a layer per pen, as Inkscape, vpype, saxi and the AxiDraw's software know them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from drawscape.drawing.document import Document, Layer
from drawscape.svg_builder import SVGBuilder

_DEFAULT_WIDTH_MM = 0.3


def to_svg(document: Document) -> bytes:
    """Return the drawing as an SVG file; layers keep name, colour and width, two decimals are written.

    Metadata that the reader found is kept where it is a drawing's provenance (a JSON object).
    """
    svg = SVGBuilder(document.width_mm, document.height_mm)
    svg.provenance = _provenance(document.metadata)
    for name, layer in _distinct(document.layers):
        width = layer.width_mm or _DEFAULT_WIDTH_MM
        with svg.layer(name, color=layer.color, width=width):
            svg.polylines(layer.lines)
    return svg.to_bytes()


def _provenance(metadata: str | None) -> dict[str, object] | None:
    try:
        found = json.loads(metadata or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _distinct(layers: tuple[Layer, ...]) -> Iterator[tuple[str, Layer]]:
    """Yield the layers with names of their own: in a file, a name used twice would be one layer."""
    seen: set[str] = set()
    for layer in layers:
        name, number = layer.name.strip() or "pen", 2
        while name in seen:
            name, number = f"{layer.name} ({number})", number + 1
        seen.add(name)
        yield name, layer
