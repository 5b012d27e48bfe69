"""Options and arguments that several commands share: how they are declared, and how they are read."""

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from drawscape.durations import seconds

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def option(words: str, help: str, **more: Any) -> Callable[[Decorated], Decorated]:
    """Return an option; `words` are its flags, its name if that differs, and its value in capitals."""
    names = [word for word in words.split() if word.startswith("-") or word.islower()]
    taken = " ".join(word for word in words.split() if word not in names) or None
    shown = more.get("default") != ()  # sphinx-click cannot show an empty default
    return click.option(*names, help=help, metavar=taken, show_default=shown, **more)


def several(
    *options: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> Callable[[Decorated], Decorated]:
    """Return a decorator that gives a command all of these options, in this order."""

    def add(command: Any) -> Any:
        for one in reversed(options):
            command = one(command)
        return command

    return add


def flag(words: str, help: str) -> Callable[[Decorated], Decorated]:
    """Return an option without a value; `words` are its flags, and its name if that differs."""
    return click.option(*words.split(), help=help, is_flag=True)


def time_option(words: str, help: str, **more: Any) -> Callable[[Decorated], Decorated]:
    """Return an option whose value is a duration, in seconds."""

    def read(_context: object, asked: click.Parameter, text: str | None) -> float | None:
        return None if text is None else seconds(text, asked.opts[-1])

    return option(words, help, callback=read, **more)


def take_home(_context: object, _parameter: object, folder: str | None) -> None:
    if folder == "":
        raise click.BadParameter("'' is not a folder name", param_hint="--home")
    if folder is not None:
        os.environ["DRAWSCAPE_HOME"] = folder


class PathType(click.Path):
    """The type of a file or folder; refuses an empty name, `-`, and a file name that ends with `/`."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        name = os.fspath(value)
        is_stream = name == "-" and not self.allow_dash
        if is_stream or not (name if self.dir_okay else os.path.basename(name)):
            self.fail(f"{name!r} is not a {'folder' if self.dir_okay else 'file'} name", param, ctx)
        return super().convert(value, param, ctx)


class NumberType(click.FloatRange):
    """The type of a finite number from `low` to `high`, both included."""

    def __init__(self, low: float, high: float = 1e6) -> None:
        super().__init__(low, high)
        self._shown = "" if high == 1e6 else f"{low:g} to {high:g}"  # it only catches typing errors

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):  # FloatRange lets 'nan' pass
            self.fail(f"{value!r} is not a number", param, ctx)
        return number

    def _describe_range(self) -> str:
        return self._shown


FOLDER = PathType(file_okay=False, path_type=Path)
FILE = PathType(exists=True, dir_okay=False, path_type=Path)

HOME = click.Option(
    ["--home"],
    metavar="FOLDER",
    is_eager=True,
    expose_value=False,
    callback=take_home,
    help="Project folder (default: $DRAWSCAPE_HOME).",
)
"""Every command has it."""

SLOTS = option(
    "-w --slots NUMBER",
    "Jobs to run at once (default: one per core and machine, plus one that is kept free of contact sheets).",
    type=click.IntRange(1, 256),
)
SEED = option(
    "--seed NUMBER",
    "Random seed. The same seed always gives the same drawing.",
    default=0,
    type=click.IntRange(0),
)
PAPER = option("--paper PAPER", "Paper size: a4, letter, 300x200 (mm), 8x10in ...", default="a4")
PARAMS = option(
    "--param params NAME=VALUE",
    "Value of a parameter of the sketch; may be repeated.",
    multiple=True,
)
GRACE = time_option(
    "--grace TIME",
    "Time for running tasks to end before they are killed: 5, 90s, 2m.",
    default="0",
)
JSON = flag("--json as_json", "JSON output with every field.")
YES = flag("--yes", "No confirmation.")


def pairs(texts: Iterable[str], what: str) -> dict[str, str]:
    """Return `NAME=VALUE` texts as a dictionary; raises BadParameter, naming `what`, for other text."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{text!r}: write NAME=VALUE", param_hint=what)
        found[name.strip().replace("-", "_")] = value
    return found
