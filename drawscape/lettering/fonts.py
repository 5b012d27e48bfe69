"""Glyphs and fonts as arrays: those digitised by A. V. Hershey (1967), and fonts from files, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from drawscape.errors import UnknownNameError
from drawscape.geometry.lines import Points

CAP_HEIGHT = 21.0
"""From base line to the top of a capital, in font units; the same in every Hershey font."""


class Kerning(Protocol):
    """By how much two characters, one after the other, stand further apart; below 0 closer."""

    def get(self, pair: tuple[str, str], /) -> float | None:
        """Return the distance for a pair, None where there is none."""
        ...


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


__all__ = ["CAP_HEIGHT", "Font", "Glyph", "font_names", "load_font"]

_BASE_LINE = 9.0


@lru_cache(maxsize=1)
def font_names() -> tuple[str, ...]:
    """Return the names of all 32 fonts, in alphabetical order."""
    return tuple(sorted(_library().default_font_names))


@lru_cache(maxsize=64)
def load_font(name: str) -> Font:
    """Return the font `name`, one of `font_names` or the path of a font file.

    Raises UnknownNameError when there is none, and for files the errors of `read_font`.
    """
    from drawscape.lettering.font_files import ENDINGS, read_font

    if str(name).lower().endswith(ENDINGS):
        return read_font(str(name))
    if name not in font_names():
        raise UnknownNameError("font", str(name), font_names())
    library = _library()
    library.load_default_font(name)
    glyphs = {character: _glyph(glyph) for character, glyph in library.all_glyphs.items()}
    # An empty slot is a character that the font lacks, not one that draws nothing.
    drawn = {key: glyph for key, glyph in glyphs.items() if glyph.strokes or key == " "}
    drawn.pop("\x7f", None)
    return Font(name, drawn)


def _library() -> Any:
    from HersheyFonts import HersheyFonts

    return HersheyFonts()


def _glyph(glyph: Any) -> Glyph:
    shift = np.array([-glyph.left_offset, -_BASE_LINE])
    strokes = [np.array(stroke, dtype=np.float64) + shift for stroke in glyph.strokes if stroke]
    return Glyph(tuple(strokes), float(glyph.char_width))
