"""What a drawing is made on and with: the page's frame and the pen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import CanvasError
from drawscape.svg.write.style import check_text


@dataclass(frozen=True)
class Pen:
    """One pen of the plotter: its layer's name, its ink's colour for SVG, its width in mm."""

    name: str = "pen 1"
    color: str = "black"
    width: float = 0.3

    def __post_init__(self) -> None:
        if not str(self.name).strip():
            raise CanvasError(f"pen name {self.name!r} is empty; name the pen, such as 'pen 1'")
        check_text(self.name)
        check_text(self.color)
        checked_length("pen width", self.width)


@dataclass(frozen=True)
class Frame:
    """A rectangle on the page, in mm, y downward: the page inside its margin."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """From left to right, in mm."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """From top to bottom, in mm."""
        return self.y1 - self.y0

    @property
    def cx(self) -> float:
        """The centre's x in mm."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """The centre's y in mm."""
        return (self.y0 + self.y1) / 2

    @property
    def short(self) -> float:
        """The shorter side in mm."""
        return min(self.width, self.height)

    @property
    def long(self) -> float:
        """The longer side in mm."""
        return max(self.width, self.height)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which of the (N, 2) `points` lie inside or on the edge, (N,)."""
        xy = np.asarray(points, dtype=np.float64)
        low, high = np.array([self.x0, self.y0]), np.array([self.x1, self.y1])
        inside: NDArray[np.bool_] = ((xy >= low) & (xy <= high)).all(axis=-1)
        return inside


def checked_length(what: str, value: Any) -> float:
    """Return `value`, a number above zero and finite; else raise CanvasError that names `what`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise CanvasError(f"{what} {value!r} is not a number; give it in mm")
    if not math.isfinite(value) or value <= 0:
        raise CanvasError(f"{what} {value!r} must be a finite number of mm above 0")
    return value  # type: ignore[return-value]


def box_of(min_x: float, min_y: float, max_x: float, max_y: float) -> dict[str, float]:
    """Return a bounding box as the classic calls give it."""
    return {
        "min_x": min_x,
        "max_x": max_x,
        "min_y": min_y,
        "max_y": max_y,
        "width": max_x - min_x,
        "height": max_y - min_y,
    }
