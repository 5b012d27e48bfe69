"""Moons in all their phases."""

from typing import Annotated

import numpy as np

from drawscape.geometry import circle, fit_count, polar
from drawscape.sketches import PLUM, Palette, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, focus
from drawscape.sketches.palette import is_light


@sketch
def moons(
    svg: SVGBuilder,
    *,
    columns: Annotated[int, Slider(1, 10, "Moons across the page")] = 3,
    spacing: Annotated[float, Slider(0.8, 3, "In mm, between lines of the night")] = 1.1,
    palette: Palette = "as designed",
) -> None:
    """Moons that wax and wane in a hatched night, which leaves their light as paper.

    Light inks on dark paper draw their lit side instead. The phases are those that Galileo Galilei drew in
    Sidereus Nuncius (1610).
    """
    palette = choose_inks(svg, palette, "plum", "tide", "kiln")
    pens = set_pens(svg, palette, PLUM[:3])
    drawn_side = -1 if is_light(svg, palette) else 1
    full = focus(svg, "full moons")
    slant = choose(svg, "light", {"right": -25, "left": 155})
    columns *= choose(svg, "moons", {"few": 1, "many": 2})
    for cell in svg.grid(fit_count(columns, svg.frame.width, 8.0)):
        phase = 0.7 * float(full(cell.u, cell.v)) + 0.3 * cell.v
        light = 0.5 - 0.5 * np.cos(2 * np.pi * phase)
        # Either side is bounded by half of the rim, and by the line where day meets night.
        rim = polar(0.44 * cell.size, np.linspace(np.pi / 2, 3 * np.pi / 2, 60))
        side = np.concatenate([rim * (drawn_side, 1), rim[::-1] * (2 * light - 1, 1)])
        apart = min(spacing, cell.size / 16)
        sky = cell.size / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        with cell:
            svg.rotate(slant)
            svg.hatch(side, apart, angle=slant + 65, pen=pens[1])
            svg.rotate(-slant)
            svg.hatch([sky, circle(0, 0, 0.44 * cell.size)], apart, angle=0, pen=pens[0])
