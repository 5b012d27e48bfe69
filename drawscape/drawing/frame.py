"""A rectangle on the page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Flags


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

    def contains(self, points: ArrayLike) -> Flags:
        """Return which of the (N, 2) `points` lie inside or on the edge, (N,)."""
        xy = np.asarray(points, dtype=np.float64)
        low, high = np.array([self.x0, self.y0]), np.array([self.x1, self.y1])
        return np.asarray(((xy >= low) & (xy <= high)).all(axis=-1), dtype=np.bool_)
