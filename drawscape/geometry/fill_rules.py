"""The area inside closed lines by the two fill rules of SVG: even-odd and nonzero."""

from typing import Any

import numpy as np

from drawscape.geometry.lines import Floats, Lines, Points, Segments

_POINTS_AT_ONCE = 5_000


def filled_faces(outlines: Lines, *, evenodd: bool = True, grid_mm: float | None = None) -> Any:
    """Return the inside of closed lines as a shapely geometry, whether they cross, touch or repeat edges.

    The lines are cut where they meet, which leaves faces between them. By the even-odd rule, a face
    counts if the lines go around it an odd number of times. By the nonzero rule, any number but 0 counts.
    GEOS's own `make_valid` counts a repeated edge once, and takes 100 times as long. Points move onto a grid
    of `grid_mm`: nearly equal edges become one.
    """
    import shapely

    lines = shapely.linestrings(outlines.points, indices=outlines.ids)
    edges = shapely.unary_union(lines, grid_size=grid_mm)
    faces = shapely.get_parts(shapely.polygonize([edges]))
    places = shapely.get_coordinates(shapely.point_on_surface(faces))
    blocks = range(0, len(places), _POINTS_AT_ONCE)
    turns = [_winding(outlines, places[at : at + _POINTS_AT_ONCE]) for at in blocks]
    if not turns:
        return shapely.Polygon()
    counts = np.concatenate(turns)
    return shapely.coverage_union_all(faces[counts % 2 != 0 if evenodd else counts != 0])


def _winding(outlines: Lines, points: Points) -> Floats:
    """Return how often closed lines go round each point, by a ray to the right (Sunday 2001)."""
    import shapely

    edges = Segments.of(outlines)
    far = np.column_stack((np.full(len(points), np.max(edges.a[:, 0])), points[:, 1]))
    tree = shapely.STRtree(shapely.linestrings(np.stack((edges.a, edges.b), axis=1)))
    i, j = tree.query(shapely.linestrings(np.stack((points, far), axis=1)))
    a, b, (x, y) = edges.a[j].T, edges.b[j].T, points[i].T
    left = (b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])
    up = (a[1] <= y) & (b[1] > y) & (left > 0)
    down = (a[1] > y) & (b[1] <= y) & (left < 0)
    return np.bincount(i, up.astype(np.float64) - down, len(points))
