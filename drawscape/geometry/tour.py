"""A short closed tour through many points."""

from collections.abc import Iterator

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Flags, Floats, Ints, Points


def tours(points: Points, rounds: int = 150) -> Iterator[Ints]:
    """Yield orders (N,) in which a closed tour through `points`, (N, 2), is ever shorter.

    Edges are taken shortest first (J. L. Bentley's greedy heuristic, 1992). Then stretches are reversed
    (2-opt, G. A. Croes, 1958) and up to three points moved elsewhere (Or-opt, Ilhan Or, 1976), among
    near neighbours, `rounds` times at most. Raises GeometryError for fewer than five points.

    >>> ring = np.array([(np.cos(a), np.sin(a)) for a in (0, 2, 4, 1, 3, 5)])
    >>> *_, order = tours(ring)
    >>> order.tolist()
    [1, 4, 2, 5, 0, 3]
    """
    from scipy.spatial import cKDTree

    if len(points) < 5:
        raise GeometryError(f"a tour needs five points or more, not {len(points)}")
    near = cKDTree(points).query(points, k=min(9, len(points)))[1][:, 1:]
    order = _greedy(points, near)
    yield order
    active = np.ones(len(points), dtype=bool)
    for _ in range(rounds):
        # From another point each time: no move goes over the ends.
        order = np.roll(order, len(order) // 3)
        active = _improve(order, *_moves(points, order, near, active))
        if not active.any():
            return
        yield order


def _greedy(points: Points, near: Ints) -> Ints:
    """Return a tour of the shortest edges that join no three at a point and close no loop."""
    a, b = np.repeat(np.arange(len(points)), near.shape[1]), near.ravel()
    once = (a < b) | ~(near[b] == a[:, None]).any(axis=1)
    pairs = np.column_stack((a, b))[once]
    length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    links: list[list[int]] = [[] for _ in points]
    far_end = list(range(len(points)))
    for one, other in pairs[np.argsort(length, kind="stable")].tolist():
        if len(links[one]) < 2 and len(links[other]) < 2 and far_end[one] != other:
            links[one].append(other)
            links[other].append(one)
            first, last = far_end[one], far_end[other]
            far_end[first], far_end[last] = last, first
    return _walked(points, links)


def _walked(points: Points, links: list[list[int]]) -> Ints:
    """Return the fragments that `links` form, one after the other, each next one the nearest."""
    from scipy.spatial import cKDTree

    ends = np.array([node for node, linked in enumerate(links) if len(linked) < 2])
    tree = cKDTree(points[ends])
    seen = np.zeros(len(points), dtype=bool)
    order: list[int] = []
    onward = [int(ends[0])]
    while len(order) < len(points):
        count = 8
        while not onward:
            near = ends[tree.query(points[order[-1]], k=np.arange(1, min(count, len(ends)) + 1))[1]]
            onward = near[~seen[near]][:1].tolist()
            count *= 4
        order.append(onward[0])
        seen[onward[0]] = True
        onward = [other for other in links[onward[0]] if not seen[other]]
    return np.array(order)


def _moves(points: Points, order: Ints, near: Ints, active: Flags) -> tuple[Ints, Ints]:
    """Return the moves, best first, by which the tour is shorter: reversals (R, 4), shifts (S, 6).

    A reversal joins the ends a, b and c, d of two edges the other way, a with c and b with d. A shift takes
    the points from a to b, between c and d, to between e and f: a beside e. Only `active` points look
    for one.
    """
    count = len(order)

    z = points[:, 0] + 1j * points[:, 1]

    def far(a: Ints, b: Ints) -> Floats:
        return np.asarray(np.abs(z[a] - z[b]))

    reversals: list[tuple[Ints, Floats]] = []
    shifts: list[tuple[Ints, Floats]] = []
    for order_ in (order, order[::-1]):  # a move's mirror image is another one
        place = np.empty(count, dtype=np.int64)
        place[order_] = np.arange(count)
        first = np.flatnonzero(active[order_])
        at, e = np.repeat(first, near.shape[1]), near[order_[first]].ravel()
        a, b, f = order_[at], order_[(at + 1) % count], order_[(place[e] + 1) % count]
        gain = far(a, b) + far(e, f) - far(a, e) - far(b, f)
        reversals.append((np.stack([a, b, e, f], axis=1), gain))
        c = order_[at - 1]
        for size in (0, 1, 2):
            b, d = order_[(at + size) % count], order_[(at + size + 1) % count]
            freed = far(c, a) + far(b, d) - far(c, d)
            # Beside e lies a, on its other side what follows it, or what comes before it.
            for step in (-1, 1):
                f = order_[(place[e] + step) % count]
                low, high = np.minimum(place[e], place[f]), np.maximum(place[e], place[f])
                away = (low > at + size) | (high < at)
                gain = np.where(away, freed + far(e, f) - far(e, a) - far(b, f), 0)
                shifts.append((np.stack([a, b, c, d, e, f], axis=1), gain))
    return _best(reversals), _best(shifts)


def _best(found: list[tuple[Ints, Floats]]) -> Ints:
    moves, gain = map(np.concatenate, zip(*found, strict=True))
    good = np.flatnonzero(gain > 1e-9)
    return np.asarray(moves[good[np.argsort(-gain[good], kind="stable")]])


def _improve(order: Ints, reversals: Ints, shifts: Ints) -> Flags:
    """Make the moves in `order` whose edges are still there; return which points may have more."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    active = np.zeros(len(order), dtype=bool)

    def put(low: int, part: Ints) -> None:
        order[low : low + len(part)] = part
        place[part] = np.arange(low, low + len(part))

    for a, b, c, d in reversals.tolist():
        active[[a, b, c, d]] = True
        i, j, k, m = place[[a, b, c, d]].tolist()
        if j - i == m - k and abs(j - i) == 1:
            low, high = sorted((max(i, j), max(k, m)))
            put(low, order[low:high][::-1].copy())
    for a, b, c, d, e, f in shifts.tolist():
        active[[a, b, c, d, e, f]] = True
        i, j, k, m, u, v = place[[a, b, c, d, e, f]].tolist()
        low, high = min(i, j), max(i, j)
        if abs(u - v) != 1 or {k, m} != {low - 1, high + 1} or low <= u <= high or low <= v <= high:
            continue
        part = order[low : high + 1]
        # Upward a comes first where e does.
        part = part if (i <= j) == (u < v) else part[::-1]
        if u > high:
            put(low, np.concatenate([order[high + 1 : min(u, v) + 1], part]))
        else:
            put(max(u, v), np.concatenate([part, order[max(u, v) : low]]))
    return active


def uncrossed(points: Points, order: Ints) -> Ints:
    """Return the closed tour `order` through `points`, (N, 2), with every crossing undone.

    Each step joins the ends of two edges the other way round, which is shorter, so the steps end.

    >>> square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    >>> uncrossed(square, np.array([0, 2, 1, 3])).tolist()
    [0, 1, 2, 3]
    """
    import shapely

    dirty = np.ones(len(points), dtype=bool)
    order = order.copy()
    while dirty.any():
        ahead = np.roll(order, -1)
        edges = shapely.linestrings(points[np.stack([order, ahead], axis=1)])
        # After the first round only new edges, and those that had to wait, can cross others.
        some = np.flatnonzero(dirty[order] & dirty[ahead])
        one, other = shapely.STRtree(edges).query(edges[some], predicate="crosses")
        pairs = np.unique(np.sort(np.stack([some[one], other], axis=1), axis=1), axis=0)
        dirty[:] = False
        dirty[order[pairs]] = dirty[ahead[pairs]] = True
        taken = np.zeros(len(order) + 1, dtype=bool)
        # The shortest stretches first; one that begins within another waits for the next round.
        for i, j in pairs[np.argsort(pairs[:, 1] - pairs[:, 0], kind="stable")].tolist():
            if not taken[i : j + 2].any():
                taken[i : j + 2] = True
                order[i + 1 : j + 1] = order[i + 1 : j + 1][::-1].copy()
    return order
