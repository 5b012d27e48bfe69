"""A maze whose corridors follow a hidden shape."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Flags, Ints, Lines, Points
from drawscape.geometry.resample import resample
from drawscape.sketches import Share, sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Shape = Literal["rings", "rays", "waves", "none"]


@sketch
def maze(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    corridors: Annotated[int, Interval(ge=8, le=80), doc("Across the shorter side")] = 56,
    follow: Annotated[Shape, doc("What the corridors follow")] = "waves",
    strictness: Annotated[Share, doc("How closely they follow it")] = 0.25,
    swell: Annotated[Share, doc("How far hills and hollows bend the corridors")] = 0.9,
    solution: Annotated[bool, doc("Draw the way through in red")] = True,
) -> None:
    """A maze on a swelling cloth, with one way between any two places.

    A spanning tree by Joseph Kruskal (On the shortest spanning subtree of a graph, 1956), with
    weights that favour steps along rings, rays or waves. The way in is above, the way out below,
    where the way between them is the longest; hills of the cloth are in the manner of Victor
    Vasarely's Vega series (from 1968).
    """
    corridors = at_most(corridors, svg.frame.short, 1.2)
    side = svg.frame.short / corridors
    columns, rows = int(svg.frame.width / side + 1e-9), int(svg.frame.height / side + 1e-9)
    corner = np.array([svg.frame.cx - columns * side / 2, svg.frame.cy - rows * side / 2])
    across, down = _passages(rng, columns, rows, follow, strictness)
    way = _way(across, down)
    gaps = int(way[0, 0]), int(way[-1, 0])
    hills = _hills(rng, columns, rows)

    def place(lines: Points) -> Lines:
        even = resample(Lines.of(lines), 0.4)
        return even.with_points(_swollen(even.points, hills, swell, columns, rows) * side + corner)

    with svg.layer("walls", color="#1b1b1b", width=0.35):
        svg.polylines(place(_walls(across, down, gaps)))
    if solution:
        with svg.layer("way", color="#b3402a", width=0.6):
            svg.polylines(place((way + 0.5)[None]))


def _hills(rng: np.random.Generator, columns: int, rows: int) -> Points:
    """Return (n, 4): middle x and y, radius and height (negative in a hollow) of hills, in cells.

    None overlaps another or the border.
    """
    hills: list[tuple[float, float, float, float]] = []
    short = min(columns, rows)
    for radius in short * np.linspace(0.46, 0.14, 80):
        x, y = rng.uniform((radius, radius), (columns - radius, rows - radius))
        if all(np.hypot(x - u, y - v) > radius + r for u, v, r, _ in hills):
            hills.append((x, y, float(radius), rng.uniform(0.8, 1) * (-1) ** len(hills)))
    return np.array(hills)


def _swollen(points: Points, hills: Points, swell: float, columns: int, rows: int) -> Points:
    """Return the points moved away from the tops of hills, towards the floors of hollows."""
    moved = points.copy()
    for x, y, radius, height in hills:
        away = points - (x, y)
        share = np.hypot(*away.T) / radius
        inside = share < 1
        # Cells grow to more than three times their size on the top; further, and lines would fold over.
        grown = 1 + (2.3 if height > 0 else 0.8) * swell * height * (1 - share[inside]) ** 2
        moved[inside] = away[inside] * grown[:, None] + (x, y)
    return moved


def _passages(
    rng: np.random.Generator, columns: int, rows: int, follow: Shape, strictness: float
) -> tuple[Flags, Flags]:
    """Return where one can step right, (rows, columns - 1), and down, (rows - 1, columns)."""
    x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    heading = _heading(rng, x / columns, y / rows, columns / rows, follow)
    right = np.abs(np.sin(heading))[:, :-1]
    below = np.abs(np.cos(heading))[:-1]
    if follow == "none":
        strictness = 0.0
    weight_right = rng.random(right.shape) * (1 - strictness) + strictness * right
    weight_below = rng.random(below.shape) * (1 - strictness) + strictness * below
    cell = np.arange(rows * columns).reshape(rows, columns)
    start = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    end = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    order = np.argsort(np.concatenate([weight_right.ravel(), weight_below.ravel()]), kind="stable")
    kept = _spanning(start[order].tolist(), end[order].tolist(), rows * columns)
    open_ = np.zeros(len(start), dtype=bool)
    open_[order[kept]] = True
    return open_[: right.size].reshape(right.shape), open_[right.size :].reshape(below.shape)


def _heading(rng: np.random.Generator, x: Points, y: Points, ratio: float, follow: Shape) -> Points:
    """Return the corridors' direction at places 0 to 1 across and down, in radians."""
    centre = rng.uniform(0.35, 0.65, 2)
    away = np.arctan2(y - centre[1], (x - centre[0]) * ratio)
    if follow == "rings":
        return np.asarray(away + np.pi / 2)
    if follow == "rays":
        return np.asarray(away)
    a, b, c = rng.uniform(0, 2 * np.pi, 3)
    return np.asarray(a + 1.6 * np.sin(5 * y + b) + 1.6 * np.cos(5 * x * ratio + c))


def _spanning(starts: list[int], ends: list[int], count: int) -> list[int]:
    """Return the indices of the edges that join what was not yet joined, in the order given."""
    parent = list(range(count))

    def root(cell: int) -> int:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    kept = []
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        a, b = root(start), root(end)
        if a != b:
            parent[a] = b
            kept.append(index)
    return kept


def _walls(across: Flags, down: Flags, gaps: tuple[int, int]) -> Points:
    """Return (n, 2, 2): walls as long straight lines, in cells.

    `gaps` are the columns of the way in above and of the way out below.
    """
    rows, columns = len(across), down.shape[1]
    level = np.ones((rows + 1, columns), dtype=bool)
    level[1:-1] = ~down
    level[0, gaps[0]] = level[-1, gaps[1]] = False
    upright = np.ones((columns + 1, rows), dtype=bool)
    upright[1:-1] = ~across.T
    return np.concatenate([_runs(level), _runs(upright)[:, :, ::-1]])


def _runs(wall: Flags) -> Points:
    """Return (n, 2, 2): a line along each row for each unbroken run of True."""
    padded = np.zeros((len(wall), wall.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = wall
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    return np.stack([np.stack([start, row], -1), np.stack([end, row], -1)], 1).astype(float)


def _way(across: Flags, down: Flags) -> Points:
    """Return the longest way from above to below, (n, 2): upper left corners of its cells.

    The ways in and out are looked for in the middle three fifths of the first and the last row.
    """
    rows, columns = len(across), down.shape[1]
    inner = np.arange(columns // 5, max(columns - columns // 5, columns // 5 + 1))
    # From below to the farthest cell above, and back from there: in a tree no way is longer.
    first, _ = _tree(across, down, int(inner[len(inner) // 2]) + (rows - 1) * columns)
    top = int(inner[np.argmax(first[inner])])
    steps, came = _tree(across, down, top)
    cell = int(inner[np.argmax(steps[(rows - 1) * columns + inner])]) + (rows - 1) * columns
    cells = [cell]
    while cells[-1] != top:
        cells.append(int(came[cells[-1]]))
    through = np.array([(c % columns, c // columns) for c in reversed(cells)], dtype=float)
    return np.concatenate([[through[0] - (0, 0.5)], through, [through[-1] + (0, 0.5)]])


def _tree(across: Flags, down: Flags, start: int) -> tuple[Ints, Ints]:
    """Return for each cell the steps to `start` and the next cell on the way there."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    rows, columns = len(across), down.shape[1]
    cell = np.arange(rows * columns).reshape(rows, columns)
    a = np.concatenate([cell[:, :-1][across], cell[:-1][down]])
    b = np.concatenate([cell[:, 1:][across], cell[1:][down]])
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(cell.size, cell.size)).tocsr()
    order, came = breadth_first_order(graph, start, directed=False)
    steps = np.zeros(cell.size, dtype=np.int64)
    for index in order[1:].tolist():
        steps[index] = steps[came[index]] + 1
    return steps, np.asarray(came, dtype=np.int64)
