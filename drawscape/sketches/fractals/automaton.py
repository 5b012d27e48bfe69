"""One row of cells after another."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Bits = NDArray[np.bool_]
Floats = NDArray[np.float64]

LIVELY = (18, 22, 26, 30, 45, 60, 73, 86, 89, 90, 101, 105, 106, 110, 124, 126, 129, 146, 150, 182)
"""Rules whose cloth is neither empty nor plain, for those who leave the choice to the seed."""


@sketch
def automaton(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    rule: Annotated[
        int | None, Interval(ge=0, le=255), doc("Wolfram's number; none: the seed picks one")
    ] = 126,
    cells: Annotated[int, Interval(ge=15, le=150), doc("Cells in a row")] = 72,
    start: Annotated[Literal["one cell", "chance"], doc("The first row")] = "chance",
    relief: Annotated[
        float, Interval(ge=0.2, le=1), doc("How far living cells lift a thread")
    ] = 0.8,
    softness: Annotated[float, Interval(ge=0, le=1), doc("How smoothly threads rise")] = 0.55,
    pens: Annotated[int, Interval(ge=1, le=2), doc("Colours of the threads")] = 1,
) -> None:
    """A cloth of threads, each lifted where the cells of its row live.

    The elementary cellular automata of Stephen Wolfram (Statistical mechanics of cellular automata,
    1983): a cell is born or not by the three above it. Each row is one line from edge to edge, so
    that the pen is lifted once a row.
    """
    chosen = int(rng.choice(LIVELY)) if rule is None else rule
    cells = at_most(cells, svg.frame.width, 1.0)
    side = svg.frame.width / cells
    rows = max(1, int(svg.frame.height / side + 1e-9))
    # Lively rules take a while to leave the mark of the first row behind.
    warm = rows if start == "chance" else 0
    history = _history(_first(rng, cells + 2 * (rows + warm), start), chosen, rows + warm)
    alive = history[warm:, rows + warm : rows + warm + cells]
    threads = _threads(alive, relief, softness, side, svg.frame.width)
    top = svg.frame.cy - rows * side / 2
    lines = [
        np.column_stack([x + svg.frame.x0, y + top + (row + 1) * side])
        for row, (x, y) in enumerate(threads)
    ]
    for pen, (name, color) in enumerate([("warp", "#14213d"), ("weft", "#b3402a")][:pens]):
        with svg.layer(name, color=color, width=0.35):
            svg.polylines(lines[pen::pens])


def _threads(
    alive: Bits, relief: float, softness: float, side: float, width: float
) -> list[tuple[Floats, Floats]]:
    """Return x and y of each row's line in mm, y upwards of its row where cells live."""
    steps = 10
    height = np.repeat(alive.astype(float), steps, axis=1)
    reach = max(1, round(softness * steps * 0.9))
    window = np.hanning(2 * reach + 1) if reach > 1 else np.ones(1)
    padded = np.pad(height, ((0, 0), (len(window) // 2, len(window) // 2)), mode="edge")
    smooth = np.array([np.convolve(row, window / window.sum(), mode="valid") for row in padded])
    x = np.linspace(0, width, smooth.shape[1])
    return [_bare(x, -relief * side * row) for row in smooth]


def _bare(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the line without points in the middle of straight stretches."""
    keep = np.ones(len(x), dtype=bool)
    keep[1:-1] = np.abs(y[:-2] - 2 * y[1:-1] + y[2:]) > 1e-9
    return x[keep], y[keep]


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
