"""Lines of writing: aligned, wrapped, justified, measured, and along a curve."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from drawscape.drawing.values import check_name, is_number
from drawscape.errors import CanvasError, GlyphError
from drawscape.geometry.lines import Lines, Points, distances_along, without_repeats
from drawscape.geometry.regions import Area, Bounds, bounds_of
from drawscape.lettering.fonts import CAP_HEIGHT, Glyph
from drawscape.lettering.typeface import clusters, glyphs_for

Align = Literal["left", "center", "right", "justify"]
VerticalAlign = Literal["baseline", "top", "middle", "bottom"]

LINE_HEIGHT = 1.9
"""Distance of base lines in cap heights: descenders take a third, accents a third, a little air."""


@dataclass(frozen=True)
class TextStyle:
    """How text is written: font, cap height `size` and extra `spacing` between letters, both in mm.

    `missing` replaces characters that the font lacks; None makes them an error.
    """

    font: str = "futural"
    size: float = 5.0
    spacing: float = 0.0
    missing: str | None = None

    def __post_init__(self) -> None:
        if not (is_number(self.size) and self.size > 0):
            raise CanvasError(f"text size {self.size!r} must be a finite number of mm above 0")
        if not is_number(self.spacing):
            raise CanvasError(f"letter spacing {self.spacing!r} must be a finite number of mm")

    @property
    def scale(self) -> float:
        """Millimetres per font unit."""
        return self.size / CAP_HEIGHT

    def glyphs(self, text: str) -> list[Glyph]:
        """Return the glyphs of `text`; raise GlyphError for characters without a glyph."""
        return glyphs_for(text, self.font, missing=self.missing)

    def width(self, text: str) -> float:
        """Return the advance of `text` in mm."""
        units, count = advance(text, self.font, self.missing)
        return units * self.scale + max(count - 1, 0) * self.spacing


@lru_cache(maxsize=4096)
def advance(text: str, font: str, missing: str | None) -> tuple[float, int]:
    """Return the advance of `text` in font units, and its number of glyphs."""
    glyphs = glyphs_for(text, font, missing=missing)
    return sum(glyph.advance for glyph in glyphs), len(glyphs)


@dataclass(frozen=True)
class Block:
    """Text set in lines: the strokes, and the box that they were set in, in mm.

    (0, 0) of `lines` is the anchor. `width` is the given width, else the longest row's.
    `height` goes from the first row's cap line to the last row's base line.
    """

    lines: Lines
    rows: tuple[str, ...]
    width: float
    height: float


def set_text(
    text: str,
    style: TextStyle,
    *,
    align: Align = "left",
    valign: VerticalAlign = "baseline",
    width: float | None = None,
    line_height: float = LINE_HEIGHT,
) -> Block:
    """Return `text` set in rows, one for each line break and, with a `width` in mm, where it wraps.

    Without a `width` rows are aligned to the anchor's x; with one, to the box that begins there.
    `line_height` is in cap heights. 'justify' needs a width and leaves a paragraph's last row
    ragged.
    Raises GlyphError for characters without a glyph, CanvasError for invalid sizes.
    """
    _check(align, valign, width, line_height)
    rows = rows_of(text, style, width)
    step = line_height * style.size
    height = style.size + step * (len(rows) - 1)
    top = {"baseline": 0.0, "top": style.size, "middle": style.size - height / 2}
    down = top.get(valign, style.size - height)
    strokes: list[Points] = []
    widest = 0.0
    for number, (row, ends_paragraph) in enumerate(rows):
        extent, spaces = style.width(row), row.count(" ")
        room = (width or 0.0) - extent
        justified = align == "justify" and spaces and not ends_paragraph
        x = {"center": room / 2, "right": room}.get(align, 0.0)
        for character in clusters(row):
            for glyph in style.glyphs(character):
                strokes += glyph.placed(x, down + number * step, style.scale)
                x += glyph.advance * style.scale + style.spacing
            x += room / spaces if justified and character == " " else 0.0
        widest = max(widest, extent)
    texts = tuple(row for row, _ in rows)
    return Block(Lines.of(strokes), texts, widest if width is None else width, height)


def set_labels(
    names: Iterable[str], places: ArrayLike, area: Area, style: TextStyle
) -> tuple[Lines, list[Bounds]]:
    """Return a triangle at each of `places`, (N, 2) in mm, with its name beside it, and the boxes of all.

    Names are right of their place, or left where `area` ends. A label that does not fit into `area`, has no
    letters, or covers an earlier label is left out. Draw no other lines in the boxes. Raises as `set_text`
    does.

    >>> lines, boxes = set_labels(["Alp"], [(20.0, 20.0)], (0, 0, 60, 40), TextStyle(size=2.0))
    >>> len(boxes), lines[0].tolist()[1]
    (1, [20.0, 19.0])
    """
    x0, y0, x1, y1 = bounds_of(area)
    boxes: list[Bounds] = []
    half, lines = style.size / 2, Lines.empty()
    mark = np.array([(-half, half), (0, -half), (half, half), (-half, half)])
    for name, (x, y) in zip(names, np.asarray(places, dtype=np.float64).tolist()):
        text = set_text(" ".join(name.split()), style, valign="middle")
        step = style.size if x + 3 * half + text.width < x1 else -style.size - text.width
        left, right = min(x + step, x - half) - half, max(x + step + text.width, x + half) + half
        box = (left, y - style.size, right, y + style.size)
        fits = x0 <= left and right <= x1 and y0 <= box[1] and box[3] <= y1
        apart = all(a > right or c < left or b > box[3] or d < box[1] for a, b, c, d in boxes)
        if len(text.lines) and fits and apart:
            moved = text.lines.with_points(text.lines.points + np.array((x + step, y)))
            lines = Lines.join([lines, Lines.of([mark + np.array((x, y))]), moved])
            boxes.append(box)
    return lines, boxes


def rows_of(text: str, style: TextStyle, width: float | None) -> list[tuple[str, bool]]:
    """Return the rows of `text`, each with whether it ends a paragraph; raises as `set_text` does."""
    rows = []
    for paragraph in str(text).replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        wrapped = [paragraph] if width is None else wrap(paragraph, style, width)
        rows += [(row, False) for row in wrapped[:-1]] + [(wrapped[-1], True)]
    return rows


def wrap(paragraph: str, style: TextStyle, width: float) -> list[str]:
    """Return `paragraph` in rows that fit `width` mm; longer words are broken.

    Raises GlyphError when not even one letter fits.
    """
    rows = [""]
    for word in paragraph.split(" "):
        longer = f"{rows[-1]} {word}" if rows[-1] else word
        if style.width(longer) <= width:
            rows[-1] = longer
            continue
        if rows[-1]:
            rows.append("")
        rows[-1:] = _broken(word, style, width)
    return rows


def _broken(word: str, style: TextStyle, width: float) -> list[str]:
    pieces = [""]
    for character in clusters(word):
        if style.width(pieces[-1] + character) > width:
            if not pieces[-1]:
                raise GlyphError(
                    f"{character!r} at a size of {style.size:g} mm is wider than {width:g} mm; "
                    "make the text smaller or its box wider"
                )
            pieces.append("")
        pieces[-1] += character
    return pieces


def _check(align: str, valign: str, width: float | None, line_height: float) -> None:
    check_name("alignment", align, get_args(Align))
    check_name("vertical alignment", valign, get_args(VerticalAlign))
    if align == "justify" and width is None:
        raise CanvasError("justified text needs a width to fill: give width=..., in mm")
    for what, number in (("text width", width), ("line height", line_height)):
        if number is not None and not (is_number(number) and number > 0):
            raise CanvasError(f"{what} {number!r} must be a finite number above 0")


def set_along(
    text: str, style: TextStyle, path: ArrayLike, *, align: Align = "left", offset: float = 0.0
) -> Lines:
    """Return `text` written along the polyline `path`, (N, 2) in mm; letters are upright to it.

    Each letter is turned in the path's direction at its middle. 'justify' spreads the letters over the
    whole path. `offset` in mm moves the text to the left of the path's direction.
    Raises CanvasError when the text is longer than the path, GlyphError for characters without a glyph.
    """
    _check(align, "baseline", None if align != "justify" else 1.0, LINE_HEIGHT)
    if not is_number(offset):
        raise CanvasError(f"text offset {offset!r} must be a finite number of mm")
    line = without_repeats(Lines.of(path))
    along, length = distances_along(line), line.lengths_mm.sum()
    glyphs = style.glyphs(str(text).replace("\n", " "))
    advances = np.array([glyph.advance * style.scale for glyph in glyphs])
    spacing = style.spacing
    needed = advances.sum() + spacing * max(len(glyphs) - 1, 0)
    room = length - needed
    if room < -1e-9:
        raise CanvasError(
            f"text {text!r} is {needed:.4g} mm long and its curve {length:.4g} mm; "
            "make the text smaller or the curve longer"
        )
    if align == "justify" and len(glyphs) > 1:
        spacing += room / (len(glyphs) - 1)
    start = {"center": room / 2, "right": room}.get(align, 0.0)
    middles = start + np.cumsum(advances + spacing) - spacing - advances / 2
    strokes = []
    for glyph, advance, middle in zip(glyphs, advances, middles):
        centre, turn = place_along(line.points, along, float(middle))
        for stroke in glyph.placed(-advance / 2, -offset, style.scale):
            strokes.append(stroke @ turn + centre)
    return Lines.of(strokes)


def place_along(points: Points, along: Points, distance: float) -> tuple[Points, Points]:
    """Return the point at `distance` along the path and the rotation of its direction there."""
    index = int(np.clip(np.searchsorted(along, distance, side="right") - 1, 0, len(points) - 2))
    step, length = points[index + 1] - points[index], along[index + 1] - along[index]
    cos, sin = step / length
    point = points[index] + step * ((distance - along[index]) / length)
    return point, np.array([[cos, sin], [-sin, cos]])
