"""`drawscape new`: a project of one's own, with a notebook, a sketch and a task to begin with."""

import shlex
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from drawscape import settings

_DATA = Path(str(files("drawscape.cli"))) / "data"
_CLONE = Path(__file__).parents[2] / "notebooks"

JUPYTER_CONFIG = _DATA / "jupyter"
"""Settings for a JupyterLab that shows no news and asks no questions; the user's own go before them."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--tutorials", is_flag=True, help="Put the tutorials into notebooks/tutorials/.")
def new(folder: Path, tutorials: bool) -> None:
    """Make a project in FOLDER: notebooks, sketches, tasks of your own.

    With --tutorials FOLDER may be a project already; its files stay as they are.
    """
    exists = folder.is_dir() and any(folder.iterdir())
    if exists and not (tutorials and settings.is_project(folder)):
        raise click.ClickException(f"{folder} is not empty; name a new folder")
    if not exists:
        fill(folder)
        click.echo(f"{folder} is a Drawscape project now.")
    if tutorials:
        copied = copy_tutorials(folder / "notebooks" / "tutorials")
        click.echo(f"{copied} tutorials are in {folder / 'notebooks' / 'tutorials'}.")
    click.echo(
        f"Next: cd {shlex.quote(str(folder))}, then `drawscape lab` or `drawscape draw ripples`."
    )


def fill(folder: Path, *parts: str) -> None:
    """Write the project's files into `folder`, or only those of its folders named; those there stay."""
    for source, relative in _template(parts):
        target = folder / relative.with_name(relative.name.replace("gitignore", ".gitignore"))
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        if relative.suffix == ".md":
            text = Template(text).substitute(name=folder.resolve().name)
        target.write_text(text, encoding="utf-8")


def _template(parts: tuple[str, ...]) -> Iterator[tuple[Path, Path]]:
    root = _DATA / "project"
    for source in sorted(root.rglob("*")):
        relative = source.relative_to(root)
        wanted = not parts or relative.parts[0] in parts
        if wanted and source.is_file() and "__pycache__" not in relative.parts:
            yield source, relative


def copy_tutorials(folder: Path) -> int:
    """Copy the tutorials that `folder` does not have yet into it; return how many there are."""
    shipped = _DATA / "tutorials"
    notebooks = sorted((shipped if shipped.is_dir() else _CLONE).glob("*.ipynb"))
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks:
        if not (folder / notebook.name).exists():
            shutil.copy(notebook, folder)
    return len(notebooks)
