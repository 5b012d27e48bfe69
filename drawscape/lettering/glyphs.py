"""Glyphs and fonts as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from drawscape.geometry.lines import Points
from drawscape.lettering.pair_kerning import Kerning

CAP_HEIGHT = 21.0
"""From base line to the top of a capital, in font units; the same in every Hershey font."""


@dataclass(frozen=True, eq=False)
class Glyph:
    """One character: its `strokes`, (N, 2) each in font units, and how far it moves the pen on.

    x runs from 0 to `advance`; y points down, 0 on the base line and -21 at the top of capitals.
    """

    strokes: tuple[Points, ...]
    advance: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """`(min_x, min_y, max_x, max_y)`; a blank's are those of its base line."""
        if not self.strokes:
            return 0.0, 0.0, self.advance, 0.0
        points = np.concatenate(self.strokes)
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

    def placed(self, dx: float, dy: float = 0.0, scale: float = 1.0) -> tuple[Points, ...]:
        """Return the strokes scaled about the base line's start, then shifted."""
        return tuple(stroke * scale + np.array((dx, dy)) for stroke in self.strokes)


@dataclass(frozen=True, eq=False)
class Font:
    """A font's name and its glyphs by character: slots of ASCII, as the digitisation has them.

    `kerning` is what is added between two characters, in font units. What `is_file` draws every
    character that it has; other signs are put together from Hershey's. `em` is a file's em square.
    """

    name: str
    glyphs: Mapping[str, Glyph]
    kerning: Kerning = field(default_factory=dict[tuple[str, str], float])
    is_file: bool = False
    em: float = CAP_HEIGHT
