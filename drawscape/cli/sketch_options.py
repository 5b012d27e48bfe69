"""A sketch's parameters as options of a command."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from drawscape.errors import DrawscapeError, SketchFileError
from drawscape.parameters import Parameter
from drawscape.sketches import SKETCHES, Sketch
from drawscape.sketches.folder import load_file


def sketch_of(text: str) -> Sketch:
    """Return the sketch of that name, or the one in the file of that path.

    Raises UnknownNameError or SketchFileError.
    """
    if not (text.endswith(".py") or os.sep in text):
        return SKETCHES[text]
    if not Path(text).is_file():
        raise SketchFileError(f"no file {text}")
    return load_file(Path(text))


def complete_sketch(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names that begin as typed, for a shell."""
    return [name for name in SKETCHES if name.startswith(incomplete)]


class SketchCommand(click.Command):
    """A command whose options depend on the pattern that its arguments name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = self._named(args)
        if named is not None:
            # A shell that completes an option asks with whatever has been typed.
            with contextlib.suppress(*([DrawscapeError] if ctx.resilient_parsing else [])):
                ctx.meta["sketch"] = sketch_of(named)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        own = super().get_params(ctx)
        sketch = ctx.meta.get("sketch")
        if sketch is None:
            return own
        taken = {name for parameter in own for name in parameter.opts}
        options = [_option(parameter) for parameter in sketch.parameters]
        return own + [option for option in options if not taken.intersection(option.opts)]

    def _named(self, args: Sequence[str]) -> str | None:
        """Return the first argument that is neither an option nor the value of one of our own."""
        takes_value = {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and not parameter.is_flag
            for name in parameter.opts
        }
        before = ""
        for argument in args:
            if not argument.startswith("-") and before not in takes_value:
                return argument
            before = argument
        return None


def sketch_values(
    sketch: Sketch, options: Mapping[str, Any], params: Sequence[str]
) -> dict[str, Any]:
    """Return the parameters' values that were given, checked.

    Raises ParameterError for a value that breaks its rule, click's UsageError for a `--param` without `=`.
    """
    parameters = {parameter.name: parameter for parameter in sketch.parameters}
    values = {name: value for name, value in options.items() if value is not None}
    for text in params:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r}: write NAME=VALUE", param_hint="--param")
        values[name.strip().replace("-", "_")] = value
    return {
        name: parameters[name].check(value) if name in parameters else value
        for name, value in values.items()
    }


def stream_seeds(texts: Sequence[str]) -> dict[str, int]:
    """Return the seeds of `NAME=SEED` texts by name. Raises click's UsageError for any other text."""
    pairs = [text.partition("=") for text in texts]
    for text, (name, _, seed) in zip(texts, pairs, strict=True):
        if not name or not seed.isdecimal():
            raise click.BadParameter(f"{text!r}: write NAME=SEED", param_hint="--stream")
    return {name: int(seed) for name, _, seed in pairs}


def described(parameter: Parameter) -> str:
    """Return a parameter's tooltip, bounds and default in a line."""
    return f"{parameter.doc}  [{_range(parameter)}; default: {parameter.shown(parameter.default)}]"


def _range(parameter: Parameter) -> str:
    if parameter.choices is not None:
        return "|".join(parameter.choices)
    if parameter.bounded:
        return f"{parameter.low:g} to {parameter.high:g}"
    return {"bool": "on or off"}.get(parameter.kind, parameter.kind)


def _option(parameter: Parameter) -> click.Option:
    name = parameter.name.replace("_", "-")
    if parameter.kind == "bool":
        return click.Option([f"--{name}/--no-{name}"], default=None, help=described(parameter))
    return click.Option([f"--{name}"], metavar="VALUE", help=described(parameter))
