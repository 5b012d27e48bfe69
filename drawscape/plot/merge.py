"""Lines that meet become one line: as few pen lifts as the drawing allows."""

import math

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Floats, Ints, Lines
from drawscape.plot.neighbours import Neighbours, components
from drawscape.plot.trails import SAME_MM, grid_cells, paired, spliced, trails


def merge(lines: Lines, *, tolerance_mm: float = 0.05) -> Lines:
    """Return the lines with those joined whose ends lie within `tolerance_mm`, reversed where needed.

    The ends are nodes of a graph and the lines its edges; each of its components becomes as few trails
    as its nodes of odd degree allow (Euler 1736). What is closed is drawn in passing by a line that it
    shares a vertex with. Where ends do not quite meet, the gap is drawn. A line of one point becomes a
    dot of two; empty lines are left out.
    Raises PlotError when the tolerance is negative or not finite.

    >>> len(merge(Lines.of([[(0, 0), (10, 0)], [(20, 0), (10, 0)]])))
    1
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm >= 0):
        raise PlotError(f"tolerance_mm={tolerance_mm!r}: give a distance of 0 or more")
    lines = drawable(lines)
    if len(lines) < 2:
        return lines
    nodes = meeting_points(np.stack((lines.starts, lines.ends), axis=1), tolerance_mm)
    pieces, partners = spliced(lines, nodes, paired(nodes))
    del nodes
    steps, bounds = trails(partners)
    del partners
    return _joined(pieces, steps, bounds)


def drawable(lines: Lines) -> Lines:
    """Return the lines without the empty ones, and those of one point as dots of two equal points."""
    counts = lines.counts
    if (counts > 1).all():
        return lines
    times = np.repeat(np.where(counts == 1, 2, 1), counts)
    return Lines.from_counts(
        np.repeat(lines.points, times, axis=0), np.where(counts == 1, 2, counts)
    )


def meeting_points(ends: Floats, tolerance_mm: float) -> Ints:
    """Return for each line's ends (M, 2, 2) the node that they are: (M, 2), equal where they meet."""
    points = ends.reshape(-1, 2)
    # Exact coincidence is by far the most frequent, and needs no tree.
    first, same = grid_cells(points, SAME_MM)
    if tolerance_mm <= SAME_MM:
        return same.reshape(-1, 2)
    return _clusters(points[first], tolerance_mm)[same].reshape(-1, 2)


def _clusters(points: Floats, tolerance_mm: float) -> Ints:
    """Return a node for each of the distinct points: those within the tolerance share one."""
    one, two = Neighbours(points).pairs_within(tolerance_mm).T
    return _without_chains(points, components(len(points), one, two), tolerance_mm)


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
    offsets = np.concatenate(([0], np.cumsum(kept))).astype(np.int64)
    # The first point of each step, and on from there, forward or backward.
    sign = 1 - 2 * backward
    point = np.arange(offsets[-1])
    point -= np.repeat(offsets[:-1] - joined, kept)
    point *= np.repeat(sign.astype(np.int8), kept)
    point += np.repeat(first, kept)
    return Lines(lines.points.take(point, axis=0), offsets[bounds])
