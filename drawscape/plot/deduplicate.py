"""Nothing drawn twice: duplicates and overlaps of lines taken out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot.merge import merge

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def deduplicate(lines: Lines, *, tolerance_mm: float = 0.02) -> Lines:
    """Return the lines without what another line, or an earlier part of the same one, already draws.

    A piece goes where it runs along a longer piece (or an earlier one of its length) within
    `tolerance_mm`. What is left of a line is cut there; pieces that meet are joined again, others are
    untouched. Dots on the same spot become one.
    Raises PlotError when the tolerance is not positive.
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm > 0):
        raise PlotError(f"tolerance_mm={tolerance_mm!r}: give a positive distance")
    lines = _without_equal_dots(lines.take(lines.counts > 1), tolerance_mm)
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
    import shapely

    lengths = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)
    long = np.flatnonzero(lengths > tolerance_mm)
    tree = shapely.STRtree(shapely.linestrings(pieces[long]))
    # Of two pieces that overlap, an end of one lies on the other.
    ends = shapely.points(pieces[long].reshape(-1, 2))
    found = tree.query(ends, predicate="dwithin", distance=tolerance_mm)
    one, two = long[found[0] // 2], long[found[1]]
    pairs = np.unique(np.stack((np.minimum(one, two), np.maximum(one, two)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    # The longer piece stays; of equals the earlier one. Rounding must not decide between equals.
    rank = np.lexsort((np.arange(len(pieces)), -np.round(lengths / tolerance_mm)))
    place = np.empty(len(pieces), dtype=np.int64)
    place[rank] = np.arange(len(pieces))
    swap = place[pairs[:, 0]] < place[pairs[:, 1]]
    lost = np.where(swap, pairs[:, 1], pairs[:, 0])
    kept = np.where(swap, pairs[:, 0], pairs[:, 1])
    begin, end = _overlaps(pieces[lost], pieces[kept], tolerance_mm)
    real = end - begin > tolerance_mm
    return lost[real], begin[real], end[real]


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
    by_piece: dict[int, list[tuple[float, float]]] = {}
    for piece, begin, end in zip(*(part.tolist() for part in cuts), strict=True):
        by_piece.setdefault(piece, []).append((begin, end))
    runs: list[list[list[float]]] = []
    last_owner, last_point = -1, None
    for index in np.flatnonzero(concerned).tolist():
        first, second = pieces[index]
        length = float(np.hypot(*(second - first)))
        for begin, end in _gaps(by_piece.get(index, []), length, tolerance_mm):
            here = (first if begin == 0 else first + (second - first) * (begin / length)).tolist()
            there = (
                second if end == length else first + (second - first) * (end / length)
            ).tolist()
            if int(owners[index]) == last_owner and here == last_point:
                runs[-1].append(there)
            else:
                runs.append([here, there])
            last_owner, last_point = int(owners[index]), there
    return Lines.of(runs)


def _gaps(
    covered: list[tuple[float, float]], length: float, tolerance_mm: float
) -> list[tuple[float, float]]:
    """Return what the covered stretches leave free of a piece; crumbs below the tolerance are dropped."""
    if not covered:
        return [(0.0, length)]
    free, reached = [], 0.0
    for begin, end in sorted(covered):
        if begin - reached > tolerance_mm:
            free.append((reached, begin))
        reached = max(reached, end)
    if length - reached > tolerance_mm:
        free.append((reached, length))
    return free
