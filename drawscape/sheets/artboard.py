"""Sheets for a drawing: border, title, legend, and the drawing placed to fit."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from drawscape.canvas.paper import Orientation, paper_size
from drawscape.errors import SheetError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.sheets.fitting import Box, fit_text
from drawscape.sheets.legend import Legend, draw_legend, legend_rows
from drawscape.sheets.looks import STYLES, Look
from drawscape.svg_builder import Pen, SVGBuilder

Drawing = str | os.PathLike[str] | bytes | SVGBuilder
"""A canvas, an SVG's path, or its content."""


def artboard(
    style: str,
    title: str,
    subtitle: str = "",
    size: str = "a4",
    orientation: Orientation = "landscape",
    legend: Legend = None,
    drawing: Drawing | None = None,
    *,
    missing: str | None = None,
) -> SVGBuilder:
    """Return a sheet with border, title block, legend table and `drawing` placed to fit.

    `size` is a paper's name or `'297x210'`; `legend` a mapping or rows of (label, value); `drawing` a
    canvas, an SVG's path or its text, or None for an empty sheet.
    Raises UnknownNameError for an unknown style, size or orientation, SheetError for text that does
    not fit, GlyphError for what cannot be written, SvgReadError for a drawing that cannot be read.
    """
    if style not in STYLES:
        raise UnknownNameError("artboard style", str(style), STYLES)
    look = STYLES[style]
    rows = legend_rows(legend)
    svg = SVGBuilder(*paper_size(size, orientation), margin=10.0, pen=look.drawing)
    frame = svg.frame
    page = Box(frame.x0, frame.y0, frame.width, frame.height)
    block = Box(page.x, page.y + page.height - look.block_mm, page.width, look.block_mm)
    _border(svg, look, page, block)
    _title_block(svg, look, block, title, subtitle, f"{size.upper()} {orientation}", missing)
    room = Box(page.x, page.y, page.width, page.height - look.block_mm).inset(5.0)
    rooms = [room]
    if rows:
        table = draw_legend(svg, look, room, rows, missing)
        beside = Box(room.x, room.y, room.width - table.width - 5.0, room.height)
        below = table.height + 5.0
        rooms = [beside, Box(room.x, room.y + below, room.width, room.height - below)]
    if drawing is not None:
        _place(svg, look, drawing, rooms)
    return svg


def _border(svg: SVGBuilder, look: Look, page: Box, block: Box) -> None:
    with svg.layer(look.frame.name, color=look.frame.color, width=look.frame.width):
        svg.rect(page.x, page.y, page.width, page.height)
        svg.line(block.x, block.y, block.x + block.width, block.y)
        if look.marks:
            outer = page.inset(-4.0)
            svg.rect(outer.x, outer.y, outer.width, outer.height)
            _grid_marks(svg, page, outer)


def _grid_marks(svg: SVGBuilder, page: Box, outer: Box) -> None:
    """Draw the zones of a technical sheet's edge, numbered across and lettered down (ISO 5457)."""
    across, down = max(2, round(page.width / 50)), max(2, round(page.height / 50))
    for index in range(across):
        step = page.width / across
        x = page.x + step * index
        for y0, y1 in ((outer.y, page.y), (page.y + page.height, outer.y + outer.height)):
            if index:
                svg.line(x, y0, x, y1)
            svg.lettering(
                str(index + 1), x + step / 2, (y0 + y1) / 2, size=2, align="center", valign="middle"
            )
    for index in range(down):
        step = page.height / down
        y = page.y + step * index
        for x0, x1 in ((outer.x, page.x), (page.x + page.width, outer.x + outer.width)):
            if index:
                svg.line(x0, y, x1, y)
            svg.lettering(
                chr(65 + index),
                (x0 + x1) / 2,
                y + step / 2,
                size=2,
                align="center",
                valign="middle",
            )


def _title_block(
    svg: SVGBuilder,
    look: Look,
    block: Box,
    title: str,
    subtitle: str,
    format_: str,
    missing: str | None,
) -> None:
    if not isinstance(title, str) or not title.strip():
        raise SheetError(f"title {title!r} is empty; a sheet needs one")
    side = min(52.0, block.width * 0.28)
    words = Box(block.x + 4, block.y + 2, block.width - side - 8, block.height - 4)
    upper = words.height * (0.6 if subtitle else 1.0)
    parts = [(title, Box(words.x, words.y, words.width, upper), "title", 8.0)]
    if subtitle:
        lower = Box(words.x, words.y + upper, words.width, words.height - upper)
        parts.append((subtitle, lower, "subtitle", 4.0))
    with svg.layer(look.text.name, color=look.text.color, width=look.text.width):
        for text, box, what, largest in parts:
            fitted = fit_text(
                text,
                box,
                what=what,
                font=look.font,
                largest=largest,
                align="left",
                missing=missing,
                line_height=1.7,
            )
            svg.polylines(fitted.lines)
    x = block.x + block.width - side
    with svg.layer(look.frame.name):
        svg.line(x, block.y, x, block.y + block.height)
        svg.line(x, block.y + block.height / 2, block.x + block.width, block.y + block.height / 2)
    cells = (("SHEET", format_), ("UNITS", "millimetres"))
    with svg.layer(look.text.name):
        for index, (label, value) in enumerate(cells):
            cell = Box(x, block.y + index * block.height / 2, side, block.height / 2)
            svg.lettering(label, cell.x + 2, cell.y + 2.9, size=1.5, font=look.font)
            inside = Box(cell.x + 2, cell.y + 3.6, cell.width - 4, cell.height - 3.8)
            svg.polylines(
                fit_text(
                    value, inside, font=look.font, largest=3.2, smallest=1.4, align="left"
                ).lines
            )


def _place(svg: SVGBuilder, look: Look, drawing: Drawing, rooms: Sequence[Box]) -> None:
    """Draw `drawing` in the one of `rooms` that lets it be larger, centred; its own pens stay apart."""
    layers = _layers(drawing)
    bounds = Lines.join(lines for _, lines in layers).bounds
    if bounds is None:
        raise SheetError("the drawing holds no lines; draw something on it first")
    scale, room = max(((_scale(bounds, room), room) for room in rooms), key=lambda fit: fit[0])
    middle = np.array((bounds[0] + bounds[2], bounds[1] + bounds[3])) / 2
    shift = np.array((room.cx, room.cy)) - middle * scale
    for index, (pen, lines) in enumerate(layers, 1):
        placed = lines.with_points(lines.points * scale + shift)
        if len(layers) == 1:
            svg.polylines(placed)
            continue
        with svg.layer(f"{look.drawing.name} {index}", color=pen.color, width=pen.width):
            svg.polylines(placed)


def _layers(drawing: Drawing) -> list[tuple[Pen, Lines]]:
    if isinstance(drawing, SVGBuilder):
        return drawing.layers()
    from drawscape.svg_reader import read_svg

    document = read_svg(drawing)
    if not document.layers and document.unsupported:
        raise SheetError(f"the drawing holds no lines: {'; '.join(document.unsupported)}")
    width = Pen().width
    return [
        (Pen(part.name, part.color, part.width_mm or width), part.lines) for part in document.layers
    ]


def _scale(bounds: tuple[float, float, float, float], room: Box) -> float:
    x0, y0, x1, y1 = bounds
    return min(room.width / max(x1 - x0, 1e-9), room.height / max(y1 - y0, 1e-9))
