"""Moiré: two fine patterns, a little apart, that make a third."""

from typing import Annotated

import numpy as np

from drawscape.geometry import polar
from drawscape.sketches import TIDE, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks


@sketch
def moire(
    svg: SVGBuilder,
    rng: Rng,
    *,
    spacing: Annotated[float, Slider(1.2, 6, "In mm, from line to line")] = 1.6,
    shift: Annotated[float, Slider(0.04, 0.4, "Shift, about, part of the page")] = 0.14,
    turn: Annotated[float, Slider(0, 30, "Degrees from one copy to the other")] = 3.0,
    palette: Palette = "as designed",
) -> None:
    """One pattern drawn twice, each in its own pen. The seed chooses it and moves the copies.

    After G. Oster and Y. Nishijima, "Moiré patterns", Scientific American 208 (1963).
    """
    corners = choose(svg, "pattern", {"circles": 90, "squares": 4, "triangles": 3, "hexagons": 6})
    size = choose(svg, "place", {"the page": 1.1, "a figure": 0.0, "aside": 1.8})
    palette = choose_inks(svg, palette, "tide", "plum", "kiln", "riso")
    spacing *= choose(svg, "lines", {"fine": 1.0, "coarse": 1.5, "middling": 1.25})
    apart = shift * choose(svg, "shift", {"near": 0.4, "middling": 1.0, "wide": 1.7})
    frame, heading = svg.frame, rng.uniform(0, 2 * np.pi)
    # Two figures have most in common, and stay within the frame; over the whole page, their sides
    # lie beyond the corners.
    apart *= 1 if size else 0.35
    inner = np.cos(np.pi / corners)
    reach = size * frame.long / inner or (0.5 - apart / 2) * frame.short
    middle = frame[:2] + frame.size * ((0.22, 0.8) if size > 1.1 else (0.5, 0.5))
    with svg.clip(frame):
        for pen, side in zip(set_pens(svg, palette, TIDE[:2]), (-0.5, 0.5), strict=True):
            with svg.pushed():
                svg.translate(*(middle + polar(side * apart * frame.short, heading)))
                svg.rotate(np.degrees(heading) + turn * side)
                # From side to side, not from corner to corner.
                step = spacing * (1 + 0.05 * side) / inner
                for radius in np.arange(step, reach, step):
                    svg.regular_polygon(0, 0, radius, corners, pen=pen)
