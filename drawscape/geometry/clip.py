"""Lines cut by rectangles and polygons."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Ints, Lines, Segments
from drawscape.geometry.pieces import Pieces, cut_at, touching
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
    segments, edges = Segments.of(lines), Segments.of(rings(polygon))
    pieces, run, longest = cut_at(segments, edges, *touching(segments, edges))
    keep = contains(polygon, pieces.take(longest).middles(segments)) != outside
    return pieces.take(keep[run]).united().lines_of(lines)


def _kept(lines: Lines, segments: Segments, enter: Floats, leave: Floats, outside: bool) -> Lines:
    within = enter < leave
    pieces = Pieces(np.flatnonzero(within), enter[within], leave[within])
    return (pieces.complement(len(segments)) if outside else pieces).lines_of(lines)[0]
