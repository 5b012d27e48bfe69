"""A worker for a notebook that has none: a child of the kernel that ends with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from drawscape.errors import QueueError
from drawscape.job_manager import start_worker, workers_alive

STARTING = "No worker is alive: starting one."
STARTED = "No worker was alive, so this notebook started one; it ends with the kernel."
RESTARTED = "The worker died, so this notebook started another; it ends with the kernel."

MOST_STARTS = 4
"""A job that kills its worker shall not go round for ever; three recoveries end it anyway."""

_LOCK = threading.Lock()
_starts = 0


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
    global _starts
    with _LOCK:
        if workers_alive():
            return
        if _starts >= MOST_STARTS:
            raise QueueError(
                f"{_starts} workers that this notebook started have died; start one in a terminal, "
                "where it says why: drawscape worker"
            )
        _starts += 1
        note(STARTING)
        start_worker()
        note(STARTED if _starts == 1 else RESTARTED)
