"""What `drawscape plot` is asked for: its options, and what follows from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import click

from drawscape.cli.plot_files import Ordering
from drawscape.cli.shared_options import option
from drawscape.drawing.paper import OUTSIDE, Outside
from drawscape.plot.export.formats import FORMATS, Format
from drawscape.plot.machine import machine_names
from drawscape.plot.order import EFFORTS, Effort
from drawscape.svg.read import Fill, Layering, Text


@dataclass(frozen=True, kw_only=True)
class PlotOptions:
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


_OPTIONS = (
    click.option(
        "-O/-R",
        "--optimize/--raw",
        default=None,
        help="Merge and order the lines, or leave them as drawn.  [default: order what is written]",
    ),
    click.option(
        "--stats", is_flag=True, help="Show lines, travel, lifts and time, before and after."
    ),
    click.option(
        "--to",
        "formats",
        multiple=True,
        type=click.Choice(FORMATS),
        help="Write this format; may be repeated.",
    ),
    click.option("-o", "--output", metavar="FILE", help="Write this file; - is standard output."),
    option(
        "--effort",
        type=click.Choice(EFFORTS),
        default="normal",
        help="Search this hard for a short way.",
    ),
    option("--tolerance", default=0.05, metavar="MM", help="Join ends that are this near."),
    option(
        "--simplify", default=0.02, metavar="MM", help="Leave out points this near to their line."
    ),
    option("--drop-shorter", default=0.0, metavar="MM", help="Leave out lines shorter than this."),
    click.option("--keep-duplicates", is_flag=True, help="Draw twice what is there twice."),
    option(
        "--layers",
        type=click.Choice(get_args(Layering)),
        default="auto",
        help="Take a pen for each top-level group, each colour, or one for all; auto takes what makes more.",
    ),
    option(
        "--fill",
        type=click.Choice(get_args(Fill)),
        default="outline",
        help="Draw what is filled as outlines, or hatch it too.",
    ),
    option(
        "--text",
        type=click.Choice(get_args(Text)),
        default="strokes",
        help="Write text in a single-line font, or draw the outlines of this machine's fonts.",
    ),
    click.option("--fit", metavar="PAPER", help="Scale to a sheet: a4, letter, 300x200 ..."),
    click.option("--tile", metavar="PAPER", help="Split a large drawing into sheets: a4 ..."),
    option(
        "--overlap",
        default="8mm",
        metavar="LENGTH",
        help="Let the sheets of --tile overlap by this much.",
    ),
    click.option(
        "--landscape", is_flag=True, help="Turn the sheet of --fit or --tile on its side."
    ),
    option(
        "--margin",
        default=10.0,
        metavar="MM",
        help="Keep this much free at each edge, with --fit and --tile.",
    ),
    click.option("--travel", is_flag=True, help="Draw the pen-up moves as a layer."),
    click.option(
        "--split",
        metavar="layers|METRES",
        help="Write a file for each layer, or for each length of ink.",
    ),
    click.option(
        "--machine",
        metavar="NAME",
        help=f"Plot with this: {', '.join(machine_names())}, or a .toml file; it has time, reach and format.",
    ),
    option(
        "--outside",
        type=click.Choice(OUTSIDE),
        default="crop",
        help="Choose what is done with lines off the sheet or out of the machine's reach.",
    ),
    option(
        "--profile",
        default="servo",
        metavar="NAME",
        help="Write G-code for this profile, a name or a .toml file.",
    ),
    option(
        "--dpi", default=150.0, metavar="NUMBER", help="Draw a PNG with this many pixels per inch."
    ),
    option("--device", default="hp7475a", metavar="NAME", help="Write HPGL for this plotter."),
)


def plot_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function of the command line the options of which `PlotOptions` are made."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command
