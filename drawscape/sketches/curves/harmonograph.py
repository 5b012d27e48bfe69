"""Swinging pendulums that run down."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Lines, Points
from drawscape.sketches import sketch
from drawscape.sketches.ink import thinned
from drawscape.sketches.placing import at_most, filled
from drawscape.svg_builder import SVGBuilder

Chord = Literal["unison", "octave", "fifth", "fourth", "third", "sixth"]
RATIOS: dict[str, tuple[int, int]] = {
    "unison": (1, 1),
    "octave": (1, 2),
    "fifth": (2, 3),
    "fourth": (3, 4),
    "third": (4, 5),
    "sixth": (3, 5),
}


@sketch
def harmonograph(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    chord: Annotated[Chord, doc("Ratio of the pendulums' frequencies")] = "sixth",
    swings: Annotated[int, Interval(ge=10, le=120), doc("Swings until the pen is lifted")] = 110,
    damping: Annotated[float, Interval(ge=0.2, le=2.5), doc("How fast the swings run down")] = 1.1,
    detune: Annotated[float, Interval(ge=0, le=1), doc("How far the chord is out of tune")] = 0.4,
) -> None:
    """The trace of four pendulums, slightly out of tune, that run down together.

    After the harmonographs of the nineteenth century (Hugh Blackburn, 1844; Joseph Goold, Harmonic
    Vibrations and Vibration Figures, 1909).
    """
    swings = at_most(swings, svg.frame.short, 1.2, least=10)
    low, high = RATIOS[chord]
    t = np.linspace(0, swings / high, swings * 240 + 1)
    fade = np.exp(-damping * t / t[-1])
    # Pendulums a quarter apart swing in rounds; in step, they would only draw a diagonal.
    first, second = rng.random(2)
    quarter, other = 0.25 * rng.choice([-1, 1], 2) + rng.uniform(-0.1, 0.1, 2)
    x = _swing(rng, t, low, detune, first) + 0.6 * _swing(rng, t, high, detune, second)
    y = _swing(rng, t, low, detune, first + quarter)
    y += 0.6 * _swing(rng, t, high, detune, second + other)
    line = Lines.of(filled(svg, np.column_stack([x * fade, y * fade])))
    # Swings that crowd leave each other out: the first goes everywhere, the second where there is room.
    svg.polylines(thinned(line, 1 + np.floor(t * low).astype(np.int64)))


def _swing(
    rng: np.random.Generator, t: Points, frequency: int, detune: float, phase: float
) -> Points:
    off = detune * rng.uniform(-0.012, 0.012)
    return np.asarray(np.sin(2 * np.pi * (frequency * (1 + off) * t + phase)))
