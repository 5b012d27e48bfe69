"""`drawscape lab` and `new`: JupyterLab beside a worker, and a project for it to open."""

import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

import click

from drawscape import jobs, settings
from drawscape.cli.options import FOLDER, SLOTS, flag
from drawscape.cli.worker import WorkerBeside
from drawscape.errors import MissingExtraError

_DATA = Path(str(files("drawscape.cli"))) / "data"
_CLONE = Path(__file__).parents[2] / "notebooks"

JUPYTER_CONFIG = _DATA / "jupyter"
"""Settings for a JupyterLab that shows no news and asks no questions; the user's own override them."""


@click.command(context_settings={"ignore_unknown_options": True})
@SLOTS
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def lab(slots: int | None, jupyter_options: tuple[str, ...]) -> None:
    """Start JupyterLab and a worker, and stop both together.

    Press Ctrl-C twice to stop. Other options are passed to JupyterLab.

    JupyterLab opens the project's first notebook. A project without one gets a notebook and a sketch.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("drawscape lab", "lab")
    root = settings.home()
    folder = root / "notebooks"
    if not any(folder.glob("*.ipynb")):
        fill(root, "notebooks", "sketches")
    first = min(folder.glob("*.ipynb"), default=None)
    root.mkdir(parents=True, exist_ok=True)
    # An open notebook may start another worker first. If no worker starts, the user can fix the
    # cause in JupyterLab.
    with WorkerBeside(slots, replace=jobs.start_shared_worker, needed=False):
        click.echo(f"JupyterLab opens {first or root}; press Ctrl-C twice to stop both.")
        process = subprocess.Popen(_command(root, first, jupyter_options), env=_environment())
        # JupyterLab is in the same foreground group: it gets Ctrl-C too, asks, and exits at the second.
        # A handler that does nothing keeps our exit orderly. SIG_IGN would be inherited by child
        # processes.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    click.echo("The worker has stopped.")
    raise click.exceptions.Exit(code)


def _command(root: Path, first: Path | None, options: tuple[str, ...]) -> list[str]:
    page = "/lab" if first is None else f"/lab/tree/{quote(first.relative_to(root).as_posix())}"
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root.absolute()}",
        f"--LabApp.default_url={page}",
        # Some systems open login shells, which reset PATH and lose `drawscape`.
        f"--ServerApp.terminado_settings=shell_command={[os.environ.get('SHELL') or 'sh']!r}",
        # JupyterLab refuses root by default; a user who is root here, as in a container, means it.
        *(["--allow-root"] if os.geteuid() == 0 else []),
        *options,
    ]


def _environment() -> dict[str, str]:
    """Return the environment in which terminals and `!` cells find `drawscape`, with our settings last."""
    scripts = str(Path(sys.executable).parent)
    own = [os.environ.get("JUPYTER_CONFIG_PATH"), str(JUPYTER_CONFIG)]
    return {
        **os.environ,
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, own)),
    }


@click.command()
@click.argument("folder", type=FOLDER)
@flag("--tutorials", "Tutorials in notebooks/tutorials/.")
def new(folder: Path, tutorials: bool) -> None:
    """Create a project in FOLDER: notebooks, sketches, your own tasks.

    FOLDER may be an empty git repository. With --tutorials it may be a project, whose files are kept.
    """
    exists = folder.is_dir() and any(path.name != ".git" for path in folder.iterdir())
    if exists and not (tutorials and settings.is_project(folder)):
        raise click.UsageError(
            f"{folder} is not empty; choose a new folder, or create an empty drawscape.toml in it"
        )
    if not exists:
        fill(folder)
        click.echo(f"{folder} is a Drawscape project now.")
        click.echo(
            f"Next: cd {shlex.quote(str(folder))}, then `drawscape lab` or `drawscape draw ripples`."
        )
    if tutorials:
        place = folder / "notebooks" / "tutorials"
        click.echo(f"{copy_tutorials(place)} tutorials are in {place}.")


def fill(folder: Path, *parts: str) -> None:
    """Write the project's files into `folder`, or only the named folders; existing files stay."""
    root = _DATA / "project"
    for source in sorted(root.rglob("*")):
        relative = source.relative_to(root)
        target = folder / relative.with_name(relative.name.replace("gitignore", ".gitignore"))
        chosen = not parts or relative.parts[0] in parts
        if not chosen or not source.is_file() or target.exists() or source.suffix == ".pyc":
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        if source.suffix == ".md":
            text = Template(text).substitute(name=folder.resolve().name)
        target.write_text(text, encoding="utf-8")


def copy_tutorials(folder: Path) -> int:
    """Copy the tutorials that `folder` does not have yet into it; return how many there are."""
    shipped = _DATA / "tutorials"
    notebooks = sorted((shipped if shipped.is_dir() else _CLONE).glob("*.ipynb"))
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks:
        if not (folder / notebook.name).exists():
            shutil.copy(notebook, folder)
    return len(notebooks)
