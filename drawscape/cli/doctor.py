"""`drawscape doctor`: versions, home, queue and workers, and how to fix each problem."""

import os
import shlex
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from drawscape import __version__, settings
from drawscape.cli.printing import counted, print_list
from drawscape.errors import DrawscapeError
from drawscape.job_actions import summary_words

_EXTRAS = {
    "lab": ("jupyterlab", "ipywidgets", "ipykernel"),
    "web": ("flask", "waitress"),
    "mail": ("email-validator", "jinja2"),
    "data": ("duckdb",),
    "png": ("pillow",),
    "fonts": ("fonttools",),
    "postgres": ("psycopg",),
    "machine": ("pyserial",),
    "photo": ("opencv-python-headless",),
    "editions": ("segno",),
}


@dataclass(frozen=True)
class Diagnosis:
    """A subject and its state; for a problem, `remedy` says what to do and `command` does it."""

    subject: str
    text: str
    remedy: str = ""
    command: str = ""


@click.command()
def doctor() -> None:
    """Show the installation, its problems, and how to fix them.

    The exit code is 1 if there is a problem.
    """
    parts = (_installation, _home, _output, _queue, _ports, _sketches)
    found = dict.fromkeys(diagnosis for part in parts for diagnosis in _diagnoses(part))
    print_list([(one.subject, one.text) for one in found])
    wrong = [one for one in found if one.remedy]
    click.echo(f"\n{counted(len(wrong), 'problem')}" + (":" if wrong else "."))
    for one in wrong:
        click.echo(f"- {one.subject}: {one.remedy}" + (":" if one.command else ""))
        if one.command:
            click.echo(f"    {one.command}")  # on a separate line, to be copied
    raise click.exceptions.Exit(int(bool(wrong)))


def _diagnoses(part: Callable[[], Iterator[Diagnosis]]) -> Iterator[Diagnosis]:
    try:
        yield from part()
    except (DrawscapeError, OSError) as error:
        yield Diagnosis("settings", "unavailable", str(error))


def _installation() -> Iterator[Diagnosis]:
    yield Diagnosis("drawscape", f"{__version__} in {Path(__file__).parents[1]}")
    yield Diagnosis("python", f"{sys.version.split()[0]} at {sys.executable}")
    for extra, packages in _EXTRAS.items():
        try:
            text = ", ".join(f"{name} {version(name)}" for name in packages)
        except PackageNotFoundError as missing:
            text = f"{missing.name} missing (pip install 'drawscape[{extra}]')"
        yield Diagnosis(f"[{extra}]", text)


def _home() -> Iterator[Diagnosis]:
    home = settings.home()
    yield Diagnosis("home", str(home))
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    state = home / ".drawscape"
    if not os.access(place, os.W_OK | os.X_OK):
        if home.exists() and home.stat().st_uid == os.geteuid():
            command = f"chmod u+wx {shlex.quote(str(home))}"
            yield Diagnosis("home", "not writable", "make it writable", command)
        else:  # never change the owner of an existing folder: it may be / or /etc
            remedy = f"{place} is not yours; set DRAWSCAPE_HOME to another folder"
            yield Diagnosis("home", "not writable", remedy)
        return
    owner = os.geteuid() or place.stat().st_uid  # root may look at another user's home
    quoted = shlex.quote(str(state))
    parts = [path.lstat() for path in (state, *state.rglob("*"))] if state.is_dir() else []
    if any(part.st_uid != owner for part in parts):
        command = f"sudo chown -R {owner} {quoted}"
        yield Diagnosis(".drawscape", "belongs to another user", "change its owner", command)
    if state.is_dir() and stat.S_IMODE(state.stat().st_mode) & 0o077:
        command = f"chmod -R go= {quoted}"
        yield Diagnosis(
            ".drawscape", "open to others", "close it to others: it holds the queue's key", command
        )


def _output() -> Iterator[Diagnosis]:
    """Yield whether the folder that several machines share is usable; it is not created here."""
    if not settings.shared_output():
        return
    folder = settings.output_of(settings.home())
    remedy = f"mount or make {folder}, and let this user read and write it"
    usable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    yield Diagnosis("output", str(folder) if usable else "unavailable", "" if usable else remedy)


def _queue() -> Iterator[Diagnosis]:
    """Yield the state of the queue and its workers; nothing is created here."""
    from drawscape import jobs

    target = settings.queue_target()
    file = None if "://" in target else Path(target)
    if file is not None and not file.exists():
        if not file.with_suffix(".key").exists():
            yield Diagnosis("queue", "none yet; the first job creates it")
            return
        remedy = f"restore {file} from a copy, or start with an empty queue"
        yield Diagnosis("queue", "missing, but its key exists", remedy, "drawscape queue check")
        return
    try:
        jobs.reach_queue()  # other calls wait a while for a server that is starting
        workers = jobs.workers_alive()
        counts = jobs.queue_statistics().counts
        paused = jobs.queue_is_paused()
    except DrawscapeError as error:
        yield _unreadable(file, error)
        return
    yield Diagnosis("queue", f"{summary_words()} in {jobs.default_queue().label}")
    waiting = f"{counted(counts['queued'] + counts['started'], 'job')} waiting"
    if paused and counts["queued"]:
        yield Diagnosis("queue", "paused", f"{waiting}: resume it", "drawscape queue resume")
    yield Diagnosis("workers", f"{counted(len(workers), 'worker')} alive")
    if not workers and counts["queued"] + counts["started"]:
        yield Diagnosis("workers", waiting, f"{waiting}: start a worker", "drawscape worker")


def _unreadable(file: Path | None, error: DrawscapeError) -> Diagnosis:
    """Return how to set aside a queue that is damaged or has lost its key."""
    there = file is not None and file.exists() and file.with_suffix(".key").exists()
    if file is None or (there and "damaged" not in str(error)):
        return Diagnosis("queue", "unavailable", str(error))
    away = shlex.quote(str(file.with_name(f"{file.stem}-broken-{time.strftime('%Y%m%d-%H%M%S')}")))
    command = f"mkdir {away} && mv {shlex.quote(str(file.with_suffix('')))}.* {away}"
    return Diagnosis("queue", "unavailable", f"{error}; to start with an empty queue", command)


def _ports() -> Iterator[Diagnosis]:
    with suppress(ImportError):
        from serial.tools.list_ports import comports

        ports = [port for port in comports() if port.hwid != "n/a"]
        if not ports:
            yield Diagnosis("port", "none; no plotter is plugged in, or its cable only charges")
        for port in ports:
            may = os.access(port.device, os.R_OK | os.W_OK)
            closed = "" if may else "; this user may not open it"
            yield Diagnosis("port", f"{port.device}: {port.description}{closed}")


def _sketches() -> Iterator[Diagnosis]:
    from drawscape.sketches import SKETCHES
    from drawscape.sketches.registry import SketchFolder

    own = list(SketchFolder(settings.sketches_folder()))
    yield Diagnosis("sketches", f"{len(SKETCHES)}, {len(own)} of the project's own")
    for name in own:
        _ = SKETCHES[name].parameters  # raises for a file that does not import
