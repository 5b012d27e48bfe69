"""`drawscape redraw`: a drawing again from its file alone, and whether it comes out the same."""

import sys
from pathlib import Path

import click

from drawscape.cli.draw import write_drawing
from drawscape.cli.text import progress_bar
from drawscape.errors import ProvenanceError
from drawscape.sketches import SKETCHES, Provenance
from drawscape.sketches import redraw as redraw_sketch
from drawscape.sketches.library_code import is_library
from drawscape.sketches.model import Sketch


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", metavar="FILE", help="Write this SVG file instead; - is standard output."
)
@click.option("--check", is_flag=True, help="Say only whether it comes out the same, and why not.")
@click.option("--trust", is_flag=True, help="Run the source in the file without asking.")
def redraw(file: Path, output: str | None, check: bool, trust: bool) -> None:
    """Draw FILE again from what its metadata says, byte for byte.

    A sketch of a notebook is drawn from the source that the file carries, which is shown first: it runs
    only after a yes. A warning says when the drawing comes out otherwise, and why. --check writes nothing;
    it ends with 1 when the drawing differs.
    """
    from drawscape.catalogue.index import provenance_of
    from drawscape.catalogue.redraw import Sameness, compared

    provenance = provenance_of(file)
    sketch = chosen_sketch(provenance, trust=trust)
    with progress_bar(provenance.sketch) as show:
        svg = redraw_sketch(provenance, sketch, on_progress=lambda fraction, _svg: show(fraction))
    comparison = compared(file, provenance, svg)
    if check:
        click.echo(f"{file}: {comparison}")
        raise click.exceptions.Exit(int(comparison.sameness is Sameness.DIFFERS))
    if comparison.sameness is not Sameness.BYTES:
        click.echo(f"warning: {comparison}", err=True)
    target = output or str(file.with_name(f"{file.stem}-redrawn.svg"))
    write_drawing(svg, target, optimize=provenance.ordered)


def chosen_sketch(provenance: Provenance, *, trust: bool) -> Sketch:
    """Return the sketch that draws it: the library's, the project's of that name, or the source in the file.

    Source runs only when `trust` or a person says so.

    Raises ProvenanceError where nobody can be asked.
    """
    from drawscape.catalogue.redraw import sketch_for, source_in

    source = source_in(provenance)
    if source is None or trust or _is_of_project(provenance.sketch):
        return sketch_for(provenance, trust=trust)
    click.echo(source.shown, err=True)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ProvenanceError(
            f"the source of {provenance.sketch!r} above comes from the file and does not run unasked; "
            "with --trust it does"
        )
    click.confirm("Run this source, which came with the file?", abort=True, err=True)
    return sketch_for(provenance, trust=True)


def _is_of_project(name: str) -> bool:
    return name in SKETCHES and not is_library(SKETCHES[name].function.__module__ or "")
