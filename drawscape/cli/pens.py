"""`drawscape pens`: the pens of a home."""

from collections.abc import Callable
from dataclasses import asdict
from functools import reduce
from typing import Any

import click

from drawscape.cli.options import JSON, NumberType, flag, option, time_option
from drawscape.cli.printing import print_facts, print_json, print_table
from drawscape.errors import PlotError
from drawscape.machine.device import read_device
from drawscape.machine.ink import metres_written, put_in_new
from drawscape.pens import (
    StoredPen,
    read_pen,
    remove_pen,
    save_pen,
    stored_pens,
    update_pen,
)

_ABOVE_0 = NumberType(1e-3)
_NAME = click.argument("name")
_FACTS = (
    option("--color COLOR", "Colour of the ink: red, '#1d3f8f' ..."),
    option("--width width_mm MM", "Width of the line.", type=NumberType(0.01, 100)),
    option("--top-speed MM/S", "Speed above which its line breaks.", type=_ABOVE_0),
    option("--down MACHINE=PERCENT", "Height of the pen when it draws.", multiple=True),
    option("--capacity capacity_m METRES", "Length that a new one writes.", type=_ABOVE_0),
    time_option("--drying drying_s TIME", "Time to dry before another pen draws: 30, 5m."),
)


def _facts(command: Callable[..., Any]) -> Callable[..., Any]:
    return reduce(lambda made, add: add(made), reversed(_FACTS), command)


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
    """Give pens names, and know their width, speed and ink."""


@pens.command(short_help="Add a pen.")
@_NAME
@_facts
def add(name: str, down: tuple[str, ...], **facts: Any) -> None:
    """Add a pen, which layers take by its NAME."""
    if name in stored_pens():
        raise PlotError(f"there is a pen {name!r} already; change it with `drawscape pens edit`")
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
    """Show all that is known of a pen."""
    row = _shown(read_pen(name))
    if as_json:
        print_json(row)
        return
    heights = ", ".join(f"{where} {percent:g} %" for where, percent in row.pop("heights").items())
    print_facts({key.replace("_", " "): value for key, value in row.items()} | {"heights": heights})


@pens.command(short_help="Change what is known of a pen.")
@_NAME
@_facts
@flag("--new", "A new pen of this kind is in; its metres count from 0.")
@flag("--dry", "The pen ran dry: what it wrote is its capacity, and a new one is in.")
def edit(name: str, new: bool, dry: bool, down: tuple[str, ...], **facts: Any) -> None:
    """Change what is known of a pen, or say that a new one is in."""
    if new or dry:
        put_in_new(name, was_dry=dry)
    click.echo(_words(update_pen(name, **_given(down, facts))))


@pens.command()
@_NAME
def remove(name: str) -> None:
    """Remove a pen; layers that name it keep their colour and width."""
    remove_pen(name)


def _words(pen: StoredPen) -> str:
    return f"{pen.name}: {pen.color}, {pen.width_mm:g} mm"


def _shown(pen: StoredPen) -> dict[str, Any]:
    """Return what --json prints: what is stored, and the metres that the journals tell."""
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
