"""One row of cells after another."""

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
Whole = NDArray[np.int64]


@sketch
def automaton(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    rule: Annotated[int, Interval(ge=0, le=255), doc("Wolfram's number of the rule")] = 30,
    cells: Annotated[int, Interval(ge=15, le=150), doc("Cells in a row")] = 91,
    start: Annotated[Literal["one cell", "chance"], doc("The first row")] = "one cell",
    strokes: Annotated[int, Interval(ge=1, le=4), doc("Lines through each living cell")] = 2,
    accent: Annotated[int, Interval(ge=1, le=12), doc("Cells in a row that make a run red")] = 4,
) -> None:
    """A cloth woven row by row, each cell from the three above it.

    The elementary cellular automata of Stephen Wolfram, Statistical mechanics of cellular automata,
    1983.
    """
    cells = at_most(cells, svg.frame.width, 0.7)
    side = svg.frame.width / cells
    rows = max(1, int(svg.frame.height / side + 1e-9))
    alive = _history(_first(rng, cells + 2 * rows, start), rule, rows)[:, rows : rows + cells]
    corner = np.array([svg.frame.x0, svg.frame.cy - rows * side / 2])
    strokes = at_most(strokes, side, 0.6)
    row, begin, end = _runs(alive)
    for name, color, chosen in (
        ("cells", "#1b1b1b", end - begin < accent),
        ("long runs", "#b3402a", end - begin >= accent),
    ):
        with svg.layer(name, color=color, width=0.35):
            lines = _strokes(row[chosen], begin[chosen], end[chosen], strokes)
            svg.polylines(lines * side + corner)


def _first(rng: np.random.Generator, count: int, start: str) -> Bits:
    if start == "chance":
        return rng.random(count) < 0.5
    return np.asarray(np.arange(count) == count // 2)


def _history(row: Bits, rule: int, rows: int) -> Bits:
    """Return (rows, cells): `row` and what comes of it, its ends joined."""
    born = np.array([(rule >> number) & 1 for number in range(8)], dtype=bool)
    history = [row]
    while len(history) < rows:
        code = 4 * np.roll(row, 1) + 2 * row + np.roll(row, -1)
        row = born[code]
        history.append(row)
    return np.array(history)


def _strokes(row: Whole, start: Whole, end: Whole, strokes: int) -> Points:
    """Return (n, 2, 2): `strokes` level lines through each run of living cells."""
    height = (np.arange(strokes)[:, None] + 0.5) / strokes
    y = row + height
    # The ends stay clear of the next cell by as much as the lines of each other.
    inset = 0.5 / strokes
    left, right = np.broadcast_to(start + inset, y.shape), np.broadcast_to(end - inset, y.shape)
    ends = np.stack([np.stack([left, y], axis=-1), np.stack([right, y], axis=-1)], axis=-2)
    return ends.reshape(-1, 2, 2)


def _runs(cells: Bits) -> tuple[Whole, Whole, Whole]:
    """Return row, start and end of each unbroken run of True."""
    padded = np.zeros((len(cells), cells.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = cells
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    return row, start, np.nonzero(change == -1)[1]
