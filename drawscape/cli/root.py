"""The command itself: finds its subcommands, and turns errors into a line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from drawscape import __version__
from drawscape.cli.text import complain, exit_code
from drawscape.errors import DrawscapeError

_COMMANDS = {
    "demo": (
        "drawscape.cli.demo",
        "demo",
        "Draw a few pictures through the queue, without a browser.",
    ),
    "draw": ("drawscape.cli.draw", "draw", "Draw one pattern to a file, without the queue."),
    "jobs": ("drawscape.cli.jobs", "jobs", "Look at jobs, and cancel, retry or remove them."),
    "lab": ("drawscape.cli.lab", "lab", "Start a worker and JupyterLab; stop both together."),
    "new": ("drawscape.cli.new", "new", "Make a project: notebooks, sketches, tasks of your own."),
    "plot": ("drawscape.cli.plot", "plot", "Prepare an SVG for the plotter: order, merge, export."),
    "redraw": ("drawscape.cli.draw", "redraw", "Draw a file again from what its metadata says."),
    "sketches": ("drawscape.cli.draw", "sketches", "List the patterns and their parameters."),
    "web": ("drawscape.cli.web", "web", "Serve the web front and a worker."),
    "worker": ("drawscape.cli.worker", "worker", "Run jobs until Ctrl-C."),
}

NOBODY_READS = 141
"""What a shell reports of a program that SIGPIPE ended, as it does `cat`. The signal itself has to stay
ignored: it would end a worker or a server whose peer has left."""


class _Commands(click.Group):
    """Subcommands by name, with their one line of help, and no import until one is chosen."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    # Help is printed while a context is made, all else while it is invoked.

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _reader_may_leave():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _reader_may_leave():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][2]) for name in sorted(_COMMANDS)])


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """End quietly when nobody reads the output any more, as `head` does not after its lines."""
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # the interpreter flushes once more at its end
        os.close(nowhere)
        raise click.exceptions.Exit(NOBODY_READS) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="drawscape")
def root() -> None:
    """Generative design for pen plotters: sketches, jobs, notebooks."""


def main(args: list[str] | None = None) -> None:
    """Run the command; exit codes: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted.

    141, without a word, when the reader of the output has left.
    """
    try:
        code = root(args=args, prog_name="drawscape", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        complain(error.format_message())
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except DrawscapeError as error:
        complain(error)
        sys.exit(exit_code(error))
    except OSError as error:
        if error.filename is None:
            raise
        complain(f"{error.filename}: {error.strerror or error}")
        sys.exit(1)
    else:
        if code:  # click hands back what a click.exceptions.Exit said
            sys.exit(code)
