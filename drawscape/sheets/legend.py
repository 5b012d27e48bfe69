"""A sheet's legend: a table of labels and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drawscape.errors import SheetError
from drawscape.lettering import Style
from drawscape.sheets.fitting import Box, fit_text
from drawscape.sheets.looks import Look
from drawscape.svg_builder import SVGBuilder

Legend = Mapping[str, Any] | Sequence[Sequence[Any]] | None
"""Rows of a table: label and value each."""

_MOST_ROWS = 24


def legend_rows(legend: Legend) -> list[tuple[str, str]]:
    if not legend:
        return []
    pairs = list(legend.items()) if isinstance(legend, Mapping) else list(legend)
    rows = []
    for pair in pairs:
        if isinstance(pair, (str, bytes)) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise SheetError(f"legend row {pair!r}: each row is a label and a value")
        rows.append((str(pair[0]), str(pair[1])))
    if len(rows) > _MOST_ROWS:
        raise SheetError(f"the legend has {len(rows)} rows; {_MOST_ROWS} at most")
    return rows


def draw_legend(
    svg: SVGBuilder, look: Look, room: Box, rows: Sequence[tuple[str, str]], missing: str | None
) -> Box:
    """Draw the table in the upper right corner and return its box."""
    height = min(7.0, room.height / (len(rows) + 1))
    size = min(2.6, height * 0.42)
    letters = Style(look.font, size, missing=missing)
    widths = [max(letters.width(row[column]) for row in rows) + 4.0 for column in (0, 1)]
    limit = room.width * 0.4
    if sum(widths) > limit:
        # The shorter column keeps its width where it can; the longer one's text shrinks.
        widths[0] = max(min(widths[0], limit / 2), limit - widths[1])
        widths[1] = limit - widths[0]
    widths[1] = max(widths[1], letters.width("LEGEND") + 4.0 - widths[0])
    table = Box(room.x + room.width - sum(widths), room.y, sum(widths), height * (len(rows) + 1))
    middle = table.x + widths[0]
    with svg.layer(look.frame.name):
        svg.rect(table.x, table.y, table.width, table.height)
        for index in range(1, len(rows) + 1):
            svg.line(
                table.x, table.y + height * index, table.x + table.width, table.y + height * index
            )
        svg.line(middle, table.y + height, middle, table.y + table.height)
    with svg.layer(look.text.name):
        svg.lettering(
            "LEGEND",
            table.cx,
            table.y + height / 2,
            size=size,
            font=look.font,
            align="center",
            valign="middle",
        )
        for index, row in enumerate(rows, 1):
            for x, width, text in ((table.x, widths[0], row[0]), (middle, widths[1], row[1])):
                cell = Box(x + 1.6, table.y + height * index, width - 3.2, height)
                if text.strip():
                    svg.polylines(
                        fit_text(
                            text, cell, what="legend entry", font=look.font, largest=size, smallest=0.9,
                            align="left", line_height=1.5, missing=missing,
                        ).lines
                    )  # fmt: skip
    return table
