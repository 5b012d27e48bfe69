"""Shorter tours one change at a time: 2-opt (Croes 1958) and Or-opt (Or 1976).

Both look at lists of the nearest ends only, and at ends whose pen-up moves are new (Bentley 1992). Their time
suits some ten thousand lines; exchange.py suits more.
"""

from collections import deque

import numpy as np

from drawscape.geometry.lines import Floats, Ints
from drawscape.geometry.nearest import Nearest
from drawscape.plot.merge import as_plane

# Longer chains and more neighbours shorten tours by less than 1 %, and take 50 % longer.
_NEIGHBOURS = 12
_LONGEST_CHAIN = 3
_LEAST_GAIN_MM = 1e-6


def two_opt_and_or_opt(steps: Ints, ends: Floats) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    tour = _ChangingTour(steps, ends)
    waiting = deque(range(2 * len(steps)))
    is_waiting = bytearray(b"\1" * len(waiting))
    while waiting:
        end = waiting.popleft()
        is_waiting[end] = 0
        for touched in tour.two_opt(end) or tour.or_opt(end):
            # Neither the start nor `nowhere`, after the last line, has neighbours to try.
            if touched < len(is_waiting) and not is_waiting[touched]:
                is_waiting[touched] = 1
                waiting.append(touched)
    return np.array(tour.steps, dtype=np.int64)


class _ChangingTour:
    """A tour whose lines are reversed and moved during the search.

    The pen-up move `place` leads from the end that step `place - 1` leaves to the end that step `place`
    enters. The first comes from the start, the last goes nowhere, at distance 0 from everywhere.
    """

    def __init__(self, steps: Ints, ends: Floats) -> None:
        self.steps = steps.tolist()
        self.place = np.argsort(steps >> 1).tolist()
        points = ends.reshape(-1, 2)
        count = min(_NEIGHBOURS + 2, len(points))
        gaps, found = (each.tolist() for each in Nearest(points).query(points, count))
        # For each end the nearest ends of other lines, nearest first, and their distances.
        self.near = [
            [pair for pair in zip(row, away) if pair[0] >> 1 != end >> 1]
            for end, (row, away) in enumerate(zip(found, gaps))
        ]
        self.start, self.nowhere = len(points), len(points) + 1
        self.points = [*as_plane(points).tolist(), 0j]

    def two_opt(self, end: int) -> tuple[int, ...]:
        """Reverse the lines between two moves if that gains; return the ends whose moves are new."""
        place, leaves = self._move_at(end)
        left, entered = self._ends_of(place)
        length = self._gap(left, entered)
        for other, gap in self.near[end]:
            if gap >= length - _LEAST_GAIN_MM:
                break
            second, likewise = self._move_at(other)
            if likewise != leaves or second == place:
                continue
            second_left, second_entered = self._ends_of(second)
            rest = self._gap(entered, second_entered) if leaves else self._gap(left, second_left)
            if length + self._gap(second_left, second_entered) - gap - rest > _LEAST_GAIN_MM:
                first, last = sorted((place, second))
                self._put(first, _turned(self.steps[first:last]))
                return left, entered, second_left, second_entered
        return ()

    def or_opt(self, end: int) -> tuple[int, ...]:
        """Move a chain of lines that begins or stops at `end`; return the ends whose moves are new."""
        place, leaves = self._move_at(end)
        left, entered = self._ends_of(place)
        length, near = self._gap(left, entered), self.near[end]
        for count in range(1, _LONGEST_CHAIN + 1):
            first = place - count if leaves else place
            last = first + count
            if first < 0 or last > len(self.steps):
                break
            far_left, far_entered = self._ends_of(first if leaves else last)
            far_end = far_entered if leaves else far_left
            bridge = (far_left, entered) if leaves else (left, far_entered)
            gain = length + self._gap(far_left, far_entered) - self._gap(*bridge)
            for other, gap in near:
                if gap >= gain - _LEAST_GAIN_MM:
                    break
                target, other_leaves = self._move_at(other)
                if first <= target <= last:
                    continue
                target_left, target_entered = self._ends_of(target)
                beyond = target_entered if other_leaves else target_left
                longer = gap + self._gap(far_end, beyond) - self._gap(target_left, target_entered)
                if gain - longer > _LEAST_GAIN_MM:
                    self._carry(first, last, target, is_turned=leaves == other_leaves)
                    return end, far_end, *bridge, other, beyond
        return ()

    def _carry(self, first: int, last: int, place: int, *, is_turned: bool) -> None:
        """Put the steps from `first` to `last` into the move `place`, reversed or not."""
        chain = self.steps[first:last]
        if is_turned:
            chain = _turned(chain)
        if place < first:
            self._put(place, chain + self.steps[place:first])
        else:
            self._put(first, self.steps[last:place] + chain)

    def _put(self, first: int, steps: list[int]) -> None:
        self.steps[first : first + len(steps)] = steps
        for place, step in enumerate(steps, first):
            self.place[step >> 1] = place

    def _move_at(self, end: int) -> tuple[int, bool]:
        """Return the place of the pen-up move at an end, and whether it leaves from there."""
        place = self.place[end >> 1]
        leaves = self.steps[place] != end
        return place + leaves, leaves

    def _ends_of(self, place: int) -> tuple[int, int]:
        """Return the end that a pen-up move leaves, and the end that it enters."""
        left = self.steps[place - 1] ^ 1 if place else self.start
        entered = self.steps[place] if place < len(self.steps) else self.nowhere
        return left, entered

    def _gap(self, one: int, two: int) -> float:
        if one == self.nowhere or two == self.nowhere:
            return 0.0
        return abs(self.points[one] - self.points[two])


def _turned(steps: list[int]) -> list[int]:
    return [step ^ 1 for step in reversed(steps)]
