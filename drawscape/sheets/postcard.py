"""Postcards of A6: a design and a message, as large as fits.

A design is an SVG file in `designs/` with a layer per pen, and a box for the text.
"""

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from drawscape.drawing.document import Frame, Layer
from drawscape.drawing.values import check_name
from drawscape.errors import GlyphError, SheetError
from drawscape.lettering import Block, TextStyle, load_font, rows_of, set_text
from drawscape.svg_builder import Pen, SVGBuilder

WIDTH_MM, HEIGHT_MM = 148, 105
"""A6 across."""

_TEXT_BOXES = {
    "birthday": Frame(66, 31, 138, 91),
    "greetings": Frame(10, 32, 82, 74),
    "thank_you": Frame(39, 30, 109, 75),
    "travel": Frame(82, 38, 140, 94),
    "winter": Frame(30, 26, 118, 70),
}
# Wrapping takes time for each word; no text that fits a card is longer.
_LONGEST = 4000
_SMALLEST_MM = 2.2
_LINE_HEIGHT = 1.9


def template_names() -> tuple[str, ...]:
    """Return the names of all templates.

    >>> template_names()[0]
    'birthday'
    """
    return tuple(_TEXT_BOXES)


@lru_cache(maxsize=len(_TEXT_BOXES))
def _design(name: str) -> tuple[Layer, ...]:
    from drawscape.svg.read import read_svg

    return read_svg(Path(__file__).parent / "designs" / f"{name}.svg").layers


def postcard(
    recipient: str,
    message: str,
    template_name: str,
    *,
    font: str = "scripts",
    greeting: str = "Dear {recipient},",
    missing: str | None = None,
) -> SVGBuilder:
    """Return a card: the template's design and the message, as large as fits.

    `greeting` is above the message, with the recipient's name in it; if empty, it is left out.
    Raises UnknownNameError for an unknown template or font, SheetError for a message that is empty or
    too long. Raises GlyphError for a character that the font lacks, unless `missing` replaces it.
    """
    check_name("postcard template", template_name, _TEXT_BOXES)
    load_font(font)
    svg = SVGBuilder(WIDTH_MM, HEIGHT_MM, pen=Pen("ink", "#1b1b1b", 0.4))
    for layer in _design(template_name):
        with svg.layer(layer.name, color=layer.color, width=layer.width_mm):
            svg.polylines(layer.lines)
    style = TextStyle(font=font, missing=missing)
    box = _TEXT_BOXES[template_name]
    if greeting:
        hail = greeting.replace("{recipient}", " ".join(_filled("recipient", recipient).split()))
        below = box.y0 + min(14.0, box.height / 4)
        top, box = box._replace(y1=below), box._replace(y0=below)
        svg.polylines(fit_text(hail, top, style, what="greeting", largest_mm=5.0).lines)
    words = _filled("message", message).strip()
    return svg.polylines(fit_text(words, box, style, what="message", largest_mm=7.0).lines)


def fit_text(text: str, box: Frame, style: TextStyle, *, what: str, largest_mm: float) -> Block:
    """Return `text` in the middle of `box`, wrapped, with capitals as high as fit, up to `largest_mm`.

    Its strokes have their positions on the page. Raises SheetError when even the smallest letters do not fit,
    GlyphError for a character that the font cannot write. `what` names the text in the error.
    """
    if len(text) > _LONGEST:
        raise SheetError(f"{what} has {len(text)} characters; {_LONGEST} at most can be set")
    sizes = np.geomspace(largest_mm, _SMALLEST_MM, 25).round(3).tolist()
    style.glyphs(text.replace("\n", " "))
    for size in sizes:
        letters = replace(style, size=size)
        # Words are broken only at the smallest size.
        if size > sizes[-1] and any(letters.width(word) > box.width for word in text.split()):
            continue
        with suppress(GlyphError):  # not even one letter is as narrow as the box
            rows = len(rows_of(text, letters, box.width))
            # Descenders of the last row need room below its base line.
            if size * (1.35 + _LINE_HEIGHT * (rows - 1)) <= box.height:
                block = set_text(
                    text, letters, align="center", width=box.width, line_height=_LINE_HEIGHT
                )
                top = box.cy - (block.height + 0.35 * size) / 2
                points = block.lines.points + np.array((box.x0, top + size))
                return replace(block, lines=block.lines.with_points(points))
    raise SheetError(
        f"{what} of {len(text)} characters does not fit {box.width:.4g} x {box.height:.4g} mm even "
        f"with capitals of {_SMALLEST_MM:g} mm; shorten it"
    )


def _filled(what: str, text: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SheetError(f"{what} {text!r} is empty; give it some text")
    return text
