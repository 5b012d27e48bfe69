"""`drawscape editions`: numbered sheets, from a list of recipes to good ones on paper."""

import re
import time
from pathlib import Path
from typing import Any

import click

from drawscape.catalogue import Drawing, find
from drawscape.catalogue.index import provenance_of
from drawscape.catalogue.redraw import sketch_for
from drawscape.cli.machine import YES, ZERO_HERE, say_without_worker
from drawscape.cli.options import FILE, FOLDER, JSON, PAPER, PARAMS, flag, option, pairs
from drawscape.cli.printing import counted, print_json, print_table, progress_bar
from drawscape.drawing.document import paper_size
from drawscape.editions import Edition, Terms, edition_names, find_edition, new_edition
from drawscape.editions.checking import check_file
from drawscape.editions.choosing import least_alike
from drawscape.editions.closing import close as close_edition
from drawscape.editions.marks import read_signature
from drawscape.editions.sheets import drawing_of, label_of
from drawscape.machine.device import read_device
from drawscape.settings import output_folder
from drawscape.tasks.drawing import generate_complex_svg
from drawscape.tasks.editions import judge_sheet, plot_edition, queue_claim, what_is_held
from drawscape.viewer.publish import publish

_EDITION = click.argument(
    "edition",
    metavar="NAME",
    callback=lambda _context, _parameter, value: find_edition(value),
)
_MOST = 10_000  # numbers of an edition
_COUNT = click.IntRange(1, _MOST)
_NUMBER = click.argument("number", type=click.IntRange(1))


@click.group()
def editions() -> None:
    """Make editions: choose, number, plot and judge sheets."""


@editions.command()
@click.argument("name")
@option("--sketch NAME", "Sketch of the drawings.")
@option("--seeds LIST", "Seeds, one number of the edition each: 1-30, 3,5,9.")
@PAPER
@PARAMS
@option("--drawings LIST", "Drawings: files, names, or first characters of recipes, with commas.")
@option("--like FILE", "Drawing whose sketch, page and parameters are used.", type=FILE)
@option("--size NUMBER", "Number of drawings to choose: the least alike.", type=_COUNT)
@option("--title TEXT", "Title on each sheet.", default="")
@option(
    "--year NUMBER",
    "Year on each sheet (default: this year; 0 for none).",
    type=click.IntRange(0, 9999),
)
@option("--signature TEXT", "Signature on each sheet: an SVG file, or words.", default="")
@option("--pen NAME", "Layer whose pen writes (default: the drawing's first).", default="")
@flag("--glyph", "A QR code of number and recipe.")
@option(
    "--side",
    "Side of the sheet for all of these.",
    type=click.Choice(["front", "back"]),
    default="front",
)
@option("--artist-proofs NUMBER", "Artist's proofs.", default=0, type=click.IntRange(0))
@option("--printer-proofs NUMBER", "Printer's proofs.", default=0, type=click.IntRange(0))
def new(
    name: str,
    sketch: str | None,
    seeds: str | None,
    paper: str,
    params: tuple[str, ...],
    drawings: str | None,
    like: Path | None,
    size: int | None,
    signature: str,
    year: int | None,
    **terms: Any,
) -> None:
    """Make an edition of drawings.

    Each drawing gets a number, and its recipe is frozen.

    \b
    A sketch with one seed for each number:
      drawscape editions new gravel --sketch schotter --seeds 1-30 --paper A5
    The 30 least alike of 500:
      drawscape editions new gravel --sketch schotter --seeds 1-500 --size 30 --paper A5
    Existing drawings, in this order:
      drawscape editions new gravel --drawings 1f2e3d4c,5b6a7980

    A signature may be a drawing of your own: --signature me.svg.
    """
    chosen = [find(text.strip()) for text in (drawings or "").split(",") if text.strip()]
    if not chosen:
        chosen = _drawn(sketch, seeds, paper, params, like)
    if size is not None:
        chosen = least_alike(chosen, size)
    given = Terms(
        signature=read_signature(signature),
        year=time.localtime().tm_year if year is None else year,
        **terms,
    )
    made = new_edition(name, chosen, given)
    click.echo(f"edition {made.name}: {counted(made.size, 'number')}")


def _drawn(
    sketch: str | None,
    seeds: str | None,
    paper: str,
    params: tuple[str, ...],
    like: Path | None,
) -> list[Drawing]:
    """Return the drawings of a sketch, one for each seed; existing ones are not drawn again."""
    if (sketch is None) == (like is None) or seeds is None:
        raise click.UsageError("give --drawings, or --seeds with either --sketch or --like")
    width, height = paper_size(paper)
    values: dict[str, Any] = dict(pairs(params, "--param"))
    pattern: Any = sketch
    if like is not None:
        found = provenance_of(like)
        pattern, width, height = sketch_for(found), found.width, found.height
        values = {**found.parameters, "margin": found.margin, **values}
    numbers = _seeds(seeds)
    drawn = []
    with progress_bar("drawing") as show:
        for done, seed in enumerate(numbers, 1):
            drawn.append(find(generate_complex_svg(width, height, pattern, seed=seed, **values)))
            show(done / len(numbers))
    return drawn


def _seeds(text: str) -> list[int]:
    """Return the seeds of a list: 1, 2, 3 and 9 for '1-3,9'."""
    seeds: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part)
        numbers = range(int(ends[1]), int(ends[2] or ends[1]) + 1) if ends else range(0)
        if not numbers:
            raise click.BadParameter(f"{part!r}: write 1-30, or 3,5,9", param_hint="--seeds")
        if len(numbers) > _MOST:
            raise click.BadParameter(f"{text!r}: give at most {_MOST} seeds", param_hint="--seeds")
        seeds += numbers
    return seeds


@editions.command("list")
@JSON
def list_command(as_json: bool) -> None:
    """List the editions of this home, the newest first."""
    made = [find_edition(name) for name in edition_names()]
    if as_json:
        print_json([one.as_dict() for one in made])
        return
    rows = [(one.name, one.terms.words, _counts(one)) for one in made]
    print_table(["name", "title", "numbers"], rows, nothing="no edition yet")


def _counts(edition: Edition) -> str:
    closed = ", closed" if edition.closed_at else ""
    return f"{counted(edition.size, 'number')}: {edition.words}{closed}"


@editions.command()
@_EDITION
@JSON
def show(edition: Edition, as_json: bool) -> None:
    """Show the numbers and proofs of an edition."""
    if as_json:
        print_json(edition.as_dict())
        return
    click.echo(f"{edition.name}: {_counts(edition)}")
    rows = []
    for number in edition.rows():
        shown = number.as_dict()
        told = (shown["state"], shown["machine"] or "", shown["plot"] or "")
        rows.append((label_of(edition, number), *told, f"seed {number.provenance.seed}"))
    print_table(["number", "state", "machine", "plot", "drawing"], rows)


@editions.command()
@_EDITION
@option("--on LIST", "Machines, with commas: each gets the next number when it is free.")
@flag("--by-pen", "All sheets with their first pen, then all with the next.")
@YES
@ZERO_HERE
def plot(edition: Edition, on: str | None, by_pen: bool, yes: bool, zero_here: bool) -> None:
    """Send the next numbers to machines.

    These are the numbers without a sheet, and those with a spoiled sheet. A machine gets its next sheet when
    its plot is done. Each plot asks its questions unless --yes is given: see `drawscape plots`. After any
    trouble, the same command continues. It prints the plots that it starts.
    """
    begun = plot_edition(edition, on, yes=yes, zero_here=zero_here, by_pen=by_pen)
    for name, made in begun.items():
        click.echo(f"{made} on {name}")
    for words in what_is_held(edition, begun):
        click.echo(words, err=True)
    say_without_worker()


@editions.command()
@_EDITION
@_NUMBER
def good(edition: Edition, number: int) -> None:
    """Call the sheet of a NUMBER good, even one that was spoiled."""
    judge_sheet(edition.name, number, "good")


@editions.command()
@_EDITION
@_NUMBER
def spoiled(edition: Edition, number: int) -> None:
    """Call the sheet of a NUMBER spoiled.

    The next `editions plot` plots that number again; until then, `good` takes the verdict back. If a machine
    is gone, call its interrupted sheet spoiled: that plot never continues. A sheet that has not begun is not
    judged. A good sheet can be called spoiled later. The ledger keeps all verdicts.
    """
    judge_sheet(edition.name, number, "spoiled")


@editions.command()
@_EDITION
@_NUMBER
@option("--on NAME", "Machine that plots it (see `drawscape machine`).", required=True)
@flag("--printer", "A printer's proof, not an artist's.")
@YES
@ZERO_HERE
def proof(
    edition: Edition, number: int, on: str, printer: bool, yes: bool, zero_here: bool
) -> None:
    """Queue an artist's or a printer's proof of a NUMBER."""
    read_device(on)
    claim = edition.claim_proof(number, "P.P." if printer else "A.P.", on)
    click.echo(queue_claim(edition, claim, yes=yes, zero_here=zero_here).id)
    say_without_worker()


@editions.command()
@_EDITION
@click.argument("folder", type=FOLDER, required=False)
def close(edition: Edition, folder: Path | None) -> None:
    """Write ledger, certificates and page, and close the edition.

    Every number must have a good sheet. No sheet is plotted or judged after that. FOLDER is
    output/editions/NAME-closed by default.
    """
    target = folder or output_folder() / "editions" / f"{edition.name}-closed"
    found = [drawing_of(one) for one in edition.numbers]
    closed = close_edition(edition, target)
    labels = [label_of(closed, one) for one in closed.numbers]
    title = closed.terms.words or closed.name
    click.echo(publish(found, target / "page", title=title, words=labels))


@editions.command()
@click.argument("file", type=FILE)
@flag("--trust", "Run the source in the file without a question.")
def check(file: Path, trust: bool) -> None:
    """Tell which number of which edition an SVG FILE is.

    FILE is the drawing, a plotted sheet or a certificate. The number is drawn
    again, and the lines are compared.
    """
    click.echo(check_file(file, trust=trust))
