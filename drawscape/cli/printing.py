"""What commands print: lists, tables, facts, JSON, errors and bars; fitted to a terminal, plain elsewhere."""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.table import Table

_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""


def print_json(value: object) -> None:
    """Print a value as JSON: moments in ISO 8601, null for numbers that JSON lacks, such as NaN."""
    text = json.dumps(
        value, default=lambda one: one.isoformat() if isinstance(one, datetime) else str(one)
    )
    click.echo(json.dumps(json.loads(text, parse_constant=lambda _: None), indent=1))


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `no jobs`, `1 job`, `12 jobs`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def fitted(text: str, stream: TextIO) -> str:
    """Return a sentence in lines that end between words where `stream` is a terminal.

    Elsewhere, or if it has several lines like a traceback, it is unchanged.
    """
    if not stream.isatty() or "\n" in text:
        return text
    return textwrap.fill(text, _columns(), break_long_words=False, break_on_hyphens=False)


def print_list(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and their meanings in two columns: fitted to a terminal, elsewhere a line each."""
    formatter = click.HelpFormatter(width=_columns() if sys.stdout.isatty() else sys.maxsize)
    formatter.indent()
    if rows:
        formatter.write_dl(rows, col_max=40)
    click.echo(formatter.getvalue(), nl=False)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print the facts of one thing: names and values in two columns, without empty values."""
    print_list(
        [
            (name, f"{v.astimezone():%Y-%m-%d %H:%M:%S %Z}" if isinstance(v, datetime) else str(v))
            for name, v in facts.items()
            if v not in (None, "")
        ]
    )


_COLOURS = {
    "queued": "cyan",
    "scheduled": "blue",
    "deferred": "blue",
    "started": "yellow",
    "finished": "green",
    "failed": "red",
    "stopped": "magenta",
    "canceled": "magenta",
}
"""Of statuses of jobs, in tables on a terminal."""
_LONG = ("job", "machine", "state", "drawing", "port")  # may take several lines


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    nothing: str = "",
) -> None:
    """Print rows under title and headings on a terminal; elsewhere a line a row, cells separated by tabs.

    `nothing` is printed when there is no row.
    """
    if nothing and not rows:
        click.echo(nothing, err=True)
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console()
    if title:
        console.print(Text(title))
    if rows:
        console.print(table(headings, rows))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> "Table":
    """Return a table for a terminal of any width; its texts are literal, not markup."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False)
    for heading in headings:
        made.add_column(heading, no_wrap=heading not in _LONG, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell, _COLOURS.get(cell.partition(" ")[0], "")) for cell in row))
    return made


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None]]:
    """Yield a function that shows the fraction done, on a terminal's stderr only."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1000, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield lambda done: bar.update(round(1000 * done) - bar.pos)
        bar.update(1000 - bar.pos)


def _columns() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)
