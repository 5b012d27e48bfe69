"""What several commands share of how things are said: counts, spans of time, errors."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TextIO

import click

from drawscape.errors import DrawscapeError

_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `no jobs`, `1 job`, `12 jobs`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """Return a span as a person would say it: `340ms`, `12s`, `5m`, `3h`, `9d`."""
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f}ms"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def exit_code(error: DrawscapeError) -> int:
    """Return 2 for what was asked wrongly, 1 for what went wrong."""
    return 2 if isinstance(error, (ValueError, TypeError, LookupError)) else 1


def complain(error: Exception | str) -> None:
    """Write an error to stderr in the one form that all commands have."""
    click.echo(fitted(f"drawscape: {error}", sys.stderr), err=True)


def fitted(text: str, stream: TextIO) -> str:
    """Return a sentence in lines that end between words where `stream` is a terminal.

    Elsewhere, and where it has lines of its own, as a traceback does, it stays as it is.
    """
    if not stream.isatty() or "\n" in text:
        return text
    return textwrap.fill(text, _columns(), break_long_words=False, break_on_hyphens=False)


def listed(rows: Sequence[tuple[str, str]]) -> str:
    """Return names with what they mean in two columns, for stdout: lines on a terminal, else one each."""
    longest = max((len(name) for name, _ in rows), default=0)
    if not sys.stdout.isatty():
        return "\n".join(f"  {name:<{longest}}  {text}" for name, text in rows)
    shown = []
    for name, text in rows:
        lines = textwrap.wrap(text, max(20, _columns() - longest - 4), break_on_hyphens=False)
        shown.append(f"  {name:<{longest}}  " + f"\n{'':{longest + 4}}".join(lines))
    return "\n".join(shown)


def _columns() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)
