"""Moiré: two fine patterns, a little apart, that make a third."""

from typing import Annotated

import numpy as np

from drawscape.geometry import polar
from drawscape.sketches import TIDE, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose


@sketch
def moire(
    svg: SVGBuilder,
    rng: Rng,
    *,
    sheets: Annotated[int, Slider(2, 3, "How many copies, each with its own pen")] = 2,
    spacing: Annotated[float, Slider(1, 6, "In mm, from line to line")] = 1.7,
    shift: Annotated[float, Slider(0.04, 0.5, "Shift, about, part of the page")] = 0.16,
    turn: Annotated[float, Slider(1, 30, "Degrees from one copy to the next")] = 4.0,
    palette: Palette = "as designed",
) -> None:
    """Interference of two or three line patterns, each in its own pen. The seed moves them.

    After G. Oster and Y. Nishijima, "Moiré patterns", Scientific American 208 (1963).
    """
    frame = svg.frame
    reach = choose(svg, "sheets", {"large": 0.7, "middling": 0.5, "small": 0.35}) * frame.short
    pattern = choose(svg, "pattern", {name: name for name in ("circles", "rays", "squares")})
    apart = choose(svg, "shift", {"near": 0.5, "middle": 1.0, "wide": 1.8}) * shift
    step, heading = max(spacing, 0.55 * sheets, frame.long / 300), rng.uniform(0, 2 * np.pi)
    turned = turn * rng.uniform(0.4, 2.5)
    middle = frame.middle + rng.uniform(-0.2, 0.2, 2) * frame.size
    for sheet, pen in enumerate(set_pens(svg, palette, TIDE[:sheets])):
        with svg.clip(frame), svg.pushed():
            svg.translate(*middle + polar(apart * frame.short * (sheet - 0.5), heading))
            svg.rotate(np.degrees(heading) + turned * sheet).scale(1 + 0.06 * sheet)
            for radius in np.arange(step, reach, step):
                if pattern == "circles":
                    svg.circle(0, 0, radius, pen=pen)
                elif pattern == "squares":
                    svg.rect(0, 0, 1.5 * radius, 1.5 * radius, center=True, pen=pen)
                else:
                    svg.rotate(180 * step / reach)
                    svg.line(0.15 * reach, 0, reach, 0, pen=pen)
                    svg.line(-0.15 * reach, 0, -reach, 0, pen=pen)
