"""Lines that meet become one line: as few pen lifts as the drawing allows.

The ends of lines are nodes of a graph, the lines its edges. A line `i` has two ends, `2 * i` where it starts
and `2 * i + 1` where it stops. A trail is a walk that enters a line by one end and leaves it by the other.
`partners[end]` is the end by which the pen goes on there, or -1 where it is lifted. For example, a line from
A to B, one from C to B and one from C to D:

    line       0: A-B   1: C-B   2: C-D
    ends       0   1    2   3    4   5
    partners  -1   3    4   1    2  -1      steps of the one trail: 0, 3 (line 1 backward), 4

Partners are mutual, `partners[partners[end]] == end`, and lie at one node. So lines form open trails, which
begin and end with -1, and closed ones. There are half as many open ones as nodes of odd degree, the fewest
possible (Euler 1736). A closed one that meets another trail is spliced into it (Hierholzer 1873).

Below: `deduplicate` leaves out strokes that are drawn twice.
"""

import itertools
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.values import check_number
from drawscape.geometry.lines import (
    Flags,
    Floats,
    Ints,
    Lines,
    Points,
    distances_along,
    offsets_of,
    ranges,
    stretches,
)
from drawscape.geometry.nearest import Nearest

Plane = NDArray[np.complex128]
"""Points as numbers x + y i, (N,)."""

SAME_MM = 1e-6
"""Points as close as this are one point: below it, a join needs no stroke."""


def merge(lines: Lines, *, tolerance_mm: float = 0.05) -> Lines:
    """Return the lines, joined where ends lie within `tolerance_mm`, and reversed where needed.

    The ends are nodes of a graph and the lines its edges. Each of its components becomes as few trails
    as its nodes of odd degree allow (Euler 1736). A closed trail is inserted into a line that shares a
    vertex with it. A gap between ends that do not quite meet is drawn. A line of one point becomes a
    dot of two; empty lines are left out.
    Raises PlotError when the tolerance is negative or not finite.

    >>> len(merge(Lines.of([[(0, 0), (10, 0)], [(20, 0), (10, 0)]])))
    1
    """
    check_number(may_be_0=True, tolerance_mm=tolerance_mm)
    lines = lines.drawable()
    if len(lines) < 2:
        return lines
    partners = _paired(_nodes(np.concatenate((lines.starts, lines.ends)), tolerance_mm))
    onward = partners.reshape(-1, 2)[:, ::-1].ravel()
    steps, bounds = walked(onward, np.flatnonzero(partners < 0))
    is_closed = partners[steps[bounds[:-1]]] >= 0
    return _spliced(_joined(drawn(lines, steps), bounds), is_closed)


def _nodes(ends: Points, tolerance_mm: float) -> Ints:
    """Return the node of each of the ends, equal where they meet."""
    first, same = same_points(ends)
    nodes = np.arange(len(first))
    if tolerance_mm > SAME_MM:
        joined = {}
        for one, two in Nearest(ends[first]).pairs(tolerance_mm).tolist():
            # An end that has joined another attracts no more: a chain of near ends would join distant ones.
            if one not in joined and two not in joined:
                joined[two] = one
        nodes[list(joined)] = list(joined.values())
    return nodes[same]


def same_points(points: Points) -> tuple[Ints, Ints]:
    """Return the first point of each group of equal points, and the group of each point, (N,)."""
    # Points 2**32 cells apart, 4.29 m, may count as equal. Neighbours in order are neighbours on paper.
    cells = np.rint(points / SAME_MM).astype(np.int64)
    _, first, group = np.unique(
        (cells[:, 1] << 32) + cells[:, 0], return_index=True, return_inverse=True
    )
    return first, group


def _paired(nodes: Ints) -> Ints:
    """Return the partner of each end, (2 M,), given the nodes of all starts, then of all stops, (2 M,).

    At each node as many ends as possible are paired.
    """
    count = len(nodes) // 2
    order = np.argsort(nodes, kind="stable")
    at = nodes[order]
    ends = 2 * (order % count) + order // count
    first = np.append(True, at[1:] != at[:-1])
    rank = np.arange(len(at)) - np.maximum.accumulate(np.where(first, np.arange(len(at)), 0))
    even = np.flatnonzero((rank[:-1] % 2 == 0) & ~first[1:])
    partners = np.full(len(nodes), -1, dtype=np.int64)
    one, two = ends[even], ends[even + 1]
    partners[one], partners[two] = two, one
    return partners


def walked(onward: Ints, begins: Ints) -> tuple[Ints, Ints]:
    """Return steps, trail after trail, and where each trail begins, (T + 1,).

    `onward` is the step after each, negative where the pen is lifted. One of the two steps `2 * i` and
    `2 * i + 1` is taken. Trails of one step come first, then those from `begins`, then closed ones.
    """
    alone = (onward.reshape(-1, 2) < 0).all(axis=1)
    done = bytearray(alone.tobytes())
    first = 2 * np.flatnonzero(alone)
    # Arrays: a list of a million numbers takes four times the memory.
    behind, steps = array("q", onward.tobytes()), array("q", first.tobytes())
    bounds = array("q", range(len(first) + 1))
    begins = begins[~alone[begins >> 1]]
    others = (2 * line for line, is_done in enumerate(done) if not is_done)
    for step in itertools.chain(array("q", begins.tobytes()), others):
        if done[step >> 1]:
            continue
        while step >= 0 and not done[step >> 1]:
            done[step >> 1] = 1
            steps.append(step)
            step = behind[step]
        bounds.append(len(steps))
    return np.frombuffer(steps, dtype=np.int64), np.frombuffer(bounds, dtype=np.int64)


def drawn(lines: Lines, steps: Ints) -> Lines:
    """Return the lines in the order of `steps`: `2 * line`, or `2 * line + 1` where drawn backward."""
    which, backward = steps >> 1, steps & 1
    counts = lines.counts[which]
    points = ranges(0, counts)
    points *= np.repeat(1 - 2 * backward, counts)
    points += np.repeat(
        np.where(backward, lines.offsets[1:][which] - 1, lines.offsets[which]), counts
    )
    return Lines(lines.points.take(points, axis=0), offsets_of(counts))


def begun_at(lines: Lines, entries: Ints) -> Lines:
    """Return the lines with closed ones begun at their vertex `entries` (M,), which is 0 for open ones."""
    counts = lines.counts
    points = ranges(entries, counts)
    points %= np.repeat(counts - lines.closed, counts)  # a closed one continues at its start
    points += np.repeat(lines.offsets[:-1], counts)
    return lines.with_points(lines.points.take(points, axis=0))


def _joined(lines: Lines, bounds: Ints) -> Lines:
    """Return each run of lines between two bounds as one line; a shared point is kept once."""
    behind = np.delete(lines.offsets[:-1], bounds[:-1])
    gaps = lines.points[behind] - lines.points[behind - 1]
    shared = behind[np.hypot(gaps[:, 0], gaps[:, 1]) <= SAME_MM]
    offsets = lines.offsets[bounds]
    offsets -= np.searchsorted(shared, offsets)
    return Lines(np.delete(lines.points, shared, axis=0), offsets)


def _spliced(lines: Lines, is_closed: Flags) -> Lines:
    """Return the lines with closed ones inserted into lines that share a vertex with them.

    At the vertex the closed line is drawn first, then the rest of the other.
    """
    if not is_closed.any():
        return lines
    # A closed one continues at its first point, which is not repeated at its end.
    ajar = (lines.starts != lines.ends).any(axis=1)
    is_whole = is_closed & ~ajar
    points = np.delete(lines.points, lines.offsets[1:][is_whole] - 1, axis=0)
    without = Lines(points, offsets_of(lines.counts - is_whole))
    pairs = _exchanges(without, is_closed)
    if not len(pairs):
        return lines
    lines = without
    bounds = np.unique(np.concatenate((lines.offsets, pairs.ravel() + 1)))
    first = np.searchsorted(bounds, lines.offsets)
    behind = np.arange(1, len(bounds))
    behind[first[1:] - 1] = np.where(is_closed, first[:-1], -1)
    onward = behind.tolist()
    for one, two in (np.searchsorted(bounds, pairs + 1) - 1).tolist():
        onward[one], onward[two] = onward[two], onward[one]
    forward_only = np.zeros(2 * len(onward), dtype=np.int64)
    forward_only[::2] = 2 * np.array(onward)
    steps, trails = walked(forward_only, 2 * first[:-1][~is_closed])
    pieces = drawn(Lines(points, bounds), steps)
    line = np.searchsorted(first, steps[trails[:-1]] >> 1, side="right") - 1
    return Lines(pieces.points, pieces.offsets[trails]).closed_up(is_whole[line])


def _exchanges(lines: Lines, is_closed: Flags) -> Ints:
    """Return the pairs of points, (K, 2), whose followers are exchanged to join the most lines.

    Lines that are joined already are not joined again, nor are two open lines.
    """
    vertex = same_points(lines.points)[1]
    passed = np.zeros(len(vertex), dtype=bool)
    passed[vertex[is_closed[lines.ids]]] = True
    points = np.flatnonzero(passed[vertex])
    # A pair of vertex and line as one number: sorting rows is five times slower.
    visits = vertex[points] * len(lines) + lines.ids[points]
    points = points[np.unique(visits, return_index=True)[1]]
    parent, opened = list(range(len(lines))), (~is_closed).tolist()
    found = []
    place = first = group = -1
    rows = (vertex[points], lines.ids[points], points)
    for at, one, point in zip(*(row.tolist() for row in rows)):
        one = root_of(parent, one)
        if at != place:
            place, first, group = at, point, one
        elif one != group and not (opened[one] and opened[group]):
            parent[one] = group  # an open line, if one of them is: those have the lower numbers
            found += [first, point]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def root_of(parent: list[int], node: int) -> int:
    """Return the root of a node's tree, and shorten the path to it."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def deduplicate(lines: Lines, *, tolerance_mm: float = 0.02) -> Lines:
    """Return the lines without what another line, or an earlier part of the same one, already draws.

    A piece is removed where it runs along a longer piece (or an earlier one of equal length) within
    `tolerance_mm`. The rest of a line is cut there; pieces that meet are joined again, others are
    untouched. Dots on the same spot become one. If lines are so dense that nearly every end touches
    dozens of others, only pieces with the same two ends are taken for duplicates.
    Raises PlotError when the tolerance is not positive.

    >>> twice = Lines.of([[(0, 0), (10, 0)], [(10, 0), (0, 0)]])
    >>> len(deduplicate(twice))
    1
    """
    check_number(tolerance_mm=tolerance_mm)
    return without_doubles(lines, find_doubles(lines, tolerance_mm), tolerance_mm)


def find_doubles(lines: Lines, tolerance_mm: float) -> tuple[Ints, Ints]:
    """Return pieces with the same ends as an earlier one, (K,), and pairs of other near ones, (2, P).

    A piece is known by the number of its first point; the next point is its end.
    """
    points = as_plane(lines.points)
    lengths = np.abs(np.diff(points))
    lengths[lines.offsets[1:-1] - 1] = 0.0
    long = np.flatnonzero(lengths > tolerance_mm)
    place = same_points(lines.points)[1]
    one, two = place[long], place[long + 1]
    keys = np.minimum(one, two) * len(points) + np.maximum(one, two)
    first = np.unique(keys, return_index=True)[1]
    return np.delete(long, first), near_pieces(points, long[np.sort(first)], tolerance_mm)


def without_doubles(lines: Lines, doubles: tuple[Ints, Ints], tolerance_mm: float) -> Lines:
    """Return the lines without parts that run along another within the tolerance."""
    kept = lines.counts > 1
    dots = np.flatnonzero(kept & (lines.lengths_mm <= tolerance_mm))
    cells = np.rint(lines.starts[dots] / tolerance_mm)  # one dot stays at each place
    kept[np.delete(dots, np.unique(cells, axis=0, return_index=True)[1])] = False
    points, (twice, (one, two)) = as_plane(lines.points), doubles
    # The longer piece stays, or the earlier of equals: rounding must not decide.
    lengths = np.abs(np.diff(points))
    longer = np.round(lengths[one] / tolerance_mm) >= np.round(lengths[two] / tolerance_mm)
    lost, stays = np.where(longer, (two, one), (one, two))
    begin, end = overlaps(points, lost, stays, tolerance_mm)
    real = end - begin > tolerance_mm
    piece = np.concatenate((twice, lost[real]))
    if not len(piece):
        return lines if kept.all() else lines.take(kept)
    begin = np.concatenate((np.zeros(len(twice)), begin[real]))
    end = np.concatenate((lengths[twice], end[real]))
    # A remnant below the tolerance is dropped.
    begin[begin <= tolerance_mm] = 0.0
    end = np.where(end >= lengths[piece] - tolerance_mm, lengths[piece], end)
    which, along = lines.ids[piece], distances_along(lines)[piece]
    rest = _uncovered(lines, which, along + begin, along + end, tolerance_mm)
    kept[which] = False
    return Lines.join((lines.take(kept), merge(rest, tolerance_mm=0)))


def _uncovered(lines: Lines, which: Ints, begin: Floats, end: Floats, tolerance_mm: float) -> Lines:
    """Return the rest of the lines `which`, covered from `begin` to `end` mm along them."""
    some, owner = np.unique(which, return_inverse=True)
    lines = lines.take(some)
    lengths = lines.lengths_mm
    # All of them end to end on one axis. Each has nothing covered at its begin and at its end.
    shift = np.cumsum(lengths + 1.0) - lengths
    all_of_them = np.arange(len(some))
    begin = np.concatenate((begin + shift[owner], shift, shift + lengths))
    end = np.concatenate((end + shift[owner], shift, shift + lengths))
    owner = np.concatenate((owner, all_of_them, all_of_them))
    order = np.argsort(begin, kind="stable")
    begin, owner = begin[order][1:], owner[order]
    reached = np.maximum.accumulate(end[order])[:-1]
    gaps = np.flatnonzero((begin - reached > tolerance_mm) & (owner[1:] == owner[:-1]))
    line = owner[gaps]
    return stretches(lines, line, reached[gaps] - shift[line], begin[gaps] - shift[line])


def as_plane(points: Points) -> Plane:
    """Return points (N, 2) as numbers x + y i, (N,)."""
    return np.ascontiguousarray(points).view(np.complex128)[:, 0]


def overlaps(points: Plane, one: Ints, two: Ints, tolerance_mm: float) -> tuple[Floats, Floats]:
    """Return where piece `two` runs along piece `one` within the tolerance: from and to, in mm.

    A piece is known by the number of its first point; the next point is its end.
    """
    vectors = points[one + 1] - points[one]
    lengths = np.abs(vectors)
    turned = (points[[two, two + 1]] - points[one]) * (vectors / lengths).conj()
    along, across = turned.real, turned.imag
    begin, end = np.maximum(along.min(axis=0), 0.0), np.minimum(along.max(axis=0), lengths)
    span = along[1] - along[0]
    level = np.abs(span) > 1e-9
    slope = (across[1] - across[0]) / np.where(level, span, 1.0)
    near = level & (end > begin)
    for place in (begin, end):
        near &= np.abs(across[0] + slope * (place - along[0])) <= tolerance_mm
    return begin, np.where(near, end, begin)


_MOST_CANDIDATES = 12_000_000
"""A drawing with more pieces near its points is a black sheet, and would take seconds."""

_BATCH = 500_000
"""Candidates in one batch; its arrays take some 50 MB."""

_PARALLEL = 0.1
"""Pieces at more than six degrees diverge within a few tolerances."""

_MOST_COLUMNS = 60_000

_PART_MM = 3.0
"""If there are many, shorter pieces are one part each: more would cost more than small squares save."""


def near_pieces(points: Plane, pieces: Ints, tolerance_mm: float) -> Ints:
    """Return pairs of nearly parallel pieces of which one has an end near the other, (2, P).

    A piece is known by the number of its first point; the next point is its end. No pairs are returned
    if lines are so dense that nearly every end touches dozens of others.
    """
    is_piece = np.zeros(len(points), dtype=bool)
    is_piece[pieces] = True
    vectors = np.append(np.diff(points), 1.0)
    half = np.abs(vectors) / 2
    turns = vectors.conj() / np.maximum(2 * half, 1e-12)
    found = [np.empty(0, dtype=np.int64)]
    for point, piece in _candidates(points, pieces, tolerance_mm) if len(pieces) else ():
        foreign = np.flatnonzero((piece != point) & (piece != point - 1))
        point, piece = point.take(foreign), piece.take(foreign)
        place = (points.take(point) - points.take(piece)) * turns.take(piece)
        near = np.flatnonzero(np.abs(place.imag) <= tolerance_mm)
        point, piece, along = point.take(near), piece.take(near), place.real.take(near)
        near = np.flatnonzero(np.abs(along - half.take(piece)) <= half.take(piece) + tolerance_mm)
        point, piece = point.take(near), piece.take(near)
        for mine in (point - 1, point):
            beside = is_piece[mine] & (mine != piece)
            beside &= np.abs((turns[mine].conj() * turns[piece]).imag) < _PARALLEL
            one, two = mine[beside], piece[beside]
            # A pair is one number: sorting rows is five times slower.
            found.append(np.minimum(one, two) * len(points) + np.maximum(one, two))
    pairs = np.sort(np.concatenate(found))
    return np.stack(np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], len(points)))


def _candidates(points: Plane, pieces: Ints, tolerance_mm: float) -> Iterator[tuple[Ints, Ints]]:
    """Yield ends of pieces and pieces that may be near them, both (C,), some at a time.

    Pieces are divided into parts. The middle of a part lies in a square of a grid. An end near the part
    lies in the same square or in one next to it. Nothing is yielded if there are too many.
    """
    ends = np.flatnonzero(np.bincount(np.concatenate((pieces, pieces + 1))))
    lengths = np.abs(points[pieces + 1] - points[pieces])
    x, y = np.ascontiguousarray(points[ends]).view(np.float64).reshape(-1, 2).T
    low, width, height = complex(np.min(x), np.min(y)), np.ptp(x), np.ptp(y)
    sheet = (width + 2 * tolerance_mm) * (height + 2 * tolerance_mm)
    side = max(
        (sheet / 8 / len(pieces)) ** 0.5,
        min(1.2 * lengths.mean(), _PART_MM),
        4 * tolerance_mm,
        max(width, height) / _MOST_COLUMNS,
    )
    counts = np.ceil(lengths / (side - 2 * tolerance_mm)).astype(np.int64)
    if 4 * len(pieces) * counts.sum() * side**2 > _MOST_CANDIDATES * sheet:  # without their arrays
        return
    owners = np.repeat(pieces, counts)
    shares = (ranges(0, counts) + 0.5) / np.repeat(counts, counts)
    middles = points[owners] + (points[owners + 1] - points[owners]) * shares
    columns, rows = int(width / side) + 4, int(height / side) + 4
    squares = _squares((middles - low) / side + (1 + 1j))
    parts = owners[np.lexsort(squares.astype(np.uint16))]  # 16 bits take a tenth of the time
    counts = np.bincount(squares[0] + squares[1] * columns, minlength=columns * rows)
    begins = np.append(0, np.cumsum(counts))
    # The nearest two squares in a row, and in the next row.
    column, row = _squares((points[ends] - low) / side + (0.5 + 0.5j))
    at = np.concatenate((column + row * columns, column + (row + 1) * columns))
    ends = np.append(ends, ends)
    counts = begins[at + 2] - begins[at]
    until = np.cumsum(counts)
    if until[-1] > _MOST_CANDIDATES:
        return
    bounds = np.searchsorted(until, np.arange(_BATCH, until[-1], _BATCH))
    for some in np.split(np.arange(len(at)), bounds):
        yield np.repeat(ends[some], counts[some]), parts[ranges(begins[at[some]], counts[some])]


def _squares(points: Plane) -> Ints:
    """Return the column and the row, (2, N), of each point in a grid of squares of size 1."""
    return points.view(np.float64).reshape(-1, 2).T.astype(np.int64)
