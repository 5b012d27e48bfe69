"""Grids of heights: values between their nodes, and lines of equal height."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import (
    Flags,
    Floats,
    Lines,
    as_floats,
    listed,
    without_repeats,
)
from drawscape.geometry.regions import Area, bounds_of


def as_grid(values: ArrayLike) -> Floats:
    """Return `values` as float64, (rows, columns); raise GeometryError for less than 2 x 2."""
    grid = as_floats(values)
    if grid.ndim != 2 or min(grid.shape) < 2:
        raise GeometryError(f"give a grid of at least 2 x 2, not {grid.shape}")
    return grid


def values_at(grid: ArrayLike, area: Area, points: ArrayLike) -> Floats:
    """Return the values of `grid`, (rows, columns), at `points`, (..., 2) in mm, blended between its nodes.

    Its corners lie on the corners of `area`, row 0 at the top, as in `contours`. Outside `area`, values
    are those at its edge.

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
    return above * (1 - v) + below * v


def _pitch(grid: ArrayLike, area: Area) -> Floats:
    """Return the distances of the nodes of `grid` down and across `area`, in mm, (2,)."""
    return bounds_of(area).size[::-1] / np.subtract(as_grid(grid).shape, 1)


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
    """Return the contour lines of each level separately: one Lines per level. Otherwise as `contours`.

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
