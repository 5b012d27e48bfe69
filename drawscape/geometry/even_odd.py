"""Rings that run along their own edges, as rings with the same inside that do not.

By the even-odd rule an edge that is drawn twice bounds nothing. GEOS counts it once.
"""

import numpy as np

from drawscape.geometry.lines import Floats, Ints, Lines, Points, Segments, offsets_of

# Edges in one direction within this angle, and at one distance from the origin, lie on one straight line.
_SAME_ANGLE = 1e-9
_SAME_LINE_MM = 1e-7


def without_doubled_edges(outlines: Lines) -> Lines:
    """Return closed lines with the same inside by the even-odd rule, of which no two edges overlap.

    Where an even number of edges run along each other they go, where an odd number do one stays. Every
    vertex keeps an even number of edges, so that closed trails remain (Euler 1736).
    """
    edges = Segments.of(outlines)
    has_length = (edges.a != edges.b).any(axis=1)
    a, b = edges.a[has_length], edges.b[has_length]
    straight, direction = _straight_lines(a, b)
    points = np.concatenate((a, b))
    line = np.tile(straight, 2)
    along = (points * np.tile(direction, (2, 1))).sum(axis=1)
    order = np.lexsort((points[:, 1], points[:, 0], along, line))
    stops, stop_line = points[order], line[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (stops[1:] != stops[:-1]).any(axis=1) | (stop_line[1:] != stop_line[:-1])
    stop = np.empty(len(order), dtype=np.int64)
    stop[order] = np.cumsum(is_new) - 1
    stops = stops[is_new]
    first, last = np.sort(stop.reshape(2, -1), axis=0)
    # How many edges cover each stretch from a stop to the next one.
    begun = np.bincount(first, minlength=len(stops)) - np.bincount(last, minlength=len(stops))
    covers = np.cumsum(begun)
    if np.max(covers, initial=0) < 2:
        return outlines
    odd = np.flatnonzero(covers % 2)
    return _closed_trails(stops[odd], stops[odd + 1])


def _straight_lines(a: Points, b: Points) -> tuple[Ints, Floats]:
    """Return the number of the straight line that each edge lies on, (E,), and its direction, (E, 2)."""
    steps = b - a
    angle = np.arctan2(steps[:, 1], steps[:, 0]) % np.pi
    angle[angle > np.pi - _SAME_ANGLE] = 0.0
    order = np.argsort(angle, kind="stable")
    bundle = np.empty(len(order), dtype=np.int64)
    bundle[order] = np.cumsum(np.diff(angle[order], prepend=np.inf) > _SAME_ANGLE)
    example = order[np.unique(bundle[order], return_index=True)[1]][bundle]
    direction = np.stack((np.cos(angle[example]), np.sin(angle[example])), axis=1)
    offset = a[:, 0] * direction[:, 1] - a[:, 1] * direction[:, 0]
    order = np.lexsort((offset, bundle))
    is_new = np.diff(offset[order], prepend=-np.inf) > _SAME_LINE_MM
    is_new |= np.diff(bundle[order], prepend=-1) > 0
    straight = np.empty(len(order), dtype=np.int64)
    straight[order] = np.cumsum(is_new)
    return straight, direction


def _closed_trails(a: Points, b: Points) -> Lines:
    """Return the edges from `a` to `b` as closed lines; an even number of them meet at each point."""
    ends = np.stack((a, b), axis=1).reshape(-1, 2)
    node = np.unique(ends, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(node, kind="stable")
    partner = np.empty(len(ends), dtype=np.int64)
    partner[order[0::2]], partner[order[1::2]] = order[1::2], order[0::2]
    onward = partner.tolist()
    is_drawn = bytearray(len(a))
    walk: list[int] = []
    counts: list[int] = []
    for edge in range(len(a)):
        if is_drawn[edge]:
            continue
        begin = len(walk)
        end = 2 * edge
        while not is_drawn[end >> 1]:
            is_drawn[end >> 1] = 1
            walk.append(end)
            end = onward[end ^ 1]
        counts.append(len(walk) - begin)
    return Lines(ends[np.array(walk, dtype=np.int64)], offsets_of(counts)).closed_up()
