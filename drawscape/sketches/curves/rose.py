"""A rose, petal over petal."""

from typing import Annotated

import numpy as np

from drawscape.geometry import (
    Lines,
    OpaqueShape,
    Points,
    clip_to_rectangle,
    occlude,
    polar,
    rectangle,
    thinned,
)
from drawscape.geometry.lines import distances_along
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose

HEARTS = {
    "in the middle": (0.0, 0.0),
    "low on the left": (-0.3, 0.28),
    "high on the right": (0.28, -0.3),
    "at the foot": (0.0, 0.4),
    "in a corner": (-0.36, -0.36),
}
"""Where the heart lies from the middle, in parts of the page."""

GOLDEN_ANGLE = np.pi * (3 - 5**0.5)


@sketch
def rose(
    svg: SVGBuilder,
    rng: Rng,
    *,
    petals: Annotated[int, Slider(8, 120, "Petals from the rim to the heart")] = 64,
    lobes: Annotated[int, Slider(1, 5, "Bays in the edge of a petal")] = 2,
    veins: Annotated[float, Slider(0.7, 4, "In mm, between veins")] = 1.0,
    ruffle: Annotated[Fraction, "How uneven the edges are"] = 0.5,
    opening: Annotated[float, Slider(0.2, 0.9, "How far inner petals open")] = 0.5,
    pens: Annotated[int, Slider(1, 3, "Colours from the heart to the rim")] = 3,
    palette: Palette = "as designed",
) -> None:
    """A rose so near that it fills the page: each petal hides those below it.

    A petal is a leaf of Guido Grandi's rhodonea (Flores geometrici, 1728), r = cos(angle), its edge
    waved. Petals follow each other by the golden angle, as in plants (Helmut Vogel, 1979). Seen as
    near as Georgia O'Keeffe saw hers (1924). The seed waves the edges, turns the flower and moves
    it on the page.
    """
    frame = svg.frame
    view = choose(svg, "heart", HEARTS)
    heart = frame.middle + (view + rng.uniform(-0.06, 0.06, 2)) * frame.size
    petals = round(petals * choose(svg, "petals", {"dense": 1.0, "full": 0.7, "open": 0.4}))
    reach = 1.25 * np.hypot(*(rectangle(frame) - heart).T).max()
    # A larger page takes wider veins: some ten thousand are what a plotter draws in an evening. Deep bays
    # draw them together.
    veins = max(veins, reach / 190, 0.25 * lobes * ruffle)
    turn = rng.uniform(0, 2 * np.pi)
    # The outer petals come first and lie lowest.
    share = np.linspace(0, 1, petals)
    size = np.maximum(reach * (1 - share) ** (0.75 + opening), 0.035 * reach)
    # Under them, some as large as the page cover what they leave.
    size = np.concatenate([np.full(8, reach), size])
    half, shapes = np.linspace(-1, 1, 121), []
    for number in range(len(size)):
        bays = ruffle * 0.09 * np.cos(lobes * np.pi * half + rng.uniform(-0.5, 0.5))
        waves = ruffle * 0.04 * np.sin(rng.uniform(4, 9) * half + rng.uniform(0, 2 * np.pi))
        leaf = np.cos(half * np.pi / 2) ** 0.36 * (1 + bays + waves) / (1 + 0.13 * ruffle)
        spread = 0.95 + 0.25 * rng.random()
        edge = polar(leaf * size[number], turn + GOLDEN_ANGLE * number + half * spread)
        lines = Lines.join([Lines.of([edge[[*range(121), 0]]]), _veins(rng, edge, veins)])
        lines = lines.with_points(lines.points + heart)
        shapes.append(OpaqueShape(clip_to_rectangle(lines, *frame), lines[0]))
    visible = occlude(shapes)
    # Equal parts of the radius, from the heart outwards.
    ring = np.minimum((pens * (size / reach) ** 0.8).astype(int), pens - 1)
    drawn = [Lines.join(visible[i] for i in np.flatnonzero(ring == pen)) for pen in range(pens)]
    parts = [thinned(lines.longer_than(0.8), most=0.9) for lines in drawn]
    in_pens(svg, palette, ["#7d1f2b", "#c2453a", "#d98a6a"], parts)


def _veins(rng: Rng, edge: Points, apart: float) -> Lines:
    """Return lines from the edge towards the base: every second one shorter, as they draw together."""
    along = distances_along(Lines.of(edge))
    count = max(3, int(along[-1] / apart))
    at = np.linspace(0, along[-1], count + 2)[1:-1]
    tips = np.column_stack([np.interp(at, along, axis) for axis in edge.T])
    # Line n goes on inward to where those of its rank are `apart` from each other: 1/2, 1/4, ... .
    number = np.arange(1, count + 1)
    rank = np.log2(number & -number)
    start = np.clip(0.5 ** (rank + 0.35) * rng.uniform(0.9, 1.1, count), 0.02, 1)
    t = start[:, None] + (0.985 - start[:, None]) * np.linspace(0, 1, 6)
    # They leave the edge square to it, not straight for the base: the petal is a bowl.
    middle = edge[len(edge) // 2]
    pull = 0.18 * np.sin(np.pi * t)[..., None] * (middle - tips)[:, None]
    return Lines.of(tips[:, None] * t[..., None] + pull * t[..., None])
