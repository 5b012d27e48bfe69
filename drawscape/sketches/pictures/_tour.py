"""A short closed tour through many points."""

from collections.abc import Iterator

import numpy as np

from drawscape.geometry import Flags, Ints, Points

Order = Ints


def tours(points: Points, rounds: int) -> Iterator[Order]:
    """Yield orders (N,) in which a closed tour through `points` (N, 2) is ever shorter, N >= 5.

    Edges are taken shortest first (J. L. Bentley's greedy heuristic, 1992), then crossings are undone
    by 2-opt moves (G. A. Croes, 1958) among near neighbours, many moves a round, `rounds` at most.
    """
    from scipy.spatial import cKDTree

    near = cKDTree(points).query(points, k=min(8, len(points)))[1][:, 1:]
    order = _greedy(points, near)
    yield order
    for _ in range(rounds):
        moves = _moves(points, order, near)
        if not len(moves):
            return
        order = _applied(order, moves)
        yield order


def _greedy(points: Points, near: Ints) -> Order:
    """Return a tour of the shortest edges that join no three at a point and close no loop."""
    count = len(points)
    links: list[list[int]] = [[] for _ in range(count)]
    group = list(range(count))

    def leader(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    for a, b in _shortest_first(points, near):
        if len(links[a]) < 2 and len(links[b]) < 2 and leader(a) != leader(b):
            links[a].append(b)
            links[b].append(a)
            group[leader(a)] = leader(b)
    return _walked(points, links)


def _shortest_first(points: Points, near: Ints) -> list[list[int]]:
    a = np.repeat(np.arange(len(points)), near.shape[1])
    b = near.ravel()
    once = (a < b) | ~(near[b] == a[:, None]).any(axis=1)
    pairs = np.column_stack((a, b))[once]
    length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    ordered: list[list[int]] = pairs[np.argsort(length, kind="stable")].tolist()
    return ordered


def _walked(points: Points, links: list[list[int]]) -> Order:
    """Return the fragments that `links` form, one after the other, each next one the nearest."""
    from scipy.spatial import cKDTree

    ends = np.array([node for node, linked in enumerate(links) if len(linked) < 2])
    tree = cKDTree(points[ends])
    seen = np.zeros(len(points), dtype=bool)
    order: list[int] = []
    node = int(ends[0])
    while True:
        node = _follow(links, seen, node, order)
        if len(order) == len(points):
            return np.array(order)
        k = 8
        while True:
            candidates = ends[np.atleast_1d(tree.query(points[node], k=min(k, len(ends)))[1])]
            free = candidates[~seen[candidates]]
            if len(free):
                node = int(free[0])
                break
            k *= 4


def _follow(links: list[list[int]], seen: Flags, node: int, order: list[int]) -> int:
    """Add the fragment that starts at `node` to `order`; return its last node."""
    while True:
        order.append(node)
        seen[node] = True
        onward = [other for other in links[node] if not seen[other]]
        if not onward:
            return node
        node = onward[0]


def _moves(points: Points, order: Order, near: Ints) -> Ints:
    """Return disjoint stretches (i, j), best first, whose reversal shortens the tour."""
    count = len(order)
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    here = points[order]
    after = np.roll(here, -1, axis=0)
    edge = np.hypot(*(after - here).T)
    a = np.repeat(np.arange(count), near.shape[1])
    b = place[near[order].ravel()]
    # Edges (a, a + 1) and (b, b + 1) become (a, b) and (a + 1, b + 1).
    gain = edge[a] + edge[b] - np.hypot(*(here[a] - here[b]).T) - np.hypot(*(after[a] - after[b]).T)
    good = np.flatnonzero((gain > 1e-9) & (a != b))
    good = good[np.argsort(-gain[good], kind="stable")]
    low, high = np.minimum(a, b)[good] + 1, np.maximum(a, b)[good]
    taken = np.zeros(count + 1, dtype=bool)
    chosen = []
    for i, j in zip(low.tolist(), high.tolist(), strict=True):
        # A reversal changes the places from i - 1 to j + 1: another one there must wait.
        if not taken[i - 1 : j + 2].any():
            taken[i - 1 : j + 2] = True
            chosen.append((i, j))
    return np.array(chosen, dtype=np.int64).reshape(-1, 2)


def _applied(order: Order, moves: Ints) -> Order:
    order = order.copy()
    for i, j in moves.tolist():
        order[i : j + 1] = order[i : j + 1][::-1].copy()
    return order


def uncrossed(points: Points, order: Order) -> Order:
    """Return the tour with every crossing undone.

    Two edges that cross are longer than the two that join their ends the other way round, so that each
    step shortens the tour and the steps come to an end.
    """
    import shapely

    while True:
        here = points[order]
        edges = shapely.linestrings(np.stack([here, np.roll(here, -1, axis=0)], axis=1))
        pairs = shapely.STRtree(edges).query(edges, predicate="crosses").T
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        if not len(pairs):
            return order
        # The shortest stretches first; one that begins within another waits for the next round.
        pairs = pairs[np.argsort(pairs[:, 1] - pairs[:, 0], kind="stable")]
        taken = np.zeros(len(order) + 1, dtype=bool)
        chosen = []
        for i, j in pairs.tolist():
            if not taken[i : j + 2].any():
                taken[i : j + 2] = True
                chosen.append((i + 1, j))
        order = _applied(order, np.array(chosen, dtype=np.int64))
