"""`drawscape doctor`: what is installed, where the home is, who works, what is wrong and how to mend it."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from drawscape import __version__, settings
from drawscape.cli.text import counted, print_list
from drawscape.errors import DrawscapeError

_EXTRAS = {
    "lab": ("jupyterlab", "ipywidgets", "ipykernel"),
    "web": ("flask", "waitress"),
    "mail": ("email-validator", "jinja2"),
    "data": ("duckdb", "openpyxl"),
    "png": ("pillow",),
    "fonts": ("fonttools",),
}
"""The extras that a person asks for, and the packages that show whether they are there."""

_LOW_DISK_BYTES = 200 * 2**20


@dataclass(frozen=True)
class Finding:
    """One line of the report; `remedy` is set where something is wrong."""

    subject: str
    text: str
    remedy: str = ""


@click.command()
def doctor() -> None:
    """Show versions, home, queue and workers, and what is wrong with them.

    The exit code is 1 when something is wrong.
    """
    findings = [*_installation(), *_home(), *_queue(), *_sketches()]
    print_list([(one.subject, one.text) for one in findings])
    wrong = [one for one in findings if one.remedy]
    click.echo(f"\n{counted(len(wrong), 'problem')}" + (":" if wrong else "."))
    for one in wrong:
        click.echo(f"- {one.subject}: {one.remedy}")
    raise click.exceptions.Exit(bool(wrong))


def _installation() -> Iterator[Finding]:
    yield Finding("drawscape", f"{__version__} in {Path(__file__).parents[1]}")
    yield Finding("python", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", platform.platform())
    for extra, packages in _EXTRAS.items():
        found = {name: _version(name) for name in packages}
        there = ", ".join(f"{name} {number}" for name, number in found.items() if number)
        missing = [name for name, number in found.items() if not number]
        how = f" (pip install 'drawscape[{extra}]')" if missing else ""
        yield Finding(f"[{extra}]", f"{there or 'not installed'}{how}")
    if (_version("ipykernel") or "").startswith("7.0."):
        yield Finding(
            "ipykernel", "7.0 drops widget updates", "pip install --upgrade 'ipykernel!=7.0.*'"
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _home() -> Iterator[Finding]:
    home = settings.home()
    if os.environ.get("DRAWSCAPE_HOME"):
        why = "DRAWSCAPE_HOME"
    elif settings.is_project(home):
        why = "a project"
    else:
        why = "it has .drawscape/" if (home / ".drawscape").is_dir() else "the user's data folder"
    yield Finding("home", f"{home} ({why})")
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(place, os.W_OK):
        yield Finding("home", "not writable", f"let this user write {place}, or set DRAWSCAPE_HOME")
    if (free := shutil.disk_usage(place).free) < _LOW_DISK_BYTES:
        yield Finding("disk", f"{free / 1e6:.0f} MB free", f"make room in {place}")
    state = home / ".drawscape"
    if state.is_dir() and stat.S_IMODE(state.stat().st_mode) & 0o077:
        yield Finding(".drawscape", "open to others", f"chmod -R go= {state}: it holds the key")


def _queue() -> Iterator[Finding]:
    from drawscape import jobs

    if not (settings.home() / ".drawscape").is_dir():
        yield Finding("queue", "none yet; the first job makes it")
        return
    try:
        workers = jobs.workers_alive()
        counts = jobs.queue_statistics().counts
        waiting = counts.get("queued", 0)
    except DrawscapeError as error:
        yield Finding("queue", "cannot be read", str(error))
        return
    shown = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    yield Finding("queue", f"{jobs.default_queue().label}: {shown or 'no jobs'}")
    idle = waiting and not workers
    remedy = f"{counted(waiting, 'job')} waiting: start one with `drawscape worker`" if idle else ""
    yield Finding("workers", counted(len(workers), "worker") + " alive", remedy)


def _sketches() -> Iterator[Finding]:
    from drawscape.sketches import SKETCHES
    from drawscape.sketches.folder import SketchFolder

    own = [*SketchFolder(settings.sketches_folder())]
    yield Finding("sketches", f"{len(SKETCHES)}, {len(own)} of the project's own")
    for name in own:
        try:
            _ = SKETCHES[name].parameters
        except DrawscapeError as error:
            yield Finding(f"sketch {name}", "cannot be used", str(error))
