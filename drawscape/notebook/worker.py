"""A worker for a notebook that has none: a child of the kernel that ends with it."""

from __future__ import annotations

import atexit
import threading
import time

from drawscape.errors import QueueError
from drawscape.jobs import WorkerProcess, start_worker, workers_alive

STARTING = "No worker is alive: starting one."
STARTED = "No worker was alive, so this notebook started one; it ends with the kernel."
RESTARTED = "The worker is gone, so this notebook started another; it ends with the kernel."

MOST_STARTS = 4
WITHIN_S = 600.0
"""A worker that dies again and again, so often in so long a time, needs a person."""

_LOCK = threading.Lock()
_started: list[WorkerProcess] = []
_times: list[float] = []


class Ready:
    """What `ensure_worker()` returns: the same words whether it had to start one or not."""

    def __repr__(self) -> str:
        return "A worker is ready."


def ensure_worker() -> Ready:
    """Return once a worker is alive; where there is none, start one that ends with this process.

    Should it leave while jobs wait, another is started, for as long as this process lives.
    Raises QueueError, with the end of the worker's log, when it does not come up.
    """
    from drawscape.notebook.worker_guard import guard  # it starts workers by this module

    start_if_needed()
    guard()
    return Ready()


def start_if_needed() -> int:
    """Return once a worker is alive: how many this process has started so far.

    Raises QueueError when it does not come up, or when several have died.
    """
    with _LOCK:
        if workers_alive():
            return len(_times)
        if len([t for t in _times if time.monotonic() - t < WITHIN_S]) >= MOST_STARTS:
            raise QueueError(
                f"{MOST_STARTS} workers that this notebook started have died; start one in a terminal, "
                "where it says why: drawscape worker"
            )
        _times.append(time.monotonic())
        _started.append(start_worker())  # held: a worker leaves when nobody holds its handle
        return len(_times)


def workers_started() -> int:
    """Return how many workers this process has started so far."""
    return len(_times)


def started_words(count: int) -> str:
    """Return the sentence that tells of the worker number `count` of this process."""
    return STARTED if count == 1 else RESTARTED


@atexit.register
def _stop_all() -> None:
    """A worker notices the end of the kernel by itself; this lets it leave at once, and in order."""
    for worker in _started:
        if worker.alive:
            worker.stop()
