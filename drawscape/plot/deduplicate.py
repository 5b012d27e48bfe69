"""Nothing drawn twice: duplicates and overlaps of lines taken out."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Flags, Floats, Ints, Lines, Segments, ranges
from drawscape.plot.merge import meeting_points, merge


def deduplicate(lines: Lines, *, tolerance_mm: float = 0.02) -> Lines:
    """Return the lines without what another line, or an earlier part of the same one, already draws.

    A piece goes where it runs along a longer piece (or an earlier one of its length) within
    `tolerance_mm`. What is left of a line is cut there; pieces that meet are joined again, others are
    untouched. Dots on the same spot become one. Where lines lie so densely that nearly every end
    touches dozens of others, only pieces with the same two ends are taken for duplicates.
    Raises PlotError when the tolerance is not positive.

    >>> twice = Lines.of([[(0, 0), (10, 0)], [(10, 0), (0, 0)]])
    >>> len(deduplicate(twice))
    1
    """
    return Duplicates(lines, [tolerance_mm]).left_out(tolerance_mm)


class Duplicates:
    """What lines draw twice, within any of several widths; where to look is found out once.

    Raises PlotError when a width is not positive.
    """

    def __init__(self, lines: Lines, widths_mm: Sequence[float]) -> None:
        for width_mm in widths_mm:
            if not (math.isfinite(width_mm) and width_mm > 0):
                raise PlotError(f"tolerance_mm={width_mm!r}: give a positive distance")
        self._lines = lines if (lines.counts > 1).all() else lines.take(lines.counts > 1)
        self._line_lengths = self._lines.lengths_mm
        segments = Segments.of(self._lines)
        self._pieces, self._owners = np.stack((segments.a, segments.b), axis=1), segments.line
        self._lengths = np.hypot(*(self._pieces[:, 1] - self._pieces[:, 0]).T)
        long = np.flatnonzero(self._lengths > min(widths_mm))
        repeated = _repeated(self._pieces.take(long, axis=0))
        self._twice, once = long[repeated], np.delete(long, repeated)
        self._pairs = once[near_pieces(self._pieces.take(once, axis=0), max(widths_mm))]

    def left_out(self, width_mm: float) -> Lines:
        """Return the lines without what runs along another within one of the widths."""
        lines = self._lines
        kept = _without_equal_dots(lines, self._line_lengths, width_mm)
        cuts = self._covered(width_mm)
        if not len(cuts[0]):
            return lines if kept.all() else lines.take(kept)
        touched = np.flatnonzero(np.bincount(self._owners[cuts[0]]))
        concerned = np.isin(self._owners, touched)
        rest = _left_over(self._pieces, self._owners, cuts, concerned, width_mm)
        kept[touched] = False
        return Lines.join((lines.take(kept), merge(rest, tolerance_mm=0)))

    def _covered(self, width_mm: float) -> tuple[Ints, Floats, Floats]:
        """Return which pieces are covered by others, and from where to where along them, in mm."""
        pieces, lengths = self._pieces, self._lengths
        twice = self._twice[lengths[self._twice] > width_mm]
        pairs = self._pairs[(lengths[self._pairs] > width_mm).all(axis=1)]
        lost, kept = _ranked(pairs, lengths, width_mm)
        begin, end = overlaps(pieces[lost], pieces[kept], width_mm)
        real = end - begin > width_mm
        return (
            np.concatenate((twice, lost[real])),
            np.concatenate((np.zeros(len(twice)), begin[real])),
            np.concatenate((lengths[twice], end[real])),
        )


def _without_equal_dots(lines: Lines, lengths_mm: Floats, tolerance_mm: float) -> Flags:
    """Return which lines stay so that of several of no length in the same place one does."""
    kept = np.ones(len(lines), dtype=bool)
    dots = np.flatnonzero(lengths_mm <= tolerance_mm)
    cells = np.rint(lines.starts[dots] / tolerance_mm)
    kept[np.delete(dots, np.unique(cells, axis=0, return_index=True)[1])] = False
    return kept


def _repeated(pieces: Floats) -> Ints:
    """Return the pieces that have the ends of an earlier one, in either order."""
    if len(pieces) < 2:
        return np.empty(0, dtype=np.int64)
    ends = meeting_points(pieces, 0.0)
    one, two = ends.T
    keys = np.minimum(one, two) * (2 * len(ends)) + np.maximum(one, two)
    order = np.argsort(keys, kind="stable")
    repeated: Ints = order[1:][keys[order][1:] == keys[order][:-1]]
    return repeated


def _ranked(pairs: Ints, lengths: Floats, tolerance_mm: float) -> tuple[Ints, Ints]:
    """Return of each pair which piece gives way and which stays: the longer, of equals the earlier."""
    # Rounding must not decide between equals.
    rough = np.round(lengths / tolerance_mm)
    first, second = pairs[:, 0], pairs[:, 1]
    swap = rough[first] >= rough[second]
    return np.where(swap, second, first), np.where(swap, first, second)


def overlaps(one: Floats, two: Floats, tolerance_mm: float) -> tuple[Floats, Floats]:
    """Return from where to where `two` runs along `one` within the tolerance, in mm, if it does."""
    vector = one[:, 1] - one[:, 0]
    length = np.hypot(vector[:, 0], vector[:, 1])
    unit = vector / length[:, None]
    along = np.einsum("kpc,kc->kp", two - one[:, :1], unit)
    across = np.einsum("kpc,kc->kp", two - one[:, :1], np.stack((-unit[:, 1], unit[:, 0]), axis=1))
    begin = np.maximum(along.min(axis=1), 0.0)
    end = np.minimum(along.max(axis=1), length)
    span = along[:, 1] - along[:, 0]
    level = np.abs(span) > 1e-9
    slope = (across[:, 1] - across[:, 0]) / np.where(level, span, 1.0)
    near = level & (end > begin)
    for place in (begin, end):
        near &= np.abs(across[:, 0] + slope * (place - along[:, 0])) <= tolerance_mm
    return begin, np.where(near, end, begin)


def _left_over(
    pieces: Floats,
    owners: Ints,
    cuts: tuple[Ints, Floats, Floats],
    concerned: Flags,
    tolerance_mm: float,
) -> Lines:
    """Return what is left of the concerned lines' pieces, as polylines where it hangs together."""
    cut = np.zeros(len(pieces), dtype=bool)
    cut[cuts[0]] = True
    whole = np.flatnonzero(concerned & ~cut)
    which, free = _free_parts(pieces, cuts, tolerance_mm)
    # A stable sort keeps the parts of one piece in their order.
    order = np.argsort(np.concatenate((whole, which)), kind="stable")
    parts = np.concatenate((pieces.take(whole, axis=0), free)).take(order, axis=0)
    owner = owners.take(np.concatenate((whole, which)).take(order))
    fresh = np.ones(len(parts), dtype=bool)
    apart = parts[1:, 0] != parts[:-1, 1]
    fresh[1:] = (owner[1:] != owner[:-1]) | apart[:, 0] | apart[:, 1]
    # A run of parts has a point more than parts: where it begins, its first point goes before.
    begins = np.flatnonzero(fresh)
    points = np.insert(parts[:, 1], begins, parts[begins, 0], axis=0)
    return Lines(points, np.append(begins + np.arange(len(begins)), len(points)))


def _free_parts(
    pieces: Floats, cuts: tuple[Ints, Floats, Floats], tolerance_mm: float
) -> tuple[Ints, Floats]:
    """Return what the cuts leave of the pieces that they cut: the piece (P,), and the part (P, 2, 2)."""
    by_piece: dict[int, list[tuple[float, float]]] = {}
    for piece, begin, end in zip(*(part.tolist() for part in cuts), strict=True):
        by_piece.setdefault(piece, []).append((begin, end))
    ends = pieces[list(by_piece)]
    lengths = np.hypot(*(ends[:, 1] - ends[:, 0]).T).tolist()
    gaps = [
        (piece, *gap, length)
        for (piece, covered), length in zip(by_piece.items(), lengths, strict=True)
        for gap in _gaps(covered, length, tolerance_mm)
    ]
    if not gaps:
        return np.empty(0, dtype=np.int64), np.empty((0, 2, 2))
    which = np.array([gap[0] for gap in gaps])
    begin, end, length = np.array([gap[1:] for gap in gaps]).T
    first, second = pieces[which, 0], pieces[which, 1]
    vector = second - first
    parts = np.stack(
        (first + vector * (begin / length)[:, None], first + vector * (end / length)[:, None]),
        axis=1,
    )
    # What reaches an end keeps that point to the bit, for the next piece begins with it.
    parts[end == length, 1] = second[end == length]
    return which, parts


def _gaps(
    covered: list[tuple[float, float]], length: float, tolerance_mm: float
) -> list[tuple[float, float]]:
    """Return what the covered stretches leave free of a piece; remnants below the tolerance are dropped."""
    free, reached = [], 0.0
    for begin, end in sorted(covered):
        if begin - reached > tolerance_mm:
            free.append((reached, begin))
        reached = max(reached, end)
    if length - reached > tolerance_mm:
        free.append((reached, length))
    return free


_MOST_CANDIDATES = 12_000_000
"""A drawing with more boxes beside its ends is a black sheet: seconds would be lost on it."""

_AT_ONCE = 500_000
"""Candidates; the arrays in between take some 50 MB."""

_PARALLEL = 0.1
"""Pieces at more than six degrees run apart within a few tolerances."""

_PART_MM = 3.0
"""Shorter pieces come in one part each where there are many: more would cost more than small squares save."""


def near_pieces(pieces: Floats, tolerance_mm: float) -> Ints:
    """Return pairs of nearly parallel pieces of which one has an end near the other, (P, 2), sorted.

    Two of which the second only goes on where the first ends are no such pair.
    `pieces` are (N, 2, 2), none of them without length. Each lies in boxes, a tolerance larger. Each
    box is entered in the squares of a grid that it touches, about one square for each end. An end is
    compared with the boxes in its square.
    There is none where lines lie so densely that nearly every end
    touches dozens of others.
    """
    if not len(pieces):
        return np.empty((0, 2), dtype=np.int64)
    # All x in a row and all y in another: numpy works along rows, and five times as fast.
    start, stop = np.ascontiguousarray(pieces.transpose(1, 2, 0))
    strokes = _Strokes(start, stop)
    low, high = np.minimum(start, stop).min(axis=1), np.maximum(start, stop).max(axis=1)
    sheet = float(np.prod(high - low + 2 * tolerance_mm))
    mean_mm = float(strokes.lengths.mean())
    side = max((sheet / 2 / len(pieces)) ** 0.5, min(mean_mm, _PART_MM), 2 * tolerance_mm)
    parts = np.ceil(strokes.lengths / side).astype(np.int64)
    if len(pieces) * parts.sum() * side**2 > _MOST_CANDIDATES / 4 * sheet:  # without their arrays
        return np.empty((0, 2), dtype=np.int64)
    low, high, owners = _boxes(start, strokes.vectors, parts, tolerance_mm)
    # Where a piece begins where the one before it ends, their point is looked up once. It lies in the
    # boxes of both; one that lies along the other has its far end there, too.
    meets = (start[:, 1:] == stop[:, :-1]).all(axis=0)
    alone = np.append(True, ~meets)
    points = np.concatenate((stop, start[:, alone]), axis=1)
    mine = np.append(np.arange(len(pieces)), np.flatnonzero(alone))
    others = np.zeros(len(mine), dtype=np.int64)
    others[: len(meets)] = meets
    found = []
    for point, box in _together(points, 1 + others, low, high, side):
        owner, own = owners.take(box), mine.take(point)
        foreign = np.flatnonzero((owner < own) | (owner > own + others.take(point)))
        point, box, owner = point.take(foreign), box.take(foreign), owner.take(foreign)
        inside = np.ones(len(point), dtype=bool)
        for axis in (0, 1):
            place = points[axis].take(point)
            inside &= (place >= low[axis].take(box)) & (place <= high[axis].take(box))
        point, owner = point[inside], owner[inside]
        one = np.concatenate((mine[point], mine[point] + others[point]))
        found.append(strokes.side_by_side(one, np.append(owner, owner)))
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    # Not np.unique, which imports numpy.ma: a twentieth of a small drawing's time.
    pairs = np.sort(np.concatenate(found))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return np.stack(np.divmod(pairs, len(pieces)), axis=1)


class _Strokes:
    """Pieces that begin at `start` and end at `stop`, both (2, N)."""

    def __init__(self, start: Floats, stop: Floats) -> None:
        self._start, self._stop = start, stop
        self.vectors = stop - start
        self.lengths = np.hypot(*self.vectors)
        self._units = self.vectors / self.lengths

    def side_by_side(self, one: Ints, two: Ints) -> Ints:
        """Return the pairs that are nearly parallel and of which neither only goes on from the other.

        A pair is one number, the lower one times N plus the higher: sorting rows is five times slower.
        """
        first, second = np.minimum(one, two), np.maximum(one, two)
        (x, y), (u, v) = self._units.take(first, axis=1), self._units.take(second, axis=1)
        near = np.flatnonzero(np.abs(x * v - y * u) < _PARALLEL)
        first, second = first.take(near), second.take(near)
        ahead = (self.vectors.take(first, axis=1) * self.vectors.take(second, axis=1)).sum(
            axis=0
        ) > 0
        meets = self._stop.take(first, axis=1) == self._start.take(second, axis=1)
        apart = ~(ahead & meets[0] & meets[1])
        pairs: Ints = first[apart] * len(self.lengths) + second[apart]
        return pairs


def _boxes(
    start: Floats, vectors: Floats, counts: Ints, tolerance_mm: float
) -> tuple[Floats, Floats, Ints]:
    """Return low and high corners (2, B) of boxes around the pieces, and the piece of each (B,).

    Each piece comes in `counts` parts: the box of a long diagonal is mostly empty.
    """
    owners = np.repeat(np.arange(len(counts)), counts)
    nth = ranges(np.zeros_like(counts), counts)
    steps = (vectors / counts).take(owners, axis=1)
    begin = start.take(owners, axis=1)
    begin += steps * nth
    end = begin + steps
    return np.minimum(begin, end) - tolerance_mm, np.maximum(begin, end) + tolerance_mm, owners


def _together(
    points: Floats, weights: Ints, low: Floats, high: Floats, side: float
) -> Iterator[tuple[Ints, Ints]]:
    """Yield points and boxes that touch the same square, both (C,), some at a time.

    Nothing where there are too many, each point counted as often as its weight.
    """
    origin = low.min(axis=1)[:, None]
    first, last = (((corner - origin) / side).astype(np.int64) for corner in (low, high))
    columns, rows = (int(most) + 1 for most in last.max(axis=1))
    square, box = _entered(first, last - first, columns)
    counts = np.bincount(square, minlength=columns * rows)
    column, row = ((points - origin) / side).astype(np.int64)
    at = row * columns + column
    if (counts.take(at) * weights).sum() > _MOST_CANDIDATES:
        return
    # Square by square: the boxes in one are at hand for its next point.
    box, point = box.take(_sorting(square)), _sorting(at)
    at = at.take(point)
    begin, many = (np.cumsum(counts) - counts).take(at), counts.take(at)
    until = np.cumsum(many)
    bounds = np.searchsorted(until, np.arange(_AT_ONCE, until[-1], _AT_ONCE))
    for some in np.split(np.arange(len(point)), bounds):
        each = many[some]
        yield np.repeat(point[some], each), box.take(ranges(begin[some], each))


def _sorting(squares: Ints) -> Ints:
    """Return what sorts the squares, below 2**32: by their last 16 bits, then by the first.

    Numbers of 16 bits are sorted in a tenth of the time.
    """
    order = np.argsort(squares.astype(np.uint16), kind="stable")
    rest = (squares >> 16).astype(np.uint16).take(order)
    return order.take(np.argsort(rest, kind="stable")) if rest.any() else order


def _entered(first: Ints, span: Ints, columns: int) -> tuple[Ints, Ints]:
    """Return the squares that boxes touch and which box it is; `span` more squares than `first` each way."""
    squares, boxes = [], []
    (right, down), (x, y) = span, first
    across, along = (int(most) for most in span.max(axis=1))
    for row in range(along + 1):
        for column in range(across + 1):
            some = np.flatnonzero((right >= column) & (down >= row))
            squares.append((y.take(some) + row) * columns + x.take(some) + column)
            boxes.append(some)
    return np.concatenate(squares), np.concatenate(boxes)
