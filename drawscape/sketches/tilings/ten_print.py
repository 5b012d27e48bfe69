"""Diagonals by the toss of a coin."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

CLOSEST = 0.9
"""mm between the lines of a hatch, whatever was asked: closer ones only blot."""


@sketch
def ten_print(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    cells: Annotated[int, Interval(ge=4, le=40), doc("Cells across the shorter side")] = 14,
    strands: Annotated[int, Interval(ge=1, le=4), doc("Lines from each side of a cell")] = 4,
    drift: Annotated[
        float, Interval(ge=0, le=1), doc("0 tosses a fair coin; 1 goes from all \\ to all /")
    ] = 1.0,
    pens: Annotated[int, Interval(ge=1, le=2), doc("Colours: one for both slants, or two")] = 2,
) -> None:
    """A wall of slanted cells that turns from one slant to the other through a maze.

    10 PRINT CHR$(205.5+RND(1)); : GOTO 10, the one-line program of the Commodore 64 (User's Guide,
    1982; Montfort and others, 10 PRINT, 2012). With several strands each cell is hatched along its
    slant, and the hatches meet at the edges.
    """
    side = svg.frame.short / cells
    strands = at_most(strands, side * 0.7, CLOSEST)
    columns, rows = int(svg.frame.width / side + 1e-9), int(svg.frame.height / side + 1e-9)
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    along = (y + 0.5) / rows if rows >= columns else (x + 0.5) / columns
    chance = 0.5 + drift * (along - 0.5)
    rising = rng.random((rows, columns)) < chance
    corner = np.array([svg.frame.cx - columns * side / 2, svg.frame.cy - rows * side / 2])
    for pen, (name, color, chosen) in enumerate(
        [("falling", "#1b1b1b", ~rising), ("rising", "#b3402a", rising)]
    ):
        at = np.stack([x[chosen], y[chosen]], axis=-1)
        lines = (at[:, None, None, :] + _slanted(strands, pen == 1)) * side + corner
        with svg.layer(name if pens == 2 else "pen 1", color=color if pens == 2 else "#1b1b1b"):
            svg.polylines(lines.reshape(-1, 2, 2))


def _slanted(strands: int, rising: bool) -> Points:
    """Return (2 strands - 1, 2, 2): the hatch of a unit cell, down to the right or up to the
    right.
    """
    start = np.arange(1 - strands, strands) / strands
    low, high = np.maximum(0.0, start), np.minimum(1.0, 1 + start)
    ends = np.stack([np.stack([low, low - start], -1), np.stack([high, high - start], -1)], 1)
    if rising:
        ends[:, :, 1] = 1 - ends[:, :, 1]
    return ends
