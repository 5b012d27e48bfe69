"""`drawscape plot`: from any SVG to a file that a plotter draws well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click

from drawscape.cli.plot_files import Ordering, Output
from drawscape.cli.plot_parts import split_parts
from drawscape.cli.plot_table import show_statistics
from drawscape.drawing.document import Document
from drawscape.errors import PlotError, SvgReadError
from drawscape.plot.bounds import OUTSIDE, Outside
from drawscape.plot.export.files import FORMATS, Format, format_of
from drawscape.plot.machine import Machine, machine_names, read_machine
from drawscape.plot.order import EFFORTS, Effort
from drawscape.plot.statistics import statistics
from drawscape.svg.read import read_svg
from drawscape.svg.read.layering import Layering
from drawscape.svg.read.reader import Bounds, Fill
from drawscape.svg.read.walk import Text

_ENDINGS = {name: f".{name}" for name in get_args(Format)}


@dataclass(frozen=True, kw_only=True)
class _Options:
    """The command line's options, checked by click; lengths are in mm."""

    optimize: bool | None
    stats: bool
    formats: tuple[Format, ...]
    output: str | None
    effort: Effort
    tolerance: float
    simplify: float
    drop_shorter: float
    keep_duplicates: bool
    layers: Layering
    fill: Fill
    text: Text
    fit: str | None
    tile: str | None
    overlap: str
    landscape: bool
    margin: float
    travel: bool
    split: str | None
    machine: str | None
    outside: Outside
    profile: str
    dpi: float
    device: str

    @property
    def writes(self) -> bool:
        """Whether any file is asked for."""
        changes = (self.optimize, self.fit, self.tile, self.travel, self.split)
        return bool(self.formats or self.output or any(changes))

    @property
    def ordering(self) -> Ordering | None:
        """How to order: all that is written, unless --raw."""
        if not self.writes or self.optimize is False:
            return None
        return Ordering(
            effort=self.effort,
            tolerance=self.tolerance,
            simplify=self.simplify,
            drop_shorter=self.drop_shorter,
            keep_duplicates=self.keep_duplicates,
        )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-O/-R",
    "--optimize/--raw",
    default=None,
    help="Merge and order the lines, or leave them as drawn.  [default: order what is written]",
)
@click.option("--stats", is_flag=True, help="Show lines, travel, lifts and time, before and after.")
@click.option(
    "--to",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="Write this format; may be repeated.",
)
@click.option("-o", "--output", metavar="FILE", help="Write this file; - is standard output.")
@click.option(
    "--effort",
    type=click.Choice(EFFORTS),
    default="normal",
    show_default=True,
    help="Look so hard for a short way.",
)
@click.option(
    "--tolerance", default=0.05, show_default=True, metavar="MM", help="Join ends that are so near."
)
@click.option(
    "--simplify",
    default=0.02,
    show_default=True,
    metavar="MM",
    help="Leave out points so near to their line.",
)
@click.option(
    "--drop-shorter",
    default=0.0,
    show_default=True,
    metavar="MM",
    help="Leave out lines shorter than this.",
)
@click.option("--keep-duplicates", is_flag=True, help="Draw twice what is there twice.")
@click.option(
    "--layers",
    type=click.Choice(get_args(Layering)),
    default="auto",
    show_default=True,
    help="Take a pen for each top-level group, each colour, or one for all; auto takes what makes more.",
)
@click.option(
    "--fill",
    type=click.Choice(get_args(Fill)),
    default="outline",
    show_default=True,
    help="Draw what is filled as outlines, or hatch it too.",
)
@click.option(
    "--text",
    type=click.Choice(get_args(Text)),
    default="strokes",
    show_default=True,
    help="Write text in a single-line font, or draw the outlines of this machine's fonts.",
)
@click.option("--fit", metavar="PAPER", help="Scale to a sheet: a4, letter, 300x200 ...")
@click.option("--tile", metavar="PAPER", help="Part a large drawing into sheets: a4 ...")
@click.option(
    "--overlap",
    default="8mm",
    show_default=True,
    metavar="LENGTH",
    help="Let the sheets of --tile overlap so much.",
)
@click.option("--landscape", is_flag=True, help="Turn the sheet of --fit or --tile on its side.")
@click.option(
    "--margin",
    default=10.0,
    show_default=True,
    metavar="MM",
    help="Keep so much free at each edge, with --fit and --tile.",
)
@click.option("--travel", is_flag=True, help="Draw the pen-up moves as a layer.")
@click.option(
    "--split",
    metavar="layers|METRES",
    help="Write a file for each layer, or for each length of ink.",
)
@click.option(
    "--machine",
    metavar="NAME",
    help=f"Plot with this: {', '.join(machine_names())}, or a .toml file; it has time, reach and format.",
)
@click.option(
    "--outside",
    type=click.Choice(OUTSIDE),
    default="crop",
    show_default=True,
    help="Choose what is done with lines off the sheet or out of the machine's reach.",
)
@click.option(
    "--profile",
    default="servo",
    show_default=True,
    metavar="NAME",
    help="Write G-code for this profile, a name or a .toml file.",
)
@click.option(
    "--dpi",
    default=150.0,
    show_default=True,
    metavar="NUMBER",
    help="Draw a PNG with so many pixels per inch.",
)
@click.option(
    "--device",
    default="hp7475a",
    show_default=True,
    metavar="NAME",
    help="Write HPGL for this plotter.",
)
def plot(file: Path, **given: Any) -> None:
    """Prepare an SVG FILE for the plotter: order, merge, export.

    \b
    What it would cost to draw:
      drawscape plot a.svg
    Fewer lifts, less travel:
      drawscape plot a.svg --optimize --stats -o b.svg
    For a CNC machine:
      drawscape plot a.svg --to gcode --machine grbl
    On sheets of A4, to be joined:
      drawscape plot poster.svg --tile a4 --overlap 8mm

    Lines are merged and ordered in all that is written, unless --raw. Without -o, files are written
    to the working folder, under FILE's name.
    """
    _run(file, _Options(**given))


def _run(file: Path, options: _Options) -> None:
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


def _read(file: Path, options: _Options) -> Document:
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


def _enlarged(options: _Options) -> Callable[[Bounds], float] | None:
    """Return what --fit scales a drawing by, so that its curves are fine enough for it."""
    if options.fit is None:
        return None
    from drawscape.drawing.paper import paper_size

    room = sorted(side - 2 * options.margin for side in paper_size(options.fit))

    def factor(bounds: Bounds) -> float:
        size = sorted((bounds[2] - bounds[0], bounds[3] - bounds[1]))
        return min((r / s for r, s in zip(room, size, strict=True) if s > 0), default=1.0)

    return factor


def _fitted(document: Document, options: _Options) -> Document:
    if options.fit is None:
        return document
    from drawscape.drawing.paper import paper_size
    from drawscape.plot.fit import fit

    size = paper_size(options.fit, "landscape" if options.landscape else None)
    return fit(document, *size, margin_mm=options.margin)


def _tiled(document: Document, options: _Options) -> list[tuple[str, Document]]:
    """Return the sheets with what their files' names end in; one sheet without --tile."""
    if options.tile is None:
        return [("", document)]
    from drawscape.drawing.paper import paper_size
    from drawscape.drawing.units import parse_length
    from drawscape.plot.tile import tiles

    size = paper_size(options.tile, "landscape" if options.landscape else None)
    overlap = parse_length(options.overlap)
    sheets = tiles(document, *size, overlap_mm=overlap, margin_mm=options.margin)
    return [(f"-row{t.row + 1}-column{t.column + 1}", t.document) for t in sheets]


def _show(
    before: Document, after: list[Document] | None, machine: Machine | None, options: _Options
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
    files: list[tuple[str, Document]], file: Path, machine: Machine | None, options: _Options
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
        target = Path(options.output or f"{file.stem}-plot{_ENDINGS[form]}")
        for ending, part in files:
            output.write(part, target.with_name(f"{target.stem}{ending}{target.suffix}"), form)


def _formats(machine: Machine | None, options: _Options) -> tuple[Format, ...]:
    if options.formats:
        return options.formats
    if options.output not in (None, "-"):
        return (format_of(str(options.output)),)
    return (machine.format if machine else "svg",)
