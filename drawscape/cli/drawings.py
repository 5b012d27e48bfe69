"""`drawscape drawings`: the catalogue in the terminal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import click

from drawscape.catalogue import Drawing, find
from drawscape.catalogue import drawings as find_drawings
from drawscape.catalogue.listing import captions
from drawscape.catalogue.query import SortOrder
from drawscape.cli.errors import for_each
from drawscape.cli.options import FOLDER, JSON, YES, flag, option, several, time_option
from drawscape.cli.printing import counted, print_facts, print_json, print_list
from drawscape.errors import ParameterError
from drawscape.plot.formats import FORMATS

_NAMES = click.argument("names", nargs=-1, required=True, metavar="DRAWING...")


@click.group(invoke_without_command=True)
@click.pass_context
def drawings(ctx: click.Context) -> None:
    """Find, mark, export and redraw drawings.

    A DRAWING is a file, the first characters of a recipe as `list` shows them, or a name.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


_filters = several(
    option("--sketch NAME", "Sketch of the drawings."),
    option("--stars LOW[-HIGH]", "Number of stars: 4, 2-3, 4- for four and more."),
    option("--tag TAG", "Tag of the drawings."),
    option(
        "--text TEXT",
        "Text in sketch, parameters, file, note, name or tags.",
    ),
    option("--since TIME", "Age of the oldest drawing: 3h, 7d."),
    option("--sheet NAME", "Contact sheet of the drawings."),
)


@drawings.command("list")
@_filters
@option("--order", "Sort order.", type=click.Choice(get_args(SortOrder)), default="newest")
@option(
    "--limit NUMBER",
    "Maximum number of drawings to list.",
    type=click.IntRange(1),
    default=20,
)
@flag("--deleted", "Drawings whose files were deleted, too.")
@JSON
def list_(limit: int, as_json: bool, stars: str | None, **filters: Any) -> None:
    """List drawings, the newest first."""
    found = find_drawings(stars=_stars(stars), **filters)
    shown = list(found[:limit])
    if as_json:
        print_json([_facts(one) for one in shown])
        return
    words = zip(shown, captions(shown))
    print_list([(one.recipe[:8], _line(one, caption)) for one, caption in words])
    if len(found) > limit:
        click.echo(f"{len(found) - limit} more; --limit shows them", err=True)
    elif not found:
        click.echo("no drawings", err=True)


def _line(one: Drawing, caption: str) -> str:
    marks = " ".join(filter(None, ["*" * one.stars, *(f"#{tag}" for tag in one.tags)]))
    parts = [
        f"{one.drawn_at.astimezone():%Y-%m-%d %H:%M}",
        caption,
        one.path.name + _state(one),
        marks,
    ]
    return "  ".join(filter(None, parts))


def _stars(text: str | None) -> Any:
    """Return 4 for '4', (2, 3) for '2-3', (4, None) for '4-'."""
    if text is None:
        return None
    low, dash, high = text.partition("-")
    try:
        ends = (int(low) if low else None, int(high) if high else None)
    except ValueError:
        raise ParameterError(
            "--stars", text, "give a number such as 4, or a range such as 2-3 or 4-"
        ) from None
    return ends if dash else ends[0]


@drawings.command()
@click.argument("name", metavar="DRAWING")
@JSON
def show(name: str, as_json: bool) -> None:
    """Show everything about a DRAWING."""
    one = find(name)
    if as_json:
        print_json(_facts(one))
        return
    facts = {
        **_facts(one),
        **one.parameters,
        "path": f"{one.path}{_state(one)}",
        "parents": ", ".join(one.parents),
        "tags": ", ".join(one.tags),
    }
    for name in ("parameters", "traits", "edited", "deleted"):  # shown elsewhere, or in the file
        del facts[name]
    if not one.deleted:
        figures = one.figures
        counts = f"{counted(figures.lines, 'line')}, {counted(figures.points, 'point')}"
        facts |= {"ink": f"{figures.ink_mm / 1000:.1f} m", "counts": counts}
        for pen, color, minutes in figures.pens:
            facts[f"pen {pen!r}"] = f"{minutes:.1f} min, {color}"
    print_facts(facts)


@drawings.command()
@_NAMES
@click.argument("stars", type=click.IntRange(0, 5), metavar="0..5")
def star(names: tuple[str, ...], stars: int) -> None:
    """Give each DRAWING this many stars."""
    for_each(names, find, lambda one: one.star(stars))


@drawings.command()
@_NAMES
@option("--add added TAG", "Tag to add; may be repeated.", multiple=True)
@option("--remove removed TAG", "Tag to remove; may be repeated.", multiple=True)
def tag(names: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Add tags to each DRAWING, or remove tags."""
    if not added and not removed:
        raise click.UsageError("give --add TAG or --remove TAG")
    for_each(names, find, lambda one: one.tag(*added).untag(*removed))


@drawings.command()
@click.argument("name", metavar="DRAWING")
@click.argument("text")
@flag("--name as_name", "TEXT is a name, not a note.")
def note(name: str, text: str, as_name: bool) -> None:
    """Write a note on a DRAWING; '' removes it."""
    one = find(name)
    one.rename(text) if as_name else one.annotate(text)


@drawings.command()
@_NAMES
@option("--to format", "Output format.", default="gcode", type=click.Choice(FORMATS))
@option(
    "-o --output FOLDER",
    "Output folder (default: beside the file).",
    type=FOLDER,
)
@flag("--raw", "Lines as drawn, neither merged nor ordered.")
def export(names: tuple[str, ...], format: str, output: Path | None, raw: bool) -> None:
    """Write each DRAWING for a plotter, or as a picture.

    Its lines are merged and ordered.
    """

    def exported(one: Drawing) -> Path:
        if output is None:
            return one.export(format, raw=raw)
        output.mkdir(parents=True, exist_ok=True)
        return one.export(format, output / f"{one.path.stem}.{format}", raw=raw)

    for_each(names, find, lambda one: click.echo(exported(one)))


@drawings.command()
@click.argument("folder", type=FOLDER, metavar="FOLDER")
@click.argument("names", nargs=-1, metavar="[DRAWING...]")
@_filters
@option("--title TEXT", "Title of the page.", default="Drawings")
@flag("--no-svg", "A page without SVG files for download.")
def publish(
    folder: Path,
    names: tuple[str, ...],
    title: str,
    no_svg: bool,
    stars: str | None,
    **filters: Any,
) -> None:
    """Write drawings as a page for any browser.

    FOLDER/index.html shows each DRAWING, those that the options choose, or all. The page opens from the
    disk, without a server or a network. A page that was published there before is replaced. Marks and notes
    are left out.
    """
    from drawscape.viewer.publish import publish as publish_page

    chosen = any(value is not None for value in (stars, *filters.values()))
    if names and chosen:
        raise click.UsageError("name each DRAWING, or choose with --sketch, --stars, --tag, ...")
    found = [find(name) for name in names] or find_drawings(stars=_stars(stars), **filters)
    if not found:
        raise click.UsageError("there is no such drawing; `drawscape drawings list` shows all")
    click.echo(publish_page(found, folder, title=title, with_svg=not no_svg))


@drawings.command()
@_NAMES
@YES
def delete(names: tuple[str, ...], yes: bool) -> None:
    """Delete the file of each DRAWING.

    Its recipe and marks are kept, and `drawscape redraw` draws it again.
    """
    found = [find(name) for name in names]  # a missing drawing is an error before the question
    if not yes:
        click.confirm(f"Delete {counted(len(found), 'file')}?", abort=True, err=True)
    for one in found:
        one.delete()


@drawings.command()
@time_option("--older TIME", "Minimum age of a deleted drawing: 12h, 30d.", default="0s")
@YES
def prune(older: float, yes: bool) -> None:
    """Delete the files of all drawings without marks.

    Marks are stars, tags, a note or a name. A file that was edited by hand is kept.
    """
    from drawscape.catalogue.prune import pruning

    found = pruning(datetime.now(UTC) - timedelta(seconds=older))
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


@drawings.command()
def rebuild() -> None:
    """Rebuild the catalogue from the files.

    Marks are kept. A damaged catalogue is moved aside, and its marks are copied if they are readable.
    """
    from drawscape.catalogue import rebuild as rebuild_catalogue

    click.echo(f"{counted(rebuild_catalogue(), 'drawing')} in the catalogue")


def _state(one: Drawing) -> str:
    if one.deleted:
        return " (gone)"
    return " (edited by hand)" if one.edited else ""


def _facts(one: Drawing) -> dict[str, Any]:
    names = (
        "recipe sketch path deleted edited drawn_at took_s width height margin seed parameters traits sheet "
        "parents stars tags name note"
    )
    return {name: getattr(one, name) for name in names.split()}
