"""A worker started from a program: a process that exits when its parent is gone."""

import contextlib
import fcntl
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import Engine
from drawscape.queue.job_queue import Queue
from drawscape.queue.options import whole

if TYPE_CHECKING:
    from subprocess import Popen

START_LIMIT_S = 60.0
_LOG_BYTES = 8 * 2**20


class WorkerProcess:
    """A running worker: `stop()` ends it, and so do a `with` block and the process that started it."""

    def __init__(self, process: "Popen[bytes]", log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it is running."""
        return self._process.poll() is None

    def __enter__(self) -> "WorkerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, timeout_s: float = 15.0) -> None:
        """Ask it to exit (running jobs go back to the queue) and wait until it has."""
        from subprocess import TimeoutExpired

        with self._process as process:
            process.terminate()
            try:
                process.wait(timeout_s)
            except TimeoutExpired:
                process.kill()


def start_shared_worker(queue: Queue, slots: int | None = None) -> WorkerProcess | None:
    """Return a worker for `queue`, or None when one is alive already; other callers wait meanwhile."""
    # flock also excludes threads of one process; the child does not inherit the descriptor.
    with open(queue.database.folder / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return None if queue.database.workers.living() else start_worker(queue, slots)


def start_worker(queue: Queue, slots: int | None = None) -> WorkerProcess:
    """Return a worker for `queue`, once it is alive.

    It runs in the queue's home with `slots` jobs at once, by default as many as `drawscape worker`. Its log
    goes to `worker.log` in the queue's folder. Raises JobOptionError for an invalid number of
    slots, QueueError, with the end of that log, when it does not start.
    """
    import subprocess  # a fifth of the import time of a program that queues a job

    if slots is not None:
        whole(slots, "slots", low=1)
    database, home = queue.database, queue.home
    log = database.folder / "worker.log"  # not in `logs/`, where a job may be called "worker"
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES:  # renamed, in place of the one before
            log.replace(log.with_name(f"{log.name}.1"))
    home.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "DRAWSCAPE_HOME": str(home), "PYTHONSAFEPATH": "1"}
    if os.environ.get("DRAWSCAPE_QUEUE"):  # relative to this folder, not to the home
        environment["DRAWSCAPE_QUEUE"] = database.target
    # Without the folder on the path: its `random.py`, if it has one, would hide Python's.
    command = [sys.executable, "-P", "-m", "drawscape", "worker", "--with-parent"]
    if slots is not None:
        command += ["-w", str(slots)]
    try:
        descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise QueueError(f"the worker's log {log}: {error.strerror}; move it away") from error
    with os.fdopen(descriptor, "ab") as output:
        os.fchmod(descriptor, 0o600)  # older versions used the umask
        # The worker reads this pipe; when we are gone, for any reason, it reads the end of file.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=home,
            env=environment,
            start_new_session=True,
        )
    _await_alive(process, database, log)
    return WorkerProcess(process, log)


def _await_alive(process: "Popen[bytes]", database: Engine, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if any(info.pid == process.pid for info in database.workers.living()):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    process.communicate()  # closes the pipe, and leaves no zombie
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise QueueError(f"the worker did not start; the end of {log}:\n{tail}")
