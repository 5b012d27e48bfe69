"""Lines cut: by rectangles and polygons, and by later shapes that cover earlier ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Ints, Lines, Points, Segments
from drawscape.geometry.regions import Polygon, bounds_of, contains, polygons, rings, to_shapely

# Stretches shorter than this share of their segment are rounding, not geometry.
_NOTHING = 1e-12
# Pairs of segments tested together, so that their arrays stay in a core's cache.
_PAIRS = 1 << 14
SLIVER = 1e-9
"""Two cuts this close are one: a segment through a corner crosses both of its edges."""


@dataclass(frozen=True)
class Pieces:
    """Stretches of segments: from `start` to `end` (0 to 1) of `segment`, sorted and apart."""

    segment: Ints
    start: Floats
    end: Floats

    @classmethod
    def union(cls, parts: "Iterable[Pieces]", slack: float = SLIVER) -> "Pieces":
        """Return the union of pieces in any order; gaps up to `slack` are closed."""
        every = zip(*((part.segment, part.start, part.end) for part in parts))
        pieces = cls(*map(np.concatenate, every))
        pieces = pieces.take(pieces.end > pieces.start)
        pieces = pieces.take(np.lexsort((pieces.start, pieces.segment)))
        # Segments are moved two apart, so that one running maximum serves them all.
        reach = np.maximum.accumulate(2.0 * pieces.segment + pieces.end)
        fresh = np.ones(len(reach), dtype=bool)
        fresh[1:] = 2.0 * pieces.segment[1:] + pieces.start[1:] > reach[:-1] + slack
        heads = np.flatnonzero(fresh)
        end = np.maximum.reduceat(pieces.end, heads) if len(heads) else pieces.end
        return Pieces(pieces.segment[heads], pieces.start[heads], end)

    def complement(self, count: int, least: float = _NOTHING) -> "Pieces":
        """Return the rest of `count` segments, without stretches of `least` or less."""
        # A segment has one more gap than pieces: before the first, in between, and after the last.
        place = np.arange(len(self.segment)) + self.segment
        start, end = np.zeros(len(place) + count), np.ones(len(place) + count)
        start[place + 1], end[place] = self.end, self.start
        counts = np.bincount(self.segment, minlength=count) + 1
        gaps = Pieces(np.repeat(np.arange(count), counts), start, end)
        return gaps.take(gaps.end - gaps.start > least)

    def take(self, chosen: Flags | Ints) -> "Pieces":
        """Return the chosen pieces."""
        return Pieces(self.segment[chosen], self.start[chosen], self.end[chosen])

    def lengths_mm(self, segments: Segments) -> Floats:
        """Return the length of each piece."""
        steps = (segments.b - segments.a)[self.segment]
        return np.hypot(*steps.T) * (self.end - self.start)

    def lines_of(self, lines: Lines) -> tuple[Lines, Ints]:
        """Return the pieces of `lines` as lines, and the number of the line that each comes from.

        Pieces that meet stay one line, also across the point where a closed line starts.
        """
        segments, segment = Segments.of(lines), self.segment
        if not len(segment):
            return Lines.empty(), np.empty(0, dtype=np.int64)
        pieces, line = self, segments.line[segment]
        head = np.ones(len(segment), dtype=bool)
        head[1:] = (segment[1:] != segment[:-1] + 1) | (line[1:] != line[:-1])
        head[1:] |= (self.end[:-1] != 1.0) | (self.start[1:] != 0.0)
        # A closed line's last run goes before its first, where they meet.
        firsts = np.flatnonzero(np.diff(line, prepend=-1))
        lasts = np.append(firsts[1:], len(line)) - 1
        run = np.cumsum(head)
        meets = lines.closed[line[firsts]] & (run[firsts] != run[lasts])
        meets &= (self.start[firsts] == 0.0) & (self.end[lasts] == 1.0)
        meets &= (segments.a[segment[firsts]] == segments.b[segment[lasts]]).all(axis=1)
        if meets.any():
            head[firsts[meets]] = False
            order = np.lexsort((~np.isin(run, run[lasts[meets]]), line))
            pieces, head, line = self.take(order), head[order], line[order]
        a, b = segments.a[pieces.segment], segments.b[pieces.segment]
        start, end = pieces.start[:, None], pieces.end[:, None]
        at = np.arange(len(line)) + np.cumsum(head)
        points = np.empty((len(line) + int(head.sum()), 2))
        # Ends stay the same points, to the last bit.
        points[at] = np.where(end == 1.0, b, a + end * (b - a))
        points[at[head] - 1] = np.where(start == 0.0, a, a + start * (b - a))[head]
        heads = np.flatnonzero(head)
        return Lines.from_counts(points, np.diff(heads, append=len(line)) + 1), line[heads]


def _parted(
    lines: Lines,
    outlines: Lines,
    shown: Callable[[Points, Ints], Flags],
    cuts: Callable[[Ints, Ints], Flags] | None = None,
) -> tuple[Lines, Ints]:
    """Return the parts of `lines` that are `shown`, and the line that each comes from.

    Lines are cut where they meet `outlines`; with `cuts`, only if that is true for the numbers of line and
    outline. A run in between crosses no outline. `shown` tests the middle of its longest piece, and also
    gets the number of its line.
    """
    import shapely

    segments, edges = Segments.of(lines), Segments.of(outlines)
    tree = shapely.STRtree(shapely.linestrings(np.stack((edges.a, edges.b), axis=1)))
    i, j = tree.query(shapely.linestrings(np.stack((segments.a, segments.b), axis=1)))
    if cuts is not None:
        some = cuts(segments.line[i], edges.line[j])
        i, j = i[some], j[some]
    blocks = (slice(at, at + _PAIRS) for at in range(0, len(i) + 1, _PAIRS))
    touching = [_touches(segments, edges, i[block], j[block]) for block in blocks]
    i, t = map(np.concatenate, zip(*touching))
    # A corner on an edge is also a cut, between two segments.
    cut_at_start, cut_at_end = (
        np.bincount(i[ends], minlength=len(segments)) > 0
        for ends in (t <= SLIVER, t >= 1.0 - SLIVER)
    )
    within = (t > SLIVER) & (t < 1.0 - SLIVER)
    i, t = i[within], t[within]
    order = np.lexsort((t, i))
    pieces = Pieces(i[order], t[order], t[order]).complement(len(segments), SLIVER)
    line, after, before = segments.line[pieces.segment], pieces.segment[1:], pieces.segment[:-1]
    fresh = np.ones(len(line), dtype=bool)
    fresh[1:] = (pieces.start[1:] > 0.0) | (line[1:] != line[:-1])
    fresh[1:] |= cut_at_start[after] | cut_at_end[before]
    run = np.cumsum(fresh) - 1
    order = np.lexsort((-pieces.lengths_mm(segments), run))
    longest = order[np.flatnonzero(np.diff(run[order], prepend=-1))]
    judged = pieces.take(longest)
    a, b = segments.a[judged.segment], segments.b[judged.segment]
    middles = a + ((judged.start + judged.end) / 2.0)[:, None] * (b - a)
    return Pieces.union([pieces.take(shown(middles, line[longest])[run])]).lines_of(lines)


def _touches(segments: Segments, edges: Segments, i: Ints, j: Ints) -> tuple[Ints, Floats]:
    """Return which segments `i` meet their edge `j`, and at which fraction of their length."""
    d, e = (segments.b - segments.a)[i], (edges.b - edges.a)[j]
    gap = edges.a[j] - segments.a[i]
    turn = d[:, 0] * e[:, 1] - d[:, 1] * e[:, 0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = (gap[:, 0] * e[:, 1] - gap[:, 1] * e[:, 0]) / turn
        u = (gap[:, 0] * d[:, 1] - gap[:, 1] * d[:, 0]) / turn
    meet = (t >= -SLIVER) & (t <= 1.0 + SLIVER) & (u >= -SLIVER) & (u <= 1.0 + SLIVER)
    return i[meet], t[meet]


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
    low, high = np.reshape(bounds_of((x0, y0, x1, y1)), (2, 2))
    lines = Lines.of(lines)
    segments = Segments.of(lines)
    step = segments.b - segments.a
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - segments.a) / step, (high - segments.a) / step
    # A segment along an edge has no direction towards it, and counts as inside.
    first[np.isnan(first)], second[np.isnan(second)] = -np.inf, np.inf
    enter = np.maximum(np.maximum(*np.minimum(first, second).T), 0.0)
    leave = np.minimum(np.minimum(*np.maximum(first, second).T), 1.0)
    within = enter < leave
    pieces = Pieces(np.flatnonzero(within), enter[within], leave[within])
    return (pieces.complement(len(segments)) if outside else pieces).lines_of(lines)[0]


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
    return _parted(lines, rings(polygon), lambda points, _: contains(polygon, points) != outside)


# Lines this near the edge of a later shape count as covered by it, so that an edge that two shapes
# share is drawn once.
_TOUCHING_MM = 1e-6


@dataclass(frozen=True, eq=False)
class OpaqueShape:
    """Lines to draw, and the polygon behind which earlier shapes vanish (None hides nothing).

    >>> below = OpaqueShape(Lines.of([[(0, 5), (20, 5)]]))
    >>> above = [(5, 0), (15, 0), (15, 10), (5, 10)]
    >>> occlude([below, above])[0].lengths_mm
    array([5., 5.])
    """

    lines: Lines
    mask: Polygon | None = None


def occlude(shapes: Iterable[OpaqueShape | Polygon]) -> list[Lines]:
    """Return the visible lines of each shape; later shapes lie on top (painter's order).

    A shape is an OpaqueShape or a polygon. A polygon is drawn as its outline and hides its inside. Holes
    hide nothing. An outline that two shapes share is drawn with the later one.

    >>> below = [(0, 0), (10, 0), (10, 10), (0, 10)]
    >>> above = [(5, 5), (15, 5), (15, 15), (5, 15)]
    >>> [float(lines.lengths_mm.sum()) for lines in occlude([below, above])]
    [30.0, 40.0]
    """
    outlined = (shape if isinstance(shape, OpaqueShape) else rings(shape) for shape in shapes)
    drawn = [one if isinstance(one, OpaqueShape) else OpaqueShape(one, one) for one in outlined]
    if not drawn:
        return []
    counts = [len(shape.lines) for shape in drawn]
    order = np.repeat(np.arange(len(drawn)), counts)
    hiding = [index for index, shape in enumerate(drawn) if shape.mask is not None]
    masks = [drawn[index].mask for index in hiding]
    lines, source = visible(Lines.join(shape.lines for shape in drawn), order, masks, hiding)
    firsts = np.searchsorted(order[source], np.arange(len(drawn) + 1))
    return [
        Lines(lines.points[start:end], lines.offsets[first : last + 1] - start)
        for (first, last), (start, end) in zip(pairwise(firsts), pairwise(lines.offsets[firsts]))
    ]


def visible(
    lines: Lines, order: ArrayLike, masks: Sequence[Polygon], mask_order: ArrayLike
) -> tuple[Lines, Ints]:
    """Return the parts of `lines` outside `masks`, and the number of the line that each comes from.

    `order` (one a line) and `mask_order` (one a mask) are numbers: a mask hides the lines whose
    number is lower than its own. Lines are cut where later outlines cross them, and one point
    of each run in between is tested.
    Raises GeometryError unless there is one order for each line and mask.
    """
    import shapely

    line_order, over = np.asarray(order), np.asarray(mask_order)
    if line_order.shape != (len(lines),) or over.shape != (len(masks),):
        raise GeometryError(
            f"{line_order.shape} and {over.shape} orders for {len(lines)} lines, {len(masks)} masks"
        )
    if not len(lines) or not len(masks):
        return lines, np.arange(len(lines))
    outlines = [rings(mask) for mask in masks]
    every = Lines.join(outlines)
    owner = np.repeat(np.arange(len(masks)), [len(outline) for outline in outlines])
    shapes = np.full(len(masks), shapely.Polygon(), dtype=object)
    shapes[owner] = polygons(every)
    for index in np.flatnonzero(np.bincount(owner, minlength=len(masks)) > 1).tolist():
        shapes[index] = to_shapely(outlines[index])

    def cuts(line: Ints, ring: Ints) -> Flags:
        return over[owner[ring]] > line_order[line]

    def shown(points: Points, line: Ints) -> Flags:
        return ~_covered(points, line_order[line], shapes, over)

    return _parted(lines, every, shown, cuts)


def _covered(points: Points, order: NDArray[Any], shapes: Any, over: NDArray[Any]) -> Flags:
    """Return whether a shape of higher order covers each point."""
    import shapely

    shapely.prepare(shapes)
    places = shapely.points(points)
    i, j = shapely.STRtree(shapes).query(places)
    later = over[j] > order[i]
    i, j = i[later], j[later]
    covered = np.zeros(len(points), dtype=bool)
    covered[i[shapely.intersects_xy(shapes[j], *points[i].T)]] = True
    left = ~covered[i]
    i, j = i[left], j[left]
    covered[i[shapely.dwithin(shapes[j], places[i], _TOUCHING_MM)]] = True
    return covered
