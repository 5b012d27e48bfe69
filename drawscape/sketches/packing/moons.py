"""Moons in all their phases."""

from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count, polar
from drawscape.sketches import PLUM, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, focus


@sketch
def moons(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(2, 16, "Moons across the page")] = 6,
    spacing: Annotated[float, Slider(0.7, 3, "In mm, between lines of the shade")] = 1.2,
    palette: Palette = "as designed",
) -> None:
    """Rows of moons that wax and wane, their dark sides hatched.

    The phases are those that Galileo Galilei drew in Sidereus Nuncius (1610).
    """
    pens = set_pens(svg, palette, [PLUM[0], PLUM[2]], width=0.4)
    full = focus(svg, "full moons")
    slant = choose(svg, "light", {"left": 0, "right": 180})
    months = choose(svg, "months", {"one": 0.5, "two": 1.0, "three": 1.5})
    for cell in svg.grid(fit_count(columns, svg.frame.width, 8.0, least=2)):
        phase = months * (0.7 * float(full(cell.u, cell.v)) + 0.3 * cell.v)
        light = 0.5 - 0.5 * np.cos(2 * np.pi * phase)
        radius = cell.size * (0.3 + 0.16 * light)
        rim = polar(radius, np.linspace(np.pi / 2, 3 * np.pi / 2, 60))
        inner = rim[::-1] * (2 * light - 1, 1)  # where day meets night
        with cell:
            svg.circle(0, 0, radius, pen=pens[int(light > 0.9)]).rotate(slant - 25)
            if light < 0.97:
                svg.hatch(np.concatenate([rim, inner]), spacing, angle=slant + 65, pen=pens[0])
