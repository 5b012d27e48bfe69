"""The order in which a plotter draws: the least pen-up travel that can be found in time.

A first tour joins the closest ends (good on scattered lines) or walks to the nearest end (good on hatches).
Closed lines are entered where that saves most. exchange.py and local_search.py shorten the tour.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Floats, Ints, Lines, offsets_of, ranges
from drawscape.geometry.nearest import Nearest
from drawscape.plot.merge import begun_at, drawn

_Search = Callable[[Ints, Floats], Ints]

# Up to this many lines every search is done: 2,000 take a tenth of a second, 20,000 two seconds.
_FEW = 20_000
# Up to this many lines moves are exchanged: 100,000 take three seconds, a million half a minute.
_MANY = 200_000
# Rounds of a search and of new entries; the second already gains little.
_MOST_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Tour:
    """Lines in drawing order: `steps` (M,) are `2 * line + 1` when drawn backward, else `2 * line`.

    `entries` (L,) holds for each line of the drawing the vertex at which a closed one is entered.
    """

    steps: Ints
    entries: Ints

    def ends(self, lines: Lines) -> Floats:
        """Return each line's two ends under this tour's entries, (L, 2, 2)."""
        ends = np.stack((lines.starts, lines.ends), axis=1)
        closed = np.flatnonzero(lines.closed)
        ends[closed] = lines.points[lines.offsets[closed] + self.entries[closed]][:, None]
        return ends

    def travel(self, lines: Lines) -> float:
        """Return the pen-up travel in mm, from the sheet's corner to the last line."""
        left, entered = self.moves(lines)
        return float(np.hypot(*(entered - left[:-1]).T).sum())

    def moves(self, lines: Lines) -> tuple[Floats, Floats]:
        """Return where the pen leaves each line, (M + 1, 2), the corner first, and enters it, (M, 2)."""
        ends, which, backward = self.ends(lines), self.steps >> 1, self.steps & 1
        return np.concatenate(([(0.0, 0.0)], ends[which, 1 - backward])), ends[which, backward]


def order(lines: Lines) -> Lines:
    """Return the same lines in an order that saves pen-up travel, beginning near the sheet's corner.

    Lines may be reversed, closed ones entered at any vertex. Up to 20,000 lines the travel is 2 to 7 %
    above that of the best tours known (Helsgaun's LKH). It is never above that of the given order. Empty
    lines are left out.

    >>> lines = Lines.of([[(90, 0), (99, 0)], [(0, 0), (9, 0)], [(50, 0), (59, 0)]])
    >>> order(lines).points[:, 0]
    array([ 0.,  9., 50., 59., 90., 99.])
    """
    lines = lines.take(lines.counts > 0)
    if not len(lines):
        return lines
    tour = best_tour(lines)
    return drawn(begun_at(lines, tour.entries), tour.steps)


def best_tour(lines: Lines) -> Tour:
    """Return the shortest tour found through `lines`, none of them empty."""
    count, few = len(lines), len(lines) <= _FEW
    given = Tour(2 * np.arange(count, dtype=np.int64), np.zeros(count, dtype=np.int64))
    tours = [given]
    for first_tour in (join_fragments, walk_to_nearest) if few else (join_fragments,):
        steps = first_tour(given.ends(lines))
        tour = choose_entries(lines, Tour(steps, given.entries))
        if count <= _MANY:
            from drawscape.plot.exchange import exchange_2opt

            tour = _improved(lines, tour, exchange_2opt)
        tours.append(tour)
    best = min(tours, key=lambda tour: tour.travel(lines))
    if few:
        from drawscape.plot.local_search import two_opt_and_or_opt

        best = _improved(lines, best, two_opt_and_or_opt)
    return best


def _improved(lines: Lines, tour: Tour, search: _Search) -> Tour:
    """Return the tour after a search; with closed lines, after rounds of searches and new entries."""
    travel = tour.travel(lines)
    for _ in range(_MOST_ROUNDS if lines.closed.any() else 1):
        steps = search(tour.steps, tour.ends(lines))
        tour = choose_entries(lines, Tour(steps, tour.entries))
        before, travel = travel, tour.travel(lines)
        if travel > before * 0.995:
            break
    return tour


_SWEEPS = 3


def choose_entries(lines: Lines, tour: Tour) -> Tour:
    """Return the tour with closed lines entered where the way in and out is shortest.

    A closed line is left where it is entered. Every other step of the tour is settled at once: its
    neighbours do not move meanwhile, so the travel never grows.
    """
    closed = lines.closed
    if not closed.any():
        return tour
    entries = tour.entries.copy()
    for sweep in range(2 * _SWEEPS):
        current = Tour(tour.steps, entries)
        places = np.arange(sweep % 2, len(tour.steps), 2)
        places = places[closed[tour.steps[places] >> 1]]
        if len(places):
            entries = _settled(lines, current, places)
    return Tour(tour.steps, entries)


def _settled(lines: Lines, tour: Tour, places: Ints) -> Ints:
    left, entered = tour.moves(lines)
    chosen = tour.steps[places] >> 1
    counts = lines.counts[chosen]
    bounds = offsets_of(counts)[:-1]
    vertices = lines.points[ranges(lines.offsets[chosen], counts)]
    way = np.hypot(*(vertices - np.repeat(left[places], counts, axis=0)).T)
    last = len(entered) - 1
    onward = np.minimum(places + 1, last)
    out = np.hypot(*(vertices - np.repeat(entered[onward], counts, axis=0)).T)
    # After the last line the pen goes nowhere.
    way += np.where(np.repeat(places < last, counts), out, 0.0)
    shortest = np.repeat(np.minimum.reduceat(way, bounds), counts)
    first = np.flatnonzero(way <= shortest)
    entries = tour.entries.copy()
    # The last vertex of a closed line is its first.
    entries[chosen] = (first[np.searchsorted(first, bounds)] - bounds) % (counts - 1)
    return entries


# Ends at equal distances (grids, hatches) would choose in circles; a tiny shift decides.
_JITTER_MM = 1e-5
# Ends looked up at once: all neighbours of a million lines would take 200 MB.
_BLOCK = 100_000


def join_fragments(ends: Floats) -> Ints:
    """Return steps (`2 * line + backward`) that draw all lines with ends (L, 2, 2), from the corner on."""
    count = len(ends)
    if count == 0:
        return np.empty(0, dtype=np.int64)
    points = np.concatenate((ends.reshape(-1, 2), [(0.0, 0.0)]))
    points += np.random.default_rng(0).uniform(-_JITTER_MM, _JITTER_MM, points.shape)
    # For each end, the end that it is joined to (none for the tour's last), and its fragment's other end.
    partner, other = array("q", [-1]) * len(points), array("q", range(len(points)))
    joined, others = np.frombuffer(partner, dtype=np.int64), np.frombuffer(other, dtype=np.int64)
    others[:-1] ^= 1  # the start is a fragment of one end: the pen comes from there
    free = np.arange(len(points))
    while len(free) > 1:
        near, gaps = _nearest_of_others(points, free, others)
        own = np.arange(len(near))
        pairs = np.flatnonzero((near[near] == own) & (own < near))
        pairs = pairs[np.argsort(gaps[pairs], kind="stable")]
        for one, two in zip(free[pairs].tolist(), free[near[pairs]].tolist()):
            if other[one] != two:  # no ring
                partner[one], partner[two] = two, one
                one, two = other[one], other[two]
                other[one], other[two] = two, one
        free = free[joined[free] < 0]
    steps = array("q")
    end = partner[2 * count]
    while end >= 0:
        steps.append(end)
        end = partner[end ^ 1]
    return np.frombuffer(steps, dtype=np.int64)


def _nearest_of_others(points: Floats, free: Ints, other: Ints) -> tuple[Ints, Floats]:
    """Return for each free end the index in `free` of the nearest end of another fragment, and how far."""
    here = points[free]
    tree = Nearest(here)
    near = np.empty(len(free), dtype=np.int64)
    gaps = np.empty(len(free))
    for first in range(0, len(free), _BLOCK):
        own = np.arange(first, min(first + _BLOCK, len(free)))
        # Of three neighbours, one is the end itself and at most one is its own fragment's other end.
        away, found = tree.query(here[own], 3)
        barred = (found == own[:, None]) | (free[found] == other[free[own]][:, None])
        choice = np.argmin(barred, axis=1)[:, None]
        near[own] = np.take_along_axis(found, choice, axis=1)[:, 0]
        gaps[own] = np.take_along_axis(away, choice, axis=1)[:, 0]
    return near, gaps


_NEIGHBOURS = 12


def walk_to_nearest(ends: Floats) -> Ints:
    """Return steps (`2 * line + backward`) that draw all lines with ends (L, 2, 2), from the corner on."""
    points = np.concatenate((ends.reshape(-1, 2), [(0.0, 0.0)]))
    here = len(points) - 1
    near = Nearest(points).query(points, min(_NEIGHBOURS, len(points)))[1].tolist()
    is_left = bytearray(b"\1" * here + b"\0")
    steps: list[int] = []
    while len(steps) < len(ends):
        end = next((end for end in near[here] if is_left[end]), None)
        if end is None:
            left = np.flatnonzero(np.frombuffer(is_left, dtype=np.uint8))
            away = points[left] - points[here]
            end = int(left[np.argmin((away * away).sum(axis=1))])
        here = end ^ 1
        is_left[end] = is_left[here] = 0
        steps.append(end)
    return np.array(steps, dtype=np.int64)
