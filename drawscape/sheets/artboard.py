"""Sheets for a drawing: border, title, legend, and the drawing placed to fit."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from drawscape.drawing.document import Document
from drawscape.drawing.paper import Orientation, paper_size
from drawscape.errors import SheetError, UnknownNameError
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.sheets.fitting import Box
from drawscape.sheets.furniture import draw_border, draw_title_block
from drawscape.sheets.legend import Legend, draw_legend, legend_rows
from drawscape.sheets.looks import STYLES, Look
from drawscape.svg_builder import SVGBuilder

Bounds = tuple[float, float, float, float]
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
    paper_color: str | None = None,
    pen_color: str | None = None,
) -> SVGBuilder:
    """Return a sheet with border, title block, legend table and `drawing` placed to fit.

    `size` is a paper's name or `'297x210'`; `legend` a mapping or rows of (label, value); `drawing` a
    canvas, an SVG's path or its text, or None for an empty sheet. `pen_color` is for all pens of the
    sheet; `paper_color` is shown behind it on screen, and drawn by no pen.
    Raises UnknownNameError for an unknown style, size or orientation, SheetError for text that does
    not fit, GlyphError for what cannot be written, SvgReadError for a drawing that cannot be read.
    """
    if style not in STYLES:
        raise UnknownNameError("artboard style", str(style), STYLES)
    look = STYLES[style].in_color(pen_color) if pen_color else STYLES[style]
    rows = legend_rows(legend)
    svg = SVGBuilder(*paper_size(size, orientation), margin=10.0, pen=look.drawing)
    svg.paper_color = paper_color
    frame = svg.frame
    page = Box(frame.x0, frame.y0, frame.width, frame.height)
    block = Box(page.x, page.y + page.height - look.block_mm, page.width, look.block_mm)
    draw_border(svg, look, page, block)
    sheet = " ".join(filter(None, (size.upper(), orientation)))
    draw_title_block(svg, look, block, (title, subtitle, sheet), missing)
    area = Box(page.x, page.y, page.width, page.height - look.block_mm).inset(5.0)
    areas = [area]
    if rows:
        table = draw_legend(svg, look, area, rows, missing)
        beside = Box(area.x, area.y, area.width - table.width - 5.0, area.height)
        below = table.height + 5.0
        areas = [beside, Box(area.x, area.y + below, area.width, area.height - below)]
    if drawing is not None:
        _place(svg, look, drawing, areas)
    return svg


def _place(svg: SVGBuilder, look: Look, drawing: Drawing, areas: Sequence[Box]) -> None:
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


def _document(drawing: Drawing, enlarged: Callable[[Bounds], float]) -> Document:
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
