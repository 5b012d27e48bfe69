"""A short closed tour through many points."""

from collections.abc import Iterator

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Ints, Points

_NEIGHBOURS = 8


def tours(points: Points, rounds: int = 150) -> Iterator[Ints]:
    """Yield orders (N,) with shorter and shorter closed tours through `points`, (N, 2).

    Edges are taken shortest first (J. L. Bentley's greedy heuristic, 1992). Then stretches are reversed
    (2-opt, G. A. Croes, 1958) among near neighbours, at most `rounds` times.
    Raises GeometryError for fewer than five points.

    >>> ring = np.array([(np.cos(a), np.sin(a)) for a in (0, 2, 4, 1, 3, 5)])
    >>> *_, order = tours(ring)
    >>> order.tolist()
    [0, 3, 1, 4, 2, 5]
    """
    if len(points) < 5:
        raise GeometryError(f"a tour needs five points or more, not {len(points)}")
    order = _greedy(points)
    yield order
    near = _near(points)
    active = np.ones(len(points), dtype=bool)
    for _ in range(rounds):
        # From another point each time: no move crosses the ends.
        order = np.roll(order, len(order) // 3)
        active = _improve(order, _moves(points, order, near, active))
        if not active.any():
            return
        yield order


def _near(points: Points) -> Ints:
    """Return each point and its nearest neighbours, (N, K)."""
    from scipy.spatial import cKDTree

    return cKDTree(points).query(points, k=min(_NEIGHBOURS + 1, len(points)))[1]


def _greedy(points: Points) -> Ints:
    """Return a tour of the shortest edges that join no three at a point and close no loop."""
    links: list[list[int]] = [[] for _ in points]
    far_end = list(range(len(points)))
    ends = np.arange(len(points))
    while len(ends) > 2:
        # Neighbours leave stretches; the next round joins their ends.
        near = _near(points[ends])
        pairs = np.column_stack((np.repeat(ends, near.shape[1]), ends[near.ravel()]))
        length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
        for one, other in pairs[np.argsort(length, kind="stable")].tolist():
            if one != other != far_end[one] and len(links[one]) < 2 and len(links[other]) < 2:
                links[one].append(other)
                links[other].append(one)
                first, last = far_end[one], far_end[other]
                far_end[first], far_end[last] = last, first
        ends = np.array([node for node, linked in enumerate(links) if len(linked) < 2])
    order = [int(ends[0])]
    while len(order) < len(points):
        order += [node for node in links[order[-1]] if node not in order[-2:-1]]
    return np.array(order)


def _moves(points: Points, order: Ints, near: Ints, active: Flags) -> Ints:
    """Return reversals, (R, 4), that shorten the tour, best first, only from `active` points.

    Each replaces two edges a-b and c-d by a-c and b-d.
    """
    z = points[:, 0] + 1j * points[:, 1]
    found = []
    for way in (order, order[::-1]):  # a move's mirror image is another one
        after = np.empty_like(order)
        after[way] = np.roll(way, -1)
        a, c = np.repeat(np.flatnonzero(active), near.shape[1]), near[active].ravel()
        found.append(np.stack([a, after[a], c, after[c]]))
    a, b, c, d = moves = np.concatenate(found, axis=1)
    gain = np.abs(z[a] - z[b]) + np.abs(z[c] - z[d]) - np.abs(z[a] - z[c]) - np.abs(z[b] - z[d])
    good = np.flatnonzero((gain > 1e-9) & (a != c))
    return moves[:, good[np.argsort(-gain[good], kind="stable")]].T


def _improve(order: Ints, moves: Ints) -> Flags:
    """Make the moves in `order` whose edges still exist; return which points may have more."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    active = np.zeros(len(order), dtype=bool)
    active[moves] = True
    for move in moves:
        i, j, k, m = place[move].tolist()
        if j - i == m - k and abs(j - i) == 1:
            low, high = sorted((max(i, j), max(k, m)))
            order[low:high] = order[low:high][::-1].copy()
            place[order[low:high]] = np.arange(low, high)
    return active
