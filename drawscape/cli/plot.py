"""`drawscape plot`: from any SVG to a file that a plotter draws well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from drawscape.cli.plot_table import show_statistics
from drawscape.errors import PlotError, SvgReadError
from drawscape.plot.export.files import FORMATS, Format, encode, format_of, save
from drawscape.plot.order import EFFORTS
from drawscape.plot.pipeline import OnProgress, optimize
from drawscape.plot.statistics import statistics
from drawscape.svg.read import read_svg
from drawscape.svg.read.layering import Layering
from drawscape.svg.read.reader import Bounds, Fill

if TYPE_CHECKING:
    from drawscape.svg.read import Document

_ENDINGS = {name: f".{name}" for name in get_args(Format)}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-O", "--optimize", "optimized", is_flag=True, help="Merge, simplify and order the lines."
)
@click.option("--stats", is_flag=True, help="Show lines, travel, lifts and time, before and after.")
@click.option(
    "--to", "formats", multiple=True, type=click.Choice(FORMATS), help="Write this format."
)
@click.option("-o", "--output", metavar="FILE", help="File to write; - is standard output.")
@click.option(
    "--effort",
    type=click.Choice(EFFORTS),
    default="normal",
    show_default=True,
    help="How long to look for a short way.",
)
@click.option(
    "--tolerance", default=0.05, show_default=True, help="Join ends that are so near, in mm."
)
@click.option(
    "--simplify",
    default=0.02,
    show_default=True,
    help="Leave out points so near to their line, in mm.",
)
@click.option(
    "--drop-shorter",
    default=0.0,
    show_default=True,
    help="Leave out lines shorter than this, in mm.",
)
@click.option("--keep-duplicates", is_flag=True, help="Draw twice what is there twice.")
@click.option(
    "--layers",
    type=click.Choice(get_args(Layering)),
    default="auto",
    show_default=True,
    help="A pen for each top-level group, each colour, or one for all; auto takes what tells more.",
)
@click.option(
    "--fill",
    type=click.Choice(get_args(Fill)),
    default="outline",
    show_default=True,
    help="Draw what is filled as outlines, or hatch it too.",
)
@click.option("--fit", metavar="PAPER", help="Scale to a sheet: a4, letter, 300x200 ...")
@click.option("--landscape", is_flag=True, help="Turn the sheet of --fit on its side.")
@click.option("--margin", default=10.0, show_default=True, help="Kept free with --fit, in mm.")
@click.option("--travel", is_flag=True, help="Draw the pen-up moves as a layer.")
@click.option("--split", metavar="layers|METRES", help="A file per layer, or per length of ink.")
@click.option("--profile", default="servo", show_default=True, help="G-code: name or .toml file.")
@click.option("--dpi", default=150.0, show_default=True, help="PNG: pixels per inch.")
@click.option("--device", default="hp7475a", show_default=True, help="HPGL: vpype's plotter name.")
def plot(
    file: Path,
    optimized: bool,
    stats: bool,
    formats: tuple[Format, ...],
    output: str | None,
    **options: Any,
) -> None:
    """Prepare FILE, an SVG, for the plotter.

    \b
    What it would cost to draw:
      drawscape plot a.svg
    Fewer lifts, less travel:
      drawscape plot a.svg --optimize --stats -o b.svg
    For a CNC machine:
      drawscape plot a.svg -O --to gcode --profile z-axis

    Without -o, files are written to the working folder, under FILE's name.
    """
    before = _read(file, options)
    for note in before.unsupported:
        click.echo(f"note: {note}", err=True)
    if not len(before.lines):
        raise PlotError(f"{file} holds no lines that a pen could draw")
    before = _fitted(before, options)
    after = _optimized(before, options) if optimized else before
    changed = optimized or any(options[key] for key in ("fit", "travel", "split"))
    writes = bool(formats or output or changed)
    if stats or not writes:
        show_statistics(
            statistics(before), statistics(after) if optimized else None, err=output == "-"
        )
    if options["travel"]:
        after = _with_travel(after)
    if writes:
        _write_all(after, file, formats, output, options)


def _read(file: Path, options: dict[str, Any]) -> Document:
    try:
        return read_svg(
            file, layers=options["layers"], fill=options["fill"], enlarged=_enlarged(options)
        )
    except SvgReadError as error:
        raise SvgReadError(f"{file}: {error}") from None


def _enlarged(options: dict[str, Any]) -> Callable[[Bounds], float] | None:
    """Return what --fit scales a drawing by, so that its curves are fine enough for it."""
    if options["fit"] is None:
        return None
    from drawscape.drawing.paper import paper_size

    room = sorted(side - 2 * options["margin"] for side in paper_size(options["fit"]))

    def factor(bounds: Bounds) -> float:
        size = sorted((bounds[2] - bounds[0], bounds[3] - bounds[1]))
        return min((r / s for r, s in zip(room, size, strict=True) if s > 0), default=1.0)

    return factor


def _fitted(document: Document, options: dict[str, Any]) -> Document:
    if options["fit"] is None:
        return document
    from drawscape.drawing.paper import paper_size
    from drawscape.plot.fit import fit

    width, height = paper_size(options["fit"], "landscape" if options["landscape"] else None)
    return fit(document, width, height, margin_mm=options["margin"])


def _optimized(document: Document, options: dict[str, Any]) -> Document:
    with _progress() as on_progress:
        return optimize(
            document,
            tolerance_mm=options["tolerance"],
            simplify_mm=options["simplify"],
            drop_shorter_mm=options["drop_shorter"],
            deduplicate=not options["keep_duplicates"],
            effort=options["effort"],
            on_progress=on_progress,
        )


@contextmanager
def _progress() -> Iterator[OnProgress | None]:
    """Hand out what shows progress, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(
        length=1000, label="optimize", file=sys.stderr, item_show_func=lambda step: step
    ) as bar:
        yield lambda fraction, step: bar.update(round(1000 * fraction) - bar.pos, step)


def _with_travel(document: Document) -> Document:
    from drawscape.plot.preview import with_travel

    return with_travel(document)


def _write_all(
    document: Document,
    file: Path,
    formats: tuple[Format, ...],
    output: str | None,
    options: dict[str, Any],
) -> None:
    if output is not None and len(formats) > 1:
        raise click.UsageError("-o names one file; leave it out to write several formats")
    parts = _parts(document, options["split"])
    if output == "-":
        if len(parts) > 1:
            raise click.UsageError("--split makes several files; name one with -o, not -")
        known = _encoding(options, formats[0] if formats else "svg")
        sys.stdout.buffer.write(encode(parts[0], formats[0] if formats else "svg", **known))
        sys.stdout.buffer.flush()
        return
    for form in formats or (format_of(output) if output else "svg",):
        target = Path(output) if output else Path(f"{file.stem}-plot{_ENDINGS[form]}")
        for number, part in enumerate(parts, start=1):
            name = target if len(parts) == 1 else _numbered(target, number, part)
            _write(part, name, form, options)


def _parts(document: Document, split: str | None) -> tuple[Document, ...]:
    from drawscape.plot.split import split_ink, split_layers

    if split is None:
        return (document,)
    if split == "layers":
        return split_layers(document)
    try:
        metres = float(split)
    except ValueError:
        raise click.BadParameter(
            f"{split!r} is neither 'layers' nor a length in metres", param_hint="--split"
        ) from None
    return split_ink(document, metres=metres)


def _numbered(target: Path, number: int, part: Document) -> Path:
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in part.layers[0].name)[:40]
    return target.with_name(f"{target.stem}-{number}-{name}{target.suffix}")


def _encoding(options: dict[str, Any], form: Format) -> dict[str, Any]:
    """Return what the format's writer is told; a profile is only read where it is used."""
    if form == "gcode":
        from drawscape.plot.export.gcode import read_profile

        return {"profile": read_profile(options["profile"])}
    return {"dpi": options["dpi"], "device": options["device"]}


def _write(document: Document, target: Path, form: Format, options: dict[str, Any]) -> None:
    try:
        path = save(document, target, format=form, **_encoding(options, form))
    except OSError as error:
        raise click.ClickException(f"cannot write {target}: {error.strerror or error}") from error
    click.echo(str(target if not target.is_absolute() else path))
