"""A tour: in which order, in which direction and from which vertex the lines are drawn."""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Floats, Ints, Lines


@dataclass(frozen=True, eq=False)
class Tour:
    """Lines in drawing order: `steps` (M,) are `2 * line + 1` when drawn backward, else `2 * line`.

    `entries` (L,) holds for each line of the drawing the vertex at which a closed one is entered.
    """

    steps: Ints
    entries: Ints

    @classmethod
    def as_given(cls, lines: Lines) -> "Tour":
        """Return the tour that draws the lines as they stand."""
        count = len(lines)
        return cls(2 * np.arange(count, dtype=np.int64), np.zeros(count, dtype=np.int64))

    def ends(self, lines: Lines) -> Floats:
        """Return each line's two ends under this tour's entries, (L, 2, 2)."""
        ends = np.stack((lines.starts, lines.ends), axis=1)
        closed = np.flatnonzero(lines.closed)
        ends[closed] = lines.points[lines.offsets[closed] + self.entries[closed]][:, None]
        return ends

    def travel(self, lines: Lines, start: tuple[float, float]) -> float:
        """Return the pen-up travel in mm, from `start` to the last line."""
        return travel_of(self.steps, self.ends(lines), start)


def travel_of(steps: Ints, ends: Floats, start: tuple[float, float]) -> float:
    """Return the pen-up travel in mm of drawing `steps` between `ends` (L, 2, 2), from `start` on."""
    gaps = hops(steps, ends, start)
    return float(np.hypot(gaps[:, 0], gaps[:, 1]).sum())


def hops(steps: Ints, ends: Floats, start: tuple[float, float]) -> Floats:
    """Return the pen-up moves as vectors, (M, 2): the first from `start`, each to the next line."""
    lines, backward = steps >> 1, steps & 1
    entered = ends[lines, backward]
    left = np.concatenate((np.array([start], dtype=np.float64), ends[lines, 1 - backward]))
    moves: Floats = entered - left[:-1]
    return moves


def distances(one: Floats, two: Floats) -> Floats:
    """Return how far each of the points `one` is from that of `two`, (N,)."""
    gaps: Floats = np.hypot(one[:, 0] - two[:, 0], one[:, 1] - two[:, 1])
    return gaps


def drawn(lines: Lines, tour: Tour) -> Lines:
    """Return the lines in the tour's order, direction and rotation."""
    which, backward = tour.steps >> 1, tour.steps & 1
    counts = lines.counts[which]
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    along = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
    entries = np.where(lines.closed, tour.entries, 0)[which]
    if entries.any():
        rings = np.repeat(np.maximum(counts - 1, 1), counts)
        direction = np.repeat(1 - 2 * backward, counts)
        turned = (np.repeat(entries, counts) + direction * along) % rings
        straight = np.where(direction > 0, along, np.repeat(counts, counts) - 1 - along)
        along = np.where(np.repeat(lines.closed[which], counts), turned, straight)
    elif backward.any():
        flipped = np.repeat(counts, counts) - 1 - along
        along = np.where(np.repeat(backward, counts) == 1, flipped, along)
    return Lines(lines.points[np.repeat(lines.offsets[:-1][which], counts) + along], offsets)
