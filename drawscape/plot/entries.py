"""Where closed lines are entered: at the vertex that saves most pen-up travel."""

import numpy as np

from drawscape.geometry.lines import Ints, Lines
from drawscape.plot.tours import Tour, distances

_SWEEPS = 3


def choose_entries(lines: Lines, tour: Tour, start: tuple[float, float]) -> Tour:
    """Return the tour with closed lines entered where the way in and out is shortest.

    A closed line is left where it is entered. Every other step of the tour is settled at a time, so
    that neighbours stand still meanwhile and the travel never grows.
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
            entries = _settled(lines, current, places, start)
    return Tour(tour.steps, entries)


def _settled(lines: Lines, tour: Tour, places: Ints, start: tuple[float, float]) -> Ints:
    ends = tour.ends(lines)
    which, backward = tour.steps >> 1, tour.steps & 1
    left = np.concatenate((np.array([start], dtype=np.float64), ends[which, 1 - backward]))
    entered = ends[which, backward]
    chosen = which[places]
    counts = lines.counts[chosen]
    bounds = np.cumsum(counts) - counts
    along = np.arange(counts.sum()) - np.repeat(bounds, counts)
    vertices = lines.points[np.repeat(lines.offsets[chosen], counts) + along]
    way = distances(vertices, np.repeat(left[places], counts, axis=0))
    onward = np.minimum(places + 1, len(which) - 1)
    out = distances(vertices, np.repeat(entered[onward], counts, axis=0))
    # After the last line the pen goes nowhere.
    way += np.where(np.repeat(places + 1 < len(which), counts), out, 0.0)
    shortest = np.repeat(np.minimum.reduceat(way, bounds), counts)
    first = np.flatnonzero(way <= shortest)
    owners = np.repeat(np.arange(len(chosen)), counts)[first]
    firsts = first[np.unique(owners, return_index=True)[1]]
    entries = tour.entries.copy()
    # The last vertex of a closed line is its first.
    entries[chosen] = along[firsts] % (counts - 1)
    return entries
