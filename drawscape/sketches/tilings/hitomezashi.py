"""Stitches that know only on and off."""

from typing import Annotated, Literal

import numpy as np
from scipy.ndimage import label

from drawscape.geometry import Flags, Points, fit_count, squares_in
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

PENS = {"stitches": "#1d3a6e", "small islands": "#c8553d", "islands": "#c9922e"}
StitchOrder = Literal["mirrored", "chance", "waves"]


@sketch
def hitomezashi(
    svg: SVGBuilder,
    rng: Rng,
    *,
    stitches: Annotated[int, Slider(8, 72, "Across the shorter side")] = 38,
    order: Annotated[StitchOrder, "How the rows decide to begin over or under"] = "mirrored",
    bias: Annotated[Fraction, "Fraction of rows that begin over"] = 0.5,
    filled: Annotated[bool, "Hatch every other island, by its size in two colours"] = True,
    small: Annotated[int, Slider(1, 60, "Cells of a small island, at most")] = 12,
    palette: Palette = "as designed",
) -> None:
    """Running stitches along every row and column, and the islands that they fence in.

    Hitomezashi is a form of sashiko embroidery from Edo Japan; the mathematics is in Katherine
    Seaton and Carol Hayes, Mathematical specification of hitomezashi designs, 2023. Islands take
    two colours; here one is the cloth, and the other is hatched, small islands against large ones.
    """
    stitches = fit_count(stitches, svg.frame.short, 2.2)
    side, columns, rows, corner = squares_in(svg.frame, stitches)
    across = _starts(rng, rows + 1, order, bias)
    down = _starts(rng, columns + 1, order, bias)
    over = (np.arange(columns) % 2 == 0) ^ across[:, None]
    under = (np.arange(rows)[:, None] % 2 == 0) ^ down
    # A hem all around: no island is left open.
    over[[0, -1]] = under[:, [0, -1]] = True
    parts = [np.concatenate([_unit(over, (1, 0)), _unit(under, (0, 1))])]
    if filled:
        # Hatch lines a pen's width and a gap apart, an even number to a cell.
        lines = 2 * max(1, round(side / 2.2))
        # Cells of the corner cell's opposite colour: each stitch crossed changes it.
        side_over = np.logical_xor.accumulate(np.vstack([[False], over[1:-1, :1]]), axis=0)
        islands = np.logical_xor.accumulate(np.hstack([side_over, under[:, 1:-1]]), axis=1)
        number = label(islands)[0]
        tiny = islands & (np.bincount(number.ravel())[number] <= small)
        # Small islands are hatched the other way.
        parts.append(_hatch(tiny[:, ::-1], lines) * (-1, 1) + (columns, 0))
        parts.append(_hatch(islands & ~tiny, lines))
    parts = [part * side + corner for part in parts]
    in_pens(svg, palette, PENS, parts, width=0.4)


def _starts(rng: Rng, count: int, order: StitchOrder, bias: float) -> Flags:
    if order == "waves":
        wave = np.sin(np.arange(count) * rng.uniform(0.15, 0.9) + rng.uniform(0, 6.28))
        return np.asarray(wave > np.cos(np.pi * bias))
    bits = rng.random(count) < bias
    # A row's mirror image begins the other way when the number of stitches is odd.
    return bits if order == "chance" else np.where(np.arange(count) < count // 2, bits, bits[::-1])


def _unit(stitch: Flags, along: tuple[int, int]) -> Points:
    """Return (n, 2, 2): a line of length 1 `along` its axis for each stitch."""
    start = np.argwhere(stitch)[:, ::-1]
    return np.stack([start, start + along], axis=1).astype(float)


def _hatch(cells: Flags, lines: int) -> Points:
    """Return (n, 2, 2): diagonals in each cell, `lines` to its side, that run on from cell to cell."""
    at = np.argwhere(cells)[:, None, None, ::-1]
    shares = (np.arange(lines) + 0.5) / lines
    above, below = [[(0, s), (s, 0)] for s in shares], [[(s, 1), (1, s)] for s in shares]
    return np.asarray((at + np.array(above + below)).reshape(-1, 2, 2))
