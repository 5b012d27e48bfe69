"""Polylines with their points spaced evenly along their length."""

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Ints, Lines, offsets_of, on_lines, ranges

# More points than this from one call are a mistake in the step, not a drawing.
_MOST_POINTS = 100_000_000


@on_lines
def resample(lines: Lines, step_mm: float) -> Lines:
    """Return `lines` with points evenly spaced along each, at most `step_mm` apart.

    Takes Lines or one line as (N, 2) in mm, gives the same kind. Both ends stay; lines of length 0
    stay as they are. Corners between the new points are cut.
    Raises GeometryError when `step_mm` is not positive, or so small that no memory would do.
    """
    if not step_mm > 0:
        raise GeometryError(f"step_mm={step_mm!r}: give a positive length")
    lengths = lines.lengths_mm
    # A hair less, so that a length of 3 steps plus rounding does not become 4.
    steps = np.ceil(lengths / step_mm * (1.0 - 1e-12))
    if steps.sum() > _MOST_POINTS:
        raise GeometryError(f"step_mm={step_mm!r} makes {steps.sum():.3g} points; use more")
    counts = np.where(lines.counts == 1, 1, np.maximum(steps, 1.0) + 1)
    return _spaced(lines, counts.astype(np.int64))


def distances_along(lines: Lines) -> Floats:
    """Return how far along its line each point lies, in mm, (N,); the first of each line at 0."""
    along = np.cumsum(lines.steps_mm)
    return np.asarray(along - np.repeat(along[lines.offsets[:-1]], lines.counts))


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
    points = np.column_stack([np.interp(at, axis, column) for column in lines.points.T])
    return Lines(points, offsets)


def _end_to_end(lines: Lines) -> tuple[Floats, Floats, Floats]:
    """Return lines on one axis, a gap between them, so that one interpolation serves all.

    These are the place of each point, where each line begins, and how long it is.
    """
    along = distances_along(lines)
    lengths = along[lines.offsets[1:] - 1]
    shift = np.concatenate(([0.0], np.cumsum(lengths + 1.0)[:-1]))
    return along + np.repeat(shift, lines.counts), shift, lengths


def _spaced(lines: Lines, counts: Ints) -> Lines:
    if not len(lines):
        return lines
    axis, shift, lengths = _end_to_end(lines)
    offsets = offsets_of(counts)
    index = ranges(np.zeros_like(counts), counts)
    spacing = lengths / np.maximum(counts - 1, 1)
    wanted = index * np.repeat(spacing, counts) + np.repeat(shift, counts)
    points = np.column_stack([np.interp(wanted, axis, column) for column in lines.points.T])
    points[offsets[:-1]] = lines.starts
    last = np.where(counts > 1, lines.ends.T, lines.starts.T).T
    points[offsets[1:] - 1] = last
    return Lines.from_counts(points, counts)
