"""The areas that outlines enclose, by SVG's two fill rules, as shapely geometries."""

from typing import Any

import numpy as np

from drawscape.geometry.lines import Lines

Region = Any
"""A shapely Polygon or MultiPolygon."""


def region(lines: Lines, *, evenodd: bool = False) -> Region:
    """Return what `lines`, closed as a fill closes them, enclose."""
    import shapely

    rings = [np.vstack((line, line[:1])) for line in lines if len(line) > 2]
    rings = [ring[np.append(True, (np.diff(ring, axis=0) != 0).any(axis=1))] for ring in rings]
    rings = [ring for ring in rings if len(ring) > 3]
    if not rings:
        return shapely.Polygon()
    if len(rings) == 1:
        simple = shapely.Polygon(rings[0])
        if simple.is_valid:
            return simple
    edges = shapely.unary_union([shapely.LineString(ring) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize([edges]))
    inside = shapely.point_on_surface(faces)
    points = np.column_stack((shapely.get_x(inside), shapely.get_y(inside)))
    turns = sum((_winding(ring, points) for ring in rings), np.zeros(len(points), dtype=np.int64))
    filled = turns % 2 != 0 if evenodd else turns != 0
    return shapely.unary_union(faces[filled])


def _winding(ring: np.ndarray[Any, Any], points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return how often a closed ring goes round each point (Sunday 2001)."""
    a, b = ring[:-1], ring[1:]
    x, y = points[:, :1], points[:, 1:]
    left = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])
    up = (a[:, 1] <= y) & (b[:, 1] > y) & (left > 0)
    down = (a[:, 1] > y) & (b[:, 1] <= y) & (left < 0)
    turns: np.ndarray[Any, Any] = up.sum(axis=1) - down.sum(axis=1)
    return turns
