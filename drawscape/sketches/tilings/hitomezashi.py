"""Stitches that know only on and off."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Flags, Ints, Points
from drawscape.geometry.placing import fit_count
from drawscape.sketches import sketch
from drawscape.sketches.palette import AS_DESIGNED, Palette, inks
from drawscape.svg_builder import SVGBuilder

Order = Literal["mirrored", "chance", "waves"]


@sketch
def hitomezashi(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    stitches: Annotated[int, Interval(ge=8, le=72), doc("Across the shorter side")] = 44,
    order: Annotated[Order, doc("How the rows decide to begin over or under")] = "mirrored",
    bias: Annotated[float, Interval(ge=0, le=1), doc("Share of rows that begin over")] = 0.5,
    filled: Annotated[bool, doc("Hatch every other island, by its size in two colours")] = True,
    small: Annotated[int, Interval(ge=1, le=60), doc("Cells of a small island, at most")] = 12,
    palette: Palette = AS_DESIGNED,
) -> None:
    """Running stitches along every row and column, and the islands that they fence in.

    Hitomezashi is a form of sashiko embroidery from Edo Japan; the mathematics is in Katherine
    Seaton and Carol Hayes, Mathematical specification of hitomezashi designs, 2023. Islands take
    two colours; here one is the cloth, and the other is hatched, small islands against large ones.
    """
    ink = inks(svg, palette, "#1d3a6e", "#c8553d", "#c9922e")
    stitches = fit_count(stitches, svg.frame.short, 2.2)
    side = svg.frame.short / stitches
    columns, rows = int(svg.frame.width / side + 1e-9), int(svg.frame.height / side + 1e-9)
    corner = np.array([svg.frame.cx - columns * side / 2, svg.frame.cy - rows * side / 2])
    across = _starts(rng, rows + 1, order, bias)
    down = _starts(rng, columns + 1, order, bias)
    over = (np.arange(columns) % 2 == 0) ^ across[:, None]
    under = (np.arange(rows)[:, None] % 2 == 0) ^ down
    # A hem all around: no island is left open.
    over[[0, -1]] = under[:, [0, -1]] = True
    with svg.layer("stitches", color=ink[0], width=0.4):
        svg.polylines(_unit(over, (1, 0)) * side + corner)
        svg.polylines(_unit(under, (0, 1)) * side + corner)
    if filled:
        # Hatch lines a pen's width and a gap apart, an even number to a cell.
        lines = 2 * max(1, round(side / 2.2))
        islands = _islands(over, under)
        tiny = islands & (_areas(islands) <= small)
        for name, cells, color in (
            ("small islands", tiny, ink[1]),
            ("islands", islands & ~tiny, ink[2]),
        ):
            with svg.layer(name, color=color, width=0.4):
                hatched = _hatch(cells if name == "islands" else cells[:, ::-1], lines)
                if name != "islands":
                    hatched = hatched * (-1, 1) + (columns, 0)
                svg.polylines(hatched * side + corner)


def _areas(cells: Flags) -> Ints:
    """Return for each cell how many cells its island has; cells touch by their sides."""
    from scipy.ndimage import label

    island, _ = label(cells)
    return np.asarray(np.bincount(island.ravel())[island])


def _starts(rng: np.random.Generator, count: int, order: Order, bias: float) -> Flags:
    if order == "waves":
        wave = np.sin(np.arange(count) * rng.uniform(0.15, 0.9) + rng.uniform(0, 6.28))
        return np.asarray(wave > np.cos(np.pi * bias))
    bits = rng.random(count) < bias
    # A row's mirror image begins the other way when the number of stitches is odd.
    return bits if order == "chance" else np.where(np.arange(count) < count // 2, bits, bits[::-1])


def _unit(stitch: Flags, along: tuple[int, int]) -> Points:
    """Return (n, 2, 2): a line of length 1 `along` its axis for each stitch."""
    y, x = np.nonzero(stitch)
    start = np.stack([x, y], axis=-1)
    return np.stack([start, start + along], axis=1).astype(float)


def _islands(over: Flags, under: Flags) -> Flags:
    """Return which cells have the corner cell's opposite colour: each stitch crossed changes it."""
    down_the_side = np.logical_xor.accumulate(np.vstack([[False], over[1:-1, :1]]), axis=0)
    crossings = np.hstack([down_the_side, under[:, 1:-1]])
    return np.logical_xor.accumulate(crossings, axis=1)


def _hatch(cells: Flags, lines: int) -> Points:
    """Return (n, 2, 2): diagonals in each cell, `lines` to its side, that run on from cell to cell."""
    y, x = np.nonzero(cells)
    at = np.stack([x, y], axis=-1)[:, None, None, :]
    share = (np.arange(lines) + 0.5) / lines
    zero, one = np.zeros(lines), np.ones(lines)
    above = np.stack([np.stack([zero, share], -1), np.stack([share, zero], -1)], axis=1)
    below = np.stack([np.stack([share, one], -1), np.stack([one, share], -1)], axis=1)
    return np.asarray((at + np.concatenate([above, below])).reshape(-1, 2, 2))
