"""`drawscape drawings list`: the drawings that fit what is asked for, a line each."""

from typing import Any, get_args

import click

from drawscape.catalogue import Drawing
from drawscape.catalogue import drawings as find_drawings
from drawscape.catalogue.captions import captions
from drawscape.catalogue.query import Order
from drawscape.cli.shared_options import option
from drawscape.cli.text import print_list
from drawscape.errors import ParameterError


@click.command("list", short_help="List drawings, the newest first.")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE...]")
@click.option("--sketch", metavar="NAME", help="List only drawings of this sketch.")
@click.option(
    "--stars",
    metavar="LOW[-HIGH]",
    help="List only those with this many stars: 4, 2-3, 4- for four and more.",
)
@click.option("--tag", metavar="TAG", help="List only those with this tag.")
@click.option(
    "--text",
    metavar="TEXT",
    help="List only those with this text in sketch, parameters, file, note, name or tags.",
)
@click.option(
    "--since", metavar="TIME", help="List only those made in this time until now: 3h, 7d."
)
@click.option("--sheet", metavar="NAME", help="List only those of this sheet.")
@option("--order", type=click.Choice(get_args(Order)), default="newest", help="Sort by this.")
@option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    metavar="NUMBER",
    help="List at most this many, the first in that order.",
)
@click.option("--deleted", is_flag=True, help="List drawings whose files are gone, too.")
def list_(
    parameters: tuple[str, ...] = (),
    sketch: str | None = None,
    stars: str | None = None,
    tag: str | None = None,
    text: str | None = None,
    since: str | None = None,
    sheet: str | None = None,
    order: Order = "newest",
    limit: int = 20,
    deleted: bool = False,
) -> None:
    """List drawings, the newest first.

    NAME=VALUE or NAME=LOW..HIGH asks for a parameter.
    """
    found = find_drawings(
        sketch,
        stars=_range(stars),
        tag=tag,
        text=text,
        since=since,
        sheet=sheet,
        order=order,
        deleted=deleted,
        where=dict(_wanted(parameter) for parameter in parameters),
    )
    shown = list(found[:limit])
    words = zip(shown, captions(shown), strict=True)
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
        one.path.name + (" (gone)" if one.deleted else ""),
        marks,
    ]
    return "  ".join(filter(None, parts))


def _range(text: str | None) -> Any:
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


def _wanted(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r}: write NAME=VALUE or NAME=LOW..HIGH")
    low, dots, high = value.partition("..")
    name = name.strip().replace("-", "_")
    return name, (_number(low), _number(high)) if dots else _number(value)


def _number(text: str) -> Any:
    """Return a number where the text is one, None for an empty text, else the text."""
    known = {"": None, "yes": 1, "true": 1, "no": 0, "false": 0}
    if text.lower() in known:
        return known[text.lower()]
    try:
        return float(text)
    except ValueError:
        return text
