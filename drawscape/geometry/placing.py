"""Where a figure sits on the page, and how many lines have room there."""

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.geometry.regions import Area, bounds_of

Figure = TypeVar("Figure", Points, Lines)

_A4_MM2 = 180.0 * 267.0


def fit_count(wanted: int, room_mm: float, apart_mm: float = 0.5, *, least: int = 1) -> int:
    """Return `wanted`, or as many lines as fit in `room_mm` when they lie `apart_mm` apart.

    It is `least` at least. Ink lines closer than half a millimetre run into a blot, so on small
    pages sketches draw fewer of them.

    >>> fit_count(60, 20.0), fit_count(60, 100.0)
    (40, 60)
    """
    return max(least, min(wanted, int(room_mm / apart_mm)))


def as_on_a4(count: int, area: Area) -> int:
    """Return how many are as dense on `area` as `count` are on A4 within its margin, 1 at least.

    >>> as_on_a4(1000, (15, 15, 195, 282)), as_on_a4(1000, (0, 0, 90, 133.5))
    (1000, 250)
    """
    x0, y0, x1, y1 = bounds_of(area)
    return max(1, round(count * (x1 - x0) * (y1 - y0) / _A4_MM2))


def fitted(area: Area, figure: Figure, *, stretched: bool = False) -> Figure:
    """Return `figure`, points (..., 2) or Lines, moved and scaled to fill `area`, such as `svg.frame`.

    It keeps its proportions, unless `stretched`. One without extent is put in the middle.

    >>> fitted((0, 0, 30, 20), np.array([(0.0, 0.0), (1.0, 1.0)])).tolist()
    [[5.0, 0.0], [25.0, 20.0]]
    """
    return _placed(area, figure, np.inf if stretched else 1.0)


def filled(area: Area, figure: Figure, *, most: float = 1.4) -> Figure:
    """Return `figure` as `fitted` places it, its slack axis stretched to `area`, `most` times at most.

    >>> filled((0, 0, 30, 20), np.array([(0.0, 0.0), (1.0, 1.0)])).tolist()
    [[1.0, 0.0], [29.0, 20.0]]
    """
    return _placed(area, figure, most)


def _placed(area: Area, figure: Figure, most: float) -> Figure:
    if isinstance(figure, Lines):
        return figure.with_points(_placed(area, figure.points, most)) if len(figure) else figure
    x0, y0, x1, y1 = bounds_of(area)
    flat = figure.reshape(-1, 2)
    low, high = flat.min(axis=0), flat.max(axis=0)
    extent = np.maximum(high - low, 1e-12 * max(1.0, float(np.abs(flat).max())))
    scale = np.array([x1 - x0, y1 - y0]) / extent
    scale = np.minimum(scale, most * np.min(scale))
    return np.asarray((figure - (low + high) / 2) * scale + ((x0 + x1) / 2, (y0 + y1) / 2))


def polar(radius: ArrayLike, angle: ArrayLike) -> Points:
    """Return (..., 2) points about the origin; angle 0 is to the right, in radians.

    >>> polar(2.0, np.radians([0, 90])).round(3).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    radius, angle = np.asarray(radius), np.asarray(angle)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def depth_in(area: Area, points: Points) -> Floats:
    """Return how far inside the rectangle `area` each of `points`, (..., 2) in mm, lies; negative outside.

    >>> depth_in((0, 0, 30, 20), np.array([(5.0, 10.0), (-1.0, 10.0)])).tolist()
    [5.0, -1.0]
    """
    x0, y0, x1, y1 = bounds_of(area)
    x, y = points[..., 0], points[..., 1]
    return np.asarray(np.stack((x - x0, x1 - x, y - y0, y1 - y)).min(axis=0))


def clamped(area: Area, figure: Figure) -> Figure:
    """Return `figure`, points (..., 2) or Lines, with what lies outside of `area` moved to its edge.

    >>> clamped((0, 0, 30, 20), np.array([(5.0, 10.0), (-1.0, 10.0)])).tolist()
    [[5.0, 10.0], [0.0, 10.0]]
    """
    if isinstance(figure, Lines):
        return figure.with_points(clamped(area, figure.points))
    x0, y0, x1, y1 = bounds_of(area)
    return np.clip(figure, (x0, y0), (x1, y1))


def squares_in(area: Area, across: int) -> tuple[float, int, int, Points]:
    """Return side in mm, columns, rows and upper left corner of squares that fill `area` from its middle.

    `across` of them fit along the shorter side.

    >>> side, columns, rows, corner = squares_in((0, 0, 30, 20), 4)
    >>> side, columns, rows, corner.tolist()
    (5.0, 6, 4, [0.0, 0.0])
    """
    x0, y0, x1, y1 = bounds_of(area)
    size = np.array([x1 - x0, y1 - y0])
    side = float(np.min(size)) / across
    columns, rows = (size / side + 1e-9).astype(int).tolist()
    return side, columns, rows, (x0, y0) + (size - np.array([columns, rows]) * side) / 2
