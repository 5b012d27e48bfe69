"""A cluster of particles that wandered until they touched it."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints

Seedbed = Literal["point", "ground", "ring"]
Places = Floats
"""(N, 2), in diameters of a particle."""

WALKERS = 200
"""Particles that wander at once; they do not see each other until they stick."""

LOOSE = 24
"""Particles compared one by one before the search tree is built anew."""


class Cluster:
    """Particles that have stuck, each with the one that it touched, -1 for the first ones.

    A `point` grows outward, `ground` upward (towards smaller y) from a row of seeds `span` wide, a
    `ring` of radius `span` / 2 inward.
    """

    def __init__(
        self, rng: np.random.Generator, seedbed: Seedbed, particles: int, span: float
    ) -> None:
        self.rng, self.seedbed, self.span = rng, seedbed, span
        seeds = _seeds(seedbed, span)
        self.places = np.zeros((len(seeds) + particles, 2))
        self.places[: len(seeds)] = seeds
        self.parents = np.full(len(self.places), -1)
        self.seeds = self.count = len(seeds)
        self.full = False

    def grow(self, stickiness: float, tallest: float) -> Iterator[float]:
        """Let particles stick until all have or the cluster is `tallest`; yield the share done."""
        from scipy.spatial import cKDTree

        walkers = self._launched(WALKERS)
        tree, known = cKDTree(self.places[: self.count]), self.count
        while self.count < len(self.places) and not self.full:
            if self.count - known > LOOSE:
                tree, known = cKDTree(self.places[: self.count]), self.count
                yield self.count / len(self.places)
            gap, nearest = tree.query(walkers)
            gap, nearest = self._with_loose(walkers, gap, nearest, known)
            touching = gap < 1.05
            stuck = touching & (self.rng.random(len(walkers)) < stickiness)
            self._add(walkers[stuck], nearest[stuck], tallest)
            walkers = self._stepped(walkers, gap, touching)
            gone = stuck | self._strayed(walkers)
            walkers[gone] = self._launched(int(gone.sum()))
        self.places, self.parents = self.places[: self.count], self.parents[: self.count]

    def _with_loose(
        self,
        walkers: Places,
        gap: Floats,
        nearest: Ints,
        known: int,
    ) -> tuple[Floats, Ints]:
        loose = self.places[known : self.count]
        if not len(loose):
            return gap, nearest
        gaps = np.hypot(*(walkers[:, None] - loose[None]).transpose(2, 0, 1))
        closest = gaps.argmin(axis=1)
        nearer = gaps[np.arange(len(walkers)), closest] < gap
        return (
            np.where(nearer, gaps.min(axis=1), gap),
            np.where(nearer, known + closest, nearest),
        )

    def _add(self, walkers: Places, nearest: Ints, tallest: float) -> None:
        room = len(self.places) - self.count
        walkers, nearest = walkers[:room], nearest[:room]
        away = walkers - self.places[nearest]
        away /= np.maximum(np.hypot(*away.T), 1e-9)[:, None]
        new = slice(self.count, self.count + len(walkers))
        self.places[new] = self.places[nearest] + away
        self.parents[new] = nearest
        self.count += len(walkers)
        if len(walkers):
            self.full = bool(np.max(self._height(self.places[new])) > tallest)

    def _height(self, places: Places) -> Floats:
        """Return how far the cluster has grown at `places`."""
        if self.seedbed == "ground":
            return -places[:, 1]
        far: Floats = np.hypot(*places.T)
        return far if self.seedbed == "point" else self.span / 2 - far

    def _stepped(self, walkers: Places, gap: Floats, touching: Flags) -> Places:
        # A walker may go as far as the way is free in one step: the place on the circle is where it
        # would have crossed it first anyway.
        step = np.where(touching, 1.0, np.maximum(gap - 1.0, 0.05))
        angle = self.rng.uniform(0, 2 * np.pi, len(walkers))
        return np.asarray(walkers + step[:, None] * _unit(angle))

    def _strayed(self, walkers: Places) -> Flags:
        if self.seedbed == "ground":
            above = self._reach()
            strayed = (walkers[:, 1] < -2.5 * above - 40) | (walkers[:, 1] > 1.0)
            walkers[:, 0] = (walkers[:, 0] + self.span / 2) % self.span - self.span / 2
            return np.asarray(strayed)
        far = np.hypot(*walkers.T)
        if self.seedbed == "ring":
            return np.asarray(far > self.span / 2 + 1.0)
        return np.asarray(far > 3.0 * self._reach() + 40)

    def _reach(self) -> float:
        return float(np.max(self._height(self.places[: self.count])))

    def _launched(self, count: int) -> Places:
        if self.seedbed == "ground":
            above = self._reach()
            x = self.rng.uniform(-self.span / 2, self.span / 2, count)
            return np.column_stack((x, np.full(count, -above - 4.0)))
        if self.seedbed == "ring":
            return self.rng.uniform(-0.5, 0.5, (count, 2))
        angle = self.rng.uniform(0, 2 * np.pi, count)
        return np.asarray((self._reach() + 4.0) * _unit(angle))


def _unit(angle: Floats) -> Places:
    return np.column_stack((np.cos(angle), np.sin(angle)))


def _seeds(seedbed: Seedbed, span: float) -> Places:
    if seedbed == "point":
        return np.zeros((1, 2))
    if seedbed == "ground":
        x = np.arange(-span / 2 + 0.5, span / 2, 1.0)
        return np.column_stack((x, np.zeros_like(x)))
    angle = np.arange(0, 2 * np.pi, 2.0 / span)
    return span / 2 * np.column_stack((np.cos(angle), np.sin(angle)))
