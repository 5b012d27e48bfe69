"""`drawscape drawings`: the catalogue in the terminal."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from drawscape.catalogue import Drawing, find
from drawscape.cli.drawings_list import list_
from drawscape.cli.shared_options import option
from drawscape.cli.text import counted, for_each, print_list

_NAMES = click.argument("names", nargs=-1, required=True, metavar="DRAWING...")


@click.group(invoke_without_command=True)
@click.pass_context
def drawings(ctx: click.Context) -> None:
    """Find, mark, export and redraw what was drawn.

    A DRAWING is a file, a recipe's first characters as `list` shows them, or a name given to it.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


drawings.add_command(list_)


@drawings.command()
@click.argument("name", metavar="DRAWING")
def show(name: str) -> None:
    """Show all that is known of a DRAWING."""
    one = find(name)
    rows: list[tuple[str, Any]] = [
        ("recipe", one.recipe),
        (
            "file",
            f"{one.path}{' (gone)' if one.deleted else ' (edited by hand)' if one.edited else ''}",
        ),
        ("drawn", f"{one.drawn_at.astimezone():%Y-%m-%d %H:%M}" + _took(one)),
        ("page", f"{one.width:g} x {one.height:g} mm, margin {one.margin:g} mm"),
        ("seed", one.seed),
        *one.parameters.items(),
        ("sheet", one.sheet),
        ("parents", ", ".join(one.parents)),
        ("stars", "*" * one.stars),
        ("tags", ", ".join(one.tags)),
        ("name", one.name),
        ("note", one.note),
    ]
    if not one.deleted:
        figures = one.figures
        counts = f"{counted(figures.lines, 'line')}, {counted(figures.points, 'point')}"
        rows += [("ink", f"{figures.ink_mm / 1000:.1f} m"), ("counts", counts)]
        rows += [
            (f"pen {name!r}", f"{minutes:.1f} min, {color}")
            for name, color, minutes in figures.pens
        ]
    print_list([(name, str(value)) for name, value in rows if value not in (None, "")])


@drawings.command()
@_NAMES
@click.argument("stars", type=click.IntRange(0, 5), metavar="0..5")
def star(names: tuple[str, ...], stars: int) -> None:
    """Give each DRAWING this many stars."""
    _for_each(names, lambda one: one.star(stars))


@drawings.command()
@_NAMES
@click.option("--add", "added", multiple=True, metavar="TAG", help="Add this tag; may be repeated.")
@click.option(
    "--remove", "removed", multiple=True, metavar="TAG", help="Take this tag away; may be repeated."
)
def tag(names: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Add tags to each DRAWING or take them away."""
    if not added and not removed:
        raise click.UsageError("give --add TAG or --remove TAG")
    _for_each(names, lambda one: one.tag(*added).untag(*removed))


@drawings.command()
@click.argument("name", metavar="DRAWING")
@click.argument("text")
@click.option("--name", "as_name", is_flag=True, help="Make TEXT its name.")
def note(name: str, text: str, as_name: bool) -> None:
    """Write a note on a DRAWING, '' for none."""
    one = find(name)
    one.rename(text) if as_name else one.annotate(text)


@drawings.command("open")
@_NAMES
def open_(names: tuple[str, ...]) -> None:
    """Open the file of each DRAWING in the program for SVG files."""
    _for_each(names, lambda one: click.launch(str(one.path)))


@drawings.command(short_help="Write drawings for a plotter or as pictures.")
@_NAMES
@option(
    "--to",
    "format",
    default="gcode",
    metavar="FORMAT",
    help="Write this format: svg, png, pdf, gcode, hpgl.",
)
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write to this folder instead of beside the file; it is made if need be.",
)
@click.option("--raw", is_flag=True, help="Leave the lines as drawn.")
def export(names: tuple[str, ...], format: str, output: Path | None, raw: bool) -> None:
    """Write each DRAWING for a plotter or as a picture, its lines merged and ordered."""

    def exported(one: Drawing) -> Path:
        if output is None:
            return one.export(format, raw=raw)
        output.mkdir(parents=True, exist_ok=True)
        return one.export(format, output / f"{one.path.stem}.{format}", raw=raw)

    _for_each(names, lambda one: click.echo(exported(one)))


@drawings.command(short_help="Draw drawings again into their files.")
@_NAMES
@click.option("--trust", is_flag=True, help="Run the source in the file without asking.")
def redraw(names: tuple[str, ...], trust: bool) -> None:
    """Draw each DRAWING again into its file, one whose file is gone too."""
    from drawscape.catalogue.redraw import known_provenance
    from drawscape.cli.redraw import chosen_sketch

    def again(one: Drawing) -> None:
        sketch = chosen_sketch(known_provenance(one), trust=trust)
        click.echo(one.redraw(sketch.function).path)

    _for_each(names, again)


@drawings.command(short_help="Delete files; recipes and marks stay.")
@_NAMES
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(names: tuple[str, ...], yes: bool) -> None:
    """Delete the file of each DRAWING; its recipe and marks stay, and `redraw` brings it back."""
    if not yes:
        click.confirm(f"Delete {counted(len(names), 'file')}?", abort=True, err=True)
    _for_each(names, lambda one: one.delete())


@drawings.command(short_help="Delete files of drawings without marks.")
@option("--older", default="0s", metavar="TIME", help="Delete only what is older: 12h, 30d.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(older: str, yes: bool) -> None:
    """Delete the files of all drawings that have no stars, tags, note and name.

    A file that was edited by hand stays.
    """
    from datetime import UTC, datetime, timedelta

    from drawscape.catalogue.query import pruning
    from drawscape.durations import seconds

    found = pruning(datetime.now(UTC) - timedelta(seconds=seconds(older, "--older")))
    staying = {"with marks": found.marked, "edited by hand": found.edited, "newer": found.newer}
    stays = ", ".join(f"{number} {why}" for why, number in staying.items() if number)
    kept = f"; kept: {stays}" if stays else ""
    if not found.going:
        click.echo(f"nothing to delete{kept}", err=True)
        return
    size = f"{found.size / 1e6:.1f} MB"
    if not yes:
        question = f"Delete {counted(len(found.going), 'unmarked drawing')} ({size}){kept}?"
        click.confirm(question, abort=True, err=True)
    for one in found.going:
        one.delete()
    click.echo(f"deleted {counted(len(found.going), 'file')}, {size}{kept}")


@drawings.command(short_help="Make the catalogue again from the files.")
def rebuild() -> None:
    """Make the catalogue again from the files; no mark is lost.

    A damaged one is moved away, and its marks are read out of it as far as it can be read.
    """
    from drawscape.catalogue import rebuild as rebuild_catalogue

    click.echo(f"{counted(rebuild_catalogue(), 'drawing')} in the catalogue")


def _for_each(names: Iterable[str], act: Callable[[Drawing], object]) -> None:
    if code := for_each(names, find, act):
        sys.exit(code)


def _took(one: Drawing) -> str:
    return "" if one.took_s is None else f", took {one.took_s:.2g} s"
