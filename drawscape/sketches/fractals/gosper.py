"""The flowsnake."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry import Noise, beside, cartesian, clip_to_rectangle, rounded
from drawscape.geometry.lines import Lines, Points
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

# Seven steps for one, of kind 0 or 1: A -> A-B--B+A++AA+B- and B -> +A-BB--B-A++A+B.
KINDS = np.array([(0, 1, 1, 0, 0, 0, 1), (0, 1, 1, 1, 0, 0, 1)])
TURNS = np.array([(0, -1, -3, -2, 0, 0, 1), (1, 0, 0, -2, -3, -1, 0)])

GENERATIONS = 6
"""Of the whole curve, of which the page shows a piece: 117,649 steps."""


@sketch
def gosper(
    svg: SVGBuilder,
    rng: Rng,
    *,
    step_mm: Annotated[float, Slider(1.2, 8, "Length of a step in mm")] = 2.4,
    rounding: Annotated[Fraction, "How far the bends are rounded"] = 0.9,
    islands: Annotated[int, Slider(1, 4, "Generations in an island")] = 3,
    pens: Annotated[int, Slider(1, 4, "Colours of the islands")] = 4,
    echo: Annotated[Fraction, "Fraction of the islands where a second line runs along"] = 0.5,
    palette: Palette = "as designed",
) -> None:
    """One line that fills the page with islands in islands, as a map of an archipelago.

    The curve of Bill Gosper, 1973, called flowsnake (Martin Gardner, Mathematical Games, Scientific
    American, 1976). The seed picks the piece of the plane, its turn and the islands' colours.
    """
    path = _path(GENERATIONS, 2 * np.hypot(svg.frame.width, svg.frame.height) / step_mm)
    path = path * np.exp(1j * rng.uniform(0, 2 * np.pi)) * step_mm
    points = cartesian(path.real, path.imag)
    points += svg.frame.middle + rng.uniform(-30, 30, 2) * step_mm / 3 - points.mean(0)
    line = rounded(points, rounding)
    size = 5 * 7**islands  # each step has become five points
    count = -(-len(line) // size)
    # Seven islands that make one of the next generation share a pen, unlike the seven before.
    steps = rng.integers(1, max(pens, 2), -(-count // 7))
    ink = (np.cumsum(steps) % pens)[np.arange(count) // 7]
    # Echoes come in drifts, as weather over the islands, not island by island.
    middles = line[::size][:count] / svg.frame.short
    drift = Noise(rng).perlin(*(middles * 2.5).T)
    doubled = drift < np.quantile(drift, echo)
    coast, inner = _islands(line, size), _islands(beside(line, 0.3 * step_mm), size)
    drawn = [
        Lines.join([coast.take(ink == pen), inner.take((ink == pen) & doubled)])
        for pen in range(pens)
    ]
    shown = [clip_to_rectangle(lines, *svg.frame) for lines in drawn]
    in_pens(svg, palette, ["#14213d", "#b3402a", "#c9922e", "#2f6f6a"], shown, width=0.35)


def _islands(line: Points, size: int) -> Lines:
    """Return `line` in pieces of `size` points and one more each, where it meets the next."""
    return Lines.of([line[start : start + size + 1] for start in range(0, len(line) - 1, size)])


def _path(generations: int, steps_across: float) -> NDArray[np.complex128]:
    """Return the corners of the curve, steps of length 1, in no more generations than are needed."""
    heading, kind = np.zeros(1, dtype=int), np.zeros(1, dtype=int)
    # Each generation is sqrt(7) times as wide; the islands' shores take another one.
    for _ in range(min(generations, int(np.ceil(np.log(steps_across) / np.log(7) * 2)) + 1)):
        heading = (heading[:, None] + TURNS[kind]).ravel()
        kind = KINDS[kind].ravel()
    return np.append(0, np.cumsum(np.exp(1j * np.pi / 3 * heading)))
