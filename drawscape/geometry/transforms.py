"""Affine transforms as (2, 3) matrices, and lines moved, turned, scaled and fitted by them."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Lines, on_lines

Matrix: TypeAlias = NDArray[np.float64]
"""(2, 3): x' = m[0] . (x, y, 1), y' = m[1] . (x, y, 1)."""


def identity() -> Matrix:
    """Return the matrix that changes nothing."""
    return np.eye(2, 3)


def translation(dx: float, dy: float) -> Matrix:
    """Return the matrix that moves by `dx`, `dy` mm."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])


def rotation(degrees: float, cx: float = 0.0, cy: float = 0.0) -> Matrix:
    """Return the matrix that turns by `degrees` around (`cx`, `cy`), clockwise on paper."""
    # Quarter turns are exact, so that what was straight stays straight.
    if degrees % 90.0 == 0.0:
        quarter = int(degrees // 90.0) % 4
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarter]
    else:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return around(np.array([[cos, -sin, 0.0], [sin, cos, 0.0]]), cx, cy)


def scaling(sx: float, sy: float | None = None, cx: float = 0.0, cy: float = 0.0) -> Matrix:
    """Return the matrix that scales by `sx` and `sy` (the same if None) around (`cx`, `cy`)."""
    return around(np.array([[sx, 0.0, 0.0], [0.0, sx if sy is None else sy, 0.0]]), cx, cy)


def skewing(x_degrees: float, y_degrees: float = 0.0) -> Matrix:
    """Return the matrix that skews as SVG's `skewX` and `skewY` do."""
    across, down = math.tan(math.radians(x_degrees)), math.tan(math.radians(y_degrees))
    return np.array([[1.0, across, 0.0], [down, 1.0, 0.0]])


def around(matrix: Matrix, cx: float, cy: float) -> Matrix:
    """Return `matrix` with (`cx`, `cy`) as its fixed centre instead of the origin."""
    return compose(translation(cx, cy), matrix, translation(-cx, -cy))


def compose(*matrices: Matrix) -> Matrix:
    """Return the product of `matrices`: the last one is applied first, as in nested SVG groups."""
    product = np.eye(3)
    for matrix in matrices:
        product = product @ np.vstack((_checked(matrix), (0.0, 0.0, 1.0)))
    return product[:2]


def inverse(matrix: Matrix) -> Matrix:
    """Return the matrix that undoes `matrix`. Raises GeometryError when it flattens the plane."""
    linear = _checked(matrix)[:, :2]
    size = np.abs(linear).max()
    if size == 0.0 or abs(np.linalg.det(linear / size)) < 1e-14:
        raise GeometryError(f"the matrix {matrix.tolist()} has no inverse")
    back = np.linalg.inv(linear)
    return np.column_stack((back, -back @ matrix[:, 2]))


@on_lines
def transform(lines: Lines, matrix: ArrayLike) -> Lines:
    """Return `lines` moved by `matrix`, (2, 3); Lines or one line as (N, 2), the same kind back.

    Raises GeometryError when the matrix is not (2, 3) or not finite.
    """
    checked = _checked(np.asarray(matrix, dtype=np.float64))
    return lines.with_points(lines.points @ checked[:, :2].T + checked[:, 2])


@on_lines
def translate(lines: Lines, dx: float, dy: float) -> Lines:
    """Return `lines` moved by `dx`, `dy` mm; Lines or one line as (N, 2), the same kind back."""
    return transform(lines, translation(dx, dy))


@on_lines
def rotate(lines: Lines, degrees: float, cx: float = 0.0, cy: float = 0.0) -> Lines:
    """Return `lines` turned around (`cx`, `cy`), clockwise on paper; the same kind back."""
    return transform(lines, rotation(degrees, cx, cy))


@on_lines
def scale(
    lines: Lines, sx: float, sy: float | None = None, cx: float = 0.0, cy: float = 0.0
) -> Lines:
    """Return `lines` scaled by `sx`, `sy` around (`cx`, `cy`); the same kind back."""
    return transform(lines, scaling(sx, sy, cx, cy))


@on_lines
def fit(
    lines: Lines, x0: float, y0: float, x1: float, y1: float, *, distort: bool = False
) -> Lines:
    """Return `lines` as large as the rectangle allows, in its middle; the same kind back.

    Proportions stay unless `distort`. A line without extent along an axis is centred on it.
    Raises GeometryError when the rectangle has no extent.
    """
    if not (x0 < x1 and y0 < y1):
        raise GeometryError(f"rectangle {x0, y0, x1, y1}: give x0 < x1 and y0 < y1")
    bounds = lines.bounds
    if bounds is None:
        return lines
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    extent = high - low
    factors = np.divide([x1 - x0, y1 - y0], extent, out=np.full(2, np.inf), where=extent > 0)
    if not distort:
        factors[:] = factors.min()
    factors[~np.isfinite(factors)] = 1.0
    middle = np.array([x0 + x1, y0 + y1]) / 2.0
    return lines.with_points((lines.points - (low + high) / 2.0) * factors + middle)


def _checked(matrix: Matrix) -> Matrix:
    if matrix.shape != (2, 3) or not np.isfinite(matrix).all():
        raise GeometryError(f"a transform is a finite (2, 3) matrix, not {matrix.tolist()}")
    return matrix
