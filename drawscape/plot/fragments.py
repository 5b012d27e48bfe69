"""Tours by joining fragments: always the closest two ends, wherever they are (greedy edge matching).

Bentley (1992) calls the heuristic multi-fragment. It is run here in rounds: every free end looks for
its nearest end of another fragment, and all pairs that chose each other are joined at once. Such pairs
are locally the shortest, so the outcome is that of joining one pair after the other, shortest first.
"""

import numpy as np

from drawscape.geometry.lines import Floats, Ints
from drawscape.plot.neighbours import Neighbours, components

# Ends at equal distances (grids, hatches) would choose in circles; a shift far below any pen decides.
_JITTER_MM = 1e-5
# Ends looked up at once: all neighbours of a million lines would take 200 MB.
_BLOCK = 100_000


def join_fragments(ends: Floats, start: tuple[float, float]) -> Ints:
    """Return steps (`2 * line + backward`) that draw all lines with ends (L, 2, 2), from `start` on."""
    count = len(ends)
    if count == 0:
        return np.empty(0, dtype=np.int64)
    points = np.concatenate((ends.reshape(-1, 2), [start]))
    points += np.random.default_rng(0).uniform(-_JITTER_MM, _JITTER_MM, points.shape)
    partner = _matched(points, count)
    return _followed(partner, count)


def _matched(points: Floats, count: int) -> Ints:
    """Return for each end the end that it is joined to; the tour's last end keeps -1."""
    partner = np.full(len(points), -1, dtype=np.int64)
    # The start is a fragment of one end: the pen comes from there.
    other = np.arange(len(points)) ^ 1
    other[-1] = len(points) - 1
    free = np.arange(len(points))
    while len(free) > 2:
        near, gaps = _nearest_of_others(points, free, other)
        pairs = _mutual(near)
        groups, sizes = _groups(free, other, near, pairs)
        pairs = _without_rings(pairs, gaps, groups, sizes)
        one, two = free[pairs], free[near[pairs]]
        partner[one], partner[two] = two, one
        open_ends = partner[free] < 0
        free, groups = free[open_ends], groups[open_ends]
        other[free] = _other_ends(free, groups)
    if len(free) == 2:
        partner[free] = free[::-1]
    return partner


def _nearest_of_others(points: Floats, free: Ints, other: Ints) -> tuple[Ints, Floats]:
    """Return for each free end the index in `free` of the nearest end of another fragment, and how far."""
    here = points[free]
    tree = Neighbours(here)
    near = np.empty(len(free), dtype=np.int64)
    gaps = np.empty(len(free))
    for first in range(0, len(free), _BLOCK):
        own = np.arange(first, min(first + _BLOCK, len(free)))
        # Of three neighbours one is the end itself and at most one its own fragment's other end.
        away, found = tree.nearest(here[own], 3)
        barred = (found == own[:, None]) | (free[found] == other[free[own]][:, None])
        choice = np.argmin(barred, axis=1)[:, None]
        near[own] = np.take_along_axis(found, choice, axis=1)[:, 0]
        gaps[own] = np.take_along_axis(away, choice, axis=1)[:, 0]
    return near, gaps


def _mutual(near: Ints) -> Ints:
    own = np.arange(len(near))
    return np.flatnonzero((near[near] == own) & (own < near))


def _groups(free: Ints, other: Ints, near: Ints, pairs: Ints) -> tuple[Ints, Ints]:
    """Return for each free end the group that its fragment joins, and the fragments in each group."""
    names = np.unique(np.minimum(free, other[free]), return_inverse=True)[1]
    count = int(np.max(names)) + 1
    labels = components(count, names[pairs], names[near[pairs]])
    return labels[names], np.bincount(labels)


def _without_rings(pairs: Ints, gaps: Floats, groups: Ints, sizes: Ints) -> Ints:
    """Return the pairs to join: where they would close a ring of fragments, all but its longest."""
    group = groups[pairs]
    ring = np.bincount(group, minlength=len(sizes)) >= sizes
    risky = np.flatnonzero(ring[group])
    if not len(risky):
        return pairs
    order = risky[np.lexsort((gaps[pairs[risky]], group[risky]))]
    last = np.append(group[order][1:] != group[order][:-1], True)
    return np.delete(pairs, order[last])


def _other_ends(free: Ints, groups: Ints) -> Ints:
    """Return the other free end of each one's fragment; the start's fragment has but one."""
    order = np.argsort(groups, kind="stable")
    sorted_groups = groups[order]
    behind = np.append(sorted_groups[1:] == sorted_groups[:-1], False)
    others = free.copy()
    first = np.flatnonzero(behind)
    others[order[first]], others[order[first + 1]] = free[order[first + 1]], free[order[first]]
    return others


def _followed(partner: Ints, count: int) -> Ints:
    """Return the steps from the start's end through all lines."""
    links = partner.tolist()
    steps = []
    end = links[2 * count]
    while end >= 0:
        steps.append(end)
        end = links[end ^ 1]
    return np.array(steps, dtype=np.int64)
