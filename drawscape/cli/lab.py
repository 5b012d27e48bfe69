"""`drawscape lab`: a worker and JupyterLab, started and stopped together."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import click

from drawscape import jobs, settings
from drawscape.errors import MissingExtraError


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "-w", "--slots", type=click.IntRange(1, 256), help="Jobs at once; by default one a core."
)
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to open; by default the home's notebooks/.",
)
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def lab(slots: int | None, notebooks: Path | None, jupyter_options: tuple[str, ...]) -> None:
    """Start a worker and JupyterLab; Ctrl-C stops both. Further options go to JupyterLab."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("drawscape lab", "lab")
    folder = notebooks or settings.home() / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    worker = jobs.start_worker(slots)
    click.echo(f"A worker is at work (process {worker.pid}, log {worker.log}).")
    click.echo(f"JupyterLab opens {folder}; Ctrl-C twice stops both.")
    try:
        code = _run_lab(folder, jupyter_options)
    finally:
        worker.stop()
        click.echo("The worker has stopped.")
    raise click.exceptions.Exit(code)


def _as_root() -> list[str]:
    """JupyterLab refuses root unless told; whoever is root here, as in a container, means to be."""
    return ["--allow-root"] if os.geteuid() == 0 else []


def _run_lab(folder: Path, options: tuple[str, ...]) -> int:
    command = [sys.executable, "-m", "jupyterlab", str(folder), *_as_root(), *options]
    process = subprocess.Popen(command)
    previous = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        # JupyterLab is in the same foreground group: it sees Ctrl-C too, asks, and leaves at the second.
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                return process.wait()
    finally:
        signal.signal(signal.SIGTERM, previous)
