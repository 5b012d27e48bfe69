"""The worker that a notebook starts when none is alive; it ends with the kernel."""

import atexit
import logging
import threading
import time
import warnings
from dataclasses import dataclass, field

from drawscape.errors import DrawscapeError, QueueError
from drawscape.jobs import (
    WorkerProcess,
    list_jobs,
    start_shared_worker,
    worker_trouble,
    workers_alive,
)
from drawscape.notebook.threads import WORKERS, Debounce

_LOG = logging.getLogger("drawscape.notebook")

STARTING = "No worker is alive: starting one."
STARTED = "No worker was alive, so this notebook started one; it ends with the kernel."
RESTARTED = "The worker is gone, so this notebook started another; it ends with the kernel."

MOST_STARTS = 4
WITHIN_S = 600.0  # a worker that dies more often than MOST_STARTS in this time needs a person

CHECK_PERIOD_S = 1.0


@dataclass(frozen=True)
class StartedWorker:
    """A worker that this notebook started; it exits when nothing refers to its `process`."""

    process: WorkerProcess
    started_s: float = field(default_factory=time.monotonic)


_LOCK = threading.Lock()
_started: list[StartedWorker] = []

_trouble = ""
"""STARTING, or why no worker could be started; '' while all is well."""


class Ready:
    """What `ensure_worker()` returns: the same words whether it started a worker or not."""

    def __repr__(self) -> str:
        return "A worker is ready."


def ensure_worker() -> Ready:
    """Return once a worker is alive. If none is, start one that ends with this process.

    If the worker ends while jobs wait, another is started, as long as this process lives.
    Raises QueueError, with the end of the worker's log, if it does not start.

    >>> ensure_worker()
    A worker is ready.
    """
    start_if_needed()
    keep_worker_alive()
    return Ready()


def start_if_needed() -> None:
    """Return once a worker is alive. Raises QueueError if it does not start, or several have died."""
    with _LOCK:
        if workers_alive():
            return
        now_s = time.monotonic()
        recent = [one for one in _started if now_s - one.started_s < WITHIN_S]
        if len(recent) >= MOST_STARTS:
            raise QueueError(
                f"{MOST_STARTS} workers that this notebook started have died; start one in a terminal, "
                "where it says why: drawscape worker"
            )
        process = start_shared_worker()  # None when another notebook has just started one
        if process:
            _started.append(StartedWorker(process))


def count_started() -> int:
    """Return how many workers this notebook has started."""
    return len(_started)


def worker_words(before: int) -> str:
    """Return a message about workers started since there were `before`, '' for nothing."""
    count = count_started()
    if _trouble or count <= before:
        return _trouble
    return STARTED if count == 1 else RESTARTED


def stop_workers() -> None:
    """Stop the workers that this process started."""
    for one in _started:
        one.process.stop()
    _started.clear()


# A worker notices the end of the kernel; this stops it cleanly at once.
atexit.register(stop_workers)


def keep_worker_alive() -> None:
    """Return at once; from now on, start a worker whenever jobs of this home wait and none is alive.

    The worker that was alive a moment ago may belong to another notebook, and end with it.
    """
    warnings.filterwarnings("ignore", "no worker is alive")  # one is about to start
    WORKERS.do(_check_worker)


def _check_worker() -> None:
    """Start a worker if jobs wait for one, and check again in a second."""
    global _trouble
    _next_check.request()
    try:
        if not workers_alive() and list_jobs(("queued", "started"), limit=1):
            _trouble = _trouble or STARTING
            start_if_needed()
        _trouble = worker_trouble()
    except DrawscapeError as error:  # a locked database is free again in a moment
        if str(error) != _trouble:
            _LOG.warning("no worker, and none could be started: %s", error)
        _trouble = str(error)


_next_check = Debounce(CHECK_PERIOD_S, _check_worker, from_last=True, thread=WORKERS)
