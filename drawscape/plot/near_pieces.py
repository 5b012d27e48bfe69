"""Straight pieces that may lie on each other: nearly parallel, and an end of one beside the other."""

from collections.abc import Iterator

import numpy as np

from drawscape.geometry.lines import Floats, Ints

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
    `pieces` are (N, 2, 2), none of them without length. Each lies in boxes, a tolerance larger, and each box
    is entered in the squares of a grid that it touches, of which there is about one for each end; an end is
    compared with the boxes in its square. There is none where lines lie so densely that nearly every end
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
    # Where a piece begins where the one before it ends, their point is looked up once, and lies in the boxes
    # of both: what the two of them are to each other is looked at by itself.
    meets = (start[:, 1:] == stop[:, :-1]).all(axis=0)
    alone = np.append(True, ~meets)
    points = np.concatenate((stop, start[:, alone]), axis=1)
    mine = np.append(np.arange(len(pieces)), np.flatnonzero(alone))
    others = np.zeros(len(mine), dtype=np.int64)
    others[: len(meets)] = meets
    turns = np.flatnonzero(meets)
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
    found.append(strokes.side_by_side(turns, turns + 1))
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
    nth = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
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
        shift = np.repeat(begin[some] - np.cumsum(each) + each, each)
        yield np.repeat(point[some], each), box.take(np.arange(len(shift)) + shift)


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
