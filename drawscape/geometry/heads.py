"""Heads of growing lines: where they are, and where they leave the page."""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.area import Bounds
from drawscape.geometry.field import Complexes
from drawscape.geometry.lines import Flags, Ints


@dataclass(frozen=True, eq=False)
class Heads:
    """Ends of lines that still grow: where, along the field or against it, and how far so far."""

    at: Complexes
    way: Ints
    line: Ints
    step: Ints

    @classmethod
    def of(cls, starts: Complexes, line: Ints) -> "Heads":
        """Return two heads for each line, one each way, at its start."""
        way = np.repeat(np.array([1, -1]), len(starts))
        return cls(np.tile(starts, 2), way, np.tile(line, 2), np.zeros(len(way), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.at)

    def take(self, chosen: Flags) -> "Heads":
        """Return the chosen heads, by a mask."""
        return Heads(self.at[chosen], self.way[chosen], self.line[chosen], self.step[chosen])

    def joined(self, other: "Heads") -> "Heads":
        """Return these heads and the others."""
        return Heads(
            np.concatenate((self.at, other.at)),
            np.concatenate((self.way, other.way)),
            np.concatenate((self.line, other.line)),
            np.concatenate((self.step, other.step)),
        )


def stop_at_edge(trail: Complexes, from_: Complexes, bounds: Bounds, reach: float) -> Flags:
    """Return which heads leave `bounds`; their trails, (K, N), end on the edge from there on.

    `reach` is how far a trail may lead from its start.
    """
    x0, y0, x1, y1 = bounds
    x, y = from_.real, from_.imag
    room = np.minimum(np.minimum(x - x0, x1 - x), np.minimum(y - y0, y1 - y))
    head = np.flatnonzero(room <= reach)
    left = np.zeros(len(from_), dtype=bool)
    if not len(head):
        return left
    x, y = trail.real[:, head], trail.imag[:, head]
    outside = (x < x0) | (x > x1) | (y < y0) | (y > y1)
    leaves = outside.any(axis=0)
    head, outside = head[leaves], outside[:, leaves]
    left[head] = True
    first = outside.argmax(axis=0)
    a = np.where(first > 0, trail[first - 1, head], from_[head])
    step = trail[first, head] - a
    share = np.ones(len(head))
    for start, along, low, high in ((a.real, step.real, x0, x1), (a.imag, step.imag, y0, y1)):
        room = np.where(along > 0.0, high - start, start - low)
        beyond = np.abs(along) > room
        share[beyond] = np.minimum(share, room / np.where(beyond, np.abs(along), 1.0))[beyond]
    edge = a + np.maximum(share, 0.0) * step
    edge = np.clip(edge.real, x0, x1) + 1j * np.clip(edge.imag, y0, y1)
    after = np.arange(len(trail))[:, None] >= first
    trail[:, head] = np.where(after, edge, trail[:, head])
    return left
