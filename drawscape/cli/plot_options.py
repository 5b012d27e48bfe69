"""The options of `plot`, some shared with `draw` and `redraw`, and the files written with them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

from drawscape.atomic import is_special, write_atomic
from drawscape.cli.options import NumberType, PathType, option, pairs
from drawscape.cli.printing import progress_bar
from drawscape.drawing.document import Document, Outside
from drawscape.drawing.values import parse_length
from drawscape.plot import gcode_export, gcode_profile, hpgl_export
from drawscape.plot.formats import FORMATS, SUFFIXES, FormatName, encode, format_of
from drawscape.plot.known_machines import Machine, machine_names, read_machine
from drawscape.plot.pages import Reach, crop
from drawscape.plot.pipeline import optimize
from drawscape.svg.read import FillMode, Layering

_GROUPS = {
    "Page": "crop scale rotate translate centre fit tile overlap landscape margin",
    "Fill": "layers fill hide hatch_distance hatch_angle hatch_style",
    "Order": "optimize tolerance simplify drop_shorter keep_duplicates",
    "Export": "formats output force stats travel split dpi device",
    "Machine": "machine outside profile pen on copies drying wait yes zero_here",
}
"""The headings of the help of `plot`, and the options below each."""


class GroupedCommand(click.Command):
    """A command whose help has its options below headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = {one.name or "": one.get_help_record(ctx) for one in options}
        grouped = {title: names.split() for title, names in _GROUPS.items()}
        known = {name for names in grouped.values() for name in names}
        grouped["Options"] = [name for name in records if name not in known]
        for title, names in grouped.items():
            with formatter.section(title):
                formatter.write_dl([record for name in names if (record := records.get(name))])


STDOUT = ("-", "/dev/stdout")
"""Names of standard output."""

_HEAD_BYTES = 4096
"""Where an SVG's first tag begins, after a prolog and comments."""
_DRAWING = re.compile(rb"<svg|\A%PDF|\A\x89PNG|\AIN;|^G2[01]$", re.MULTILINE)
"""What a drawing begins with in our formats, whatever its name."""

_LENGTH = NumberType(0)


def _option(default: Any, help: str, words: str = "", **more: Any) -> Any:
    """Return a field that is an option; `words` as for `option`; the default flag is `--its-name`."""
    return field(default=default, metadata={"help": help, "words": words, **more})


@dataclass(frozen=True, kw_only=True)
class PlotOptions:
    """The options of `drawscape plot`, one for each field. Lengths are mm."""

    optimize: bool | None = _option(
        None,
        "Lines merged and ordered, or as drawn.  [default: ordered, except in a PNG of `draw`]",
        "-O/-R --optimize/--raw",
    )
    stats: bool = _option(False, "Statistics before and after: lines, travel, lifts and time.")
    formats: tuple[FormatName, ...] = _option(
        (), "Output format; may be repeated.", "--to", type=click.Choice(FORMATS)
    )
    output: str | None = _option(
        None,
        f"Output file. Its ending gives the format ({', '.join(SUFFIXES)}); - is standard output.",
        "-o --output FILE",
        type=PathType(dir_okay=False, readable=False, allow_dash=True),
    )
    force: bool = _option(False, "Replace an existing file that is not a drawing.")
    tolerance: float = _option(
        0.05, "Largest gap between two ends that are joined.", "MM", type=_LENGTH
    )
    simplify: float = _option(
        0.02, "Largest distance from a line at which its points are dropped.", "MM", type=_LENGTH
    )
    drop_shorter: float = _option(0.0, "Shortest line that is kept.", "MM", type=_LENGTH)
    keep_duplicates: bool = _option(False, "Keep duplicate lines.")
    layers: Layering = _option(
        "auto",
        "What gets a pen: each top-level group, each colour, or the drawing; auto prefers more pens.",
    )
    fill: FillMode = _option("outline", "Filled shapes as outlines, or hatched as well.")
    hide: bool = _option(False, "Hide what lies below filled shapes, white ones too.")
    hatch_distance: str | None = _option(None, "Distance of hatch lines.  [default: 1mm]", "LENGTH")
    hatch_angle: float | None = _option(
        None, "Angle of hatch lines, clockwise.  [default: 45]", "DEGREES", type=NumberType(-1e6)
    )
    hatch_style: str | None = _option(
        None,
        "Style of hatches.  [default: lines]",
        type=click.Choice(("lines", "cross", "concentric")),
    )
    crop: str | None = _option(
        None, "Rectangle to crop to, in mm or with units.", "X,Y,WIDTH,HEIGHT"
    )
    scale: float = _option(
        1.0, "Scale factor, around the drawing's centre.", "FACTOR", type=NumberType(0.001, 1000)
    )
    rotate: float = _option(
        0.0, "Rotation around the drawing's centre, clockwise.", "DEGREES", type=NumberType(-1e6)
    )
    translate: str | None = _option(None, "Shift of the drawing, in mm or with units.", "X,Y")
    centre: bool = _option(False, "Centre the drawing on its sheet.", "--centre --center")
    fit: str | None = _option(
        None, "Sheet to scale the drawing to: a4, letter, 300x200 ...", "PAPER"
    )
    tile: str | None = _option(None, "Sheet to split a large drawing into: a4 ...", "PAPER")
    overlap: str = _option("8mm", "Overlap of the sheets of --tile.", "LENGTH")
    landscape: bool = _option(False, "Landscape sheet, with --fit and --tile.")
    margin: float = _option(10.0, "Margin at each edge, with --fit and --tile.", "MM", type=_LENGTH)
    travel: bool = _option(False, "Pen-up moves as an extra layer.")
    split: bool = _option(False, "One file for each layer.", "--split-layers")
    machine: str | None = _option(
        None,
        f"Machine: {', '.join(machine_names())}, or a .toml file. It sets times, reach and format.",
        "NAME",
    )
    outside: Outside = _option(
        "crop",
        "What to do with lines off the sheet or out of the machine's reach. `draw` keeps them in an SVG; "
        "--on refuses those out of reach.",
    )
    profile: str | None = _option(
        None,
        "G-code profile: a name or a .toml file.  [default: the machine's, or servo]",
        "NAME",
    )
    pen: tuple[str, ...] = _option(
        (), "Pen of `drawscape pens` for a layer's pen number.", "NUMBER=NAME"
    )
    dpi: float = _option(150.0, "Pixels per inch of a PNG.", "NUMBER", type=NumberType(1, 1e5))
    device: str = _option("hp7475a", "HPGL plotter.", "NAME")

    def check(self) -> None:
        """Raise an error for a wrong machine, format or output file, before the work begins."""
        _ = self.chosen_machine, self.forms
        if self.output is not None:
            check_replaceable(self.output, force=self.force)

    @property
    def writes(self) -> bool:
        """Whether an option changes the drawing or names a file or format."""
        named = self.formats or self.output
        parted = self.fit or self.tile or self.travel or self.split
        changed = self.optimize or self.moves or self.pen or self.hide or self.hatches
        return bool(named or parted or changed)

    @property
    def moves(self) -> bool:
        """Whether the drawing is cropped, scaled, turned or moved."""
        return (
            self.crop is not None
            or self.translate is not None
            or self.centre
            or self.rotate != 0
            or self.scale != 1
        )

    @property
    def pens(self) -> dict[int, str]:
        """The names of the pens that were chosen, by number."""
        chosen = pairs(self.pen, "--pen").items()
        try:
            return {int(number): name for number, name in chosen}
        except ValueError:
            raise click.BadParameter("write NUMBER=NAME, such as 1=micron-03-blue") from None

    @property
    def hatches(self) -> bool:
        return self.fill == "hatch" or bool(self.hatching)

    @property
    def hatching(self) -> dict[str, Any]:
        """The options of `geometry.hatch.hatch` that were given."""
        distance = None if self.hatch_distance is None else parse_length(self.hatch_distance)
        given = {"spacing_mm": distance, "angle": self.hatch_angle, "style": self.hatch_style}
        return {name: value for name, value in given.items() if value is not None}

    @cached_property
    def chosen_machine(self) -> Machine | None:
        """The machine of that name; raises what `read_machine` does."""
        machine = None if self.machine is None else read_machine(self.machine)
        if machine is None or machine.format != "gcode" or self.profile is None:
            return machine
        return machine.with_profile(gcode_profile.read_profile(self.profile))

    @property
    def forms(self) -> tuple[FormatName, ...]:
        """The formats to write: those asked for, else the file's, the machine's, or SVG."""
        if self.formats:
            return self.formats
        if self.output is not None and Path(self.output).suffix:
            return (format_of(self.output),)
        return (self.chosen_machine.format if self.chosen_machine else "svg",)

    def ordered(self, document: Document) -> Document:
        """Return the drawing merged, simplified and ordered, with a bar on a terminal."""
        with progress_bar("optimize") as show:
            return optimize(
                document,
                tolerance_mm=self.tolerance,
                simplify_mm=self.simplify,
                drop_shorter_mm=self.drop_shorter,
                deduplicate=not self.keep_duplicates,
                on_progress=lambda fraction, _step: show(fraction),
            )

    def write(self, document: Document, target: str, form: FormatName) -> None:
        """Write one file and print its name; a note on stderr tells what was cropped."""
        machine = self.chosen_machine
        profile = machine.profile if machine else None
        device = machine.device if machine and machine.format == "hpgl" else self.device
        if form == "gcode":
            profile = profile or gcode_profile.read_profile(self.profile or "servo")
            reach = gcode_export.reach_of(document, profile)
        elif form == "hpgl":
            reach = Reach.of_page(document).within(hpgl_export.placed(document, device).limits)
        else:
            reach = machine.reach(document) if machine else Reach.of_page(document)
        document, notes = crop(document, reach, outside=self.outside)
        for note in (*notes, *(hpgl_export.left_out(document) if form == "hpgl" else ())):
            click.echo(f"note: {note}", err=True)
        # Lines still outside were kept on request.
        made = {"dpi": self.dpi, "device": device, "profile": profile, "outside": "keep"}
        write_bytes(encode(document, form, **made), target, force=self.force)


def plot_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command the options of PlotOptions, or those of `names`."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(PlotOptions)
        for each in reversed(fields(PlotOptions)):
            if names and each.name not in names:
                continue
            more = {"default": each.default, "multiple": each.default == (), **each.metadata}
            if choices := [one for one in get_args(hints[each.name]) if isinstance(one, str)]:
                more["type"] = click.Choice(choices)
            words = more.pop("words")
            flags = "" if "-" in words else f"--{each.name.replace('_', '-')}"
            more["is_flag"] = isinstance(each.default, bool) or None
            command = option(f"{flags} {each.name} {words}", **more)(command)
        return command

    return add


def numbers(text: str, count: int, option: str) -> list[float]:
    """Return `count` comma-separated lengths in mm; raises BadParameter for other text."""
    parts = text.split(",")
    if len(parts) != count:
        raise click.BadParameter(f"{text!r} is not {count} lengths", param_hint=option)
    return [parse_length(part) for part in parts]


def check_replaceable(output: str, *, force: bool) -> None:
    """Raise click's UsageError if `output` exists and is neither a drawing nor named like one."""
    file = Path(output)
    if force or output in STDOUT or not file.is_file() or file.suffix.lower() in SUFFIXES:
        return
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head and not _DRAWING.search(head):
        raise click.UsageError(
            f"{output} exists and is not a drawing; choose another file, or replace it with --force"
        )


def write_bytes(content: bytes, output: str, *, force: bool) -> None:
    """Write a file and print its name, or to standard output."""
    if output in STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    check_replaceable(output, force=force)
    try:
        write_atomic(Path(output).absolute(), [content])
    except OSError as error:
        why = error.strerror or error
        raise click.ClickException(f"cannot write {output}: {why}") from error
    if not is_special(Path(output)):
        click.echo(click.format_filename(output))
