"""A letter as the outline that a font of this machine gives it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from drawscape.drawing.style import Style
from drawscape.svg.read.system_fonts import system_font

if TYPE_CHECKING:
    from drawscape.svg.read.walk import Walk

_BOLD = frozenset(("bold", "bolder", "600", "700", "800", "900"))


@dataclass(frozen=True)
class LetterOutline:
    """Path data and advance for a font size of 1, the base line at y = 0."""

    data: str
    advance: float


def letter_outline(walk: "Walk", style: Style, character: str) -> LetterOutline | None:
    """Return the outline of `character` in the font that `style` asks for; None where it lacks it.

    A font that stands in for another is named in the walk's report.
    """
    asked = tuple(
        name.strip().strip("\"'") for name in style.get("font-family", "serif").split(",")
    )
    bold = style.get("font-weight", "normal").strip().lower() in _BOLD
    italic = style.get("font-style", "normal").strip().lower() in ("italic", "oblique")
    found = system_font(tuple(name for name in asked if name), bold=bold, italic=italic)
    if found.family.lower() != asked[0].lower():
        walk.note(f"text in {asked[0]!r} is drawn in the outlines of {found.family!r}")
    return _outline(found.path, character)


@lru_cache(maxsize=4096)
def _outline(path: str, character: str) -> LetterOutline | None:
    from drawscape.lettering.fonts import load_font

    font = load_font(path)
    glyph = font.glyphs.get(character)
    if glyph is None:
        return None
    strokes = ((stroke / font.em).tolist() for stroke in glyph.strokes)
    data = "".join(
        "M" + " ".join(f"{x:.6g},{y:.6g}" for x, y in stroke) + "Z" for stroke in strokes
    )
    return LetterOutline(data, glyph.advance / font.em)
