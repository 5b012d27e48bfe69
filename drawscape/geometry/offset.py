"""Outlines at a distance: polygons grown and shrunk, lines thickened, lines beside lines."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError, UnknownNameError
from drawscape.geometry.lines import Lines, Points, check_finite, check_positive, without_repeats
from drawscape.geometry.regions import Polygon, cartesian, from_shapely, to_shapely

Join = Literal["round", "mitre", "bevel"]

# Segments in a quarter circle: a corner rounded by 50 mm strays from the arc by 0.06 mm.
_QUARTER_SEGMENTS = 16
# GEOS makes some ten million corners a second, and a ring takes as long as a thousand corners.
_MOST_CORNERS, _CORNERS_PER_RING = 20_000_000, 1000


def parallel(lines: Lines | ArrayLike, distance_mm: float) -> Lines:
    """Return lines beside `lines`, `distance_mm` to the right of their direction on paper (y down).

    Negative distances are to the left. Sharp bends may divide a line or remove it completely; lines of
    one point have no side. Raises GeometryError when the distance is not finite.

    >>> parallel([[(0, 0), (10, 0)]], 2).points
    array([[ 0.,  2.],
           [10.,  2.]])
    """
    import shapely

    check_finite(distance_mm=distance_mm)
    some = without_repeats(Lines.of(lines))
    some = some.take(some.counts > 1)
    shapes = shapely.linestrings(some.points, indices=some.ids)
    moved = shapely.offset_curve(shapes, distance_mm, quad_segs=_QUARTER_SEGMENTS)
    return Lines.from_shapes(shapely.get_parts(moved))


def beside(line: Points, off_mm: ArrayLike) -> Points:
    """Return the points of `line`, (N, 2), each moved by `off_mm` to the right of its direction.

    `off_mm` broadcasts against (N,): (K, 1) gives K lines. Unlike `parallel`, it keeps all points, and loops.

    >>> beside(np.array([(0.0, 0.0), (10.0, 0.0)]), [[2.0], [4.0]])[:, 0].tolist()
    [[0.0, 2.0], [0.0, 4.0]]
    """
    ahead = np.gradient(line, axis=0)
    right = cartesian(-ahead[:, 1], ahead[:, 0]) / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    return line + np.asarray(off_mm)[..., None] * right


def inset_rings(
    polygon: Polygon,
    spacing_mm: float,
    *,
    first_mm: float | None = None,
    count: int | None = None,
    join: Join = "mitre",
) -> Lines:
    """Return the outline of `polygon` shrunk repeatedly by `spacing_mm`, outer first.

    The first ring is `first_mm` inside (by default one spacing), and there are at most `count` of
    them. Raises GeometryError when the spacing is not positive, or makes more rings than a pen draws.

    >>> square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    >>> inset_rings(square, 1).lengths_mm
    array([32., 24., 16.,  8.])
    """
    import shapely

    check_positive(spacing_mm=spacing_mm)
    shape = to_shapely(polygon)
    x0, y0, x1, y1 = shape.bounds  # nan without an area
    insets = min(x1 - x0, y1 - y0) / 2 / spacing_mm
    insets = insets if count is None else min(insets, count)
    if insets * (shapely.get_num_coordinates(shape) + _CORNERS_PER_RING) > _MOST_CORNERS:
        raise GeometryError(f"spacing_mm={spacing_mm!r} makes {insets:.0f} rings; use more")
    distance = spacing_mm if first_mm is None else first_mm
    check_finite(first_mm=distance)
    found: list[Lines] = []
    while count is None or len(found) < count:
        # Each from the first shape, so that errors and corners do not accumulate.
        inset = shapely.buffer(
            shape, -distance, quad_segs=_QUARTER_SEGMENTS, join_style=_known(join), mitre_limit=5.0
        )
        ring = from_shapely(inset)
        if not len(ring):
            break
        found.append(ring)
        distance = distance + spacing_mm
    return Lines.join(found)


def _known(join: str) -> str:
    if join not in get_args(Join):
        raise UnknownNameError("join", join, get_args(Join))
    return join
