"""The letters that Ukrainian has and Russian has not, made of their neighbours."""

from collections.abc import Callable

import numpy as np

from drawscape.lettering import builders as b
from drawscape.lettering.fonts import Font, Glyph, load_font
from drawscape.lettering.marks import with_marks
from drawscape.lettering.scripts import SLOTS

UKRAINIAN_FONTS = frozenset(("cyrillic", "cyrilc_1"))
"""The fonts that these letters are drawn for; both have the strokes of `timesr`."""

_DIAERESIS = "\u0308"


def _latin(letter: str) -> Callable[[Font], Glyph]:
    return lambda font: load_font("timesr").glyphs[letter]


def _with_diaeresis(letter: str) -> Callable[[Font], Glyph]:
    def build(font: Font) -> Glyph:
        del font
        glyphs = load_font("timesr").glyphs
        base = b.dotless("i")(glyphs) if letter == "i" else glyphs[letter]
        return with_marks(letter, base, [_DIAERESIS])

    return build


def _mirrored(letter: str) -> Callable[[Font], Glyph]:
    def build(font: Font) -> Glyph:
        glyph = font.glyphs[SLOTS["cyrillic"][letter][1]]
        turned = tuple(stroke * (-1.0, 1.0) + (glyph.advance, 0.0) for stroke in glyph.strokes)
        return Glyph(turned, glyph.advance)

    return build


def _with_upturn(letter: str) -> Callable[[Font], Glyph]:
    def build(font: Font) -> Glyph:
        glyph = font.glyphs[SLOTS["cyrillic"][letter][1]]
        _, top, right, _ = glyph.bounds
        return b.added_to(glyph, np.array([[right, top], [right, top - 4.0]]))

    return build


UKRAINIAN: dict[str, Callable[[Font], Glyph]] = {
    "і": _latin("i"),
    "І": _latin("I"),
    "ї": _with_diaeresis("i"),
    "Ї": _with_diaeresis("I"),
    "є": _mirrored("э"),
    "Є": _mirrored("Э"),
    "ґ": _with_upturn("г"),
    "Ґ": _with_upturn("Г"),
}
"""The letters by what draws them from the font's own glyphs."""
