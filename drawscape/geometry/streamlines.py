"""Evenly spaced lines along a field, grown many at a time, each keeping its distance from the others.

Lines grow by claims. Each head asks for eight places, one stride apart, and gets those before the first
that another line is too near to.
What may be too near stands in a grid of small cells, one point in each:
cells are half the radius wide, so that it lies in the 5 x 5 cells around a place. No two points of
different lines, or of one line more than a loop apart along it, are nearer than the radius.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.contours import values_at
from drawscape.geometry.lines import Flags, Floats, Ints, Lines, resample, without_repeats
from drawscape.geometry.nearest import as_points
from drawscape.geometry.regions import Area, Bounds, Polygon, bounds_of, contains, rings

Field: TypeAlias = Callable[[Floats, Floats], ArrayLike]
"""Of x and y in mm, both (N,): returns angles in radians, (N,), or vectors, (N, 2) or (u, v)."""

Mask: TypeAlias = Callable[[Floats, Floats], Flags] | Polygon
"""A polygon, or a function of x and y that is True where lines may be."""

Complexes: TypeAlias = NDArray[np.complex128]
_Heads: TypeAlias = tuple[Complexes, Ints, Ints, Ints]
"""Ends that still grow: where, along the field (1) or against it (-1), which line, how many strides."""

_MOST_NODES = 16_000_000
# A line of more strides than this would be longer than any paper.
_MOST_STEPS = 1 << 23
# Strides between two looks at who is too near: a look costs as much as several strides.
_STRIDES = 8
# Spacings between lines that start together: closer ones would block each other while short.
_FIRST_APART = 10.0
# Heads that move at once: fewer waste the cost of a numpy call, more get in each other's way.
_MOST_HEADS = 800
# On a small page fewer: this many in a square of one spacing.
_HEADS_TO_A_SQUARE = 0.02
# One in so many places of a line is looked beside for a start; the last round finds the others.
_EVERY = 4
# Places to start from that are weighed against each other at once.
_MOST_TO_CHOOSE_FROM = 4000
# In spacings, how far ahead of a growing line and how wide its way is kept free of new ones:
# without this, lines are a fifth shorter.
_AHEAD, _ABREAST = 20.0, 1.2


def streamlines(field: Field, area: Area, spacing_mm: float, **options: Any) -> Lines:
    """Return lines along `field` in `area` that keep about `spacing_mm` from each other.

    All is as `growing_streamlines` has it. Raises GeometryError as that does.
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

    return streamlines(field, area, spacing_mm, mask=mask, min_length_mm=min_length_mm, test=0.7)


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
    everywhere. `mask`, a polygon or a function of x and y, limits where lines may be. Lines longer than
    `max_length_mm` are ended there, and those shorter than `min_length_mm` left out.
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
    if not (spacing_mm > 0 and np.isfinite(spacing_mm)):
        raise GeometryError(f"spacing_mm={spacing_mm!r}: give a positive length")
    if not 0.1 <= test <= 1.0:
        raise GeometryError(f"test={test!r}: give 0.1 to 1")
    if not ((step_mm is None or step_mm > 0) and max_length_mm > 0):
        raise GeometryError(
            f"step_mm={step_mm!r}, max_length_mm={max_length_mm!r}: give positive lengths"
        )
    grow = _Growth(field, bounds, spacing_mm, test, step_mm or 0.5, max_length_mm, mask)

    def lines() -> Lines:
        found = grow.lines()
        off = found.ids[((found.points < bounds[:2]) | (found.points > bounds[2:])).any(axis=1)]
        leaves = np.bincount(off, minlength=len(found)) > 0
        cut = clip_to_rectangle(found.take(leaves), *bounds)
        found = Lines.join((found.take(~leaves), cut))
        if mask is not None and not callable(mask):
            found = clip_to_polygon(found, mask)
        return found.take((found.lengths_mm >= min_length_mm) & (found.counts > 1))

    # A few lines all over first, then all that their sides lead to; last, pockets that no side sees.
    starts = [_everywhere(bounds, _FIRST_APART * spacing_mm), _everywhere(bounds, spacing_mm)]
    if seeds is not None:
        starts.insert(0, _complex(as_points(seeds)))
    for places in starts:
        for done in grow.from_places(grow.on_page(places)):
            yield done, lines
    yield 1.0, lines


class _Growth:
    """The lines so far, the grid that holds their points, and where new ones may start."""

    def __init__(
        self,
        field: Field,
        bounds: Bounds,
        spacing: float,
        test: float,
        step: float,
        longest: float,
        mask: Mask | None,
    ) -> None:
        self.bounds, self.spacing, self.longest = bounds, spacing, longest / 2.0
        self.radius = test * spacing
        # Points that claim a place lie a cell's diagonal apart, so that each has a cell of its own.
        self.stride = self.radius / np.sqrt(2.0)
        self.substeps = int(np.ceil(self.stride / step))
        self.loop = int(2.0 * spacing / self.stride)
        margin = (_STRIDES + 2) * self.stride
        self.course = _sampled(field, bounds, spacing / 2.0, margin)
        x0, y0, x1, y1 = bounds
        self.cell = self.radius / 2.0
        reach = spacing / self.cell
        around = int(np.ceil(margin / self.cell + reach)) + 1
        self.columns, rows = (int(side / self.cell) + 2 * around + 1 for side in (x1 - x0, y1 - y0))
        self.origin = complex(x0 - around * self.cell, y0 - around * self.cell)
        size = self.columns * rows
        # Single precision, from the corner: half the memory to look up, and 0.0001 mm at most.
        self.held = np.empty(size, dtype=np.complex64)
        self.filled = np.zeros(size, dtype=bool)
        self.key = np.zeros(size, dtype=np.int64)
        self.claimed = np.zeros(size, dtype=bool)
        self.near_by, self.far_by = self._square(2), self._square(int(np.ceil(reach)))
        # Cells that lie within the spacing of some point as a whole, so that nothing in them is free.
        i, j = np.divmod(self.far_by + int(np.ceil(reach)) * (self.columns + 1), self.columns)
        i, j = (np.abs(axis - int(np.ceil(reach))) + 1 for axis in (i, j))
        self.disc = self.far_by[np.hypot(i, j) < reach]
        self.crowded = np.zeros(size, dtype=bool)
        # A line may lead a stride off the page, and is cut at its edge.
        closed = np.ones((rows, self.columns), dtype=bool)
        closed[around - 2 : 2 - around, around - 2 : 2 - around] = False
        self.closed = closed.ravel()
        if mask is not None:
            self.closed |= self._masked(mask)
        # Lines that keep their distance lie about one spacing apart.
        self.whole = np.count_nonzero(~self.closed) * self.cell**2 / spacing
        self.count, self.length, self.apart = 0, 0.0, _FIRST_APART
        self.waiting = np.empty(0, dtype=np.complex128)
        self.fresh: list[Complexes] = []
        self.parts: list[tuple[Ints, Ints, Complexes]] = []

    def _square(self, most: int) -> Ints:
        """Return the cells up to `most` away in each direction, as offsets."""
        side = np.arange(-most, most + 1)
        return np.asarray((side[:, None] * self.columns + side).ravel())

    def _masked(self, mask: Mask) -> Flags:
        row, column = np.divmod(np.arange(len(self.closed)), self.columns)
        x = self.origin.real + self.cell * (column + 0.5)
        y = self.origin.imag + self.cell * (row + 0.5)
        if callable(mask):
            return ~np.asarray(mask(x, y), dtype=bool)
        closed = ~contains(mask, np.column_stack((x, y)))
        # Cells on the outline are open: the polygon cuts what leaves it to the line's last bit.
        edge = resample(clip_to_rectangle(rings(mask), *self.bounds), self.cell / 4.0)
        closed[self._cells(_complex(edge.points))[0]] = False
        return closed

    def _cells(self, places: Complexes) -> tuple[Ints, NDArray[np.complex64]]:
        """Return the number of the cell that each place is in, and the place from the corner."""
        local = places - self.origin
        q = local * (1.0 / self.cell)
        cell = q.imag.astype(np.int64) * self.columns + q.real.astype(np.int64)
        return cell, local.astype(np.complex64)

    def _near(
        self, cell: Ints, local: NDArray[np.complex64], by: Ints, radius: float
    ) -> tuple[Ints, Ints]:
        """Return pairs of who of (N,) places lies within `radius` of a held point, and its cell."""
        near = (cell[:, None] + by).ravel()
        found = np.flatnonzero(self.filled.take(near))
        near, who = near.take(found), found // len(by)
        gap = self.held.take(near) - local.take(who)
        close = np.flatnonzero(gap.real**2 + gap.imag**2 < radius * radius)
        return who.take(close), near.take(close)

    def claim(self, places: Complexes, line: Ints, step: Ints) -> Flags:
        """Return which of `places`, (K, N), are granted: in each column all before the first refused.

        A column is a run of one of the lines, (N,), `step`, (K, N), along it. A place is refused when a
        point of another line is nearer than the radius, or one of the same line beyond a loop's length. Of
        two that come at the same time the lower line wins.
        """
        # Keys of one line within a loop differ by less than it, those of different lines by more.
        key = (line * (2 * _MOST_STEPS) + step + _MOST_STEPS).ravel()
        cell, local = self._cells(places.ravel())
        # All are put into the cells that are empty. Of two in one cell the first has it: it is
        # written last.
        new = np.flatnonzero(~self.filled.take(cell))[::-1]
        at = cell[new]
        self.held[at], self.key[at] = local[new], key[new]
        self.filled[at] = self.claimed[at] = True
        refused = self.closed.take(cell) | (self.key.take(cell) != key)
        who, near = self._near(cell, local, self.near_by, self.radius)
        mine, other = key.take(who), self.key.take(near)
        strange = np.abs(other - mine) > self.loop
        lower = other // (2 * _MOST_STEPS) <= mine // (2 * _MOST_STEPS)
        refused[who[strange & (lower | ~self.claimed.take(near))]] = True
        granted = np.logical_and.accumulate(~refused.reshape(places.shape), axis=0)
        self.claimed[at] = False
        # What was not granted leaves its cell again.
        self.filled[at[(self.key[at] == key[new]) & ~granted.ravel()[new]]] = False
        return np.asarray(granted)

    def from_places(self, places: Complexes) -> Iterator[float]:
        """Grow lines from `places`, and from beside those lines, until nothing is free.

        Each step takes all heads some strides further, and yields about how much is done.
        """
        self.waiting = places
        x0, y0, x1, y1 = self.bounds
        room = (x1 - x0) * (y1 - y0) / self.spacing**2
        most = int(np.clip(room * _HEADS_TO_A_SQUARE, 8, _MOST_HEADS))
        none = np.empty(0, dtype=np.int64)
        heads = self._started(most // 2, (places[:0], none, none, none))
        while len(heads[0]):
            heads = self._moved(heads)
            yield min(self.length / max(self.whole, 1e-9), 1.0)
            if len(heads[0]) < most // 3:
                heads = self._started((most - len(heads[0])) // 2, heads)

    def _started(self, wanted: int, growing: _Heads) -> _Heads:
        """Return the heads with those of about `wanted` new lines, none when no place is left."""
        if self.fresh:
            grown = np.concatenate(self.fresh)
            self.fresh = []
            self.crowded[self._cells(grown)[0][:, None] + self.disc] = True
            self.waiting = np.concatenate((self._beside(grown[::_EVERY]), self.waiting))
        cell = self._cells(self.waiting)[0]
        self.waiting = self.waiting[~(self.crowded.take(cell) | self.closed.take(cell))]
        starts = self._chosen(wanted, growing)
        line = self.count + np.arange(len(starts))
        self.count += len(starts)
        nowhere = np.zeros(len(starts), dtype=np.int64)
        granted = self.claim(starts[None], line, nowhere[None])[0]
        self._keep(line[granted], nowhere[granted], starts[granted])
        self.fresh.append(starts[granted])
        way = np.repeat([1, -1], np.count_nonzero(granted))
        new = np.tile(starts[granted], 2), way, np.tile(line[granted], 2), np.zeros_like(way)
        at, ways, lines, steps = (np.concatenate(pair) for pair in zip(growing, new, strict=True))
        return at, ways, lines, steps

    def _chosen(self, wanted: int, growing: _Heads) -> Complexes:
        """Return up to `wanted` free places, far from each other, out of those that wait."""
        while len(self.waiting):
            some = np.arange(0, len(self.waiting), 1 + len(self.waiting) // _MOST_TO_CHOOSE_FROM)
            chosen = some[_scattered(self.waiting[some], self.apart * self.spacing)]
            if len(chosen) < wanted // 2 and self.apart > 1.0:
                self.apart = max(self.apart * 0.8, 1.0)
                continue
            chosen = chosen[: wanted + wanted // 2]
            chosen = chosen[~self._ahead(self.waiting[chosen], growing)]
            places = self.waiting[chosen]
            self.waiting = np.delete(self.waiting, chosen)
            free = np.ones(len(places), dtype=bool)
            # Rounding to single precision may not undercut a place that is just far enough.
            limit = self.spacing * (1.0 - 1e-6)
            free[self._near(*self._cells(places), self.far_by, limit)[0]] = False
            if free.any() or len(growing[0]):
                return places[free][:wanted]
        return self.waiting

    def _ahead(self, places: Complexes, growing: _Heads) -> Flags:
        """Return whether each place lies where a line that still grows is bound to come by."""
        course = self.course(growing[0]) * growing[1] / self.spacing
        offset = (places[:, None] - growing[0]).astype(np.complex64)
        offset *= course.conj().astype(np.complex64)
        on_way = (offset.real > 0.0) & (offset.real < _AHEAD) & (np.abs(offset.imag) < _ABREAST)
        return np.asarray(on_way.any(axis=1))

    def _moved(self, heads: _Heads) -> _Heads:
        """Return the heads that go on after some strides, and keep the places that they came by."""
        at, way, line, step = heads
        length = way * (self.stride / self.substeps)
        trail = np.empty((_STRIDES * self.substeps, len(at)), dtype=np.complex128)
        before = at
        for sub in range(len(trail)):
            # Midpoint rule: the direction half a step ahead. Where there is none, a head stays.
            course = self.course(at + 0.5 * length * self.course(at))
            before, at = at, at + course * (length / np.maximum(np.abs(course), 1e-6))
            trail[sub] = at
        claims = trail[self.substeps - 1 :: self.substeps]
        steps = step + way * np.arange(1, _STRIDES + 1)[:, None]
        granted = self.claim(claims, line, steps)
        passed = np.repeat(granted, self.substeps, axis=0)
        order = step * self.substeps + way * np.arange(1, len(trail) + 1)[:, None]
        self._keep(np.broadcast_to(line, trail.shape)[passed], order[passed], trail[passed])
        self.fresh.append(claims[granted])
        going = granted[-1] & (np.abs(at - before) >= 0.5 * np.abs(length))
        going &= np.abs(steps[-1]) * self.stride < self.longest
        return at[going], way[going], line[going], steps[-1][going]

    def _keep(self, line: Ints, order: Ints, places: Complexes) -> None:
        self.parts.append((line, order, places))
        self.length += len(places) * self.stride / self.substeps

    def on_page(self, places: Complexes) -> Complexes:
        """Return those of `places` that lie on the page."""
        x0, y0, x1, y1 = self.bounds
        x, y = places.real, places.imag
        return np.asarray(places[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)])

    def _beside(self, places: Complexes) -> Complexes:
        normal = 1j * self.course(places)
        size = np.abs(normal)
        # A hair further than the spacing, which rounding could undercut.
        normal *= self.spacing * (1.0 + 1e-9) / np.where(size < 1e-6, np.inf, size)
        return self.on_page(np.concatenate((places + normal, places - normal)))

    def lines(self) -> Lines:
        """Return the lines so far, in the order in which they started."""
        if not self.parts:
            return Lines.empty()
        line, order, places = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        place = np.argsort((line << 40) + order)
        lines = Lines.from_counts(_points(places[place]), np.bincount(line))
        lines = without_repeats(lines)
        # Those that went round and met their own start are closed.
        gap = lines.starts - lines.ends
        last = lines.ends - lines.points[np.maximum(lines.offsets[1:] - 2, lines.offsets[:-1])]
        size = np.hypot(*gap.T)
        meets = (gap * last).sum(axis=1) > 0.7 * size * np.hypot(*last.T)
        meets &= (size < self.radius + 2.0 * self.stride) & (size > 0)
        return lines.closed_up(meets & (lines.lengths_mm > 4.0 * self.spacing))


def _sampled(
    field: Field, bounds: Bounds, pitch: float, margin: float
) -> Callable[[Complexes], Complexes]:
    """Return what gives the direction at each place, (N,), blended from samples every `pitch` mm.

    It is good for `margin` mm around. Its length is 1 where the field is even, and less where
    neighbours disagree. Raises GeometryError for more samples than memory would hold.
    """
    x0, y0, x1, y1 = bounds
    around = int(np.ceil(margin / pitch)) + 1
    columns, rows = (int(np.ceil(s / pitch)) + 2 * around + 2 for s in (x1 - x0, y1 - y0))
    if columns * rows > _MOST_NODES:
        raise GeometryError(f"{columns} x {rows} samples of the field; use a wider spacing")
    # Nodes beyond the edge have the edge's direction: the field is never asked for places outside.
    x, y = np.meshgrid(
        np.clip(x0 + (np.arange(columns) - around) * pitch, x0, x1),
        np.clip(y0 + (np.arange(rows) - around) * pitch, y0, y1),
    )
    nodes = _directions(field, x.ravel(), y.ravel()).astype(np.complex64)
    # The blend a + b s + c t + d s t of the corners of each cell: one look-up a place.
    a, b, c, d = (np.roll(nodes, -shift) for shift in (0, 1, columns, columns + 1))
    blends = np.stack((a, b - a, c - a, a - b - c + d), axis=1)
    origin = complex(x0 - around * pitch, y0 - around * pitch)

    def course(places: Complexes) -> Complexes:
        q = (places - origin) * (1.0 / pitch)
        column, row = q.real.astype(np.int64), q.imag.astype(np.int64)
        s, t = (q.real - column).astype(np.float32), (q.imag - row).astype(np.float32)
        a, b, c, d = blends.take(row * columns + column, axis=0).T
        return np.asarray(a + s * b + t * (c + s * d))

    return course


def _directions(field: Field, x: Floats, y: Floats) -> Complexes:
    """Return the unit direction of `field` at each place, (N,); 0 where there is none."""
    found = field(x, y)
    if isinstance(found, tuple):
        found = np.column_stack([np.broadcast_to(part, x.shape) for part in found])
    values = np.asarray(found, dtype=np.float64)
    if values.shape == x.shape:
        values = np.column_stack((np.cos(values), np.sin(values)))
    if values.shape != (*x.shape, 2):
        raise GeometryError(
            f"a field of {x.shape} places returns their angles or vectors, not {values.shape}"
        )
    vectors = _complex(values)
    size = np.abs(vectors)
    real = np.isfinite(size) & (size > 1e-12)
    return np.where(real, np.where(real, vectors, 0.0) / np.where(real, size, 1.0), 0.0)


def _complex(points: Floats) -> Complexes:
    return np.asarray(points[:, 0] + 1j * points[:, 1], dtype=np.complex128)


def _points(places: Complexes) -> Floats:
    return np.ascontiguousarray(places).view(np.float64).reshape(-1, 2)


def _scattered(places: Complexes, distance: float) -> Ints:
    """Return the numbers of some places that lie `distance` apart: one in every fourth square."""
    column, row = np.floor(places.real / distance), np.floor(places.imag / distance)
    # Squares of which no two touch, as the first place has it.
    some = np.flatnonzero(((column - column[0]) % 2 + (row - row[0]) % 2) == 0)
    first = np.unique(column[some] + 1j * row[some], return_index=True)[1]
    return np.asarray(some[np.sort(first)])


def _everywhere(bounds: Bounds, spacing: float) -> Complexes:
    """Return places that cover `bounds` evenly, in an order that does too (R2: Roberts 2018)."""
    x0, y0, x1, y1 = bounds
    index = np.arange(1, int(2.0 * (x1 - x0) * (y1 - y0) / spacing**2) + 20)
    return np.asarray(
        x0
        + (index * 0.7548776662466927) % 1.0 * (x1 - x0)
        + 1j * (y0 + (index * 0.5698402909980532) % 1.0 * (y1 - y0))
    )
