"""Points and discs at random that keep their distance: Poisson-disc sampling."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Ints, Points, as_floats
from drawscape.geometry.nearest import Nearest
from drawscape.geometry.regions import Area, Frame, bounds_of, cartesian, polar

Radius: TypeAlias = float | Callable[[Floats, Floats], ArrayLike]
"""A length in mm, or a function of x and y, (M,) each, that returns positive ones."""

_MOST_POINTS = 5_000_000
# Once darts all over add fewer points than this share, hardly a gap is left.
_NOT_WORTH_IT = 0.002
# New places around a point before it is given up.
_TRIES = 30


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
    >>> bool(Nearest(points).query(points, 2)[0][:, 1].min() >= 5)
    True
    """
    bounds = bounds_of(area)
    smallest = _smallest_radius(radius_mm, bounds)
    taken = np.empty((0, 2))

    def accepted(places: Points) -> tuple[Points, Flags]:
        nonlocal taken
        free = bounds.contains(places)
        inside = places[free]
        free[free] = Nearest(taken).distances(inside) >= _radii(radius_mm, inside)
        some = places[rng.permutation(np.flatnonzero(free))]
        chosen = some[_apart(some, _radii(radius_mm, some))]
        taken = np.concatenate((taken, chosen))
        return chosen, free

    count = int(min(_MOST_POINTS, max(1000.0, bounds.area / smallest**2)))
    points, filled = np.empty((0, 2)), False
    while not filled:
        # Darts all over: first to start from many places at once, later into gaps that are left.
        active = accepted(rng.uniform(bounds[:2], bounds[2:], (count, 2)))[0]
        filled = len(active) <= len(points) * _NOT_WORTH_IT
        found = [points, active]
        while len(active):
            parents = np.repeat(active, _TRIES, axis=0)
            # One to two radii away, evenly by area.
            reach = _radii(radius_mm, parents) * np.sqrt(rng.uniform(1.0, 4.0, len(parents)))
            turns = rng.uniform(0.0, 2.0 * np.pi, len(parents))
            new, free = accepted(parents + polar(reach, turns))
            found.append(new)
            # A parent with a free place stays: a neighbour may have taken just that place.
            active = np.concatenate((active[free.reshape(-1, _TRIES).any(axis=1)], new))
        points = np.concatenate(found)
    return points


def _apart(places: Points, radii: Floats) -> Ints:
    """Return which of the places keep their radius from each other; of two too close the later goes."""
    kept = np.arange(len(places))
    while len(kept) > 1:
        distances, near = Nearest(places[kept]).query(places[kept], 2)
        # Where two points coincide, the index may name the point itself second.
        own = np.arange(len(kept))
        other = np.where(near[:, 0] == own, near[:, 1], near[:, 0])
        close = distances[:, 1] < radii[kept]
        if not close.any():
            break
        kept = np.delete(kept, np.maximum(own, other)[close])
    return kept


def _radii(radius: Radius, places: Points) -> Floats:
    radii = radius(*places.T) if callable(radius) else radius
    return np.broadcast_to(as_floats(radii), (len(places),))


def _smallest_radius(radius: Radius, bounds: Frame) -> float:
    """Return the smallest radius on a coarse grid, once it is sure that memory will do."""
    x, y = map(np.linspace, bounds[:2], bounds[2:], (65, 65))
    radii = _radii(radius, cartesian(x, y[:, None]).reshape(-1, 2))
    smallest = float(np.min(radii))
    if not (smallest > 0.0 and np.isfinite(radii).all()):
        raise GeometryError(f"radius_mm={smallest!r}: give positive lengths")
    # A disc's share of the plane is at least r^2 / sqrt(2) in the densest packing possible.
    expected = bounds.area * float((1.0 / radii**2).mean())
    if expected > _MOST_POINTS:
        raise GeometryError(f"radius_mm={smallest!r} makes {expected:.3g} points; use more")
    return smallest
