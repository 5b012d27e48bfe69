"""Glyphs and fonts as arrays: those digitised by A. V. Hershey (1967), and fonts from files, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from drawscape.drawing.path import flatten_paths
from drawscape.drawing.values import check_name
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines, Points

CAP_HEIGHT = 21.0
"""From base line to the top of a capital, in font units; the same in every Hershey font."""


@dataclass(frozen=True, eq=False)
class Glyph:
    """One character: its `strokes`, (N, 2) each in font units, and its advance.

    x runs from 0 to `advance`; y points down, 0 on the base line and -21 at the top of capitals.
    """

    strokes: tuple[Points, ...]
    advance: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """`(min_x, min_y, max_x, max_y)`; for a blank, those of its base line."""
        return Lines.of(self.strokes).bounds or (0.0, 0.0, self.advance, 0.0)

    def placed(self, dx: float, dy: float = 0.0, scale: float = 1.0) -> tuple[Points, ...]:
        """Return the strokes scaled about the base line's start, then shifted."""
        return tuple(stroke * scale + (dx, dy) for stroke in self.strokes)


@dataclass(frozen=True, eq=False)
class Font:
    """A font's name and its glyphs by character: slots of ASCII, as digitised.

    A font from a file (`is_file`) draws every character that it has; other signs are composed from Hershey's.
    """

    name: str
    glyphs: Mapping[str, Glyph]
    is_file: bool = False


_BASE_LINE = 9.0


@lru_cache(maxsize=1)
def font_names() -> tuple[str, ...]:
    """Return the names of all 32 fonts, in alphabetical order."""
    return tuple(sorted(_library().default_font_names))


@lru_cache(maxsize=64)
def load_font(name: str) -> Font:
    """Return the font `name`, one of `font_names` or the path of a font file.

    An SVG font (EMS, Relief SingleLine, Inkscape's) gives its lines unchanged. TrueType and
    OpenType fonts give the outlines of their letters, and need the package fontTools.
    Raises UnknownNameError for an unknown name, FileNotFoundError for a missing file, and CanvasError for
    a file without a font.
    """
    file = Path(str(name))
    if file.suffix.lower() in ENDINGS:
        return _svg_font(file) if file.suffix.lower() == ".svg" else _true_type(file)
    check_name("font", name, font_names())
    library = _library()
    library.load_default_font(name)
    drawn = {}
    for key, glyph in library.all_glyphs.items():
        shift = np.array([-glyph.left_offset, -_BASE_LINE])
        strokes = tuple(np.array(s, dtype=np.float64) + shift for s in glyph.strokes if s)
        # An empty slot is a character that the font lacks, not one that draws nothing.
        if (strokes or key == " ") and key != "\x7f":
            drawn[key] = Glyph(strokes, float(glyph.char_width))
    return Font(name, drawn)


def _library() -> Any:
    from HersheyFonts import HersheyFonts

    return HersheyFonts()


ENDINGS = (".svg", ".ttf", ".otf")
"""The suffixes of font files."""

# In Hershey units, which are about a quarter of a millimetre in usual text.
_TOLERANCE = 0.02
# In ems: the height of capitals in most fonts, for files that neither state it nor have an H.
_USUAL_CAPITALS = 0.7


def _svg_font(file: Path) -> Font:
    try:
        root = ElementTree.parse(file).getroot()
    except ElementTree.ParseError as error:
        raise CanvasError(f"font {str(file)!r} is not well-formed XML: {error}") from error
    font, found = root.find(".//{*}font"), root.findall(".//{*}glyph")
    if font is None or not found:
        raise CanvasError(f"font {str(file)!r} holds no <font> with glyphs")
    face = getattr(root.find(".//{*}font-face"), "attrib", {})
    width = _number(font.get("horiz-adv-x"), 500.0)
    letters = [glyph for glyph in found if len(glyph.get("unicode", "")) == 1]
    drawn = {
        glyph.attrib["unicode"]: (glyph.get("d", ""), _number(glyph.get("horiz-adv-x"), width))
        for glyph in letters
    }
    em = _number(face.get("units-per-em"), 1000.0)
    capitals = _number(face.get("cap-height"), 0.0)
    return _font(str(file), drawn, em, capitals)


def _true_type(file: Path) -> Font:
    try:
        from fontTools.pens.svgPathPen import SVGPathPen
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise CanvasError(
            f"font {str(file)!r} needs the package fontTools: pip install 'drawscape[fonts]'"
        ) from error
    try:
        font = TTFont(file)
    except TTLibError as error:
        raise CanvasError(f"font {str(file)!r} cannot be read: {error}") from error
    if not {"glyf", "CFF ", "CFF2"} & set(font.keys()):
        raise CanvasError(f"font {str(file)!r} holds pictures instead of outlines")
    shapes = font.getGlyphSet()
    drawn = {}
    for code, name in font.getBestCmap().items():
        pen = SVGPathPen(shapes)
        shapes[name].draw(pen)
        drawn[chr(code)] = (pen.getCommands(), float(shapes[name].width))
    capitals = getattr(font.get("OS/2"), "sCapHeight", 0)
    em = float(font["head"].unitsPerEm)
    return _font(str(file), drawn, em, float(capitals))


def _font(name: str, drawn: Mapping[str, tuple[str, float]], em: float, capitals: float) -> Font:
    """Return a font of path data and advances in the file's units, y pointing up."""
    tolerances = [_TOLERANCE * em * _USUAL_CAPITALS / CAP_HEIGHT] * len(drawn)
    outlines = dict(zip(drawn, flatten_paths([d for d, _ in drawn.values()], tolerances)))
    if capitals <= 0:
        bounds = outlines["H"].bounds if "H" in outlines else None
        capitals = bounds[3] if bounds else em * _USUAL_CAPITALS
    scale = CAP_HEIGHT / capitals
    glyphs = {
        character: Glyph(
            tuple(line * (scale, -scale) for line in outlines[character]), advance * scale
        )
        for character, (_, advance) in drawn.items()
    }
    glyphs.setdefault(" ", Glyph((), em / 4 * scale))
    return Font(name, glyphs, is_file=True)


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default
