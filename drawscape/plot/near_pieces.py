"""Straight pieces that may lie on each other: nearly parallel, and an end of one beside the other."""

from collections.abc import Iterator

import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints

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
    ends = pieces.reshape(-1, 2)
    vectors = pieces[:, 1] - pieces[:, 0]
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    units = vectors / lengths[:, None]
    sheet = float(np.prod(np.ptp(ends, axis=0) + 2 * tolerance_mm))
    side = max((sheet / len(ends)) ** 0.5, min(float(lengths.mean()), _PART_MM), 2 * tolerance_mm)
    parts = np.ceil(lengths / side).astype(np.int64)
    if len(ends) * parts.sum() * side**2 > _MOST_CANDIDATES / 2 * sheet:  # without their arrays
        return np.empty((0, 2), dtype=np.int64)
    low, high, owners = _boxes(pieces, parts, tolerance_mm)
    found = [np.empty(0, dtype=np.int64)]
    for end, box in _together(ends, low, high, side):
        inside = np.ones(len(end), dtype=bool)
        for axis in (0, 1):
            place = ends[:, axis].take(end)
            inside &= (place >= low[:, axis].take(box)) & (place <= high[:, axis].take(box))
        one, two = end[inside] >> 1, owners[box[inside]]
        turn = units[one, 0] * units[two, 1] - units[one, 1] * units[two, 0]
        near = (one != two) & (np.abs(turn) < _PARALLEL)
        first, second = np.minimum(one, two)[near], np.maximum(one, two)[near]
        apart = ~_goes_on(pieces, vectors, first, second)
        # A pair as one number: sorting rows is five times slower.
        found.append(first[apart] * len(pieces) + second[apart])
    # Not np.unique, which imports numpy.ma: a twentieth of a small drawing's time.
    pairs = np.sort(np.concatenate(found))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return np.stack(np.divmod(pairs, len(pieces)), axis=1)


def _goes_on(pieces: Floats, vectors: Floats, one: Ints, two: Ints) -> Flags:
    """Return whether `two` goes on ahead where `one` ends, as most pieces of a curve do."""
    ahead = np.einsum("kc,kc->k", vectors.take(one, axis=0), vectors.take(two, axis=0)) > 0
    meets = pieces[:, 1].take(one, axis=0) == pieces[:, 0].take(two, axis=0)
    return np.asarray(ahead & meets[:, 0] & meets[:, 1])


def _boxes(pieces: Floats, counts: Ints, tolerance_mm: float) -> tuple[Floats, Floats, Ints]:
    """Return low and high corners (B, 2) of boxes around the pieces, and the piece of each (B,).

    Each piece comes in `counts` parts: the box of a long diagonal is mostly empty.
    """
    owners = np.repeat(np.arange(len(pieces)), counts)
    nth = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    vectors = ((pieces[:, 1] - pieces[:, 0]) / counts[:, None])[owners]
    begin = pieces[owners, 0] + vectors * nth[:, None]
    low = np.minimum(begin, begin + vectors) - tolerance_mm
    high = np.maximum(begin, begin + vectors) + tolerance_mm
    return low, high, owners


def _together(ends: Floats, low: Floats, high: Floats, side: float) -> Iterator[tuple[Ints, Ints]]:
    """Yield ends and boxes that touch the same square, both (C,), some at a time."""
    origin = low.min(axis=0)
    first, last = (((corner - origin) / side).astype(np.int64) for corner in (low, high))
    columns, rows = (int(most) + 1 for most in np.max(last, axis=0))
    square, box = _entered(first, last - first, columns)
    counts = np.bincount(square, minlength=columns * rows)
    column, row = ((ends - origin) / side).astype(np.int64).T
    at = row * columns + column
    if counts[at].sum() > _MOST_CANDIDATES:
        return
    # Square by square: the boxes in one are at hand for its next end.
    box, end = box[np.argsort(square, kind="stable")], np.argsort(at, kind="stable")
    begin, many = (np.cumsum(counts) - counts)[at[end]], counts[at[end]]
    until = np.cumsum(many)
    bounds = np.searchsorted(until, np.arange(_AT_ONCE, until[-1], _AT_ONCE))
    for some in np.split(np.arange(len(end)), bounds):
        each = many[some]
        nth = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        yield np.repeat(end[some], each), box[np.repeat(begin[some], each) + nth]


def _entered(first: Ints, span: Ints, columns: int) -> tuple[Ints, Ints]:
    """Return the squares that boxes touch and which box it is; `span` more squares than `first` each way."""
    squares, boxes = [], []
    across, along = (int(most) + 1 for most in np.max(span, axis=0))
    for down in range(along):
        for right in range(across):
            some = np.flatnonzero((span[:, 0] >= right) & (span[:, 1] >= down))
            squares.append((first[some, 1] + down) * columns + first[some, 0] + right)
            boxes.append(some)
    return np.concatenate(squares), np.concatenate(boxes)
