"""Shorter tours by reversing stretches of them, one at a time (2-opt, Croes 1958).

Exchanges in bulk (see `exchange`) part a tour of dots or small closed figures into rings. Here each
exchange keeps the tour whole by turning round what lies between, with lists of neighbours and a queue
of ends worth a look (Bentley 1992). Its time grows faster than the drawing: for some ten thousand lines.
"""

import math
from collections import deque

import numpy as np

from drawscape.geometry.lines import Floats, Ints
from drawscape.plot.neighbours import Neighbours

_NEIGHBOURS = 12
_LEAST_GAIN_MM = 1e-6


def untangle(steps: Ints, ends: Floats, start: tuple[float, float]) -> Ints:
    """Return a tour (`2 * line + backward`) that is shorter than `steps`, or as good.

    `ends` is (L, 2, 2): where each line begins and ends when drawn forward.
    """
    return _Tour(steps, ends, start).untangled() if len(steps) > 2 else steps


class _Tour:
    """Pen-up move `k` leads from the end that step `k - 1` leaves to the end that step `k` enters."""

    def __init__(self, steps: Ints, ends: Floats, start: tuple[float, float]) -> None:
        self.steps = steps.copy()
        self.place = np.empty(len(steps), dtype=np.int64)
        self.place[steps >> 1] = np.arange(len(steps))
        points = ends.reshape(-1, 2)
        self.near = _neighbours(points)
        # The start is the end that no step leaves.
        self.xs, self.ys = [*points[:, 0].tolist(), start[0]], [*points[:, 1].tolist(), start[1]]

    def untangled(self) -> Ints:
        waiting = deque(range(len(self.xs) - 1))
        queued = bytearray(b"\1" * len(waiting))
        while waiting:
            end = waiting.popleft()
            queued[end] = 0
            for touched in self._improve(end):
                # Neither the start nor the nowhere behind the last line has neighbours to try.
                if 0 <= touched < len(queued) and not queued[touched]:
                    queued[touched] = 1
                    waiting.append(touched)
        return self.steps

    def _improve(self, end: int) -> tuple[int, ...]:
        """Do the first exchange that gains at `end`; return the ends whose moves are new."""
        move, leaves = self._move(end)
        left, entered = self._ends(move)
        length = self._gap(left, entered)
        for other in self.near[end]:
            gap = self._gap(end, other)
            if gap >= length - _LEAST_GAIN_MM:
                break
            place, likewise = self._move(other)
            if likewise != leaves or place == move:
                continue
            from_, to = self._ends(place)
            rest = self._gap(entered, to) if leaves else self._gap(left, from_)
            if length + self._gap(from_, to) - gap - rest > _LEAST_GAIN_MM:
                self._turn_round(min(move, place), max(move, place))
                return left, entered, from_, to
        return ()

    def _move(self, end: int) -> tuple[int, bool]:
        """Return the pen-up move at an end, and whether it leaves from there."""
        place: int = self.place.item(end >> 1)
        leaves = self.steps.item(place) != end
        return place + leaves, leaves

    def _ends(self, move: int) -> tuple[int, int]:
        """Return the two ends of a move; after the last step it leads nowhere: -1."""
        left = self.steps.item(move - 1) ^ 1 if move else len(self.xs) - 1
        return left, self.steps.item(move) if move < len(self.steps) else -1

    def _gap(self, one: int, two: int) -> float:
        if one < 0 or two < 0:
            return 0.0
        return math.hypot(self.xs[one] - self.xs[two], self.ys[one] - self.ys[two])

    def _turn_round(self, first: int, last: int) -> None:
        turned = self.steps[first:last][::-1] ^ 1
        self.steps[first:last] = turned
        self.place[turned >> 1] = np.arange(first, last)


def _neighbours(points: Floats) -> list[list[int]]:
    """Return for each end the nearest ends of other lines, nearest first."""
    count = min(_NEIGHBOURS + 2, len(points))
    found = Neighbours(points).nearest(points, count)[1].tolist()
    return [[f for f in row if f >> 1 != end >> 1] for end, row in enumerate(found)]
