"""What is wrong with a home: its folder, disk and owners, its queue, its workers."""

import os
import shlex
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drawscape import output_store, settings
from drawscape.cli.finding import Finding
from drawscape.cli.text import counted, span
from drawscape.errors import DrawscapeError, OutputStoreError

_LOW_DISK_BYTES = 200 * 2**20
_AHEAD = timedelta(minutes=1)
"""Machines that share a queue differ by less."""


def of_home() -> Iterator[Finding]:
    """Yield where the home is, and whether this user can work there."""
    home = settings.home()
    yield Finding("home", f"{home} ({_why(home)})")
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        yield _unwritable(place)
    elif foreign := next(_foreign(home), None):
        command = f"{_as_root()}chown -R {_expected_owner(home)} {shlex.quote(str(foreign))}"
        yield Finding(
            foreign.name, f"belongs to user {foreign.stat().st_uid}", "give it to its user", command
        )
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


def _unwritable(place: Path) -> Finding:
    quoted = shlex.quote(str(place))
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return Finding("home", "on a read-only disk", "set DRAWSCAPE_HOME to another folder")
    mine = place.stat().st_uid == os.geteuid()
    command = f"chmod u+wx {quoted}" if mine else f"sudo chown -R {os.geteuid()} {quoted}"
    remedy = "let this user write there, or set DRAWSCAPE_HOME to another folder"
    return Finding("home", "not writable", remedy, command)


def _expected_owner(home: Path) -> int:
    """Whose the files should be: this user's; root may look at the home of somebody else."""
    return os.geteuid() or home.stat().st_uid


def _foreign(home: Path) -> Iterator[Path]:
    """Yield what somebody else owns, as after `sudo drawscape worker`: whole folders first."""
    folders = [home / ".drawscape", home / "output"]
    inside = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    for path in (*folders, *inside):
        if path.exists() and path.lstat().st_uid != _expected_owner(home):
            yield path if path in folders else path.parent


def _as_root() -> str:
    return "sudo " if os.geteuid() else ""


def of_output() -> Iterator[Finding]:
    """Yield where the drawings go, if that is not the home, and whether they can."""
    try:
        store = output_store.store()
        if store is not None:
            store.check()
            yield Finding("output", f"{store.url}, copies in {settings.output_folder()}")
        elif output_store.named():
            yield Finding("output", str(settings.output_folder()))
        elif "://" in settings.queue_target():
            yield Finding("output", "on this machine alone; DRAWSCAPE_OUTPUT may name a shared one")
    except OutputStoreError as error:
        remedy = f"{error}; or let drawings stay on this machine"
        yield Finding("output", "cannot be used", remedy, "unset DRAWSCAPE_OUTPUT")


def of_queue() -> Iterator[Finding]:
    """Yield how the queue is, and who works on it; nothing is made that is not there."""
    from drawscape import jobs
    from drawscape.jobs.default import reach_queue

    target = settings.queue_target()
    file = None if "://" in target else Path(target)
    if file is not None and not file.exists():
        yield _no_queue(file)
        return
    try:
        reach_queue()  # all else waits a while for a server that is being started
        workers = jobs.workers_alive()
        counts = jobs.queue_statistics().counts
        paused = jobs.queue_is_paused()
        newest = jobs.list_snapshots(limit=1)
    except DrawscapeError as error:
        yield _unreadable(file, error)
        return
    shown = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    yield Finding("queue", f"{jobs.default_queue().label}: {shown or 'no jobs'}")
    waiting = counts.get("queued", 0)
    if paused and waiting:
        text = "paused, and " + counted(waiting, "job") + " waiting"
        yield Finding("queue", text, "let jobs start again", "drawscape queue resume")
    ahead = newest[0].created_at - datetime.now(UTC) if newest else timedelta()
    if ahead > _AHEAD:
        text = f"the newest job was queued {span(ahead.total_seconds())} from now"
        remedy = "the time of this machine is wrong, or was; set it"
        yield Finding("clock", text, remedy, f"{_as_root()}timedatectl set-ntp true")
    yield Finding("workers", f"{counted(len(workers), 'worker')} alive")
    yield from (
        Finding("worker", f"process {worker.pid} runs nothing", worker.trouble)
        for worker in workers
        if worker.trouble
    )
    left = len([*(jobs.default_queue().folder / "workers").glob("*.lock")])
    if not workers and (waiting or counts.get("started", 0)):
        text = f"{counted(waiting + counts.get('started', 0), 'job')} waiting"
        yield Finding("workers", text, f"{text}: start a worker", "drawscape worker")
    elif not workers and left:
        text = f"{counted(left, 'worker')} killed or crashed"
        yield Finding("workers", text, "let a worker clear up", "drawscape worker --burst")


def _no_queue(file: Path) -> Finding:
    if not file.with_suffix(".key").exists():
        return Finding("queue", "none yet; the first job makes it")
    remedy = (
        f"put {file} back from a copy (`drawscape queue backup` makes one), or begin with no jobs"
    )
    return Finding("queue", f"{file} is gone, its key is there", remedy, "drawscape queue check")


def _unreadable(file: Path | None, error: DrawscapeError) -> Finding:
    if file is None:
        remedy = f"{error}; start that server, or use the queue of this machine"
        return Finding("queue", "cannot be reached", remedy, "unset DRAWSCAPE_QUEUE")
    key = file.with_suffix(".key")
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o022:
        command = f"chmod 600 {shlex.quote(str(key))}"
        return Finding("queue", "its key is open to others", "see that the key is yours", command)
    lost = not key.exists() or "damaged" in str(error)
    away = shlex.quote(str(file.with_name(f"{file.stem}-broken-{time.strftime('%Y%m%d-%H%M%S')}")))
    command = (
        f"mkdir {away} && mv {shlex.quote(str(file.with_suffix('')))}.* {away}" if lost else ""
    )
    remedy = f"{error}; to begin with no jobs" if lost else str(error)
    return Finding("queue", "cannot be used", remedy, command)
