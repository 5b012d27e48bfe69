"""`drawscape pens`: the pens of a home."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from drawscape.cli.machine import WAIT, YES, ZERO_HERE, after
from drawscape.cli.options import FILE, JSON, NumberType, flag, option, several, time_option
from drawscape.cli.printing import print_facts, print_json, print_table
from drawscape.drawing.values import rgb
from drawscape.errors import PlotError
from drawscape.machine.device import read_device
from drawscape.machine.ink import metres_written, put_in_new
from drawscape.machine.plot import Plot, list_plots
from drawscape.pens import (
    StoredPen,
    read_pen,
    remove_pen,
    save_pen,
    stored_pens,
    update_pen,
)

if TYPE_CHECKING:
    from drawscape.sheets.card_reading import CardReading

_CARD = "test card of {}"
"""What a plot of a card is called."""
_ABOVE_0 = NumberType(1e-3)
_NAME = click.argument("name")
_facts = several(
    option("--color COLOR", "Colour of the ink: red, '#1d3f8f' ..."),
    option("--width width_mm MM", "Width of the line.", type=NumberType(0.01, 100)),
    option("--top-speed MM/S", "Speed above which its line breaks.", type=_ABOVE_0),
    option("--down MACHINE=PERCENT", "Height of the pen when it draws.", multiple=True),
    option("--capacity capacity_m METRES", "Length of line that a new pen draws.", type=_ABOVE_0),
    time_option("--drying drying_s TIME", "Time to dry before another pen draws: 30, 5m."),
)


def _given(down: tuple[str, ...], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that were given, with the heights on machines that exist."""
    heights = {}
    for text in down:
        name, _, percent = text.rpartition("=")
        heights[read_device(name).name] = NumberType(0, 100).convert(percent, None, None)
    known = {name: value for name, value in facts.items() if value is not None}
    return {**known, "heights": heights}


@click.group()
def pens() -> None:
    """Name your pens, and store their width, speed and ink."""


@pens.command()
@_NAME
@_facts
def add(name: str, down: tuple[str, ...], **facts: Any) -> None:
    """Add a pen. Layers use it by its NAME."""
    if name in stored_pens():
        raise PlotError(f"the pen {name!r} exists already; change it with `drawscape pens edit`")
    click.echo(_words(save_pen(StoredPen(name=name, **_given(down, facts)))))


@pens.command("list")
@JSON
def list_pens(as_json: bool) -> None:
    """List the pens of this home."""
    rows = [_shown(pen) for pen in stored_pens().values()]
    if as_json:
        print_json(rows)
        return
    cells = [(row["name"], row["color"], f"{row['width_mm']:g} mm", _ink(row)) for row in rows]
    nothing = "no pen yet; add one with `drawscape pens add`"
    print_table(["name", "colour", "width", "ink"], cells, nothing=nothing)


@pens.command()
@_NAME
@JSON
def show(name: str, as_json: bool) -> None:
    """Show everything about a pen."""
    row = _shown(read_pen(name))
    if as_json:
        print_json(row)
        return
    heights = ", ".join(f"{where} {percent:g} %" for where, percent in row.pop("heights").items())
    print_facts({key.replace("_", " "): value for key, value in row.items()} | {"heights": heights})


@pens.command()
@_NAME
@_facts
@flag("--new", "A new pen of this kind; its metres count from 0.")
@flag("--dry", "A new pen, since this one ran dry: the metres it drew are the capacity.")
def edit(name: str, new: bool, dry: bool, down: tuple[str, ...], **facts: Any) -> None:
    """Change the data of a pen, or note that it is new."""
    if new or dry:
        put_in_new(name, was_dry=dry)
    click.echo(_words(update_pen(name, **_given(down, facts))))


@pens.command()
@_NAME
@option("--on NAME", "Machine that plots it (see `drawscape machine`).", required=True)
@WAIT
@YES
@ZERO_HERE
def test(name: str, on: str, wait: bool, yes: bool, zero_here: bool) -> None:
    """Plot a test card of a pen.

    It is 90 x 60 mm, with widths, speeds, overlaps, dots and a long line.
    """
    from drawscape.sheets.pen_card import pen_card
    from drawscape.tasks.plotting import enqueue_plot

    plot = Plot.create(pen_card(read_pen(name).name), on, drawing=_CARD.format(name))
    enqueue_plot(plot, yes=yes, zero_here=zero_here)
    after(plot, wait=wait)


@pens.command()
@_NAME
@option("--photo FILE", "Photograph of the whole sheet.", type=FILE)
def read(name: str, photo: Path | None) -> None:
    """Read a pen's test card.

    Width, top speed and colour come from a photograph, or from three answers.
    """
    from drawscape.sheets.pen_card import SPEEDS

    pen = read_pen(name)
    cards = (plot for plot in list_plots() if plot.record.drawing == _CARD.format(name))
    card = next(cards, None)
    if card is None:
        raise PlotError(
            f"no test card of {name!r} has been plotted; plot one: `drawscape pens test {name} --on ...`"
        )
    seen = _asked(pen) if photo is None else _photographed(pen, photo)
    if seen.speed is None:
        raise PlotError("even the slowest line has gaps: is the pen dry, or too high?")
    top = card.device.machine.plotter.top_speed * SPEEDS[seen.speed] / 100
    top_speed = None if seen.speed == len(SPEEDS) - 1 else round(top, 1)  # it kept up
    width_mm = round(seen.width_mm, 3)
    made = update_pen(name, width_mm=width_mm, top_speed=top_speed, color=seen.color)
    limit = f"up to {top_speed:g} mm/s" if top_speed else "at any speed of this machine"
    click.echo(f"{_words(made)}, {limit}")


def _asked(pen: StoredPen) -> "CardReading":
    """Return a person's reading of the card."""
    from drawscape.sheets.card_reading import CardReading
    from drawscape.sheets.pen_card import SPACINGS_MM, SPEEDS

    closed = click.prompt(
        "Last comb without gaps, 0 for none", type=click.IntRange(0, 10), err=True
    )
    letters = click.Choice("ABCDEF"[: len(SPEEDS)], case_sensitive=False)
    speed = click.prompt("Fastest line without gaps", type=letters, err=True)
    color = click.prompt("Colour of the ink", default=pen.color, err=True)
    narrow = SPACINGS_MM[closed - 1] if closed else SPACINGS_MM[0] / 2
    width_mm = (narrow + SPACINGS_MM[closed]) / 2
    return CardReading(width_mm, color, "ABCDEF".index(speed.upper()))


def _photographed(pen: StoredPen, photo: Path) -> "CardReading":
    """Return the reading of a photograph of the card. It is read twice: a known width helps."""
    from drawscape.photo.load import load

    picture = load(photo)  # says which extra is missing
    from drawscape.photo.corners import find
    from drawscape.photo.sheet import Sheet
    from drawscape.sheets.card_reading import PX_PER_MM, read_card
    from drawscape.sheets.pen_card import CARD_MM, pen_card

    lines, corners, width_mm = pen_card(pen.name).lines, None, pen.width_mm
    pens, ink = np.zeros(len(lines), dtype=np.int64), np.array([rgb(pen.color) or (0, 0, 0)]) / 255
    for _ in range(2):
        sheet = Sheet(lines, pens, np.array([width_mm]), ink, *CARD_MM)
        placement = find(sheet, picture, corners)
        seen = read_card(placement.flattened(picture, PX_PER_MM))
        corners, width_mm = placement.corners, seen.width_mm
    return seen


@pens.command()
@_NAME
def remove(name: str) -> None:
    """Remove a pen; layers that name it keep their colour and width."""
    remove_pen(name)


def _words(pen: StoredPen) -> str:
    return f"{pen.name}: {pen.color}, {pen.width_mm:g} mm"


def _shown(pen: StoredPen) -> dict[str, Any]:
    """Return the fields of --json: the stored ones, and the metres in the journals."""
    total_m = metres_written().get(pen.name, 0.0)
    left_m = pen.left_m(total_m)
    row = asdict(pen)
    written_m = total_m - row.pop("replaced_at_m")
    return {
        **row,
        "written_m": round(written_m, 3),
        "left_m": None if left_m is None else round(max(left_m, 0.0), 3),
    }


def _ink(row: dict[str, Any]) -> str:
    left = "" if row["left_m"] is None else f", {row['left_m']:.1f} m left"
    return f"{row['written_m']:.1f} m written{left}"
