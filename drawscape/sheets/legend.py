"""A sheet's legend: a table of labels and values."""

from collections.abc import Mapping, Sequence
from typing import Any

from drawscape.errors import SheetError
from drawscape.lettering import Align, Style
from drawscape.sheets.fitting import Box, fit_text
from drawscape.sheets.looks import Look
from drawscape.svg_builder import SVGBuilder

Legend = Mapping[str, Any] | Sequence[Sequence[Any] | Mapping[str, Any]] | None
"""Rows of a table: label and value each, or `{"label": ..., "content": ...}`."""

_MOST_ROWS = 24


def legend_rows(legend: Legend) -> list[tuple[str, str]]:
    if not legend:
        return []
    pairs = list(legend.items()) if isinstance(legend, Mapping) else list(legend)
    rows = []
    for pair in pairs:
        if isinstance(pair, Mapping) and {"label", "content"} <= pair.keys():
            pair = (pair["label"], pair["content"])
        if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise SheetError(f"legend row {pair!r}: each row is a label and a value")
        rows.append((str(pair[0]), str(pair[1])))
    if len(rows) > _MOST_ROWS:
        raise SheetError(f"the legend has {len(rows)} rows; {_MOST_ROWS} at most")
    return rows


def draw_legend(
    svg: SVGBuilder, look: Look, area: Box, rows: Sequence[tuple[str, str]], missing: str | None
) -> Box:
    """Draw the table in the upper right corner of `area` and return its box."""
    height = min(7.0, area.height / (len(rows) + 1))
    letters = Style(look.font, min(2.6, height * 0.42), missing=missing)
    left, right = _widths(rows, letters, area.width * 0.4)
    width = left + right
    table = Box(area.x + area.width - width, area.y, width, height * (len(rows) + 1))
    middle = table.x + left
    with svg.layer(look.frame.name):
        _draw_rules(svg, table, height, middle)
    with svg.layer(look.text.name):
        _write(svg, "LEGEND", Box(table.x, table.y, width, height), letters, align="center")
        for index, (label, value) in enumerate(rows, 1):
            y = table.y + height * index
            _write(svg, label, Box(table.x, y, left, height), letters)
            _write(svg, value, Box(middle, y, right, height), letters)
    return table


def _widths(rows: Sequence[tuple[str, str]], letters: Style, limit: float) -> tuple[float, float]:
    """Return the widths of the two columns, `limit` mm together at most."""
    left, right = (max(letters.width(row[column]) for row in rows) + 4.0 for column in (0, 1))
    if left + right > limit:
        # The shorter column keeps its width where it can; the longer one's text shrinks.
        left = max(min(left, limit / 2), limit - right)
        right = limit - left
    return left, max(right, letters.width("LEGEND") + 4.0 - left)


def _draw_rules(svg: SVGBuilder, table: Box, height: float, middle: float) -> None:
    right, bottom = table.x + table.width, table.y + table.height
    svg.rect(table.x, table.y, table.width, table.height)
    svg.line(middle, table.y + height, middle, bottom)
    for index in range(1, round(table.height / height)):
        y = table.y + height * index
        svg.line(table.x, y, right, y)


def _write(svg: SVGBuilder, text: str, cell: Box, letters: Style, align: Align = "left") -> None:
    if not text.strip():
        return
    fitted = fit_text(
        text,
        Box(cell.x + 1.6, cell.y, cell.width - 3.2, cell.height),
        what="legend entry",
        font=letters.font,
        largest=letters.size,
        smallest=0.9,
        align=align,
        line_height=1.5,
        missing=letters.missing,
    )
    svg.polylines(fitted.lines)
