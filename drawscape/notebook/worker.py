"""A worker for a notebook that has none: a child of the kernel that ends with it."""

import atexit
import logging
import threading
import time
import warnings

from drawscape.errors import DrawscapeError, QueueError
from drawscape.jobs import (
    WorkerProcess,
    is_synchronous,
    list_jobs,
    start_shared_worker,
    workers_alive,
)
from drawscape.notebook.threads import Debounce, later

STARTING = "No worker is alive: starting one."
STARTED = "No worker was alive, so this notebook started one; it ends with the kernel."
RESTARTED = "The worker is gone, so this notebook started another; it ends with the kernel."

MOST_STARTS = 4
WITHIN_S = 600.0
"""A worker that dies again and again, so often in so long a time, needs a person."""

GUARD_PERIOD_S = 1.0

_LOG = logging.getLogger("drawscape.notebook")
_LOCK = threading.Lock()
_started: list[tuple[float, WorkerProcess]] = []
"""When, and the handle: a worker leaves when nobody holds that."""

_said = [""]
"""What the guard is doing, or why it cannot; '' while all is well."""


class Ready:
    """What `ensure_worker()` returns: the same words whether it had to start one or not."""

    def __repr__(self) -> str:
        return "A worker is ready."


def ensure_worker() -> Ready:
    """Return once a worker is alive; where there is none, start one that ends with this process.

    Within `synchronous_jobs()` none is started: it would take the jobs.

    Should it leave while jobs wait, another is started, for as long as this process lives.
    Raises QueueError, with the end of the worker's log, when it does not come up.

    >>> ensure_worker()
    A worker is ready.
    """
    if not is_synchronous():
        start_if_needed()
    guard()
    return Ready()


def start_if_needed() -> None:
    """Return once a worker is alive. Raises QueueError when it does not come up, or several have died."""
    with _LOCK:
        if workers_alive():
            return
        if sum(time.monotonic() - begun < WITHIN_S for begun, _ in _started) >= MOST_STARTS:
            raise QueueError(
                f"{MOST_STARTS} workers that this notebook started have died; start one in a terminal, "
                "where it says why: drawscape worker"
            )
        _expect_one()
        worker = start_shared_worker()  # of several notebooks that want one at once, one starts it
        if worker is not None:
            _started.append((time.monotonic(), worker))


def workers_started() -> int:
    """Return how many workers this process has started so far."""
    return len(_started)


def worker_words(before: int) -> str:
    """Return what to say to a person who knows of `before` starts, '' for nothing."""
    count = len(_started)
    news = "" if count <= before else STARTED if count == 1 else RESTARTED
    return news if _said[0] in ("", STARTING) and news else _said[0]


def stop_workers() -> None:
    """Stop the workers that this process started; those that it did not start go on."""
    for _, worker in _started:
        worker.stop()
    _started.clear()


# A worker notices the end of the kernel by itself; this lets it leave at once, and in order.
atexit.register(stop_workers)


def guard() -> None:
    """Return at once; from now on, start a worker whenever jobs of this home wait and none is alive.

    The worker that was alive a moment ago may belong to another notebook, and end with it.
    """
    if is_synchronous():
        return
    _expect_one()
    later(_keep_one_alive)


def _expect_one() -> None:
    """From now on a worker is on its way, so nobody needs the advice to start one."""
    warnings.filterwarnings("ignore", "no worker is alive")


def _keep_one_alive() -> None:
    """Start a worker if need be, and look again in a second."""
    _again.request()
    try:
        if not workers_alive() and list_jobs(("queued", "started"), limit=1):
            _said[0] = _said[0] or STARTING
            start_if_needed()
        _said[0] = ""
    except DrawscapeError as error:  # a locked database is free again in a moment
        if str(error) != _said[0]:
            _LOG.warning("no worker, and none could be started: %s", error)
        _said[0] = str(error)


_again = Debounce(GUARD_PERIOD_S, _keep_one_alive, from_last=True, slow=True)
