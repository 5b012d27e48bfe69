"""`drawscape plot`: from any SVG to a file that a plotter draws well."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from drawscape.cli.machine import WAIT, YES, after
from drawscape.cli.plot_files import Output
from drawscape.cli.plot_options import PlotOptions, plot_options
from drawscape.cli.plot_parts import split_parts
from drawscape.cli.plot_table import show_statistics
from drawscape.drawing.document import Document
from drawscape.drawing.paper import Outside
from drawscape.errors import PlotError, SvgReadError
from drawscape.plot.export.formats import Format, format_of
from drawscape.plot.machine import Machine, read_machine
from drawscape.plot.statistics import statistics
from drawscape.plotter.device import read_device
from drawscape.svg.read import Bounds, read_svg


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@plot_options
@click.option("--on", metavar="NAME", help="Plot it on this machine (see `drawscape machine`).")
@click.option(
    "--copies",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1000),
    metavar="NUMBER",
    help="Plot it on this many sheets.",
)
@WAIT
@YES
@click.pass_context
def plot(
    context: click.Context,
    /,
    file: Path,
    on: str | None,
    copies: int,
    wait: bool,
    yes: bool,
    **given: Any,
) -> None:
    """Prepare an SVG FILE for the plotter: order, merge, export, plot.

    \b
    What it would cost to draw:
      drawscape plot a.svg
    Fewer lifts, less travel:
      drawscape plot a.svg --optimize --stats -o b.svg
    For a CNC machine:
      drawscape plot a.svg --to gcode --machine grbl
    On sheets of A4, to be joined:
      drawscape plot poster.svg --tile a4 --overlap 8mm
    On the machine that is called desk:
      drawscape plot a.svg --on desk

    Lines are merged and ordered in all that is written, unless --raw. Without -o, files are written
    to the working folder, under FILE's name.
    """
    options = PlotOptions(**given)
    if on is None:
        _run(file, options)
        return
    named = context.get_parameter_source("outside") is click.core.ParameterSource.DEFAULT
    _plot_on(file, on, options, "refuse" if named else options.outside, copies, wait, yes)


def _plot_on(
    file: Path,
    on: str,
    options: PlotOptions,
    outside: Outside,
    copies: int,
    wait: bool,
    yes: bool,
) -> None:
    """Queue plots of all sheets; a drawing is ordered unless --raw."""
    from drawscape.plotter.plot import Plot
    from drawscape.tasks.plotting import enqueue_plot

    read_device(on)
    ordering = replace(options, output="-").ordering
    for name, part in _tiled(_fitted(_read(file, options), options), options):
        document = ordering.of(part) if ordering else part
        made = Plot.create(
            document, on, drawing=f"{file.absolute()}{name}", outside=outside, copies=copies
        )
        enqueue_plot(made, yes=yes)
        after(made, wait=wait)


def _run(file: Path, options: PlotOptions) -> None:
    machine = None if options.machine is None else read_machine(options.machine)
    before = _fitted(_read(file, options), options)
    parts = _tiled(before, options)
    ordering = options.ordering
    after = [(name, ordering.of(part) if ordering else part) for name, part in parts]
    if options.stats or not options.writes:
        _show(before, [part for _, part in after] if ordering else None, machine, options)
    if options.writes:
        files = [
            named
            for name, part in after
            for named in split_parts(name, part, options.split, travel=options.travel)
        ]
        _write(files, file, machine, options)


def _read(file: Path, options: PlotOptions) -> Document:
    try:
        document = read_svg(
            file,
            layers=options.layers,
            fill=options.fill,
            text=options.text,
            enlarged=_enlarged(options),
        )
    except SvgReadError as error:
        raise SvgReadError(f"{file}: {error}") from None
    for note in document.unsupported:
        click.echo(f"note: {note}", err=True)
    if not len(document.lines):
        raise PlotError(f"{file} holds no lines that a pen could draw")
    return document


def _enlarged(options: PlotOptions) -> Callable[[Bounds], float] | None:
    """Return what --fit scales a drawing by, so that its curves are fine enough for it."""
    if options.fit is None:
        return None
    from drawscape.drawing.paper import paper_size

    room = sorted(side - 2 * options.margin for side in paper_size(options.fit))

    def factor(bounds: Bounds) -> float:
        size = sorted((bounds[2] - bounds[0], bounds[3] - bounds[1]))
        return min((r / s for r, s in zip(room, size, strict=True) if s > 0), default=1.0)

    return factor


def _fitted(document: Document, options: PlotOptions) -> Document:
    if options.fit is None:
        return document
    from drawscape.drawing.paper import paper_size
    from drawscape.plot.pages import fit

    size = paper_size(options.fit, "landscape" if options.landscape else None)
    return fit(document, *size, margin_mm=options.margin)


def _tiled(document: Document, options: PlotOptions) -> list[tuple[str, Document]]:
    """Return the sheets with what their files' names end in; one sheet without --tile."""
    if options.tile is None:
        return [("", document)]
    from drawscape.drawing.paper import paper_size
    from drawscape.drawing.units import parse_length
    from drawscape.plot.pages import tiles

    size = paper_size(options.tile, "landscape" if options.landscape else None)
    overlap = parse_length(options.overlap)
    sheets = tiles(document, *size, overlap_mm=overlap, margin_mm=options.margin)
    return [(f"-row{t.row + 1}-column{t.column + 1}", t.document) for t in sheets]


def _show(
    before: Document, after: list[Document] | None, machine: Machine | None, options: PlotOptions
) -> None:
    plotter = machine.plotter if machine else None
    was = statistics(before, plotter=plotter)
    if after is None or len(after) == 1:
        now = statistics(after[0], plotter=plotter) if after else None
        show_statistics(was, now, err=options.output == "-")
        return
    # Sheets have no counterparts before: each is shown by itself.
    for sheet in after:
        show_statistics(statistics(sheet, plotter=plotter), None, err=options.output == "-")


def _write(
    files: list[tuple[str, Document]], file: Path, machine: Machine | None, options: PlotOptions
) -> None:
    output = Output(
        profile=options.profile,
        dpi=options.dpi,
        device=options.device,
        machine=machine,
        outside=options.outside,
    )
    forms = _formats(machine, options)
    if options.output is not None and len(forms) > 1:
        raise click.UsageError("-o names one file; leave it out to write several formats")
    if options.output == "-":
        if len(files) > 1:
            raise click.UsageError("these are several files; name one with -o, not -")
        output.write_to_stdout(files[0][1], forms[0])
        return
    for form in forms:
        target = Path(options.output or f"{file.stem}-plot.{form}")
        for ending, part in files:
            output.write(part, target.with_name(f"{target.stem}{ending}{target.suffix}"), form)


def _formats(machine: Machine | None, options: PlotOptions) -> tuple[Format, ...]:
    if options.formats:
        return options.formats
    if options.output not in (None, "-"):
        return (format_of(str(options.output)),)
    return (machine.format if machine else "svg",)
