"""Moiré: two fine patterns, a little apart, that make a third."""

from typing import Annotated

import numpy as np

from drawscape.geometry import polar, rectangle
from drawscape.sketches import TIDE, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, choose_unless


@sketch
def moire(
    svg: SVGBuilder,
    rng: Rng,
    *,
    spacing: Annotated[float, Slider(0.8, 1.6, "In mm, from line to line")] = 1.0,
    shift: Annotated[float, Slider(0.04, 0.4, "Shift, about, part of the page")] = 0.16,
    turn: Annotated[float, Slider(0, 12, "Degrees from one copy to the other")] = 5.0,
    palette: Palette = "as designed",
) -> None:
    """One pattern drawn twice, each in its own pen. The seed chooses it and moves the copies.

    After G. Oster and Y. Nishijima, "Moiré patterns", Scientific American 208 (1963).
    """
    corners = choose(svg, "pattern", {"circles": 90, "squares": 4, "triangles": 3, "hexagons": 6})
    place = choose_unless(svg, None, "place", ["the page", "a disc", "an oval"])
    palette = choose_inks(svg, palette, "ink", "plum", "tide")
    spacing *= choose(svg, "lines", {"fine": 1.0, "middling": 1.2, "finest": 0.85})
    # Corners of few sides close together: elsewhere their sides cross too steeply for a third pattern.
    apart = (shift if corners == 90 else 0.3 * shift) * choose(
        svg, "shift", {"middling": 1.0, "near": 0.5, "wide": 1.6}
    )
    # Lines that stand more closely further out bend the fringes.
    bend = choose(svg, "fringes", {"bent": 0.16, "straight": 0.05, "strongly bent": 0.3})
    frame, heading = svg.frame, rng.uniform(0, 2 * np.pi)
    middle, shape = frame[:2] + rng.uniform(0.35, 0.65, 2) * frame.size, rectangle(frame)
    rim = polar(0.5, np.linspace(0, 2 * np.pi, 361))
    if place == "a disc":
        middle = frame.middle + rng.uniform(-0.5, 0.5) * (frame.size - frame.short)
        shape = middle + rim * frame.short
    if place == "an oval":
        middle, shape = frame.middle, frame.middle + rim * frame.size
    # The sides of the last polygon lie beyond the corners of the page.
    reach, inner = frame.long, np.cos(np.pi / corners)
    part = np.arange(1, reach / spacing) * spacing / reach
    with svg.clip(shape):
        for pen, side in zip(set_pens(svg, palette, TIDE[:2]), (-0.5, 0.5)):
            with svg.pushed():
                svg.translate(*(middle + polar(side * apart * frame.short, heading)))
                svg.rotate(np.degrees(heading) + turn * side)
                # From side to side, not from corner to corner.
                for radius in reach * part * (1 + side * bend * (1 - part)) / inner:
                    svg.regular_polygon(0, 0, radius, corners, pen=pen)
    svg.polygon(shape, pen=pen)
