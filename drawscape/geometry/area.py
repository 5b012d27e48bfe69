"""The rectangle that a pattern fills."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats


@runtime_checkable
class Framed(Protocol):
    """A rectangle with named sides, as a canvas's frame has them."""

    @property
    def x0(self) -> float: ...
    @property
    def y0(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def y1(self) -> float: ...


Bounds: TypeAlias = tuple[float, float, float, float]
"""`(x0, y0, x1, y1)` in mm, `x0 < x1` and `y0 < y1`."""

Area: TypeAlias = Framed | Sequence[float]
"""A canvas's frame, or `(x0, y0, x1, y1)`."""


def bounds_of(area: Area) -> Bounds:
    """Return `area` as `(x0, y0, x1, y1)` in mm.

    Raises GeometryError when it is not four finite numbers with `x0 < x1` and `y0 < y1`.
    """
    sides = _sides(area)
    if len(sides) != 4 or not np.isfinite(sides).all():
        raise GeometryError(f"an area is (x0, y0, x1, y1) in mm, not {sides}")
    x0, y0, x1, y1 = map(float, sides)
    if not (x0 < x1 and y0 < y1):
        raise GeometryError(f"area {x0, y0, x1, y1}: give x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def rectangle(area: Area) -> Floats:
    """Return the outline of `area` as a closed line, (5, 2), clockwise on paper from (x0, y0)."""
    x0, y0, x1, y1 = bounds_of(area)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])


def _sides(area: Area) -> tuple[float, ...]:
    if isinstance(area, Framed):
        return area.x0, area.y0, area.x1, area.y1
    return tuple(area)
