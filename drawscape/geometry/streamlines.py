"""Evenly spaced lines along a field, grown many at a time, each keeping its distance from the others.

Lines grow by claims of an `Occupancy`: a grid of small cells, one point of a line in each. A claim asks for
eight places, one stride apart, and is granted up to the first that another line is too near to. For
example, with a radius of 1 mm, cells are 0.5 mm wide:

    cells     0     1     2     3     4     5     6         line 3 holds a point in cell 1
              .     3     .     .     7     .     .         line 7 claims the middles of cells 6, 4, 2

The places in cells 6 and 4 are 1.5 mm and more from the point of line 3, and are granted. That in cell 2 is
0.5 mm away: it is refused, and so would be all behind it. What may be too near lies in the 5 x 5 cells around
a place. Between calls a filled cell holds exactly one granted point. No two points of different lines, or of
one line more than a loop apart along it, are nearer than the radius.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.field import Complexes, Field, SampledField, to_complex, to_points
from drawscape.geometry.lines import Flags, Floats, Ints, Lines
from drawscape.geometry.nearest import as_points
from drawscape.geometry.regions import Area, Bounds, Polygon, bounds_of, contains, rings
from drawscape.geometry.resample import resample
from drawscape.geometry.simplify import without_repeats

# A line of more strides than this would be longer than any paper.
_MOST_STEPS = 1 << 23
# Cells along a square in which runs meet: what is within the radius lies in four squares at most.
_SQUARE = 4


class Occupancy:
    """Points of growing lines: granted `radius` mm from other lines, places free `reach` mm around.

    Cells are half the radius wide, so that two points of different lines in one are always too
    close. Points of one line may be near each other when they are `loop` steps apart or less.
    """

    def __init__(self, bounds: Bounds, radius: float, reach: float, loop: int) -> None:
        self.cell = cell = radius / 2.0
        margin = int(np.ceil(reach / cell)) + 2
        self._columns = int((bounds[2] - bounds[0]) / cell) + 2 * margin
        rows = int((bounds[3] - bounds[1]) / cell) + 2 * margin
        self._origin = complex(bounds[0] - margin * cell, bounds[1] - margin * cell)
        size = self._columns * rows
        # Looked through first, a byte a cell; the other arrays hold nothing valid for empty cells.
        self._filled = np.zeros(size, dtype=bool)
        # Single precision, from the corner: half the memory to look up, and 0.0001 mm at most.
        self._held = np.zeros(size, dtype=np.complex64)
        self._owner = np.zeros(size, dtype=np.int64)
        self._blocked = np.zeros(size, dtype=bool)
        # Cells that lie within `reach` of some point as a whole, so that nothing in them is free.
        self._crowded = np.zeros(size, dtype=bool)
        self._reach = reach
        self._latest = np.zeros(size, dtype=np.int32)
        self._radius = radius
        self._loop = loop
        self._around = _Window.of(self._filled, self._columns, 2)
        self._wide = _Window.of(self._filled, self._columns, int(np.ceil(reach / cell)))
        self._disc = list(_runs_within(self._crowded, self._columns, reach / cell))
        # By the square: the run that came there last, numbered from the first run of all.
        self._squares = self._columns // _SQUARE + 2
        self._run = np.full(self._squares * (rows // _SQUARE + 2), -1, dtype=np.int64)
        self._runs = 0

    def cells(self, places: Complexes) -> Ints:
        """Return the number of the cell that each place is in."""
        q = (places - self._origin) * (1.0 / self.cell)
        return np.asarray(q.imag.astype(np.int64) * self._columns + q.real.astype(np.int64))

    def centres(self) -> Complexes:
        """Return the middle of every cell, in the order of their numbers."""
        number = np.arange(len(self._held))
        rows, columns = np.divmod(number, self._columns)
        return np.asarray(self._origin + self.cell * (columns + 0.5 + 1j * (rows + 0.5)))

    def block(self, blocked: Flags) -> None:
        """Close the cells where `blocked` is true for good."""
        self._blocked = blocked

    def claim(self, places: Complexes, line: Ints, step: Ints) -> Flags:
        """Return which of `places`, (N,), are granted; they are held from now on.

        `line` and `step` are each point's line and where along it the point is. One is refused when a
        point of another line is nearer than the radius, or one of its own line further along it than a
        loop is long; of two that come at the same time the lower line number wins.
        """
        return np.asarray(self.claim_runs(places[None], line, step[None])[0])

    def claim_runs(self, places: Complexes, line: Ints, step: Ints) -> Flags:
        """Return which of `places`, (K, N), are granted: in each column all before the first refused.

        A column is a run of one of the lines, (N,), its places no more than the radius from one to
        the next, `step`, (K, N), along it. Otherwise as `claim`.
        """
        key = self._key(line, step).ravel()
        offset = places.ravel() - self._origin
        q = offset * (1.0 / self.cell)
        cell = q.imag.astype(np.int64) * self._columns + q.real.astype(np.int64)
        local = offset.astype(np.complex64)
        # First against what was held before this claim ...
        refused = self._blocked.take(cell)
        refused[self._too_near(cell, key, local)[0]] = True
        # ... then all claimed places are put into the cells that are empty, so that they can be looked up,
        # and those of two that meet are refused; a place whose cell another one got is too near to that.
        filled, lost = self._filled_by(cell, key, local)
        refused[lost] = True
        some = np.flatnonzero(np.broadcast_to(self._meeting(places, q), places.shape))
        if len(some):
            who, other = self._too_near(cell[some], key[some], local[some])
            lower = self._line_of(other) <= self._line_of(key[some[who]])
            refused[some[who[lower]]] = True
        granted = np.logical_and.accumulate(~refused.reshape(places.shape), axis=0)
        # What was not granted leaves its cell again: the invariant holds.
        self._filled[cell[filled[~granted.ravel()[filled]]]] = False
        return np.asarray(granted)

    @staticmethod
    def _key(line: Ints, step: Ints) -> Ints:
        """Return line and step in one number: points of one line within a loop differ by less than it.

        `step` lies between plus and minus `_MOST_STEPS`, so that keys of different lines never come
        so near to each other.
        """
        return np.asarray(line * (2 * _MOST_STEPS) + step + _MOST_STEPS)

    @staticmethod
    def _line_of(key: Ints) -> Ints:
        return key // (2 * _MOST_STEPS)

    def _filled_by(self, cell: Ints, key: Ints, local: NDArray[np.complex64]) -> tuple[Ints, Ints]:
        """Fill the cells that are empty; return which places got theirs, and which lost it to another.

        Of two places in one cell, the first has it. numpy keeps the last write to an index: the places
        are written from the last to the first.
        """
        empty = np.flatnonzero(~self._filled.take(cell))
        backward = empty[::-1]
        self._filled[cell[backward]] = True
        self._held[cell[backward]] = local[backward]
        self._owner[cell[backward]] = key[backward]
        own = self._owner.take(cell[empty]) == key[empty]
        return empty[own], empty[~own]

    def _too_near(self, cell: Ints, key: Ints, local: NDArray[np.complex64]) -> tuple[Ints, Ints]:
        """Return who of (N,) claims lies too near to a held point, and that one's key, in pairs."""
        who, near = self._around.filled(cell)
        other = self._owner.take(near)
        strange = np.flatnonzero(np.abs(other - key.take(who)) > self._loop)
        who = who.take(strange)
        close = _within(self._held.take(near.take(strange)), local.take(who), self._radius)
        return who[close], other.take(strange)[close]

    def _meeting(self, places: Complexes, q: Complexes) -> Flags:
        """Return which runs may come too near to another or to themselves: all that do, and some more.

        Each run leaves its number in the squares that it comes by, and looks for others' in all
        squares that its surroundings touch. `q` is `places` in cells.
        """
        count, first = places.shape[1], self._runs
        self._runs += count
        number = np.broadcast_to(np.arange(first, self._runs), places.shape).ravel()
        q = q * (1.0 / _SQUARE)
        either = np.array([[-0.5], [0.5]])  # the radius, in squares
        column, row = ((axis + either).astype(np.int64) for axis in (q.real, q.imag))
        here = q.imag.astype(np.int64) * self._squares + q.real.astype(np.int64)
        self._run[here] = number
        found = self._run.take(row[:, None] * self._squares + column)
        met = np.flatnonzero((found >= first) & (found != number))
        meeting = np.zeros(count, dtype=bool)
        meeting[met % count] = True
        # Where three meet, the number left is one's: each of the others finds it, and marks it here.
        meeting[found.ravel()[met] - first] = True
        spare = len(places) - 1 - self._loop
        if spare > 0:
            # A run that is bent back on itself ends near its start.
            meeting |= np.abs(places[-1] - places[0]) < spare * self._radius
        return meeting

    def crowd(self, places: Complexes) -> None:
        """Note that `places` are held, so that `uncrowded` rules out what is near them."""
        cell = self.cells(places)
        for offset, runs in self._disc:
            runs[cell + offset] = b"\1" * runs.itemsize

    def uncrowded(self, places: Complexes) -> Complexes:
        """Return those of `places`, one in a cell, that may be free: all but the plainly taken."""
        cell = self.cells(places)
        open_ = np.flatnonzero(~(self._crowded.take(cell) | self._blocked.take(cell)))
        cell, number = cell.take(open_), np.arange(len(open_), dtype=np.int32)
        self._latest[cell[::-1]] = number[::-1]
        return np.asarray(places.take(open_[self._latest.take(cell) == number]))

    def free(self, places: Complexes) -> Flags:
        """Return whether no point is nearer to each of `places`, (N,), than the reach."""
        local = (places - self._origin).astype(np.complex64)
        # Rounding to single precision may not undercut a place that is just far enough.
        limit = self._reach * (1.0 - 1e-6)
        who, near = self._wide.filled(self.cells(places))
        free = np.ones(len(places), dtype=bool)
        free[who[_within(self._held.take(near), local.take(who), limit)]] = False
        return free


def _within(a: NDArray[np.complex64], b: NDArray[np.complex64], radius: float) -> Flags:
    gap = a - b
    parts = gap.view(np.float32).reshape(-1, 2)
    parts *= parts
    return np.asarray(parts[:, 0] + parts[:, 1] < radius * radius)


def _runs_within(
    flags: Flags, columns: int, radius: float
) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Yield the rows of cells that lie whole within `radius` cells of any place in the middle one.

    Each is where it starts from there, and as many flags in one piece from any cell on. With a radius
    of 2.5 cells these are five cells, in pieces of 1, 3 and 1 flags:

        . . x . .       at -columns
        . x x x .       at -1
        . . x . .       at columns

    A piece of three is one element of the dtype V3 (three bytes, uninterpreted). The array of all pieces
    overlaps itself, one beginning at each cell: `pieces[cell] = b"111"` sets three flags by one index.
    """
    most = int(radius)
    for row in range(-most, most + 1):
        across = np.arange(most + 1)
        half = int(np.sum(np.hypot(abs(row) + 1, across + 1) < radius)) - 1
        if half >= 0:
            side = 2 * half + 1
            piece = np.ndarray((1,), f"V{side}", flags)
            yield row * columns - half, as_strided(piece, (len(flags) - side + 1,), (1,))


@dataclass(frozen=True)
class _Window:
    """The square of cells around any cell, `2 * most + 1` wide, as one look-up.

    `views[k]` is the square whose first corner is cell `k`, as `2 * most + 1` rows of raw bytes, all of them
    views into the flags themselves: one index copies a square row by row, not byte by byte. `corner` leads
    from a cell to its square's first corner, `offsets` from the cell to each of the square's. The grid's
    margin keeps every square that is asked for inside of the array.
    """

    offsets: Ints
    corner: int
    views: NDArray[np.void]

    @classmethod
    def of(cls, filled: Flags, columns: int, most: int) -> "_Window":
        side = 2 * most + 1
        i, j = (axis.ravel() for axis in np.mgrid[-most : most + 1, -most : most + 1])
        row = np.ndarray((1,), f"V{side}", filled)
        shape = (len(filled) - (side - 1) * (columns + 1), side)
        views = as_strided(row, shape, (1, columns), writeable=False)
        return cls(i * columns + j, most * (columns + 1), views)

    def filled(self, cell: Ints) -> tuple[Ints, Ints]:
        """Return pairs of all filled cells in the windows around `cell`, (N,): whose, and which."""
        found = np.flatnonzero(self.views[cell - self.corner].view(np.bool_))
        who = found // len(self.offsets)
        which = found - who * len(self.offsets)
        return who, cell.take(who) + self.offsets.take(which)


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


Mask: TypeAlias = Callable[[Floats, Floats], Flags] | Polygon
"""A polygon, or a function of x and y that is True where lines may be."""


def streamlines(field: Field, area: Area, spacing_mm: float, **options: Any) -> Lines:
    """Return lines along `field` in `area` that keep about `spacing_mm` from each other.

    All is as `growing_streamlines` has it. Raises GeometryError as that does.
    """
    *_, (_, lines) = growing_streamlines(field, area, spacing_mm, **options)
    return lines()


def growing_streamlines(
    field: Field,
    area: Area,
    spacing_mm: float,
    *,
    test: float = 0.5,
    step_mm: float | None = None,
    seeds: ArrayLike | None = None,
    mask: Mask | None = None,
    min_length_mm: float = 0.0,
    max_length_mm: float = np.inf,
) -> Iterator[tuple[float, Callable[[], Lines]]]:
    """Yield, step by step, about how much is done, 0 to 1, and what returns the lines so far.

    They run along `field` in `area` and keep about `spacing_mm` from each other.
    `field` is a function of x and y, (N,) in mm, that returns angles in radians, (N,), or vectors,
    (N, 2) or a tuple. New lines start `spacing_mm` beside others and end where they come nearer than
    `test` (0.1 to 1) times that. Points lie at most `step_mm` apart, by default a third of the
    spacing and half a millimetre at most. Lines start from `seeds`, (N, 2), where given, then
    everywhere. `mask`, a polygon or a function of x and y, limits where lines may be; lines longer
    than `max_length_mm` are ended there, and those shorter than `min_length_mm` left out.
    The field is sampled every half spacing. The same field gives the same lines. Only on the edge of
    the area may they come a little nearer to each other than the test allows.
    (Jobard & Lefer 1997, many lines at once.)
    Raises GeometryError for lengths that are not positive or a field of another shape.

    >>> wind = lambda x, y: 0.1 * x
    >>> for done, lines in growing_streamlines(wind, (0, 0, 100, 100), 10):
    ...     found = lines()  # what a preview shows
    >>> done, len(found) > 20
    (1.0, True)
    """
    bounds = bounds_of(area)
    pace = _pace(spacing_mm, test, step_mm, max_length_mm)
    sampled = SampledField.of(field, bounds, spacing_mm / 2.0, (STRIDES + 1) * pace.stride)
    taken = Occupancy(bounds, pace.radius, spacing_mm, int(2.0 * spacing_mm / pace.stride))
    grow = Growth(sampled, bounds, taken, pace)
    # Lines that keep their distance lie about one spacing apart.
    whole = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) / spacing_mm
    if mask is not None:
        blocked = _blocked(taken, mask, bounds)
        taken.block(blocked)
        whole = min(whole, np.count_nonzero(~blocked) * taken.cell**2 / spacing_mm)

    def lines() -> Lines:
        found = grow.lines()
        if mask is not None and not callable(mask):
            found = clip_to_polygon(found, mask)
        long = (found.lengths_mm >= min_length_mm) & (found.counts > 1)
        return found if long.all() else found.take(long)

    # A few lines all over first, then all that their sides lead to; last, pockets that no side sees.
    starts = [_everywhere(bounds, FIRST_APART * spacing_mm), _everywhere(bounds, spacing_mm)]
    if seeds is not None:
        x0, y0, x1, y1 = bounds
        given = as_points(seeds)
        on_page = ((given >= (x0, y0)) & (given <= (x1, y1))).all(axis=1)
        starts.insert(0, to_complex(given[on_page]))
    for places in starts:
        for _ in grow.from_places(places):
            yield min(grow.length_mm / max(whole, 1e-9), 1.0), lines
    yield 1.0, lines


def _pace(spacing: float, test: float, step: float | None, longest: float) -> Pace:
    if not (spacing > 0 and np.isfinite(spacing)):
        raise GeometryError(f"spacing_mm={spacing!r}: give a positive length")
    if not 0.1 <= test <= 1.0:
        raise GeometryError(f"test={test!r}: give 0.1 to 1")
    if not ((step is None or step > 0) and longest > 0):
        raise GeometryError(f"step_mm={step!r}, max_length_mm={longest!r}: give positive lengths")
    radius = test * spacing
    # Points that claim a place lie a cell's diagonal apart, so that each has a cell of its own.
    stride = radius / np.sqrt(2.0)
    substeps = int(np.ceil(stride / (0.5 if step is None else step)))
    return Pace(spacing, radius, stride, substeps, longest / 2.0)


def _everywhere(bounds: Bounds, spacing: float) -> Complexes:
    """Return places that cover `bounds` evenly, in an order that does too (R2: Roberts 2018)."""
    x0, y0, x1, y1 = bounds
    index = np.arange(1, int(2.0 * (x1 - x0) * (y1 - y0) / spacing**2) + 20)
    return np.asarray(
        x0
        + (index * 0.7548776662466927) % 1.0 * (x1 - x0)
        + 1j * (y0 + (index * 0.5698402909980532) % 1.0 * (y1 - y0))
    )


def _blocked(taken: Occupancy, mask: Mask, bounds: Bounds) -> Flags:
    centres = taken.centres()
    if callable(mask):
        return ~np.asarray(mask(centres.real, centres.imag), dtype=bool)
    open_ = contains(mask, to_points(centres))
    # Cells on the outline are open: the polygon cuts what leaves it to the line's last bit.
    outline = resample(clip_to_rectangle(rings(mask), *bounds), taken.cell / 4.0)
    open_[taken.cells(to_complex(outline.points))] = True
    return ~open_
