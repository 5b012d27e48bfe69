"""Nearest neighbours among points."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Ints, Points


class Nearest:
    """An index of `points`, (N, 2) in mm, that answers who is near (a k-d tree, Bentley 1975).

    >>> index = Nearest([(0, 0), (10, 0), (0, 10)])
    >>> index.within([(1, 1)], 3)
    (array([0]), array([0]))
    """

    def __init__(self, points: ArrayLike) -> None:
        from scipy.spatial import cKDTree

        self.points: Points = as_points(points)
        self._tree = cKDTree(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def query(self, places: ArrayLike, count: int = 1) -> tuple[Floats, Ints]:
        """Return distances in mm and indices of the `count` points nearest to each place.

        `places` is (P, 2); both results are (P, count), nearest first. Where there are fewer points,
        the distance is inf and the index is N. Raises GeometryError when `count` is below 1.
        """
        if count < 1:
            raise GeometryError(f"count={count!r}: ask for at least one neighbour")
        where = as_points(places)
        if not len(self) or not len(where):
            empty = (len(where), count)
            return np.full(empty, np.inf), np.full(empty, len(self), dtype=np.int64)
        distances, indices = self._tree.query(where, k=list(range(1, count + 1)))
        return distances, indices.astype(np.int64)

    def distances(self, places: ArrayLike) -> Floats:
        """Return how far each place, (P, 2), is from the nearest point, (P,) in mm."""
        return self.query(places)[0][:, 0]

    def within(self, places: ArrayLike, radius_mm: float) -> tuple[Ints, Ints]:
        """Return all pairs (place, point) at most `radius_mm` apart, as two index arrays."""
        where = as_points(places)
        found = self._tree.query_ball_point(where, radius_mm, return_sorted=True)
        counts = np.fromiter(map(len, found), dtype=np.int64, count=len(where))
        points = [np.asarray(some, dtype=np.int64) for some in found]
        index = np.concatenate([np.empty(0, dtype=np.int64), *points])
        return np.repeat(np.arange(len(where)), counts), index

    def pairs(self, radius_mm: float) -> Ints:
        """Return all pairs of points at most `radius_mm` apart, (K, 2), the lower index first."""
        found: Ints = self._tree.query_pairs(radius_mm, output_type="ndarray")
        return found[np.lexsort((found[:, 1], found[:, 0]))]


def as_points(points: ArrayLike) -> Points:
    """Return `points` as a finite (N, 2) float64 array. Raises GeometryError for anything else."""
    array = np.asarray(points, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise GeometryError(f"points are a finite (N, 2) array; this one is {array.shape}")
    return array
