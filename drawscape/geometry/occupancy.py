"""Which places are taken: a grid of small cells, one point of a line in each.

Lines grow by claims: "may line 7 have these eight places, one stride apart?" A claim is granted up to the
first place that another line is too near to. For example, with a radius of 1 mm, cells are 0.5 mm wide:

    cells     0     1     2     3     4     5     6         line 3 holds a point in cell 1
              .     3     .     .     7     .     .         line 7 claims the middles of cells 6, 4, 2

The places in cells 6 and 4 are 1.5 mm and more from line 3's and are granted; that in cell 2 is 0.5 mm away
and is refused, and so would be all behind it. What could be too near lies in the window of 5 x 5 cells
around a place, since cells are half the radius wide.

The invariants, between calls: a filled cell holds exactly one point that was granted; no two points of
different lines, or of one line more than a loop apart along it, are nearer than the radius. The tests
check both against a look at all pairs (tests/geometry/test_occupancy.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from drawscape.geometry.area import Bounds
from drawscape.geometry.field import Complexes
from drawscape.geometry.lines import Flags, Ints

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
