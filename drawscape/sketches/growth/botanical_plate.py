"""A plate from a botanist's book: a plant that never grew, its leaf, its flower and its seeds."""

from functools import partial
from typing import Annotated, TypeAlias

import numpy as np
from annotated_types import MaxLen

from drawscape.geometry import Floats, Ints, Lines, Points, polar
from drawscape.sketches import MOSS, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose
from drawscape.sketches.growth._leaves import GOLDEN_ANGLE, Blade, bent, floret, leaf, stalk

LEAVES: dict[str, Blade] = {
    "ovate": (0.5, 0.9, 0.28),
    "lance": (0.7, 0.9, 0.13),
    "spoon": (1.3, 0.5, 0.22),
    "heart": (0.3, 0.9, 0.33),
}
SEED: Blade = (0.5, 0.5, 0.3)

ARRANGEMENTS = {"one by one": (1, 0.72), "in pairs": (2, 0.72), "in a rosette": (1, 0.1)}
"""How many leaves stand at a node, and which part of the stem has leaves."""

NAMES = (
    ("Graphia", "Calamella", "Penstilla", "Lineola", "Atramenta", "Stylaria"),
    ("spiralis", "undulata", "aurea", "tremula", "borealis", "hortensis"),
)

Flowers: TypeAlias = tuple[Points, Floats, Ints]
"""Of each flower its middle, its radius, and the place on the stem where its stalk begins."""


@sketch
def botanical_plate(
    svg: SVGBuilder,
    rng: Rng,
    *,
    text: Annotated[str, MaxLen(60), "Written below; empty: a Latin name of the seed's"] = "",
    nodes: Annotated[int, Slider(4, 24, "Leaves, or pairs of them, along the stem")] = 12,
    spacing: Annotated[float, Slider(0.5, 2, "In mm, between the lines of the shade")] = 0.7,
    palette: Palette = "as designed",
) -> None:
    """A plant in engraved lines with its name, and details A, B and C, as in a herbal.

    Leaves follow each other by the golden angle or stand in crossed pairs (Louis and Auguste Bravais,
    1837). After Georg Dionysius Ehret's plates for Linnaeus (1736).
    """
    frame = svg.frame
    short = min(frame.width, 0.7 * frame.height)
    blade = choose(svg, "leaf", LEAVES)
    flowers = choose(svg, "flower", {"head": _head, "umbel": _umbel, "spike": _spike})
    lean = choose(svg, "habit", {"upright": 0.02, "leaning": 0.1, "arching": 0.18})
    together, leafy = choose(svg, "leaves", ARRANGEMENTS)
    colors = {"stem": MOSS[0], "leaf": MOSS[2], "flower": MOSS[rng.choice([1, 3, 4])]}
    stems, leaves, petals = set_pens(svg, palette, colors, width=0.25)
    aside = np.array([lean * short * rng.choice([-1, 1]), 0])
    high = np.array([0, 0.3 * frame.height])
    stem = bent(
        frame.middle - aside + high, frame.middle - 1.2 * aside, frame.middle + aside - high
    )
    behind, before = list[Lines](), list[Lines]()
    for node in range(nodes):
        share = 0.03 + leafy * node / nodes
        turn = node * (GOLDEN_ANGLE if together == 1 else np.pi / 2) + 0.3
        for heading in (turn, turn + np.pi)[:together]:
            side, near = np.cos(heading), np.sin(heading)
            length = short * (0.42 - 0.3 * share) * (1 - 0.4 * abs(near))
            out = length * polar(1, -np.pi / 2 + side * (1.3 - 0.8 * share))
            grown = leaf(stem[int(120 * share)], out, blade, spacing, 0.16 * (1 - share))
            (before if near > 0 else behind).append(grown)
    # The details: a leaf laid flat, a flower cut off, three seeds.
    low, left, right = frame.y1 - 0.15 * short, frame.x0 + 0.06 * short, frame.x1 - 0.08 * short
    cut_off = np.array([right - 0.2 * short, low])
    with svg.clip(frame):
        svg.polylines(Lines.join(behind), pen=leaves).polylines(stalk(stem, short / 60), pen=stems)
        svg.polylines(Lines.join(before), pen=leaves)
        for end, radius, place in zip(*flowers(rng, stem, short), strict=True):
            ahead = 3 * (stem[place] - stem[place - 3])
            svg.polyline(bent(stem[place], stem[place] + ahead, end), pen=stems)
            opened, heart = floret(end, radius, rng.uniform(0.5, 0.9), spacing)
            svg.polylines(opened, pen=petals).polylines(heart, pen=stems)
        flat = leaf(np.array([left, low]), np.array([0.26 * short, 0]), blade, spacing)
        svg.polylines(flat, pen=leaves)
        opened, heart = floret(cut_off, 0.08 * short, 0.9, spacing)
        svg.polylines(opened, pen=petals).polylines(heart, pen=stems)
        for way in polar(1, np.array([0.4, 2.5, 4.6])):
            seed = leaf(
                np.array([right, low]) + 0.03 * short * way, 0.055 * short * way, SEED, spacing
            )
            svg.polylines(seed, pen=stems)
        svg.occlude()
    size = max(2.0, short / 45)
    title = text or " ".join(rng.choice(part) for part in NAMES)
    words = [(title, frame.cx, 0.3, size), ("A", left + 0.13 * short, 2.3, 0.7 * size)]
    words += [("B", cut_off[0], 2.3, 0.7 * size), ("C", right, 2.3, 0.7 * size)]
    write = partial(svg.lettering, font="timesi", align="center", missing="?", pen=stems)
    for word, x, above, height in words:
        write(word, x, frame.y1 - above * size, size=height)


def _top(stem: Points) -> float:
    """Return the heading of the stem at its top, in radians."""
    return float(np.arctan2(*(stem[-1] - stem[-4])[::-1]))


def _head(rng: Rng, stem: Points, short: float) -> Flowers:
    """Return a large flower, and a smaller one beside it."""
    aside = stem[90] + 0.44 * short * polar(1, _top(stem) + 0.9 * rng.choice([-1, 1]))
    radii = short * np.array([0.1, rng.uniform(0.16, 0.22)])
    return np.stack([aside, stem[-1]]), radii, np.array([85, 116])


def _umbel(rng: Rng, stem: Points, short: float) -> Flowers:
    """Return small flowers on rays from the top of the stem."""
    turns = _top(stem) + 1.2 * rng.permutation(np.linspace(-1, 1, 21))
    reach = short * rng.uniform(0.18, 0.27, (21, 1))
    return (
        stem[-1] + reach * polar(1, turns),
        short * rng.uniform(0.036, 0.05, 21),
        np.full(21, 119),
    )


def _spike(rng: Rng, stem: Points, short: float) -> Flowers:
    """Return flowers around the upper part of the stem, smaller upwards."""
    share = np.linspace(0, 1, 34)
    place = (80 + 39 * share).astype(int)
    turns = _top(stem) + np.cos(GOLDEN_ANGLE * np.arange(34) + rng.random()) * (1.5 - share)
    reach = 0.1 * short * (1.2 - share)[:, None]
    return stem[place] + reach * polar(1, turns), 0.06 * short * (1.05 - 0.8 * share), place
