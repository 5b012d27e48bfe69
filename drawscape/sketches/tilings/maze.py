"""A maze on a cloth that swells and sinks."""

from typing import Annotated, Any

import numpy as np
from scipy.sparse import diags_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from drawscape.geometry import cartesian, discs_apart, fit_count, grow_count, squares_in
from drawscape.geometry.lines import Flags, Lines, Points, resample
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

NARROWEST_MM = 1.2  # of a corridor, where hills and hollows squeeze it, too: below, walls tangle


@sketch
def maze(
    svg: SVGBuilder,
    rng: Rng,
    *,
    corridors: Annotated[int, Slider(8, 80, "Across the shorter side")] = 52,
    strictness: Annotated[Fraction, "How closely corridors follow hidden waves"] = 0.3,
    swell: Annotated[Fraction, "How far hills and hollows bend the corridors"] = 0.9,
    solution: Annotated[bool, "Draw the way through"] = True,
    palette: Palette = "as designed",
) -> None:
    """A maze on a swelling cloth, with one way between any two places.

    A spanning tree by Joseph Kruskal (On the shortest spanning subtree of a graph, 1956). The way out
    is below, the way in above, where the way between them is the longest. The hills are in the
    manner of Victor Vasarely's Vega series (from 1968).
    """
    corridors = fit_count(grow_count(corridors, svg.frame), svg.frame.short, NARROWEST_MM, least=2)
    side, columns, rows, corner = squares_in(svg.frame, corridors)
    tree = _tree(rng, columns, rows, strictness)
    way = _way(tree, columns)
    hills = discs_apart(rng, (0, 0, columns, rows), corridors * np.linspace(0.4, 0.1, 300))
    # A hill is steepest at two thirds of its radius, a hollow in its middle.
    height = np.where(np.arange(len(hills)) % 2, -1, 3) * swell * min(0.6, 1 - NARROWEST_MM / side)
    walls = _walls(tree, columns, way[[0, -1], 0].astype(int))
    cloth = resample(Lines.of([*walls, way + 0.5]), 0.4)
    moved = cloth.points.copy()
    for (x, y, radius), high in zip(hills, height, strict=True):
        away = cloth.points - (x, y)
        near = np.maximum(0, 1 - np.hypot(*away.T) / radius)
        moved += away * (high * near**2)[:, None]
    lines = cloth.with_points(moved * side + corner)
    pen = np.arange(len(cloth)) // len(walls)  # 0 for walls, 1 for the way, which comes last
    parts = [lines.take(pen == number) for number in range(1 + solution)]
    in_pens(svg, palette, {"walls": "#1b1b1b", "way": "#b3402a"}, parts, width=(0.35, 0.6))


def _tree(rng: Rng, columns: int, rows: int, strictness: float) -> Any:
    """Return the open steps from cell to cell, row by row, as a sparse graph."""
    y, x = (np.indices((rows, columns)) + 0.5) / rows
    a, b, c = rng.uniform(0, 2 * np.pi, 3)
    heading = a + 1.6 * np.sin(5 * y + b) + 1.6 * np.cos(5 * x + c)
    # A step against the waves is dear, to the right as well as down.
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
