"""Fewer points where nobody would see the difference."""

from __future__ import annotations

import math

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines


def simplify(lines: Lines, *, tolerance_mm: float = 0.02) -> Lines:
    """Return the lines with points left out that lie within `tolerance_mm` of what remains.

    Ends stay, closed lines stay closed (Douglas and Peucker 1973, by GEOS).
    Raises PlotError when the tolerance is negative or not finite.
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm >= 0):
        raise PlotError(f"tolerance_mm={tolerance_mm!r}: give a distance of 0 or more")
    many = np.flatnonzero(lines.counts > 2)
    if not len(many):
        return lines
    import shapely

    chosen = lines.take(many)
    owners = np.repeat(np.arange(len(chosen)), chosen.counts)
    strings = shapely.linestrings(chosen.points, indices=owners)
    simple = shapely.simplify(strings, tolerance_mm, preserve_topology=False)
    points, owners = shapely.get_coordinates(simple, return_index=True)
    offsets = np.searchsorted(owners, np.arange(len(chosen) + 1)).astype(np.int64)
    short = Lines(points, offsets)
    if len(many) == len(lines):
        return short
    rest = np.flatnonzero(lines.counts <= 2)
    both = Lines.join((short, lines.take(rest)))
    return both.take(np.argsort(np.concatenate((many, rest)), kind="stable"))
