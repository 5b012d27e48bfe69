"""The marks on a sheet: number, title, year, signature, and a glyph of the recipe.

They are in one row just below the drawing, or above it, clear of all strokes. As is usual for prints, the
number is under the picture's left end, the title in the middle, the signature under the right end.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from drawscape.drawing.document import Document, Layer, plain_name
from drawscape.drawing.values import luminance
from drawscape.errors import EditionError, MissingExtraError, SvgReadError
from drawscape.geometry.lines import Lines, resample
from drawscape.lettering import TextStyle, set_text
from drawscape.recipe import margin_for
from drawscape.svg.read import read_svg

Side = Literal["front", "back"]

_EDGE_MM = 2.5  # from the paper's edge
_GAP_MM = 1.0  # from the drawing
_LETTER = 0.0125  # cap height of the text, as a part of the page's shorter side
_SCRIPT = 1.5  # cap heights of a signature in words
_DRAWN = 2.8  # cap heights of a drawn signature
_ROW = 2.4  # cap heights of a row with words alone: they have loops above and below
_WIDEST = 0.4  # part of the row that a drawn signature may take
_SIGNATURE_FONT = "scripts"
_SPACE = 3.0  # cap heights between two parts of the row

_QUIET = 4  # modules around a QR code that stay empty
_MODULE_MM = 0.6  # a phone resolves it at 15 cm
_MODULE_PENS = 1.5  # pen widths of a module: ink that runs does not close a gap


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an edition has besides its recipes.

    `signature` is the text of an SVG file, or words for a single-line font. `pen` is the name of the layer
    that writes, '' for the drawing's first. Marks are on the `side` 'front' or 'back', with or without a
    `glyph`.
    """

    title: str = ""
    year: int = 0
    signature: str = ""
    pen: str = ""
    side: Side = "front"
    glyph: bool = False
    artist_proofs: int = 0
    printer_proofs: int = 0

    @property
    def words(self) -> str:
        """Title and year, as shown in the middle of the row."""
        return ", ".join(filter(None, [self.title, str(self.year or "")]))


def marked(document: Document, terms: Terms, label: str, address: str) -> Document:
    """Return a drawing with its marks: `label` ('7/30'), and the recipe's `address` in the glyph.

    Raises EditionError without room in the margin, or for a signature that is not a drawing.
    """
    pen = _pen_of(document, terms)
    marks = _marks(document, terms, label, address, pen.pen_mm)
    written = pen.with_lines(Lines.join([pen.lines, marks]))
    return document.with_layers([written if one is pen else one for one in document.layers])


def back_of(document: Document, terms: Terms, label: str, address: str) -> Document:
    """Return the other side of a sheet, with the marks alone. Raises as `marked` does."""
    pen = _pen_of(document, terms)
    empty = document.with_layers([])
    marks = _marks(empty, terms, label, address, pen.pen_mm)
    return empty.with_layers([pen.with_lines(marks)])


def _pen_of(document: Document, terms: Terms) -> Layer:
    if not document.layers:
        raise EditionError("a drawing without lines cannot be a number of an edition")
    names = [plain_name(layer.name) for layer in document.layers]
    if terms.pen and terms.pen not in names:
        known = ", ".join(names)
        raise EditionError(f"pen {terms.pen!r} is not one of the drawing's: {known}")
    return document.layers[names.index(terms.pen) if terms.pen else 0]


def _marks(document: Document, terms: Terms, label: str, address: str, pen_mm: float) -> Lines:
    cap_mm = _LETTER * min(document.width_mm, document.height_mm)
    margin = margin_for(document.width_mm, document.height_mm)
    page = margin, document.width_mm - margin
    needed = (_DRAWN if _is_svg(terms.signature) else _ROW) * cap_mm
    signature = signature_lines(terms.signature, cap_mm, _WIDEST * (page[1] - page[0]))
    at_right = [(signature, box[2])] if (box := signature.bounds) is not None else []
    if terms.glyph:
        glyph, side_mm, quiet_mm = glyph_lines(
            f"{label} {address[:12]}".upper(), pen_mm, on_dark=is_dark(document)
        )
        needed = max(needed, side_mm + 2 * max(quiet_mm - _GAP_MM, 0.0))
        at_right.append((moved(glyph, 0.0, -side_mm / 2), side_mm))
    number, title = (
        set_text(words, TextStyle(size=cap_mm), valign="middle") for words in (label, terms.words)
    )
    others = number.width + sum(width + _SPACE * cap_mm for _, width in at_right)
    wide = others + title.width + _SPACE * cap_mm
    x0, x1 = _ends(document, page, wide)
    if wide > x1 - x0:
        raise EditionError(
            f"number, title and signature take {wide:.0f} mm, and their row has {x1 - x0:.0f} mm; shorten "
            f"the title of {len(terms.title)} characters, or the signature"
        )
    middle = _row(document, x0, x1, needed)
    found = [moved(number.lines, x0, middle)]
    centred, first = (x0 + x1 - title.width) / 2, x0 + number.width + _SPACE * cap_mm
    for lines, width in reversed(at_right):
        x1 -= width
        found.append(moved(lines, x1, middle))
        x1 -= _SPACE * cap_mm
    found.append(moved(title.lines, min(max(centred, first), x1 - title.width), middle))
    return Lines.join(found)


def _ends(document: Document, page: tuple[float, float], wide_mm: float) -> tuple[float, float]:
    """Return where the row begins and ends: under the picture, or between the margins if it is wider."""
    left, _, right, _ = document.lines.bounds or (page[0], 0.0, page[1], 0.0)
    left, right = max(left, _EDGE_MM), min(right, document.width_mm - _EDGE_MM)
    return (left, right) if right - left >= wide_mm else page


def is_dark(document: Document) -> bool:
    """Whether its paper is darker than grey."""
    return luminance(document.paper_color or "white") < 0.5


def moved(lines: Lines, x: float, y: float) -> Lines:
    """Return lines further right and down, in mm."""
    return lines.with_points(lines.points + np.array([x, y]))


def _row(document: Document, x0: float, x1: float, needed_mm: float) -> float:
    """Return the y in the middle of a free row: below the drawing, else above it."""
    points = resample(document.lines, _GAP_MM / 2).points
    inside = points[(points[:, 0] > x0 - _GAP_MM) & (points[:, 0] < x1 + _GAP_MM), 1]
    height = document.height_mm
    foot = height - x0 - needed_mm  # of a page without strokes
    top, bottom = (inside.min(), inside.max()) if len(inside) else (foot, foot)
    below, above = height - _EDGE_MM - bottom - _GAP_MM, top - _GAP_MM - _EDGE_MM
    for free, edge, way in ((below, bottom, 1), (above, top, -1)):
        if free >= needed_mm:
            away = _GAP_MM + needed_mm / 2 + min((free - needed_mm) / 3, needed_mm / 2)
            return edge + way * away
    raise EditionError(
        f"no room in the margin: the marks need {needed_mm:.1f} mm, and {max(below, above, 0.0):.1f} mm "
        "are free. Give a wider margin, no glyph, or the back of the sheet"
    )


def read_signature(signature: str) -> str:
    """Return the content of the SVG file that `signature` names, else its words unchanged.

    Raises EditionError for a file that is not a drawing, FileNotFoundError.
    """
    if not (signature.lower().endswith(".svg") or os.path.isfile(signature)):
        return signature
    try:
        box = read_svg(Path(signature)).lines.bounds
    except SvgReadError as error:
        raise EditionError(f"the signature is not a drawing: {error}") from None
    if box is None or box[2] <= box[0]:
        raise EditionError("the signature is not a drawing: it has no lines")
    try:
        return Path(signature).read_text("utf-8")
    except UnicodeDecodeError:
        raise EditionError(
            f"the signature {signature} is not UTF-8 text: save it as plain SVG"
        ) from None


def signature_lines(text: str, cap_mm: float, widest_mm: float) -> Lines:
    """Return the lines of a signature, from x = 0 on, around y = 0."""
    if not _is_svg(text):
        style = TextStyle(font=_SIGNATURE_FONT, size=_SCRIPT * cap_mm)
        return set_text(text, style, valign="middle").lines
    lines = read_svg(text).lines
    left, top, right, bottom = lines.bounds or (0.0, 0.0, 1.0, 1.0)
    scale = min(widest_mm / (right - left), _DRAWN * cap_mm / max(bottom - top, 1e-6))
    return lines.with_points((lines.points - np.array([left, (top + bottom) / 2])) * scale)


def _is_svg(signature: str) -> bool:
    return signature.lstrip().startswith("<")


def glyph_lines(text: str, pen_mm: float, *, on_dark: bool = False) -> tuple[Lines, float, float]:
    """Return a QR code of a text as strokes of a pen, its side, and the width of its quiet zone, in mm.

    On dark paper the light modules are drawn, and the quiet zone as well. Raises MissingExtraError.
    """
    try:
        import segno
    except ModuleNotFoundError as error:
        raise MissingExtraError("a QR glyph", "editions") from error
    code = segno.make(text, error="m", micro=False)
    modules = np.array(list(code.matrix), dtype=bool)
    if on_dark:
        modules = ~np.pad(modules, _QUIET)
    module_mm = max(_MODULE_MM, _MODULE_PENS * pen_mm)
    strokes = math.ceil(module_mm / pen_mm - 1e-9)
    shifts = np.linspace(pen_mm / 2, module_mm - pen_mm / 2, strokes)
    lines = []
    for row, cells in enumerate(modules):
        edges = np.flatnonzero(np.diff(np.pad(cells, 1).astype(np.int8)))
        for begin, end in edges.reshape(-1, 2) * module_mm:
            for y in row * module_mm + shifts:
                lines.append([(begin + pen_mm / 2, y), (end - pen_mm / 2, y)])
    quiet_mm = 0.0 if on_dark else _QUIET * module_mm
    return Lines.of(np.array(lines)), len(modules) * module_mm, quiet_mm
