"""Points and discs at random that keep their distance: Poisson-disc sampling."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Ints, Points, as_floats
from drawscape.geometry.regions import Area, Frame, bounds_of, cartesian, polar

Radius = float | Callable[[Floats, Floats], ArrayLike]
"""A length in mm, or a function of x and y, (M,) each, that returns positive ones."""

_MOST_POINTS = 5_000_000
# Once darts over the whole area add fewer points than this share, hardly any gap is left.
_NOT_WORTH_IT = 0.005
# New places around a point in each round; a point is tried again while one of them is free.
_TRIES = 6


def poisson_disc(
    rng: np.random.Generator,
    area: Area,
    radius_mm: Radius,
) -> Points:
    """Return random points in `area` that lie at least `radius_mm` apart and leave no gaps, (N, 2).

    `radius_mm` may be a function of x and y, (M,) each, that returns positive radii. Then two points
    lie at least the smaller of their radii apart. (Bridson 2007, in batches.)
    Raises GeometryError when a radius is not positive, or so small that millions of points would fit.

    >>> points = poisson_disc(np.random.default_rng(7), (0, 0, 100, 100), 5)
    >>> 200 < len(points) < 320
    True
    """
    from scipy.spatial import cKDTree

    bounds = bounds_of(area)
    smallest = _smallest_radius(radius_mm, bounds)
    points = np.empty((0, 2))

    def accepted(places: Points) -> tuple[Points, Flags]:
        nonlocal points
        free = bounds.contains(places)
        inside = places[free]
        radii = _radii(radius_mm, inside)
        # Unbalanced trees are built in half the time, and queried only once.
        tree = cKDTree(points, balanced_tree=False, compact_nodes=False)
        limit = np.max(radii, initial=0.0)
        free[free] = tree.query(inside, distance_upper_bound=limit)[0] >= radii
        some = rng.permutation(places[free])
        new = some[_apart(some, _radii(radius_mm, some))]
        points = np.concatenate((points, new))
        return new, free

    count = int(min(_MOST_POINTS, max(1000.0, bounds.area / smallest**2)))
    while True:
        before = len(points)
        # Darts over the whole area: first to start from many places at once, later to fill gaps.
        active = accepted(rng.uniform(bounds[:2], bounds[2:], (count, 2)))[0]
        if len(active) <= before * _NOT_WORTH_IT:
            return points
        while len(active):
            parents = np.repeat(active, _TRIES, axis=0)
            # One to two radii away, evenly by area.
            reach = _radii(radius_mm, parents) * np.sqrt(rng.uniform(1.0, 4.0, len(parents)))
            turns = rng.uniform(0.0, 2.0 * np.pi, len(parents))
            new, free = accepted(parents + polar(reach, turns))
            # A parent with a free place stays: a neighbour may have taken just that place.
            active = np.concatenate((active[free.reshape(-1, _TRIES).any(axis=1)], new))


def _apart(places: Points, radii: Floats) -> Ints:
    """Return which of the places keep their radius from each other; of two too close, the later goes."""
    from scipy.spatial import cKDTree

    tree = cKDTree(places)
    one, other = tree.query_pairs(np.max(radii, initial=0.0), output_type="ndarray").T
    apart_mm = np.hypot(*(places[one] - places[other]).T)
    close = apart_mm < np.minimum(radii[one], radii[other])
    return np.delete(np.arange(len(places)), other[close])


def _radii(radius: Radius, places: Points) -> Floats:
    radii = radius(*places.T) if callable(radius) else radius
    return np.broadcast_to(as_floats(radii), (len(places),))


def _smallest_radius(radius: Radius, bounds: Frame) -> float:
    """Return the smallest radius on a coarse grid, after a check that memory is enough."""
    x, y = map(np.linspace, bounds[:2], bounds[2:], (65, 65))
    radii = _radii(radius, cartesian(x, y[:, None]).reshape(-1, 2))
    smallest = float(np.min(radii))
    if not (smallest > 0.0 and np.isfinite(radii).all()):
        raise GeometryError(f"radius_mm={smallest!r}: give positive lengths")
    # A disc's share of the plane is at least r^2 / sqrt(2) in the densest packing possible.
    expected = bounds.area * (1.0 / radii**2).mean()
    if expected > _MOST_POINTS:
        raise GeometryError(f"radius_mm={smallest!r} makes {expected:.3g} points; use more")
    return smallest
