"""A worker for a notebook that has none: a child of the kernel that ends with it."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable

from drawscape.errors import QueueError
from drawscape.job_manager import start_worker, workers_alive
from drawscape.queue.launching import WorkerProcess

STARTING = "No worker is alive: starting one."
STARTED = "No worker was alive, so this notebook started one; it ends with the kernel."
RESTARTED = "The worker died, so this notebook started another; it ends with the kernel."

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

    Raises QueueError, with the end of the worker's log, when it does not come up.
    """
    start_if_needed(lambda _words: None)
    return Ready()


def start_if_needed(note: Callable[[str], None]) -> None:
    """Return once a worker is alive; `note` gets a sentence when one had to be started.

    Raises QueueError when it does not come up, or when several have died.
    """
    with _LOCK:
        if workers_alive():
            return
        if len([t for t in _times if time.monotonic() - t < WITHIN_S]) >= MOST_STARTS:
            raise QueueError(
                f"{MOST_STARTS} workers that this notebook started have died; start one in a terminal, "
                "where it says why: drawscape worker"
            )
        note(STARTING)
        _times.append(time.monotonic())
        _started.append(start_worker())  # held: a worker leaves when nobody holds its handle
        note(STARTED if len(_started) == 1 else RESTARTED)


@atexit.register
def _stop_all() -> None:
    """A worker notices the end of the kernel by itself; this lets it leave at once, and in order."""
    for worker in _started:
        if worker.alive:
            worker.stop()
