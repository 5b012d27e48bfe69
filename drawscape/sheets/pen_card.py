"""A test card of a pen, 90 x 60 mm: widths, speeds, overlaps, dots and a long line."""

import numpy as np

from drawscape.drawing.document import Document
from drawscape.geometry.lines import Floats
from drawscape.geometry.regions import rectangle
from drawscape.svg_builder import SVGBuilder

CARD_MM = (90.0, 60.0)
SPACINGS_MM = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6)
"""Between the lines of each comb. Its gaps close where a pen is wider."""
COMB_LINES = 6
COMB_Y_MM = (6.0, 16.0)
SPEEDS = (5, 10, 18, 32, 56, 98)
"""Percent of the machine's top speed, one line each."""
SPEED_X_MM = (12.0, 84.0)

_GAP_MM = 4.2
_SLOW = 12  # percent: the pen must write well where its width is measured
_LETTER_MM = 2.0


def comb_lines() -> list[Floats]:
    """Return x of each comb's lines, in mm."""
    combs = []
    x = 5.0
    for spacing in SPACINGS_MM:
        combs.append(x + spacing * np.arange(COMB_LINES, dtype=np.float64))
        x += spacing * (COMB_LINES - 1) + _GAP_MM
    return combs


def speed_y_mm(number: int) -> float:
    """Return y of the line of a speed, counted from 0, in mm."""
    return 25.0 + 3.0 * number


def pen_card(pen: str) -> Document:
    """Return the card for a pen of the home, by its name.

    Combs of lines are numbered from 1, from narrow to wide; lines are lettered from A, from slow to fast.

    >>> from drawscape.pens import StoredPen, save_pen
    >>> card = pen_card(save_pen(StoredPen(name="micron-03-blue")).name)
    >>> card.width_mm, card.height_mm, len(card.layers)
    (90.0, 60.0, 7)
    """
    svg = SVGBuilder(*CARD_MM)
    with svg.layer(f"+S{_SLOW} card", pen=pen):
        _combs(svg)
        _overlaps(svg)
        for x in np.arange(50.0, 85.0, 2.5):
            svg.point(x, 47.0)
        _long_line(svg)
        svg.rect(1.5, 1.5, CARD_MM[0] - 3, CARD_MM[1] - 3)
    for number, speed in enumerate(SPEEDS):
        y = speed_y_mm(number)
        with svg.layer(f"+S{speed} speed", pen=pen):
            svg.line(SPEED_X_MM[0], y, SPEED_X_MM[1], y)
    return svg.document()


def _combs(svg: SVGBuilder) -> None:
    top, bottom = COMB_Y_MM
    for number, xs in enumerate(comb_lines(), 1):
        for x in xs.tolist():
            svg.line(x, top, x, bottom)
            top, bottom = bottom, top
        svg.lettering(str(number), xs.mean(), COMB_Y_MM[1] + 4.0, size=_LETTER_MM, align="center")
    for number in range(len(SPEEDS)):
        svg.lettering("ABCDEF"[number], 6.0, speed_y_mm(number) + 0.7, size=_LETTER_MM)


def _overlaps(svg: SVGBuilder) -> None:
    """Draw three squares with lines in one direction, in two, and in three."""
    for coats in (1, 2, 3):
        left = 14.0 * coats - 9.0
        square = rectangle((left, 46.0, left + 10.0, 56.0))
        for turn in range(coats):
            svg.hatch(square, spacing=1.0, angle=60.0 * turn)


def _long_line(svg: SVGBuilder) -> None:
    """Draw a meander of a quarter of a metre without a lift."""
    rows = np.arange(50.0, 57.0)
    points = [(x, y) for y in rows.tolist() for x in (50.0, 84.0)]
    points[2::4], points[3::4] = points[3::4], points[2::4]
    svg.polyline(points)
