"""The command itself: finds its subcommands, and turns errors into a line and an exit code."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from drawscape import __version__
from drawscape.cli.errors import complain, exit_code
from drawscape.cli.options import HOME
from drawscape.errors import DrawscapeError

_COMMANDS = {
    "demo": "Draw a few pictures through the queue, without a browser.",
    "doctor": "Show the installation, its problems, and how to fix them.",
    "draw": "Draw one pattern to a file, without the queue.",
    "drawings": "Find, mark, export and redraw drawings.",
    "editions": "Make editions: choose, number, plot and judge sheets.",
    "enqueue": "Queue a task by its path.",
    "jobs": "List jobs, and cancel, requeue or remove them.",
    "lab": "Start JupyterLab and a worker, and stop both together.",
    "machine": "Add plotters, check them, and move their pens.",
    "new": "Create a project: notebooks, sketches, your own tasks.",
    "pens": "Name your pens, and store their width, speed and ink.",
    "plot": "Prepare an SVG for the plotter, and plot it.",
    "plots": "Follow plots on machines: pause, resume, answer, stop.",
    "queue": "Show, check, pause and resume the queue.",
    "redraw": "Draw a file again from its metadata.",
    "sketches": "List the patterns and their parameters.",
    "web": "Start the web front and a worker.",
    "worker": "Run jobs until Ctrl-C.",
}
"""Each command's line of help, so that its module is imported when it is chosen."""

_MODULES = {
    "sketches": "draw", "redraw": "draw", "new": "lab", "plots": "heal", "web": "worker",
    "demo": "jobs", "enqueue": "jobs", "queue": "jobs",
}  # fmt: skip
"""Where a command is, if not in the module of its name."""

NOBODY_READS = 141
"""What a shell reports for a program ended by SIGPIPE, such as `cat`. The signal itself must stay
ignored: it would end a worker or a server whose peer has left."""


class CommandGroup(click.Group):
    """Subcommands by name, with their one line of help, and no import until one is chosen."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"drawscape.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command = getattr(module, cmd_name)
        _add_home(command)
        return command

    # Help is printed while a context is made, all else while it is invoked.

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _output_may_end():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _output_may_end():
            result = super().invoke(ctx)
            sys.stdout.flush()  # a full disk is noticed here, not when the interpreter ends
            return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*_COMMANDS.items()])


def _add_home(command: click.Command) -> None:
    if HOME not in command.params:
        command.params.append(HOME)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _add_home(below)


@contextmanager
def _output_may_end() -> Iterator[None]:
    """End quietly when the reader of the output has left, as `head` does after its lines.

    When the output cannot be written, as on a full disk, nothing is written after the error.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and not isinstance(error, DrawscapeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())  # the interpreter flushes once more at its end
            os.close(nowhere)
        if isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(NOBODY_READS) from None
        raise


_NAMES: dict[str, Any] = dict.fromkeys(_COMMANDS)


@click.group(
    cls=CommandGroup,
    commands=_NAMES,
    params=[HOME],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="drawscape")
def root() -> None:
    """Generative design for pen plotters: sketches, jobs, notebooks."""


def main(args: list[str] | None = None) -> None:
    """Run the command; exit codes: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted.

    It is 141, without a message, when the reader of the output has left.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed: the next file would get its number
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    try:
        code = root(args=args, prog_name="drawscape", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        complain(error.format_message())
        if isinstance(error, click.UsageError) and error.ctx is not None:
            click.echo(f"See `{error.ctx.command_path} --help`.", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except DrawscapeError as error:
        complain(error)
        sys.exit(exit_code(error))
    except UnicodeEncodeError as error:
        complain(f"{error.object!r} is not valid {error.encoding.upper()} text")
        sys.exit(2)
    except MemoryError:
        complain("not enough memory for that on this computer; ask for less")
        sys.exit(1)
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        complain(f"{where}{error.strerror or error}")
        sys.exit(1)
    else:
        if code:  # click hands back the code of a click.exceptions.Exit
            sys.exit(code)
