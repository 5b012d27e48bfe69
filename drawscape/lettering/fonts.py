"""The Hershey fonts, digitised by A. V. Hershey (1967), and fonts from files, by name."""

from functools import lru_cache
from typing import Any

import numpy as np

from drawscape.errors import UnknownNameError
from drawscape.lettering.glyphs import CAP_HEIGHT, Font, Glyph

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
