"""What a drawing counts, from its lines."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from drawscape.drawing.document import Document, Layer
from drawscape.plot.statistics import statistics
from drawscape.svg_builder import SVGBuilder


@dataclass(frozen=True)
class Figures:
    """Lines, points, ink and travel in mm, lifts, seconds; `pens` are (name, colour, minutes) each."""

    lines: int
    points: int
    ink_mm: float
    travel_mm: float
    lifts: int
    seconds: float
    pens: tuple[tuple[str, str, float], ...]

    @property
    def minutes(self) -> float:
        """How long a plotter draws it, all pens together."""
        return self.seconds / 60

    @property
    def columns(self) -> dict[str, Any]:
        """The values as the catalogue's row holds them."""
        return {**asdict(self), "pens": json.dumps(self.pens)}


def document_of(svg: SVGBuilder) -> Document:
    """Return a canvas as layers of lines."""
    layers = [Layer(pen.name, pen.color, pen.width, lines) for pen, lines in svg.layers()]
    return Document(svg.width, svg.height, tuple(layers))


def figures_of(document: Document) -> Figures:
    """Return what a drawing counts."""
    *layers, total = statistics(document)
    colors = [layer.color for layer in document.layers]
    pens = [
        (s.name, color, round(s.seconds / 60, 2)) for s, color in zip(layers, colors, strict=True)
    ]
    return Figures(
        total.lines,
        total.points,
        round(total.pen_down_mm, 1),
        round(total.pen_up_mm, 1),
        total.lifts,
        round(total.seconds, 1),
        tuple(pens),
    )
