"""A maze whose corridors follow a figure."""

from typing import Annotated, Any

import numpy as np
from scipy.sparse import diags_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from drawscape.geometry import cartesian, fit_count, grow_count, squares_in
from drawscape.geometry.lines import Flags, Points
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose

NARROWEST_MM = 1.6  # of a corridor


@sketch
def maze(
    svg: SVGBuilder,
    rng: Rng,
    *,
    corridors: Annotated[int, Slider(8, 80, "Across the shorter side")] = 52,
    strictness: Annotated[Fraction, "How closely corridors follow the seed's figure"] = 0.6,
    solution: Annotated[bool, "Draw the way through"] = True,
    palette: Palette = "as designed",
) -> None:
    """A maze whose corridors run in rings, rays or waves, with one way between any two places.

    A spanning tree by Joseph Kruskal (On the shortest spanning subtree of a graph, 1956). The way out
    is below, the way in above, where the way between them is the longest. The seed says along
    which figure corridors prefer to run.
    """
    corridors = fit_count(grow_count(corridors, svg.frame), svg.frame.short, NARROWEST_MM, least=2)
    side, columns, rows, corner = squares_in(svg.frame, corridors)
    figures = {"rings": np.pi / 2, "rays": 0.0, "waves": None, "a spiral": np.pi / 4}
    turn = choose(svg, "figure", figures)
    tree = _tree(rng, columns, rows, strictness, turn)
    way = _way(tree, columns)
    walls = _walls(tree, columns, way[[0, -1], 0].astype(int))
    parts = [side * walls + corner, [side * (way + 0.5) + corner]][: 1 + solution]
    in_pens(svg, palette, TIDE[:2], parts, width=(0.35, 0.6))


def _tree(rng: Rng, columns: int, rows: int, strictness: float, turn: float | None) -> Any:
    """Return the open steps from cell to cell, row by row, as a sparse graph."""
    y, x = (np.indices((rows, columns)) + 0.5) / rows
    a, b, c = rng.uniform(0, 2 * np.pi, 3)
    heading = a + 1.6 * np.sin(5 * y + b) + 1.6 * np.cos(5 * x + c)
    if turn is not None:
        middle = rng.uniform(0.25, 0.75, 2) * (columns / rows, 1)
        heading = np.arctan2(y - middle[1], x - middle[0]) + turn
    # A step against the figure is dear, to the right as well as down.
    against = np.abs([np.sin(heading), np.cos(heading)])
    cost = rng.random(against.shape) * (1 - strictness) + strictness * against + 1e-9
    cost[0, :, -1] = 0  # no step
    right, down = cost.reshape(2, -1)
    steps = diags_array([right[:-1], down[:-columns]], offsets=[1, columns])
    return minimum_spanning_tree(steps)


def _walls(tree: Any, columns: int, gaps: Points) -> Points:
    """Return (n, 2, 2): walls as long straight lines, in cells, with `gaps` for the ways in and out."""
    right = np.append(tree.diagonal(1), 0).reshape(-1, columns)[:, :-1]
    down = tree.diagonal(columns).reshape(-1, columns)
    upright = np.pad(right == 0, ((0, 0), (1, 1)), constant_values=True)
    level = np.pad(down == 0, ((1, 1), (0, 0)), constant_values=True)
    level[[0, -1], gaps] = False
    return np.concatenate([_runs(level), _runs(upright.T)[:, :, ::-1]])


def _runs(wall: Flags) -> Points:
    """Return (n, 2, 2): a line along each row for each unbroken run of True."""
    flat = np.pad(wall, ((0, 0), (0, 1))).ravel()
    ends = np.flatnonzero(np.diff(flat, prepend=False)).reshape(-1, 2)
    return cartesian(*np.divmod(ends, wall.shape[1] + 1)[::-1]).astype(float)


def _way(tree: Any, columns: int) -> Points:
    """Return the way through, (n, 2): upper left corners of its cells, from above to below."""
    # From the middle below to the farthest cell above, which is not in a corner.
    out, inner = tree.shape[0] - columns // 2 - 1, np.arange(columns // 5, columns - columns // 5)
    far, came = dijkstra(tree, False, out, return_predecessors=True, unweighted=True)
    cells = [int(inner[np.argmax(far[inner])])]
    while cells[-1] != out:
        cells.append(int(came[cells[-1]]))
    way = cartesian(*np.divmod(cells, columns)[::-1]).astype(float)
    return np.concatenate([way[:1] - (0, 0.5), way, way[-1:] - (0, -0.5)])
