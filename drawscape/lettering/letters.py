"""Letters and signs beyond ASCII that no accent explains: ø, ß, æ, €, quotes, dashes, fractions."""

from drawscape.lettering import builders as b
from drawscape.lettering.fonts import Glyph, load_font

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


_SHARP_S = b.line(
    (4, 0), (4, -15), (5, -18), (7, -20), (10, -21), (13, -20), (15, -18), (15, -16), (14, -14),
    (11, -12), (10, -11), (11, -9.5), (14, -8), (16, -6), (16.5, -4), (16, -2), (14, -0.5), (11, 0),
    (9, -0.8),
)  # fmt: skip
_POUND = (
    b.line((17, -17), (15.5, -20), (13, -21), (10, -20), (8.5, -17), (8.5, -12), (8.5, -5), (7, -2),
          (4, 0), (17, 0), (18, -3)),
    b.line((4, -10.5), (14, -10.5)),
)  # fmt: skip

DRAWN: dict[str, b.Builder] = {
    "ø": b.slashed("o"),
    "Ø": b.slashed("O"),
    "ł": b.barred("l", -10.5, -1, slope=2.5),
    "Ł": b.barred("L", -10.5, 0, slope=2.5),
    "đ": b.barred("d", -17.0, -1),
    "Đ": b.barred("D", -10.5, 0),
    "Ð": b.barred("D", -10.5, 0),
    "ħ": b.barred("h", -17.0, 0),
    "Ħ": b.crossed("H", (-0.15, 1.15, -15.5)),
    "ŧ": b.barred("t", -8.0, 0),
    "Ŧ": b.crossed("T", (0.25, 0.75, -10.5)),
    "ŀ": b.middle_dotted("l"),
    "Ŀ": b.middle_dotted("L"),
    "ß": b.fixed(20.0, _SHARP_S),
    "ẞ": b.fixed(22.0, _SHARP_S * (1.15, 1.0)),
    "æ": b.joined("a", "e", 0.0),
    "œ": b.joined("o", "e", 0.12),
    "Æ": b.joined("A", "E", 0.3),
    "Œ": b.joined("O", "E", 0.22),
    "þ": b.thorn,
    "Þ": b.capital_thorn,
    "ð": b.eth,
    "ŋ": b.eng,
    "ı": b.dotless("i"),
    "ȷ": b.dotless("j"),
    "€": b.crossed("C", (-0.18, 0.62, -13.0), (-0.18, 0.56, -8.0)),
    "£": b.fixed(21.0, *_POUND),
    "¥": b.crossed("Y", (0.15, 0.85, -9.0), (0.15, 0.85, -5.0)),
    "¢": b.cent,
    "¿": b.inverted("?"),
    "¡": b.inverted("!"),
    "«": b.chevrons(2, 1),
    "»": b.chevrons(2, -1),
    "‹": b.chevrons(1, 1),
    "›": b.chevrons(1, -1),
    "—": b.dash(28.0),
    "―": b.dash(28.0),
    "•": b.fixed(12.0, b.circle(6, -9, 2.2, 12), b.circle(6, -9, 1.1, 8)),
    "¹": b.small("1", 9.5),
    "²": b.small("2", 9.5),
    "³": b.small("3", 9.5),
    "ª": b.small("a", 9.5, 0.65),
    "º": b.small("o", 9.5, 0.65),
    "™": b.small("TM", 9.5, 0.5),
    "½": b.fraction("1", "2"),
    "¼": b.fraction("1", "4"),
    "¾": b.fraction("3", "4"),
    "©": b.encircled("C"),
    "®": b.encircled("R"),
}
"""Letters and signs by what draws them from a font's own glyphs."""


def from_other_font(sign: str) -> Glyph:
    """Return a sign of FROM_OTHER_FONTS."""
    font, slot = FROM_OTHER_FONTS[sign]
    return load_font(font).glyphs[slot]
