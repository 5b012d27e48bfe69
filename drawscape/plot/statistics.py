"""What a drawing costs: lines, points, travel, lifts and minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Lines
from drawscape.plot.plotter import Plotter
from drawscape.plot.tours import Tour, hops
from drawscape.svg.read import Document


@dataclass(frozen=True)
class Statistics:
    """Figures of a layer or a whole drawing; `lifts` counts how often the pen goes up."""

    name: str
    lines: int
    points: int
    pen_down_mm: float
    pen_up_mm: float
    lifts: int
    seconds: float


def layer_statistics(
    lines: Lines,
    *,
    name: str = "",
    plotter: Plotter | None = None,
    start: tuple[float, float] = (0.0, 0.0),
) -> Statistics:
    """Return the figures of `lines` drawn as they stand, from `start`, without the way home."""
    plotter = plotter or Plotter()
    lines = lines.take(lines.counts > 0)
    tour = Tour.as_given(lines)
    moves = hops(tour.steps, tour.ends(lines), start) if len(lines) else np.empty((0, 2))
    travels = np.hypot(moves[:, 0], moves[:, 1])
    pen_s = len(lines) * (plotter.raise_s + plotter.lower_s)
    return Statistics(
        name,
        len(lines),
        len(lines.points),
        float(lines.lengths_mm.sum()),
        float(travels.sum()),
        len(lines),
        plotter.drawing_s(lines) + plotter.travel_s(travels) + pen_s,
    )


def statistics(
    document: Document,
    *,
    plotter: Plotter | None = None,
    start: tuple[float, float] = (0.0, 0.0),
) -> tuple[Statistics, ...]:
    """Return the figures of each layer, each drawn from `start`, and their total at the end."""
    layers = [
        layer_statistics(layer.lines, name=layer.name, plotter=plotter, start=start)
        for layer in document.layers
    ]
    total = Statistics(
        "total",
        sum(layer.lines for layer in layers),
        sum(layer.points for layer in layers),
        sum(layer.pen_down_mm for layer in layers),
        sum(layer.pen_up_mm for layer in layers),
        sum(layer.lifts for layer in layers),
        sum(layer.seconds for layer in layers),
    )
    return (*layers, total)
