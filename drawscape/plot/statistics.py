"""What a drawing costs: lines, points, travel, lifts and minutes."""

from dataclasses import dataclass, fields

import numpy as np

from drawscape.drawing.document import Document
from drawscape.drawing.motion import Motion
from drawscape.geometry.lines import Lines
from drawscape.plot.plotter import Plotter

NO_MOVES = np.empty((0, 2))


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
    """Return the figures of `lines` drawn as they stand, from `start`, without the way home.

    `name` is the layer's: its codes for speed, passes and delay count, and a layer that is not plotted
    costs nothing (see drawscape.drawing.motion).

    >>> layer_statistics(Lines.of([[(0, 0), (100, 0)]])).pen_down_mm
    100.0
    """
    motion = Motion.of(name)
    plotter = (plotter or Plotter()).at(motion)
    if not motion.plotted:
        return Statistics(name, 0, 0, 0.0, 0.0, 0, 0.0)
    lines = lines if lines.counts.all() else lines.take(lines.counts > 0)
    moves = lines.starts - np.concatenate(([start], lines.ends[:-1])) if len(lines) else NO_MOVES
    travels = np.sqrt(moves[:, 0] ** 2 + moves[:, 1] ** 2)
    ink_mm, down_s = plotter.strokes(lines)
    down_s += len(lines) * (plotter.raise_s + plotter.lower_s)
    ways = plotter.distances(moves)
    once_s = down_s + plotter.travel_s(ways)
    air_mm, count = float(travels.sum()), motion.passes
    if count > 1 and len(lines):
        # Each further pass begins where the last one ended.
        back = np.append(moves[1:], [lines.starts[0] - lines.ends[-1]], axis=0)
        once_s += (count - 1) * (down_s + plotter.travel_s(plotter.distances(back)))
        air_mm += (count - 1) * float(np.hypot(*back.T).sum())
    return Statistics(
        name,
        count * len(lines),
        count * len(lines.points),
        count * ink_mm,
        air_mm,
        count * len(lines),
        once_s + (motion.delay_ms or 0) / 1000,
    )


def statistics(
    document: Document,
    *,
    plotter: Plotter | None = None,
    start: tuple[float, float] = (0.0, 0.0),
) -> tuple[Statistics, ...]:
    """Return the figures of each layer, each drawn from `start`, and their total at the end.

    >>> red, blue, total = statistics(document)
    >>> total.lines, round(total.pen_down_mm)
    (4, 388)
    """
    layers = [
        layer_statistics(layer.lines, name=layer.name, plotter=plotter, start=start)
        for layer in document.layers
    ]
    figures = [figure.name for figure in fields(Statistics)[1:]]
    total = Statistics("total", *(sum(getattr(one, name) for one in layers) for name in figures))
    return (*layers, total)


def matched(
    before: tuple[Statistics, ...], after: tuple[Statistics, ...]
) -> tuple[Statistics, ...]:
    """Return the figures after, one per row before: a layer that is gone has nothing left."""
    waiting = list(after)
    rows = []
    for row in before:
        same = bool(waiting) and waiting[0].name == row.name
        rows.append(waiting.pop(0) if same else Statistics(row.name, 0, 0, 0.0, 0.0, 0, 0.0))
    return tuple(rows)
