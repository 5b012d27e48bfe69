"""Moons in all their phases."""

from typing import Annotated

import numpy as np

from drawscape.geometry import circle, fit_count, polar, rectangle
from drawscape.sketches import PLUM, Palette, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, choose_unless
from drawscape.sketches.palette import is_light


@sketch
def moons(
    svg: SVGBuilder,
    *,
    columns: Annotated[int, Slider(1, 10, "Moons across the page")] = 6,
    spacing: Annotated[float, Slider(0.6, 3, "In mm, between lines of the night")] = 0.8,
    palette: Palette = "as designed",
) -> None:
    """Moons that wax and wane in a hatched night, which leaves their light as paper.

    Light inks draw their lit side instead: dark paper is night. The phases are those that Galileo
    Galilei drew in Sidereus Nuncius (1610).
    """
    palette = choose_inks(svg, palette, "plum", "tide", "kiln")
    pens = set_pens(svg, palette, PLUM[:3])
    drawn_side = -1 if is_light(svg, palette) else 1
    month = choose_unless(svg, None, "month", ["day by day", "a tide", "around a full moon"])
    slant = choose(svg, "light", {"right": -25, "left": 155})
    columns *= choose(svg, "moons", {"few": 1, "many": 2})
    middle = svg.rng.uniform(0.2, 0.8, 2)
    cells = list(svg.grid(fit_count(columns, svg.frame.width, 8.0)))
    apart = min(spacing, cells[0].size / 20)
    radius = 0.44 * cells[0].size
    # The night ends as far from the outer moons as they lie from each other.
    far = 1.13 * radius
    night = [
        rectangle((cells[0].cx - far, cells[0].cy - far, cells[-1].cx + far, cells[-1].cy + far))
    ]
    for cell in cells:
        # From 0, a new moon, over 0.5, a full one, to 1.
        phase = cell.index / len(cells) + middle[0]
        if month == "a tide":
            phase = 0.6 * (cell.u + cell.v) + middle[0]
        if month == "around a full moon":
            phase = 0.5 + 0.7 * np.hypot(cell.u - middle[0], cell.v - middle[1])
        light = 1 - abs(1 - 2 * (phase % 1))  # it grows and shrinks evenly
        # Either side is bounded by half of the rim, and by the line where day meets night.
        rim = polar(radius - 0.3, np.linspace(np.pi / 2, 3 * np.pi / 2, 60))
        side = np.concatenate([rim * (drawn_side, 1), rim[::-1] * (2 * light - 1, 1)])
        # A waning moon is lit from the other side.
        side *= (1 if phase % 1 <= 0.5 else -1, 1)
        night.append(circle(cell.cx, cell.cy, radius))
        if (1 - light if drawn_side > 0 else light) < 0.04:
            continue  # it would be a hook, not a sickle
        with cell:
            svg.rotate(slant)
            svg.hatch(side, apart, angle=slant + 65, pen=pens[1], outline=True)
    if drawn_side > 0:
        svg.hatch(night, 0.8 * apart, angle=0, pen=pens[0])
    for outline in night:
        svg.polygon(outline, pen=pens[0])
