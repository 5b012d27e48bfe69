"""Swinging pendulums that run down."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Floats, Lines, Points, cartesian, coats, filled
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, choose_unless

Chord = Literal["octave", "fifth", "fourth", "third", "sixth"]
RATIOS = {
    "octave": (1, 2),
    "fifth": (2, 3),
    "fourth": (3, 4),
    "third": (4, 5),
    "sixth": (3, 5),
}

PEN_MM = 0.25

A4_MM = 180.6
"""The shorter side of A4 within its margin."""

MOST_COATS, MOST_BESIDE = 1.3, 0.7
"""Of ink where the line crosses itself most; in tune, where it only lies beside itself."""

TRIES = 24
"""Chances that the seed proposes: of the smoothest quarter, the one that spreads its line best is drawn.

All its swings count, and the first half of them alone.
"""


@sketch
def harmonograph(
    svg: SVGBuilder,
    rng: Rng,
    *,
    chord: Annotated[Chord | None, "Ratio of the pendulums' frequencies; none: any"] = None,
    swings: Annotated[int, Slider(60, 120, "Most swings of the pen on A4")] = 110,
    damping: Annotated[float, Slider(0.2, 1.5, "How fast the swings run down")] = 1.0,
    detune: Annotated[Fraction, "How far the chord is out of tune"] = 0.25,
    palette: Palette = "as designed",
) -> None:
    """One unbroken line: the trace of four pendulums, slightly out of tune, that run down together.

    After the harmonographs of the nineteenth century (Hugh Blackburn, 1844; Joseph Goold, Harmonic
    Vibrations and Vibration Figures, 1909). The pen is lifted before its line becomes a blot.
    """
    chosen = choose_unless(svg, chord, "chord", RATIOS)
    damping *= choose(svg, "swings", {"long": 0.6, "fading": 1.2})
    palette = choose_inks(svg, palette, "tide", "plum", "ink")
    low, high = RATIOS[chosen]
    frame = svg.frame
    # The figure is chosen as on A4. It has more swings that drift less on a larger page, and fewer
    # on one that is smaller than A5.
    scale = frame.short / A4_MM
    larger = max(scale, min(1.0, 1.4 * scale))
    area = (0.0, 0.0, frame.width / scale, frame.height / scale)

    def trace(chance: Floats, count: float, scale: float = 1.0) -> Points:
        count = count * scale
        t = np.linspace(0, count / high, int(count * 240) + 1)
        # Pendulums a quarter apart swing in rounds; in step, they would only draw a diagonal.
        first, second = chance[:2]
        quarter, other = 0.25 * np.sign(chance[2:4] - 0.5) + 0.2 * chance[4:6] - 0.1
        share, off = 0.4 + 0.4 * chance[6], 1 + detune * 0.012 / scale * (2 * chance[7:] - 1)

        def swing(frequency: float, phase: float) -> Floats:
            return np.sin(2 * np.pi * (frequency * t + phase))

        x = swing(low * off[0], first) + share * swing(high * off[1], second)
        y = swing(low * off[2], first + quarter) + share * swing(high * off[3], second + other)
        fade = np.exp(-damping * t * high / count)
        return filled(area, cartesian(x * fade, y * fade))

    def crowd(chance: Floats, count: float) -> float:
        return np.quantile(coats(Lines.of(trace(chance, count)), PEN_MM), 0.995)

    # A pen that nearly stops draws cusps, which look ragged.
    def smoothness(chance: Floats) -> float:
        slow, usual = np.quantile(Lines.of([trace(chance, swings)]).steps_mm[1:], (0.03, 0.5))
        return slow / usual

    chances = sorted(rng.random((TRIES, 11)), key=smoothness)[-TRIES // 4 :]
    chance = min(chances, key=lambda one: crowd(one, swings) + crowd(one, swings / 2))
    count = float(swings)
    most = np.interp(detune, (0, 0.25), (MOST_BESIDE, MOST_COATS))
    while count > 10 and crowd(chance, count) > most * scale / larger:
        count *= 0.9
    line = trace(chance, count, larger) * scale + frame[:2]
    in_pens(svg, palette, TIDE, [line[None]], width=PEN_MM)
