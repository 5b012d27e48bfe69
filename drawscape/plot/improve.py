"""Shorter tours: exchanges of pen-up moves in bulk, and chains of exchanges, one at a time.

Lines are fixed; what is sought is a cheap matching of their ends. Two pen-up moves a-b and c-d may become
a-c and b-d. `exchange_2opt` does all such exchanges that do not touch each other at once. Rings that come off
are patched into the tour where that costs least (after Karp 1979). It takes seconds for 100,000 lines.
`chains` keep the tour whole by reversing what lies between, and go on from the end that came free (Lin &
Kernighan 1973), with lists of neighbours and a queue of ends to check (Bentley 1992). Their tours are
shorter, and their time suits some ten thousand lines.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints
from drawscape.plot.neighbours import Neighbours, components

_NEIGHBOURS = 7
_LEAST_GAIN_MM = 1e-6
_MOST_ROUNDS = 60


def exchange_2opt(steps: Ints, ends: Floats, start: tuple[float, float]) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    if len(steps) < 3:
        return steps
    matching = _Matching.of(steps, ends, start)
    candidates = _candidates(matching.points)
    before = matching.total()
    matching.improve(candidates)
    matching.patch(candidates)
    return matching.steps() if matching.total() < before else steps


@dataclass(frozen=True)
class _Candidates:
    """Pairs of ends that lie near each other: (K,) and (K,), and their distance."""

    one: Ints
    two: Ints
    gaps: Floats

    def take(self, chosen: Flags) -> "_Candidates":
        return _Candidates(self.one[chosen], self.two[chosen], self.gaps[chosen])


def _candidates(points: Floats) -> _Candidates:
    count = min(_NEIGHBOURS, len(points) - 1)
    gaps, near = Neighbours(points).nearest(points, count)
    one, two = np.repeat(np.arange(len(points)), count), near.ravel()
    known = (near[two] == one[:, None]).any(axis=1)
    kept = (one < two) | ((one > two) & ~known)
    return _Candidates(one[kept], two[kept], gaps.ravel()[kept])


class _Matching:
    """Which end the pen goes to from which; the last two are the start, and nowhere (after the last line)."""

    def __init__(self, points: Floats, partner: Ints) -> None:
        self.points = points
        self.partner = partner
        self.lengths = self._gaps(np.arange(len(partner)), partner)

    @classmethod
    def of(cls, steps: Ints, ends: Floats, start: tuple[float, float]) -> "_Matching":
        count = len(ends)
        points = np.concatenate((ends.reshape(-1, 2), [start]))
        left = np.concatenate(([2 * count], steps ^ 1))
        entered = np.append(steps, 2 * count + 1)
        partner = np.empty(2 * count + 2, dtype=np.int64)
        partner[left], partner[entered] = entered, left
        return cls(points, partner)

    def total(self) -> float:
        return float(self.lengths.sum()) / 2

    def _gaps(self, one: Ints, two: Ints) -> Floats:
        """Return distances; to nowhere it is no way at all."""
        last = len(self.points) - 1
        moves = self.points[np.minimum(one, last)] - self.points[np.minimum(two, last)]
        gaps: Floats = np.hypot(moves[:, 0], moves[:, 1])
        gaps[(one > last) | (two > last)] = 0.0
        return gaps

    def improve(self, candidates: _Candidates) -> None:
        """Exchange until no candidate gains; after the first round only beside changed moves."""
        active = candidates
        for _ in range(_MOST_ROUNDS):
            changed = self._round(active)
            if not changed.any():
                return
            active = candidates.take(changed[candidates.one] | changed[candidates.two])

    def _round(self, active: _Candidates) -> Flags:
        """Do the best exchanges that do not touch each other; return which ends have a new partner."""
        one = self.partner[active.one]
        promising = active.gaps < np.maximum(self.lengths[active.one], self.lengths[active.two])
        promising &= one != active.two
        near = active.take(promising)
        gains = -self._costs(near)
        best = np.flatnonzero(gains > _LEAST_GAIN_MM)
        best = best[np.argsort(-gains[best], kind="stable")]
        chosen = best[_apart(self._moves(near.one[best]), self._moves(near.two[best]))]
        return self._exchanged(near.one[chosen], near.two[chosen])

    def _costs(self, near: _Candidates) -> Floats:
        """Return what it costs to join each pair of ends, and the ends that are left over."""
        one, two = self.partner[near.one], self.partner[near.two]
        costs: Floats = near.gaps + self._gaps(one, two)
        return costs - self.lengths[near.one] - self.lengths[near.two]

    def _moves(self, ends: Ints) -> Ints:
        """Return one name for both ends of a pen-up move."""
        return np.minimum(ends, self.partner[ends])

    def _exchanged(self, one: Ints, two: Ints) -> Flags:
        others = self.partner[one], self.partner[two]
        changed = np.zeros(len(self.partner), dtype=bool)
        for these, those in ((one, two), others):
            self.partner[these], self.partner[those] = those, these
            self.lengths[these] = self.lengths[those] = self._gaps(these, those)
            changed[these] = changed[those] = True
        return changed

    def patch(self, candidates: _Candidates) -> None:
        """Join all rings into the tour, each where it costs least."""
        while True:
            rings = self._rings()
            if not np.any(rings):
                return
            across = candidates.take(rings[candidates.one] != rings[candidates.two])
            if not len(across.one):
                across = self._bridges(rings)
            costs = self._costs(across)
            chosen = _forest(across, rings, costs, self._moves)
            self._exchanged(across.one[chosen], across.two[chosen])

    def _rings(self) -> Ints:
        """Return for each end the ring that it is in; the tour from the start is one of them."""
        nodes = np.arange(len(self.partner)) >> 1
        rings = components(len(self.partner) // 2, nodes, self.partner >> 1)
        return rings.take(nodes)

    def _bridges(self, rings: Ints) -> _Candidates:
        """Return, for each ring but the largest, its nearest pair of ends with that one."""
        here = rings[: len(self.points)]
        largest = np.argmax(np.bincount(here))
        inside, outside = np.flatnonzero(here == largest), np.flatnonzero(here != largest)
        gaps, near = Neighbours(self.points[inside]).nearest(self.points[outside], 1)
        gaps, near = gaps[:, 0], near[:, 0]
        order = np.lexsort((gaps, here[outside]))
        first = np.append(True, np.diff(here[outside][order]) != 0)
        chosen = order[first]
        return _Candidates(outside[chosen], inside[near[chosen]], gaps[chosen])

    def steps(self) -> Ints:
        """Return the tour from the start on."""
        partner, nowhere = self.partner.tolist(), len(self.partner) - 1
        steps = []
        end = partner[nowhere - 1]
        while end != nowhere:
            steps.append(end)
            end = partner[end ^ 1]
        return np.array(steps, dtype=np.int64)


def _apart(one: Ints, two: Ints) -> Ints:
    """Return the indices of pairs of moves, best first, such that no move is in two of them."""
    kept: list[Ints] = []
    waiting = np.arange(len(one))
    size = int(np.max(np.maximum(one, two))) + 1 if len(one) else 0
    taken: Flags = np.zeros(size, dtype=np.bool_)
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
    return np.concatenate(kept) if kept else waiting


def _forest(
    across: _Candidates, rings: Ints, costs: Floats, moves: Callable[[Ints], Ints]
) -> list[int]:
    """Return the cheapest exchanges that join rings to rings without closing new ones."""
    one, two = rings[across.one], rings[across.two]
    order = np.argsort(costs, kind="stable")
    # Each ring's cheapest few are enough: the next round sees what is left.
    cheapest = np.zeros(len(order), dtype=bool)
    for side in (one, two):
        cheapest[order[np.unique(side[order], return_index=True)[1]]] = True
    order = order[cheapest[order]]
    root = list(range(int(np.max(rings)) + 1))

    def find(ring: int) -> int:
        while root[ring] != ring:
            root[ring] = root[root[ring]]
            ring = root[ring]
        return ring

    chosen: list[int] = []
    touched: set[int] = set()
    rows = (order, one[order], two[order], moves(across.one[order]), moves(across.two[order]))
    for index, a, b, move, other in zip(*(row.tolist() for row in rows), strict=True):
        a, b = find(a), find(b)
        if a != b and move not in touched and other not in touched:
            root[a] = b
            touched |= {move, other}
            chosen.append(index)
    return chosen


_SEARCHED_NEIGHBOURS = 12
# Exchanges in one chain, and ways to begin one that are tried.
_DEPTH, _BREADTH = 25, 5


def chains(steps: Ints, ends: Floats, start: tuple[float, float]) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    return _Tour(steps, ends, start).improved() if len(steps) > 2 else steps


class _Tour:
    """Pen-up move `k` leads from the end that step `k - 1` leaves to the end that step `k` enters."""

    def __init__(self, steps: Ints, ends: Floats, start: tuple[float, float]) -> None:
        self._steps = steps.copy()
        self._place = np.empty(len(steps), dtype=np.int64)
        self._place[steps >> 1] = np.arange(len(steps))
        points = ends.reshape(-1, 2)
        count = min(_SEARCHED_NEIGHBOURS + 2, len(points))
        found = Neighbours(points).nearest(points, count)[1].tolist()
        self._near = [[f for f in row if f >> 1 != end >> 1] for end, row in enumerate(found)]
        # The start is the end that no step leaves. Behind the last line is nowhere: -1.
        self._xs = [*points[:, 0].tolist(), start[0]]
        self._ys = [*points[:, 1].tolist(), start[1]]

    def improved(self) -> Ints:
        waiting = deque(range(len(self._near)))
        queued = bytearray(b"\1" * len(waiting))
        while waiting:
            end = waiting.popleft()
            queued[end] = 0
            for touched in self._improve(end):
                if self._is_real(touched) and not queued[touched]:
                    queued[touched] = 1
                    waiting.append(touched)
        return self._steps

    def _is_real(self, end: int) -> bool:
        """Whether this is the end of a line: the start and nowhere have no neighbours to try."""
        return 0 <= end < len(self._near)

    def _improve(self, end: int) -> list[int]:
        """Do the first chain of exchanges at `end` that gains; return the ends whose moves are new."""
        found = (self._chain(end, first) for first in range(_BREADTH))
        return next(filter(None, found), [])

    def _chain(self, end: int, first: int) -> list[int]:
        """Exchange from `end` on, as long as that may gain, and go back to where it gained most.

        Each exchange joins `end` to a near one and frees what that was joined to: the next end. `room`
        is how much longer is what was taken apart than what was joined. Of the ways to begin the one with
        number `first` is taken, later the one that leaves most room.
        """
        move, leaves = self._move(end)
        base = self._ends(move)[leaves]
        room = self._gap(base, end)
        turned: list[tuple[int, int]] = []
        joined: set[tuple[int, int]] = set()
        touched, gain, kept = [base, end], _LEAST_GAIN_MM, 0
        while len(turned) < _DEPTH and self._is_real(end):
            found = self._candidates(end, room, joined)
            if len(found) <= (0 if turned else first):
                break
            room, near, far, stretch = max(found) if turned else found[first]
            joined |= {(end, near), (near, end)}
            turned.append(stretch)
            self._turn_round(*stretch)
            touched += [near, far]
            end = far
            if room - self._gap(end, base) > gain:
                gain, kept = room - self._gap(end, base), len(turned)
        for stretch in reversed(turned[kept:]):
            self._turn_round(*stretch)
        return touched[: 2 + 2 * kept] if kept else []

    def _candidates(
        self, end: int, room: float, joined: set[tuple[int, int]]
    ) -> list[tuple[float, int, int, tuple[int, int]]]:
        """Return near ends: the room that is left, the end, what comes free, and what is turned round."""
        move, leaves = self._move(end)
        found = []
        for near in self._near[end]:
            left = room - self._gap(end, near)
            if left <= _LEAST_GAIN_MM:
                break
            place, likewise = self._move(near)
            far = self._ends(place)[likewise]
            if likewise == leaves and place != move and (near, far) not in joined:
                stretch = min(move, place), max(move, place)
                found.append((left + self._gap(near, far), near, far, stretch))
        return found

    def _move(self, end: int) -> tuple[int, bool]:
        """Return the pen-up move at an end, and whether it leaves from there."""
        place: int = self._place.item(end >> 1)
        leaves = self._steps.item(place) != end
        return place + leaves, leaves

    def _ends(self, move: int) -> tuple[int, int]:
        """Return the two ends of a move."""
        left = self._steps.item(move - 1) ^ 1 if move else len(self._near)
        return left, self._steps.item(move) if move < len(self._steps) else -1

    def _gap(self, one: int, two: int) -> float:
        if one < 0 or two < 0:
            return 0.0
        return math.hypot(self._xs[one] - self._xs[two], self._ys[one] - self._ys[two])

    def _turn_round(self, first: int, last: int) -> None:
        turned = self._steps[first:last][::-1] ^ 1
        self._steps[first:last] = turned
        self._place[turned >> 1] = np.arange(first, last)
