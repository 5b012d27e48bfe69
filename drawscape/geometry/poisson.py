"""Points and discs at random that keep their distance: Poisson-disc sampling."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Ints, Points, as_floats, check_whole
from drawscape.geometry.regions import (
    Area,
    Frame,
    RegionMask,
    bounds_of,
    cartesian,
    contains,
    polar,
)

Radius: TypeAlias = float | Callable[[Floats, Floats], ArrayLike]
"""A length in mm, or a function of x and y, (M,) each, that returns positive ones."""

_MOST_POINTS = 5_000_000
# Once darts all over add fewer points than this share, hardly a gap is left.
_NOT_WORTH_IT = 0.002


def poisson_disc(
    rng: np.random.Generator,
    area: Area,
    radius_mm: Radius,
    *,
    mask: RegionMask | None = None,
    tries: int = 30,
) -> Points:
    """Return random points in `area` that lie at least `radius_mm` apart and leave no gaps, (N, 2).

    `radius_mm` may be a function of x and y, (M,) each, that returns positive radii. Then two points
    lie at least the smaller of their radii apart. `mask` limits where points may be. `tries`
    new places around each point are tried before it is given up. (Bridson 2007, in batches.)
    Raises GeometryError when a radius is not positive, or so small that millions of points would
    fit, or `tries` is below 1.

    >>> points = poisson_disc(np.random.default_rng(7), (0, 0, 100, 100), 5)
    >>> bool(Nearest(points).query(points, 2)[0][:, 1].min() >= 5)
    True
    """
    bounds = bounds_of(area)
    check_whole(1, tries=tries)
    smallest = _smallest_radius(radius_mm, bounds)
    spacing = _Tree() if callable(radius_mm) else _CellGrid(bounds, smallest)

    def accepted(places: Points) -> tuple[Points, Flags]:
        free = bounds.contains(places)
        if mask is not None and len(places):
            some = places[free]
            free[free] = mask(*some.T) if callable(mask) else contains(mask, some)
        free[free] = spacing.free(places[free], _radii(radius_mm, places[free]))
        some = places[rng.permutation(np.flatnonzero(free))]
        chosen = some[spacing.thin(some, _radii(radius_mm, some))]
        spacing.add(chosen)
        return chosen, free

    count = int(min(_MOST_POINTS, max(1000.0, bounds.area / smallest**2)))
    points, filled = np.empty((0, 2)), False
    while not filled:
        # Darts all over: first to start from many places at once, later into gaps that are left.
        active = accepted(rng.uniform(bounds[:2], bounds[2:], (count, 2)))[0]
        filled = len(active) <= len(points) * _NOT_WORTH_IT
        found = [points, active]
        while len(active):
            parents = np.repeat(active, tries, axis=0)
            # One to two radii away, evenly by area.
            reach = _radii(radius_mm, parents) * np.sqrt(rng.uniform(1.0, 4.0, len(parents)))
            turns = rng.uniform(0.0, 2.0 * np.pi, len(parents))
            new, free = accepted(parents + polar(reach, turns))
            found.append(new)
            # A parent with a free place stays: a neighbour may have taken just that place.
            active = np.concatenate((active[free.reshape(-1, tries).any(axis=1)], new))
        points = np.concatenate(found)
    return points


def discs_apart(
    rng: np.random.Generator, area: Area, radii: ArrayLike, *, apart: float = 1.0
) -> Floats:
    """Return discs in `area` that do not touch, (N, 3): middle x and y, and radius.

    Each of `radii`, in their order, is tried at one random place. It is left out where it touches an earlier
    disc, or is larger than `area`. Middles are more than `apart` times both radii away from each other.

    >>> discs = discs_apart(np.random.default_rng(7), (0, 0, 100, 100), np.linspace(30, 5, 40))
    >>> discs[:, 2].round(1).tolist()[:3]
    [30.0, 18.5, 13.3]
    """
    x0, y0, x1, y1 = page = bounds_of(area)
    discs, sizes = np.empty((0, 3)), np.ravel(as_floats(radii))
    for radius in sizes[2 * sizes <= page.short].tolist():
        x, y = rng.uniform((x0 + radius, y0 + radius), (x1 - radius, y1 - radius))
        if (np.hypot(*(discs[:, :2] - (x, y)).T) > apart * (discs[:, 2] + radius)).all():
            discs = np.vstack((discs, (x, y, radius)))
    return discs


def apart(points: Points, radius_mm: float) -> Ints:
    """Return indices of some of `points`, (N, 2), that lie at least `radius_mm` apart, rising.

    Earlier points go before later ones: one is left out only for an earlier one, kept or not, within
    the radius. (One round of Luby's maximal independent set, 1986.)
    """
    from scipy.spatial import cKDTree

    # Two points in one cell are too close: only the first can stay, and it stands for its cell.
    column, row = np.floor(points / (radius_mm / np.sqrt(2.0))).T
    first = np.sort(np.unique(column + 1j * row, return_index=True)[1])
    # A hair less, so that points just a radius apart stay.
    tree = cKDTree(points[first])
    pairs = tree.query_pairs(radius_mm * (1.0 - 1e-12), output_type="ndarray")
    return np.delete(first, pairs[:, 1])


# Cells of radius / sqrt(2) that a disc around a point of the middle cell can reach.
_NEIGHBOURS = [
    (i, j) for i in range(-2, 3) for j in range(-2, 3) if (i, j) != (0, 0) and abs(i * j) < 4
]


class _CellGrid:
    """One radius: cells so small that each holds one point."""

    def __init__(self, bounds: Frame, radius: float) -> None:
        self._radius = radius
        self._origin = np.array(bounds[:2])
        self._cell = radius / np.sqrt(2.0)
        columns, rows = (bounds.size / self._cell).astype(np.int64) + 5
        self._width = columns
        # Empty cells hold a point so far away that it is never in the way.
        self._held = np.full(columns * rows, 1e30 + 0j)
        self._reach = np.array([dy * columns + dx for dx, dy in (*_NEIGHBOURS, (0, 0))])

    def free(self, places: Points, radii: Floats) -> Flags:
        free = np.ones(len(places), dtype=bool)
        at = self._cells(places)
        z = places.view(complex)[:, 0]
        left = np.arange(len(places))
        # The nearest cells rule out most places, so the others are asked for few.
        for offset in self._reach[np.argsort(np.abs(self._reach), kind="stable")]:
            gap = self._held[at[left] + offset] - z[left]
            near = gap.real**2 + gap.imag**2 < self._radius**2
            free[left[near]] = False
            left = left[~near]
        return free

    def thin(self, places: Points, radii: Floats) -> Ints:
        return apart(places, self._radius)

    def add(self, places: Points) -> None:
        self._held[self._cells(places)] = places.view(complex)[:, 0]

    def _cells(self, places: Points) -> Ints:
        at = ((places - self._origin) / self._cell).astype(np.int64) + 2
        return np.asarray(at[:, 1] * self._width + at[:, 0])


class _Tree:
    """Any radii: the nearest point decides."""

    def __init__(self) -> None:
        self._points: Points = np.empty((0, 2))

    def free(self, places: Points, radii: Floats) -> Flags:
        from scipy.spatial import cKDTree

        # Without any points yet, all are infinitely far.
        return np.asarray(cKDTree(self._points).query(places)[0] >= radii)

    def thin(self, places: Points, radii: Floats) -> Ints:
        from scipy.spatial import cKDTree

        kept = np.arange(len(places))
        while len(kept) > 1:
            distances, near = cKDTree(places[kept]).query(places[kept], k=2)
            # Where two points coincide, the tree may name the point itself second.
            own = np.arange(len(kept))
            other = np.where(near[:, 0] == own, near[:, 1], near[:, 0])
            close = distances[:, 1] < radii[kept]
            if not close.any():
                break
            # Of each pair too close the later goes.
            kept = np.delete(kept, np.maximum(own, other)[close])
        return kept

    def add(self, places: Points) -> None:
        self._points = np.concatenate((self._points, places))


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
