"""What was plotted on a sheet: its strokes, and the picture of them that a photograph should show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from drawscape.geometry.lines import Floats, Ints, Lines

Picture: TypeAlias = NDArray[Any]
"""(H, W, 3) in RGB, or (H, W), uint8."""
Values: TypeAlias = NDArray[Any]
"""(H, W) or (H, W, 3), float32."""

_FINE_PX_PER_MM = 8.0
_SHIFT = 4  # binary digits behind the point in OpenCV's coordinates


@dataclass(frozen=True, eq=False)
class Sheet:
    """Strokes in mm of a page, y down, and the pen of each, (M,).

    `widths_mm` (P,) are the pens' widths, `colors` (P, 3) their inks in RGB, 0 to 1.
    """

    lines: Lines
    pens: Ints
    widths_mm: Floats
    colors: Floats
    width_mm: float
    height_mm: float

    @property
    def page(self) -> Floats:
        """Width and height in mm, (2,)."""
        return np.array([self.width_mm, self.height_mm], dtype=np.float64)

    @property
    def corners(self) -> Floats:
        """The page's corners in mm, clockwise from the top left, (4, 2)."""
        return np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * self.page

    def cover(self, px_per_mm: float, pens: Iterable[int] | None = None) -> Values:
        """Return how much of each pixel of the page is under strokes of pens, (H, W), 0 to 1."""
        fine = max(_FINE_PX_PER_MM, px_per_mm)
        width, height = np.ceil(self.page * fine).astype(int).tolist()
        picture = np.zeros((height, width), np.uint8)
        for pen in range(len(self.widths_mm)) if pens is None else pens:
            lines = self.lines.take(self.pens == pen)
            places = np.round((lines.points * fine - 0.5) * 2**_SHIFT).astype(np.int32)
            parts = np.split(places, lines.offsets[1:-1])
            thick = max(1, round(self.widths_mm[pen] * fine))
            cv2.polylines(picture, parts, False, 255, thick, cv2.LINE_AA, _SHIFT)
        size = np.ceil(self.page * px_per_mm).astype(int).tolist()
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.float32) / np.float32(255)

    def grey(self, px_per_mm: float) -> Picture:
        """Return the page as dark strokes on white paper, (H, W)."""
        return np.asarray(255 * (1 - 0.8 * self.cover(px_per_mm)), dtype=np.uint8)

    def colored(self, px_per_mm: float) -> Picture:
        """Return the page with inks that darken white paper, (H, W, 3)."""
        light: Values = np.ones(1, np.float32)
        for pen, color in enumerate(self.colors):
            cover = self.cover(px_per_mm, [pen])[..., None]
            light = light * (1 - cover * (1 - color.astype(np.float32)))
        return np.asarray(255 * light, dtype=np.uint8)
