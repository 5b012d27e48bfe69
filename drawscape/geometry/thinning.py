"""Lines left out by values along them, or where there would be too much ink."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.contours import values_at
from drawscape.geometry.lines import Floats, Ints, Lines, as_floats, check_positive, resample

MOST_COATS = 0.62
"""Times that a pen may cover the paper on a few square millimetres: with more, the eye sees a blot."""

MOST_SWINGING = 0.95
"""MOST_COATS for lines that swing: paper shows between their turns."""

_BITS = 16
WHOLE = 1 << _BITS
"""The number of a line that is never cut."""

_CELL_MM = 1.0
_STEP_MM = 0.4
_SHORTEST_MM = 2.0


def keep_positive(lines: Lines, values: ArrayLike) -> Lines:
    """Return the stretches of `lines` on which `values` are positive.

    `values` is (N,), one for each point of `lines`, finite, and linear between neighbours:
    a stretch ends where its value is zero. Stretches of a single point are left out.

    >>> keep_positive(Lines.of([[(0, 0), (10, 0)]]), [1.0, -1.0]).points.tolist()
    [[0.0, 0.0], [5.0, 0.0]]
    """
    v = as_floats(values).ravel()
    inside = v > 0.0
    first = np.zeros(len(v), dtype=bool)
    first[lines.offsets[:-1][lines.counts > 0]] = True
    crossing = np.flatnonzero((inside[:-1] != inside[1:]) & ~first[1:])
    t = (v[crossing] / (v[crossing] - v[crossing + 1]))[:, None]
    cuts = lines.points[crossing] * (1 - t) + lines.points[crossing + 1] * t
    kept = np.flatnonzero(inside)
    points = np.concatenate((lines.points[kept], cuts))
    begins = np.concatenate((first[kept], inside[crossing + 1]))
    order = np.argsort(np.concatenate((2 * kept, 2 * crossing + 1)), kind="stable")
    found = Lines(points[order], np.append(np.flatnonzero(begins[order]), len(order)))
    return found.take(found.counts > 1)


def shortest_swing(pitch_mm: float, height_mm: float, *, pen_mm: float = 0.3) -> float:
    """Return the wavelength in mm below which lines `pitch_mm` apart that swing by `height_mm` blot.

    A sine of slope m is about sqrt(1 + m^2 / 2) times as long as its base line.

    >>> round(shortest_swing(1.0, 1.0), 2)
    0.74
    """
    longest = max(MOST_SWINGING * pitch_mm / pen_mm, 1.01)
    return float(np.pi * height_mm / np.sqrt(2 * (longest**2 - 1)))


def thinned(
    lines: Lines, number: Ints | None = None, *, most: float = MOST_COATS, pen_mm: float = 0.3
) -> Lines:
    """Return the lines without the stretches that would run into a blot.

    `number` counts from 1, for each line (by default in their order) or each point. Where the paper
    would be covered twice as often as `most`, only even numbers are drawn; at four times, every fourth.
    In between, some of the others are (van der Corput, 1935), so that the tone stays even.
    `WHOLE` is drawn everywhere.
    No line may be empty; where points are far apart, cuts are rough.

    >>> crowd = Lines.of([[(x, y) for x in range(50)] for y in np.arange(0, 20, 0.25)])
    >>> len(crowd), len(thinned(crowd))
    (80, 44)
    """
    if not len(lines):
        return lines
    number = 1 + np.arange(len(lines)) if number is None else number
    room = room_for(lines, number, most=most, pen_mm=pen_mm)
    whole = np.minimum.reduceat(room, lines.offsets[:-1]) > 0
    cut = keep_positive(lines.take(~whole), room[np.repeat(~whole, lines.counts)])
    return Lines.join((lines.take(whole), cut.take(cut.lengths_mm > _SHORTEST_MM)))


def room_for(
    lines: Lines, number: Ints, *, most: float = MOST_COATS, pen_mm: float = 0.3
) -> Floats:
    """Return the room for each point's line, numbered as `thinned` does. Below 0 there is no room."""
    each = np.repeat(number, lines.counts) if len(number) == len(lines) else number
    return most - coats(lines, pen_mm) * van_der_corput(each)


def van_der_corput(number: Ints) -> Floats:
    """Return the numbers with their bits after the point, the lowest first (J. G. van der Corput, 1935).

    >>> van_der_corput(np.arange(5)).tolist()
    [0.0, 0.5, 0.25, 0.75, 0.125]
    """
    return np.asarray(sum((number >> bit & 1) * 0.5 ** (bit + 1) for bit in range(_BITS)))


def coats(lines: Lines, pen_mm: float = 0.3) -> Floats:
    """Return at each point how often the square of three millimetres around it is covered, 1 for once.

    >>> bool(coats(Lines.of([[(0, 0), (50, 0)]])).max() < 0.2)
    True
    """
    check_positive(pen_mm=pen_mm)
    if not len(lines):
        return np.empty(0)
    samples = resample(lines, _STEP_MM)
    low, high = lines.points.min(axis=0) - 2 * _CELL_MM, lines.points.max(axis=0) + 2 * _CELL_MM
    columns, rows = (int(side) + 1 for side in (high - low) / _CELL_MM)
    x, y = ((samples.points - low) / _CELL_MM).astype(np.int64).T
    ink = np.bincount(y * columns + x, samples.steps_mm, rows * columns).reshape(rows, columns)
    # The mean over nine squares.
    for axis in (0, 1):
        ink = (np.roll(ink, 1, axis) + ink + np.roll(ink, -1, axis)) / 3
    first = low + _CELL_MM / 2
    last = first + _CELL_MM * np.array((columns - 1, rows - 1))
    return values_at(ink * pen_mm / _CELL_MM**2, (*first, *last), lines.points)
