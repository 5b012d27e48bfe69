"""How commands report errors: one line on stderr, and an exit code."""

import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

import click

from drawscape.cli.printing import fitted
from drawscape.errors import DrawscapeError

Named = TypeVar("Named")

_END = 600  # characters


def exit_code(error: DrawscapeError) -> int:
    """Return 2 for wrong usage or input, 1 for a failure."""
    return 2 if isinstance(error, (ValueError, TypeError, LookupError, PermissionError)) else 1


def complain(error: Exception | str) -> None:
    """Write an error to stderr, in the same form for all commands; of a long one, its two ends."""
    text = f"drawscape: {error}"
    if len(text) > 2 * _END:
        text = f"{text[:_END]} ... {text[-_END:]}"
    click.echo(fitted(text, sys.stderr), err=True)


def for_each(
    names: Iterable[str], find: Callable[[str], Named], act: Callable[[Named], object]
) -> None:
    """Act on each name, continue after errors, and exit with the highest code at the end."""
    code = 0
    for name in names:
        try:
            act(find(name))
        except DrawscapeError as error:
            code = max(code, exit_code(error))
            complain(error)
    if code:
        raise click.exceptions.Exit(code)
