"""Nothing drawn twice: duplicates and overlaps of lines taken out."""

import math
from collections.abc import Sequence

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Flags, Floats, Ints, Lines
from drawscape.plot.merge import meeting_points, merge
from drawscape.plot.near_pieces import near_pieces


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
        self._pieces, self._owners = _pieces(self._lines)
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
        begin, end = _overlaps(pieces[lost], pieces[kept], width_mm)
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


def _pieces(lines: Lines) -> tuple[Floats, Ints]:
    """Return the straight pieces of all lines, (K, 2, 2), and the line that each belongs to."""
    inside = np.ones(len(lines.points), dtype=bool)
    inside[lines.offsets[1:] - 1] = False
    first = np.flatnonzero(inside)
    ends = lines.points.take(first, axis=0), lines.points.take(first + 1, axis=0)
    pieces = np.stack(ends, axis=1)
    return pieces, np.repeat(np.arange(len(lines)), np.maximum(lines.counts - 1, 0))


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
