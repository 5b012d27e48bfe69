"""The fonts of this machine, and a file's letters as their outlines.

fontconfig names the nearest font, or the usual folders are looked through.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from drawscape.drawing.style import Style
from drawscape.errors import CanvasError, MissingExtraError, MissingFontError
from drawscape.lettering.fonts import Font, load_font

if TYPE_CHECKING:
    from drawscape.svg.read.walk import Walk

_ENDINGS = (".ttf", ".otf")
_OUTLINES = frozenset(("glyf", "CFF ", "CFF2"))
# A machine that hangs must not hang a worker; fontconfig's first answer may take seconds.
_PATIENCE_S = 30
_PREFERRED = {
    "serif": ("dejavu serif", "liberation serif", "noto serif", "times new roman"),
    "monospace": ("dejavu sans mono", "liberation mono", "noto sans mono", "courier new"),
    "sans-serif": ("dejavu sans", "liberation sans", "noto sans", "arial", "helvetica"),
}


@dataclass(frozen=True)
class SystemFont:
    """A font's file and the name of its family."""

    path: str
    family: str


@dataclass(frozen=True)
class LetterFont:
    """A font whose letters are drawn as outlines, in units of the font size, the base line at y = 0."""

    font: Font

    def outline(self, character: str) -> str | None:
        """Return a character's outline as path data; None for one that the font lacks."""
        return _outline(self.font, character)

    def advance(self, character: str, usual: float) -> float:
        """Return how far a character moves on; `usual` where the font lacks it."""
        glyph = self.font.glyphs.get(character)
        return usual if glyph is None else glyph.advance / self.font.em

    def kerning(self, left: str, right: str) -> float:
        """Return how much further apart a pair stands."""
        return (self.font.kerning.get((left, right)) or 0.0) / self.font.em


def letter_font(walk: "Walk", style: Style) -> LetterFont:
    """Return the font that `style` asks for; one that stands in for another is named in the report.

    Raises as `system_font` does.
    """
    asked = [name.strip().strip("\"'") for name in style.get("font-family", "serif").split(",")]
    weight = style.get("font-weight", "normal").strip().lower()
    bold = (
        float(weight) >= 600 if weight.replace(".", "", 1).isdigit() else weight.startswith("bold")
    )
    italic = style.get("font-style", "normal").strip().lower().startswith(("italic", "oblique"))
    found = system_font(tuple(name for name in asked if name), bold=bold, italic=italic)
    if found.family.lower() != asked[0].lower():
        walk.note(f"text in {asked[0]!r} is drawn in the outlines of {found.family!r}")
    return LetterFont(load_font(found.path))


@lru_cache(maxsize=4096)
def _outline(font: Font, character: str) -> str | None:
    glyph = font.glyphs.get(character)
    if glyph is None:
        return None
    strokes = ((stroke / font.em).tolist() for stroke in glyph.strokes)
    return "".join(
        "M" + " ".join(f"{x:.6g},{y:.6g}" for x, y in stroke) + "Z" for stroke in strokes
    )


@lru_cache(maxsize=256)
def system_font(families: tuple[str, ...], *, bold: bool, italic: bool) -> SystemFont:
    """Return the font of this machine that is nearest to the `families`, the best first.

    Raises MissingFontError where the machine has no TrueType or OpenType font, MissingExtraError without
    fontTools.
    """
    try:
        import fontTools  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("text as outlines", "fonts") from error
    found = _by_fontconfig(families, bold, italic)
    if found is None or not _has_outlines(found.path):
        found = _by_folders(families, bold, italic)
    if found is None:
        raise MissingFontError(
            "text as outlines needs a TrueType or OpenType font, and this machine has none: "
            "install one, or have text drawn in strokes"
        )
    return found


def _by_fontconfig(families: tuple[str, ...], bold: bool, italic: bool) -> SystemFont | None:
    """Return what `fc-match` names, None where there is no such program or it names another kind of file."""
    # These four part a pattern's fields.
    wish = ",".join(re.sub(r"([-:,\\])", r"\\\1", family) for family in families)
    wish += f":weight={200 if bold else 80}:slant={100 if italic else 0}:outline=true:color=false"
    command = ["fc-match", "--format", "%{file}\n%{family[0]}", wish]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    path, _, family = ran.stdout.decode(errors="replace").partition("\n")
    known = path.lower().endswith(_ENDINGS) and Path(path).is_file()
    return SystemFont(path, family) if known else None


def _by_folders(families: tuple[str, ...], bold: bool, italic: bool) -> SystemFont | None:
    """Return the font in the usual folders that fits best."""
    wishes = [family.lower() for family in families]
    for family in tuple(wishes):
        wishes += _PREFERRED.get(family, ())
    wishes += _PREFERRED["sans-serif"]

    def distance(font: tuple[SystemFont, bool, bool]) -> tuple[int, int]:
        name = font[0].family.lower()
        return (
            wishes.index(name) if name in wishes else len(wishes),
            (font[1] != bold) + (font[2] != italic),
        )

    return min(_installed(), key=distance, default=(None,))[0]


@lru_cache(maxsize=256)
def _has_outlines(path: str) -> bool:
    """Return whether a font can be read and has letters as outlines; those of emoji are often pictures."""
    try:
        return bool(load_font(path).glyphs)
    except (OSError, CanvasError):
        return False


@lru_cache(maxsize=1)
def _installed() -> tuple[tuple[SystemFont, bool, bool], ...]:
    """Return the fonts in the usual folders, and of each whether it is bold and italic."""
    from fontTools.ttLib import TTFont, TTLibError

    found = []
    for path in sorted(p for folder in _folders() for p in folder.rglob("*.[to]tf")):
        try:
            with TTFont(path, lazy=True) as font:
                if _OUTLINES.isdisjoint(font.keys()):
                    continue
                names = font["name"]
                family = names.getBestFamilyName() or path.stem
                style = (names.getBestSubFamilyName() or "").lower()
        except (OSError, KeyError, TTLibError):
            continue  # a broken font is no reason to draw no text
        italic = "italic" in style or "oblique" in style
        found.append((SystemFont(str(path), family), "bold" in style, italic))
    return tuple(found)


def _folders() -> list[Path]:
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
    return [
        data / "fonts",
        home / ".fonts",
        home / "Library/Fonts",
        Path("/usr/local/share/fonts"),
        Path("/usr/share/fonts"),
        Path("/Library/Fonts"),
        Path("/System/Library/Fonts"),
        Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
    ]
