"""Letters and signs beyond ASCII that no accent explains: ø, ß, æ, €, quotes, dashes, fractions.

They are built from the font's own letters where that is possible, so that they keep its style.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from drawscape.geometry.lines import Points
from drawscape.lettering.fonts import CAP_HEIGHT, Glyph, load_font
from drawscape.lettering.marks import without_dot

Glyphs = Mapping[str, Glyph]
Builder = Callable[[Glyphs], Glyph]

SAME_AS: dict[str, str] = {
    **dict.fromkeys(
        "\u00a0\u2007\u202f\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a", " "
    ),
    **dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
    "\u201a": ",",
    "\u201e": ",,",
    "\u2026": "...",
    "\u2044": "/",
    "\u0132": "IJ",
    "\u0133": "ij",
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
}
"""Characters that are written with ASCII ones."""

INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f")
"""Hints to a typesetter, which have no shape: soft hyphen, joiners, variation selectors."""

FROM_OTHER_FONTS: dict[str, tuple[str, str]] = {
    **{
        sign: ("mathupp", slot)
        for sign, slot in zip(
            "±∓×·≤≥∏∑≠≡∝∞°√⊂∪⊃∩∈→↑←↓∂∇∫∃ℵ÷∥⊥∠∴≦≧",
            "!\"#$&':;?@^_`bdefghijklmnpvwxyz|~&'",
            strict=True,
        )
    },
    **{
        sign: ("symbolic", slot)
        for sign, slot in zip("§†‡♠♥♡♦♢♣○□△◇☆★℘", "ijkmnnoopHIJKL~w", strict=True)
    },
    "♯": ("music", "#"),
    "♭": ("music", "$"),
    "µ": ("greek", "m"),
}
"""Signs that Hershey drew once, for one font, and that serve all others."""


def _line(*points: tuple[float, float]) -> Points:
    return np.array(points, dtype=np.float64)


def _circle(x: float, y: float, radius: float, steps: int = 24) -> Points:
    angles = np.radians(np.linspace(0, 360, steps + 1))
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])


def _crossings(glyph: Glyph, y: float) -> list[float]:
    """Return the x, in order, where the glyph's strokes cross the height `y`."""
    found = []
    for stroke in glyph.strokes:
        (x0, y0), (x1, y1) = stroke[:-1].T, stroke[1:].T
        hit = (np.minimum(y0, y1) <= y) & (np.maximum(y0, y1) > y)
        found += (x0 + (y - y0) / np.where(hit, y1 - y0, 1.0) * (x1 - x0))[hit].tolist()
    return sorted(found)


def _with(glyph: Glyph, *strokes: Points) -> Glyph:
    return Glyph((*glyph.strokes, *strokes), glyph.advance)


def _slashed(letter: str) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        x0, y0, x1, y1 = glyphs[letter].bounds
        return _with(glyphs[letter], _line((x0 - 0.5, y1 + 2), (x1 + 0.5, y0 - 2)))

    return build


def _barred(
    letter: str, height: float, side: int, *, slope: float = 0.0, reach: float = 4.0
) -> Builder:
    """A short bar across the stem that is leftmost (0) or rightmost (-1) at `height`."""

    def build(glyphs: Glyphs) -> Glyph:
        glyph = glyphs[letter]
        crossings = _crossings(glyph, height) or [sum(glyph.bounds[::2]) / 2]
        x = crossings[side]
        return _with(glyph, _line((x - reach, height + slope), (x + reach, height - slope)))

    return build


def _joined(first: str, second: str, overlap: float) -> Builder:
    """Two letters that share `overlap` of the first one's width."""

    def build(glyphs: Glyphs) -> Glyph:
        one, two = glyphs[first], glyphs[second]
        left, _, right, _ = one.bounds
        shift = right - overlap * (right - left) - two.bounds[0]
        return Glyph((*one.strokes, *two.placed(shift)), shift + two.advance)

    return build


def _small(text: str, rise: float, scale: float = 0.55) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        strokes: list[Points] = []
        x = 0.0
        for character in text:
            strokes += glyphs[character].placed(x, -rise, scale)
            x += glyphs[character].advance * scale
        return Glyph(tuple(strokes), x)

    return build


def _fraction(over: str, under: str) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        top, low = _small(over, 9.5)(glyphs), _small(under, 0)(glyphs)
        x = top.advance
        bar = _line((x - 3, 1), (x + 7, -22))
        return Glyph((*top.strokes, bar, *low.placed(x + 4)), x + 4 + low.advance)

    return build


def _inverted(sign: str) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        glyph = glyphs[sign]
        turned = tuple(np.array((glyph.advance, -14.0)) - stroke for stroke in glyph.strokes)
        return Glyph(turned, glyph.advance)

    return build


def _encircled(letter: str) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        x0, _, x1, _ = glyphs[letter].bounds
        inside = glyphs[letter].placed(13 - 0.5 * (x0 + x1) / 2, -5.25, 0.5)
        return Glyph((_circle(13, -10.5, 10.5), *inside), 26.0)

    return build


def _chevrons(count: int, direction: int) -> Builder:
    def build(_glyphs: Glyphs) -> Glyph:
        width = 6.0 * count
        strokes = []
        for index in range(count):
            x = 5.0 + 6.0 * index
            tip, back = (x - 2.5, x + 2.5)[::direction]
            strokes.append(_line((back, -12), (tip, -7), (back, -2)))
        return Glyph(tuple(strokes), width + 4.0)

    return build


def _dash(width: float) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        y = float(np.concatenate(glyphs["-"].strokes)[:, 1].mean())
        return Glyph((_line((0, y), (width, y)),), width)

    return build


def _fixed(advance: float, *strokes: Points) -> Builder:
    return lambda _glyphs: Glyph(strokes, advance)


def _without_dot(letter: str) -> Builder:
    return lambda glyphs: without_dot(glyphs[letter])


def _crossed(letter: str, *bars: tuple[float, float, float]) -> Builder:
    """A letter with bars `(from, to, height)`, from and to as fractions of its width."""

    def build(glyphs: Glyphs) -> Glyph:
        x0, _, x1, _ = glyphs[letter].bounds
        w = x1 - x0
        return _with(glyphs[letter], *(_line((x0 + a * w, y), (x0 + b * w, y)) for a, b, y in bars))

    return build


def _cent(glyphs: Glyphs) -> Glyph:
    x0, y0, x1, y1 = glyphs["c"].bounds
    x = (x0 + x1) / 2
    return _with(glyphs["c"], _line((x - 1.5, y1 + 3), (x + 1.5, y0 - 3)))


def _thorn(glyphs: Glyphs) -> Glyph:
    stems = _crossings(glyphs["p"], 3.0) or [4.0]
    return _with(glyphs["p"], *(_line((x, -CAP_HEIGHT), (x, -10)) for x in stems))


def _capital_thorn(glyphs: Glyphs) -> Glyph:
    lowered = [
        np.minimum(stroke + np.array((0.0, 5.0)), (np.inf, 0.0)) for stroke in glyphs["P"].strokes
    ]
    stems = _crossings(glyphs["P"], -3.0) or [4.0]
    tops = [_line((x, -CAP_HEIGHT), (x, -10)) for x in stems]
    return Glyph((*lowered, *tops), glyphs["P"].advance)


def _eth(glyphs: Glyphs) -> Glyph:
    x0, _, x1, y1 = glyphs["o"].bounds
    middle = (x0 + x1) / 2
    back = _line((x0 + 2, -21), (middle + 1, -18), (x1 - 1, -13), (x1, -7), (x1 - 0.5, y1 - 4))
    return _with(glyphs["o"], back, _line((middle - 4, -15.5), (middle + 4, -20.5)))


def _eng(glyphs: Glyphs) -> Glyph:
    x = (_crossings(glyphs["n"], -3.0) or [glyphs["n"].bounds[2]])[-1]
    return _with(glyphs["n"], _line((x, -3), (x, 4), (x - 1, 6), (x - 3, 7), (x - 6, 7)))


def _middle_dotted(letter: str) -> Builder:
    def build(glyphs: Glyphs) -> Glyph:
        x = glyphs[letter].advance
        return Glyph((*glyphs[letter].strokes, _circle(x, -9, 0.8, 6)), x + 3.0)

    return build


_SHARP_S = _line(
    (4, 0), (4, -15), (5, -18), (7, -20), (10, -21), (13, -20), (15, -18), (15, -16), (14, -14),
    (11, -12), (10, -11), (11, -9.5), (14, -8), (16, -6), (16.5, -4), (16, -2), (14, -0.5), (11, 0),
    (9, -0.8),
)  # fmt: skip
_POUND = (
    _line((17, -17), (15.5, -20), (13, -21), (10, -20), (8.5, -17), (8.5, -12), (8.5, -5), (7, -2),
          (4, 0), (17, 0), (18, -3)),
    _line((4, -10.5), (14, -10.5)),
)  # fmt: skip

DRAWN: dict[str, Builder] = {
    "ø": _slashed("o"),
    "Ø": _slashed("O"),
    "ł": _barred("l", -10.5, -1, slope=2.5),
    "Ł": _barred("L", -10.5, 0, slope=2.5),
    "đ": _barred("d", -17.0, -1),
    "Đ": _barred("D", -10.5, 0),
    "Ð": _barred("D", -10.5, 0),
    "ħ": _barred("h", -17.0, 0),
    "Ħ": _crossed("H", (-0.15, 1.15, -15.5)),
    "ŧ": _barred("t", -8.0, 0),
    "Ŧ": _crossed("T", (0.25, 0.75, -10.5)),
    "ŀ": _middle_dotted("l"),
    "Ŀ": _middle_dotted("L"),
    "ß": _fixed(20.0, _SHARP_S),
    "ẞ": _fixed(22.0, _SHARP_S * (1.15, 1.0)),
    "æ": _joined("a", "e", 0.0),
    "œ": _joined("o", "e", 0.12),
    "Æ": _joined("A", "E", 0.3),
    "Œ": _joined("O", "E", 0.22),
    "þ": _thorn,
    "Þ": _capital_thorn,
    "ð": _eth,
    "ŋ": _eng,
    "ı": _without_dot("i"),
    "ȷ": _without_dot("j"),
    "€": _crossed("C", (-0.18, 0.62, -13.0), (-0.18, 0.56, -8.0)),
    "£": _fixed(21.0, *_POUND),
    "¥": _crossed("Y", (0.15, 0.85, -9.0), (0.15, 0.85, -5.0)),
    "¢": _cent,
    "¿": _inverted("?"),
    "¡": _inverted("!"),
    "«": _chevrons(2, 1),
    "»": _chevrons(2, -1),
    "‹": _chevrons(1, 1),
    "›": _chevrons(1, -1),
    "—": _dash(28.0),
    "―": _dash(28.0),
    "•": _fixed(12.0, _circle(6, -9, 2.2, 12), _circle(6, -9, 1.1, 8)),
    "¹": _small("1", 9.5),
    "²": _small("2", 9.5),
    "³": _small("3", 9.5),
    "ª": _small("a", 9.5, 0.65),
    "º": _small("o", 9.5, 0.65),
    "™": _small("TM", 9.5, 0.5),
    "½": _fraction("1", "2"),
    "¼": _fraction("1", "4"),
    "¾": _fraction("3", "4"),
    "©": _encircled("C"),
    "®": _encircled("R"),
}
"""Letters and signs by what draws them from a font's own glyphs."""


def from_other_font(sign: str) -> Glyph:
    """Return a sign of FROM_OTHER_FONTS."""
    font, slot = FROM_OTHER_FONTS[sign]
    return load_font(font).glyphs[slot]
