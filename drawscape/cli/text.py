"""Output that several commands share: counts, spans of time, lists, bars, errors."""

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO, TypeVar

import click

from drawscape.errors import DrawscapeError

Named = TypeVar("Named")

_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `no jobs`, `1 job`, `12 jobs`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """Return a span in a unit that suits it: `340ms`, `12s`, `5m`, `3h`, `9d`."""
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f}ms"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def exit_code(error: DrawscapeError) -> int:
    """Return 2 for wrong usage or input, 1 for a failure."""
    return 2 if isinstance(error, (ValueError, TypeError, LookupError)) else 1


def complain(error: Exception | str) -> None:
    """Write an error to stderr in the one form that all commands have."""
    click.echo(fitted(f"drawscape: {error}", sys.stderr), err=True)


def for_each(
    names: Iterable[str], find: Callable[[str], Named], act: Callable[[Named], object]
) -> int:
    """Act on each that is named, and go on after an error; return the highest exit code."""
    code = 0
    for name in names:
        try:
            act(find(name))
        except DrawscapeError as error:
            code = max(code, exit_code(error))
            complain(error)
    return code


def fitted(text: str, stream: TextIO) -> str:
    """Return a sentence in lines that end between words where `stream` is a terminal.

    Elsewhere, and where it has lines of its own, as a traceback does, it stays as it is.
    """
    if not stream.isatty() or "\n" in text:
        return text
    return textwrap.fill(text, _columns(), break_long_words=False, break_on_hyphens=False)


def print_list(rows: Sequence[tuple[str, str]]) -> None:
    """Print names with what they mean in two columns: fitted to a terminal, elsewhere a line each."""
    longest = max((len(name) for name, _ in rows), default=0)
    if not sys.stdout.isatty():
        for name, text in rows:
            click.echo(f"  {name:<{longest}}  {text}")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 0, 0, 2))
    table.add_column(no_wrap=True)
    for name, text in rows:
        table.add_row(Text(name), Text(text))
    Console(width=_columns()).print(table)


@contextmanager
def progress_bar(label: str, total: float = 1.0) -> Iterator[Callable[[float], None]]:
    """Hand out a function that shows how much of `total` is done, on a terminal's stderr only."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)
        progress.update(task, completed=total)


def _columns() -> int:
    import shutil

    return min(shutil.get_terminal_size().columns, _WIDEST)
