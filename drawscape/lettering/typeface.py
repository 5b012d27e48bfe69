"""From characters to glyphs: nothing is dropped, what cannot be drawn is named."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from drawscape.errors import GlyphError
from drawscape.lettering.fonts import Font, Glyph, load_font
from drawscape.lettering.letters import (
    DRAWN,
    FROM_OTHER_FONTS,
    INVISIBLE,
    PICTURES,
    SAME_AS,
    SLOTS,
    UKRAINIAN,
    UKRAINIAN_FONTS,
    fonts_with,
    from_other_font,
)
from drawscape.lettering.marks import MARKS, with_marks

_STOPS = frozenset(".,:;")


def glyphs_for(
    text: str, font: str = "futural", *, missing: str | None = None, as_digitised: bool = False
) -> list[Glyph]:
    """Return the glyphs that write `text`, in order; kerning is in their advances.

    Accented letters are composed, typographic signs drawn. Full stops that some fonts have above the
    base line are set on it, unless `as_digitised`. Raises GlyphError, naming character and code point,
    for what the font cannot write; with `missing`, that is written in its place instead.
    Raises UnknownNameError for an unknown font.
    """
    found: list[Glyph] = []
    kerning = load_font(font).kerning
    before = ""
    for cluster in clusters(text):
        glyphs = _cluster_glyphs(font, cluster, as_digitised)
        if glyphs is None:
            if missing is None:
                raise GlyphError(_complaint(font, cluster))
            glyphs = tuple(glyphs_for(missing, font))
        if found and (closer := kerning.get((before, cluster))):
            found[-1] = Glyph(found[-1].strokes, found[-1].advance + closer)
        found += glyphs
        before = cluster
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
        return tuple(font.glyphs[character] for character in SAME_AS[cluster])
    glyph = _single(font, cluster) or _composed(font, cluster)
    if glyph is not None and cluster in _STOPS and not as_digitised and name not in PICTURES:
        # As far above the base line as the full stop is; a comma's tail reaches below it.
        glyph = Glyph(glyph.placed(0.0, -font.glyphs["."].bounds[3]), glyph.advance)
    return None if glyph is None else (glyph,)


def _single(font: Font, character: str) -> Glyph | None:
    if font.name in UKRAINIAN_FONTS and character in UKRAINIAN:
        return UKRAINIAN[character](load_font("cyrillic"))
    slot = SLOTS.get(font.name, {}).get(character)
    if slot is not None:
        return load_font(slot[0]).glyphs[slot[1]]
    # Beyond ASCII the slots' numbers mean nothing: one font has glyphs at 'À' that are no 'À'.
    if character.isascii() and character in font.glyphs:
        return font.glyphs[character]
    if font.name in PICTURES:
        return None
    if character in DRAWN and font.name not in SLOTS:
        return DRAWN[character](font.glyphs)
    return from_other_font(character) if character in FROM_OTHER_FONTS else None


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
    others = fonts_with(unicodedata.normalize("NFD", cluster)[0])
    if others:
        return f"{text}; a font that can: {', '.join(others)}"
    return f"{text}; leave it out, or give missing='?' to have it replaced"
