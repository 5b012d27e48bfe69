"""Branches that grow towards free space until none is left."""

from collections.abc import Iterator

import numpy as np

from drawscape.geometry import Flags, Floats, Ints, Points


class Colony:
    """Nodes a `step` apart that grow towards the attractors nearest to them.

    `attractors` is (A, 2), `roots` (R, 2); an attractor pulls from `influence` away and is used up
    within `reach`. `heading` is added to each direction. After `grow`, `nodes` (N, 2) and `parents`
    (N,) hold the tree; parents come first, roots have -1.
    """

    def __init__(
        self,
        attractors: Points,
        roots: Points,
        *,
        step: float,
        influence: float,
        reach: float,
        heading: Floats,
    ) -> None:
        self.attractors, self.heading = attractors, heading
        self.step, self.influence, self.reach = step, influence, reach
        self.nodes, self.parents = roots, np.full(len(roots), -1)
        self.nearest = np.zeros(len(attractors), dtype=np.int64)
        self.gap = np.full(len(attractors), np.inf)
        self._meet(0)

    def light_again(self, attractors: Points, reach: float) -> None:
        """Put `attractors` in the place of those left, each used up within `reach` from now on."""
        self.attractors, self.reach = attractors, reach
        self.nearest = np.zeros(len(attractors), dtype=np.int64)
        self.gap = np.full(len(attractors), np.inf)
        self._meet(0)

    def grow(self, rounds: int, most: int) -> Iterator[float]:
        """Grow for at most `rounds` rounds or `most` nodes; yield the share of light used."""
        whole = max(len(self.attractors), 1)
        for _ in range(rounds):
            self._use_up()
            added = self._sprouts()
            if not added or len(self.nodes) > most:
                return
            yield 1.0 - len(self.attractors) / whole

    def _use_up(self) -> None:
        left = self.gap > self.reach
        self.attractors, self.gap = self.attractors[left], self.gap[left]
        self.nearest = self.nearest[left]

    def _sprouts(self) -> int:
        """Add a node at each that is pulled; return how many."""
        pulling = self.gap < self.influence
        if not pulling.any() and len(self.attractors):
            # Nothing is near yet: the node nearest to any attractor grows towards it.
            pulling = self.gap <= self.gap.min()
        owner = self.nearest[pulling]
        pull = (self.attractors[pulling] - self.nodes[owner]) / self.gap[pulling][:, None]
        grown, index = np.unique(owner, return_inverse=True)
        total = np.zeros((len(grown), 2))
        np.add.at(total, index, pull)
        total = total / np.bincount(index, minlength=len(grown))[:, None] + self.heading
        total /= np.maximum(np.hypot(*total.T), 1e-9)[:, None]
        tips = self.nodes[grown] + self.step * total
        fresh = self._is_free(tips)
        first = len(self.nodes)
        self.nodes = np.concatenate((self.nodes, tips[fresh]))
        self.parents = np.concatenate((self.parents, grown[fresh]))
        self._meet(first)
        return int(fresh.sum())

    def _is_free(self, tips: Points) -> Flags:
        """Return which tips no node occupies: two attractors can pull back and forth for ever."""
        free = np.ones(len(tips), dtype=bool)
        for start in range(0, len(self.nodes), 4000):
            block = self.nodes[start : start + 4000]
            off = np.abs(tips[:, None] - block[None]).max(axis=2)
            free &= off.min(axis=1) > 0.35 * self.step
        return free

    def _meet(self, first: int) -> None:
        """Let the attractors take note of the nodes from `first` on."""
        new = self.nodes[first:]
        if not len(new) or not len(self.attractors):
            return
        closest, gap = _nearest(self.attractors, new)
        nearer = gap < self.gap
        self.gap = np.where(nearer, gap, self.gap)
        self.nearest = np.where(nearer, first + closest, self.nearest)


def _nearest(points: Points, nodes: Points) -> tuple[Ints, Floats]:
    """Return for each of `points` the nearest of `nodes` and how far away it is."""
    if len(nodes) > 60:
        from scipy.spatial import cKDTree

        gap, closest = cKDTree(nodes).query(points)
        return closest, gap
    gaps = np.hypot(*(points[:, None] - nodes[None]).transpose(2, 0, 1))
    closest = gaps.argmin(axis=1)
    return closest, gaps[np.arange(len(gaps)), closest]
