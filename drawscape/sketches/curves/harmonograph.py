"""Swinging pendulums that run down."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Floats, Lines, Points, coats, filled
from drawscape.sketches import AS_DESIGNED, Palette, inks, sketch
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

MOST_COATS = 1.2
"""Of ink where the line crosses itself most: with more of it, crossings are a blot."""


@sketch
def harmonograph(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    chord: Annotated[Chord, doc("Ratio of the pendulums' frequencies")] = "sixth",
    swings: Annotated[int, Interval(ge=10, le=120), doc("Most swings of the pen")] = 110,
    damping: Annotated[float, Interval(ge=0.2, le=2.5), doc("How fast the swings run down")] = 1.0,
    detune: Annotated[float, Interval(ge=0, le=1), doc("How far the chord is out of tune")] = 0.5,
    palette: Palette = AS_DESIGNED,
) -> None:
    """One unbroken line: the trace of four pendulums, slightly out of tune, that run down together.

    After the harmonographs of the nineteenth century (Hugh Blackburn, 1844; Joseph Goold, Harmonic
    Vibrations and Vibration Figures, 1909). The pen is lifted before its line becomes a blot.
    """
    low, high = RATIOS[chord]
    # Pendulums a quarter apart swing in rounds; in step, they would only draw a diagonal.
    first, second = rng.random(2)
    quarter, other = 0.25 * rng.choice([-1, 1], 2) + rng.uniform(-0.1, 0.1, 2)
    share, off = rng.uniform(0.4, 0.8), 1 + detune * rng.uniform(-0.012, 0.012, 4)

    def trace(count: float) -> Points:
        t = np.linspace(0, count / high, int(count * 240) + 1)

        def swing(frequency: float, phase: float) -> Floats:
            return np.asarray(np.sin(2 * np.pi * (frequency * t + phase)))

        x = swing(low * off[0], first) + share * swing(high * off[1], second)
        y = swing(low * off[2], first + quarter) + share * swing(high * off[3], second + other)
        fade = np.exp(-damping * t * high / count)
        return filled(svg.frame, np.column_stack([x * fade, y * fade]))

    count = float(swings)
    while count > 10 and np.quantile(coats(Lines.of(trace(count))), 0.995) > MOST_COATS:
        count *= 0.9
    with svg.layer("trace", color=inks(svg, palette, "#14213d")[0], width=0.3):
        svg.polyline(trace(count))
