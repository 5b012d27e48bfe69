"""Evenly spaced lines along a field, grown many at a time, each keeping its distance from the others.

Lines grow by claims. Each head requests eight places, one stride apart, and gets those before the first that
is too near to another line.
Points are in a grid of small cells, one in each. Cells are half the radius wide, so any point that may be too
near is in the 5 x 5 cells around a place. No two points of different lines, or of one line more than a
loop apart along it, are nearer than the radius.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.contours import values_at
from drawscape.geometry.lines import (
    Complexes,
    Flags,
    Floats,
    Ints,
    Lines,
    Points,
    as_floats,
    check_positive,
    is_finite,
    without_repeats,
)
from drawscape.geometry.regions import Area, Frame, RegionMask, bounds_of, contains, to_shapely

Field = Callable[[Floats, Floats], ArrayLike]
"""Of x and y in mm, both (N,): returns angles in radians, (N,), or vectors, (N, 2) or (u, v)."""

_Flat = NDArray[np.complex64]
_Heads = NDArray[Any]
# Growing ends: where, along the field (1) or against it (-1), which line, how many strides.
_HEAD = np.dtype([("at", complex), ("way", np.int64), ("line", np.int64), ("step", np.int64)])

_MOST_NODES = 16_000_000
# A line of more strides than this would be longer than any paper.
_MOST_STEPS = 1 << 23
# In cells: points of different lines are at least a radius apart. Claimed places of a line are a stride
# apart, which is a cell's diagonal, so that no two are in one cell.
_RADIUS, _STRIDE = 2.0, np.sqrt(2.0)
# Strides between two checks of distances: a check costs as much as several strides.
_STRIDES = 8
# Spacings between lines that start together: closer ones would block each other while short.
_FIRST_APART = 10.0
# Heads that move at once: fewer make numpy calls inefficient, more get in each other's way.
_MOST_HEADS = 800
# On a small page fewer: this many in a square of one spacing.
_HEADS_TO_A_SQUARE = 0.02
# Starts are searched beside one in this many places of a line; the last round finds the others.
_EVERY = 4
# Places to start from that are compared at once.
_MOST_TO_CHOOSE_FROM = 4000
# In spacings, the length and width of the way ahead of a growing line that is kept free of new ones:
# without it, lines are a fifth shorter.
_AHEAD, _ABREAST = 20.0, 1.2


def streamlines(field: Field, area: Area, spacing_mm: float, **options: Any) -> Lines:
    """Return lines along `field` in `area` that keep about `spacing_mm` from each other.

    Arguments and errors are those of `growing_streamlines`.
    """
    *_, (_, lines) = growing_streamlines(field, area, spacing_mm, **options)
    return lines()


def hatch_along(
    directions: Floats,
    tone: Floats,
    grid: Area,
    area: Area,
    spacing_mm: float,
    *,
    between: tuple[float, float],
    turned: float = 0.0,
    min_length_mm: float = 0.0,
) -> Lines:
    """Return streamlines in `area` along `directions` where `tone` lies `between` two values.

    `directions` are vectors, (2, R, C), of any length, and `tone` is (R, C); their corners lie on those of
    `grid`, as in `contours`. `turned` in radians turns all directions. Lines shorter than
    `min_length_mm` are left out.

    >>> level = np.stack([np.ones((2, 2)), np.zeros((2, 2))])
    >>> rise = np.array([[0.0, 1.0], [0.0, 1.0]])  # darker to the right
    >>> lines = hatch_along(level, rise, (0, 0, 40, 40), (0, 0, 40, 40), 2.0, between=(0.5, 1.0))
    >>> bool(lines.points[:, 0].min() > 19)
    True
    """
    cos, sin = np.cos(turned), np.sin(turned)

    def field(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        u, v = (values_at(part, grid, np.stack((x, y), axis=-1)) for part in directions)
        return u * cos - v * sin, u * sin + v * cos

    def mask(x: Floats, y: Floats) -> Flags:
        dark = values_at(tone, grid, np.stack((x, y), axis=-1))
        return (dark > between[0]) & (dark <= between[1])

    return streamlines(field, area, spacing_mm, mask=mask, min_length_mm=min_length_mm)


def growing_streamlines(
    field: Field,
    area: Area,
    spacing_mm: float,
    *,
    test: float = 0.5,
    step_mm: float | None = None,
    mask: RegionMask | None = None,
    min_length_mm: float = 0.0,
    max_length_mm: float = np.inf,
) -> Iterator[tuple[float, Callable[[], Lines]]]:
    """Yield at each step about how much is done, 0 to 1, and a function that returns the lines so far.

    They run along `field` in `area` and keep about `spacing_mm` from each other.
    `field` is a function of x and y, (N,) in mm, that returns angles in radians, (N,), or vectors,
    (N, 2) or a tuple. New lines start `spacing_mm` beside others and end where they come nearer than
    `test` (0.1 to 1) times that. Points are at most `step_mm` apart, by default a third of the
    spacing and at most half a millimetre. `mask`, a polygon or a function of x and y, limits where lines
    may be. Lines longer than `max_length_mm` end there; those shorter than `min_length_mm` are left out.
    The field is sampled every half spacing. The same field gives the same lines.
    (Jobard & Lefer 1997, many lines at once.)
    Raises GeometryError for lengths that are not positive or a field of another shape.

    >>> wind = lambda x, y: 0.1 * x
    >>> for done, lines in growing_streamlines(wind, (0, 0, 100, 100), 10):
    ...     found = lines()  # what a preview shows
    >>> done, len(found) > 20
    (1.0, True)
    """
    bounds = bounds_of(area)
    step_mm = 0.5 if step_mm is None else step_mm
    check_positive(spacing_mm=spacing_mm, step_mm=step_mm, max_length_mm=min(max_length_mm, 1e9))
    if not (is_finite(test) and 0.1 <= test <= 1.0):
        raise GeometryError(f"test={test!r}: give 0.1 to 1")
    grow = _Growth(field, bounds, spacing_mm, test, step_mm, max_length_mm, mask)

    def lines() -> Lines:
        found = grow.lines()
        off = ~bounds.contains(found.points)
        leaves = np.bincount(found.ids, off, minlength=len(found)) > 0
        cut = clip_to_rectangle(found.take(leaves), *bounds)
        found = Lines.join((found.take(~leaves), cut))
        if mask is not None and not callable(mask):
            found = clip_to_polygon(found, mask)
        return found.take((found.lengths_mm >= min_length_mm) & (found.counts > 1))

    # First a few lines everywhere, then lines from their sides; last, pockets that no side reaches.
    starts = [_everywhere(bounds, spacing) for spacing in (_FIRST_APART * spacing_mm, spacing_mm)]
    for places in starts:
        for done in grow.from_places(places):
            yield done, lines
    yield 1.0, lines


class _Growth:
    """The lines so far, the grid that holds their points, and where new ones may start.

    Places are complex numbers, in cells from the grid's corner.
    """

    def __init__(
        self,
        field: Field,
        bounds: Frame,
        spacing: float,
        test: float,
        step: float,
        longest: float,
        mask: RegionMask | None,
    ) -> None:
        x0, y0, x1, y1 = bounds
        self.cell, self.spacing = float(test * spacing / 2.0), float(2.0 / test)
        self.longest = longest / 2.0 / self.cell
        self.substeps = int(np.ceil(_STRIDE * self.cell / step))
        self.loop = int(2.0 * self.spacing / _STRIDE)
        around = int(np.ceil((_STRIDES + 2) * _STRIDE + self.spacing)) + 1
        self.columns, rows = (int(side / self.cell) + 2 * around + 1 for side in bounds.size)
        self.corner = complex(x0, y0) - around * self.cell * (1 + 1j)
        # The field is sampled every half spacing.
        self.pitch = self.spacing / 2.0
        nodes = [int(np.ceil(cells / self.pitch)) + 2 for cells in (self.columns, rows)]
        if nodes[0] * nodes[1] > _MOST_NODES:
            raise GeometryError(f"{nodes} samples of the field; use a wider spacing")
        # Nodes beyond the edge have the edge's direction: the field is never evaluated outside.
        x, y = np.meshgrid(
            np.clip(self.corner.real + np.arange(nodes[0]) * spacing / 2.0, x0, x1),
            np.clip(self.corner.imag + np.arange(nodes[1]) * spacing / 2.0, y0, y1),
        )
        a = _directions(field, x.ravel(), y.ravel()).astype(np.complex64)
        # The blend a + b s + c t + d s t of each cell's corners: one look-up per place.
        b, c, d = (np.roll(a, -shift) for shift in (1, nodes[0], nodes[0] + 1))
        self.blends, self.nodes = np.stack((a, b - a, c - a, a - b - c + d), axis=1), nodes[0]
        # Single precision takes half the memory, and is off by at most 0.0001 mm.
        self.held = np.empty(self.columns * rows, dtype=np.complex64)
        self.key = np.empty(self.columns * rows, dtype=np.int64)
        # 0 for an empty cell, 1 for one with a point, 2 while it is only claimed.
        self.filled = np.zeros(self.columns * rows, dtype=np.uint8)
        far = int(np.ceil(self.spacing))
        i, j = np.mgrid[-far : far + 1, -far : far + 1]
        self.far_by = (i * self.columns + j).ravel()
        self.near_by = self.far_by[(np.maximum(np.abs(i), np.abs(j)) <= _RADIUS).ravel()]
        # Cells that are completely within the spacing of some point, so that nothing in them is free.
        self.disc = self.far_by[(np.hypot(np.abs(i) + 1, np.abs(j) + 1) < self.spacing).ravel()]
        # A line may leave the page by a stride, and is cut at its edge.
        self.closed, self.crowded = (
            np.pad(
                np.zeros((rows - 2 * rim, self.columns - 2 * rim), dtype=bool),
                rim,
                constant_values=True,
            ).ravel()
            for rim in (around - 2, around)
        )
        if mask is not None:
            self.closed |= self._masked(mask)
            self.crowded |= self.closed
        # Lines that keep their distance are about one spacing apart.
        self.whole = max(float(np.count_nonzero(~self.closed)) / self.spacing, 1e-9)
        self.count, self.length, self.apart = 0, 0.0, _FIRST_APART
        self.waiting = np.empty(0, dtype=np.complex128)
        self.fresh: list[Complexes] = []
        self.parts: list[tuple[Ints, Ints, Complexes]] = []

    def _masked(self, mask: RegionMask) -> Flags:
        row, column = np.divmod(np.arange(len(self.closed)), self.columns)
        places = _points((column + 0.5 + 1j * (row + 0.5)) * self.cell + self.corner)
        if callable(mask):
            return ~np.asarray(mask(*places.T), dtype=bool)
        # Cells on the outline are open: the polygon cuts lines exactly there.
        return ~contains(to_shapely(mask).buffer(self.cell), places)

    def _course(self, places: Complexes) -> Complexes:
        """Return the blended direction at each place: shorter than 1 where neighbours disagree."""
        q = places * (1.0 / self.pitch)
        column, row = q.real.astype(np.int64), q.imag.astype(np.int64)
        s, t = (q.real - column).astype(np.float32), (q.imag - row).astype(np.float32)
        a, b, c, d = self.blends.take(row * self.nodes + column, axis=0).T
        return a + s * b + t * (c + s * d)

    def _cells(self, places: Complexes) -> Ints:
        return places.imag.astype(np.int64) * self.columns + places.real.astype(np.int64)

    def _near(self, cell: Ints, places: _Flat, by: Ints, radius: float) -> tuple[Ints, Ints]:
        """Return pairs of the indices of (N,) places within `radius` of a held point, and its cell."""
        near = (cell[:, None] + by).ravel()
        found = np.flatnonzero(self.filled.take(near))
        near, who = near.take(found), found // len(by)
        gap = self.held.take(near) - places.take(who)
        close = np.flatnonzero(gap.real**2 + gap.imag**2 < radius * radius)
        return who.take(close), near.take(close)

    def _claim(self, places: Complexes, line: Ints, step: Ints) -> Flags:
        """Return which of `places`, (K, N), are granted: in each column, all before the first refused.

        A column is a run of one of the lines, (N,), `step`, (K, N), along it. A place is refused when a
        point of another line is nearer than the radius, or one of the same line beyond a loop's length. Of
        two simultaneous claims, the lower line wins.
        """
        # Keys of one line within a loop differ by less than that, those of different lines by more.
        key = (line * (2 * _MOST_STEPS) + step + _MOST_STEPS).ravel()
        cell, flat = self._cells(places.ravel()), places.ravel().astype(np.complex64)
        # All are put into the empty cells. Of two in one cell, the first gets it, because it is
        # written last.
        new = np.flatnonzero(self.filled.take(cell) == 0)[::-1]
        at = cell[new]
        self.held[at], self.key[at], self.filled[at] = flat[new], key[new], 2
        refused = self.closed.take(cell) | (self.key.take(cell) != key)
        who, near = self._near(cell, flat, self.near_by, _RADIUS)
        mine, other = key.take(who), self.key.take(near)
        strange = np.abs(other - mine) > self.loop
        lower = other // (2 * _MOST_STEPS) <= mine // (2 * _MOST_STEPS)
        refused[who[strange & (lower | (self.filled.take(near) == 1))]] = True
        granted = np.logical_and.accumulate(~refused.reshape(places.shape), axis=0)
        # Refused heads leave their cells again.
        owner = new[self.key.take(at) == key[new]]
        self.filled[cell[owner]] = granted.ravel()[owner]
        return granted

    def from_places(self, places: Points) -> Iterator[float]:
        """Grow lines from `places` in mm, and from beside those lines, until nothing is free.

        Each step takes all heads some strides further, and yields about how much is done.
        """
        self.waiting = (places.view(complex)[:, 0] - self.corner) / self.cell
        room = np.count_nonzero(~self.closed) / self.spacing**2
        most = int(np.clip(room * _HEADS_TO_A_SQUARE, 8, _MOST_HEADS))
        heads = np.empty(0, dtype=_HEAD)
        while True:
            if len(heads) < most // 3:
                heads = np.concatenate((heads, self._started((most - len(heads)) // 2, heads)))
            if not len(heads):
                return
            heads = self._moved(heads)
            yield min(self.length / self.whole, 1.0)

    def _started(self, wanted: int, growing: _Heads) -> _Heads:
        """Return the heads of about `wanted` new lines, none when no place is left."""
        if self.fresh:
            grown = np.concatenate(self.fresh)
            self.fresh = []
            self.crowded[self._cells(grown)[:, None] + self.disc] = True
            beside = grown[::_EVERY]
            course = self._course(beside)
            beside, course = beside[course != 0], course[course != 0]
            # Slightly further than the spacing, because of rounding.
            normal = 1j * course * (self.spacing * (1.0 + 1e-9) / np.abs(course))
            self.waiting = np.concatenate((beside + normal, beside - normal, self.waiting))
        self.waiting = self.waiting[~self.crowded.take(self._cells(self.waiting))]
        starts = self._chosen(wanted, growing)
        line = self.count + np.arange(len(starts))
        self.count += len(starts)
        granted = self._claim(starts[None], line, np.zeros((1, len(starts)), dtype=np.int64))[0]
        starts, line = starts[granted], line[granted]
        self._keep(line, np.zeros_like(line), starts)
        self.fresh.append(starts)
        heads = np.zeros(2 * len(line), dtype=_HEAD)
        heads["at"], heads["line"] = np.tile(starts, 2), np.tile(line, 2)
        heads["way"] = np.repeat([1, -1], len(line))
        return heads

    def _chosen(self, wanted: int, growing: _Heads) -> Complexes:
        """Return up to `wanted` free places, far from each other, from those that wait."""
        while len(self.waiting):
            some = np.arange(0, len(self.waiting), 1 + len(self.waiting) // _MOST_TO_CHOOSE_FROM)
            # Far apart: the first in every fourth square; no two of these touch.
            places, side = self.waiting[some], self.apart * self.spacing
            column, row = np.floor(places.real / side), np.floor(places.imag / side)
            fourth = np.flatnonzero(((column - column[0]) % 2 + (row - row[0]) % 2) == 0)
            first = np.unique(column[fourth] + 1j * row[fourth], return_index=True)[1]
            chosen = some[fourth[np.sort(first)]]
            if len(chosen) < wanted // 2 and self.apart > 1.0:
                self.apart = max(self.apart * 0.8, 1.0)
                continue
            chosen = chosen[: wanted + wanted // 2]
            # Not in the way of a growing line.
            course = self._course(growing["at"]) * growing["way"] / self.spacing
            offset = (self.waiting[chosen][:, None] - growing["at"]).astype(np.complex64)
            offset *= course.conj().astype(np.complex64)
            ahead = (offset.real > 0.0) & (offset.real < _AHEAD) & (np.abs(offset.imag) < _ABREAST)
            chosen = chosen[~ahead.any(axis=1)]
            places = self.waiting[chosen]
            self.waiting = np.delete(self.waiting, chosen)
            flat, free = places.astype(np.complex64), np.ones(len(places), dtype=bool)
            # Rounding to single precision must not bring a place too near.
            limit = self.spacing * (1.0 - 1e-6)
            free[self._near(self._cells(places), flat, self.far_by, limit)[0]] = False
            if free.any() or len(growing):
                return places[free][:wanted]
        return self.waiting

    def _moved(self, heads: _Heads) -> _Heads:
        """Return the heads that still grow after some strides, and keep the places that they passed."""
        at, way, line, step = (heads[name] for name in _HEAD.names or ())
        length = way * (_STRIDE / self.substeps)
        trail = np.empty((_STRIDES * self.substeps, len(at)), dtype=np.complex128)
        for sub in range(len(trail)):
            # Midpoint rule: the direction half a step ahead. Without a direction, a head stays.
            course = self._course(at + 0.5 * length * self._course(at))
            before, at = at, at + course * (length / np.maximum(np.abs(course), 1e-6))
            trail[sub] = at
        claims = trail[self.substeps - 1 :: self.substeps]
        steps = step + way * np.arange(1, _STRIDES + 1)[:, None]
        granted = self._claim(claims, line, steps)
        passed = np.repeat(granted, self.substeps, axis=0)
        order = step * self.substeps + way * np.arange(1, len(trail) + 1)[:, None]
        self._keep(np.broadcast_to(line, trail.shape)[passed], order[passed], trail[passed])
        self.fresh.append(claims[granted])
        going = granted[-1] & (np.abs(at - before) >= 0.5 * np.abs(length))
        going &= np.abs(steps[-1]) * _STRIDE < self.longest
        onward = heads[going]
        onward["at"], onward["step"] = at[going], steps[-1][going]
        return onward

    def _keep(self, line: Ints, order: Ints, places: Complexes) -> None:
        self.parts.append((line, order, places))
        self.length += len(places) * _STRIDE / self.substeps

    def lines(self) -> Lines:
        """Return the lines so far, in mm, in the order in which they started."""
        if not self.parts:
            return Lines.empty()
        line, order, places = (np.concatenate(part) for part in zip(*self.parts))
        places = places[np.argsort((line << 40) + order)] * self.cell + self.corner
        lines = without_repeats(Lines.from_counts(_points(places), np.bincount(line)))
        # Lines that met their own start are closed.
        gap = lines.starts - lines.ends
        last = lines.ends - lines.points[np.maximum(lines.offsets[1:] - 2, lines.offsets[:-1])]
        size = np.hypot(*gap.T)
        meets = (gap * last).sum(axis=1) > 0.7 * size * np.hypot(*last.T)
        meets &= (size < (_RADIUS + 2.0 * _STRIDE) * self.cell) & (size > 0)
        return lines.closed_up(meets & (lines.lengths_mm > 4.0 * self.spacing * self.cell))


def _directions(field: Field, x: Floats, y: Floats) -> Complexes:
    """Return the unit direction of `field` at each place, (N,), or 0 where the field has no direction."""
    found = field(x, y)
    if isinstance(found, tuple):
        found = np.stack(np.broadcast_arrays(x, *found)[1:], axis=1)
    values = as_floats(found)
    if values.shape not in (x.shape, (*x.shape, 2)):
        raise GeometryError(
            f"a field of {x.shape} places returns their angles or vectors, not {values.shape}"
        )
    vectors = values[:, 0] + 1j * values[:, 1] if values.ndim == 2 else np.exp(1j * values)
    size = np.abs(vectors)
    real = np.isfinite(size) & (size > 1e-12)
    return np.divide(vectors, size, where=real, out=np.zeros(len(x), dtype=np.complex128))


def _points(places: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(places).view(np.float64).reshape(-1, 2)


def _everywhere(bounds: Frame, spacing: float) -> Points:
    """Return places that cover `bounds` evenly, in an order that does too (R2: Roberts 2018)."""
    index = np.arange(1, int(2.0 * bounds.area / spacing**2) + 20)
    along = np.multiply.outer(index, (0.7548776662466927, 0.5698402909980532)) % 1.0
    return bounds[:2] + along * bounds.size
