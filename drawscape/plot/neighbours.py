"""Nearest points and connected parts: in numpy for few, since importing scipy takes longer than they do."""

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry.lines import Floats, Ints

FEW = 600
"""Points up to which all distances are looked at: a few hundredths of a second, scipy's import is a third."""


class Neighbours:
    """Points (N, 2) of which the nearest are asked for."""

    def __init__(self, points: Floats) -> None:
        self._points = points
        self._tree = None
        if len(points) > FEW:
            from scipy.spatial import cKDTree

            self._tree = cKDTree(points, balanced_tree=False, compact_nodes=False)

    def nearest(self, places: Floats, count: int) -> tuple[Floats, Ints]:
        """Return how far the `count` points nearest to each of `places` (M, 2) are, and which: (M, count).

        There must be as many points.
        """
        if self._tree is not None:
            # One after the other as they lie: what the tree reads for one is then at hand for the next.
            order = np.argsort(_squares(places), kind="stable")
            away, found = np.empty((len(places), count)), np.empty((len(places), count), np.int64)
            away[order], found[order] = self._tree.query(
                places[order], k=np.arange(1, count + 1), workers=-1 if len(places) > FEW else 1
            )
            return away, found
        gaps = np.hypot(*(places[:, None] - self._points).transpose(2, 0, 1))
        found = np.argsort(gaps, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(gaps, found, axis=1), found

    def pairs_within(self, distance: float) -> Ints:
        """Return the pairs of points no farther from each other than `distance`: (P, 2), the lower first."""
        if self._tree is not None:
            return np.asarray(self._tree.query_pairs(distance, output_type="ndarray"))
        gaps = np.hypot(*(self._points[:, None] - self._points).transpose(2, 0, 1))
        return np.argwhere(np.triu(gaps <= distance, k=1))


def _squares(places: Floats) -> NDArray[np.uint16]:
    """Return for each place in which of 256 x 256 squares it lies, row by row; such numbers sort fastest."""
    low = places.min(axis=0)
    column, row = ((places - low) * (255 / np.maximum(np.ptp(places, axis=0), 1e-9))).T
    squares: NDArray[np.uint16] = row.astype(np.uint16) * np.uint16(256) + column.astype(np.uint16)
    return squares


def components(count: int, one: Ints, two: Ints) -> Ints:
    """Return for each of `count` nodes the number of its part, where edges join `one` to `two`."""
    if count > FEW:
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        joins = (np.ones(len(one), dtype=np.int8), (one, two))
        labels = connected_components(coo_matrix(joins, shape=(count, count)), directed=False)[1]
        return np.asarray(labels, dtype=np.int64)
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in zip(one.tolist(), two.tolist(), strict=True):
        parent[root(a)] = root(b)
    roots = np.array([root(node) for node in range(count)], dtype=np.int64)
    return np.unique(roots, return_inverse=True)[1].reshape(-1)


def before_each(count: int, one: Ints, two: Ints, start: int) -> Ints:
    """Return the node before each of `count` on a shortest way from `start`; negative for none."""
    if count > FEW:
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import breadth_first_order

        joins = (np.ones(len(one), dtype=np.int8), (one, two))
        tree = coo_matrix(joins, shape=(count, count)).tocsr()
        return np.asarray(breadth_first_order(tree, start, directed=False)[1])
    beside: list[list[int]] = [[] for _ in range(count)]
    for a, b in zip(one.tolist(), two.tolist(), strict=True):
        beside[a].append(b)
        beside[b].append(a)
    before = [-1] * count
    row = [start]
    for node in row:
        for other in beside[node]:
            if before[other] < 0 and other != start:
                before[other] = node
                row.append(other)
    return np.array(before, dtype=np.int64)
