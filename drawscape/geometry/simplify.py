"""Polylines with fewer points that look the same."""

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Lines, on_lines


@on_lines
def simplify(lines: Lines, tolerance_mm: float = 0.05) -> Lines:
    """Return `lines` without the points that lie within `tolerance_mm` of what stays.

    Takes Lines or one line as (N, 2) in mm, gives the same kind; ends stay. (Douglas & Peucker
    1973, in GEOS.) Raises GeometryError when `tolerance_mm` is negative.

    >>> len(simplify(np.array([(0, 0), (5, 0.01), (10, 0)])))
    2
    """
    import shapely

    if not tolerance_mm >= 0:
        raise GeometryError(f"tolerance_mm={tolerance_mm!r}: give 0 or more")
    many = np.flatnonzero(lines.counts > 2)
    if not len(many):
        return lines
    some = lines.take(many)
    shapes = shapely.linestrings(some.points, indices=some.ids)
    found = shapely.simplify(shapes, tolerance_mm, preserve_topology=False)
    simpler = Lines.from_counts(shapely.get_coordinates(found), shapely.get_num_coordinates(found))
    if len(many) == len(lines):
        return simpler
    few = np.flatnonzero(lines.counts <= 2)
    order = np.argsort(np.concatenate((many, few)), kind="stable")
    return Lines.join((simpler, lines.take(few))).take(order)


@on_lines
def without_repeats(lines: Lines, distance_mm: float = 0.0) -> Lines:
    """Return `lines` without points within `distance_mm` of the point before them in their line.

    The last point of a line always stays, unless it repeats the one before it exactly.
    """
    steps = lines.steps_mm
    steps[lines.offsets[:-1]] = np.inf
    keep = steps > distance_mm
    last = lines.offsets[1:] - 1
    keep[last] = steps[last] > 0.0
    return Lines.from_counts(lines.points[keep], np.bincount(lines.ids[keep]))
