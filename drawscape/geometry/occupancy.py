"""Which places are taken: a grid of small cells, one point of a line in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from drawscape.geometry.area import Bounds
from drawscape.geometry.field import Complexes
from drawscape.geometry.pairs import Indices

# So far away that an empty cell is near nothing.
_NOWHERE = 1e15 + 0j
# A line of more strides than this would be longer than any paper.
_MOST_STEPS = 1 << 23
# Windows looked through at once: their numbers, 100 kB, stay in cache and cost no fresh memory.
_WINDOWS = 512


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
        # Single precision, from the corner: half the memory to look through, and 0.0001 mm at most.
        self._held = np.full(size, _NOWHERE, dtype=np.complex64)
        self._owner = np.full(size, -1, dtype=np.int64)
        self._born = np.zeros(size, dtype=np.int32)
        self._blocked = np.zeros(size, dtype=bool)
        # Cells that lie within `reach` of some point as a whole, so that nothing in them is free.
        self._crowded = np.zeros(size, dtype=bool)
        self._reach = reach
        self._latest = np.zeros(size, dtype=np.int32)
        self._radius = radius
        self._loop = loop
        self._around = _Window.of(self._held, self._columns, 2)
        self._wide = _Window.of(self._held, self._columns, int(np.ceil(reach / cell)))

    def cells(self, places: Complexes) -> Indices:
        """Return the number of the cell that each place is in."""
        q = (places - self._origin) * (1.0 / self.cell)
        return np.asarray(q.imag.astype(np.int64) * self._columns + q.real.astype(np.int64))

    def centres(self) -> Complexes:
        """Return the middle of every cell, in the order of their numbers."""
        number = np.arange(len(self._held))
        rows, columns = np.divmod(number, self._columns)
        return np.asarray(self._origin + self.cell * (columns + 0.5 + 1j * (rows + 0.5)))

    def block(self, blocked: NDArray[np.bool_]) -> None:
        """Close the cells where `blocked` is true for good."""
        self._blocked = blocked

    def claim(
        self, places: Complexes, line: Indices, step: Indices, born: int
    ) -> NDArray[np.bool_]:
        """Return which of `places`, (N,), are granted; they are held from now on.

        `line` and `step` say whose points they are and where along it. One is refused when a point
        of another line is nearer than the radius, or one of its own line further along it than a
        loop is long; of two that come at the same time `born` the lower line number wins.
        """
        return np.asarray(self.claim_runs(places[None], line[None], step[None], born)[0])

    def claim_runs(
        self, places: Complexes, line: Indices, step: Indices, born: int
    ) -> NDArray[np.bool_]:
        """Return which of `places`, (K, N), are granted: in each column all before the first refused.

        Otherwise as `claim`.
        """
        shape = places.shape
        places, line, step = places.ravel(), line.ravel(), step.ravel()
        local = (places - self._origin).astype(np.complex64)
        cell = self.cells(places)
        # Line and step in one number: points of one line within a loop differ by less than a loop.
        key = line * (2 * _MOST_STEPS) + step + _MOST_STEPS
        empty = self._owner.take(cell) < 0
        # The last write to a cell stays: backwards, so that the lower line number has it.
        target = cell[empty][::-1]
        self._held[target] = local[empty][::-1]
        self._owner[target] = key[empty][::-1]
        self._born[target] = born
        own = empty & (self._owner.take(cell) == key)
        refused = self._blocked.take(cell) | (empty & ~own)
        near = self._around.near(cell, local, self._radius)
        who, which = np.divmod(near, len(self._around.offsets))
        near = cell[who] + self._around.offsets[which]
        other = self._owner.take(near)
        strange = np.flatnonzero(np.abs(other - key[who]) > self._loop)
        who, near, other = who[strange], near[strange], other[strange]
        later = (self._born.take(near) == born) & (other // (2 * _MOST_STEPS) > line[who])
        refused[who[~later]] = True
        granted = np.logical_and.accumulate(~refused.reshape(shape), axis=0)
        self._release(cell[own & ~granted.ravel()])
        return np.asarray(granted)

    def crowd(self, places: Complexes) -> None:
        """Note that `places` are held, so that `uncrowded` rules out what is near them."""
        most = int(self._reach / self.cell)
        i, j = (axis.ravel() for axis in np.mgrid[-most : most + 1, -most : most + 1])
        whole = np.hypot(np.abs(i) + 1, np.abs(j) + 1) * self.cell < self._reach
        cell = self.cells(places)
        for offset in (i * self._columns + j)[whole]:
            self._crowded[cell + offset] = True

    def uncrowded(self, places: Complexes) -> Complexes:
        """Return those of `places`, one in a cell, that may be free: all but the plainly taken."""
        cell = self.cells(places)
        number = np.arange(len(cell))
        self._latest[cell[::-1]] = number[::-1]
        keep = self._latest.take(cell) == number
        keep &= ~(self._crowded.take(cell) | self._blocked.take(cell))
        return np.asarray(places[keep])

    def free(self, places: Complexes) -> NDArray[np.bool_]:
        """Return whether no point is nearer to each of `places`, (N,), than the reach."""
        local = (places - self._origin).astype(np.complex64)
        # Rounding to single precision may not undercut a place that is just far enough.
        limit = self._reach * (1.0 - 1e-6)
        free = np.ones(len(places), dtype=bool)
        free[self._wide.near(self.cells(places), local, limit) // len(self._wide.offsets)] = False
        return free

    def _release(self, cells: Indices) -> None:
        self._held[cells] = _NOWHERE
        self._owner[cells] = -1


@dataclass(frozen=True)
class _Window:
    """The square of cells around any cell that a disc of `radius` can reach, as one look-up."""

    offsets: Indices
    corner: int
    views: NDArray[np.complex64]

    @classmethod
    def of(cls, held: NDArray[np.complex64], columns: int, most: int) -> _Window:
        side = 2 * most + 1
        i, j = (axis.ravel() for axis in np.mgrid[-most : most + 1, -most : most + 1])
        # Every window is a view into the cells themselves: five rows are copied, not 25 numbers.
        shape = (len(held) - (side - 1) * (columns + 1), side, side)
        item = held.itemsize
        views = as_strided(held, shape, (item, columns * item, item), writeable=False)
        return cls(i * columns + j, most * (columns + 1), views)

    def near(self, cell: Indices, local: NDArray[np.complex64], radius: float) -> Indices:
        """Return which of the windows' entries, numbered on through (N, cells), are within `radius`.

        `cell` and `local`, (N,), say where each window is and from where in it distances count.
        """
        found = []
        for start in range(0, len(cell), _WINDOWS):
            part = slice(start, start + _WINDOWS)
            gap = self.views[cell[part] - self.corner].reshape(-1, len(self.offsets))
            gap -= local[part, None]
            parts = gap.view(np.float32).reshape(*gap.shape, 2)
            parts *= parts
            close = np.flatnonzero(parts[..., 0] + parts[..., 1] < radius * radius)
            found.append(close + start * len(self.offsets))
        return np.concatenate([np.empty(0, dtype=np.int64), *found])
