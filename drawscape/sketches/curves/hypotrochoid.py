"""Wheels that roll in a ring."""

from itertools import pairwise
from math import gcd
from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, Points, clip_to_rectangle, fit_count, polar
from drawscape.geometry.lines import simplify
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch

CLOSEST_MM = 1.15
"""Slider neighbouring points of a star on the inner edge of its band: nearer ones only darken it."""

MOST_COATS = 0.42
"""Of ink that a band gets on average: its edges, where the loops turn, get twice as much."""


@sketch
def hypotrochoid(
    svg: SVGBuilder,
    rng: Rng,
    *,
    bands: Annotated[int, Slider(2, 9, "Stars around one another")] = 8,
    teeth: Annotated[int, Slider(12, 180, "Most points of a star")] = 120,
    holes: Annotated[int, Slider(1, 4, "Holes of a wheel that are drawn through")] = 3,
    hole: Annotated[float, Slider(0.04, 0.4, "Empty middle, of the whole")] = 0.08,
    palette: Palette = "as designed",
) -> None:
    """One large rosette of gear wheels: star around star, each where the one within it ends.

    Hypotrochoids and epitrochoids (Albrecht Dürer, Underweysung der Messung, 1525), drawn as with
    Denys Fisher's Spirograph (1965), one hole after the other. The seed picks the gears.
    """
    frame = svg.frame
    # So near that it fills the page, its middle where the seed puts it.
    middle = rng.uniform(-0.25, 0.25, 2) * frame.size
    radius = np.hypot(*(np.abs(middle) + frame.size / 2))
    middle += frame.middle
    # Narrow and wide bands, none less than a third of another.
    widths = rng.uniform(0.5, 1.5, bands)
    edges = radius * (hole + (1 - hole) * np.append(0, np.cumsum(widths) / widths.sum()))
    first, inked = int(rng.integers(3)), [list[Points]() for _ in range(3)]
    for number, (inner, outer) in enumerate(pairwise(edges)):
        points = fit_count(int(teeth * rng.uniform(0.5, 1)), 2 * np.pi * inner, CLOSEST_MM, least=5)
        star = _star(rng, points, inner, outer, fit_count(holes, outer - inner, 5.0))
        most_mm = MOST_COATS * np.pi * (outer**2 - inner**2) / 0.3
        while points > 5 and Lines.of(star).lengths_mm.sum() > most_mm:
            points = int(points * 0.85)
            star = _star(rng, points, inner, outer, len(star))
        inked[(first + number) % 3] += list(star + middle)
    parts = [clip_to_rectangle(simplify(Lines.of(part), 0.02), *frame) for part in inked]
    in_pens(svg, palette, ["#1d3a6e", "#b3402a", "#c9922e"], parts)


def _star(rng: Rng, points: int, inner: float, outer: float, holes: int) -> Points:
    """Return (holes, steps, 2): closed curves of so many points that touch both circles.

    A wheel of `wheel` teeth within a ring of `points` teeth closes after `wheel` rounds, if the two
    have no common divisor. On the way its hole swings in and out `points` times.
    """
    # The fewer teeth a wheel has for each of the ring, the steeper its loops.
    choices = [w for w in range(1, max(points // 3, 2)) if gcd(w, points) == 1]
    wheel = rng.choice(choices)
    roll = points / wheel - 1 if rng.random() < 0.6 else -(points / wheel + 1)
    angle = np.linspace(0, 2 * np.pi * wheel, 72 * points + 1)
    middle, arm = (inner + outer) / 2, (outer - inner) / 2
    arms = arm * np.linspace(1, 0.45, holes)[:, None]
    turn = rng.uniform(0, 2 * np.pi)
    return polar(middle, angle + turn) + polar(arms, turn - roll * angle)
