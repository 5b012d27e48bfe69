"""Shorter tours in bulk: exchanges of pen-up moves, all at once (2-opt, Croes 1958).

Lines are fixed; the search is for a cheap matching of their ends. Two pen-up moves a-b and c-d may become
a-c and b-d. `exchange_2opt` does all independent exchanges at once. Rings that separate are patched into the
tour where that costs least (after Karp 1979). Long lines hardly ever form rings, but dots and small closed
figures do. local_search.py keeps their tour in one piece.
"""

import math

import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints
from drawscape.geometry.nearest import Nearest
from drawscape.plot.merge import as_plane, root_of, walked

_NEIGHBOURS = 7
_LEAST_GAIN_MM = 1e-6
_MOST_ROUNDS = 60


def exchange_2opt(steps: Ints, ends: Floats) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    matching = _Matching(steps, ends)
    points = np.concatenate((ends.reshape(-1, 2), [(0.0, 0.0)]))
    count = min(_NEIGHBOURS, len(points) - 1)
    near = Nearest(points).query(points, count)[1]
    one, two = np.repeat(np.arange(len(points)), count), near.ravel()
    known = (near[two] == one[:, None]).any(axis=1)
    candidates = np.stack((one, two))[:, (one < two) | ((one > two) & ~known)]
    before = matching.lengths.sum()
    matching.improve(candidates)
    matching.patch(candidates)
    return matching.steps() if matching.lengths.sum() < before else steps


class _Matching:
    """The end to which the pen goes from each end; the last two are the start, and nowhere (after all lines).

    Candidates are pairs of ends that lie near each other, (2, K).
    """

    def __init__(self, steps: Ints, ends: Floats) -> None:
        count = len(ends)
        self.points = np.append(as_plane(ends.reshape(-1, 2)), [0.0, math.nan])
        left = np.append(2 * count, steps ^ 1)
        entered = np.append(steps, 2 * count + 1)
        self.partner = np.empty(2 * count + 2, dtype=np.int64)
        self.partner[left], self.partner[entered] = entered, left
        self.lengths = self._gaps(np.stack((np.arange(len(self.partner)), self.partner)))

    def _gaps(self, pairs: Ints) -> Floats:
        """Return distances; to nowhere it is 0."""
        one, two = pairs
        gaps = np.abs(self.points.take(one) - self.points.take(two))
        gaps[np.isnan(gaps)] = 0.0
        return gaps

    def improve(self, candidates: Ints) -> None:
        """Exchange until no candidate gains, the best first; after one round, only next to changed moves."""
        active = candidates
        for _ in range(_MOST_ROUNDS):
            one, two = active
            promising = self._gaps(active) < np.maximum(self.lengths[one], self.lengths[two])
            near = active.take(np.flatnonzero(promising & (self.partner[one] != two)), axis=1)
            costs = self._costs(near)
            best = np.flatnonzero(costs < -_LEAST_GAIN_MM)
            near = near[:, best[np.argsort(costs[best], kind="stable")]]
            changed = self._exchanged(near[:, _apart(*self._moves(near))])
            if not changed.any():
                return
            one, two = candidates
            active = candidates.take(np.flatnonzero(changed[one] | changed[two]), axis=1)

    def _costs(self, near: Ints) -> Floats:
        """Return the extra travel when each pair of ends is joined, and so are their partners."""
        return self._gaps(near) + self._gaps(self.partner[near]) - self.lengths[near].sum(axis=0)

    def _moves(self, ends: Ints) -> Ints:
        """Return one number for both ends of a pen-up move."""
        return np.minimum(ends, self.partner[ends])

    def _exchanged(self, pairs: Ints) -> Flags:
        """Exchange partners; return which ends have a new one."""
        changed = np.zeros(len(self.partner), dtype=bool)
        for these, those in (pairs, self.partner[pairs]):
            self.partner[these], self.partner[those] = those, these
            self.lengths[these] = self.lengths[those] = self._gaps(np.stack((these, those)))
            changed[these] = changed[those] = True
        return changed

    def patch(self, candidates: Ints) -> None:
        """Join all rings into the tour, each where it costs least."""
        while True:
            rings = self._rings()
            if not np.any(rings):
                return
            one, two = rings[candidates]
            across = candidates[:, one != two]
            if not across.size:
                across = self._bridges(rings)
            chosen = _forest(rings[across], self._costs(across), self._moves(across))
            self._exchanged(across[:, chosen])

    def _trails(self) -> tuple[Ints, Ints]:
        """Return the steps of the tour, which follows `nowhere`, and of all rings after it."""
        nowhere = len(self.partner) - 1
        return walked(self.partner.reshape(-1, 2)[:, ::-1].ravel(), np.array([nowhere]))

    def _rings(self) -> Ints:
        """Return for each end the ring that it is in; the tour from the start is one of them."""
        steps, bounds = self._trails()
        rings = np.empty(len(steps), dtype=np.int64)
        rings[steps >> 1] = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        return np.repeat(rings, 2)

    def _bridges(self, rings: Ints) -> Ints:
        """Return, for each ring but the largest, its nearest pair of ends with that one."""
        here = rings[:-1]
        points = self.points[:-1].view(np.float64).reshape(-1, 2)
        largest = np.argmax(np.bincount(here))
        inside, outside = np.flatnonzero(here == largest), np.flatnonzero(here != largest)
        gaps, near = Nearest(points[inside]).query(points[outside], 1)
        order = np.lexsort((gaps[:, 0], here[outside]))
        chosen = order[np.unique(here[outside][order], return_index=True)[1]]
        return np.stack((outside[chosen], inside[near[chosen, 0]]))

    def steps(self) -> Ints:
        steps, bounds = self._trails()
        return steps[1 : bounds[1]]


def _apart(one: Ints, two: Ints) -> Ints:
    """Return the indices of pairs of moves, best first, that share no move."""
    waiting = np.arange(len(one))
    kept = [waiting[:0]]
    taken = np.zeros(np.max(np.maximum(one, two), initial=-1) + 1, dtype=np.bool_)
    first = np.empty(len(taken), dtype=np.int64)
    while len(waiting):
        first.fill(len(one))
        np.minimum.at(first, one[waiting], waiting)
        np.minimum.at(first, two[waiting], waiting)
        wins = (first[one[waiting]] == waiting) & (first[two[waiting]] == waiting)
        kept.append(waiting[wins])
        taken[one[kept[-1]]] = taken[two[kept[-1]]] = True
        waiting = waiting[~wins]
        waiting = waiting[~(taken[one[waiting]] | taken[two[waiting]])]
    return np.concatenate(kept)


def _forest(rings: Ints, costs: Floats, moves: Ints) -> list[int]:
    """Return the cheapest exchanges that join rings to rings without closing new ones.

    `rings` and `moves` are those of the two ends, (2, K).
    """
    order = np.argsort(costs, kind="stable")
    # Each ring's cheapest few are enough: the next round handles the rest.
    cheapest = np.zeros(len(order), dtype=bool)
    for side in rings:
        cheapest[order[np.unique(side[order], return_index=True)[1]]] = True
    order = order[cheapest[order]]
    root = list(range(int(np.max(rings)) + 1))
    chosen = []
    touched = set()
    rows = np.stack((order, *rings[:, order], *moves[:, order]), axis=1)
    for index, a, b, move, other in rows.tolist():
        a, b = root_of(root, a), root_of(root, b)
        if a != b and move not in touched and other not in touched:
            root[a] = b
            touched |= {move, other}
            chosen.append(index)
    return chosen
