"""Sheets for a drawing: border, title block, legend, and the drawing placed to fit."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from drawscape.drawing.document import Document, Orientation, paper_size
from drawscape.errors import SheetError, UnknownNameError
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.regions import Bounds
from drawscape.lettering import Align, TextStyle
from drawscape.sheets.fitting import Box, fit_text
from drawscape.svg_builder import Pen, SVGBuilder

DrawingSource = str | os.PathLike[str] | bytes | SVGBuilder
"""A canvas, an SVG's path, or its content."""

Legend = Mapping[str, Any] | Sequence[Sequence[Any] | Mapping[str, Any]] | None
"""Rows of a table: label and value each, or `{"label": ..., "content": ...}`."""


@dataclass(frozen=True)
class Look:
    """How one style of sheet is drawn: pens, and the height of its title block."""

    frame: Pen
    text: Pen
    drawing: Pen
    font: str
    block_mm: float
    marks: bool


STYLES: Mapping[str, Look] = {
    "blueprint": Look(
        Pen("frame", "#16437e", 0.5),
        Pen("lettering", "#16437e", 0.35),
        Pen("drawing", "#0b2545", 0.35),
        font="rowmans",
        block_mm=26.0,
        marks=True,
    ),
    "basic": Look(
        Pen("frame", "black", 0.4),
        Pen("lettering", "black", 0.35),
        Pen("drawing", "black", 0.3),
        font="futural",
        block_mm=20.0,
        marks=False,
    ),
    "airport": Look(
        Pen("frame", "#1c1c1c", 0.7),
        Pen("lettering", "#1c1c1c", 0.5),
        Pen("drawing", "#b8860b", 0.35),
        font="futuram",
        block_mm=30.0,
        marks=False,
    ),
}
"""The styles of sheets by name."""


def artboard(
    style: str,
    title: str,
    subtitle: str = "",
    size: str = "a4",
    orientation: Orientation = "landscape",
    legend: Legend = None,
    drawing: DrawingSource | None = None,
    *,
    missing: str | None = None,
    paper_color: str | None = None,
    pen_color: str | None = None,
) -> SVGBuilder:
    """Return a sheet with border, title block, legend table and `drawing` placed to fit.

    `size` is a paper's name or `'297x210'`, `legend` a mapping or rows of (label, value). `drawing` is
    a canvas, an SVG's path or its text, or None for an empty sheet. `pen_color` is for all pens of the
    sheet; `paper_color` is shown behind it on screen, and drawn by no pen.
    Raises UnknownNameError for an unknown style, size or orientation, and SheetError for text that does
    not fit. Raises GlyphError for what cannot be written, SvgReadError for a drawing that cannot be
    read.
    """
    if style not in STYLES:
        raise UnknownNameError("artboard style", style, STYLES)
    look = STYLES[style]
    if pen_color:
        parts = ("frame", "text", "drawing")
        look = replace(look, **{k: replace(getattr(look, k), color=pen_color) for k in parts})
    rows = legend_rows(legend)
    svg = SVGBuilder(*paper_size(size, orientation), margin=10.0, pen=look.drawing)
    svg.paper_color = paper_color
    frame = svg.frame
    page = Box(frame.x0, frame.y0, frame.width, frame.height)
    block = Box(page.x, page.y + page.height - look.block_mm, page.width, look.block_mm)
    area = Box(page.x, page.y, page.width, page.height - look.block_mm).inset(5.0)
    if min(area.width, area.height) <= 0:
        raise SheetError(f"a sheet of {size} has no room above its title block; give a larger one")
    draw_border(svg, look, page, block)
    sheet = " ".join(filter(None, (size.upper(), orientation)))
    draw_title_block(svg, look, block, (title, subtitle, sheet), missing)
    areas = [area]
    if rows:
        table = draw_legend(svg, look, area, rows, missing)
        beside = Box(area.x, area.y, area.width - table.width - 5.0, area.height)
        below = table.height + 5.0
        areas = [beside, Box(area.x, area.y + below, area.width, area.height - below)]
    if drawing is not None:
        _place(svg, look, drawing, areas)
    return svg


def _place(svg: SVGBuilder, look: Look, drawing: DrawingSource, areas: Sequence[Box]) -> None:
    """Draw `drawing` in the one of `areas` that lets it be larger, centred; its own pens stay apart."""
    document = _document(drawing, lambda bounds: max(_scale(bounds, area) for area in areas))
    bounds = document.lines.bounds
    if bounds is None:
        left_out = f": {'; '.join(document.unsupported)}" if document.unsupported else ""
        raise SheetError(f"the drawing holds no lines{left_out}; draw something on it first")
    scale, area = max(((_scale(bounds, area), area) for area in areas), key=lambda fit: fit[0])
    # The middle of the sheet where nothing is beside it, else as near to that as the legend allows.
    half = (bounds[2] - bounds[0]) * scale / 2
    middle_x = max(min(areas[-1].cx, area.x + area.width - half), area.x + half)
    middle = np.array((bounds[0] + bounds[2], bounds[1] + bounds[3])) / 2
    shift = np.array((middle_x, area.cy)) - middle * scale
    for index, layer in enumerate(document.layers, 1):
        placed = layer.lines.with_points(layer.lines.points * scale + shift)
        if len(document.layers) == 1:
            svg.polylines(placed)
            continue
        with svg.layer(f"{look.drawing.name} {index}", color=layer.color, width=layer.width_mm):
            svg.polylines(placed)


def _document(drawing: DrawingSource, enlarged: Callable[[Bounds], float]) -> Document:
    """Return the drawing with its curves as fine as the size at which it is placed asks for."""
    if isinstance(drawing, SVGBuilder):
        document = drawing.document()
        bounds = document.lines.bounds
        factor = max(enlarged(bounds), 1.0) if bounds else 1.0
        return drawing.document(TOLERANCE_MM / factor) if factor > 1 else document
    from drawscape.svg.read import read_svg

    return read_svg(drawing, enlarged=enlarged)


def _scale(bounds: Bounds, area: Box) -> float:
    x0, y0, x1, y1 = bounds
    return min(area.width / max(x1 - x0, 1e-9), area.height / max(y1 - y0, 1e-9))


_MOST_ROWS = 24


def legend_rows(legend: Legend) -> list[tuple[str, str]]:
    if not legend:
        return []
    rows = []
    for pair in legend.items() if isinstance(legend, Mapping) else legend:
        if isinstance(pair, Mapping) and {"label", "content"} <= pair.keys():
            pair = (pair["label"], pair["content"])
        if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise SheetError(f"legend row {pair!r}: each row is a label and a value")
        rows.append((str(pair[0]), str(pair[1])))
    if len(rows) > _MOST_ROWS:
        raise SheetError(f"the legend has {len(rows)} rows; at most {_MOST_ROWS} fit")
    return rows


def draw_legend(
    svg: SVGBuilder, look: Look, area: Box, rows: Sequence[tuple[str, str]], missing: str | None
) -> Box:
    """Draw the table in the upper right corner of `area` and return its box."""
    height = min(7.0, area.height / (len(rows) + 1))
    letters = TextStyle(look.font, min(2.6, height * 0.42), missing=missing)
    left, right = _widths(rows, letters, area.width * 0.4)
    width = left + right
    table = Box(area.x + area.width - width, area.y, width, height * (len(rows) + 1))
    middle = table.x + left
    rules = [table.y + height * index for index in range(1, len(rows) + 1)]
    with svg.layer(look.frame.name):
        svg.rect(*table)
        svg.line(middle, rules[0], middle, table.y + table.height)
        for y in rules:
            svg.line(table.x, y, table.x + width, y)
    style: dict[str, Any] = {"largest": letters.size, "smallest": 0.9, "line_height": 1.5}
    cells = [("LEGEND", table.x, table.y, width)]
    for (label, value), y in zip(rows, rules, strict=True):
        cells += [(label, table.x, y, left), (value, middle, y, right)]
    for text, x, y, wide in cells:
        inside = Box(x + 1.6, y, wide - 3.2, height)
        if text.strip():
            style["align"] = "left" if y > table.y else "center"
            _write(svg, look, text, inside, what="legend entry", missing=missing, **style)
    return table


def _widths(
    rows: Sequence[tuple[str, str]], letters: TextStyle, limit: float
) -> tuple[float, float]:
    """Return the widths of the two columns, `limit` mm together at most."""
    left, right = (max(letters.width(row[column]) for row in rows) + 4.0 for column in (0, 1))
    if left + right > limit:
        # The shorter column keeps its width where it can; the longer one's text shrinks.
        left = max(min(left, limit / 2), limit - right)
        right = limit - left
    return left, max(right, letters.width("LEGEND") + 4.0 - left)


def _write(
    svg: SVGBuilder, look: Look, text: str, box: Box, align: Align = "left", **style: Any
) -> None:
    fitted = fit_text(text, box, font=look.font, align=align, **style)
    with svg.layer(look.text.name, color=look.text.color, width=look.text.width):
        svg.polylines(fitted.lines)


def draw_border(svg: SVGBuilder, look: Look, page: Box, block: Box) -> None:
    """Draw the border and, where the style has them, the zones around it."""
    with svg.layer(look.frame.name, color=look.frame.color, width=look.frame.width):
        svg.rect(*page)
        svg.line(block.x, block.y, block.x + block.width, block.y)
        if look.marks:
            outer = page.inset(-4.0)
            svg.rect(*outer)
            _grid_marks(svg, page, outer)


def _grid_marks(svg: SVGBuilder, page: Box, outer: Box) -> None:
    """Draw the zones of a technical sheet's edge, numbered across and lettered down (ISO 5457)."""
    x, y = (outer.x, page.x, page.x + page.width), (outer.y, page.y, page.y + page.height)
    for first, size, edges, turn in ((page.x, page.width, y, 1), (page.y, page.height, x, -1)):
        count = max(2, round(size / 50))
        step = size / count
        for index in range(count):
            at = first + step * index
            for near, far in ((edges[0], edges[1]), (edges[2], edges[2] + edges[1] - edges[0])):
                if index:
                    (x0, y0), (x1, y1) = (at, near)[::turn], (at, far)[::turn]
                    svg.line(x0, y0, x1, y1)
                middle = (at + step / 2, (near + far) / 2)[::turn]
                name = str(index + 1) if turn > 0 else chr(65 + index)
                svg.lettering(name, *middle, size=2, align="center", valign="middle")


def draw_title_block(
    svg: SVGBuilder, look: Look, block: Box, words: tuple[str, str, str], missing: str | None
) -> None:
    """Draw the block with its `words`: title, subtitle (may be empty) and the sheet's format.

    Raises SheetError for a title that is empty and for text that does not fit.
    """
    title, subtitle, sheet = words
    if not isinstance(title, str) or not title.strip():
        raise SheetError(f"title {title!r} is empty; a sheet needs one")
    side = min(52.0, block.width * 0.28)
    inside = Box(block.x + 4, block.y + 2, block.width - side - 8, block.height - 4)
    upper = inside.height * (0.6 if subtitle else 1.0)
    top = Box(inside.x, inside.y, inside.width, upper)
    style: dict[str, Any] = {"missing": missing, "line_height": 1.7}
    _write(svg, look, title, top, what="title", largest=8.0, **style)
    if subtitle:
        lower = Box(inside.x, inside.y + upper, inside.width, inside.height - upper)
        _write(svg, look, subtitle, lower, what="subtitle", largest=4.0, **style)
    x, height = block.x + block.width - side, block.height / 2
    for label, value, y in (("SHEET", sheet, block.y), ("UNITS", "millimetres", block.y + height)):
        with svg.layer(look.frame.name):
            svg.polyline([(x, y + height), (x, y), (x + side, y)])
        with svg.layer(look.text.name):
            svg.lettering(label, x + 2, y + 2.9, size=1.5, font=look.font)
        box = Box(x + 2, y + 3.6, side - 4, height - 3.8)
        _write(svg, look, value, box, largest=3.2, smallest=1.4)
