"""Contour lines of a grid of heights."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Lines
from drawscape.geometry.regions import Area, bounds_of
from drawscape.geometry.simplify import without_repeats


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

    grid = np.asarray(heights, dtype=np.float64)
    if grid.ndim != 2 or min(grid.shape) < 2:
        raise GeometryError(f"heights are a grid of at least 2 x 2, not {grid.shape}")
    wanted = np.atleast_1d(np.asarray(list(levels) if isinstance(levels, Iterable) else levels))
    if not np.isfinite(wanted.astype(np.float64)).all():
        raise GeometryError(f"levels must be finite: {wanted.tolist()}")
    x0, y0, x1, y1 = bounds_of(area)
    generator = contour_generator(
        np.linspace(x0, x1, grid.shape[1]),
        np.linspace(y0, y1, grid.shape[0]),
        np.ma.masked_invalid(grid),
        line_type=LineType.ChunkCombinedOffset,
    )
    return [_lines(*generator.lines(float(level))) for level in wanted]


def _lines(points: list[Floats | None], offsets: list[NDArray[np.uint32] | None]) -> Lines:
    if points[0] is None or offsets[0] is None:
        return Lines.empty()
    lines = without_repeats(Lines(points[0], offsets[0].astype(np.int64)))
    return lines.take(lines.counts > 1)
