"""Nearest neighbours among points."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Floats, Ints, Points, as_points, check_whole

FEW = 600
"""Points up to which all distances are computed, which is faster than importing scipy."""


class Nearest:
    """An index of `points`, (N, 2) in mm, that finds near points (a k-d tree, Bentley 1975).

    >>> index = Nearest([(0, 0), (10, 0), (0, 10)])
    >>> index.query([(8, 1)])[1]
    array([[1]])
    """

    def __init__(self, points: ArrayLike) -> None:
        self.points = as_points(points)

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.points, balanced_tree=False, compact_nodes=False)

    def _are_few(self, places: Points) -> bool:
        return not len(places) or len(self) * max(len(places), FEW) <= FEW**2

    def query(self, places: ArrayLike, count: int = 1) -> tuple[Floats, Ints]:
        """Return distances in mm and indices of the `count` points nearest to each place.

        `places` is (P, 2); both results are (P, count), nearest first. If there are fewer points,
        the distance is inf and the index is N. Raises GeometryError when `count` is below 1.
        """
        check_whole(1, count=count)
        where = as_points(places)
        away = np.full((len(where), count), np.inf)
        found = np.full((len(where), count), len(self), dtype=np.int64)
        if self._are_few(where):
            squares, rows = _squares(where, self.points), np.arange(len(where))
            for nth in range(min(count, len(self))):
                near = squares.argmin(axis=1)
                away[:, nth], found[:, nth] = np.sqrt(squares[rows, near]), near
                squares[rows, near] = np.inf
        else:
            # In spatial order, the tree's data for one point is still cached for the next.
            # The order is by 256 x 256 squares, row by row: such numbers sort fastest.
            share = (where - where.min(axis=0)) / np.maximum(np.ptp(where, axis=0), 1e-9)
            column, row = (255 * share).astype(np.uint16).T
            order = np.argsort(row * np.uint16(256) + column, kind="stable")
            away[order], found[order] = self._tree.query(
                where[order], k=np.arange(1, count + 1), workers=-1 if len(where) > FEW else 1
            )
        return away, found

    def distances(self, places: ArrayLike) -> Floats:
        """Return how far each place, (P, 2), is from the nearest point, (P,) in mm."""
        return self.query(places)[0][:, 0]

    def pairs(self, radius_mm: float) -> Ints:
        """Return all pairs of points at most `radius_mm` apart, (K, 2), the lower index first."""
        if self._are_few(self.points):
            return np.argwhere(np.triu(_squares(self.points, self.points) <= radius_mm**2, k=1))
        found = self._tree.query_pairs(radius_mm, output_type="ndarray")
        return found[np.lexsort((found[:, 1], found[:, 0]))]


def _squares(places: Points, points: Points) -> Floats:
    """Return the square of how far each place is from each point, (P, N)."""
    dx, dy = map(np.subtract.outer, places.T, points.T)
    dx *= dx  # in place: new memory takes ten times as long
    dy *= dy
    return np.add(dx, dy, out=dx)
