"""Outlines at a distance: polygons grown and shrunk, lines thickened, lines beside lines."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import Polygon, from_shapely, to_shapely
from drawscape.geometry.simplify import without_repeats

Join: TypeAlias = Literal["round", "mitre", "bevel"]

# Segments in a quarter circle: a corner rounded by 50 mm strays from the arc by 0.06 mm.
_QUARTER_SEGMENTS = 16
_MOST_INSETS = 100_000


def parallel(lines: Lines | ArrayLike, distance_mm: float, *, join: Join = "round") -> Lines:
    """Return lines beside `lines`, `distance_mm` to the right of their direction on paper (y down).

    Negative distances lie to the left. Sharp bends may cut a line up or leave nothing of it; lines
    of one point have no side. Raises GeometryError when the distance is not finite.
    """
    import shapely

    if not np.isfinite(distance_mm):
        raise GeometryError(f"distance_mm={distance_mm!r}: give a finite length")
    some = without_repeats(Lines.of(lines))
    some = some.take(some.counts > 1)
    if not len(some):
        return some
    shapes = shapely.linestrings(some.points, indices=some.ids)
    moved = shapely.offset_curve(
        shapes, distance_mm, quad_segs=_QUARTER_SEGMENTS, join_style=_known(join)
    )
    parts = shapely.get_parts(moved)
    parts = parts[~shapely.is_empty(parts)]
    return Lines.from_counts(shapely.get_coordinates(parts), shapely.get_num_coordinates(parts))


def inset_rings(
    polygon: Polygon,
    spacing_mm: float,
    *,
    first_mm: float | None = None,
    count: int | None = None,
    join: Join = "mitre",
) -> Lines:
    """Return the outline of `polygon` shrunk again and again, `spacing_mm` each time, outer first.

    The first ring lies `first_mm` inside (by default one spacing), and there are `count` of them at
    most. Raises GeometryError when the spacing is not positive.
    """
    if not (spacing_mm > 0 and np.isfinite(spacing_mm)):
        raise GeometryError(f"spacing_mm={spacing_mm!r}: give a positive length")
    shape = to_shapely(polygon)
    distance = spacing_mm if first_mm is None else first_mm
    found: list[Lines] = []
    while count is None or len(found) < count:
        # Each from the first shape, so that errors and corners do not pile up.
        ring = from_shapely(_buffered(shape, -distance, join))
        if not len(ring):
            break
        if len(found) > _MOST_INSETS:
            raise GeometryError(f"spacing_mm={spacing_mm!r} makes too many rings; use more")
        found.append(ring)
        distance += spacing_mm
    return Lines.join(found)


def _buffered(shapes: Any, distance_mm: float, join: Join) -> Any:
    import shapely

    if not np.isfinite(distance_mm):
        raise GeometryError(f"distance_mm={distance_mm!r}: give a finite length")
    return shapely.buffer(
        shapes,
        distance_mm,
        quad_segs=_QUARTER_SEGMENTS,
        join_style=_known(join),
        mitre_limit=5.0,
    )


def _known(join: str) -> str:
    if join not in ("round", "mitre", "bevel"):
        raise UnknownNameError("join", join, ("round", "mitre", "bevel"))
    return join
