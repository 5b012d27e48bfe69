"""Glyphs and fonts as arrays: those digitised by A. V. Hershey (1967), and fonts from files, by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import numpy as np

from drawscape.drawing.path import flatten_paths
from drawscape.errors import CanvasError, UnknownNameError
from drawscape.geometry.lines import Lines, Points

CAP_HEIGHT = 21.0
"""From base line to the top of a capital, in font units; the same in every Hershey font."""

Kerning: TypeAlias = Callable[[str, str], float]
"""By how much two characters, one after the other, stand further apart, in font units; below 0 closer."""


@dataclass(frozen=True, eq=False)
class Glyph:
    """One character: its `strokes`, (N, 2) each in font units, and how far it moves the pen on.

    x runs from 0 to `advance`; y points down, 0 on the base line and -21 at the top of capitals.
    """

    strokes: tuple[Points, ...]
    advance: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """`(min_x, min_y, max_x, max_y)`; a blank's are those of its base line."""
        return Lines.of(self.strokes).bounds or (0.0, 0.0, self.advance, 0.0)

    def placed(self, dx: float, dy: float = 0.0, scale: float = 1.0) -> tuple[Points, ...]:
        """Return the strokes scaled about the base line's start, then shifted."""
        return tuple(stroke * scale + (dx, dy) for stroke in self.strokes)


@dataclass(frozen=True, eq=False)
class Font:
    """A font's name and its glyphs by character: slots of ASCII, as the digitisation has them.

    What `is_file` draws every character that it has; other signs are put together from Hershey's. `em` is
    a file's em square.
    """

    name: str
    glyphs: Mapping[str, Glyph]
    kerning: Kerning = lambda left, right: 0.0
    is_file: bool = False
    em: float = CAP_HEIGHT


_BASE_LINE = 9.0


@lru_cache(maxsize=1)
def font_names() -> tuple[str, ...]:
    """Return the names of all 32 fonts, in alphabetical order."""
    return tuple(sorted(_library().default_font_names))


@lru_cache(maxsize=64)
def load_font(name: str) -> Font:
    """Return the font `name`, one of `font_names` or the path of a font file.

    An SVG font (EMS, Relief SingleLine, Inkscape's) gives the lines as they are drawn. TrueType and
    OpenType fonts give the outlines of their letters, and need the package fontTools.
    Raises UnknownNameError for an unknown name, FileNotFoundError for a missing file, and CanvasError for
    a file without a font.
    """
    file = Path(str(name))
    if file.suffix.lower() in ENDINGS:
        return _svg_font(file) if file.suffix.lower() == ".svg" else _true_type(file)
    if name not in font_names():
        raise UnknownNameError("font", name, font_names())
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
"""How the names of font files end."""

# Of a Hershey unit, which is about a quarter of a millimetre in usual text.
_TOLERANCE = 0.02
# Of the em: the height of capitals in most fonts, for files that neither state it nor have an H.
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
    names = {glyph.get("glyph-name", ""): glyph.attrib["unicode"] for glyph in letters}
    em = _number(face.get("units-per-em"), 1000.0)
    pairs = _hkern(root.iterfind(".//{*}hkern"), names)
    capitals = _number(face.get("cap-height"), 0.0)
    return _font(str(file), drawn, em, capitals, lambda one, two: pairs.get((one, two), 0.0))


def _hkern(
    elements: Iterable[ElementTree.Element], names: Mapping[str, str]
) -> dict[tuple[str, str], float]:
    """Return by how much letters come closer, by pair: of `u1 u2` or glyph names `g1 g2`, in lists."""
    found = {}
    for element in elements:
        sides = [
            [*element.get(f"u{side}", "").split(",")]
            + [names.get(name.strip(), "") for name in element.get(f"g{side}", "").split(",")]
            for side in "12"
        ]
        for pair in product(*sides):
            if all(pair):
                found[pair[0], pair[1]] = -_number(element.get("k"), 0.0)
    return found


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
    names: dict[str, str] = {}
    for code, name in font.getBestCmap().items():
        pen = SVGPathPen(shapes)
        shapes[name].draw(pen)
        drawn[chr(code)] = (pen.getCommands(), float(shapes[name].width))
        names[chr(code)] = name
    capitals = getattr(font.get("OS/2"), "sCapHeight", 0)
    em = float(font["head"].unitsPerEm)
    return _font(str(file), drawn, em, float(capitals), _kerning_of(font, names))


def _font(
    name: str, drawn: Mapping[str, tuple[str, float]], em: float, capitals: float, kerning: Kerning
) -> Font:
    """Return a font of path data and advances in the file's units, y pointing up."""
    tolerances = [_TOLERANCE * em * _USUAL_CAPITALS / CAP_HEIGHT] * len(drawn)
    outlines = dict(
        zip(drawn, flatten_paths([d for d, _ in drawn.values()], tolerances), strict=True)
    )
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
    return Font(
        name, glyphs, lambda left, right: kerning(left, right) * scale, is_file=True, em=em * scale
    )


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default


_PAIRS, _EXTENSION = 2, 9


def _kerning_of(font: Any, names: Mapping[str, str]) -> Kerning:
    """Return the kerning of a fontTools font, in its units; `names` are glyphs by character."""
    table = font["GPOS"].table if "GPOS" in font else None
    lookups: list[list[Any]] = []
    if table is not None and table.FeatureList is not None and table.LookupList is not None:
        features = [f.Feature for f in table.FeatureList.FeatureRecord if f.FeatureTag == "kern"]
        for index in sorted({index for feature in features for index in feature.LookupListIndex}):
            subtables = table.LookupList.Lookup[index].SubTable
            inner = [s.ExtSubTable if s.LookupType == _EXTENSION else s for s in subtables]
            lookups.append([s for s in inner if s.LookupType == _PAIRS])
    older: dict[tuple[str, str], float] = {}
    for table in font["kern"].kernTables if "kern" in font and not any(lookups) else ():
        older |= getattr(table, "kernTable", {})

    def kerning(left: str, right: str) -> float:
        if left not in names or right not in names:
            return 0.0
        pair = names[left], names[right]
        # In each lookup the first subtable that knows the pair decides.
        total = older.get(pair, 0.0)
        for subtables in lookups:
            advances = (_advance(subtable, *pair) for subtable in subtables)
            total += next((one for one in advances if one is not None), 0.0)
        return total

    return kerning


def _advance(subtable: Any, left: str, right: str) -> float | None:
    """Return how much further a pair stands apart, None for one that the subtable does not know."""
    if left not in subtable.Coverage.glyphs:
        return None
    if subtable.Format == 1:
        rows = subtable.PairSet[subtable.Coverage.glyphs.index(left)].PairValueRecord
        row = next((row for row in rows if row.SecondGlyph == right), None)
        if row is None:
            return None
        value = row.Value1
    else:
        one = subtable.ClassDef1.classDefs.get(left, 0)
        two = subtable.ClassDef2.classDefs.get(right, 0)
        value = subtable.Class1Record[one].Class2Record[two].Value1
    return float(getattr(value, "XAdvance", 0) or 0)
