"""Postcards of A6: a front with a design and a message, a back with an address.

A design is an SVG file in `designs/` with a layer per pen, and a box for the text.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from drawscape.drawing.document import Frame, Layer
from drawscape.errors import SheetError, UnknownNameError
from drawscape.lettering import load_font
from drawscape.sheets.fitting import fit_text
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
_MOST_LINES = 6
# The name's rule lies clear below the stamp; six rows end above the postcode's boxes.
_FIRST_RULE, _ROW = 46.0, 8.0
_POSTCODE_TOP = 90.0


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


def postcard_front(
    recipient: str,
    message: str,
    template_name: str,
    *,
    font: str = "scripts",
    greeting: str = "Dear {recipient},",
    missing: str | None = None,
) -> SVGBuilder:
    """Return the front of a card: the template's design and the message, as large as fits.

    `greeting` stands above the message, with the recipient's name in it; empty leaves it out.
    Raises UnknownNameError for an unknown template or font, SheetError for a message that is empty or
    too long. Raises GlyphError for a character that the font lacks, unless `missing` replaces it.
    """
    if template_name not in _TEXT_BOXES:
        raise UnknownNameError("postcard template", template_name, _TEXT_BOXES)
    load_font(font)
    _filled("message", message)
    svg = SVGBuilder(WIDTH_MM, HEIGHT_MM, pen=Pen("ink", "#1b1b1b", 0.4))
    for layer in _design(template_name):
        with svg.layer(layer.name, color=layer.color, width=layer.width_mm):
            svg.polylines(layer.lines)
    box = _TEXT_BOXES[template_name]
    if greeting:
        hail = greeting.replace("{recipient}", _filled("recipient", recipient))
        below = box.y0 + min(14.0, box.height / 4)
        top, box = box._replace(y1=below), box._replace(y0=below)
        shown = fit_text(hail, top, what="greeting", font=font, largest=5.0, missing=missing)
        svg.polylines(shown.lines)
    shown = fit_text(message.strip(), box, what="message", font=font, missing=missing)
    return svg.polylines(shown.lines)


def postcard_back(
    recipient: str,
    *,
    address: str | Sequence[str] = (),
    postcode: str = "",
    sender: str = "",
    font: str = "futural",
    missing: str | None = None,
) -> SVGBuilder:
    """Return the back of a card: name, address lines, postcode, a box for the stamp, the sender.

    `address` is lines, or text with line breaks; up to six of them. Without an address its lines are
    left to be filled in by hand. Raises as `postcard_front` does.
    """
    load_font(font)
    lines = _address_lines(address)
    svg = SVGBuilder(WIDTH_MM, HEIGHT_MM, pen=Pen("ink", "#1b1b1b", 0.4))
    with svg.layer("lines", color="#7a8794", width=0.3):
        _furniture(svg, len(lines) or 3)
    style: dict[str, Any] = {"font": font, "align": "left", "missing": missing}
    rows = [_filled("recipient", recipient), *lines]
    for index, row in enumerate(rows):
        bottom = _FIRST_RULE - 0.2 + _ROW * index
        box = Frame(80, bottom - 8, 140, bottom)
        shown = fit_text(row, box, what="address line", largest=4.2, valign="bottom", **style)
        if len(shown.rows) > 1:
            raise SheetError(
                f"address line {row!r} is too long for a card; shorten it or use two lines"
            )
        svg.polylines(shown.lines)
    if postcode:
        _postcode(svg, postcode, font, missing)
    if sender:
        box = Frame(9, 9, 67, 95)
        svg.polylines(
            fit_text(sender, box, what="sender", largest=3.2, valign="top", **style).lines
        )
    return svg


def _furniture(svg: SVGBuilder, address_lines: int) -> None:
    svg.line(73, 8, 73, 97)
    svg.rect(117, 8, 23, 28).rect(118.2, 9.2, 20.6, 25.6)
    words = "PLACE\nSTAMP\nHERE"
    svg.lettering(words, 128.5, 22, size=2.4, align="center", valign="middle")
    for index in range(address_lines + 1):
        y = _FIRST_RULE + _ROW * index
        svg.line(79, y, 140, y)


def _postcode(svg: SVGBuilder, postcode: str, font: str, missing: str | None) -> None:
    text = " ".join(postcode.split()).upper()
    if len(text) > 10:
        raise SheetError(f"postcode {postcode!r} has {len(text)} characters; 10 at most fit")
    style: dict[str, Any] = {"font": font, "missing": missing, "largest": 4.0, "line_height": 1}
    for index, character in enumerate(text):
        if character != " ":
            left = 79.0 + 6.1 * index
            box = Frame(left, _POSTCODE_TOP, left + 5.2, _POSTCODE_TOP + 7)
            svg.rect(box.x0, box.y0, box.width, box.height)
            svg.polylines(fit_text(character, box, what="postcode", **style).lines)


def _address_lines(address: str | Sequence[str]) -> list[str]:
    rows = address.splitlines() if isinstance(address, str) else [str(row) for row in address]
    lines = [row.strip() for row in rows if row.strip()]
    if len(lines) > _MOST_LINES - 1:
        raise SheetError(
            f"an address has {_MOST_LINES - 1} lines below the name at most, not {len(lines)}"
        )
    return lines


def _filled(what: str, text: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SheetError(f"{what} {text!r} is empty; give it some text")
    return " ".join(text.split()) if what == "recipient" else text
