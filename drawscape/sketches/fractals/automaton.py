"""One row of cells after another."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Flags, Floats
from drawscape.sketches import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

LIVELY = (18, 22, 26, 30, 45, 60, 73, 86, 89, 90, 101, 105, 106, 110, 124, 126, 129, 146, 150, 182)
"""Rules whose cloth is neither empty nor plain, for those who leave the choice to the seed."""


@sketch
def automaton(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    rule: Annotated[
        int | None, Interval(ge=0, le=255), doc("Wolfram's number; none: the seed picks one")
    ] = 22,
    cells: Annotated[int, Interval(ge=15, le=150), doc("Cells in a row")] = 96,
    start: Annotated[Literal["one cell", "chance"], doc("The first row")] = "chance",
    threads: Annotated[int, Interval(ge=1, le=6), doc("Threads to a cell")] = 3,
    reach: Annotated[
        float, Interval(ge=0.5, le=1), doc("How much of a cell a thread crosses before it dips")
    ] = 0.9,
    pens: Annotated[int, Interval(ge=1, le=2), doc("Colours of the threads")] = 2,
) -> None:
    """A woven cloth: the warp lies on top where cells live, the weft where they do not.

    The elementary cellular automata of Stephen Wolfram (Statistical mechanics of cellular automata,
    1983): a cell is born or not by the three above it. Woven as Joseph Marie Jacquard's loom (1804)
    would from the same holes in a card.
    """
    chosen = int(rng.choice(LIVELY)) if rule is None else rule
    cells = at_most(cells, svg.frame.width, 1.0)
    side = svg.frame.width / cells
    rows = max(1, int(svg.frame.height / side + 1e-9))
    # Lively rules take a while to leave the mark of the first row behind.
    warm = rows if start == "chance" else 0
    history = _history(_first(rng, cells + 2 * (rows + warm), start), chosen, rows + warm)
    alive = history[warm:, rows + warm : rows + warm + cells]
    corner = np.array([svg.frame.x0, svg.frame.cy - rows * side / 2])
    threads = at_most(threads, side, 0.5)
    weft, warp = _floats(~alive, threads, reach), _floats(alive.T, threads, reach)[..., ::-1]
    for number, (lines, color) in enumerate(((warp, "#14213d"), (weft, "#b3402a"))):
        with svg.layer(
            ("warp", "weft")[number], color=color if pens == 2 else "#14213d", width=0.35
        ):
            svg.polylines(lines * side + corner)


def _floats(on_top: Flags, threads: int, share: float) -> Floats:
    """Return (N, 2, 2): `threads` lines along each run of a row that lies on top, in cells.

    Each ends before its run does: of the last cell, `share` is left.
    """
    padded = np.pad(on_top, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    gap = (1 - share) / 2
    y = row[:, None] + (np.arange(threads) + 0.5) / threads
    x = np.broadcast_to(np.stack([start + gap, end - gap], axis=1)[:, None], (*y.shape, 2))
    return np.stack([x, np.broadcast_to(y[..., None], x.shape)], axis=-1).reshape(-1, 2, 2)


def _first(rng: np.random.Generator, count: int, start: str) -> Flags:
    if start == "chance":
        return rng.random(count) < 0.5
    return np.asarray(np.arange(count) == count // 2)


def _history(row: Flags, rule: int, rows: int) -> Flags:
    """Return (rows, cells): `row` and what comes of it, its ends joined."""
    born = np.array([(rule >> number) & 1 for number in range(8)], dtype=bool)
    history = [row]
    while len(history) < rows:
        code = 4 * np.roll(row, 1) + 2 * row + np.roll(row, -1)
        row = born[code]
        history.append(row)
    return np.array(history)
