"""Shorter tours one change at a time: 2-opt (Croes 1958) and Or-opt (Or 1976).

Both look at lists of the nearest ends only, and at ends whose pen-up moves are new (Bentley 1992). Their time
suits some ten thousand lines; exchange.py suits more.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from drawscape.geometry.lines import Floats, Ints
from drawscape.geometry.nearest import Nearest
from drawscape.plot.merge import as_plane

# More of either shorten hatched drawings by another 2 %, and take twice the time.
_NEIGHBOURS = 12
_LONGEST_CHAIN = 8
_LEAST_GAIN_MM = 1e-6
_NOWHERE = -1
"""The end that the pen goes to behind the last line: from everywhere it is no way at all."""


def two_opt_and_or_opt(steps: Ints, ends: Floats, start: tuple[float, float]) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    tour = _ChangingTour(steps, ends, start)
    waiting = deque(range(2 * len(steps)))
    is_waiting = bytearray(b"\1" * len(waiting))
    while waiting:
        end = waiting.popleft()
        is_waiting[end] = 0
        for touched in tour.two_opt(end) or tour.or_opt(end):
            # Neither the start nor the nowhere behind the last line has neighbours to try.
            if 0 <= touched < len(is_waiting) and not is_waiting[touched]:
                is_waiting[touched] = 1
                waiting.append(touched)
    return tour.steps


class _PenUpMove(NamedTuple):
    """Move `place` leads from the end that step `place - 1` leaves to the end that step `place` enters."""

    place: int
    left: int
    entered: int
    length: float


class _ChangingTour:
    """A tour whose lines are turned round and moved while it is looked at."""

    def __init__(self, steps: Ints, ends: Floats, start: tuple[float, float]) -> None:
        self.steps = steps.copy()
        self.place = np.empty(len(steps), dtype=np.int64)
        self.place[steps >> 1] = np.arange(len(steps))
        points = ends.reshape(-1, 2)
        count = min(_NEIGHBOURS + 2, len(points))
        found = Nearest(points).query(points, count)[1].tolist()
        # For each end the nearest ends of other lines, nearest first.
        self.near = [[f for f in row if f >> 1 != end >> 1] for end, row in enumerate(found)]
        # The start is the end that no step leaves.
        self.points: list[complex] = [*as_plane(points).tolist(), complex(*start)]

    def two_opt(self, end: int) -> tuple[int, ...]:
        """Turn round the lines between two moves where that gains; return the ends whose moves are new."""
        move, leaves = self._move_at(end)
        for other in self.near[end]:
            gap = self._gap(end, other)
            if gap >= move.length - _LEAST_GAIN_MM:
                break
            second, likewise = self._move_at(other)
            if likewise != leaves or second.place == move.place:
                continue
            one, two = (move.entered, second.entered) if leaves else (move.left, second.left)
            rest = self._gap(one, two)
            if move.length + second.length - gap - rest > _LEAST_GAIN_MM:
                first, last = sorted((move.place, second.place))
                self._put(first, self.steps[first:last][::-1] ^ 1)
                return move.left, move.entered, second.left, second.entered
        return ()

    def or_opt(self, end: int) -> tuple[int, ...]:
        """Move a chain of lines that begins or stops at `end`; return the ends whose moves are new."""
        move, leaves = self._move_at(end)
        for count in range(1, _LONGEST_CHAIN + 1):
            first = move.place - count if leaves else move.place
            last = first + count
            if first < 0 or last > len(self.steps):
                break
            far_move = self._move(first if leaves else last)
            far_end = far_move.entered if leaves else far_move.left
            bridge = (far_move.left, move.entered) if leaves else (move.left, far_move.entered)
            gain = move.length + far_move.length - self._gap(*bridge)
            for other in self.near[end]:
                gap = self._gap(end, other)
                if gap >= gain - _LEAST_GAIN_MM:
                    break
                target, other_leaves = self._move_at(other)
                if first <= target.place <= last:
                    continue
                beyond = target.entered if other_leaves else target.left
                if gain + target.length - gap - self._gap(far_end, beyond) > _LEAST_GAIN_MM:
                    self._carry(first, last, target.place, is_turned=leaves == other_leaves)
                    return end, far_end, *bridge, other, beyond
        return ()

    def _carry(self, first: int, last: int, place: int, *, is_turned: bool) -> None:
        """Put the steps from `first` to `last` into the move `place`, turned round or as they are."""
        chain = self.steps[first:last]
        if is_turned:
            chain = chain[::-1] ^ 1
        if place < first:
            self._put(place, np.concatenate((chain, self.steps[place:first])))
        else:
            self._put(first, np.concatenate((self.steps[last:place], chain)))

    def _put(self, first: int, steps: Ints) -> None:
        """Replace the steps from `first` on."""
        last = first + len(steps)
        self.steps[first:last] = steps
        self.place[steps >> 1] = np.arange(first, last)

    def _move_at(self, end: int) -> tuple[_PenUpMove, bool]:
        """Return the pen-up move at an end, and whether it leaves from there."""
        place: int = self.place.item(end >> 1)
        leaves = self.steps.item(place) != end
        return self._move(place + leaves), leaves

    def _move(self, place: int) -> _PenUpMove:
        left = self.steps.item(place - 1) ^ 1 if place else len(self.points) - 1
        entered = self.steps.item(place) if place < len(self.steps) else _NOWHERE
        return _PenUpMove(place, left, entered, self._gap(left, entered))

    def _gap(self, one: int, two: int) -> float:
        if one == _NOWHERE or two == _NOWHERE:
            return 0.0
        return abs(self.points[one] - self.points[two])
