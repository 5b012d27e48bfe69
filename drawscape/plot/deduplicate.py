"""Nothing drawn twice: duplicates and overlaps of lines taken out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot.merge import meeting_points, merge

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# A drawing with more ends on other lines is a black sheet; its pairs would fill the memory.
_MOST_PAIRS = 5_000_000
_BLOCK = 50_000
# Pieces at more than six degrees run apart within a few tolerances.
_PARALLEL = 0.1
_SHORTEST_PART_MM = 3.0


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
    if not (math.isfinite(tolerance_mm) and tolerance_mm > 0):
        raise PlotError(f"tolerance_mm={tolerance_mm!r}: give a positive distance")
    if (lines.counts < 2).any():
        lines = lines.take(lines.counts > 1)
    lines = _without_equal_dots(lines, tolerance_mm)
    pieces, owners = _pieces(lines)
    cuts = _covered(pieces, tolerance_mm)
    if not len(cuts[0]):
        return lines
    touched = np.unique(owners[cuts[0]])
    rest = _left_over(pieces, owners, cuts, np.isin(owners, touched), tolerance_mm)
    whole = np.ones(len(lines), dtype=bool)
    whole[touched] = False
    return Lines.join((lines.take(whole), merge(rest, tolerance_mm=0)))


def _without_equal_dots(lines: Lines, tolerance_mm: float) -> Lines:
    """Return the lines with one dot where several lines of no length lie in the same place."""
    dots = np.flatnonzero(lines.lengths_mm <= tolerance_mm)
    if len(dots) < 2:
        return lines
    cells = np.rint(lines.starts[dots] / tolerance_mm)
    first = np.unique(cells, axis=0, return_index=True)[1]
    kept = np.ones(len(lines), dtype=bool)
    kept[np.delete(dots, first)] = False
    return lines.take(kept)


def _pieces(lines: Lines) -> tuple[Floats, Ints]:
    """Return the straight pieces of all lines, (K, 2, 2), and the line that each belongs to."""
    inside = np.ones(len(lines.points), dtype=bool)
    inside[lines.offsets[1:] - 1] = False
    first = np.flatnonzero(inside)
    pieces = np.stack((lines.points[first], lines.points[first + 1]), axis=1)
    return pieces, np.repeat(np.arange(len(lines)), np.maximum(lines.counts - 1, 0))


def _covered(pieces: Floats, tolerance_mm: float) -> tuple[Ints, Floats, Floats]:
    """Return which pieces are covered by others, and from where to where along them, in mm."""
    lengths = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)
    long = np.flatnonzero(lengths > tolerance_mm)
    twice = long[_repeated(pieces[long])]
    once = np.setdiff1d(long, twice, assume_unique=True)
    lost, kept = _ranked(once[_neighbours(pieces[once], tolerance_mm)], lengths, tolerance_mm)
    begin, end = _overlaps(pieces[lost], pieces[kept], tolerance_mm)
    real = end - begin > tolerance_mm
    return (
        np.concatenate((twice, lost[real])),
        np.concatenate((np.zeros(len(twice)), begin[real])),
        np.concatenate((lengths[twice], end[real])),
    )


def _repeated(pieces: Floats) -> Ints:
    """Return the pieces that have the ends of an earlier one, in either order."""
    if len(pieces) < 2:
        return np.empty(0, dtype=np.int64)
    ends = meeting_points(pieces, 0.0)
    keys = np.sort(ends, axis=1)
    order = np.lexsort((np.arange(len(keys)), keys[:, 1], keys[:, 0]))
    same = (keys[order][1:] == keys[order][:-1]).all(axis=1)
    repeated: Ints = order[1:][same]
    return repeated


def _neighbours(pieces: Floats, tolerance_mm: float) -> Ints:
    """Return pairs of nearly parallel pieces of which one has an end near the other, (P, 2)."""
    import shapely

    vectors = pieces[:, 1] - pieces[:, 0]
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    if not len(pieces) or _expected_pairs(pieces, lengths, tolerance_mm) > _MOST_PAIRS:
        return np.empty((0, 2), dtype=np.int64)
    low, high, owners = _boxes(pieces, lengths, tolerance_mm)
    tree = shapely.STRtree(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    ends = shapely.points(pieces.reshape(-1, 2))
    units = vectors / lengths[:, None]
    # A pair as one number: sorting rows is five times slower.
    found = [np.empty(0, dtype=np.int64)]
    for first in range(0, len(ends), _BLOCK):
        end, box = tree.query(ends[first : first + _BLOCK])
        one, two = (first + end) // 2, owners[box]
        turn = units[one, 0] * units[two, 1] - units[one, 1] * units[two, 0]
        near = (one != two) & (np.abs(turn) < _PARALLEL)
        one, two = one[near], two[near]
        found.append(np.minimum(one, two) * len(pieces) + np.maximum(one, two))
    return np.stack(np.divmod(np.unique(np.concatenate(found)), len(pieces)), axis=1)


def _boxes(pieces: Floats, lengths: Floats, tolerance_mm: float) -> tuple[Floats, Floats, Ints]:
    """Return low and high corners (B, 2) of boxes around the pieces, and the piece of each (B,).

    Long pieces come in parts: the box of a diagonal is mostly empty.
    """
    counts = _parts(lengths)
    owners = np.repeat(np.arange(len(pieces)), counts)
    nth = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    vectors = (pieces[:, 1] - pieces[:, 0])[owners] / counts[owners, None]
    begin = pieces[owners, 0] + vectors * nth[:, None]
    low = np.minimum(begin, begin + vectors) - tolerance_mm
    high = np.maximum(begin, begin + vectors) + tolerance_mm
    return low, high, owners


def _parts(lengths: Floats) -> Ints:
    """Return in how many parts pieces of these lengths are boxed."""
    parts: Ints = np.ceil(lengths / max(float(lengths.mean()) / 4, _SHORTEST_PART_MM))
    return parts.astype(np.int64)


def _expected_pairs(pieces: Floats, lengths: Floats, tolerance_mm: float) -> float:
    """Return in how many boxes the pieces' ends would lie, were all spread evenly."""
    counts = _parts(lengths)
    sides = (np.abs(pieces[:, 1, axis] - pieces[:, 0, axis]) for axis in (0, 1))
    width, height = (side / counts + 2 * tolerance_mm for side in sides)
    sheet = np.prod(pieces.max(axis=(0, 1)) - pieces.min(axis=(0, 1)) + 2 * tolerance_mm)
    return float(2 * len(pieces) * (counts * width * height).sum() / sheet)


def _ranked(pairs: Ints, lengths: Floats, tolerance_mm: float) -> tuple[Ints, Ints]:
    """Return of each pair which piece gives way and which stays: the longer, of equals the earlier."""
    # Rounding must not decide between equals.
    rough = np.round(lengths / tolerance_mm)
    first, second = pairs[:, 0], pairs[:, 1]
    swap = rough[first] >= rough[second]
    return np.where(swap, second, first), np.where(swap, first, second)


def _overlaps(one: Floats, two: Floats, tolerance_mm: float) -> tuple[Floats, Floats]:
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
    concerned: NDArray[np.bool_],
    tolerance_mm: float,
) -> Lines:
    """Return what is left of the concerned lines' pieces, as polylines where it hangs together."""
    cut = np.zeros(len(pieces), dtype=bool)
    cut[cuts[0]] = True
    whole = np.flatnonzero(concerned & ~cut)
    which, free = _free_parts(pieces, cuts, tolerance_mm)
    # A stable sort keeps the parts of one piece in their order.
    order = np.argsort(np.concatenate((whole, which)), kind="stable")
    parts = np.concatenate((pieces[whole], free))[order]
    owner = owners[np.concatenate((whole, which))[order]]
    fresh = np.ones(len(parts), dtype=bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (parts[1:, 0] != parts[:-1, 1]).any(axis=1)
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
