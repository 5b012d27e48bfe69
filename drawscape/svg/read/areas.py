"""The areas that closed lines enclose by SVG's two fill rules, and what they may cost."""

from typing import Any

import numpy as np

from drawscape.errors import SvgReadError
from drawscape.geometry.fill_rules import filled_faces
from drawscape.geometry.lines import Floats, Lines, Segments

Region = Any
"""A shapely Polygon or MultiPolygon."""

# A crossing of lines with a clip costs 1: two microseconds. A crossing within an area costs 30.
_MOST_COST = 1_500_000
COST_WITHIN = 30
# Pairs of edges whose boxes overlap; so many take a second.
_MOST_PAIRS = 15_000_000
_EDGES_AT_ONCE = 500
_FEW = 1_000
"""Pairs of edges that need not be counted."""


class CrossingBudget:
    """Limits how often outlines of a file may cross each other in areas and clips."""

    def __init__(self) -> None:
        self._cost = 0
        self._pairs = 0

    def spend(self, ends: Floats, others: Floats, cost: int = 1) -> None:
        """Count the crossings of two sets of edges, (N, 2, 2) and (M, 2, 2), each at its `cost`.

        Raises SvgReadError when the whole file costs more than any drawing.
        """
        import shapely

        if len(ends) * len(others) <= _FEW:
            return
        tree = shapely.STRtree(shapely.linestrings(others))
        for begin in range(0, len(ends), _EDGES_AT_ONCE):
            edges = ends[begin : begin + _EDGES_AT_ONCE]
            i, j = tree.query(shapely.linestrings(edges))
            self._pairs += len(i)
            self._cost += cost * int(_cross(edges[i], others[j]).sum())
            if self._cost > _MOST_COST or self._pairs > _MOST_PAIRS:
                raise SvgReadError(
                    "outlines of areas or clips cross each other too often, and would take minutes; "
                    "simplify them, or draw them with fill='none' and without a clip"
                )


def _cross(one: Floats, other: Floats) -> Any:
    """Return which pairs of edges, each (N, 2, 2), cross within both."""
    ends = _side(one, other[:, 0]) * _side(one, other[:, 1]) < 0
    return ends & (_side(other, one[:, 0]) * _side(other, one[:, 1]) < 0)


def _side(edges: Floats, points: Floats) -> Any:
    """Return the side of each edge on which its point lies, as the sign of the area between them."""
    along = edges[:, 1] - edges[:, 0]
    across = points - edges[:, 0]
    return along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]


def edges_of(lines: Lines) -> Floats:
    """Return the edges of `lines` as (N, 2, 2), each from one point to the next."""
    segments = Segments.of(lines)
    return np.stack((segments.a, segments.b), axis=1)


def region(lines: Lines, budget: CrossingBudget, *, evenodd: bool) -> Region:
    """Return the area inside `lines`, closed as for a fill, by one of SVG's two fill rules.

    Raises SvgReadError when they cross more often than the file's `budget` allows.
    """
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
    outlines = Lines.of(rings)
    ends = edges_of(outlines)
    budget.spend(ends, ends, COST_WITHIN // 2)  # each is counted twice
    return filled_faces(outlines, evenodd=evenodd)


def overlap(area: Region, other: Region, budget: CrossingBudget) -> Region:
    """Return the polygons that two areas share; raises as `region` does."""
    import shapely

    budget.spend(borders(area), borders(other), COST_WITHIN)
    shared = area.intersection(other)
    if shared.geom_type in ("Polygon", "MultiPolygon"):
        return shared
    parts = [part for part in shapely.get_parts(shared) if part.geom_type == "Polygon"]
    return shapely.unary_union(parts) if parts else shapely.Polygon()


def borders(area: Region) -> Floats:
    """Return the edges of an area's border, (N, 2, 2)."""
    import shapely

    points, ring = shapely.get_coordinates(
        shapely.get_parts(shapely.boundary(area)), return_index=True
    )
    same = np.flatnonzero(ring[1:] == ring[:-1])
    return np.stack((points[same], points[same + 1]), axis=1)
