"""Runs of points that lie on a circle: what G2 and G3 draw in one command."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Ints, Points

# Three points lie on a circle anyway: fewer than five prove nothing.
_FEWEST_POINTS = 5
# A flatter arc is a straight line to any controller, and its centre off the machine by metres.
_LARGEST_RADIUS_MM = 2_000.0
# Controllers disagree on full circles; two of these make one.
_LARGEST_SWEEP = math.radians(200)


@dataclass(frozen=True)
class Arc:
    """From the point before to point `last` of a line, around (`cx`, `cy`); `turn` is 1 or -1.

    A `turn` of 1 goes from the positive x axis towards the positive y axis.
    """

    last: int
    cx: float
    cy: float
    turn: int


def arcs_and_points(
    line: Points, tolerance_mm: float, edges: Points | None = None
) -> Iterator[Arc | int]:
    """Yield how to draw `line` from its first point on: arcs, and indices of points to go straight to.

    An arc strays from the polyline by `tolerance_mm` at most, and passes its first and last point. Near
    `edges`, the lowest and the highest x and y, (2, 2), there are none, for one might bulge over them.
    """
    may_bend = np.ones(len(line), dtype=bool)
    if edges is not None:
        # Twice the tolerance: the arc's own and that of its centre, which the file rounds.
        room = np.minimum(line - edges[0], edges[1] - line).min(axis=1)
        may_bend = room > 2 * tolerance_mm
    # How many points before each lie near an edge.
    stiff = np.concatenate(([0], np.cumsum(~may_bend)))
    at, count = 0, len(line)
    while at < count - 1:
        found = _longest(line, at, tolerance_mm, stiff)
        yield at + 1 if found is None else found
        at = at + 1 if found is None else found.last


def _longest(line: Points, first: int, tolerance_mm: float, stiff: Ints) -> Arc | None:
    """Return the longest arc from `first` on: looked for in steps that double, then by halves."""
    last = first + _FEWEST_POINTS - 1
    best = _fitted(line, first, last, tolerance_mm, stiff) if last < len(line) else None
    step = _FEWEST_POINTS
    while best is not None and step:
        last = min(best.last + step, len(line) - 1)
        wider = _fitted(line, first, last, tolerance_mm, stiff)
        if wider is not None and wider.last > best.last:
            best, step = wider, 2 * step
        else:
            step //= 2
    return best


def _fitted(line: Points, first: int, last: int, tolerance_mm: float, stiff: Ints) -> Arc | None:
    if stiff[last + 1] > stiff[first]:
        return None
    points = line[first : last + 1]
    centre = _centre(points[0], points[(len(points) - 1) // 2], points[-1])
    if centre is None:
        return None
    away = points - centre
    radii = np.hypot(away[:, 0], away[:, 1])
    radius = float(radii[0])
    if radius > _LARGEST_RADIUS_MM or np.abs(radii - radius).max() > tolerance_mm / 2:
        return None
    turns = np.arctan2(
        away[:-1, 0] * away[1:, 1] - away[:-1, 1] * away[1:, 0], (away[:-1] * away[1:]).sum(axis=1)
    )
    sweep = float(turns.sum())
    one_way = bool((turns > 0).all() or (turns < 0).all())
    # The arc bulges out of each chord by its sagitta.
    bulge = radius * (1 - math.cos(float(np.abs(turns).max()) / 2))
    if not one_way or abs(sweep) > _LARGEST_SWEEP or bulge > tolerance_mm:
        return None
    return Arc(last, float(centre[0]), float(centre[1]), 1 if sweep > 0 else -1)


def _centre(a: Points, b: Points, c: Points) -> Points | None:
    """Return the centre of the circle through three points, None where they lie on a line."""
    one, two = b - a, c - a
    doubled = 2.0 * (one[0] * two[1] - one[1] * two[0])
    if abs(doubled) < 1e-12:
        return None
    x = (two[1] * (one @ one) - one[1] * (two @ two)) / doubled
    y = (one[0] * (two @ two) - two[0] * (one @ one)) / doubled
    centre: Points = a + np.array([x, y])
    return centre
