"""Shorter tours by putting single lines elsewhere, thousands at a time (Or-opt, Or 1976).

This is what helps where lines are dots or small closed figures: there an exchange of moves closes
rings, while a line that is taken out and put in elsewhere always leaves one tour.
"""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Floats, Ints
from drawscape.plot.neighbours import Neighbours
from drawscape.plot.tours import distances

_NEIGHBOURS = 9
_LEAST_GAIN_MM = 1e-6
_MOST_ROUNDS = 40


def reinsert(steps: Ints, ends: Floats, start: tuple[float, float]) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    if len(steps) < 4:
        return steps
    points = ends.reshape(-1, 2)
    one, two, gaps = _near_ends(points)
    for _ in range(_MOST_ROUNDS):
        moves = _Tour(steps, points, start).moves(one, two, gaps)
        if not len(moves.places):
            break
        steps = moves.applied(steps)
    return steps


def _near_ends(points: Floats) -> tuple[Ints, Ints, Floats]:
    count = min(_NEIGHBOURS, len(points))
    gaps, near = Neighbours(points).nearest(points, count)
    one, two = np.repeat(np.arange(len(points)), count), near.ravel()
    other = (one >> 1) != (two >> 1)
    return one[other], two[other], gaps.ravel()[other]


@dataclass(frozen=True)
class _Moves:
    """Take the step at `places` and put it, as `turned`, before the step at `targets`."""

    places: Ints
    targets: Ints
    turned: Ints

    def applied(self, steps: Ints) -> Ints:
        keys = np.arange(len(steps), dtype=np.float64)
        keys[self.places] = self.targets - 0.5
        changed = steps.copy()
        changed[self.places] = self.turned
        return changed[np.argsort(keys, kind="stable")]


class _Tour:
    """A tour's pen-up moves: move `k` leads from `left[k]` to `entered[k]`, where step `k` begins."""

    def __init__(self, steps: Ints, points: Floats, start: tuple[float, float]) -> None:
        self.count = len(steps)
        self.points = points
        self.left = np.concatenate((np.array([start]), points[steps ^ 1]))
        self.entered = np.concatenate((points[steps], points[steps[-1:] ^ 1]))
        self.lengths = distances(self.left, self.entered)
        self.before = np.empty(2 * self.count, dtype=np.int64)
        self.before[steps] = np.arange(self.count)
        self.before[steps ^ 1] = np.arange(1, self.count + 1)
        self.leaving = np.zeros(2 * self.count, dtype=bool)
        self.leaving[steps ^ 1] = True
        self.place = np.empty(self.count, dtype=np.int64)
        self.place[steps >> 1] = np.arange(self.count)

    def moves(self, one: Ints, two: Ints, gaps: Floats) -> _Moves:
        """Return the best reinsertions that bring end `one` of a line to end `two`, none in another's way."""
        saved = self._saved()
        places, targets = self.place[one >> 1], self.before[two]
        fits = (targets < self.count) & (targets != places) & (targets != places + 1)
        fits &= gaps < saved[places]
        one, two, gaps, places, targets = (part[fits] for part in (one, two, gaps, places, targets))
        behind = self.leaving[two]
        far = np.where(behind[:, None], self.entered[targets], self.left[targets])
        costs = gaps + distances(self.points[one ^ 1], far) - self.lengths[targets]
        gains = saved[places] - costs
        best = np.flatnonzero(gains > _LEAST_GAIN_MM)
        best = best[np.argsort(-gains[best], kind="stable")]
        best = best[_undisturbed(places[best], targets[best], self.count)]
        # Behind an end that is left, the line is entered where it is near; before one, left there.
        turned = np.where(behind[best], one[best], one[best] ^ 1)
        return _Moves(places[best], targets[best], turned)

    def _saved(self) -> Floats:
        """Return what each step's absence would save; the last one's is the way to it."""
        without = distances(self.left[:-2], self.entered[1:-1])
        saved = self.lengths[:-1].copy()
        saved[:-1] += self.lengths[1:-1] - without
        return saved


def _undisturbed(places: Ints, targets: Ints, count: int) -> Ints:
    """Return the indices of moves, best first, that share no pen-up move with a better one."""
    first = np.full(count + 2, len(places), dtype=np.int64)
    rank = np.arange(len(places))
    touched = (places, places + 1, targets)
    for part in touched:
        np.minimum.at(first, part, rank)
    wins = np.ones(len(places), dtype=bool)
    for part in touched:
        wins &= first[part] == rank
    chosen: Ints = np.flatnonzero(wins)
    return chosen
