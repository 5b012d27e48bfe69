"""Voronoi cells of points, clipped to a rectangle or polygon."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.area import Area, bounds_of, rectangle
from drawscape.geometry.lines import Flags, Ints, Lines, Points
from drawscape.geometry.nearest import as_points
from drawscape.geometry.regions import Polygon, from_shapely, rings, to_shapely


@dataclass(frozen=True, eq=False)
class Cells:
    """Voronoi cells: closed `rings`, and for each ring the index of the point that `owner` names.

    A cell that a polygon with bays or holes cuts up has several rings; a point that repeats an
    earlier one, or lies so far outside that nothing of its cell is left, has none.
    """

    rings: Lines
    owner: Ints


def cells(points: ArrayLike, area: Area, *, polygon: Polygon | None = None) -> Cells:
    """Return the Voronoi cells (1908) of `points`, (N, 2) in mm, within `area`, or within `polygon`.

    Rings are in the order of the points. (Qhull, in scipy; clipped by GEOS.)
    Raises GeometryError when a point is not finite.

    >>> cells([(25, 50), (75, 50)], (0, 0, 100, 100)).rings.lengths_mm
    array([300., 300.])
    """
    import shapely

    diagram = _diagram(points, area)
    if diagram is None:
        return Cells(Lines.empty(), np.empty(0, dtype=np.int64))
    vertices, corners, owner = diagram.vertices, diagram.regions, diagram.owner
    whole = Lines.from_counts(vertices[corners], np.bincount(owner, minlength=diagram.count))
    shape = rings(rectangle(area) if polygon is None else polygon)
    x0, y0, x1, y1 = bounds_of(area)
    inside = ((whole.points >= (x0, y0)) & (whole.points <= (x1, y1))).all(axis=1)
    cut = ~np.logical_and.reduceat(inside, whole.offsets[:-1]) | (polygon is not None)
    region = to_shapely(shape)
    shapely.prepare(region)
    outlines = rings(whole)
    clipped = [
        from_shapely(shape) for shape in shapely.intersection(_polygons(outlines, cut), region)
    ]
    index = np.flatnonzero(cut)
    found = Lines.join([outlines.take(~cut), *clipped])
    ids = np.concatenate((np.flatnonzero(~cut), np.repeat(index, [len(ring) for ring in clipped])))
    order = np.argsort(ids, kind="stable")
    return Cells(found.take(order), diagram.source[ids[order]])


def centroids(cell_rings: Lines) -> Points:
    """Return the centroid of each closed ring, (M, 2); the mean of its points where it is flat."""
    outline = rings(cell_rings)
    origin = np.repeat(outline.starts, outline.counts, axis=0)
    local = outline.points - origin
    following = np.roll(local, -1, axis=0)
    turn = local[:, 0] * following[:, 1] - local[:, 1] * following[:, 0]
    # The pair that runs from a ring's last point to the next ring's first starts at the origin: 0.
    sums = [
        np.bincount(outline.ids, weights=weights, minlength=len(outline))
        for weights in (turn, *(turn * (local + following).T))
    ]
    area = sums[0]
    means = [np.bincount(outline.ids, weights=axis) / outline.counts for axis in local.T]
    flat = np.abs(area) < 1e-18
    middle = [
        np.where(flat, mean, moment / np.where(flat, 1.0, 3.0 * area))
        for mean, moment in zip(means, sums[1:], strict=True)
    ]
    return np.asarray(outline.starts + np.column_stack(middle))


@dataclass(frozen=True)
class _Diagram:
    vertices: Points
    regions: Ints  # vertex numbers of all regions, end to end
    owner: Ints  # region of each of them
    source: Ints  # given point of each region

    @property
    def count(self) -> int:
        return len(self.source)


def _diagram(points: ArrayLike, area: Area) -> _Diagram | None:
    from scipy.spatial import Voronoi

    places = as_points(points)
    if not len(places):
        return None
    unique, source = np.unique(places, axis=0, return_index=True)
    order = np.argsort(source)
    unique, source = unique[order], source[order]
    corners = np.concatenate((unique, rectangle(area)))
    low, high = corners.min(axis=0), corners.max(axis=0)
    # Four points so far out that every place in the area is nearer to a real one.
    far = (low + high) / 2.0 + 8.0 * np.hypot(*(high - low)) * _OUTWARD
    found = Voronoi(np.concatenate((unique, far)))
    regions = [found.regions[region] for region in found.point_region[: len(unique)]]
    counts = np.fromiter(map(len, regions), dtype=np.int64, count=len(regions))
    if (counts == 0).any():
        raise GeometryError("points lie too close together for Voronoi cells; space them out")
    flat = np.fromiter(chain.from_iterable(regions), dtype=np.int64, count=int(counts.sum()))
    owner = np.repeat(np.arange(len(regions)), counts)
    return _Diagram(found.vertices, flat, owner, source)


_OUTWARD = np.array([[1.0, 0.3], [-0.3, 1.0], [-1.0, -0.3], [0.3, -1.0]])


def _polygons(outlines: Lines, chosen: Flags) -> Any:
    import shapely

    some = outlines.take(chosen)
    if not len(some):
        return np.empty(0, dtype=object)
    return shapely.polygons(shapely.linearrings(some.points, indices=some.ids))
