"""Lines that meet become one line: as few pen lifts as the drawing allows.

The ends of lines are nodes of a graph, the lines its edges. A line `i` has two ends, `2 * i` where it starts
and `2 * i + 1` where it stops. A trail is a walk that enters a line by one end and goes on from its other.
`partners[end]` is the end by which the pen goes on there, or -1 where it is lifted. For example, a line from
A to B, one from C to B and one from C to D:

    line       0: A-B   1: C-B   2: C-D
    ends       0   1    2   3    4   5
    partners  -1   3    4   1    2  -1      steps of the one trail: 0, 3 (line 1 backward), 4

Partners are mutual, `partners[partners[end]] == end`, and lie at one node. So lines form open chains, which
begin and end with -1, and closed ones. Half as many are open as there are nodes of odd degree, the least
possible (Euler 1736). A closed one that meets another chain is spliced into it (Hierholzer 1873).

Below: `deduplicate`, which leaves out what is drawn twice.
"""

import math
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Flags, Floats, Ints, Lines, Segments, offsets_of, ranges
from drawscape.geometry.nearest import FEW, Nearest


def merge(lines: Lines, *, tolerance_mm: float = 0.05) -> Lines:
    """Return the lines with those joined whose ends lie within `tolerance_mm`, reversed where needed.

    The ends are nodes of a graph and the lines its edges. Each of its components becomes as few trails
    as its nodes of odd degree allow (Euler 1736). What is closed is drawn in passing by a line that it
    shares a vertex with. Where ends do not quite meet, the gap is drawn. A line of one point becomes a
    dot of two; empty lines are left out.
    Raises PlotError when the tolerance is negative or not finite.

    >>> len(merge(Lines.of([[(0, 0), (10, 0)], [(20, 0), (10, 0)]])))
    1
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm >= 0):
        raise PlotError(f"tolerance_mm={tolerance_mm!r}: give a distance of 0 or more")
    lines = lines.drawable()
    if len(lines) < 2:
        return lines
    nodes = meeting_points(np.stack((lines.starts, lines.ends), axis=1), tolerance_mm)
    pieces, partners = spliced(lines, nodes, paired(nodes))
    del nodes
    steps, bounds = trails(partners)
    del partners
    return _joined(pieces, steps, bounds)


def meeting_points(ends: Floats, tolerance_mm: float) -> Ints:
    """Return for each line's ends (M, 2, 2) the node that they are: (M, 2), equal where they meet."""
    points = ends.reshape(-1, 2)
    # Exact coincidence is by far the most frequent, and needs no tree.
    first, same = grid_cells(points, SAME_MM)
    if tolerance_mm <= SAME_MM:
        return same.reshape(-1, 2)
    points = points[first]
    one, two = Nearest(points).pairs(tolerance_mm).T
    labels = components(len(points), one, two)
    return _without_chains(points, labels, tolerance_mm)[same].reshape(-1, 2)


def _without_chains(points: Floats, labels: Ints, tolerance_mm: float) -> Ints:
    """Return the labels with chains of near points taken apart: their ends lie far from each other."""
    count = int(np.max(labels)) + 1
    reach = np.zeros(count)
    for axis in (0, 1):
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(low, labels, points[:, axis])
        np.maximum.at(high, labels, points[:, axis])
        reach = np.maximum(reach, high - low)
    long = np.flatnonzero(reach[labels] > tolerance_mm)
    if not len(long):
        return labels
    nodes = labels.copy()
    # Cells of this size have diagonals of one tolerance.
    nodes[long] = count + grid_cells(points[long], tolerance_mm / math.sqrt(2))[1]
    return nodes


def _joined(lines: Lines, steps: Ints, bounds: Ints) -> Lines:
    """Return one line per trail; a point that a line shares with the one before it is there once."""
    which, backward = steps >> 1, steps & 1
    start, end = lines.offsets[:-1][which], lines.offsets[1:][which] - 1
    counts = end - start + 1
    first, last = np.where(backward, end, start), np.where(backward, start, end)
    gaps = lines.points[first[1:]]
    gaps -= lines.points[last[:-1]]
    joined = np.zeros(len(steps), dtype=bool)
    joined[1:] = np.hypot(gaps[:, 0], gaps[:, 1]) <= SAME_MM
    joined[bounds[:-1]] = False
    del gaps, start, end, last
    kept = counts - joined
    offsets = offsets_of(kept)
    # The first point of each step, and on from there, forward or backward.
    sign = 1 - 2 * backward
    point = np.arange(offsets[-1])
    point -= np.repeat(offsets[:-1] - joined, kept)
    point *= np.repeat(sign.astype(np.int8), kept)
    point += np.repeat(first, kept)
    return Lines(lines.points.take(point, axis=0), offsets[bounds])


SAME_MM = 1e-6
"""Points as close as this are one point: below it, a join needs no stroke."""


def paired(nodes: Ints) -> Ints:
    """Return the partner of each end, (2 M,), given the node of each line's two ends, (M, 2).

    At each node as many ends as possible are paired, in the order of the lines.
    """
    flat = nodes.ravel()
    order = np.argsort(flat, kind="stable")
    at = flat[order]
    first = np.append(True, at[1:] != at[:-1])
    rank = np.arange(len(at)) - np.maximum.accumulate(np.where(first, np.arange(len(at)), 0))
    even = np.flatnonzero((rank[:-1] % 2 == 0) & ~first[1:])
    partners = np.full(len(flat), -1, dtype=np.int64)
    one, two = order[even], order[even + 1]
    partners[one], partners[two] = two, one
    return partners


def spliced(lines: Lines, nodes: Ints, partners: Ints) -> tuple[Lines, Ints]:
    """Return the lines, cut where closed chains meet others, and partners that draw those in passing.

    Where chains share a vertex, each is cut there, between its ends a and b. Going on from each one's a
    with the b of the next joins all of them, if no two are one chain already. That is
    so for the branches of a tree: open chains are its roots, or one closed chain where none is open.
    """
    met = np.flatnonzero(partners >= 0)
    chain = components(len(partners) // 2, met >> 1, partners[met] >> 1)
    is_open = np.zeros(int(np.max(chain, initial=-1)) + 1, dtype=bool)
    is_open[chain[np.flatnonzero(partners < 0) >> 1]] = True
    if is_open.all():
        return lines, partners
    vertex, passing, point = _visits(lines, nodes, chain, is_open)
    vertex, passing, point = _branches(vertex, passing, point, is_open)
    if not len(vertex):
        return lines, partners
    return _rotated(lines, partners, vertex, point)


def trails(partners: Ints) -> tuple[Ints, Ints]:
    """Return steps (`2 * line + backward`), trail after trail, and where each begins, (T + 1,).

    Trails come in the order of their lowest line numbers.
    """
    links = partners.reshape(-1, 2)
    alone = np.flatnonzero((links < 0).all(axis=1))
    rest = np.flatnonzero((links >= 0).any(axis=1))
    walked, lengths = _walked(partners, rest)
    starts = offsets_of(lengths)[:-1]
    lowest = np.minimum.reduceat(walked >> 1, starts) if len(starts) else starts
    order = np.argsort(np.concatenate((alone, lowest)), kind="stable")
    begin = np.concatenate((np.arange(len(alone)), len(alone) + starts))[order]
    counts = np.concatenate((np.ones(len(alone), dtype=np.int64), lengths)).astype(np.int64)[order]
    return np.concatenate((2 * alone, walked))[ranges(begin, counts)], offsets_of(counts)


def grid_cells(points: Floats, cell_mm: float) -> tuple[Ints, Ints]:
    """Return the first point in each occupied cell, and the cell's number for each point."""
    keys = _cell_keys(points, cell_mm)
    # As np.unique does it, with half of its memory: that of a million lines is the peak of ordering.
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    fresh = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    del keys
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return order[fresh], number


def _cell_keys(points: Floats, cell_mm: float = SAME_MM) -> Ints:
    """Return a number for each point's cell, equal where two points share one, (N,)."""
    if not len(points):
        return np.empty(0, dtype=np.int64)
    # One axis after the other, in place, for the sake of memory.
    column, row = _cells(points[:, 0], cell_mm), _cells(points[:, 1], cell_mm)
    width, height = float(np.max(column)) + 1, float(np.max(row)) + 1
    if width * height < 2**62:
        keys = row.astype(np.int64)
        del row
        keys *= int(width)
        keys += column.astype(np.int64)
        return keys
    # Two metres square at 1e-6 mm: the number would not fit, so the occupied cells are counted.
    cells = np.stack((column, row), axis=1)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _cells(along: Floats, cell_mm: float) -> Floats:
    """Return in which cell each coordinate lies, from 0 on."""
    cells: Floats = along / cell_mm
    np.rint(cells, out=cells)
    cells -= np.min(cells)
    return cells


def _walked(partners: Ints, lines: Ints) -> tuple[Ints, list[int]]:
    """Return the steps of all trails through `lines`, open ones first, and how many each has."""
    ends = np.stack((2 * lines, 2 * lines + 1), axis=1).ravel()
    unpaired = ends[partners[ends] < 0].tolist()
    # An array, since a list of a million numbers takes four times its memory.
    partner = array("q", partners.tobytes())
    drawn = bytearray(len(partners) // 2)
    steps = array("q")
    lengths: list[int] = []
    for end in (*unpaired, *(2 * lines).tolist()):
        before = len(steps)
        while end >= 0 and not drawn[end >> 1]:
            drawn[end >> 1] = 1
            steps.append(end)
            end = partner[end ^ 1]
        if len(steps) > before:
            lengths.append(len(steps) - before)
    return np.frombuffer(steps, dtype=np.int64) if lengths else np.empty(0, dtype=np.int64), lengths


def _visits(lines: Lines, nodes: Ints, chain: Ints, is_open: Flags) -> tuple[Ints, Ints, Ints]:
    """Return (vertex, chain, point) for vertices that a closed chain shares with others, each once."""
    of_point = np.repeat(chain, lines.counts)
    ends = np.stack((lines.offsets[:-1], lines.offsets[1:] - 1), axis=1)
    # Only what lies where a closed chain comes by is of interest. Ends that meet within the tolerance
    # are one place.
    node_is_met = np.zeros(int(np.max(nodes)) + 1, dtype=bool)
    node_is_met[nodes[~is_open[chain]]] = True
    keys = _cell_keys(lines.points)
    met = np.isin(keys, keys[~is_open[of_point]])
    met[ends.ravel()] |= node_is_met[nodes.ravel()]
    point = np.flatnonzero(met)
    names = np.unique(keys[point], return_inverse=True)[1].reshape(-1)
    vertex_of = np.arange(len(names))
    end = np.flatnonzero(met[ends.ravel()])
    of_end = names[np.searchsorted(point, ends.ravel()[end])]
    lowest = np.full(len(node_is_met), len(names), dtype=np.int64)
    np.minimum.at(lowest, nodes.ravel()[end], of_end)
    vertex_of[of_end] = lowest[nodes.ravel()[end]]
    # A pair as one number: sorting rows is five times slower.
    pair = vertex_of[names] * len(is_open) + of_point[point]
    first = np.unique(pair, return_index=True)[1]
    vertex, chains = np.divmod(pair[first], len(is_open))
    several = np.bincount(vertex)[vertex] > 1
    return vertex[several], chains[several], point[first[several]]


def _branches(vertex: Ints, chain: Ints, point: Ints, is_open: Flags) -> tuple[Ints, Ints, Ints]:
    """Return the visits at which chains are joined: those that are not one already, one open at most."""
    parent, opened = list(range(len(is_open))), is_open.tolist()
    taken: list[int] = []
    place = first = group = -1
    for visit, (at, one) in enumerate(zip(vertex.tolist(), chain.tolist(), strict=True)):
        one = root_of(parent, one)
        if at != place:
            place, first, group = at, visit, one
        elif one != group and not (opened[one] and opened[group]):
            parent[one] = group
            opened[group] |= opened[one]
            taken += [visit] if first < 0 else [first, visit]
            first = -1
    return vertex[taken], chain[taken], point[taken]


def _rotated(lines: Lines, partners: Ints, vertex: Ints, point: Ints) -> tuple[Lines, Ints]:
    """Return the lines cut at the inner ones of `point`, and partners that go on with the next chain."""
    inner = np.ones(len(lines.points), dtype=bool)
    inner[lines.offsets[:-1]] = inner[lines.offsets[1:] - 1] = False
    cuts = np.sort(point[inner[point]])
    begin = np.sort(np.concatenate((lines.offsets[:-1], cuts)))
    counts = np.sort(np.concatenate((lines.offsets[1:], cuts + 1))) - begin
    pieces = Lines(lines.points[ranges(begin, counts)], offsets_of(counts))
    # Where the ends of the lines are among those of the pieces, and the two ends at each cut.
    first = np.searchsorted(begin, lines.offsets[:-1])
    last = np.searchsorted(begin, lines.offsets[1:]) - 1
    ends = np.stack((2 * first, 2 * last + 1), axis=1).ravel()
    after = 2 * np.searchsorted(begin, cuts)
    found = np.full(2 * len(pieces), -1, dtype=np.int64)
    found[ends] = np.where(partners >= 0, ends[partners], -1)
    found[after], found[after - 1] = after - 1, after
    piece = np.searchsorted(begin, point, side="right") - 1
    # A line's last point begins no piece, so that it is looked up as its piece's far end.
    left = np.where(inner[point] | (begin[piece] == point), 2 * piece, 2 * piece + 1)
    right = found[left]
    group = np.append(True, vertex[1:] != vertex[:-1])
    heads = np.flatnonzero(group)
    following = np.arange(1, len(vertex) + 1)
    following[np.append(heads[1:], len(vertex)) - 1] = heads
    onward = right[following]
    found[left] = onward
    real = onward >= 0
    found[onward[real]] = left[real]
    return pieces, found


def components(count: int, one: Ints, two: Ints) -> Ints:
    """Return for each of `count` nodes the number of its part, where edges join `one` to `two`."""
    if count > FEW:
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        joins = (np.ones(len(one), dtype=np.int8), (one, two))
        labels = connected_components(coo_matrix(joins, shape=(count, count)), directed=False)[1]
        return np.asarray(labels, dtype=np.int64)
    parent = list(range(count))
    for a, b in zip(one.tolist(), two.tolist(), strict=True):
        parent[root_of(parent, a)] = root_of(parent, b)
    roots = np.array([root_of(parent, node) for node in range(count)], dtype=np.int64)
    return np.unique(roots, return_inverse=True)[1].reshape(-1)


def root_of(parent: list[int], node: int) -> int:
    """Return the root of a node's tree, and shorten the way there."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


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
        kept = np.ones(len(lines), dtype=bool)
        dots = np.flatnonzero(self._line_lengths <= width_mm)
        cells = np.rint(lines.starts[dots] / width_mm)  # of dots in the same place one stays
        kept[np.delete(dots, np.unique(cells, axis=0, return_index=True)[1])] = False
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
        # The longer piece stays, of equals the earlier one, which rounding must not decide.
        rough, (first, second) = np.round(lengths / width_mm), pairs.T
        swap = rough[first] >= rough[second]
        lost, kept = np.where(swap, (second, first), (first, second))
        begin, end = overlaps(pieces[lost], pieces[kept], width_mm)
        real = end - begin > width_mm
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
    one, two = ends.T
    keys = np.minimum(one, two) * (2 * len(ends)) + np.maximum(one, two)
    order = np.argsort(keys, kind="stable")
    repeated: Ints = order[1:][keys[order][1:] == keys[order][:-1]]
    return repeated


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
    vectors = stop - start
    lengths = np.hypot(*vectors)
    low, high = np.minimum(start, stop).min(axis=1), np.maximum(start, stop).max(axis=1)
    sheet = float(np.prod(high - low + 2 * tolerance_mm))
    mean_mm = float(lengths.mean())
    side = max((sheet / 2 / len(pieces)) ** 0.5, min(mean_mm, _PART_MM), 2 * tolerance_mm)
    parts = np.ceil(lengths / side).astype(np.int64)
    if len(pieces) * parts.sum() * side**2 > _MOST_CANDIDATES / 4 * sheet:  # without their arrays
        return np.empty((0, 2), dtype=np.int64)
    low, high, owners = _boxes(start, vectors, parts, tolerance_mm)
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
        two = np.append(owner, owner)
        first, second = np.minimum(one, two), np.maximum(one, two)
        a, b = vectors.take(first, axis=1), vectors.take(second, axis=1)
        turn = np.abs(a[0] * b[1] - a[1] * b[0]) / (lengths.take(first) * lengths.take(second))
        goes_on = (stop.take(first, axis=1) == start.take(second, axis=1)).all(axis=0)
        beside = (turn < _PARALLEL) & ~(goes_on & ((a * b).sum(axis=0) > 0))
        # A pair is one number: sorting rows is five times slower.
        found.append(first[beside] * len(pieces) + second[beside])
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    # Not np.unique, which imports numpy.ma: a twentieth of a small drawing's time.
    pairs = np.sort(np.concatenate(found))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return np.stack(np.divmod(pairs, len(pieces)), axis=1)


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
    box, point = box.take(np.argsort(square, kind="stable")), np.argsort(at, kind="stable")
    at = at.take(point)
    begin, many = (np.cumsum(counts) - counts).take(at), counts.take(at)
    until = np.cumsum(many)
    bounds = np.searchsorted(until, np.arange(_AT_ONCE, until[-1], _AT_ONCE))
    for some in np.split(np.arange(len(point)), bounds):
        each = many[some]
        yield np.repeat(point[some], each), box.take(ranges(begin[some], each))


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
