"""Many polylines in two flat arrays, never an object per line.

Below the class are functions for segments, simplifying, resampling, stretches, and the kinds of lines that a
canvas accepts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Complexes = NDArray[np.complex128]
Points = Floats
"""(N, 2) float64, in mm."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Polylines in flat arrays: line `i` is `points[offsets[i]:offsets[i + 1]]`.

    `points` is (N, 2) float64 in mm, `offsets` is (M + 1,) int64, rising, from 0 to N. A line holds
    at least one point; it is closed when it has three or more and the last equals the first.

    >>> lines = Lines.of([[(0, 0), (3, 4)], [(0, 0), (1, 0), (1, 1), (0, 0)]])
    >>> lines.lengths_mm.round(2), lines.closed
    (array([5.  , 3.41]), array([False,  True]))
    """

    points: Points
    offsets: Ints

    @classmethod
    def empty(cls) -> Lines:
        """Return no lines at all."""
        return cls(np.empty((0, 2)), np.zeros(1, dtype=np.int64))

    @classmethod
    def single(cls, points: Points) -> Lines:
        """Return the line through `points`, (N, 2) float64; without points, no line."""
        return cls(points, np.array([0, len(points)])) if len(points) else cls.empty()

    @classmethod
    def of(cls, lines: Lines | ArrayLike | Iterable[ArrayLike]) -> Lines:
        """Return `lines` as flat arrays.

        `lines` are Lines, an (M, K, 2) array, one line as (N, 2), or an iterable of (N, 2) arrays;
        empty ones are left out. Complex numbers are points, x + iy.
        Raises GeometryError when a line is not (N, 2) or holds a value that is not finite.
        """
        if isinstance(lines, Lines):
            return lines
        if isinstance(lines, np.ndarray):
            lines = as_floats(lines)
        if isinstance(lines, np.ndarray) and lines.ndim == 3 and lines.size:
            points = as_points(lines.reshape(-1, lines.shape[2]))
            return cls(points, np.arange(len(lines) + 1, dtype=np.int64) * lines.shape[1])
        parts = _parts(lines)
        for part in parts:
            if part.ndim != 2 or part.shape[1] != 2:
                raise GeometryError(f"a line is an (N, 2) array of points, not {part.shape}")
        return cls(
            as_points(np.concatenate([np.empty((0, 2)), *parts])),
            offsets_of([len(part) for part in parts]),
        )

    @classmethod
    def from_counts(cls, points: Points, counts: ArrayLike) -> Lines:
        """Return lines that take `counts` points each, in order, from `points` (N, 2).

        A count of 0 makes no line. Raises GeometryError when the counts do not add up to N.
        """
        sizes = np.asarray(counts, dtype=np.int64)
        sizes = sizes[sizes > 0]
        offsets = offsets_of(sizes)
        if offsets[-1] != len(points):
            raise GeometryError(f"{len(points)} points for counts that add up to {offsets[-1]}")
        return cls(np.ascontiguousarray(points, dtype=np.float64), offsets)

    @classmethod
    def from_shapes(cls, shapes: Any) -> Lines:
        """Return an array of shapely's lines or rings without the empty ones."""
        import shapely

        return cls.from_counts(shapely.get_coordinates(shapes), shapely.get_num_coordinates(shapes))

    @classmethod
    def join(cls, many: Iterable[Lines]) -> Lines:
        """Return all lines of `many`, in order, in one."""
        parts = [lines for lines in many if len(lines)]
        if len(parts) < 2:
            return parts[0] if parts else cls.empty()
        counts = np.concatenate([lines.counts for lines in parts])
        return cls(np.concatenate([lines.points for lines in parts]), offsets_of(counts))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Points:
        index = range(len(self))[index]
        return self.points[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[Points]:
        for start, end in pairwise(self.offsets.tolist()):
            yield self.points[start:end]

    @property
    def counts(self) -> Ints:
        """Points of each line, (M,)."""
        return self.offsets[1:] - self.offsets[:-1]  # a third of the time of np.diff

    @property
    def ids(self) -> Ints:
        """Number of the line that each point belongs to, (N,)."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.counts)

    @property
    def starts(self) -> Points:
        """First point of each line, (M, 2)."""
        return self.points.take(self.offsets[:-1], axis=0)  # five times as fast as an index

    @property
    def ends(self) -> Points:
        """Last point of each line, (M, 2)."""
        return self.points.take(self.offsets[1:] - 1, axis=0)

    @property
    def closed(self) -> Flags:
        """Whether each line ends where it starts, (M,); a dot of two equal points is not closed."""
        return (self.starts == self.ends).all(axis=1) & (self.counts > 2)

    def closed_up(self, wanting: Flags | None = None) -> Lines:
        """Return the lines of a mask, or all open ones, with their first points repeated at the ends."""
        wanting = ~self.closed & (self.counts > 1) if wanting is None else wanting
        if not wanting.any():
            return self
        points = np.insert(self.points, self.offsets[1:][wanting], self.starts[wanting], axis=0)
        return Lines(points, offsets_of(self.counts + wanting))

    def drawable(self) -> Lines:
        """Return the lines without the empty ones, and those of one point as dots of two equal points."""
        counts = self.counts
        if (counts > 1).all():
            return self
        lines = self.take(counts > 0)
        return lines.closed_up(lines.counts == 1)

    @property
    def lengths_mm(self) -> Floats:
        """Length of each line in mm, (M,)."""
        along = np.concatenate(([0.0], np.cumsum(self.steps_mm)))
        return np.diff(along[self.offsets])

    @property
    def steps_mm(self) -> Floats:
        """The distance of each point from the one before it on its line, (N,); 0 for the first."""
        steps = np.zeros(len(self.points))
        if len(steps):
            steps[1:] = np.hypot(*np.diff(self.points, axis=0).T)
            steps[self.offsets[:-1][self.counts > 0]] = 0.0
        return steps

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """`(min_x, min_y, max_x, max_y)` in mm, or None when there are no points."""
        if not len(self.points):
            return None
        x, y = self.points.T  # one at a time: both along axis 0 take ten times as long
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def with_points(self, points: Points) -> Lines:
        """Return the same lines with other points, (N, 2) as before."""
        if points.shape != self.points.shape:
            raise GeometryError(f"{points.shape} points for lines of {self.points.shape}")
        return Lines(np.ascontiguousarray(points, dtype=np.float64), self.offsets)

    def take(self, indices: ArrayLike) -> Lines:
        """Return the lines at `indices` (integers or a mask of M), in that order."""
        chosen = np.asarray(indices)
        if not chosen.size:
            return Lines.empty()
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        counts = self.counts[chosen]
        index = ranges(self.offsets[:-1][chosen], counts)
        return Lines(self.points.take(index, axis=0), offsets_of(counts))

    def part(self, first: int, stop: int) -> Lines:
        """Return the lines from number `first` to before `stop`; their points are not copied."""
        offsets = self.offsets[first : stop + 1]
        return Lines(self.points[offsets[0] : offsets[-1]], offsets - offsets[0])

    def longer_than(self, length_mm: float) -> Lines:
        """Return the lines without those of `length_mm` or less."""
        return self.take(self.lengths_mm > length_mm)


@dataclass(frozen=True)
class Segments:
    """The straight segments of lines: `a` and `b` are (S, 2), `line` is the line of each, (S,)."""

    a: Points
    b: Points
    line: Ints

    @classmethod
    def of(cls, lines: Lines) -> Segments:
        """Return the segments of `lines`, in order; a line of one point makes one of length 0."""
        first = np.ones(len(lines.points), dtype=bool)
        first[lines.offsets[1:] - 1] = lines.counts == 1
        index = np.flatnonzero(first)
        alone = np.repeat(lines.counts == 1, lines.counts)[index]
        return cls(lines.points[index], lines.points[index + ~alone], lines.ids[index])

    def __len__(self) -> int:
        return len(self.a)


def as_floats(numbers: ArrayLike) -> Floats:
    """Return a float64 array, complex numbers x + iy as pairs; raise GeometryError for other types."""
    try:
        array = np.asarray(numbers)
        if array.dtype.kind in "US":
            raise TypeError("text given")
        if array.dtype.kind == "c":
            array = np.stack((array.real, array.imag), axis=-1)
        return array if array.dtype.char == "d" else array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise GeometryError(f"points and lines are arrays of numbers: {error}") from error


def as_points(points: ArrayLike, axes: int = 2) -> Floats:
    """Return `points` as a finite (N, `axes`) float64 array. Raises GeometryError for anything else."""
    array = np.ascontiguousarray(as_floats(points))
    if not array.size:
        return np.empty((0, axes))
    if array.ndim != 2 or array.shape[1] != axes or not np.isfinite(array).all():
        raise GeometryError(f"points are a finite (N, {axes}) array; this one is {array.shape}")
    return array


def is_finite(value: Any) -> bool:
    """Return whether `value` is a finite number."""
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def check_finite(**numbers: float) -> None:
    """Raise GeometryError that names the first of `numbers` that is not a finite number."""
    for name, value in numbers.items():
        if not is_finite(value):
            raise GeometryError(f"{name}={value!r}: give a finite number")


def check_whole(least: int, most: float = math.inf, **numbers: int) -> None:
    """Raise GeometryError that names the first of `numbers` that is not whole, from `least` to `most`."""
    for name, value in numbers.items():
        if not (isinstance(value, (int, np.integer)) and least <= value <= most):
            upto = f" to {most}" if is_finite(most) else " up"
            raise GeometryError(f"{name}={value!r}: give a whole number from {least}{upto}")


def check_positive(**numbers: float) -> None:
    """Raise GeometryError that names the first of `numbers` that is not positive and finite."""
    for name, value in numbers.items():
        if not (is_finite(value) and value > 0):
            raise GeometryError(f"{name}={value!r}: give a positive number")


def offsets_of(counts: ArrayLike) -> Ints:
    """Return where each of the lines with these counts begins, and where the last ends, (M + 1,)."""
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def ranges(starts: Ints | int, counts: Ints) -> Ints:
    """Return `starts[i], starts[i] + 1, ...`, `counts[i]` of them, for all i, end to end."""
    index = np.arange(int(counts.sum()), dtype=np.int64)
    index += np.repeat(starts - np.cumsum(counts) + counts, counts)
    return index


Rest = ParamSpec("Rest")
Figure = TypeVar("Figure", Points, Lines)


def on_lines(
    function: Callable[Concatenate[Lines, Rest], Lines],
) -> Callable[Concatenate[Figure, Rest], Figure]:
    """Return `function`, which then also takes and returns one line as an (N, 2) array."""

    @wraps(function)
    def either(shape: Any, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Any:
        if isinstance(shape, Lines):
            return function(shape, *args, **kwargs)
        return function(Lines.of([as_points(shape)]), *args, **kwargs).points

    return either


def _parts(lines: ArrayLike | Iterable[ArrayLike]) -> list[Points]:
    if isinstance(lines, np.ndarray) and lines.ndim == 2:
        lines = [lines]
    if not isinstance(lines, Iterable):
        raise GeometryError(f"lines are (N, 2) arrays of numbers, not {lines!r}")
    parts = [as_floats(line) for line in lines]
    if parts and all(part.shape == (2,) for part in parts):
        return [np.stack(parts)]
    return [part for part in parts if part.size]


@on_lines
def simplify(lines: Lines, tolerance_mm: float = 0.05) -> Lines:
    """Return `lines` without the points that lie within `tolerance_mm` of the rest.

    It takes Lines or one line as (N, 2) in mm, and returns the same kind; ends stay. (Douglas & Peucker
    1973, in GEOS.) Raises GeometryError when `tolerance_mm` is negative.

    >>> len(simplify(np.array([(0, 0), (5, 0.01), (10, 0)])))
    2
    """
    import shapely

    if not (is_finite(tolerance_mm) and tolerance_mm >= 0):
        raise GeometryError(f"tolerance_mm={tolerance_mm!r}: give 0 or more")
    many = np.flatnonzero(lines.counts > 2)
    if not len(many):
        return lines
    some = lines.take(many)
    shapes = shapely.linestrings(some.points, indices=some.ids)
    found = shapely.simplify(shapes, tolerance_mm, preserve_topology=False)
    simpler = Lines.from_shapes(found)
    if len(many) == len(lines):
        return simpler
    few = np.flatnonzero(lines.counts <= 2)
    order = np.argsort(np.concatenate((many, few)), kind="stable")
    return Lines.join((simpler, lines.take(few))).take(order)


@on_lines
def without_repeats(lines: Lines, distance_mm: float = 0.0) -> Lines:
    """Return `lines` without points within `distance_mm` of the point before them in their line.

    The last point of a line always stays, unless it repeats the one before it exactly.
    """
    steps = lines.steps_mm
    steps[lines.offsets[:-1]] = np.inf
    keep = steps > distance_mm
    last = lines.offsets[1:] - 1
    keep[last] = steps[last] > 0.0
    return Lines.from_counts(lines.points[keep], np.bincount(lines.ids[keep]))


# More points than this from one call are a mistake in the step, not a drawing.
_MOST_POINTS = 100_000_000


@on_lines
def resample(lines: Lines, step_mm: float) -> Lines:
    """Return `lines` with points evenly spaced along each, at most `step_mm` apart.

    It takes Lines or one line as (N, 2) in mm, and returns the same kind. Both ends stay; lines of length 0
    do not change. Corners between the new points are cut.
    Raises GeometryError when `step_mm` is not positive, or too small for the memory.
    """
    check_positive(step_mm=step_mm)
    if not len(lines):
        return lines
    lengths = lines.lengths_mm
    # Slightly less, so that a length of 3 steps plus rounding does not become 4.
    steps = np.ceil(lengths / step_mm * (1.0 - 1e-12))
    if steps.sum() > _MOST_POINTS:
        raise GeometryError(f"step_mm={step_mm!r} makes {steps.sum():.3g} points; use more")
    counts = np.where(lines.counts == 1, 1, np.maximum(steps, 1.0) + 1).astype(np.int64)
    axis, shift, lengths = _end_to_end(lines)
    offsets = offsets_of(counts)
    index = ranges(np.zeros_like(counts), counts)
    spacing = lengths / np.maximum(counts - 1, 1)
    points = _at(lines, axis, index * np.repeat(spacing, counts) + np.repeat(shift, counts))
    points[offsets[1:] - 1], points[offsets[:-1]] = lines.ends, lines.starts
    return Lines(points, offsets)


def distances_along(lines: Lines) -> Floats:
    """Return each point's distance along its line, in mm, (N,); the first of each line is at 0."""
    along = np.cumsum(lines.steps_mm)
    return along - np.repeat(along[lines.offsets[:-1]], lines.counts)


def stretches(lines: Lines, which: Ints, begin: Floats, end: Floats) -> Lines:
    """Return the part of each line `which`, (K,), from `begin` to `end` mm along it, (K,) each."""
    if not len(which):
        return Lines.empty()
    axis, shift, lengths = _end_to_end(lines)
    begin, end = begin + shift[which], np.minimum(end, lengths[which]) + shift[which]
    first = np.searchsorted(axis, begin, side="right")
    inner = np.maximum(np.searchsorted(axis, end, side="left") - first, 0)
    offsets = offsets_of(inner + 2)
    at = np.empty(offsets[-1])
    at[offsets[:-1]], at[offsets[1:] - 1] = begin, end
    at[ranges(offsets[:-1] + 1, inner)] = axis[ranges(first, inner)]
    return Lines(_at(lines, axis, at), offsets)


def _end_to_end(lines: Lines) -> tuple[Floats, Floats, Floats]:
    """Return all lines on one axis, with gaps between them, so that one interpolation is enough.

    The results are the place of each point, and the start and length of each line.
    """
    along = distances_along(lines)
    lengths = along[lines.offsets[1:] - 1]
    shift = np.concatenate(([0.0], np.cumsum(lengths + 1.0)[:-1]))
    return along + np.repeat(shift, lines.counts), shift, lengths


def _at(lines: Lines, axis: Floats, at: Any) -> Points:
    return np.column_stack([np.interp(at, axis, column) for column in lines.points.T])


Drawable = Any
"""An (N, 2) array, complex numbers (x + iy), Lines, a canvas, a shapely geometry, or an iterable of these."""


def one_line(shape: Drawable, ys: Any = None) -> Points:
    """Return one line as (N, 2): of an (N, 2) array, complex numbers, pairs, or xs with `ys`.

    Raises GeometryError for anything but one line.
    """
    if ys is not None:
        xs, ys = (as_floats(listed(values)).ravel() for values in (shape, ys))
        if len(xs) != len(ys):
            raise GeometryError(f"{len(xs)} xs and {len(ys)} ys; give the same number of each")
        return np.column_stack((xs, ys))
    if isinstance(shape, (list, np.ndarray)):
        array = as_floats(shape)
        if array.ndim == 2 and array.shape[1] == 2:
            return array.copy()  # the caller may still change it
    lines = as_lines([shape])
    if len(lines) > 1:
        raise GeometryError(f"give one line, not {len(lines)}; use polylines() for several")
    return lines.points


def as_lines(shapes: Drawable) -> Lines:
    """Return lines of any of the kinds of Drawable; areas give their rings, points give dots.

    Raises GeometryError for objects without points, and for points that are not finite.
    """
    if isinstance(shapes, Lines):
        return shapes
    if hasattr(shapes, "lines"):
        return shapes.lines() if callable(shapes.lines) else shapes.lines
    if hasattr(shapes, "geom_type"):
        return Lines.of(_of_geometry(shapes))
    shapes = listed(shapes)
    special = ("points", "lines", "geom_type")  # Lines, a canvas or a document, shapely's
    if isinstance(shapes, list) and any(hasattr(shape, a) for shape in shapes for a in special):
        return Lines.join(as_lines(shape) for shape in shapes)
    return Lines.of(shapes)


def listed(values: Any) -> Any:
    """Return a list of an iterator's items, such as those of a generator or zip()."""
    if isinstance(values, np.ndarray) or not isinstance(values, Iterable):
        return values
    return [list(value) if isinstance(value, Iterator) else value for value in values]


def _of_geometry(shape: Any) -> list[Points]:
    if hasattr(shape, "geoms"):
        return [line for part in shape.geoms for line in _of_geometry(part)]
    parts = [shape.exterior, *shape.interiors] if shape.geom_type == "Polygon" else [shape]
    return [np.asarray(part.coords)[:, :2] for part in parts if not part.is_empty]
