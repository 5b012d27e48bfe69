"""`drawscape plot`: from any SVG to a file that a plotter draws well."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from drawscape.cli.machine import WAIT, YES, ZERO_HERE, after
from drawscape.cli.options import FILE, NumberType, option
from drawscape.cli.plot_options import STDOUT, GroupedCommand, PlotOptions, numbers, plot_options
from drawscape.cli.printing import table
from drawscape.drawing.document import Document, paper_size
from drawscape.drawing.values import parse_length
from drawscape.durations import span_words
from drawscape.errors import PlotError, SvgReadError
from drawscape.geometry.regions import Bounds
from drawscape.machine.device import read_device
from drawscape.machine.ink import metres_left
from drawscape.pens import with_pens
from drawscape.plot.formats import EXPORTERS
from drawscape.plot.pages import (
    Reach,
    crop,
    fit,
    largest_scale,
    place,
    split_layers,
    tiles,
    with_travel,
)
from drawscape.plot.preflight import Concern, preflight
from drawscape.plot.statistics import PlotStatistics, matched, statistics
from drawscape.svg.read import read_svg


@click.command(cls=GroupedCommand)
@click.argument("file", type=FILE)
@plot_options()
@option("--on NAME", "Machine that plots it (see `drawscape machine`).")
@option("--drying MINUTES", "Time between two pens.", default=0, type=NumberType(0, 1440))
@option("--copies NUMBER", "Number of sheets to plot.", default=1, type=click.IntRange(1, 1000))
@WAIT
@YES
@ZERO_HERE
@click.pass_context
def plot(
    context: click.Context,
    /,
    file: Path,
    on: str | None,
    copies: int,
    drying: float,
    wait: bool,
    yes: bool,
    zero_here: bool,
    **given: Any,
) -> None:
    """Prepare an SVG FILE for the plotter: order, merge, export, plot.

    \b
    Length, lifts and time of a plot:
      drawscape plot a.svg
    Fewer lifts, less travel:
      drawscape plot a.svg --optimize --stats -o b.svg
    For a CNC machine:
      drawscape plot a.svg --to gcode --machine grbl
    Tiles on sheets of A4:
      drawscape plot poster.svg --tile a4 --overlap 8mm
    On the machine named desk:
      drawscape plot a.svg --on desk

    Lines are merged and ordered in every file that is written, unless --raw is given. Without -o, files are
    written to the working folder, under FILE's name.
    """
    options = PlotOptions(**given)
    if on is None:
        if copies > 1 or drying or wait or yes or zero_here:
            words = "--copies, --drying, --wait, --yes and --zero-here are for a plot"
            raise click.UsageError(f"{words}: name a machine with --on")
        _run(file, options)
        return
    if options.output or options.formats or options.split or options.travel or options.stats:
        raise click.UsageError(
            "--on plots and writes no file: leave out -o, --to, --split-layers, --travel and --stats"
        )
    from drawscape.machine.plot import Plot
    from drawscape.tasks.plotting import enqueue_plot

    named = context.get_parameter_source("outside") is not click.core.ParameterSource.DEFAULT
    outside = options.outside if named else "refuse"
    read_device(on)
    for name, part in _tiled(_placed(_read(file, options), options), options):
        document = part if options.optimize is False else options.ordered(part)
        _warn(document, options, copies)
        drawing = f"{file.absolute()}{name}"
        made = Plot.create(document, on, drawing=drawing, outside=outside, copies=copies)
        made.set_drying(drying)
        enqueue_plot(made, yes=yes, zero_here=zero_here)
        after(made, wait=wait)


def _run(file: Path, options: PlotOptions) -> None:
    options.check()
    before = _placed(_read(file, options), options)
    parts = _tiled(before, options)
    orders = options.writes and options.optimize is not False
    ready = [(name, options.ordered(part) if orders else part) for name, part in parts]
    if options.writes and not any(part.layers for _, part in ready):
        raise PlotError("nothing is left to draw; use a smaller --drop-shorter")
    for _, part in ready:
        _warn(part, options)
    if options.stats or not options.writes:
        _show(before, [part for _, part in ready] if orders else None, options)
    if options.writes:
        files = [named for name, part in ready for named in _parts(name, part, options)]
        _write(files, file, options)


def _warn(document: Document, options: PlotOptions, copies: int = 1) -> None:
    """Report what pre-flight finds; lines outside are reported where they are cropped."""
    machine, left = options.chosen_machine, metres_left()
    for finding in preflight(document, machine=machine, metres_left=left, copies=copies):
        if finding.concern is not Concern.OUTSIDE or not options.writes:
            click.echo(f"note: {finding.text}", err=True)


def _read(file: Path, options: PlotOptions) -> Document:
    def enlarged(bounds: Bounds) -> float:
        if options.fit is None:
            return options.scale
        room = sorted(side - 2 * options.margin for side in paper_size(options.fit))
        return largest_scale(sorted((bounds[2] - bounds[0], bounds[3] - bounds[1])), room)

    try:
        document = read_svg(
            file,
            layers=options.layers,
            fill="hatch" if options.hatches else "outline",
            hatching=options.hatching,
            hide=options.hide,
            enlarged=enlarged,  # so that its curves are fine enough
        )
    except SvgReadError as error:
        raise SvgReadError(f"{file}: {error}") from None
    for note in document.unsupported:
        click.echo(f"note: {note}", err=True)
    if not len(document.lines):
        raise PlotError(f"{file} has no lines that a pen can draw")
    return with_pens(document, options.pens)


def _placed(document: Document, options: PlotOptions) -> Document:
    """Return the drawing cropped, scaled, turned, moved and fitted, in this order."""
    if options.crop is not None:
        x, y, width, height = numbers(options.crop, 4, "--crop")
        document, _ = crop(document, Reach(x, y, x + width, y + height, "the crop"))
        if not len(document.lines):
            raise PlotError(f"--crop {options.crop} leaves nothing of the drawing")
    if options.moves:
        x, y = numbers("0,0" if options.translate is None else options.translate, 2, "--translate")
        document = place(
            document,
            scale=options.scale,
            rotate_degrees=options.rotate,
            translate_mm=(x, y),
            centre=options.centre,
        )
    if options.fit is None:
        return document
    size = paper_size(options.fit, "landscape" if options.landscape else None)
    return fit(document, *size, margin_mm=options.margin)


def _tiled(document: Document, options: PlotOptions) -> list[tuple[str, Document]]:
    """Return the sheets with the suffixes of their files' names; one sheet without --tile."""
    if options.tile is None:
        return [("", document)]
    size = paper_size(options.tile, "landscape" if options.landscape else None)
    overlap = parse_length(options.overlap)
    sheets = tiles(document, *size, overlap_mm=overlap, margin_mm=options.margin)
    return [(f"-row{t.row + 1}-column{t.column + 1}", t.document) for t in sheets]


def _parts(name: str, document: Document, options: PlotOptions) -> Iterator[tuple[str, Document]]:
    parts = split_layers(document) if options.split else (document,)
    for number, part in enumerate(parts, start=1):
        layer = "".join(c if c.isalnum() or c in "-_" else "_" for c in part.layers[0].name)[:40]
        end = f"-{number}-{layer}" if len(parts) > 1 else ""
        yield name + end, with_travel(part) if options.travel else part


def _write(files: list[tuple[str, Document]], file: Path, options: PlotOptions) -> None:
    if options.output is not None and len(options.forms) > 1:
        raise click.UsageError("-o names one file; leave it out to write several formats")
    if options.output in STDOUT and len(files) > 1:
        raise click.UsageError("several files cannot go to standard output; name one with -o")
    for form in options.forms:
        target = Path(options.output or f"{file.stem}-plot.{form}")
        for_machine = "outside" in EXPORTERS[form].options
        plotted = [(ending, part.plotted() if for_machine else part) for ending, part in files]
        kept = [(ending, part) for ending, part in plotted if part.layers]
        if not kept:
            raise PlotError("nothing is plotted: the name of every layer begins with %")
        for ending, part in kept:
            name = f"{target.stem}{ending}{target.suffix}"
            options.write(part, str(target.with_name(name)), form)


# Statistics: a table on a terminal, plain lines elsewhere


def _show(before: Document, after: list[Document] | None, options: PlotOptions) -> None:
    machine = options.chosen_machine
    plotter = machine.plotter if machine else None
    err = options.output in STDOUT
    was = statistics(before, plotter=plotter)
    sheets = [statistics(sheet, plotter=plotter) for sheet in after] if after else [was]
    for now in sheets:
        # Tiles did not exist before: each is shown alone.
        first = was if len(sheets) == 1 else now
        _print(first, matched(first, now), err)


_COLUMNS: tuple[tuple[str, Callable[[PlotStatistics], str]], ...] = (
    ("lines", lambda row: f"{row.lines:,}"),
    ("points", lambda row: f"{row.points:,}"),
    ("pen down", lambda row: f"{row.pen_down_mm / 1000:.2f} m"),
    ("pen up", lambda row: f"{row.pen_up_mm / 1000:.2f} m"),
    ("lifts", lambda row: f"{row.lifts:,}"),
    ("time", lambda row: span_words(row.seconds)),
)


def _print(
    before: tuple[PlotStatistics, ...], after: tuple[PlotStatistics, ...], err: bool
) -> None:
    rows = []
    for was, now in zip(before, after):
        shown = [(text_of(was), text_of(now)) for _, text_of in _COLUMNS]
        rows.append([was.name, *(a if a == b else f"{a} → {b}" for a, b in shown)])
    titles = [title for title, _ in _COLUMNS]
    if (sys.stderr if err else sys.stdout).isatty():
        from rich.console import Console

        Console(stderr=err).print(table(["layer", *titles], rows))
        return
    for name, *cells in rows:
        words = (f"{title} {cell}" for title, cell in zip(titles, cells))
        click.echo(f"{name}: {', '.join(words)}", err=err)
