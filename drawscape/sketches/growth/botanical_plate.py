"""A plate from a botanist's book: a plant that never grew, its leaf, its flower and its seeds."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import MaxLen

from drawscape.geometry import Lines, polar
from drawscape.sketches import MOSS, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose
from drawscape.sketches.growth._leaves import (
    GOLDEN_ANGLE,
    Blade,
    bent,
    floret,
    head,
    leaf,
    spike,
    stalk,
    umbel,
)

LEAVES: dict[str, Blade] = {
    "ovate": (0.5, 0.9, 0.28),
    "lance": (0.7, 0.9, 0.13),
    "spoon": (1.3, 0.5, 0.22),
    "heart": (0.3, 0.9, 0.33),
}

ARRANGEMENTS = {"one by one": (1, 0.72), "in pairs": (2, 0.72), "in a rosette": (1, 0.1)}
"""How many leaves stand at a node, and which part of the stem has leaves."""

NAMES = (
    ("Calamella", "Penstilla", "Lineola", "Atramenta", "Margarula"),
    ("spiralis", "aurea", "tremula", "borealis", "gracilis", "montana"),
)


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
    flowers = choose(svg, "flower", {"head": head, "umbel": umbel, "spike": spike})
    count = choose(svg, "petals", {"five": 5, "eight": 8, "many": 21})
    lean = choose(svg, "habit", {"upright": 0.02, "leaning": 0.09, "arching": 0.15})
    together, leafy = choose(svg, "leaves", ARRANGEMENTS)
    flower = choose(svg, "color", {"red": MOSS[3], "blue": MOSS[4], "golden": MOSS[1]})
    colors = {"stem": MOSS[0], "leaf": MOSS[2], "flower": flower}
    stems, leaves, petals = set_pens(svg, palette, colors, width=0.25)
    aside = np.array([lean * short * rng.choice([-1, 1]), 0])
    high = np.array([0, 0.3 * frame.height])
    stem = bent(
        frame.middle - aside + high, frame.middle - 1.2 * aside, frame.middle + aside - high
    )
    behind, before = list[Lines](), list[Lines]()
    # No two plants of a kind have the same leaves.
    blade = (*blade[:2], blade[2] * rng.uniform(0.75, 1.2))
    first, longest, drop = rng.uniform((0, 0.34, 0.9), (6.28, 0.5, 1.5))
    for node in range(nodes):
        share = 0.03 + leafy * node / nodes
        turn = node * (GOLDEN_ANGLE if together == 1 else np.pi / 2) + first
        for heading in (turn, turn + np.pi)[:together]:
            # None points straight at the viewer: it would hide the stem.
            side, near = np.cos(heading), np.sin(heading)
            side += 0.5 * np.sign(side) * (1 - abs(side))
            length = short * (longest - 0.3 * share) * (1 - 0.2 * abs(near))
            narrow = (*blade[:2], blade[2] * (1 - 0.5 * abs(near)))
            out = length * polar(1, -np.pi / 2 + side * (drop - 0.8 * drop * share / 1.3))
            grown = leaf(stem[int(120 * share)], out, narrow, spacing, 0.16 * (1 - share), 0.12)
            (before if near > 0 else behind).append(grown)
    ends, radii, places = flowers(rng, stem, short)
    count = int(np.clip(np.max(radii) / 0.9, 5, count))
    ahead = 3 * (stem[places] - stem[places - 3])
    ways = [bent(stem[place], stem[place] + on, end) for place, on, end in zip(places, ahead, ends)]
    stalks = Lines.of(ways) if len(ways) > 2 else Lines.join(stalk(way, short / 90) for way in ways)
    plant = [(Lines.join(behind), leaves), (stalks, stems), (stalk(stem, short / 60), stems)]
    plant.append((Lines.join(before), leaves))
    for end, radius in zip(ends, radii):
        petal, heart = floret(end, radius, rng.uniform(0.5, 0.9), count)
        plant += [(petal, petals), (heart, stems)]
    # Leaves and flowers that lean to either side stand in the middle of the sheet together.
    x, y = np.concatenate([lines.points for lines, _ in plant]).T - [[frame.cx], [stem[0, 1]]]
    share = min(0.98 * frame.width / np.ptp(x), (frame.y0 - stem[0, 1]) / np.min(y))
    with svg.clip(frame):
        with svg.pushed():
            svg.translate(frame.cx - share * (np.min(x) + np.max(x)) / 2, stem[0, 1]).scale(share)
            svg.translate(-frame.cx, -stem[0, 1])
            for lines, pen in plant:
                svg.polylines(lines, pen=pen)
        # The details: a leaf laid flat, a flower cut off, three seeds.
        low, left, right = frame.y1 - 0.18 * short, frame.x0 + 0.08 * short, frame.x1 - 0.21 * short
        flat = leaf(np.array([left, low]), np.array([0.26 * short, 0]), blade, spacing)
        opened, heart = floret(np.array([frame.cx, low]), 0.08 * short, 0.9, count)
        svg.polylines(flat, pen=leaves).polylines(opened, pen=petals).polylines(heart, pen=stems)
        kernel = (0.5, 0.5, rng.uniform(0.15, 0.45))
        for way in polar(1, np.array([0.4, 2.5, 4.6])):
            seed = np.array([right, low]) + 0.03 * short * way
            svg.polylines(leaf(seed, 0.055 * short * way, kernel, spacing), pen=stems)
        svg.occlude()
    size = max(2.0, short / 45)
    title = text or " ".join(rng.choice(part) for part in NAMES)
    write = partial(svg.lettering, font="timesi", align="center", missing="?", pen=stems)
    write(title, frame.cx, frame.y1 - 0.4 * size, size=size)
    for letter, at in zip("ABC", (left + 0.13 * short, frame.cx, right)):
        write(letter, at, frame.y1 - 2.3 * size, size=0.7 * size)
