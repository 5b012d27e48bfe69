"""Lines whose ends meet become one line: as few pen lifts as the drawing allows."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Points as close as this are one point: below it, a join needs no stroke of its own.
_SAME_MM = 1e-6


def merge(lines: Lines, *, tolerance_mm: float = 0.05) -> Lines:
    """Return the lines with those joined whose ends lie within `tolerance_mm`, reversed where needed.

    The ends are nodes of a graph and the lines its edges; each of its components becomes as few trails
    as its nodes of odd degree allow (Euler 1736, Hierholzer 1873). Where ends do not quite meet, the
    gap is drawn. Empty lines are left out.
    Raises PlotError when the tolerance is negative or not finite.
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm >= 0):
        raise PlotError(f"tolerance_mm={tolerance_mm!r}: give a distance of 0 or more")
    lines = lines if (lines.counts > 1).all() else lines.take(lines.counts > 1)
    if len(lines) < 2:
        return lines
    nodes = meeting_points(np.stack((lines.starts, lines.ends), axis=1), tolerance_mm)
    steps, bounds = _trails(nodes)
    return _strung(lines, steps, bounds)


def meeting_points(ends: Floats, tolerance_mm: float) -> Ints:
    """Return for each line's ends (M, 2, 2) the node that they are: (M, 2), equal where they meet."""
    points = ends.reshape(-1, 2)
    # Exact coincidence is by far the most frequent, and needs no tree.
    places, same = _grid_cells(points, _SAME_MM)
    if tolerance_mm <= _SAME_MM:
        return same.reshape(-1, 2)
    return _clusters(points[places], tolerance_mm)[same].reshape(-1, 2)


def _grid_cells(points: Floats, cell_mm: float) -> tuple[Ints, Ints]:
    """Return the first point in each occupied cell, and the cell's number for each point."""
    cells = np.rint(points / cell_mm)
    cells -= cells.min(axis=0)
    width = cells[:, 0].max() + 1
    # A float64 holds whole numbers up to 2^53; beyond it (a metre at 1e-6 mm) sort by both columns.
    if width * (cells[:, 1].max() + 1) < 2**62:
        keys = cells[:, 1].astype(np.int64) * int(width) + cells[:, 0].astype(np.int64)
        _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    else:
        _, first, number = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    return first, number.reshape(-1)


def _clusters(points: Floats, tolerance_mm: float) -> Ints:
    """Return a node for each of the distinct points: those within the tolerance share one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(points, balanced_tree=False, compact_nodes=False).query_pairs(
        tolerance_mm, output_type="ndarray"
    )
    count = len(points)
    joins = (np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1]))
    labels = connected_components(coo_matrix(joins, shape=(count, count)), directed=False)[1]
    return _without_chains(points, labels.astype(np.int64), tolerance_mm)


def _without_chains(points: Floats, labels: Ints, tolerance_mm: float) -> Ints:
    """Return the labels with chains of near points taken apart: their ends lie far from each other."""
    count = int(np.max(labels)) + 1
    reach = np.zeros(count)
    for axis in (0, 1):
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(low, labels, points[:, axis])
        np.maximum.at(high, labels, points[:, axis])
        reach = np.maximum(reach, high - low)
    long = np.flatnonzero(reach[labels] > tolerance_mm)
    if not len(long):
        return labels
    nodes = labels.copy()
    # Cells of this size have diagonals of one tolerance.
    nodes[long] = count + _grid_cells(points[long], tolerance_mm / math.sqrt(2))[1]
    return nodes


def _trails(nodes: Ints) -> tuple[Ints, Ints]:
    """Return steps (`2 * line + backward`) of all trails, one behind the other, and where each begins."""
    graph = _Graph(nodes)
    degree = np.bincount(nodes.ravel())
    trails = []
    for node in np.flatnonzero(degree % 2).tolist():
        trail = graph.walk(node)
        if trail:
            trails.append(trail)
    trails = [graph.with_detours(trail) for trail in trails]
    for node in nodes[:, 0].tolist():
        trail = graph.walk(node)
        if trail:
            trails.append(graph.with_detours(trail))
    steps = np.array([step for trail in trails for step in trail], dtype=np.int64)
    bounds = np.cumsum([0, *map(len, trails)])
    return steps, bounds


class _Graph:
    """Which lines leave each node, and which of them are drawn."""

    def __init__(self, nodes: Ints) -> None:
        flat = nodes.ravel()
        order = np.argsort(flat, kind="stable")
        bounds = np.searchsorted(flat[order], np.arange(int(np.max(flat)) + 2)).tolist()
        leaving = order.tolist()
        # Steps are taken from the back: reversed, so that earlier lines come first.
        self._leaving = [leaving[low:high][::-1] for low, high in itertools.pairwise(bounds)]
        self._from = flat.tolist()
        self._drawn = [False] * len(nodes)

    def walk(self, node: int) -> list[int]:
        """Return steps from `node` on until no line is left to go on; they count as drawn."""
        trail: list[int] = []
        leaving, drawn, start_of = self._leaving, self._drawn, self._from
        while True:
            ways = leaving[node]
            while ways and drawn[ways[-1] >> 1]:
                ways.pop()
            if not ways:
                return trail
            step = ways.pop()
            drawn[step >> 1] = True
            trail.append(step)
            node = start_of[step ^ 1]

    def with_detours(self, trail: list[int]) -> list[int]:
        """Return the trail with every closed walk spliced in that begins at one of its nodes.

        Only even degrees may be left: then a walk ends where it began.
        """
        result = []
        waiting = trail[::-1]
        while waiting:
            step = waiting.pop()
            detour = self.walk(self._from[step]) if self._leaving[self._from[step]] else []
            if detour:
                waiting.append(step)
                waiting += detour[::-1]
            else:
                result.append(step)
        detour = self.walk(self._from[result[-1] ^ 1])
        return result + self.with_detours(detour) if detour else result


def _strung(lines: Lines, steps: Ints, bounds: Ints) -> Lines:
    """Return one line per trail; a point that a line shares with the one before it is there once."""
    which, backward = steps >> 1, steps & 1
    counts = lines.counts[which]
    first = np.where(backward, lines.ends[which].T, lines.starts[which].T).T
    last = np.where(backward, lines.starts[which].T, lines.ends[which].T).T
    joined = np.zeros(len(steps), dtype=bool)
    joined[1:] = np.hypot(*(first[1:] - last[:-1]).T) <= _SAME_MM
    joined[bounds[:-1]] = False
    kept = counts - joined
    offsets = np.concatenate(([0], np.cumsum(kept))).astype(np.int64)
    along = np.arange(offsets[-1]) - np.repeat(offsets[:-1], kept) + np.repeat(joined, kept)
    along = np.where(np.repeat(backward, kept) == 1, np.repeat(counts, kept) - 1 - along, along)
    points = lines.points[np.repeat(lines.offsets[:-1][which], kept) + along]
    return Lines(points, offsets[bounds])
