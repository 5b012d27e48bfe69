"""A maze whose corridors follow a hidden shape."""

from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Flags, Floats, Ints, Lines, Points, fit_count, squares_in
from drawscape.geometry.resample import resample
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

Shape = Literal["rings", "rays", "waves", "none"]

NARROWEST_MM = 1.2
"""Of a corridor where hills and hollows squeeze it: below that walls tangle."""


@sketch
def maze(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    corridors: Annotated[int, Interval(ge=8, le=80), doc("Across the shorter side")] = 52,
    follow: Annotated[Shape, doc("What the corridors follow")] = "waves",
    strictness: Annotated[Share, doc("How closely they follow it")] = 0.3,
    swell: Annotated[Share, doc("How far hills and hollows bend the corridors")] = 0.9,
    solution: Annotated[bool, doc("Draw the way through")] = True,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A maze on a swelling cloth, with one way between any two places.

    A spanning tree by Joseph Kruskal (On the shortest spanning subtree of a graph, 1956), with
    weights that favour steps along rings, rays or waves. The way in is above, the way out below,
    where the way between them is the longest. The hills are in the manner of Victor Vasarely's Vega
    series (from 1968).
    """
    ink = inks(svg, palette, "#1b1b1b", "#b3402a")
    corridors = fit_count(corridors, svg.frame.short, 1.2)
    side, columns, rows, corner = squares_in(svg.frame, corridors)
    steps, tree = _tree(rng, columns, rows, follow, strictness)
    way = _way(tree, columns, rows)
    hills = _hills(rng, columns, rows, swell * max(0.0, min(0.6, 1 - NARROWEST_MM / side)))

    def place(lines: Points) -> Lines:
        even = resample(Lines.of(lines), 0.4)
        return even.with_points(_swollen(even.points, hills) * side + corner)

    walls = place(_walls(steps, columns, rows, (int(way[0, 0]), int(way[-1, 0]))))
    through = place((way + 0.5)[None]) if solution else Lines.empty()
    in_pens(svg, ink, [walls, through], width=(0.35, 0.6), names=("walls", "way"))


def _hills(rng: np.random.Generator, columns: int, rows: int, squeeze: float) -> Floats:
    """Return (n, 4): middle x and y, radius and height (negative in a hollow) of hills, in cells.

    None overlaps another or the border, and none draws a corridor together by more than `squeeze`.
    """
    hills: list[tuple[float, float, float, float]] = []
    for radius in min(columns, rows) * np.linspace(0.46, 0.14, 80):
        x, y = rng.uniform((radius, radius), (columns - radius, rows - radius))
        if all(np.hypot(x - u, y - v) > radius + r for u, v, r, _ in hills):
            # A hill is steepest at two thirds of its radius, a hollow in its middle.
            height = 3 * squeeze if len(hills) % 2 == 0 else -squeeze
            hills.append((x, y, float(radius), height * rng.uniform(0.8, 1)))
    return np.array(hills)


def _swollen(points: Points, hills: Floats) -> Points:
    """Return the points moved away from the tops of hills, towards the floors of hollows."""
    moved = points.copy()
    for x, y, radius, height in hills:
        away = points - (x, y)
        share = np.hypot(*away.T) / radius
        inside = share < 1
        grown = 1 + height * (1 - share[inside]) ** 2
        moved[inside] = away[inside] * grown[:, None] + (x, y)
    return moved


def _tree(
    rng: np.random.Generator, columns: int, rows: int, follow: Shape, strictness: float
) -> tuple[Ints, Any]:
    """Return the open steps, (n, 2) numbers of two cells, and the same as a sparse graph."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    heading = _heading(rng, x / columns, y / rows, columns / rows, follow)
    strictness = 0.0 if follow == "none" else strictness
    cell = np.arange(rows * columns).reshape(rows, columns)
    start = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    end = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    against = np.concatenate(
        [np.abs(np.sin(heading))[:, :-1].ravel(), np.abs(np.cos(heading))[:-1].ravel()]
    )
    weight = rng.random(len(start)) * (1 - strictness) + strictness * against + 1e-9
    tree = minimum_spanning_tree(coo_array((weight, (start, end)), shape=(cell.size, cell.size)))
    found = tree.tocoo()
    return np.column_stack([found.row, found.col]).astype(np.int64), tree


def _heading(rng: np.random.Generator, x: Floats, y: Floats, ratio: float, follow: Shape) -> Floats:
    """Return the corridors' direction at places 0 to 1 across and down, in radians."""
    centre = rng.uniform(0.35, 0.65, 2)
    away = np.arctan2(y - centre[1], (x - centre[0]) * ratio)
    if follow in ("rings", "rays"):
        return np.asarray(away + (np.pi / 2 if follow == "rings" else 0))
    a, b, c = rng.uniform(0, 2 * np.pi, 3)
    return np.asarray(a + 1.6 * np.sin(5 * y + b) + 1.6 * np.cos(5 * x * ratio + c))


def _walls(steps: Ints, columns: int, rows: int, gaps: tuple[int, int]) -> Points:
    """Return (n, 2, 2): walls as long straight lines, in cells.

    `gaps` are the columns of the way in above and of the way out below.
    """
    level = np.ones((rows + 1, columns), dtype=bool)
    upright = np.ones((columns + 1, rows), dtype=bool)
    row, column = np.divmod(steps[:, 1], columns)
    down = steps[:, 1] - steps[:, 0] == columns
    level[row[down], column[down]] = False
    upright[column[~down], row[~down]] = False
    level[0, gaps[0]] = level[-1, gaps[1]] = False
    return np.concatenate([_runs(level), _runs(upright)[:, :, ::-1]])


def _runs(wall: Flags) -> Points:
    """Return (n, 2, 2): a line along each row for each unbroken run of True."""
    change = np.diff(np.pad(wall.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    return np.stack([np.stack([start, row], -1), np.stack([end, row], -1)], 1).astype(float)


def _way(tree: Any, columns: int, rows: int) -> Points:
    """Return the longest way from above to below, (n, 2): upper left corners of its cells.

    The ways in and out are looked for in the middle three fifths of the first and the last row.
    """
    from scipy.sparse.csgraph import dijkstra

    inner = np.arange(columns // 5, max(columns - columns // 5, columns // 5 + 1))
    below = inner + (rows - 1) * columns

    def steps_from(cell: int) -> tuple[Floats, Ints]:
        far, came = dijkstra(
            tree, directed=False, indices=cell, unweighted=True, return_predecessors=True
        )
        return far, came

    # From below to the farthest cell above, and back from there: in a tree no way is longer.
    top = int(inner[np.argmax(steps_from(int(below[len(below) // 2]))[0][inner])])
    far, came = steps_from(top)
    cells = [int(below[np.argmax(far[below])])]
    while cells[-1] != top:
        cells.append(int(came[cells[-1]]))
    through = np.array([divmod(c, columns)[::-1] for c in reversed(cells)], dtype=float)
    return np.concatenate([[through[0] - (0, 0.5)], through, [through[-1] + (0, 0.5)]])
