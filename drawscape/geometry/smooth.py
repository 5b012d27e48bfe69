"""Polylines made smooth: corners cut, or curves run through the points."""

import numpy as np

from drawscape.geometry.curves import TOLERANCE_MM, beziers
from drawscape.geometry.lines import Lines, Points, on_lines
from drawscape.geometry.pieces import Segments
from drawscape.geometry.simplify import without_repeats


@on_lines
def catmull_rom(lines: Lines, tolerance_mm: float = TOLERANCE_MM) -> Lines:
    """Return smooth lines through every point of `lines` (Catmull & Rom 1974).

    Takes Lines or one line as (N, 2) in mm, gives the same kind. Centripetal, so without loops or
    cusps (Yuksel, Schaefer & Keyser 2011); closed lines have no corner where they meet. Repeated
    points are left out. Raises GeometryError when `tolerance_mm` is not positive.

    >>> smooth = catmull_rom(np.array([(0, 0), (10, 10), (20, 0)]))
    >>> smooth[[0, -1]], len(smooth) > 10
    (array([[ 0.,  0.],
           [20.,  0.]]), True)
    """
    lines = without_repeats(lines)
    segments = Segments.of(lines)
    bent = (lines.counts > 2)[segments.line]
    curves = beziers(_controls(lines, segments), tolerance_mm=tolerance_mm)
    # Each curve's last point is the first of the next: only a line's last curve keeps it.
    last = np.append(segments.line[1:] != segments.line[:-1], True)
    keep = np.ones(len(curves.points), dtype=bool)
    keep[curves.offsets[1:] - 1] = last[: len(segments)] & (lines.counts > 1)[segments.line]
    straight = np.repeat(~bent, curves.counts)
    inner = np.ones(len(keep), dtype=bool)
    inner[curves.offsets[:-1]] = inner[curves.offsets[1:] - 1] = False
    keep &= ~(straight & inner)
    owner = np.repeat(segments.line, curves.counts)
    return Lines.from_counts(curves.points[keep], np.bincount(owner[keep], minlength=len(lines)))


def _controls(lines: Lines, segments: Segments) -> Points:
    """Return the cubic Bézier of each segment, (S, 4, 2)."""
    before, after = _neighbours(lines, segments)
    a, b = segments.a, segments.b
    # Centripetal: knots lie the square root of the distance apart. 0 marks a missing neighbour.
    d0, d1, d2 = _knots(before, a), _knots(a, b), _knots(b, after)
    out = np.where(d0 > 0, _tangent(before, a, b, d0, d1), b - a)
    into = np.where(d2 > 0, _tangent(after, b, a, d2, d1), a - b)
    return np.stack((a, a + out / 3.0, b + into / 3.0, b), axis=1)


def _knots(p: Points, q: Points) -> Points:
    return np.asarray(np.sqrt(np.hypot(*(q - p).T))[:, None])


def _tangent(p: Points, q: Points, r: Points, d0: Points, d1: Points) -> Points:
    """Return the velocity at q, over the interval d1, of the curve from p through q to r."""
    one, two = np.maximum(d0, 1e-12), np.maximum(d1, 1e-12)
    return np.asarray(((q - p) / one - (r - p) / (one + two) + (r - q) / two) * two)


def _neighbours(lines: Lines, segments: Segments) -> tuple[Points, Points]:
    """Return the point before and after each segment; its own end where there is none."""
    first = np.append(True, segments.line[1:] != segments.line[:-1])[: len(segments)]
    last = np.append(segments.line[1:] != segments.line[:-1], True)[: len(segments)]
    before = np.where(first[:, None], segments.a, np.roll(segments.a, 1, axis=0))
    after = np.where(last[:, None], segments.b, np.roll(segments.b, -1, axis=0))
    closed = lines.closed[segments.line]
    heads, tails = np.flatnonzero(first & closed), np.flatnonzero(last & closed)
    before[heads], after[tails] = segments.a[tails], segments.b[heads]
    return before, after
