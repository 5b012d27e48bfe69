"""What several commands share: options, counts, spans of time, lists, bars, errors."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from drawscape.clock import seconds
from drawscape.errors import DrawscapeError

if TYPE_CHECKING:
    from rich.table import Table

Named = TypeVar("Named")
Command = TypeVar("Command", bound=Callable[..., Any])

_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""


def option(words: str, help: str, **more: Any) -> Callable[[Command], Command]:
    """Return an option: `words` are its flags, its name where that differs, and what it takes in capitals."""
    names = [word for word in words.split() if word.startswith("-") or word.islower()]
    taken = " ".join(word for word in words.split() if word not in names) or None
    shown = more.get("default") != ()  # none at all: sphinx-click cannot show it
    return click.option(*names, help=help, metavar=taken, show_default=shown, **more)


def flag(words: str, help: str) -> Callable[[Command], Command]:
    """Return an option that takes nothing; `words` are its flags, and its name where that differs."""
    return click.option(*words.split(), help=help, is_flag=True)


def time_option(words: str, help: str, **more: Any) -> Callable[[Command], Command]:
    """Return an option that takes a span of time, in seconds."""

    def read(_context: object, asked: click.Parameter, text: str | None) -> float | None:
        return None if text is None else seconds(text, asked.opts[-1])

    return option(words, help, callback=read, **more)


def take_home(_context: object, _parameter: object, folder: str | None) -> None:
    if folder == "":
        raise click.BadParameter("'' names no folder", param_hint="--home")
    if folder is not None:
        os.environ["DRAWSCAPE_HOME"] = folder


class PathType(click.Path):
    """The type of a file or folder; refuses an empty name, `-`, and a file's that ends as a folder's."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        name = os.fspath(value)
        is_stream = name == "-" and not self.allow_dash
        if is_stream or not (name if self.dir_okay else os.path.basename(name)):
            self.fail(f"{name!r} names no {'folder' if self.dir_okay else 'file'}", param, ctx)
        return super().convert(value, param, ctx)


FOLDER = PathType(file_okay=False, path_type=Path)
FILE = PathType(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = PathType(dir_okay=False, readable=False)

HOME = click.Option(
    ["--home"],
    metavar="FOLDER",
    is_eager=True,
    expose_value=False,
    callback=take_home,
    help="Take this folder for the home, as DRAWSCAPE_HOME does.",
)
"""Every command has it."""

SLOTS = option(
    "-w --slots NUMBER",
    "Run this many jobs at once; by default one for each core, and one that sheets leave free.",
    type=click.IntRange(1, 256),
)
SEED = option(
    "--seed NUMBER", "Draw another picture with another seed, the same with the same.", default=0
)
GRACE = time_option(
    "--grace TIME",
    "Ask running tasks to end, and kill them after this time: 5, 90s, 2m.",
    default="0",
)
JSON = flag("--json as_json", "Print all that is known as JSON.")
YES = flag("--yes", "Do not ask.")


def print_json(value: object) -> None:
    """Print a value as JSON: moments in ISO 8601, null for numbers that JSON has not, as NaN."""
    text = json.dumps(
        value, default=lambda one: one.isoformat() if isinstance(one, datetime) else str(one)
    )
    click.echo(json.dumps(json.loads(text, parse_constant=lambda _: None), indent=1))


def pairs(texts: Iterable[str], what: str) -> dict[str, str]:
    """Return `NAME=VALUE` texts as a dictionary; click's UsageError, which names `what`, for another."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{text!r}: write NAME=VALUE", param_hint=what)
        found[name.strip().replace("-", "_")] = value
    return found


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `no jobs`, `1 job`, `12 jobs`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def exit_code(error: DrawscapeError) -> int:
    """Return 2 for wrong usage or input, 1 for a failure."""
    return 2 if isinstance(error, (ValueError, TypeError, LookupError, PermissionError)) else 1


def complain(error: Exception | str) -> None:
    """Write an error to stderr in the one form that all commands have."""
    click.echo(fitted(f"drawscape: {error}", sys.stderr), err=True)


def for_each(
    names: Iterable[str], find: Callable[[str], Named], act: Callable[[Named], object]
) -> None:
    """Act on each that is named, and go on after an error; exit with the highest code at the end."""
    code = 0
    for name in names:
        try:
            act(find(name))
        except DrawscapeError as error:
            code = max(code, exit_code(error))
            complain(error)
    if code:
        raise click.exceptions.Exit(code)


def fitted(text: str, stream: TextIO) -> str:
    """Return a sentence in lines that end between words where `stream` is a terminal.

    Elsewhere, and where it has several lines, as a traceback does, it stays as it is.
    """
    if not stream.isatty() or "\n" in text:
        return text
    return textwrap.fill(text, _columns(), break_long_words=False, break_on_hyphens=False)


def print_list(rows: Sequence[tuple[str, str]]) -> None:
    """Print names with what they mean in two columns: fitted to a terminal, elsewhere a line each."""
    formatter = click.HelpFormatter(width=_columns() if sys.stdout.isatty() else sys.maxsize)
    formatter.indent()
    if rows:
        formatter.write_dl(rows, col_max=40)
    click.echo(formatter.getvalue(), nl=False)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print what is known of one thing: names and values in two columns, without the empty ones."""
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
_LONG = ("job", "machine", "state", "drawing", "port", "trouble")  # may take several lines


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: Callable[[], str] | None = None,
    nothing: str = "",
) -> None:
    """Print rows under title and headings on a terminal; elsewhere a line a row, cells separated by tabs.

    `nothing` is said when there is no row.
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
    if title is not None:
        console.print(Text(title()))
    if rows:
        console.print(table(headings, rows))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> "Table":
    """Return a table for a terminal of any width, texts in it taken as they are."""
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
    """Hand out a function that shows which share is done, on a terminal's stderr only."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1000, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield lambda done: bar.update(round(1000 * done) - bar.pos)
        bar.finish()


def _columns() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)
