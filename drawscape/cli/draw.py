"""`drawscape draw` and `sketches`: the pattern library without notebook and queue."""

import sys
from pathlib import Path
from typing import Any

import click

from drawscape.atomic import write_atomic
from drawscape.cli.shared_options import SEED, option
from drawscape.cli.sketch_options import (
    SketchCommand,
    complete_sketch,
    described,
    sketch_of,
    sketch_values,
    stream_seeds,
)
from drawscape.cli.text import fitted, print_list, progress_bar
from drawscape.drawing.paper import OUTSIDE, Outside
from drawscape.errors import SketchFileError
from drawscape.sketches import SKETCHES, Sketch
from drawscape.sketches import draw as draw_sketch
from drawscape.svg_builder import SVGBuilder

SHEET_DPI = 96.0
"""The sheet of all sketches is some 1,600 pixels wide as a PNG, as wide as a page of text needs."""


@click.command(cls=SketchCommand)
@click.argument("pattern", shell_complete=complete_sketch)
@option(
    "--paper",
    default="a4",
    metavar="PAPER",
    help="Draw on this paper: a4, letter, 300x200 (mm), 8x10in ...",
)
@click.option("--landscape", is_flag=True, help="Turn the paper on its side.")
@click.option(
    "--width",
    type=float,
    metavar="MM",
    help="Make the page this wide, instead of the paper's width.",
)
@click.option(
    "--height",
    type=float,
    metavar="MM",
    help="Make the page this high, instead of the paper's height.",
)
@click.option(
    "--margin", type=float, metavar="MM", help="Keep this much free at each edge.  [default: 7 %]"
)
@SEED
@click.option(
    "--stream",
    "streams",
    multiple=True,
    metavar="NAME=SEED",
    help="Give one of the sketch's named streams a seed of its own; may be repeated.",
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set any parameter of the sketch; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write this file: .svg, .png, .pdf, .gcode, .hpgl; - is standard output.",
)
@click.option(
    "-O/-R",
    "--optimize/--raw",
    default=None,
    help="Merge and order the lines, or leave them as drawn.  [default: order, except in PNG]",
)
@option(
    "--outside",
    type=click.Choice(OUTSIDE),
    default="crop",
    help="Choose what is done with lines off the sheet; an SVG keeps them.",
)
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
    streams: tuple[str, ...],
    params: tuple[str, ...],
    output: str | None,
    optimize: bool | None,
    outside: Outside,
    **options: Any,
) -> None:
    """Draw a PATTERN to a file, without the queue.

    PATTERN is the name of a sketch, or its file such as sketches/rings.py.

    `drawscape sketches` lists the patterns, `drawscape draw PATTERN --help` one pattern's options.
    """
    from drawscape.drawing.paper import paper_size

    sketch: Sketch = ctx.meta["sketch"]
    values = sketch_values(sketch, options, params)
    on_paper = paper_size(paper, "landscape" if landscape else None)
    page = (on_paper[0] if width is None else width, on_paper[1] if height is None else height)
    own = stream_seeds(streams)
    with progress_bar(sketch.name) as show:
        svg = draw_sketch(
            sketch,
            *page,
            seed=seed,
            margin=margin,
            streams=own,
            on_progress=lambda f, _svg: show(f),
            **values,
        )
    target = output or _file_name(svg, sketch.name, seed, {**values, **own})
    write_drawing(svg, target, optimize=optimize, outside=outside)


@click.command()
@click.argument("name", required=False, shell_complete=complete_sketch)
@click.option("--contact-sheet", metavar="FILE", help="Draw every sketch, small, into one picture.")
def sketches(name: str | None, contact_sheet: str | None) -> None:
    """List the patterns by family, or the parameters of the pattern NAME."""
    if contact_sheet is not None:
        _write_contact_sheet(contact_sheet)
    elif name is None:
        _list_families()
    else:
        _list_parameters(name)


def _list_families() -> None:
    for family, names in SKETCHES.families().items():
        click.secho(family, bold=True)
        print_list([(name, _summary(name)) for name in names])


def _summary(name: str) -> str:
    try:
        return SKETCHES[name].summary
    except SketchFileError as error:  # one broken file does not spoil the list
        return str(error)


def _list_parameters(name: str) -> None:
    sketch = sketch_of(name)
    click.secho(f"{sketch.name} ({sketch.family})", bold=True)
    for paragraph in sketch.doc.split("\n\n"):
        click.echo("\n" + fitted(" ".join(paragraph.split()), sys.stdout))
    rows = [(f"--{p.name.replace('_', '-')}", described(p)) for p in sketch.parameters]
    if rows:
        click.echo()
        print_list(rows)


def _write_contact_sheet(file: str) -> None:
    from drawscape.sketches.overview import contact_sheet

    names = list(SKETCHES)
    with progress_bar("sketches", len(names)) as show:
        svg = contact_sheet(on_sketch=lambda name: show(names.index(name) + 1))
    write_drawing(svg, file, dpi=SHEET_DPI)


def _file_name(svg: SVGBuilder, pattern: str, seed: int, values: dict[str, Any]) -> str:
    """Return a name that differs between drawings and is the same for the same one."""
    given = [f"{name}-{value}" for name, value in sorted(values.items())]
    text = "-".join([pattern, f"{svg.width:g}x{svg.height:g}", f"seed-{seed}", *given])
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)[:120] + ".svg"


def write_drawing(
    svg: SVGBuilder,
    output: str,
    *,
    dpi: float = 150.0,
    optimize: bool | None = None,
    outside: Outside = "crop",
) -> None:
    """Write a drawing to a file in the format of its ending, or as SVG to standard output for -.

    Its lines are merged and ordered unless `optimize` is false; where it is None, not in a picture.
    """
    if output == "-" or Path(output).suffix.lower() in ("", ".svg"):
        _write_svg(svg.to_bytes() if optimize is False else _ordered(svg), output)
        return
    from drawscape.cli.plot_files import Ordering, Output
    from drawscape.plot.export.formats import format_of

    form = format_of(output)
    ordered = form != "png" if optimize is None else optimize
    document = Ordering().of(svg.document()) if ordered else svg.document()
    Output(dpi=dpi, outside=outside).write(document, Path(output), form)


def _ordered(svg: SVGBuilder) -> bytes:
    from drawscape.cli.plot_files import Ordering
    from drawscape.plot.export.svg import ordered_svg

    return ordered_svg(svg, Ordering().of)


def _write_svg(content: bytes, output: str) -> None:
    if output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        write_atomic(Path(output).absolute(), [content])
    except OSError as error:
        raise click.ClickException(f"cannot write {output}: {error.strerror or error}") from error
    click.echo(output)
