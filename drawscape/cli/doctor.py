"""`drawscape doctor`: what is installed, how home, queue and workers are, and how to fix what is wrong."""

import os
import platform
import shlex
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from drawscape import __version__, output_store, settings
from drawscape.cli.printing import counted, print_list
from drawscape.errors import DrawscapeError, OutputStoreError
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
    "object-store": ("fsspec", "s3fs"),
}
"""The extras that a person asks for, and the packages that show whether they are there."""

_ANOTHER = "set DRAWSCAPE_HOME to another folder"
_LOW_DISK_BYTES = 200 * 2**20
_MOST_NAMED = 20  # files in one command: what is left is named the next time


@dataclass(frozen=True)
class Finding:
    """A subject and what is found; where that is wrong, `remedy` says what to do, `command` does it."""

    subject: str
    text: str
    remedy: str = ""
    command: str = ""


@click.command()
def doctor() -> None:
    """Show versions, home, queue and workers, what is wrong, and how to fix it.

    The exit code is 1 when something is wrong.
    """
    parts = (_installation, _home, _output, _queue, _machines, _sketches)
    # Broken settings are met by each part.
    found = dict.fromkeys(finding for part in parts for finding in _findings(part))
    wrong = [one for one in found if one.remedy]
    print_list([(one.subject, one.text) for one in found])
    click.echo(f"\n{counted(len(wrong), 'problem')}" + (":" if wrong else "."))
    for one in wrong:
        click.echo(f"- {one.subject}: {one.remedy}" + (":" if one.command else ""))
        if one.command:
            click.echo(f"    {one.command}")  # on a line of its own, to be copied
    raise click.exceptions.Exit(int(bool(wrong)))


def _findings(part: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from part()
    except DrawscapeError as error:
        yield Finding("settings", "cannot be used", str(error))
    except OSError as error:
        remedy = f"{error.filename}: {error.strerror or error}; {_ANOTHER}"
        yield Finding("files", "cannot be read", remedy)


def _installation() -> Iterator[Finding]:
    yield Finding("drawscape", f"{__version__} in {Path(__file__).parents[1]}")
    yield Finding("python", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", platform.platform())
    for extra, packages in _EXTRAS.items():
        there, missing = [], []
        for name in packages:
            try:
                there.append(f"{name} {version(name)}")
            except PackageNotFoundError:
                missing.append(name)
        how = f"{', '.join(missing)} missing (pip install 'drawscape[{extra}]')" if missing else ""
        yield Finding(f"[{extra}]", "; ".join(filter(None, [", ".join(there), how])))


def _home() -> Iterator[Finding]:
    home = settings.home()
    yield Finding("home", f"{home} ({_why(home)})")
    for link in (home, home / ".drawscape", home / "output"):
        if link.is_symlink() and not link.exists():
            remedy = f"it links to {os.readlink(link)}, which is not there; make that, or remove it"
            yield Finding(link.name, "a link to nothing", remedy, f"rm {shlex.quote(str(link))}")
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        yield _unwritable(home, place)
    # Root may look at the home of somebody else.
    elif foreign := _foreign(home, owner := os.geteuid() or place.stat().st_uid):
        names = " ".join(shlex.quote(str(path)) for path in foreign[:_MOST_NAMED])
        command = f"{'sudo ' if os.geteuid() else ''}chown -h {owner} {names}"
        where = foreign[0].name + (f" and {len(foreign) - 1} more" if foreign[1:] else "")
        text = f"belongs to user {foreign[0].lstat().st_uid}"
        yield Finding(where, text, "give it to its user", command)
    if (free := shutil.disk_usage(place).free) < _LOW_DISK_BYTES:
        remedy = f"make room in {place}, or delete drawings without stars, tags, notes and names"
        yield Finding("disk", f"{free / 1e6:.0f} MB free", remedy, "drawscape drawings prune")
    state = home / ".drawscape"
    if state.is_dir() and stat.S_IMODE(state.stat().st_mode) & 0o077:
        command = f"chmod -R go= {shlex.quote(str(state))}"
        yield Finding(".drawscape", "open to others", "it holds the key of the queue", command)


def _why(home: Path) -> str:
    if os.environ.get("DRAWSCAPE_HOME"):
        return "DRAWSCAPE_HOME"
    if settings.is_project(home):
        return "a project"
    return "it has .drawscape/" if (home / ".drawscape").is_dir() else "the user's data folder"


def _unwritable(home: Path, place: Path) -> Finding:
    """Return what to do about a home that is not writable, or whose nearest folder `place` is not."""
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return Finding("home", "on a read-only disk", _ANOTHER)
    if not place.is_dir():
        return Finding("home", "below a file", f"{place} is a file; {_ANOTHER}")
    remedy, command = "let this user write there", f"sudo install -d -o {os.geteuid()}"
    if home.exists() and home.stat().st_uid == os.geteuid():
        command = "chmod u+wx"
    elif home.exists():  # nothing changes the owner of what is there: it may be / or /etc
        remedy = f"{home} belongs to user {home.stat().st_uid}; {_ANOTHER}"
        return Finding("home", "not writable", remedy)
    command = f"{command} {shlex.quote(str(home))}"
    return Finding("home", "not writable", f"{remedy}, or {_ANOTHER}", command)


def _foreign(home: Path, owner: int) -> list[Path]:
    """Return what somebody else owns and is in the way, as after `sudo drawscape worker`.

    That is each folder, and each file of `.drawscape/`. A drawing of somebody else can be replaced.
    """
    state, output = home / ".drawscape", home / "output"
    drawn = [path for path in output.rglob("*") if path.is_dir()]
    parts = (state, *state.rglob("*"), output, *drawn)
    return [path for path in parts if path.exists() and path.lstat().st_uid != owner]


def _output() -> Iterator[Finding]:
    try:
        store = output_store.store()
        if store is not None:
            store.check()
            yield Finding("output", f"{store.url}, copies in {settings.output_folder()}")
        elif settings.shared_output():
            yield Finding("output", str(settings.output_folder()))
        elif "://" in settings.queue_target():
            yield Finding("output", "on this machine alone; DRAWSCAPE_OUTPUT may name a shared one")
    except OutputStoreError as error:
        remedy = f"{error}; or let drawings stay on this machine"
        yield Finding("output", "cannot be used", remedy, "unset DRAWSCAPE_OUTPUT")


def _queue() -> Iterator[Finding]:
    """Yield how the queue is, and who works on it; nothing is made that is not there."""
    from drawscape import jobs

    target = settings.queue_target()
    file = None if "://" in target else Path(target)
    if file is not None and not file.exists():
        if file.with_suffix(".key").exists():
            text, command = f"{file} is gone, its key is there", "drawscape queue check"
            remedy = (
                f"put {file} back from a copy by `drawscape queue backup`, or begin with no jobs"
            )
            yield Finding("queue", text, remedy, command)
        else:
            yield Finding("queue", "none yet; the first job makes it")
        return
    try:
        jobs.reach_queue()  # all else waits a while for a server that is being started
        workers = jobs.workers_alive()
        counts = jobs.queue_statistics().counts
        paused = jobs.queue_is_paused()
    except DrawscapeError as error:
        yield _unreadable(file, error)
        return
    yield Finding("queue", f"{summary_words()} in {jobs.default_queue().label}")
    waiting = counts["queued"]
    if paused and waiting:
        text = f"paused, and {counted(waiting, 'job')} waiting"
        yield Finding("queue", text, "let jobs start again", "drawscape queue resume")
    yield Finding("workers", f"{counted(len(workers), 'worker')} alive")
    for worker in workers:
        if worker.trouble:
            yield Finding("worker", f"process {worker.pid} runs nothing", worker.trouble)
    if not workers and (left := waiting + counts["started"]):
        text = f"{counted(left, 'job')} waiting"
        yield Finding("workers", text, f"{text}: start a worker", "drawscape worker")


def _unreadable(file: Path | None, error: DrawscapeError) -> Finding:
    if file is None:
        remedy = f"{error}; start that server, or use the queue of this machine"
        return Finding("queue", "cannot be reached", remedy, "unset DRAWSCAPE_QUEUE")
    key = file.with_suffix(".key")
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o022:
        command = f"chmod 600 {shlex.quote(str(key))}"
        remedy = "make sure that the key is yours"
        return Finding("queue", "its key is open to others", remedy, command)
    lost = not key.exists() or "damaged" in str(error)
    away = shlex.quote(str(file.with_name(f"{file.stem}-broken-{time.strftime('%Y%m%d-%H%M%S')}")))
    command = (
        f"mkdir {away} && mv {shlex.quote(str(file.with_suffix('')))}.* {away}" if lost else ""
    )
    remedy = f"{error}; to begin with no jobs" if lost else str(error)
    return Finding("queue", "cannot be used", remedy, command)


def _machines() -> Iterator[Finding]:
    from drawscape.machine.device import device_names, read_device

    with suppress(ImportError):
        from serial.tools.list_ports import comports

        for port in [port for port in comports() if port.hwid != "n/a"]:
            may = os.access(port.device, os.R_OK | os.W_OK)
            closed = "" if may else "; this user has no right to open it"
            yield Finding("port", f"{port.device}: {port.description}{closed}")
    for name in device_names():
        try:
            device = read_device(name)
            where = f"{device.machine.title} at {device.port}"
        except DrawscapeError as error:
            yield Finding(f"machine {name}", "cannot be used", str(error))
            continue
        absent = device.driver != "simulator" and not os.path.exists(device.port)
        yield Finding(f"machine {name}", f"{where}{', not plugged in' if absent else ''}")


def _sketches() -> Iterator[Finding]:
    from drawscape.sketches import SKETCHES
    from drawscape.sketches.registry import SketchFolder

    own = [*SketchFolder(settings.sketches_folder())]
    yield Finding("sketches", f"{len(SKETCHES)}, {len(own)} of the project's own")
    for name in own:
        try:
            _ = SKETCHES[name].parameters
        except DrawscapeError as error:
            yield Finding(f"sketch {name}", "cannot be used", str(error))
