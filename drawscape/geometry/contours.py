"""Grids of heights: values and slopes between their nodes, lines of equal height and down a slope."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import (
    Flags,
    Floats,
    Lines,
    Points,
    as_floats,
    distances_along,
    listed,
    resample,
    simplify,
    without_repeats,
)
from drawscape.geometry.regions import Area, Polygon, bounds_of, rings, to_shapely


def as_grid(values: ArrayLike) -> Floats:
    """Return `values` as float64, (rows, columns); raise GeometryError for less than 2 x 2."""
    grid = as_floats(values)
    if grid.ndim != 2 or min(grid.shape) < 2:
        raise GeometryError(f"give a grid of at least 2 x 2, not {grid.shape}")
    return grid


def values_at(grid: ArrayLike, area: Area, points: ArrayLike) -> Floats:
    """Return the values of `grid`, (rows, columns), at `points`, (..., 2) in mm, blended between its nodes.

    Its corners lie on the corners of `area`, row 0 at the top, as in `contours`. Outside of `area`
    values are as at its edge.

    >>> values_at(np.array([[0.0, 1.0], [0.0, 1.0]]), (0, 0, 20, 10), np.array([(5.0, 5.0), (99.0, 5.0)]))
    array([0.25, 1.  ])
    """
    x0, y0, x1, y1 = bounds_of(area)
    grid, points = as_grid(grid), as_floats(points)
    rows, columns = grid.shape
    x = np.clip((points[..., 0] - x0) / (x1 - x0), 0, 1) * (columns - 1)
    y = np.clip((points[..., 1] - y0) / (y1 - y0), 0, 1) * (rows - 1)
    i, j = np.minimum(y.astype(int), rows - 2), np.minimum(x.astype(int), columns - 2)
    u, v = x - j, y - i
    above = grid[i, j] * (1 - u) + grid[i, j + 1] * u
    below = grid[i + 1, j] * (1 - u) + grid[i + 1, j + 1] * u
    return np.asarray(above * (1 - v) + below * v)


def _pitch(grid: ArrayLike, area: Area) -> Floats:
    """Return how far apart the nodes of `grid` lie down and across `area`, in mm, (2,)."""
    return bounds_of(area).size[::-1] / np.subtract(as_grid(grid).shape, 1)


def slopes_at(grid: ArrayLike, area: Area, points: ArrayLike) -> Points:
    """Return how steeply `grid` rises to the right and down the page, per mm, at `points`, as `values_at`.

    >>> slopes_at(np.array([[0.0, 1.0], [0.0, 1.0]]), (0, 0, 20, 10), np.array([(5.0, 5.0)]))
    array([[0.05, 0.  ]])
    """
    down, right = np.gradient(as_grid(grid), *_pitch(grid, area))
    return np.stack([values_at(part, area, points) for part in (right, down)], axis=-1)


def downhill(grid: Floats, area: Area, starts: Points, lowest: Floats, *, steps: int = 24) -> Lines:
    """Return a line down the slope of `grid` from each of `starts`, (N, 2), in `steps` steps at most.

    It ends where it is as low as its `lowest`, (N,), or in a pit; on flat land it is short.

    >>> rise = np.array([[0.0, 1.0], [0.0, 1.0]])
    >>> downhill(rise, (0, 0, 20, 10), np.array([(15.0, 5.0)]), np.array([0.5])).ends
    array([[10.,  5.]])
    """
    if not len(starts):
        return Lines.empty()
    places, level, line = starts, values_at(grid, area, starts), [starts]
    moving, step = np.ones(len(starts), dtype=bool), (level - lowest) / steps
    for _ in range(steps):
        rise = slopes_at(grid, area, places)
        steep = np.maximum(np.hypot(*rise.T), 1e-9)
        # A step that lowers by a part of the fall, on flat land no more than half a millimetre.
        ahead = places - rise * (np.minimum(step / steep, 0.5) / steep)[:, None]
        lower = values_at(grid, area, ahead)
        moving &= (lower < level) & (level > lowest)
        places, level = np.where(moving[:, None], ahead, places), np.where(moving, lower, level)
        line.append(places)
    return Lines.of(np.stack(line, axis=1))


def distance_contours(inside: Flags, distances_mm: ArrayLike, area: Area) -> Lines:
    """Return the lines in the region that `inside` marks, at each of `distances_mm` from its rim.

    `inside` is (rows, columns), its corners on those of `area`. Corners are rounded by a cell or two.

    >>> disc = np.hypot(*np.mgrid[-20:21, -20:21]) < 15
    >>> distance_contours(disc, [5.0], (0, 0, 40, 40)).closed
    array([ True])
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    pitch = _pitch(inside, area)
    # The distance to grid points has corners, that to a rim has none.
    off = gaussian_filter(distance_transform_edt(inside, sampling=pitch), 1.5)
    return contours(off, as_floats(distances_mm), area)


def contours(heights: ArrayLike, levels: float | Iterable[float], area: Area) -> Lines:
    """Return the lines where `heights` equals each of `levels`, in mm; closed where they close.

    `heights` is (rows, columns), at least 2 x 2: its corners lie on the corners of `area`, row 0 at
    the top. Cells with a NaN corner are left blank. Higher ground lies to the left of a line's
    direction seen with y up. (Marching squares, in contourpy.)
    Raises GeometryError for other shapes or levels that are not finite.
    """
    return Lines.join(contours_by_level(heights, levels, area))


def contours_by_level(
    heights: ArrayLike, levels: float | Iterable[float], area: Area
) -> list[Lines]:
    """Return the contour lines of each level apart: one Lines per level. Otherwise as `contours`.

    >>> rise = np.array([[0, 1, 2]] * 2)
    >>> [len(lines) for lines in contours_by_level(rise, [0.5, 3.0], (0, 0, 20, 10))]
    [1, 0]
    """
    from contourpy import LineType, contour_generator

    grid = as_grid(heights)
    wanted = np.ravel(as_floats(listed(levels)))
    if not np.isfinite(wanted).all():
        raise GeometryError(f"levels must be finite: {wanted.tolist()}")
    x0, y0, x1, y1 = bounds_of(area)
    generator = contour_generator(
        np.linspace(x0, x1, grid.shape[1]),
        np.linspace(y0, y1, grid.shape[0]),
        np.ma.masked_invalid(grid),
        line_type=LineType.ChunkCombinedOffset,
    )
    found = []
    for level in wanted.tolist():
        (points,), (offsets,) = generator.lines(level)
        lines = Lines.empty() if points is None else Lines(points, offsets.astype(np.int64))
        lines = without_repeats(lines)
        found.append(lines.take(lines.counts > 1))
    return found


_MOST_POINTS = 500_000
# Across the middle of a stroke, the way round its end is longer than this many times the way across.
# A right corner has 1.4, half a circle 1.6: neither has a separate line.
_ROUND = 1.8


def centreline(polygon: Polygon, *, step_mm: float = 0.3) -> Lines:
    """Return the lines in the middle of `polygon`; a compact part, such as a disc, gives a dot.

    `polygon` is what `rings` takes: letters of an outline font, a shape of an SVG, or what `inked` finds
    in a picture. The outline is sampled every `step_mm`; bumps of a few steps are passed over. Lines end
    about half a stroke's width before its end. They are edges between the samples' Voronoi cells. Those
    stay whose two samples are far from each other along the outline (Ogniewicz & Kübler 1995).
    Raises GeometryError for a step that is not positive or makes too many samples.

    >>> stroke = [(0, 0), (50, 0), (50, 4), (0, 4)]
    >>> centreline(stroke).points[:, 1].round(2).tolist()
    [2.0, 2.0]
    """
    import shapely
    from scipy.spatial import QhullError, Voronoi

    outline = resample(rings(polygon), step_mm)
    if len(outline.points) > _MOST_POINTS:
        raise GeometryError(f"step_mm={step_mm!r} makes {len(outline.points)} samples; use more")
    if not len(outline):
        return outline
    # A closed line's last point is its first.
    own = np.delete(np.arange(len(outline.points)), outline.offsets[1:] - 1)
    points, ring, along = outline.points[own], outline.ids[own], distances_along(outline)[own]
    try:
        found = Voronoi(points)
    except QhullError:  # fewer than four, or all on one line
        return Lines.empty()
    (one, other), ends = found.ridge_points.T, np.array(found.ridge_vertices)
    way = np.abs(along[one] - along[other])
    way = np.minimum(way, outline.lengths_mm[ring[one]] - way)
    across = np.hypot(*(points[one] - points[other]).T)
    kept = (ring[one] != ring[other]) | (way > _ROUND * across + 2 * step_mm)
    area = to_shapely(polygon)
    shapely.prepare(area)
    inside = shapely.contains_xy(area, *found.vertices.T)
    kept &= (ends >= 0).all(axis=1) & inside[ends].all(axis=1)
    middle = shapely.line_merge(
        shapely.multilinestrings(shapely.linestrings(found.vertices[ends[kept]]))
    )
    lines = Lines.from_shapes(shapely.get_parts(middle))
    compact = [part for part in shapely.get_parts(area) if not part.intersects(middle)]
    centres = [
        shapely.get_coordinates(shapely.maximum_inscribed_circle(part))[[0, 0]] for part in compact
    ]
    return Lines.join((simplify(lines, step_mm / 4), Lines.of(centres)))


def inked(tone: ArrayLike, area: Area, *, level: float = 0.5) -> Lines:
    """Return closed lines around where `tone`, (rows, columns), is above `level`, in mm.

    The middles of the outermost cells lie on the edges of `area`, row 0 at the top. A ring in a ring is
    a hole, as `rings` has it. Raises GeometryError for another shape.

    >>> inked(np.ones((2, 2)), (0, 0, 20, 20)).closed
    array([ True])
    """
    grid = as_grid(tone)
    x0, y0, x1, y1 = bounds_of(area)
    high, wide = _pitch(grid, area)
    # With a border of nothing around it, every line comes back to its start.
    framed = np.pad(grid, 1, constant_values=min(float(np.min(grid)), level - 1.0))
    return contours(framed, level, (x0 - wide, y0 - high, x1 + wide, y1 + high))
