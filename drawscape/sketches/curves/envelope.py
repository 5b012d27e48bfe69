"""Curves sewn with straight lines."""

from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count
from drawscape.sketches import PLUM, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, focus


@sketch
def envelope(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(1, 8, "Cells across the page")] = 3,
    spacing: Annotated[float, Slider(1.5, 3.5, "In mm, between stitches")] = 2.0,
    palette: Palette = "as designed",
) -> None:
    """Straight lines from side to side of each cell, and the curves that they touch.

    Curve stitching, after Mary Everest Boole's cards for children (1904). The seed says where more
    corners of a cell are sewn.
    """
    pens = set_pens(svg, choose_inks(svg, palette, "plum", "tide", "kiln"), PLUM[:3])
    columns *= choose(svg, "cells", {"middling": 1, "small": 2})
    sewn = focus(svg, "sewn")
    for cell in svg.grid(columns):
        stitches = fit_count(round(cell.size / spacing), cell.size, max(1.5, cell.size / 30))
        with cell:
            svg.rotate(90 * rng.integers(4))
            for corner in range(1 + round(3 * float(sewn(cell.u, cell.v)))):
                for share in np.linspace(-0.5, 0.5, stitches) * cell.size:
                    svg.line(share, -cell.size / 2, -cell.size / 2, -share, pen=pens[corner % 3])
                svg.rotate(90)
