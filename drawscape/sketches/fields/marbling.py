"""Marbled paper: drops of ink on water, drawn out with a comb."""

from typing import Annotated

import numpy as np

from drawscape.geometry import (
    Floats,
    Lines,
    as_on_a4,
    clip_to_rectangle,
    keep_positive,
    polar,
)
from drawscape.geometry.lines import resample
from drawscape.geometry.thinning import room_for
from drawscape.sketches import TIDE, Palette, Rng, Slider, Steps, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose

COMBS = {
    "none": [],
    "flames": [(90, 30, 1.2)],
    "to and fro": [(90, 46, 0.8), (-90, 46, 0.8)],
    "nonpareil": [(0, 50, 0.7), (180, 50, 0.7), (90, 13, 1.3)],
    "waves": [(20, 60, 0.6), (100, 34, 0.7)],
}
"""Of each stroke of a comb its heading in degrees, mm between tines on A4, and its pull in such distances."""

RING_MM = 1.3
"""Between the lines of a drop when it falls; later drops and combs squeeze and stretch them."""


@sketch
def marbling(
    svg: SVGBuilder,
    rng: Rng,
    *,
    drops: Annotated[int, Slider(10, 240, "Drops of ink on A4")] = 140,
    pull: Annotated[float, Slider(0, 2, "How far the combs pull")] = 1.0,
    clear: Annotated[float, Slider(0, 0.8, "Part of the drops without ink")] = 0.15,
    palette: Palette = "as designed",
) -> Steps:
    """Drops of ink that push each other aside, then a comb through the bath, as on marbled paper.

    Each drop and each tine moves the whole bath in closed form: Aubrey Jaffer, "Oseledets marbling"
    (2006); S. Lu and others, "Mathematical marbling" (2012). The seed chooses the comb.
    """
    pens = set_pens(svg, palette, TIDE[:3])
    strokes = choose(svg, "comb", COMBS)
    share, spread = choose(
        svg, "drops", {"few": (0.5, 0.3), "many": (1.0, 0.15), "all sizes": (1.0, 0.5)}
    )
    apart = max(RING_MM, svg.frame.short / 160)
    bath = svg.frame.inset(-0.07 * svg.frame.long)
    # Larger pages have larger drops: each drop moves all lines.
    count = max(8, min(round(share * drops), as_on_a4(round(share * drops), svg.frame)))
    sizes = np.exp(rng.normal(0, spread, count))
    radii = sizes * np.sqrt(1.8 * bath.area / np.pi / np.sum(sizes**2))
    inked = np.where(rng.random(count) < clear, -1, rng.choice(3, count, p=[0.4, 0.25, 0.35]))
    inked[-3:] = 0, 1, 2
    lines, owner, rank = Lines.empty(), np.empty(0, int), np.empty(0, int)
    for number, radius in enumerate(radii):
        middle = rng.uniform(bath[:2], bath[2:])
        # A line that a drop falls on wraps around it: that takes many points.
        near = np.hypot(*(lines.points - middle).T) < 1
        torn = np.bincount(lines.ids[near], minlength=len(lines)) > 0
        order = np.argsort(torn, kind="stable")
        lines = Lines.join([lines.take(~torn), resample(lines.take(torn), 0.01)])
        rings = _drop(middle, radius, apart) if inked[number] >= 0 else Lines.empty()
        lines = lines.with_points(_pushed(lines.points, middle, radius))
        lines = Lines.join(
            [resample(lines, 0.5) if number % 6 == 5 or torn.any() else lines, rings]
        )
        owner = np.append(owner[order], np.full(len(rings), number))
        # Where lines crowd every second ring goes, and rims last.
        rank = np.append(rank[order], np.where(np.arange(len(rings)), np.arange(len(rings)), 8))
        yield 0.8 * number / count
    for heading, apart, far in strokes:
        tine = apart * svg.frame.short / 180
        phase = rng.uniform(0, tine)
        lines = resample(lines, 0.3)
        lines = lines.with_points(_combed(lines.points, heading, tine, pull * far * tine, phase))
    lines = resample(lines, 0.4)
    room = room_for(lines, rank, most=0.55)
    for ink, name in enumerate(pens):
        chosen = inked[owner] == ink
        cut = keep_positive(lines.take(chosen), room[np.repeat(chosen, lines.counts)])
        svg.polylines(clip_to_rectangle(cut.longer_than(5), *svg.frame), pen=name)


def _drop(middle: Floats, radius: float, apart: float) -> Lines:
    """Return the rings of a drop, the rim first, and each `apart` mm in the one before."""
    radii = np.arange(radius, 0.5, -apart)[:, None]
    return resample(Lines.of(middle + polar(radii, np.linspace(0, 2 * np.pi, 120))), 0.5)


def _pushed(points: Floats, middle: Floats, radius: float) -> Floats:
    """Return the points moved outward by a drop: areas stay as they are."""
    off = points - middle
    square = np.maximum(np.sum(off**2, axis=1), 1e-9)
    return middle + off * np.sqrt(1 + radius**2 / square)[:, None]


def _combed(points: Floats, heading: float, apart: float, pull: float, phase: float) -> Floats:
    """Return the points drawn along by tines `apart` mm from each other: less, the farther off."""
    along, aside = polar(1, np.radians([heading, heading + 90]))
    off = ((points @ aside + phase) % apart) / apart - 0.5
    near = np.exp(0.3 - np.hypot(off, 0.06) / 0.2)
    return points + pull * near[:, None] * along
