"""Grids of heights: values and slopes between their nodes, lines down a slope and along a shore."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.contours import contours
from drawscape.geometry.lines import Flags, Floats, Lines, Points
from drawscape.geometry.regions import Area, bounds_of


def values_at(grid: ArrayLike, area: Area, points: ArrayLike) -> Floats:
    """Return the values of `grid`, (rows, columns), at `points`, (..., 2) in mm, blended between its nodes.

    Its corners lie on the corners of `area`, row 0 at the top, as in `contours`. Outside of `area`
    values are as at its edge.

    >>> values_at(np.array([[0.0, 1.0], [0.0, 1.0]]), (0, 0, 20, 10), np.array([(5.0, 5.0), (99.0, 5.0)]))
    array([0.25, 1.  ])
    """
    x0, y0, x1, y1 = bounds_of(area)
    grid, points = np.asarray(grid, np.float64), np.asarray(points, np.float64)
    rows, columns = grid.shape
    x = np.clip((points[..., 0] - x0) / (x1 - x0), 0, 1) * (columns - 1)
    y = np.clip((points[..., 1] - y0) / (y1 - y0), 0, 1) * (rows - 1)
    i, j = np.minimum(y.astype(int), rows - 2), np.minimum(x.astype(int), columns - 2)
    u, v = x - j, y - i
    above = grid[i, j] * (1 - u) + grid[i, j + 1] * u
    below = grid[i + 1, j] * (1 - u) + grid[i + 1, j + 1] * u
    return np.asarray(above * (1 - v) + below * v)


def slopes_at(grid: Floats, area: Area, points: Points) -> Points:
    """Return how steeply `grid` rises to the right and down the page, per mm, at `points`, as `values_at`.

    >>> slopes_at(np.array([[0.0, 1.0], [0.0, 1.0]]), (0, 0, 20, 10), np.array([(5.0, 5.0)]))
    array([[0.05, 0.  ]])
    """
    x0, y0, x1, y1 = bounds_of(area)
    rows, columns = grid.shape
    down, right = np.gradient(grid, (y1 - y0) / (rows - 1), (x1 - x0) / (columns - 1))
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

    x0, y0, x1, y1 = bounds_of(area)
    rows, columns = inside.shape
    pitch = (y1 - y0) / (rows - 1), (x1 - x0) / (columns - 1)
    # The distance to grid points has corners, that to a rim has none.
    off = gaussian_filter(distance_transform_edt(inside, sampling=pitch), 1.5)
    return contours(off, np.asarray(distances_mm, dtype=np.float64).tolist(), area)
