"""What a technical sheet has printed on it: border, zones, title block."""

from typing import Any

from drawscape.errors import SheetError
from drawscape.sheets.fitting import Box, fit_text
from drawscape.sheets.looks import Look
from drawscape.svg_builder import SVGBuilder


def draw_border(svg: SVGBuilder, look: Look, page: Box, block: Box) -> None:
    """Draw the border and, where the style has them, the zones around it."""
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
            middle = x + step / 2, (y0 + y1) / 2
            svg.lettering(str(index + 1), *middle, size=2, align="center", valign="middle")
    for index in range(down):
        step = page.height / down
        y = page.y + step * index
        for x0, x1 in ((outer.x, page.x), (page.x + page.width, outer.x + outer.width)):
            if index:
                svg.line(x0, y, x1, y)
            middle = (x0 + x1) / 2, y + step / 2
            svg.lettering(chr(65 + index), *middle, size=2, align="center", valign="middle")


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
    with svg.layer(look.text.name, color=look.text.color, width=look.text.width):
        _write(
            svg, look, title, Box(inside.x, inside.y, inside.width, upper), "title", 8.0, missing
        )
        if subtitle:
            lower = Box(inside.x, inside.y + upper, inside.width, inside.height - upper)
            _write(svg, look, subtitle, lower, "subtitle", 4.0, missing)
    column = Box(block.x + block.width - side, block.y, side, block.height)
    _draw_cells(svg, look, column, (("SHEET", sheet), ("UNITS", "millimetres")))


def _write(
    svg: SVGBuilder, look: Look, text: str, box: Box, what: str, largest: float, missing: str | None
) -> None:
    style: dict[str, Any] = {"font": look.font, "missing": missing, "line_height": 1.7}
    fitted = fit_text(text, box, what=what, largest=largest, align="left", **style)
    svg.polylines(fitted.lines)


def _draw_cells(
    svg: SVGBuilder, look: Look, column: Box, cells: tuple[tuple[str, str], ...]
) -> None:
    height = column.height / len(cells)
    for index, (label, value) in enumerate(cells):
        y = column.y + index * height
        with svg.layer(look.frame.name):
            svg.polyline([(column.x, y + height), (column.x, y), (column.x + column.width, y)])
        inside = Box(column.x + 2, y + 3.6, column.width - 4, height - 3.8)
        shown = fit_text(value, inside, font=look.font, largest=3.2, smallest=1.4, align="left")
        with svg.layer(look.text.name):
            svg.lettering(label, column.x + 2, y + 2.9, size=1.5, font=look.font)
            svg.polylines(shown.lines)
