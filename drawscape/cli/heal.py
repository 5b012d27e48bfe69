"""`drawscape plots heal`: find missing strokes in a photograph of the sheet, and plot them."""

import re
import sys
from pathlib import Path
from typing import Any

import click

from drawscape.cli.machine import PLOT, WAIT, YES, ZERO_HERE, after, plots
from drawscape.cli.options import FILE, JSON, option
from drawscape.cli.printing import print_json, print_table
from drawscape.machine.plot import Plot
from drawscape.settings import NamedFile

_NUMBERS = {"multiple": True, "default": (), "type": click.IntRange(1)}


def _corners(_context: object, _parameter: object, text: str | None) -> list[list[float]] | None:
    if text is None:
        return None
    numbers = re.split(r"[\s,;]+", text.strip())
    if len(numbers) != 8 or not all(re.fullmatch(r"-?\d+(\.\d+)?", one) for one in numbers):
        raise click.BadParameter(f'{text!r}: write four corners in pixels, as "x,y x,y x,y x,y"')
    values = [float(one) for one in numbers]
    return [values[at : at + 2] for at in range(0, 8, 2)]


@plots.command()
@PLOT
@option("--photo FILE", "Photograph of the whole sheet.", required=True, type=FILE)
@option(
    '--corners "X,Y X,Y X,Y X,Y"',
    "The sheet's corners in pixels, if it is not found: top left, top right, bottom right, bottom left.",
    callback=_corners,
)
@option("--sheet NUMBER", "Sheet of a plot with copies.", default=1, type=click.IntRange(1))
@option("--take-out K", "Stroke that is not plotted.", **_NUMBERS)
@option("--add K", "Stroke that is plotted too.", **_NUMBERS)
@JSON
@WAIT
@YES
@ZERO_HERE
def heal(
    plot: Plot,
    photo: Path,
    corners: list[list[float]] | None,
    sheet: int,
    take_out: tuple[int, ...],
    add: tuple[int, ...],
    as_json: bool,
    wait: bool,
    yes: bool,
    zero_here: bool,
) -> None:
    """Find missing strokes in a photograph, and plot them.

    Strokes count from 1, as in `plots show`. In the marked photograph, missing stretches are red, and unsure
    ones are orange. A terminal asks before anything is plotted. If the sheet was moved, run `drawscape
    machine align` for this plot first.
    """
    from drawscape.tasks.healing import changed_rows, examine_photograph, heal_plot
    from drawscape.tasks.plotting import enqueue_plot

    told = examine_photograph(plot.id, NamedFile(photo), corners=corners, sheet=sheet)
    rows = changed_rows(plot.plan, told, take_out=take_out, add=add)
    if not as_json:
        _show(told)
        click.echo(f"marked in {plot.folder / 'marked.jpg'}", err=True)
    if rows and not yes and not as_json and sys.stdin.isatty():
        yes = click.confirm(f"Plot {_counted(rows)}?", err=True)
    if not rows or not yes:
        if as_json:
            print_json(told)
        return
    made = heal_plot(plot, rows)
    enqueue_plot(made, yes=yes, zero_here=zero_here)
    if as_json:
        print_json(told | {"plot": made.id})
    after(made, wait=wait, says_id=not as_json)


def _counted(rows: list[dict[str, Any]]) -> str:
    return "1 stretch" if len(rows) == 1 else f"{len(rows) or 'no'} stretches"


def _show(told: dict[str, Any]) -> None:
    """Print each missing or unsure stretch, and their numbers."""
    rows = [
        (str(row["stroke"]), row["pen"], f"{row['from_mm']:.1f}", f"{row['to_mm']:.1f}", word)
        for word in ("missing", "unsure")
        for row in told[word]
    ]
    print_table(["stroke", "pen", "from mm", "to mm", "ink"], rows)
    if told["warning"]:
        click.echo(told["warning"], err=True)
    click.echo(
        f"{_counted(told['missing'])} of {told['strokes']} strokes missing, "
        f"{len(told['unsure'])} unsure; the sheet is placed within {told['sheet']['error_mm']:.2f} mm",
        err=True,
    )
