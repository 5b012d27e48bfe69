"""Lines cut at a rectangle, a circle or a polygon: what lies inside, or what lies outside."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.crossings import SLIVER, crossings
from drawscape.geometry.lines import Floats, Ints, Lines
from drawscape.geometry.pieces import Pieces, Segments
from drawscape.geometry.regions import Polygon, contains, rings


def clip_to_rectangle(
    lines: Lines | ArrayLike, x0: float, y0: float, x1: float, y1: float, *, outside: bool = False
) -> Lines:
    """Return the parts of `lines` within the rectangle, or `outside` of it (Liang & Barsky 1984).

    Coordinates are in mm; the edge itself counts as inside. Lines of one point come back as dots of
    two equal points. Raises GeometryError when the rectangle has no extent or is not finite.

    >>> clip_to_rectangle([[(-10, 5), (20, 5)]], 0, 0, 10, 10).points
    array([[ 0.,  5.],
           [10.,  5.]])
    """
    if not (np.isfinite([x0, y0, x1, y1]).all() and x0 < x1 and y0 < y1):
        raise GeometryError(f"rectangle {x0, y0, x1, y1}: give x0 < x1 and y0 < y1")
    lines = Lines.of(lines)
    segments = Segments.of(lines)
    enter, leave = np.zeros(len(segments)), np.ones(len(segments))
    for axis, low, high in ((0, x0, x1), (1, y0, y1)):
        start = segments.a[:, axis]
        step = segments.b[:, axis] - start
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (low - start) / step, (high - start) / step
        flat = step == 0.0
        within = (start >= low) & (start <= high)
        # A segment along this axis is never out of the slab, or always.
        near = np.where(flat, np.where(within, 0.0, 2.0), np.minimum(first, second))
        far = np.where(flat, np.where(within, 1.0, -1.0), np.maximum(first, second))
        enter, leave = np.maximum(enter, near), np.minimum(leave, far)
    return _kept(lines, segments, enter, leave, outside)


def clip_to_polygon(lines: Lines | ArrayLike, polygon: Polygon, *, outside: bool = False) -> Lines:
    """Return the parts of `lines` within `polygon` (holes are outside), or `outside` of it.

    `polygon` is what `regions.rings` takes. Order and direction of the lines stay.

    >>> triangle = [(0, 0), (10, 0), (0, 10)]
    >>> clip_to_polygon([[(0, 5), (20, 5)]], triangle).points
    array([[0., 5.],
           [5., 5.]])
    """
    return pieces_in(Lines.of(lines), polygon, outside=outside)[0]


def pieces_in(lines: Lines, polygon: Polygon, *, outside: bool = False) -> tuple[Lines, Ints]:
    """Return the parts of `lines` in `polygon` (or `outside`), and the line each comes from."""
    outline = rings(polygon)
    segments = Segments.of(lines)
    edges = Segments.of(outline)
    segment, at = crossings(segments, edges)
    every = np.arange(len(segments))
    segment = np.concatenate((every, segment))
    start = np.concatenate((np.zeros(len(segments)), at))
    order = np.lexsort((start, segment))
    segment, start = segment[order], start[order]
    end = np.ones(len(segment))
    same = np.flatnonzero(segment[:-1] == segment[1:])
    end[same] = start[same + 1]
    real = end - start > SLIVER
    segment, start, end = segment[real], start[real], end[real]
    step = segments.b[segment] - segments.a[segment]
    middle = segments.a[segment] + ((start + end) / 2.0)[:, None] * step
    keep = contains(outline, middle) != outside
    pieces = Pieces.united(segment[keep], start[keep], end[keep], slack=SLIVER)
    return pieces.lines_of(lines)


def _kept(lines: Lines, segments: Segments, enter: Floats, leave: Floats, outside: bool) -> Lines:
    within = enter < leave
    pieces = Pieces(np.flatnonzero(within), enter[within], leave[within])
    return (pieces.complement(len(segments)) if outside else pieces).lines_of(lines)[0]
