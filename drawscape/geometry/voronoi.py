"""Voronoi cells, the Delaunay triangles of points, and Lloyd's relaxation."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Ints, Lines, Points, as_floats, as_points, check_whole
from drawscape.geometry.regions import (
    Area,
    Frame,
    bounds_of,
    depth_in,
    from_shapely,
    polygons,
    rectangle,
    rings,
)

_OUTWARD = np.array([[1.0, 0.3], [-0.3, 1.0], [-1.0, -0.3], [0.3, -1.0]])


@dataclass(frozen=True, eq=False)
class Cells:
    """Voronoi cells: closed `rings`, and for each ring the index of the point that `owner` names.

    A point that repeats an earlier one, or lies far outside, has none.
    """

    rings: Lines
    owner: Ints


def cells(points: ArrayLike, area: Area) -> Cells:
    """Return the Voronoi cells (1908) of `points`, (N, 2) in mm, within `area`.

    Rings are in the order of the points. (Qhull, in scipy; clipped by GEOS.)
    Raises GeometryError when a point is not finite.

    >>> cells([(25, 50), (75, 50)], (0, 0, 100, 100)).rings.lengths_mm
    array([300., 300.])
    """
    import shapely
    from scipy.spatial import Voronoi

    places = as_points(points)
    if not len(places):
        return Cells(Lines.empty(), np.empty(0, dtype=np.int64))
    source = np.sort(np.unique(places, axis=0, return_index=True)[1])
    corners = np.concatenate((places, rectangle(area)))
    low, high = corners.min(axis=0), corners.max(axis=0)
    # Four points that are so far out that every place in the area is nearer to a real one.
    far = (low + high) / 2.0 + 8.0 * np.hypot(*(high - low)) * _OUTWARD
    found = Voronoi(np.concatenate((places[source], far)))
    regions = [found.regions[region] for region in found.point_region[: len(source)]]
    if not all(regions):
        raise GeometryError("points are too close together for Voronoi cells; space them out")
    corners = found.vertices[np.fromiter(chain.from_iterable(regions), dtype=np.int64)]
    outlines = rings(Lines.from_counts(corners, [len(region) for region in regions]))
    inside = np.minimum.reduceat(depth_in(area, outlines.points), outlines.offsets[:-1]) >= 0
    cut = ~inside
    parts = shapely.intersection(polygons(outlines.take(cut)), shapely.box(*bounds_of(area)))
    clipped = [from_shapely(part) for part in parts]
    index = np.flatnonzero(cut)
    kept = Lines.join([outlines.take(~cut), *clipped])
    ids = np.concatenate((np.flatnonzero(~cut), np.repeat(index, [len(ring) for ring in clipped])))
    order = np.argsort(ids, kind="stable")
    return Cells(kept.take(order), source[ids[order]])


def triangles(points: ArrayLike) -> Ints:
    """Return the Delaunay triangles (1934) of `points`, (N, 2), as (T, 3) indices.

    Repeated points are used once. Fewer than three, or points on one line, have no triangles.
    (Qhull, in scipy.)
    """
    from scipy.spatial import Delaunay, QhullError

    places = as_points(points)
    try:
        found = Delaunay(places).simplices.astype(np.int64)
    except (QhullError, ValueError):  # all on one line, or none
        return np.empty((0, 3), dtype=np.int64)
    a, b, c = places[found.T]
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    # Rounding can leave slivers without area along a straight hull.
    flat = np.abs(ux * vy - uy * vx) <= 1e-14 * np.max(np.ptp(places, axis=0)) ** 2
    return found[~flat]


def edges(points: ArrayLike) -> Ints:
    """Return the edges of the Delaunay triangulation, each once, (E, 2) indices, lower one first.

    Points on one line are joined in their order along it. `points[edges(points)]` is an (E, 2, 2)
    array that `Lines.of` takes.
    """
    places = as_points(points)
    found = triangles(places)
    if not len(found):
        order = np.unique(places, axis=0, return_index=True)[1]
        pairs = np.column_stack((order[:-1], order[1:]))
    else:
        pairs = found[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    return np.unique(np.sort(pairs, axis=1), axis=0)


EVEN = ((1.0,),)
"""The density of points that are equally close everywhere."""

# Samples of the density for each point: fewer make the points settle on the sampling grid.
_SAMPLES_PER_POINT = 40
_MOST_SAMPLES = 400_000


def relax(
    points: ArrayLike, area: Area, *, iterations: int = 10, density: ArrayLike = EVEN
) -> Points:
    """Return `points`, (N, 2) in mm, each moved to the centroid of its cell, `iterations` times.

    They spread evenly in `area` (Lloyd 1957), or by `density` (Secord 2002). That is (rows, columns) from 0,
    stretched over `area` with row 0 at the top. A point without any density in its cell stays.
    Raises GeometryError when `iterations` or a density is negative, or all densities are 0.

    >>> points = np.random.default_rng(7).uniform(0, 100, (20, 2))
    >>> relax(points, (0, 0, 100, 100), iterations=5).shape
    (20, 2)
    """
    check_whole(0, iterations=iterations)
    places = as_points(points).copy()
    if not len(places):
        return places
    from scipy.spatial import cKDTree

    samples, weights = _samples(_checked(density), bounds_of(area), len(places))
    for _ in range(iterations):
        nearest = cKDTree(places).query(samples, workers=-1)[1]
        mass, *sums = (
            np.bincount(nearest, weights=weights * by, minlength=len(places))
            for by in (1.0, *samples.T)
        )
        some = mass > 0.0  # a point without any density stays
        places[some] = np.column_stack(sums)[some] / mass[some, None]
    return places


def scatter(
    rng: np.random.Generator, count: int, area: Area, *, density: ArrayLike = EVEN
) -> Points:
    """Return `count` random points in `area`, (count, 2) in mm, more where `density` is higher.

    `density` and errors are those of `relax`.

    >>> right = np.array([[0, 1]])
    >>> points = scatter(np.random.default_rng(7), 200, (0, 0, 100, 100), density=right)
    >>> bool(points[:, 0].min() >= 50)
    True
    """
    check_whole(0, count=count)
    page = bounds_of(area)
    grid = _checked(density)
    # Darts at a flat cumulative sum, evenly spread over it, so that no tone is missed by chance.
    reach = np.cumsum(grid.ravel())
    darts = (np.arange(count) + rng.random(count)) / max(count, 1) * reach[-1]
    # Zeros are never hit: 'right' steps over cells that add nothing.
    cell = np.minimum(np.searchsorted(reach, darts, side="right"), np.flatnonzero(grid.ravel())[-1])
    rows, columns = np.divmod(cell, grid.shape[1])
    within = rng.random((count, 2))
    shares = (np.column_stack((columns, rows)) + within) / grid.shape[::-1]
    return page[:2] + shares * page.size


def stippled(
    rng: np.random.Generator, density: ArrayLike, area: Area, count: int, rounds: int
) -> Iterator[tuple[float, Points]]:
    """Yield in each round the fraction done and `count` points, spread more evenly each time.

    Points are as dense as `density`, (rows, columns) from 0, is over `area` (Adrian Secord, Weighted
    Voronoi stippling, 2002). Errors are those of `relax`.

    >>> rng, right = np.random.default_rng(7), np.array([[0, 1]])
    >>> [(share, len(points)) for share, points in stippled(rng, right, (0, 0, 100, 100), 50, 2)]
    [(0.5, 50), (1.0, 50)]
    """
    points = scatter(rng, count, area, density=density)
    for round_ in range(rounds):
        points = relax(points, area, iterations=1, density=density)
        yield (round_ + 1) / rounds, points


def _samples(grid: Floats, bounds: Frame, count: int) -> tuple[Points, Floats]:
    """Return places in `bounds` and the density at each, without those where it is 0."""
    wanted = min(max(count * _SAMPLES_PER_POINT, grid.size), _MOST_SAMPLES)
    pitch = np.sqrt(bounds.area / wanted)
    columns, rows = (max(int(np.ceil(side / pitch)), 1) for side in bounds.size)
    across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    weights = grid[
        np.ix_((down * grid.shape[0]).astype(np.int64), (across * grid.shape[1]).astype(np.int64))
    ]
    x, y = np.meshgrid(bounds.x0 + across * bounds.width, bounds.y0 + down * bounds.height)
    some = weights > 0.0
    return np.column_stack((x[some], y[some])), weights[some]


def _checked(density: ArrayLike) -> Floats:
    grid = as_floats(density)
    if grid.ndim != 2 or not grid.size or not np.isfinite(grid).all() or np.min(grid) < 0.0:
        raise GeometryError(f"density is a finite 2-D array from 0 up; this one is {grid.shape}")
    if not grid.any():
        raise GeometryError("density is 0 everywhere: there is no place for points")
    return grid
