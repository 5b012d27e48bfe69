"""`drawscape lab`: a worker and JupyterLab, started and stopped together."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import click

from drawscape import jobs, settings
from drawscape.cli.new import JUPYTER_CONFIG, fill
from drawscape.cli.shared_options import SLOTS
from drawscape.cli.worker_beside import WorkerBeside
from drawscape.errors import MissingExtraError


@click.command(context_settings={"ignore_unknown_options": True})
@SLOTS
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Open this folder instead of the project.",
)
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def lab(slots: int | None, notebooks: Path | None, jupyter_options: tuple[str, ...]) -> None:
    """Start a worker and JupyterLab; stop both together.

    Ctrl-C twice stops them. Further options go to JupyterLab.

    It opens the project's first notebook. Where there is none, one is written, with a sketch to begin with.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("drawscape lab", "lab")
    root = notebooks or settings.home()
    first = _first_notebook(root) if notebooks else _first_notebook(root / "notebooks")
    if first is None and notebooks is None:
        fill(root, "notebooks", "sketches")
        first = _first_notebook(root / "notebooks")
    root.mkdir(parents=True, exist_ok=True)
    # A notebook that is open may be the first to start another; where none starts, what is to be mended is
    # mended in JupyterLab.
    with WorkerBeside(slots, replace=jobs.start_shared_worker, needed=False):
        click.echo(f"JupyterLab opens {first or root}; press Ctrl-C twice to stop both.")
        process = subprocess.Popen(_command(root, first, jupyter_options), env=_environment())
        # JupyterLab is in the same foreground group: it sees Ctrl-C too, asks, and leaves at the second.
        # Here a handler that does nothing keeps the end orderly; an ignored signal would be ignored by
        # others started.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    click.echo("The worker has stopped.")
    raise click.exceptions.Exit(code)


def _first_notebook(folder: Path) -> Path | None:
    return min(folder.glob("*.ipynb"), default=None)


def _command(root: Path, first: Path | None, options: tuple[str, ...]) -> list[str]:
    page = "/lab" if first is None else f"/lab/tree/{quote(first.relative_to(root).as_posix())}"
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root.absolute()}",
        f"--LabApp.default_url={page}",
        # A login shell, which terminals would be in some places, sets PATH anew and loses `drawscape`.
        f"--ServerApp.terminado_settings=shell_command={[os.environ.get('SHELL') or 'sh']!r}",
        # JupyterLab refuses root unless asked; whoever is root here, as in a container, means to be.
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
