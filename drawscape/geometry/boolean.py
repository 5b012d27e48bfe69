"""Boolean operations on polygons: what is in one, in both, in one but not the other."""

from __future__ import annotations

from typing import Any

from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import Polygon, from_shapely, to_shapely


def union(*polygons: Polygon) -> Lines:
    """Return the outline of what lies in any of `polygons`, as closed rings; holes are rings too.

    Each polygon is what `regions.rings` takes. (Overlay of GEOS.)
    """
    import shapely

    return from_shapely(shapely.union_all([to_shapely(polygon) for polygon in polygons]))


def intersection(*polygons: Polygon) -> Lines:
    """Return the outline of what lies in all of `polygons`, as closed rings. Otherwise as `union`."""
    import shapely

    shapes = [to_shapely(polygon) for polygon in polygons]
    if not shapes:
        return Lines.empty()
    common: Any = shapes[0]
    for shape in shapes[1:]:
        common = shapely.intersection(common, shape)
    return from_shapely(common)


def difference(polygon: Polygon, *others: Polygon) -> Lines:
    """Return the outline of `polygon` without `others`, as closed rings. Otherwise as `union`."""
    import shapely

    away = shapely.union_all([to_shapely(other) for other in others])
    return from_shapely(shapely.difference(to_shapely(polygon), away))


def xor(polygon: Polygon, other: Polygon) -> Lines:
    """Return the outline of what lies in just one of the two. Otherwise as `union`."""
    import shapely

    return from_shapely(shapely.symmetric_difference(to_shapely(polygon), to_shapely(other)))
