"""A maze whose corridors follow a hidden shape."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Shape = Literal["rings", "rays", "waves", "none"]
Bits = NDArray[np.bool_]


@sketch
def maze(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    corridors: Annotated[int, Interval(ge=8, le=80), doc("Across the shorter side")] = 48,
    follow: Annotated[Shape, doc("What the corridors follow")] = "rings",
    strictness: Annotated[float, Interval(ge=0, le=1), doc("How closely they follow it")] = 0.75,
    solution: Annotated[bool, doc("Draw the way through in red")] = True,
) -> None:
    """A maze with one way between any two places, its corridors along rings, rays or waves.

    A spanning tree by Joseph Kruskal (On the shortest spanning subtree of a graph, 1956), with
    weights that favour steps along the shape. The way in is above, the way out below.
    """
    corridors = at_most(corridors, svg.frame.short, 1.2)
    side = svg.frame.short / corridors
    columns, rows = int(svg.frame.width / side + 1e-9), int(svg.frame.height / side + 1e-9)
    corner = np.array([svg.frame.cx - columns * side / 2, svg.frame.cy - rows * side / 2])
    across, down = _passages(rng, columns, rows, follow, strictness)
    with svg.layer("walls", color="#1b1b1b", width=0.35):
        svg.polylines(_walls(across, down) * side + corner)
    if solution:
        way = _way(across, down)
        with svg.layer("way", color="#b3402a", width=0.5):
            svg.polyline((way + 0.5) * side + corner)


def _passages(
    rng: np.random.Generator, columns: int, rows: int, follow: Shape, strictness: float
) -> tuple[Bits, Bits]:
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


def _walls(across: Bits, down: Bits) -> Points:
    """Return (n, 2, 2): walls as long straight lines, in cells, with a gap above and one below."""
    rows, columns = len(across), down.shape[1]
    level = np.ones((rows + 1, columns), dtype=bool)
    level[1:-1] = ~down
    level[0, 0] = level[-1, -1] = False
    upright = np.ones((columns + 1, rows), dtype=bool)
    upright[1:-1] = ~across.T
    return np.concatenate([_runs(level), _runs(upright)[:, :, ::-1]])


def _runs(wall: Bits) -> Points:
    """Return (n, 2, 2): a line along each row for each unbroken run of True."""
    padded = np.zeros((len(wall), wall.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = wall
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    return np.stack([np.stack([start, row], -1), np.stack([end, row], -1)], 1).astype(float)


def _way(across: Bits, down: Bits) -> Points:
    """Return the way from the gap above to the gap below, (n, 2): upper left corners of its
    cells.
    """
    rows, columns = len(across), down.shape[1]
    right, below = across.tolist(), down.tolist()
    came: dict[tuple[int, int], tuple[int, int]] = {(0, 0): (0, -1)}
    edge = [(0, 0)]
    while (columns - 1, rows - 1) not in came:
        x, y = edge.pop()
        for place, is_open in (
            ((x + 1, y), x + 1 < columns and right[y][x]),
            ((x - 1, y), x > 0 and right[y][x - 1]),
            ((x, y + 1), y + 1 < rows and below[y][x]),
            ((x, y - 1), y > 0 and below[y - 1][x]),
        ):
            if is_open and place not in came:
                came[place] = (x, y)
                edge.append(place)
    way = [(columns - 1, rows - 1)]
    while way[-1] != (0, 0):
        way.append(came[way[-1]])
    through = np.array(way[::-1], dtype=float)
    return np.concatenate([[(0, -0.5)], through, [through[-1] + (0, 0.5)]])
