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


def offset_polygon(polygon: Polygon, distance_mm: float, *, join: Join = "round") -> Lines:
    """Return `polygon` grown by `distance_mm`, or shrunk by it where negative, as closed rings.

    Holes shrink as the polygon grows. Parts may merge, split or vanish; what vanishes leaves no
    lines. `join` says what corners become. (Buffer of GEOS.)
    Raises GeometryError when the distance is not finite.
    """
    return from_shapely(_buffered(to_shapely(polygon), distance_mm, join))


def offset_lines(
    lines: Lines | ArrayLike, distance_mm: float, *, join: Join = "round", flat: bool = False
) -> Lines:
    """Return the outline of all that lies within `distance_mm` of `lines`, as closed rings.

    Ends are round, or cut square at the end when `flat`. Raises GeometryError when the distance is
    not positive.
    """
    if not distance_mm > 0:
        raise GeometryError(f"distance_mm={distance_mm!r}: give a positive length")
    shapes = _linestrings(without_repeats(Lines.of(lines)))
    cap = "flat" if flat else "round"
    import shapely

    return from_shapely(shapely.union_all(_buffered(shapes, distance_mm, join, cap)))


def parallel(lines: Lines | ArrayLike, distance_mm: float, *, join: Join = "round") -> Lines:
    """Return lines beside `lines`, `distance_mm` to the right of their direction on paper (y down).

    Negative distances lie to the left. Sharp bends may cut a line up or leave nothing of it; lines
    of one point have no side. Raises GeometryError when the distance is not finite.
    """
    import shapely

    if not np.isfinite(distance_mm):
        raise GeometryError(f"distance_mm={distance_mm!r}: give a finite length")
    shapes = _linestrings(without_repeats(Lines.of(lines)), points=False)
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


def _buffered(shapes: Any, distance_mm: float, join: Join, cap: str = "round") -> Any:
    import shapely

    if not np.isfinite(distance_mm):
        raise GeometryError(f"distance_mm={distance_mm!r}: give a finite length")
    return shapely.buffer(
        shapes,
        distance_mm,
        quad_segs=_QUARTER_SEGMENTS,
        join_style=_known(join),
        cap_style=cap,
        mitre_limit=5.0,
    )


def _known(join: str) -> str:
    if join not in ("round", "mitre", "bevel"):
        raise UnknownNameError("join", join, ("round", "mitre", "bevel"))
    return join


def _linestrings(lines: Lines, *, points: bool = True) -> Any:
    import shapely

    many = lines.take(lines.counts > 1)
    shapes = np.empty(0, dtype=object)
    if len(many):
        shapes = shapely.linestrings(many.points, indices=many.ids)
    if not points:
        return shapes
    return np.concatenate((shapes, shapely.points(lines.take(lines.counts == 1).points)))
