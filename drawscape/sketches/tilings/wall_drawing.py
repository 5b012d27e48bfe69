"""Arcs and lines in every cell, by a rule that anybody can follow."""

from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count, grow_count
from drawscape.sketches import KILN, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, focus


@sketch
def wall_drawing(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(1, 12, "Cells across the page")] = 5,
    lines: Annotated[int, Slider(3, 30, "Lines of a cell")] = 14,
    palette: Palette = "as designed",
) -> None:
    """Quarter circles from a corner of each cell, or straight lines, after a written instruction.

    In homage to Sol LeWitt, Wall Drawing 260: all two-part combinations of arcs and lines (1975).
    """
    turns = choose(svg, "corners", {"one": 1, "two": 2, "all four": 4})
    columns *= choose(svg, "cells", {"middling": 1, "small": 2})
    round_ones = focus(svg, "arcs")
    palette = choose_inks(svg, palette, "kiln", "tide", "plum")
    pens = set_pens(svg, palette, KILN[:3], width=0.4)
    for cell in svg.grid(columns):
        half = cell.size / 2
        step = cell.size / fit_count(grow_count(lines, svg.frame), cell.size, 0.9)
        pen = pens[rng.choice(3, p=(0.6, 0.2, 0.2))]
        is_round = rng.random() < 0.15 + round_ones(cell.u, cell.v)
        with cell:
            svg.rotate(90 * rng.integers(turns))
            for off in np.arange(step, cell.size, step):
                if is_round:
                    svg.arc(-half, -half, off, start=0, stop=90, pen=pen)
                else:
                    svg.line(-half, off - half, half, off - half, pen=pen)
