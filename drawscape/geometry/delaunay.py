"""Delaunay triangulation of points."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Ints, Points
from drawscape.geometry.nearest import as_points


def triangles(points: ArrayLike) -> Ints:
    """Return the Delaunay triangles (1934) of `points`, (N, 2), as (T, 3) indices.

    Points that repeat are used once. Fewer than three, or all on one line, have no triangles.
    (Qhull, in scipy.)
    """
    from scipy.spatial import Delaunay

    places = as_points(points)
    if _on_one_line(places):
        return np.empty((0, 3), dtype=np.int64)
    found = Delaunay(places).simplices.astype(np.int64)
    corners = places[found]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    # Rounding can leave slivers without area along a straight hull.
    span = np.max(np.ptp(places, axis=0))
    flat = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) <= 1e-14 * span**2
    return np.asarray(found[~flat])


def edges(points: ArrayLike) -> Ints:
    """Return the edges of the Delaunay triangulation, each once, (E, 2) indices, lower one first.

    Points on one line are joined in their order along it. `points[edges(points)]` is an (E, 2, 2)
    array that `Lines.of` takes.
    """
    places = as_points(points)
    found = triangles(places)
    if not len(found):
        order = _along(places)
        pairs = np.column_stack((order[:-1], order[1:]))
    else:
        pairs = np.concatenate((found[:, [0, 1]], found[:, [1, 2]], found[:, [2, 0]]))
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _on_one_line(places: Points) -> bool:
    if len(places) < 3:
        return True
    centred = places - places.mean(axis=0)
    sizes = np.linalg.svd(centred, compute_uv=False)
    return bool(sizes[1] <= 1e-12 * sizes[0])


def _along(places: Points) -> Ints:
    """Return the indices of distinct points in their order along the line they lie on."""
    if len(places) < 2:
        return np.arange(len(places), dtype=np.int64)
    first = np.unique(places, axis=0, return_index=True)[1]
    return first.astype(np.int64)
