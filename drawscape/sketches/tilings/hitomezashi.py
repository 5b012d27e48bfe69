"""Stitches that know only on and off."""

from typing import Annotated

import numpy as np
from scipy.ndimage import label

from drawscape.geometry import Flags, fit_count, rectangle
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose_inks, choose_unless


@sketch
def hitomezashi(
    svg: SVGBuilder,
    rng: Rng,
    *,
    stitches: Annotated[int, Slider(16, 60, "Across the page")] = 30,
    bias: Annotated[Fraction, "Fraction of rows that begin over"] = 0.5,
    small: Annotated[int, Slider(0, 90, "Cells of an island that is hatched, at most")] = 36,
    palette: Palette = "as designed",
) -> None:
    """Running stitches along every row and column, and the small islands that they fence in.

    Hitomezashi is a form of sashiko embroidery from Edo Japan; the mathematics is in Katherine
    Seaton and Carol Hayes, Mathematical specification of hitomezashi designs, 2023. The seed says
    in which order the rows begin.
    """
    palette = choose_inks(svg, palette, "tide", "plum", "kiln")
    thread, *inks = set_pens(svg, palette, TIDE[:3], width=(0.5, 0.3, 0.3))
    orders = "in waves", "ever nearer", "in blocks", "in pairs"
    order = choose_unless(svg, None, "order", orders)
    # Only odd numbers of stitches look the same in a mirror.
    columns = fit_count(stitches, svg.frame.width, 2.5) | 1
    rows = round(columns * svg.frame.height / svg.frame.width) | 1
    cells = [*svg.grid(columns, rows)]
    across, down = (_starts(rng, count + 1, order, bias) for count in (rows, columns))
    # A cell is inside of an island when an odd number of stitches lie between it and the corner.
    left, above = np.zeros((rows, columns), dtype=bool), np.zeros((rows, columns), dtype=bool)
    for cell in cells:
        row, column, x, y = cell.row, cell.column, cell.width / 2, cell.height / 2
        left[row, column] = row % 2 ^ down[column]
        above[row, column] = column % 2 ^ across[row]
        with cell:
            if left[row, column]:
                svg.line(-x, -y, -x, y, pen=thread)
            if above[row, column]:
                svg.line(-x, -y, x, -y, pen=thread)
    svg.rect(*svg.frame[:2], *svg.frame.size, pen=thread)
    side = np.logical_xor.accumulate(np.vstack([[False], above[1:, :1]]), axis=0)
    inside = np.logical_xor.accumulate(np.hstack([side, left[:, 1:]]), axis=1)
    for shade, ink in zip((inside, ~inside), inks):
        number = label(shade)[0]
        tiny = shade & (np.bincount(number.ravel())[number] <= small)
        for cell in cells:
            if tiny[cell.row, cell.column]:
                svg.hatch(rectangle(cell.frame), max(0.7, cell.size / 6), pen=ink)


def _starts(rng: Rng, count: int, order: str, bias: float) -> Flags:
    """Return which rows begin over, the same from both edges; where they take turns there are stairs."""
    number = np.arange(count)
    # Rows that all begin alike leave nothing but squares.
    bias = np.clip(bias, 0.25, 0.75)
    pitch = rng.uniform(3, 8)
    if order == "in blocks":
        turned = (rng.random(count) < bias)[number // 4]
    else:
        way = number**1.5 / 3 if order == "ever nearer" else number
        turned = (way / pitch + rng.random()) % 2 < 2 * bias
    if order == "in pairs":
        turned ^= number % 9 < 2
    over = np.logical_xor(number % 2, turned)
    return np.where(number < count / 2, over, over[::-1])
