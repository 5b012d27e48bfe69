"""Lines cut by rectangles and polygons."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Ints, Lines, Points
from drawscape.geometry.pieces import Pieces, Segments
from drawscape.geometry.regions import Polygon, contains, overlapping_intervals, rings


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


# A crossing this close beyond an edge's end (as a share of the edge) still cuts: a needless cut is
# healed when both sides stay, a missing one is not.
_BEYOND = 1e-9
SLIVER = 1e-9
"""Two cuts this close are one: a segment through a corner crosses both of its edges."""


def crossings(segments: Segments, edges: Segments) -> tuple[Ints, Floats]:
    """Return where `segments` cross or touch `edges`: segments, and places along them (0, 1)."""
    (low_a, high_a), (low_b, high_b) = _boxes(segments), _boxes(edges)
    axis = _thinner_axis(low_a, high_a, low_b, high_b)
    other = 1 - axis
    found: list[tuple[Ints, Floats]] = []
    for i, j in overlapping_intervals(
        low_a[:, axis], high_a[:, axis], low_b[:, axis], high_b[:, axis]
    ):
        near = (low_a[i, other] <= high_b[j, other]) & (low_b[j, other] <= high_a[i, other])
        i, j = i[near], j[near]
        t, u = meet(segments, edges, i, j)
        cut = (t > 0.0) & (t < 1.0) & (u >= -_BEYOND) & (u <= 1.0 + _BEYOND)
        found.append((i[cut], t[cut]))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0)
    return np.concatenate([i for i, _ in found]), np.concatenate([t for _, t in found])


def meet(segments: Segments, edges: Segments, i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """Return where segment `i` and edge `j` of each pair meet, as shares of each; nan if parallel."""
    d, e = (segments.b - segments.a)[i], (edges.b - edges.a)[j]
    gap = edges.a[j] - segments.a[i]
    turn = d[:, 0] * e[:, 1] - d[:, 1] * e[:, 0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = (gap[:, 0] * e[:, 1] - gap[:, 1] * e[:, 0]) / turn
        u = (gap[:, 0] * d[:, 1] - gap[:, 1] * d[:, 0]) / turn
    return t, u


def _boxes(segments: Segments) -> tuple[Points, Points]:
    return np.minimum(segments.a, segments.b), np.maximum(segments.a, segments.b)


def _thinner_axis(low_a: Points, high_a: Points, low_b: Points, high_b: Points) -> int:
    """Return the axis along which fewer intervals overlap, judged by their mean extents."""
    if not len(low_a) or not len(low_b):
        return 0
    spread = high_b.max(axis=0) - low_b.min(axis=0)
    extent = (high_a - low_a).mean(axis=0) + (high_b - low_b).mean(axis=0)
    return int(np.argmin(extent / np.maximum(spread, 1e-12)))
