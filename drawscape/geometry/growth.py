"""Lines that grow along a field, many at once, each keeping its distance from the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as default

import numpy as np

from drawscape.geometry.area import Bounds
from drawscape.geometry.field import Complexes, SampledField, to_points
from drawscape.geometry.heads import Heads, stop_at_edge
from drawscape.geometry.lines import Flags, Ints, Lines
from drawscape.geometry.occupancy import Occupancy
from drawscape.geometry.simplify import without_repeats

FIRST_APART = 10.0
"""Spacings between lines that start together: closer ones would block each other while short."""

# Heads that move at once: fewer waste the cost of a numpy call, more get in each other's way.
_MOST_HEADS = 800
# On a small page fewer: this many in a square of one spacing.
_HEADS_TO_A_SQUARE = 0.02
STRIDES = 8
"""Strides between two looks at who is too near: a look costs as much as several strides."""
# One in so many places of a line is looked beside for a start; the last round finds the others.
_EVERY = 4
# Places to start from that are weighed against each other at once.
_MOST_TO_CHOOSE_FROM = 4000
# In spacings, how far ahead of a growing line and how wide its way is kept free of new ones:
# without this, lines are a fifth shorter.
_AHEAD, _ABREAST = 20.0, 1.2


@dataclass(frozen=True)
class Pace:
    """How lines grow: `spacing` to start beside others, `radius` to end, `stride` between claims.

    `substeps` points are made in each stride; `longest` ends a line that is so long. All in mm.
    """

    spacing: float
    radius: float
    stride: float
    substeps: int
    longest: float


@dataclass
class Growth:
    """The lines so far, and where new ones may start."""

    field: SampledField
    bounds: Bounds
    taken: Occupancy
    pace: Pace
    count: int = 0
    distance: float = FIRST_APART
    waiting: Complexes = default(default_factory=lambda: np.empty(0, dtype=np.complex128))
    fresh: list[Complexes] = default(default_factory=list)
    line: list[Ints] = default(default_factory=list)
    order: list[Ints] = default(default_factory=list)
    places: list[Complexes] = default(default_factory=list)

    def from_places(self, places: Complexes) -> Iterator[None]:
        """Grow lines from `places`, and from beside those lines, until nothing is free.

        Each step takes all heads some strides further.
        """
        self.waiting = places
        heads = Heads.of(places[:0], np.empty(0, dtype=np.int64))
        heads = self._started(self._most_heads // 2, heads)
        while len(heads):
            heads = self._moved(heads)
            yield
            if len(heads) < self._most_heads // 3:
                heads = heads.joined(self._started((self._most_heads - len(heads)) // 2, heads))

    def lines(self) -> Lines:
        """Return the lines so far, in the order in which they started."""
        if not self.line:
            return Lines.empty()
        line, order = np.concatenate(self.line), np.concatenate(self.order)
        counts = np.bincount(line)
        # A line's points have all whole numbers from its backward end to its forward one.
        lowest = np.zeros(len(counts), dtype=np.int64)
        np.minimum.at(lowest, line, order)
        places = np.empty(len(line), dtype=np.complex128)
        places[(np.cumsum(counts) - counts - lowest)[line] + order] = np.concatenate(self.places)
        lines = Lines.from_counts(to_points(places), counts)
        return self._closed(without_repeats(lines))

    @property
    def length_mm(self) -> float:
        """How long all lines together are by now."""
        return sum(map(len, self.places)) * self.pace.stride / self.pace.substeps

    @property
    def _most_heads(self) -> int:
        x0, y0, x1, y1 = self.bounds
        room = (x1 - x0) * (y1 - y0) / self.pace.spacing**2
        return int(np.clip(room * _HEADS_TO_A_SQUARE, 8, _MOST_HEADS))

    def _started(self, wanted: int, growing: Heads) -> Heads:
        """Return the heads of up to about `wanted` new lines, none when there is no place left."""
        if self.fresh:
            grown = np.concatenate(self.fresh)
            self.fresh = []
            self.taken.crowd(grown)
            self.waiting = np.concatenate((self._beside(grown[::_EVERY]), self.waiting))
        self.waiting = self.taken.uncrowded(self.waiting)
        starts = self._chosen(wanted, growing)
        line = self.count + np.arange(len(starts))
        self.count += len(starts)
        step = np.zeros(len(starts), dtype=np.int64)
        granted = self.taken.claim(starts, line, step)
        self._keep(line[granted], step[granted], starts[granted])
        self.fresh.append(starts[granted])
        return Heads.of(starts[granted], line[granted])

    def _chosen(self, wanted: int, growing: Heads) -> Complexes:
        """Return up to `wanted` free places, far from each other, out of those that wait."""
        while len(self.waiting):
            some = np.arange(0, len(self.waiting), 1 + len(self.waiting) // _MOST_TO_CHOOSE_FROM)
            chosen = some[_scattered(self.waiting[some], self.distance * self.pace.spacing)]
            if len(chosen) < wanted // 2 and self.distance > 1.0:
                self.distance = max(self.distance * 0.8, 1.0)
                continue
            chosen = chosen[: wanted + wanted // 2]
            chosen = chosen[~self._ahead(self.waiting[chosen], growing)]
            places = self.waiting[chosen]
            self.waiting = np.delete(self.waiting, chosen)
            places = places[self.taken.free(places)]
            if len(places) or len(growing):
                return places[:wanted]
        return self.waiting

    def _ahead(self, places: Complexes, growing: Heads) -> Flags:
        """Return whether each place lies where a line that still grows is bound to come by."""
        course = self.field.at(growing.at) * growing.way / self.pace.spacing
        offset = (places[:, None] - growing.at).astype(np.complex64)
        offset *= course.conj().astype(np.complex64)
        on_way = (offset.real > 0.0) & (offset.real < _AHEAD) & (np.abs(offset.imag) < _ABREAST)
        return np.asarray(on_way.any(axis=1))

    def _moved(self, heads: Heads) -> Heads:
        """Return the heads that go on after some strides, and keep the places that they came by."""
        trail, ended = self._advanced(heads)
        subs = self.pace.substeps
        claims = trail[subs - 1 :: subs]
        step = heads.step + heads.way * np.arange(1, STRIDES + 1)[:, None]
        granted = self.taken.claim_runs(claims, heads.line, step)
        passed = np.repeat(granted, subs, axis=0)
        order = heads.step * subs + heads.way * np.arange(1, len(trail) + 1)[:, None]
        self._keep(np.broadcast_to(heads.line, trail.shape)[passed], order[passed], trail[passed])
        self.fresh.append(claims[granted])
        going = granted[-1] & ~ended & (np.abs(step[-1]) * self.pace.stride < self.pace.longest)
        return Heads(claims[-1], heads.way, heads.line, step[-1]).take(going)

    def _keep(self, line: Ints, order: Ints, places: Complexes) -> None:
        self.line.append(line)
        self.order.append(order)
        self.places.append(places)

    def _advanced(self, heads: Heads) -> tuple[Complexes, Flags]:
        """Return the places after each substep, (substeps, heads), and which came to their end."""
        length = heads.way * (self.pace.stride / self.pace.substeps)
        half = 0.5 * length
        at = heads.at
        trail = np.empty((STRIDES * self.pace.substeps, len(at)), dtype=np.complex128)
        for sub in range(len(trail)):
            # Midpoint rule: the direction half a step ahead. Where there is none, a head stays.
            course = self.field.at(at + half * self.field.at(at))
            course *= length / np.maximum(np.abs(course), 1e-6)
            at = at + course
            trail[sub] = at
        # A hair more than the strides, which rounding could exceed.
        reach = (STRIDES + 0.1) * self.pace.stride
        left = stop_at_edge(trail, heads.at, self.bounds, reach)
        return trail, left | (np.abs(trail[-1] - trail[-2]) < 0.5 * np.abs(length))

    def _beside(self, places: Complexes) -> Complexes:
        normal = 1j * self.field.at(places)
        size = np.abs(normal)
        # A hair further than the spacing, which rounding could undercut.
        normal *= self.pace.spacing * (1.0 + 1e-9) / np.where(size < 1e-6, np.inf, size)
        beside = np.concatenate((places + normal, places - normal))
        x0, y0, x1, y1 = self.bounds
        x, y = beside.real, beside.imag
        return np.asarray(beside[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)])

    def _closed(self, lines: Lines) -> Lines:
        """Return the lines with those closed that went round and met their own start."""
        heads, tails = lines.starts, lines.ends
        gap = heads - tails
        size = np.hypot(*gap.T)
        last = tails - lines.points[np.maximum(lines.offsets[1:] - 2, lines.offsets[:-1])]
        ahead = (gap * last).sum(axis=1) > 0.7 * size * np.hypot(*last.T)
        meets = ahead & (size < self.pace.radius + 2.0 * self.pace.stride) & (size > 0)
        meets &= lines.lengths_mm > 4.0 * self.pace.spacing
        at = np.repeat(lines.offsets[1:], meets)
        points = np.insert(lines.points, at, heads[meets], axis=0)
        return Lines.from_counts(points, lines.counts + meets)


def _scattered(places: Complexes, distance: float) -> Ints:
    """Return the numbers of some places that lie `distance` apart: one in every fourth square."""
    column, row = (
        np.floor(axis / distance).astype(np.int64) for axis in (places.real, places.imag)
    )
    # Squares of which no two touch, as the first place has it.
    some = np.flatnonzero((((column ^ column[0]) | (row ^ row[0])) & 1) == 0)
    column, row = column[some] - np.min(column), row[some] - np.min(row)
    square = row * (int(np.max(column)) + 1) + column
    first = np.empty(int(np.max(square)) + 1, dtype=np.int64)
    # The last write to a square stays: backwards, so that the first place in it has it.
    first[square[::-1]] = some[::-1]
    return np.asarray(some[first.take(square) == some])
