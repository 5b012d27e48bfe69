"""A plotted sheet: its strokes, and the picture of them that a photograph should show."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drawscape.geometry.lines import Flags, Floats, Ints, Lines

Picture = NDArray[Any]
"""(H, W, 3) in RGB, or (H, W), uint8."""
Values = NDArray[Any]
"""(H, W) or (H, W, 3), float32."""

_FINE_PX_PER_MM = 14.0  # of the picture that others are made from
_LEAST_DARK = 0.3  # of black: ink on dark paper is light, or its colour is not known
_TONE = 2.2  # cameras store light to the power of 1 / _TONE
_SHIFT = 4  # binary digits behind the point in OpenCV's coordinates


def negative(picture: Picture) -> Picture:
    """Return a picture of light ink on dark paper as one of dark ink on light paper.

    Its brightness is proportional to the missing light. Otherwise a blurred picture would not be the sum of
    its strokes: in a camera's tones, light ink spreads over dark gaps.
    """
    tones = 255 * (1 - (np.arange(256) / 255) ** _TONE)
    return np.round(tones).astype(np.uint8)[picture]


def ink_as_dark(picture: Picture, *, is_light: bool) -> Picture:
    """Return how light each pixel is (H, W), in the colour in which ink is darkest there.

    Light ink is dark in it, too.
    """
    red, green, blue = cv2.split(picture)
    if is_light:
        return negative(cv2.max(cv2.max(red, green), blue))
    return cv2.min(cv2.min(red, green), blue)


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

    def take(self, strokes: Flags) -> "Sheet":
        """Return the sheet with some of its strokes."""
        return replace(self, lines=self.lines.take(strokes), pens=self.pens[strokes])

    @cached_property
    def _drawn(self) -> Picture:
        """The page as dark strokes on white paper, pale inks less dark, at _FINE_PX_PER_MM."""
        width, height = np.ceil(self.page * _FINE_PX_PER_MM).astype(int).tolist()
        light = np.full((height, width), 255, np.uint8)
        for pen, color in enumerate(self.colors):
            lines = self.lines.take(self.pens == pen)
            places = np.round((lines.points * _FINE_PX_PER_MM - 0.5) * 2**_SHIFT).astype(np.int32)
            parts = np.split(places, lines.offsets[1:-1])
            bare = np.full((height, width), 255, np.uint8)
            cv2.polylines(bare, parts, False, 0, 1, cv2.LINE_8, _SHIFT)
            away_px = cv2.distanceTransform(bare, cv2.DIST_L2, 5)
            half_px = self.widths_mm[pen] * _FINE_PX_PER_MM / 2
            dark = 0.8 * max(1 - color.mean(), _LEAST_DARK)
            shown = np.interp(np.arange(256) / 8, [half_px - 0.5, half_px + 0.5], [1 - dark, 1.0])
            steps = cv2.convertScaleAbs(away_px, alpha=8)
            light = cv2.multiply(light, (255 * shown).astype(np.uint8)[steps], scale=1 / 255)
        return light

    def grey(self, px_per_mm: float) -> Picture:
        """Return the page as dark strokes on white paper, (H, W)."""
        size = np.ceil(self.page * px_per_mm).astype(int).tolist()
        return cv2.resize(self._drawn, size, interpolation=cv2.INTER_AREA)
