"""From characters to glyphs: nothing is dropped; errors name undrawable characters."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from drawscape.errors import GlyphError
from drawscape.lettering import builders as b
from drawscape.lettering.builders import MARKS, with_marks
from drawscape.lettering.fonts import Font, Glyph, load_font

_GREEK_BY_SOUND = (
    "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖαβχδεφγηικλμνοπθρστυωξψζϑϕ",
    "ABCDEFGHIKLMNOPQRSTUWXYZabcdefghiklmnopqrstuwxyzqf",
)
_GREEK_BY_ORDER = (
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψωϑϕ",
    "ABCDEFGHIJKLMNOPQRSTUVWXabcdefghijklmnopqrstuvwxhu",
)
_CYRILLIC_BY_SOUND = (
    "АБЭДФГЖИЧКЛМНОПШРСТЮВЩХУЗЕЪЯЬЦЫабэдфгжичклмнопшрстювщхузеъяьцы",
    "ABCDFGHIJKLMNOPQRSTUVWXYZ[]^_`$abcdfghijklmnopqrstuvwxyz{|}~%&",
)
_CYRILLIC_BY_ORDER = (
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩабвгдежзийклмнопрстуфхцчшщ",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
)
_FINAL_SIGMA = {"ς": ("symbolic", "v")}


def _slots(font: str, letters: str, slots: str) -> dict[str, tuple[str, str]]:
    """Return the letters, each by the font and slot that draws it."""
    return {letter: (font, slot) for letter, slot in zip(letters, slots)}


# The Latin letters of timesr have the same strokes.
_CYRILLIC = _slots("cyrillic", *_CYRILLIC_BY_SOUND) | _slots("timesr", "іІ", "iI")

SLOTS: dict[str, dict[str, tuple[str, str]]] = {
    **{font: _slots(font, *_GREEK_BY_SOUND) | _FINAL_SIGMA for font in ("greek", "timesg")},
    **{font: _slots(font, *_GREEK_BY_ORDER) | _FINAL_SIGMA for font in ("greekc", "greeks")},
    "cyrillic": _CYRILLIC,
    # This one ends with Щ; the rest of the alphabet is in its sister font.
    "cyrilc_1": _CYRILLIC | _slots("cyrilc_1", *_CYRILLIC_BY_ORDER),
}
"""For each font of another script: its letters, each with the font and slot that draws it."""

PICTURES = frozenset(
    ["astrology", "japanese", "markers", "mathlow", "mathupp", "meteorology", "music", "symbolic"]
)
"""Fonts whose slots hold signs in place of some letters: nothing is composed from them."""

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
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "\u0132": "IJ",
    "\u0133": "ij",
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "ŀ": "l·",
    "Ŀ": "L·",
}
"""Characters that are replaced by others."""

INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f")
"""Hints for typesetting without a shape: soft hyphen, joiners, variation selectors."""

FROM_OTHER_FONTS: dict[str, tuple[str, str]] = {
    **_slots(
        "mathupp", "±∓×·≤≥∏∑≠≡∝∞°√⊂∪⊃∩∈→↑←↓∂∇∫∃ℵ÷∥⊥∠∴≦≧", "!\"#$&':;?@^_`bdefghijklmnpvwxyz|~&'"
    ),
    **_slots("symbolic", "§†‡♠♥♡♦♢♣○□△◇☆★℘", "ijkmnnoopHIJKL~w"),
    "♯": ("music", "#"),
    "♭": ("music", "$"),
    "µ": ("greek", "m"),
}
"""Signs that Hershey drew for one font, used for all others."""

_SHARP_S = b.line(
    "4,0 4,-15 5,-18 7,-20 10,-21 13,-20 15,-18 15,-16 14,-14 11,-12 10,-11 11,-9.5 14,-8 16,-6 "
    "16.5,-4 16,-2 14,-0.5 11,0 9,-0.8"
)
_POUND = (
    b.line("17,-17 15.5,-20 13,-21 10,-20 8.5,-17 8.5,-12 8.5,-5 7,-2 4,0 17,0 18,-3"),
    b.line("4,-10.5 14,-10.5"),
)  # fmt: skip

DRAWN: dict[str, tuple[Any, ...]] = {
    "ø": (b.struck, "o", "-0.03,2 1.03,-16"),
    "Ø": (b.struck, "O", "-0.03,2 1.03,-23"),
    "ł": (b.barred, "l", -10.5, -1, 2.5),
    "Ł": (b.barred, "L", -10.5, 0, 2.5),
    "đ": (b.barred, "d", -17.0, -1),
    "Đ": (b.barred, "D", -10.5, 0),
    "Ð": (b.barred, "D", -10.5, 0),
    "ħ": (b.barred, "h", -17.0, 0),
    "Ħ": (b.struck, "H", "-0.15,-15.5 1.15,-15.5"),
    "ŧ": (b.barred, "t", -8.0, 0),
    "Ŧ": (b.struck, "T", "0.25,-10.5 0.75,-10.5"),
    "ß": (b.fixed, 20.0, _SHARP_S),
    "ẞ": (b.fixed, 22.0, _SHARP_S * (1.15, 1.0)),
    "æ": (b.joined, "a", "e", 0.0),
    "œ": (b.joined, "o", "e", 0.12),
    "Æ": (b.joined, "A", "E", 0.3),
    "Œ": (b.joined, "O", "E", 0.22),
    "þ": (b.thorn,),
    "Þ": (b.capital_thorn,),
    "ð": (b.eth,),
    "ŋ": (b.eng,),
    "ı": (b.dotless, "i"),
    "ȷ": (b.dotless, "j"),
    "€": (b.struck, "C", "-0.18,-13 0.62,-13", "-0.18,-8 0.56,-8"),
    "£": (b.fixed, 21.0, *_POUND),
    "¥": (b.struck, "Y", "0.15,-9 0.85,-9", "0.15,-5 0.85,-5"),
    "¢": (b.struck, "c", "0.4,3 0.6,-17"),
    "¿": (b.inverted, "?"),
    "¡": (b.inverted, "!"),
    "«": (b.chevrons, 2, 1),
    "»": (b.chevrons, 2, -1),
    "‹": (b.chevrons, 1, 1),
    "›": (b.chevrons, 1, -1),
    "—": (b.dash, 28.0),
    "―": (b.dash, 28.0),
    "•": (b.fixed, 12.0, b.moved(b.arc(2.2, steps=12), 6, -9), b.moved(b.arc(1.1, steps=8), 6, -9)),
    "¹": (b.small, "1", 9.5),
    "²": (b.small, "2", 9.5),
    "³": (b.small, "3", 9.5),
    "ª": (b.small, "a", 9.5, 0.65),
    "º": (b.small, "o", 9.5, 0.65),
    "™": (b.small, "TM", 9.5, 0.5),
    "©": (b.encircled, "C"),
    "®": (b.encircled, "R"),
}
"""Letters and signs, with the function and arguments that draw each from a font's glyphs."""

# Letters that are turned or extended from others of the font cyrillic.
_UKRAINIAN = {"є": "э", "Є": "Э", "ґ": "г", "Ґ": "Г"}

_STOPS = frozenset(".,:;")


def glyphs_for(
    text: str, font: str = "futural", *, missing: str | None = None, as_digitised: bool = False
) -> list[Glyph]:
    """Return the glyphs that write `text`, in order.

    Accented letters are composed, typographic signs drawn. Full stops above the base line, as in
    some fonts, are set on it, unless `as_digitised`. Raises GlyphError, with character and code point,
    for a character that the font lacks, unless `missing` replaces it.
    Raises UnknownNameError for an unknown font.
    """
    found: list[Glyph] = []
    for cluster in clusters(text):
        glyphs = _cluster_glyphs(font, cluster, as_digitised)
        if glyphs is None:
            if missing is None:
                raise GlyphError(_complaint(font, cluster))
            glyphs = tuple(glyphs_for(missing, font))
        found += glyphs
    return found


def clusters(text: str) -> Iterator[str]:
    """Return the text's characters, each with the combining marks that follow it."""
    cluster = ""
    for character in unicodedata.normalize("NFC", text):
        if cluster and not unicodedata.combining(character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


@lru_cache(maxsize=8192)
def _cluster_glyphs(name: str, cluster: str, as_digitised: bool) -> tuple[Glyph, ...] | None:
    font = load_font(name)
    if font.is_file and cluster in font.glyphs:
        return (font.glyphs[cluster],)
    if cluster in INVISIBLE:
        return ()
    if cluster == "\t":
        return (font.glyphs[" "],) * 4
    if cluster in SAME_AS and (name not in PICTURES or SAME_AS[cluster] == " "):
        parts = [_cluster_glyphs(name, character, as_digitised) for character in SAME_AS[cluster]]
        return None if None in parts else tuple(glyph for part in parts for glyph in part or ())
    glyph = _single(font, cluster) or _composed(font, cluster)
    if glyph is not None and cluster in _STOPS and not as_digitised and name not in PICTURES:
        # Lowered like the full stop; a comma's tail reaches below it.
        glyph = Glyph(glyph.placed(0.0, -font.glyphs["."].bounds[3]), glyph.advance)
    return None if glyph is None else (glyph,)


def _single(font: Font, character: str) -> Glyph | None:
    if font.name in ("cyrillic", "cyrilc_1") and character in _UKRAINIAN:
        glyph = load_font("cyrillic").glyphs[_CYRILLIC[_UKRAINIAN[character]][1]]
        if character in "єЄ":
            turned = tuple(stroke * (-1.0, 1.0) + (glyph.advance, 0.0) for stroke in glyph.strokes)
            return Glyph(turned, glyph.advance)
        _, top, right, _ = glyph.bounds
        return b.added_to(glyph, b.moved(b.line("0,0 0,-4"), right, top))
    slot = SLOTS.get(font.name, {}).get(character)
    if slot is not None:
        return load_font(slot[0]).glyphs[slot[1]]
    # Beyond ASCII the slots' numbers mean nothing: one font has other glyphs at 'À'.
    if character.isascii() and character in font.glyphs:
        return font.glyphs[character]
    if font.name in PICTURES:
        return None
    if character in DRAWN and font.name not in SLOTS:
        build, *given = DRAWN[character]
        return build(font.glyphs, *given)
    if character not in FROM_OTHER_FONTS:
        return None
    other, place = FROM_OTHER_FONTS[character]
    return load_font(other).glyphs[place]


def _composed(font: Font, cluster: str) -> Glyph | None:
    base, *marks = list(unicodedata.normalize("NFD", cluster))
    if not marks or font.name in PICTURES or not MARKS.issuperset(marks):
        return None
    if base.isascii() and (font.name in SLOTS or not base.isalnum()):
        return None
    glyph = _single(font, base)
    return None if glyph is None else with_marks(base, glyph, marks)


def _complaint(font: str, cluster: str) -> str:
    points = " ".join(f"U+{ord(character):04X}" for character in cluster)
    named = unicodedata.name(cluster[0], "a control character")
    text = f"font {font!r} cannot write {cluster!r} ({points}, {named.lower()})"
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in cluster):
        return f"{text}: scripts that run from right to left are not supported"
    letter = unicodedata.normalize("NFD", cluster)[0]
    others = sorted(name for name, letters in SLOTS.items() if letter in letters)
    if others:
        return f"{text}; a font that can: {', '.join(others)}"
    return f"{text}; leave it out, or give missing='?' to have it replaced"
