"""Curves sewn with straight lines."""

from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count, fitted, grow_count, polar
from drawscape.sketches import PLUM, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose


@sketch
def envelope(
    svg: SVGBuilder,
    rng: Rng,
    *,
    lines: Annotated[int, Slider(8, 80, "Lines of a side")] = 44,
    corners: Annotated[int, Slider(3, 9, "Most corners of the figure")] = 6,
    palette: Palette = "as designed",
) -> None:
    """Straight lines from side to side of a figure, and the curves that they touch.

    Curve stitching, after Mary Everest Boole's cards for children (1904).
    """
    pens = set_pens(svg, palette, PLUM[:3])
    star = choose(svg, "figure", {"regular": 0.0, "leaning": 0.25, "wild": 0.45})
    sides = choose(svg, "corners", {str(count): count for count in range(3, corners + 1)})
    # Over one side of a square all lines would cross in its middle.
    stitches = {"to the next side": 1} if sides < 5 else {"to the next side": 1, "over one side": 2}
    skip = choose(svg, "stitch", stitches)
    angles = 2 * np.pi * (np.arange(sides) + rng.random()) / sides
    places = fitted(svg.frame, polar(rng.uniform(1 - star, 1, sides), angles), stretched=True)
    count = fit_count(grow_count(lines, svg.frame), svg.frame.short / 2, 0.6 * sides)
    for side in range(sides):
        start, knot = places[side], places[(side + 1) % sides]
        far = places[(side + skip) % sides], places[(side + skip + 1) % sides]
        for share in np.linspace(0, 1, count):
            a, b = start + (knot - start) * share, far[0] + (far[1] - far[0]) * share
            svg.line(*a, *b, pen=pens[side % 3])
