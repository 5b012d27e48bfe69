"""Stitches that know only on and off."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Bits = NDArray[np.bool_]
Order = Literal["mirrored", "chance", "waves"]


@sketch
def hitomezashi(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    stitches: Annotated[int, Interval(ge=8, le=72), doc("Across the shorter side")] = 30,
    order: Annotated[Order, doc("How the rows decide to begin over or under")] = "mirrored",
    bias: Annotated[float, Interval(ge=0, le=1), doc("Share of rows that begin over")] = 0.5,
    filled: Annotated[bool, doc("Hatch every other island in red")] = True,
) -> None:
    """Running stitches along every row and column, and the islands that they fence in.

    Hitomezashi is a form of sashiko embroidery from Edo Japan; the mathematics is in Katherine
    Seaton and Carol Hayes, Mathematical specification of hitomezashi designs, 2023. Islands take
    two colours.
    """
    stitches = at_most(stitches, svg.frame.short, 1.2)
    side = svg.frame.short / stitches
    columns, rows = int(svg.frame.width / side + 1e-9), int(svg.frame.height / side + 1e-9)
    corner = np.array([svg.frame.cx - columns * side / 2, svg.frame.cy - rows * side / 2])
    across = _starts(rng, rows + 1, order, bias)
    down = _starts(rng, columns + 1, order, bias)
    over = (np.arange(columns) % 2 == 0) ^ across[:, None]
    under = (np.arange(rows)[:, None] % 2 == 0) ^ down
    with svg.layer("stitches", color="#1d3a6e", width=0.4):
        svg.polylines(_unit(over, (1, 0)) * side + corner)
        svg.polylines(_unit(under, (0, 1)) * side + corner)
    if filled:
        with svg.layer("islands", color="#c8553d", width=0.45):
            svg.polylines(_hatch(_islands(over, under)) * side + corner)


def _starts(rng: np.random.Generator, count: int, order: Order, bias: float) -> Bits:
    if order == "waves":
        wave = np.sin(np.arange(count) * rng.uniform(0.15, 0.9) + rng.uniform(0, 6.28))
        return np.asarray(wave > np.cos(np.pi * bias))
    bits = rng.random(count) < bias
    # A row's mirror image begins the other way when the number of stitches is odd.
    return bits if order == "chance" else np.where(np.arange(count) < count // 2, bits, bits[::-1])


def _unit(stitch: Bits, along: tuple[int, int]) -> Points:
    """Return (n, 2, 2): a line of length 1 `along` its axis for each stitch."""
    y, x = np.nonzero(stitch)
    start = np.stack([x, y], axis=-1)
    return np.stack([start, start + along], axis=1).astype(float)


def _islands(over: Bits, under: Bits) -> Bits:
    """Return which cells have the corner cell's opposite colour: each stitch crossed changes it."""
    down_the_side = np.logical_xor.accumulate(np.vstack([[False], over[1:-1, :1]]), axis=0)
    crossings = np.hstack([down_the_side, under[:, 1:-1]])
    return np.logical_xor.accumulate(crossings, axis=1)


def _hatch(cells: Bits) -> Points:
    """Return (n, 2, 2): four diagonals in each cell, of a hatch that runs on from cell to cell."""
    y, x = np.nonzero(cells)
    at = np.stack([x, y], axis=-1)[:, None, None, :]
    strokes = np.array(
        [
            [(0, 0.25), (0.25, 0)],
            [(0, 0.75), (0.75, 0)],
            [(0.25, 1), (1, 0.25)],
            [(0.75, 1), (1, 0.75)],
        ]
    )
    return np.asarray((at + strokes).reshape(-1, 2, 2))
