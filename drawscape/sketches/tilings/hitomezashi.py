"""Stitches that know only on and off."""

from typing import Annotated

import numpy as np
from scipy.ndimage import label

from drawscape.geometry import Flags, fit_count, rectangle
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks


@sketch
def hitomezashi(
    svg: SVGBuilder,
    rng: Rng,
    *,
    stitches: Annotated[int, Slider(8, 60, "Across the page")] = 30,
    bias: Annotated[Fraction, "Fraction of rows that begin over"] = 0.5,
    small: Annotated[int, Slider(0, 60, "Cells of an island that is hatched, at most")] = 16,
    palette: Palette = "as designed",
) -> None:
    """Running stitches along every row and column, and the small islands that they fence in.

    Hitomezashi is a form of sashiko embroidery from Edo Japan; the mathematics is in Katherine
    Seaton and Carol Hayes, Mathematical specification of hitomezashi designs, 2023. The seed says
    in which order the rows begin.
    """
    palette = choose_inks(svg, palette, "tide", "plum", "kiln")
    thread, *inks = set_pens(svg, palette, TIDE[:3], width=(0.5, 0.3, 0.3))
    names = ("mirrored", "by chance", "in waves", "in blocks")
    order = choose(svg, "order", dict(zip(names, names, strict=True)))
    cells = [*svg.grid(fit_count(stitches, svg.frame.width, 2.5))]
    columns, rows = cells[-1].column + 1, cells[-1].row + 1
    across, down = (_starts(rng, count + 1, order, bias) for count in (rows, columns))
    # A cell is inside of an island when an odd number of stitches lie between it and the corner.
    left, above = np.zeros((rows, columns), dtype=bool), np.zeros((rows, columns), dtype=bool)
    for cell in cells:
        row, column, half = cell.row, cell.column, cell.size / 2
        left[row, column] = row % 2 ^ down[column]
        above[row, column] = column % 2 ^ across[row]
        with cell:
            if left[row, column]:
                svg.line(-half, -half, -half, half, pen=thread)
            if above[row, column]:
                svg.line(-half, -half, half, -half, pen=thread)
    start, end = cells[0].frame, cells[-1].frame
    svg.rect(start.x0, start.y0, end.x1 - start.x0, end.y1 - start.y0, pen=thread)
    side = np.logical_xor.accumulate(np.vstack([[False], above[1:, :1]]), axis=0)
    inside = np.logical_xor.accumulate(np.hstack([side, left[:, 1:]]), axis=1)
    for shade, ink in zip((inside, ~inside), inks, strict=True):
        number = label(shade)[0]
        tiny = shade & (np.bincount(number.ravel())[number] <= small)
        for cell in cells:
            if tiny[cell.row, cell.column]:
                svg.hatch(rectangle(cell.frame), max(0.9, cell.size / 5), pen=ink)


def _starts(rng: Rng, count: int, order: str, bias: float) -> Flags:
    """Return which rows begin over; where they take turns there are stairs."""
    stairs = np.arange(count) % 2 == 1
    if order == "in waves":
        wave = np.sin(np.arange(count) * rng.uniform(0.15, 0.9) + rng.uniform(0, 6.28))
        return np.asarray(np.logical_xor(stairs, wave > np.cos(np.pi * bias)))
    if order == "in blocks":
        return np.asarray(
            np.logical_xor(stairs, np.repeat(rng.random(count // 4 + 1) < bias, 4)[:count])
        )
    bits = rng.random(count) < bias
    return (
        np.where(np.arange(count) < count // 2, bits, bits[::-1]) if order == "mirrored" else bits
    )
