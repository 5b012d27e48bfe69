"""A maze on a cloth that swells and sinks."""

from typing import Annotated, Any

import numpy as np
from annotated_types import Interval, doc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from drawscape.geometry import discs_apart, fit_count, grow_count, squares_in
from drawscape.geometry.lines import Flags, Floats, Lines, Points, resample
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

NARROWEST_MM = 1.2
"""Of a corridor where hills and hollows squeeze it: below that walls tangle."""


@sketch
def maze(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    corridors: Annotated[int, Interval(ge=8, le=80), doc("Across the shorter side")] = 52,
    strictness: Annotated[Share, doc("How closely corridors follow hidden waves")] = 0.3,
    swell: Annotated[Share, doc("How far hills and hollows bend the corridors")] = 0.9,
    solution: Annotated[bool, doc("Draw the way through")] = True,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A maze on a swelling cloth, with one way between any two places.

    A spanning tree by Joseph Kruskal (On the shortest spanning subtree of a graph, 1956). The way in
    is above, the way out below, where the way between them is the longest. The hills are in the
    manner of Victor Vasarely's Vega series (from 1968).
    """
    ink = inks(svg, palette, "#1b1b1b", "#b3402a")
    corridors = fit_count(grow_count(corridors, svg.frame), svg.frame.short, 1.2)
    side, columns, rows, corner = squares_in(svg.frame, corridors)
    tree = _tree(rng, columns, rows, strictness)
    way = _way(tree, columns, rows)
    hills = discs_apart(
        rng, (0, 0, columns, rows), min(columns, rows) * np.linspace(0.4, 0.12, 120)
    )
    # A hill is steepest at two thirds of its radius, a hollow in its middle.
    squeeze = swell * max(0.0, min(0.6, 1 - NARROWEST_MM / side))
    height = np.where(np.arange(len(hills)) % 2, -squeeze, 3 * squeeze)

    def place(lines: Points) -> Lines:
        even = resample(Lines.of(lines), 0.4)
        return even.with_points(_swollen(even.points, hills, height) * side + corner)

    walls = place(_walls(tree, columns, rows, way[[0, -1], 0].astype(int)))
    through = place((way + 0.5)[None]) if solution else Lines.empty()
    in_pens(svg, ink, [walls, through], width=(0.35, 0.6), names=("walls", "way"))


def _swollen(points: Points, hills: Floats, height: Floats) -> Points:
    """Return the points moved away from the tops of `hills`, (N, 3), towards the floors of hollows."""
    moved = points.copy()
    for (x, y, radius), high in zip(hills, height, strict=True):
        away = points - (x, y)
        share = np.hypot(*away.T) / radius
        inside = share < 1
        grown = 1 + high * (1 - share[inside]) ** 2
        moved[inside] = away[inside] * grown[:, None] + (x, y)
    return moved


def _tree(rng: np.random.Generator, columns: int, rows: int, strictness: float) -> Any:
    """Return the open steps from cell to cell, row by row, as a sparse graph."""
    cell = np.arange(rows * columns).reshape(rows, columns)
    y, x = (np.indices((rows, columns)) + 0.5) / rows
    a, b, c = rng.uniform(0, 2 * np.pi, 3)
    heading = a + 1.6 * np.sin(5 * y + b) + 1.6 * np.cos(5 * x + c)
    start = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    end = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    # A step against the waves is dear.
    against = np.abs(
        np.concatenate([np.sin(heading)[:, :-1].ravel(), np.cos(heading)[:-1].ravel()])
    )
    weight = rng.random(len(start)) * (1 - strictness) + strictness * against + 1e-9
    return minimum_spanning_tree(coo_array((weight, (start, end)), shape=(cell.size, cell.size)))


def _walls(tree: Any, columns: int, rows: int, gaps: Points) -> Points:
    """Return (n, 2, 2): walls as long straight lines, in cells, with `gaps` for the ways in and out."""
    level = np.ones((rows + 1, columns), dtype=bool)
    upright = np.ones((columns + 1, rows), dtype=bool)
    start, end = tree.nonzero()
    row, column = np.divmod(end, columns)
    down = end - start == columns
    level[row[down], column[down]] = False
    upright[column[~down], row[~down]] = False
    level[[0, -1], gaps] = False
    return np.concatenate([_runs(level), _runs(upright)[:, :, ::-1]])


def _runs(wall: Flags) -> Points:
    """Return (n, 2, 2): a line along each row for each unbroken run of True."""
    change = np.diff(np.pad(wall.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    return np.stack([np.stack([start, row], -1), np.stack([end, row], -1)], 1).astype(float)


def _way(tree: Any, columns: int, rows: int) -> Points:
    """Return the longest way through, (n, 2): upper left corners of its cells, from above to below."""
    # The ways in and out are in the middle three fifths of the first and the last row.
    inner = np.arange(columns // 5, max(columns - columns // 5, columns // 5 + 1))
    below = inner + (rows - 1) * columns
    # From below to the farthest cell above, and back from there: in a tree no way is longer.
    far = dijkstra(tree, False, int(below[len(below) // 2]), unweighted=True)
    top = int(inner[np.argmax(far[inner])])
    far, came = dijkstra(tree, False, top, return_predecessors=True, unweighted=True)
    cells = [int(below[np.argmax(far[below])])]
    while cells[-1] != top:
        cells.append(int(came[cells[-1]]))
    through = np.array([divmod(c, columns)[::-1] for c in reversed(cells)], dtype=float)
    return np.concatenate([[through[0] - (0, 0.5)], through, [through[-1] + (0, 0.5)]])
