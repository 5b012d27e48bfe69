"""`drawscape draw`, `redraw` and `sketches`: the pattern library without notebook and queue."""

import contextlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from drawscape.cli.options import (
    JSON,
    PAPER,
    PARAMS,
    SEED,
    NumberType,
    PathType,
    flag,
    option,
    pairs,
    take_home,
)
from drawscape.cli.plot_options import PlotOptions, plot_options, write_bytes
from drawscape.cli.printing import fitted, print_json, print_list, progress_bar
from drawscape.drawing.document import paper_size
from drawscape.errors import DrawscapeError, ProvenanceError, SketchFileError
from drawscape.parameters import Parameter, json_schema
from drawscape.plot.svg_export import ordered_svg
from drawscape.recipe import is_library
from drawscape.recipe.provenance import digest_of
from drawscape.settings import NamedFile, named_file
from drawscape.sketches import SKETCHES, Provenance, Sketch
from drawscape.sketches import draw as draw_sketch
from drawscape.sketches import redraw as redraw_sketch
from drawscape.sketches.registry import load_file
from drawscape.svg_builder import SVGBuilder


def _complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in SKETCHES if name.startswith(incomplete)]


class SketchCommand(click.Command):
    """A command whose options depend on the pattern that its arguments name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        parser = self.make_parser(ctx)
        parser.ignore_unknown_options = True
        named = None
        with contextlib.suppress(click.UsageError):  # which is raised again below
            known, rest, _ = parser.parse_args([*args])
            take_home(ctx, self, known.get("home"))  # the pattern may be one of that home
            words = [word for word in (known["pattern"], *rest) if isinstance(word, str)]
            named = next((word for word in words if not word.startswith("-")), None)
        if named is not None:
            # Shell completion calls this with whatever was typed so far.
            with contextlib.suppress(*([DrawscapeError] if ctx.resilient_parsing else [])):
                ctx.meta["sketch"] = _sketch_of(named)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        own = super().get_params(ctx)
        sketch = ctx.meta.get("sketch")
        if sketch is None:
            return own
        taken = {name for parameter in own for name in parameter.opts}
        options = [_option(parameter) for parameter in sketch.parameters]
        return own + [option for option in options if not taken.intersection(option.opts)]


_SIDE = NumberType(0.1, 100_000)
_PLOT = ("output", "force", "optimize", "outside", "machine")


@click.command(cls=SketchCommand)
@click.argument("pattern", shell_complete=_complete)
@PAPER
@flag("--landscape", "Landscape paper.")
@option("--width MM", "Page width in mm (overrides --paper).", type=_SIDE)
@option("--height MM", "Page height in mm (overrides --paper).", type=_SIDE)
@option("--margin MM", "Margin at each edge.  [default: 7 %]", type=NumberType(0))
@SEED
@PARAMS
@plot_options(*_PLOT)
@click.pass_context
def draw(
    ctx: click.Context,
    /,
    pattern: str,
    paper: str,
    landscape: bool,
    width: float | None,
    height: float | None,
    margin: float | None,
    seed: int,
    params: tuple[str, ...],
    **options: Any,
) -> None:
    """Draw a PATTERN to a file, without the queue or the catalogue.

    PATTERN is the name of a sketch, or its file, such as sketches/rings.py.

    `drawscape sketches` lists the patterns, and `drawscape draw PATTERN --help` the options of one.
    """
    sketch = ctx.meta.get("sketch") or _sketch_of(pattern)
    plot = PlotOptions(**{name: options.pop(name) for name in _PLOT})
    plot.check()
    values = {name: value for name, value in options.items() if value is not None}
    values |= pairs(params, "--param")
    for parameter in sketch.parameters:
        if parameter.text_format == "file" and parameter.name in values:
            values[parameter.name] = named_file(values[parameter.name])
    on_paper = paper_size(paper, "landscape" if landscape else None)
    page = (on_paper[0] if width is None else width, on_paper[1] if height is None else height)
    with progress_bar(sketch.name) as show:
        svg = draw_sketch(
            sketch,
            *page,
            seed=seed,
            margin=margin,
            on_progress=lambda f, _svg: show(f),
            **values,
        )
    name = _file_name(svg, sketch.name, seed, values)
    write_drawing(svg, plot, plot.output or f"{name}.{plot.forms[0]}")


def _sketch_of(text: str) -> Sketch:
    """Return the sketch of that name, or the one in the file of that path."""
    if not (text.endswith(".py") or os.sep in text):
        return SKETCHES[text]
    if not Path(text).is_file():
        raise SketchFileError(f"file {text} does not exist")
    return load_file(Path(text))


def _described(parameter: Parameter) -> str:
    values = {"bool": "on or off"}.get(parameter.kind, parameter.kind)
    if parameter.choices is not None:
        values = "|".join(parameter.choices)
    elif parameter.bounded:
        values = f"{parameter.low:g} to {parameter.high:g}"
    return f"{parameter.doc}  [{values}; default: {parameter.shown(parameter.default)}]"


def _option(parameter: Parameter) -> click.Option:
    name = parameter.name.replace("_", "-")
    if parameter.kind == "bool":
        return click.Option([f"--{name}/--no-{name}"], default=None, help=_described(parameter))
    return click.Option([f"--{name}"], metavar="VALUE", help=_described(parameter))


@click.command()
@click.argument("name", required=False, shell_complete=_complete)
@JSON
def sketches(name: str | None, as_json: bool) -> None:
    """List the patterns by family, or the parameters of the pattern NAME."""
    if as_json:
        print_json([_facts(one) for one in SKETCHES] if name is None else _facts(name))
    elif name is None:
        for family, names in SKETCHES.families().items():
            click.secho(family, bold=True)
            print_list([(one, _summary(one)) for one in names])
    else:
        sketch = _sketch_of(name)
        click.secho(f"{sketch.name} ({sketch.family})", bold=True)
        for paragraph in sketch.doc.split("\n\n"):
            click.echo("\n" + fitted(" ".join(paragraph.split()), sys.stdout))
        if rows := [(f"--{p.name.replace('_', '-')}", _described(p)) for p in sketch.parameters]:
            click.echo()
            print_list(rows)


def _facts(name: str) -> dict[str, Any]:
    sketch = _sketch_of(name)
    return {
        "name": sketch.name,
        "family": sketch.family,
        "summary": sketch.summary,
        "parameters": json_schema(sketch.parameters),
    }


def _summary(name: str) -> str:
    try:
        return SKETCHES[name].summary
    except SketchFileError as error:  # one broken file does not spoil the list
        return str(error)


def _file_name(svg: SVGBuilder, pattern: str, seed: int, values: dict[str, Any]) -> str:
    """Return a name that differs between drawings but never for one drawing."""
    given = [f"{name}-{value}" for name, value in sorted(values.items())]
    text = "-".join([pattern, f"{svg.width:g}x{svg.height:g}", f"seed-{seed}", *given])
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)[:120]


def write_drawing(svg: SVGBuilder, plot: PlotOptions, output: str) -> None:
    """Write a drawing to the file `output`, with the options of `plot`.

    Its lines are merged and ordered unless `plot.optimize` is false. None means true, except for a PNG.
    """
    form = plot.forms[0]
    ordered = form != "png" if plot.optimize is None else plot.optimize
    if form == "svg":
        content = ordered_svg(svg, plot.ordered) if ordered else svg.to_bytes()
        write_bytes(content, output, force=plot.force)
    else:
        plot.write(plot.ordered(svg.document()) if ordered else svg.document(), output, form)


@click.command()
@click.argument("drawing", type=PathType(dir_okay=False))
@plot_options("output", "force")
@flag("--check", "Comparison only: whether the new drawing is the same, and if not, why.")
@flag("--trust", "Run the source in the file without a question.")
def redraw(drawing: str, output: str | None, force: bool, check: bool, trust: bool) -> None:
    """Draw a file again from its metadata, byte for byte.

    DRAWING is a file, or the recipe or name of a drawing in the catalogue. A drawing of the catalogue is
    written to its own file, even if that was deleted. For a file, the new drawing is written beside it.

    A sketch from a notebook is drawn from the source in the file. The source is shown first, and runs only
    after a yes. A warning says if the drawing differs, and why. With --check nothing is written, and the
    exit code is 1 if it differs.
    """
    from drawscape.catalogue import find
    from drawscape.catalogue.index import provenance_of
    from drawscape.catalogue.redraw import Sameness, compared, known_provenance

    file = Path(drawing)
    if not file.is_file():
        if check or output:
            raise click.UsageError(f"file {drawing!r} does not exist; --check and -o are for files")
        one = find(drawing)
        click.echo(one.redraw(chosen_sketch(known_provenance(one), trust=trust).function).path)
        return
    provenance = _with_files_named(provenance_of(file))
    target = output or str(file.with_name(f"{file.stem}-redrawn.svg"))
    options = PlotOptions(output=target, optimize=provenance.ordered, force=force)
    options.check()
    sketch = chosen_sketch(provenance, trust=trust)
    with progress_bar(provenance.sketch) as show:
        svg = redraw_sketch(provenance, sketch, on_progress=lambda fraction, _svg: show(fraction))
    comparison = compared(file, provenance, svg)
    if check:
        click.echo(f"{file}: {comparison}")
        raise click.exceptions.Exit(int(comparison.sameness is Sameness.DIFFERS))
    if comparison.sameness is not Sameness.BYTES:
        click.echo(f"warning: {comparison}", err=True)
    write_drawing(svg, options, target)


def _with_files_named(provenance: Provenance) -> Provenance:
    """Return the provenance, allowed to read the drawing's unchanged input files outside the home."""

    def named(value: Any) -> Any:
        known = provenance.reads.get(value) if isinstance(value, str) else None
        if known is None or not os.path.isabs(value) or not os.path.isfile(value):
            return value
        return NamedFile(value) if digest_of(Path(value).read_bytes()) == known else value

    parameters = {name: named(value) for name, value in provenance.parameters.items()}
    return replace(provenance, parameters=parameters)


def chosen_sketch(provenance: Provenance, *, trust: bool) -> Sketch:
    """Return the sketch that draws it: the library's, the project's of that name, or the source in the file.

    The source runs only with `trust`, or after a yes.

    Raises ProvenanceError if nobody can be asked.
    """
    from drawscape.catalogue import source_in
    from drawscape.catalogue.redraw import sketch_for

    source, name = source_in(provenance), provenance.sketch
    is_of_project = name in SKETCHES and not is_library(SKETCHES[name].function.__module__ or "")
    if source is not None and not trust and not is_of_project:
        click.echo(source.shown, err=True)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise ProvenanceError(
                f"the source of {name!r} (above) comes from the file; it runs only after a yes, "
                "or with --trust"
            )
        trust = click.confirm("Run this source, which came with the file?", abort=True, err=True)
    return sketch_for(provenance, trust=trust)
