"""A spiral, marbled."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Ints, Lines, Points
from drawscape.sketches import Share, Steps, sketch
from drawscape.sketches.ink import WHOLE, thinned
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

STEPS = 6
"""Small steps of the stirring; fewer let neighbouring turns touch."""

AT_ONCE = 1024
"""Points; the arrays between, eight numbers a point, stay in the nearest cache; 4,096 took twice as long."""

STRENGTH = 0.32
"""At full wobble the flow folds the turns over once, and no more."""


@sketch
def spiral(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    turns: Annotated[int, Interval(ge=3, le=120), doc("Turns from the centre to the rim")] = 56,
    wobble: Annotated[Share, doc("How far the turns are stirred; 0 leaves them round")] = 0.5,
    scale: Annotated[
        float, Interval(ge=0.15, le=1), doc("Size of the eddies, as a part of the radius")
    ] = 0.45,
    hole: Annotated[
        float, Interval(ge=0, le=0.8), doc("Radius of the empty centre, as a part of the whole")
    ] = 0.0,
) -> Steps:
    """One line from the centre to the rim, stirred like ink on water.

    An Archimedean spiral (Archimedes, On Spirals, about 225 BC) is carried along by a flow without
    sources or sinks, as in suminagashi marbling. Such a flow keeps areas, so the turns crowd and
    part but never cross. The flow is a stream function of random waves that fades to nothing at the
    rim.
    """
    radius = svg.frame.short / 2
    turns = at_most(turns, radius * (1 - hole), 0.65, least=2)
    points, turn = _archimedean(turns, hole, radius)
    waves = _random_waves(rng, scale)
    for step in range(STEPS):
        points = _stirred(points, waves, wobble * scale / STEPS)
        yield (step + 1) / STEPS, partial(_draw, points=points, turn=turn)
    _draw(svg, points, turn)


def _draw(svg: SVGBuilder, points: Points, turn: Ints) -> None:
    """Draw the line, from the unit disc to the page; where turns crowd, every second one goes on."""
    points = points / np.maximum(1.0, np.hypot(points[:, 0], points[:, 1]))[:, None]
    placed = points * (svg.frame.short / 2) + (svg.frame.cx, svg.frame.cy)
    svg.polylines(thinned(Lines.of(placed), turn))


def _archimedean(turns: int, hole: float, radius: float) -> tuple[Points, Ints]:
    """Return a spiral in the unit disc that ends in a full circle, the rim, and the turn of each point.

    The points are about 0.55 mm apart on paper, and 70,000 at most.
    """
    length = np.pi * (1 + hole) * turns
    count = int(np.clip(length * radius / 0.55, 60 * turns, 70_000))
    r = np.sqrt(np.linspace(hole**2, 1, count))
    angle = 2 * np.pi * turns * (r - hole) / (1 - hole)
    rim = np.linspace(0, 2 * np.pi, max(100, int(2 * np.pi * radius / 0.55)))[1:]
    r, angle = np.append(r, np.ones(len(rim))), np.append(angle, angle[-1] + rim)
    turn = 1 + (angle / (2 * np.pi)).astype(np.int64)
    turn[count:] = WHOLE  # the rim
    return np.column_stack([r * np.cos(angle), r * np.sin(angle)]), turn


def _random_waves(rng: np.random.Generator, scale: float) -> Points:
    """Return (8, 4): wave vector, phase and weight of each wave; the weights' squares sum to 1."""
    count = 8
    heading = rng.uniform(0, 2 * np.pi, count)
    number = 2 * np.pi / (scale * rng.uniform(1.2, 3.2, count))
    weight = (1 / number) / np.sqrt(np.sum(1 / number**2))
    phase = rng.uniform(0, 2 * np.pi, count)
    return np.column_stack([number * np.cos(heading), number * np.sin(heading), phase, weight])


def _stirred(points: Points, waves: Points, time: float) -> Points:
    """Return the points carried along for `time`, by the midpoint method."""
    middle = points + 0.5 * time * _flow(points, waves)
    return points + time * _flow(middle, waves)


def _flow(points: Points, waves: Points) -> Points:
    """Return the velocity at each point: the stream function's gradient there, turned by a right angle."""
    vector, phase, weight = waves[:, :2], waves[:, 2:3], waves[:, 3]
    psi, swing = np.empty(len(points)), np.empty((2, len(points)))
    for start in range(0, len(points), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        angle = vector @ points[some].T
        angle += phase
        psi[some] = weight @ np.cos(angle)
        swing[:, some] = (weight * vector.T) @ np.sin(angle)
    x, y = points.T
    fade = np.maximum(0.0, 1 - x**2 - y**2)
    along_x = -(fade**2) * swing[0] - 4 * fade * psi * x
    along_y = -(fade**2) * swing[1] - 4 * fade * psi * y
    return np.column_stack([along_y, -along_x]) * STRENGTH
