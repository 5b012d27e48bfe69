"""Greek and Cyrillic: which slot of a font draws which letter."""

_GREEK_BY_SOUND = dict(
    zip(
        "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖαβχδεφγηικλμνοπθρστυωξψζϑϕ",
        "ABCDEFGHIKLMNOPQRSTUWXYZabcdefghiklmnopqrstuwxyzqf",
        strict=True,
    )
)
_GREEK_BY_ORDER = dict(
    zip(
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψωϑϕ",
        "ABCDEFGHIJKLMNOPQRSTUVWXabcdefghijklmnopqrstuvwxhu",
        strict=True,
    )
)
_CYRILLIC_BY_SOUND = dict(
    zip(
        "АБЭДФГЖИЧКЛМНОПШРСТЮВЩХУЗЕЪЯЬЦЫабэдфгжичклмнопшрстювщхузеъяьцы",
        "ABCDFGHIJKLMNOPQRSTUVWXYZ[]^_`$abcdfghijklmnopqrstuvwxyz{|}~%&",
        strict=True,
    )
)
_CYRILLIC_BY_ORDER = dict(
    zip(
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩабвгдежзийклмнопрстуфхцчшщ",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)
_FINAL_SIGMA = {"ς": ("symbolic", "v")}

SLOTS: dict[str, dict[str, tuple[str, str]]] = {
    **{
        font: {letter: (font, slot) for letter, slot in _GREEK_BY_SOUND.items()} | _FINAL_SIGMA
        for font in ("greek", "timesg")
    },
    **{
        font: {letter: (font, slot) for letter, slot in _GREEK_BY_ORDER.items()} | _FINAL_SIGMA
        for font in ("greekc", "greeks")
    },
    "cyrillic": {letter: ("cyrillic", slot) for letter, slot in _CYRILLIC_BY_SOUND.items()},
    # This one ends with Щ; the rest of the alphabet is its sister's.
    "cyrilc_1": {letter: ("cyrillic", slot) for letter, slot in _CYRILLIC_BY_SOUND.items()}
    | {letter: ("cyrilc_1", slot) for letter, slot in _CYRILLIC_BY_ORDER.items()},
}
"""For each font of another script: its letters, each by the font and slot that draws it."""

PICTURES = frozenset(
    ["astrology", "japanese", "markers", "mathlow", "mathupp", "meteorology", "music", "symbolic"]
)
"""Fonts whose slots hold signs in place of some letters: nothing is composed from them."""


def fonts_with(letter: str) -> list[str]:
    """Return the fonts that draw a Greek or Cyrillic letter."""
    return sorted(font for font, letters in SLOTS.items() if letter in letters)
