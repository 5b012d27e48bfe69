"""Statistics for people: a table on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable

import click

from drawscape.plot.statistics import Statistics, matched

_COLUMNS: tuple[tuple[str, Callable[[Statistics], str]], ...] = (
    ("lines", lambda row: f"{row.lines:,}"),
    ("points", lambda row: f"{row.points:,}"),
    ("pen down", lambda row: f"{row.pen_down_mm / 1000:.2f} m"),
    ("pen up", lambda row: f"{row.pen_up_mm / 1000:.2f} m"),
    ("lifts", lambda row: f"{row.lifts:,}"),
    ("time", lambda row: duration(row.seconds)),
)


def show_statistics(
    before: tuple[Statistics, ...], after: tuple[Statistics, ...] | None, *, err: bool
) -> None:
    """Print the figures of each layer and their total; with `after`, both and the total's saving."""
    rows = before if after is None else matched(before, after)
    stream = sys.stderr if err else sys.stdout
    show = _table if stream.isatty() else _plain
    show(before, None if after is None else rows, err)


def _cells(before: Statistics, after: Statistics | None) -> list[str]:
    cells = []
    for _, text_of in _COLUMNS:
        was = text_of(before)
        cells.append(was if after is None or text_of(after) == was else f"{was} → {text_of(after)}")
    return cells


def _plain(before: tuple[Statistics, ...], after: tuple[Statistics, ...] | None, err: bool) -> None:
    for index, row in enumerate(before):
        cells = _cells(row, None if after is None else after[index])
        parts = [f"{title} {cell}" for (title, _), cell in zip(_COLUMNS, cells, strict=True)]
        click.echo(f"{row.name}: {', '.join(parts)}", err=err)


def _table(before: tuple[Statistics, ...], after: tuple[Statistics, ...] | None, err: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer")
    for title, _ in _COLUMNS:
        table.add_column(title, justify="right")
    for index, row in enumerate(before):
        total = index == len(before) - 1
        if total:
            table.add_section()
        cells = _cells(row, None if after is None else after[index])
        # A layer's name may hold square brackets; they are no markup.
        table.add_row(Text(row.name), *cells, style="bold" if total else "")
    Console(stderr=err).print(table)


def duration(seconds: float) -> str:
    """Return seconds in words: `45 s`, `12 min 05 s`, `2 h 07 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
