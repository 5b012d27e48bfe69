"""A spiral, marbled."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, Points, as_on_a4, cartesian, coats, filled, fit_count, polar
from drawscape.sketches import (
    INK,
    Fraction,
    Palette,
    Rng,
    Slider,
    Steps,
    SVGBuilder,
    in_pens,
    sketch,
)
from drawscape.sketches.composition import choose, choose_inks

STEPS = 16
"""Small steps of the stirring; fewer let neighbouring turns touch."""

STRENGTH = 0.42
"""At full wobble the flow folds the turns over once, and no more."""

MOST_COATS = 0.75
"""Of ink where turns crowd: the stirring ends before there is more."""


@sketch
def spiral(
    svg: SVGBuilder,
    rng: Rng,
    *,
    turns: Annotated[int, Slider(3, 120, "Turns to the rim of A4")] = 52,
    wobble: Annotated[Fraction, "How far the turns are stirred; 0 leaves them round"] = 0.6,
    scale: Annotated[float, Slider(0.15, 1, "Eddies, part of the radius")] = 0.5,
    hole: Annotated[float, Slider(0, 0.8, "Empty centre, part of the whole")] = 0.0,
    palette: Palette = "as designed",
) -> Steps:
    """One unbroken line from the centre to the rim, stirred like ink on water, oval like an agate.

    An Archimedean spiral (Archimedes, On Spirals, about 225 BC) is carried along by a flow without
    sources or sinks, as in suminagashi marbling. Such a flow keeps areas, so the turns crowd and
    part but never cross. The flow is a stream function of random waves that fades to nothing at the
    rim; it stops where turns would run together.
    """
    hole = min(0.8, hole + choose(svg, "eye", {"closed": 0.0, "open": 0.2, "wide": 0.45}))
    scale = min(1.0, scale * choose(svg, "eddies", {"fine": 0.5, "middling": 1.0, "broad": 1.8}))
    palette = choose_inks(svg, palette, "ink", "tide", "plum")
    radius = svg.frame.short / 2
    turns = as_on_a4(turns, svg.frame, lines=True)
    turns = fit_count(turns, radius * (1 - hole), 0.65, least=2)
    # In the unit disc, with a full circle as its rim: points some 0.55 mm apart, 70,000 at most.
    length = np.pi * (1 + hole) * turns
    r = np.sqrt(np.linspace(hole**2, 1, int(np.clip(length * radius / 0.55, 60 * turns, 70_000))))
    angle = 2 * np.pi * turns * (r - hole) / (1 - hole)
    rim = np.linspace(0, 2 * np.pi, max(100, int(2 * np.pi * radius / 0.55)))[1:]
    points = polar(np.append(r, np.ones(len(rim))), np.append(angle, angle[-1] + rim))
    # Of each wave its vector, phase and weight; the weights' squares sum to 1.
    number = 2 * np.pi / (scale * rng.uniform(1.2, 3.2, 8))
    vector = polar(number, rng.uniform(0, 2 * np.pi, 8))
    weight = (1 / number) / np.sqrt(np.sum(1 / number**2))
    waves = np.column_stack([vector, rng.uniform(0, 2 * np.pi, 8), weight])
    draw = partial(_draw, palette=palette)
    for step in range(STEPS):
        time = wobble * scale / STEPS
        # The midpoint rule: the flow is asked half a step ahead.
        stirred = points + time * _flow(points + 0.5 * time * _flow(points, waves), waves)
        crowd = coats(Lines.of(filled(svg.frame, stirred)))
        if np.quantile(crowd, 0.999) > MOST_COATS:
            break
        points = stirred
        yield (step + 1) / STEPS, partial(draw, points=points)
    draw(svg, points=points)
    yield 1.0


def _draw(svg: SVGBuilder, palette: str, points: Points) -> None:
    points = points / np.maximum(1.0, np.hypot(*points.T))[:, None]
    in_pens(svg, palette, INK, [[filled(svg.frame, points)]])


def _flow(points: Points, waves: Points) -> Points:
    """Return the velocity at each point: the stream function's gradient there, turned by a right angle."""
    vector, phase, weight = waves[:, :2], waves[:, 2:3], waves[:, 3]
    angle = vector @ points.T + phase
    psi, swing = weight @ np.cos(angle), (weight * vector.T) @ np.sin(angle)
    x, y = points.T
    fade = np.maximum(0.0, 1 - x**2 - y**2)
    along_x = -(fade**2) * swing[0] - 4 * fade * psi * x
    along_y = -(fade**2) * swing[1] - 4 * fade * psi * y
    return cartesian(along_y, -along_x) * STRENGTH
