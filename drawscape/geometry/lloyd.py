"""Points moved to the middle of what is nearest to them, evenly or by the darkness of a picture."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.area import Area, Bounds, bounds_of
from drawscape.geometry.lines import Floats, Points
from drawscape.geometry.nearest import as_points
from drawscape.geometry.voronoi import cells, centroids

# Samples of the density for each point: fewer make the points settle on the sampling grid.
_SAMPLES_PER_POINT = 40
_MOST_SAMPLES = 400_000


def relax(
    points: ArrayLike,
    area: Area,
    *,
    iterations: int = 10,
    density: ArrayLike | None = None,
) -> Points:
    """Return `points`, (N, 2) in mm, each moved to the centroid of its cell, `iterations` times.

    Evenly in `area` (Lloyd 1957), or weighted by `density`, (rows, columns) from 0, stretched over
    `area` with row 0 at the top (Secord 2002). A point without any density in its cell stays put.
    Raises GeometryError when `iterations` or a density is negative, or all of it is 0.

    >>> points = np.random.default_rng(7).uniform(0, 100, (20, 2))
    >>> relax(points, (0, 0, 100, 100), iterations=5).shape
    (20, 2)
    """
    if iterations < 0:
        raise GeometryError(f"iterations={iterations!r}: give 0 or more")
    places = as_points(points).copy()
    if not len(places):
        return places
    if density is None:
        for _ in range(iterations):
            found = cells(places, area)
            places[found.owner] = centroids(found.rings)
        return places
    samples, weights = _samples(_checked(density), bounds_of(area), len(places))
    for _ in range(iterations):
        places = _towards(places, samples, weights)
    return places


def scatter(
    rng: np.random.Generator, count: int, area: Area, *, density: ArrayLike | None = None
) -> Points:
    """Return `count` random points in `area`, (count, 2) in mm, more where `density` is higher.

    `density` and errors are those of `relax`.

    >>> right = np.array([[0, 1]])
    >>> points = scatter(np.random.default_rng(7), 200, (0, 0, 100, 100), density=right)
    >>> bool(points[:, 0].min() >= 50)
    True
    """
    if count < 0:
        raise GeometryError(f"count={count!r}: give 0 or more")
    x0, y0, x1, y1 = bounds_of(area)
    if density is None:
        return rng.uniform((x0, y0), (x1, y1), (count, 2))
    grid = _checked(density)
    # Darts at a flat cumulative sum; evenly spread over it, so that no tone is short by chance.
    reach = np.cumsum(grid.ravel())
    darts = (np.arange(count) + rng.random(count)) / max(count, 1) * reach[-1]
    # Weighted zeros are never hit: 'right' steps over cells that add nothing.
    cell = np.minimum(np.searchsorted(reach, darts, side="right"), np.flatnonzero(grid.ravel())[-1])
    rows, columns = np.divmod(cell, grid.shape[1])
    within = rng.random((count, 2))
    shares = (np.column_stack((columns, rows)) + within) / grid.shape[::-1]
    return np.array([x0, y0]) + shares * (x1 - x0, y1 - y0)


def _towards(places: Points, samples: Points, weights: Floats) -> Points:
    from scipy.spatial import cKDTree

    nearest = cKDTree(places).query(samples, workers=-1)[1]
    mass = np.bincount(nearest, weights=weights, minlength=len(places))
    sums = [
        np.bincount(nearest, weights=weights * axis, minlength=len(places)) for axis in samples.T
    ]
    moved = np.column_stack(sums) / np.where(mass > 0.0, mass, 1.0)[:, None]
    return np.where((mass > 0.0)[:, None], moved, places)


def _samples(grid: Floats, bounds: Bounds, count: int) -> tuple[Points, Floats]:
    """Return places in `bounds` and the density at each, without those where it is 0."""
    x0, y0, x1, y1 = bounds
    wanted = min(max(count * _SAMPLES_PER_POINT, grid.size), _MOST_SAMPLES)
    pitch = np.sqrt((x1 - x0) * (y1 - y0) / wanted)
    columns, rows = (max(int(np.ceil(side / pitch)), 1) for side in (x1 - x0, y1 - y0))
    across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    weights = grid[
        np.ix_((down * grid.shape[0]).astype(np.int64), (across * grid.shape[1]).astype(np.int64))
    ]
    x, y = np.meshgrid(x0 + across * (x1 - x0), y0 + down * (y1 - y0))
    some = weights > 0.0
    return np.column_stack((x[some], y[some])), weights[some]


def _checked(density: ArrayLike) -> Floats:
    grid = np.asarray(density, dtype=np.float64)
    if grid.ndim != 2 or not grid.size or not np.isfinite(grid).all() or np.min(grid) < 0.0:
        raise GeometryError(f"density is a finite 2-D array from 0 up; this one is {grid.shape}")
    if not grid.any():
        raise GeometryError("density is 0 everywhere: there is no place for points")
    return grid
