"""What a kernel has beside its cells: two threads, a worker where there is none, the jobs that it follows.

One thread reads what is shown, the other does slow work; both last. The worker ends with the kernel.

    following = Following([job], lambda state: print(state.status))     # now, and at each change
    following.close()

States of jobs are read one at a time and numbered: an older one never replaces a newer one on the page.
"""

import atexit
import itertools
import logging
import sched
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drawscape import jobs
from drawscape.errors import DrawscapeError, JobNotFoundError, QueueError
from drawscape.jobs import (
    Job,
    WorkerProcess,
    is_synchronous,
    list_jobs,
    start_shared_worker,
    watch,
    workers_alive,
)
from drawscape.settings import home

_LOG = logging.getLogger("drawscape.notebook")


class LastingThread:
    """A thread that does what is due, and never ends: each short-lived one would cost a memory arena."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._due = sched.scheduler(time.monotonic)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def do(self, action: Callable[[], object], after_s: float = 0.0) -> None:
        """Call `action` in the thread, `after_s` from now; what it raises is logged.

        In another home it is not called: nothing of the former is written there.
        """
        with self._lock:
            self._due.enter(after_s, 0, self._call, (action, home()))
            self._wake.set()
            if self._thread is None or not self._thread.is_alive():  # the latter after a fork
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            self._wake.wait(self._due.run(blocking=False))

    def _call(self, action: Callable[[], object], asked_in: Path) -> None:
        try:
            if home() == asked_in:
                action()
        except Exception:  # noqa: BLE001 - the thread serves others, too
            _LOG.exception("what a board or form asked for failed")


READER = LastingThread("drawscape-reader")
SLOW = LastingThread("drawscape-slow")


def later(action: Callable[[], object], after_s: float = 0.0) -> None:
    """Call `action` in the thread for slow work: reading a large file, making a picture, an export."""
    SLOW.do(action, after_s)


class Debounce:
    """Calls `action` `period_s` after it was first asked for, once, however often it was asked for.

    With `from_last` each request puts the call off again, so that it comes when the requests rest. The call
    runs in the reader's thread, with `slow` in the one for slow work.
    """

    def __init__(
        self,
        period_s: float,
        action: Callable[[], object],
        *,
        from_last: bool = False,
        slow: bool = False,
    ) -> None:
        self._period_s, self._action, self._from_last = period_s, action, from_last
        self._thread = SLOW if slow else READER
        self._lock = threading.Lock()
        self._due: object = None

    @property
    def is_due(self) -> bool:
        """Whether the call is still to come."""
        return self._due is not None

    def request(self) -> None:
        """Ask for the call; one that is due already serves this request too."""
        with self._lock:
            if self._due is not None and not self._from_last:
                return
            self._due = asked = object()
        self._thread.do(lambda: self._run(asked), self._period_s)

    def drop(self) -> None:
        """Forget what is due."""
        self._due = None

    def _run(self, asked: object) -> None:
        with self._lock:
            if asked is not self._due:
                return  # dropped, or put off
            self._due = None
        self._action()


# A worker for a notebook that has none

STARTING = "No worker is alive: starting one."
STARTED = "No worker was alive, so this notebook started one; it ends with the kernel."
RESTARTED = "The worker is gone, so this notebook started another; it ends with the kernel."

MOST_STARTS = 4
WITHIN_S = 600.0  # a worker that dies again and again, so often in so long a time, needs a person

GUARD_PERIOD_S = 1.0

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
        worker = start_shared_worker()  # of several notebooks that want one at once, one starts it
        if worker:
            _started.append((time.monotonic(), worker))


def worker_words(before: int) -> str:
    """Return what to say to a person who knows of `before` starts, '' for nothing."""
    count = len(_started)
    return _said[0] or ("" if count <= before else STARTED if count == 1 else RESTARTED)


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
    if not is_synchronous():
        warnings.filterwarnings("ignore", "no worker is alive")  # one is on its way
        later(_keep_one_alive)


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


# The jobs that boards and forms follow

ENDED = frozenset({*jobs.ENDED, "not_found"})  # the statuses that no job leaves by itself

SHOWS_PREVIEW = frozenset({"started", "stopped"})

WAITING_S = 1.0  # how often to read again what is said of the worker, and how many jobs are ahead


@dataclass(frozen=True)
class JobState:
    """A job at one moment. `ahead` counts the jobs that come first, where that is known.

    Of two states the one with the larger `number` was read later.
    """

    id: str
    status: str
    progress: float = 0.0
    message: str | None = None
    error: str | None = None
    result: Any = None
    preview: bytes | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ahead: int | None = None
    task: str = ""
    description: str | None = None
    number: int = 0

    @property
    def ended(self) -> bool:
        """Whether it is in a final state."""
        return self.status in ENDED

    @property
    def run_s(self) -> float:
        """Seconds since it began, 0 before."""
        begun = self.started_at
        return 0.0 if begun is None else (datetime.now(UTC) - begun).total_seconds()

    @property
    def name(self) -> str:
        """Its description or, without one, its task's name."""
        return self.description or self.task.rpartition(".")[2]


_OF_THE_ROW = (
    "id", "status", "task", "description", "progress", "message", "error", "started_at", "ended_at"
)  # fmt: skip
_NUMBERS = itertools.count(1)
_READING = threading.Lock()


def state_of(job: Job) -> JobState:
    """Return the state of `job` now; one that was removed is `not_found`.

    One state is read at a time, with its number: so the order of the numbers is that of the states.
    """
    with _READING:
        number = next(_NUMBERS)
        try:
            row = job.refresh()
        except JobNotFoundError as error:
            return JobState(job.id, "not_found", error=str(error), number=number)
        return JobState(
            **{name: getattr(row, name) for name in _OF_THE_ROW},
            result=_result_of(job) if row.status == "finished" else None,
            preview=job.preview if row.status in SHOWS_PREVIEW else None,
            ahead=job.ahead if row.status == "queued" else None,
            number=number,
        )


def _result_of(job: Job) -> Any:
    """Return the result; one that cannot be read (another key, a class that is gone) is in `job.result`."""
    try:
        return job.result
    except Exception:  # noqa: BLE001 - whatever unpickling raises: the other jobs are shown
        return None


class Following:
    """Calls `on_state(state)` in the reader's thread, now and at each change of the jobs, until `close`.

    It ends when all have finished; one that failed is followed on, for somebody may try it again. With
    `on_note`, which is for one job, a worker is started should there be none, and `on_note` gets a sentence
    about it. The state of a job that waits is then read once a second.
    """

    def __init__(
        self,
        followed: Sequence[Job],
        on_state: Callable[[JobState], object],
        on_note: Callable[[str], object] | None = None,
    ) -> None:
        self._on_state, self._on_note = on_state, on_note
        self._open = {job.id: job for job in followed}
        self._moves = bool(followed)
        self._asked: dict[str, Job] = {}
        self._reading = Debounce(0.0, self._read)
        self.is_closed = not followed
        self._watch = watch(self._changed, list(self._open)) if followed else None
        if on_note is not None:
            self._known = len(_started)
            guard()
            later(self._read_again)

    def close(self) -> None:
        """Call back no more."""
        self._on_note = None
        self._end()

    def _end(self) -> None:
        self.is_closed = True
        if self._watch is not None:
            self._watch.close()

    def _changed(self, job: Job) -> None:
        self._asked[job.id] = job
        self._reading.request()

    def _read(self) -> None:
        if self.is_closed or not self._asked:
            return
        _, job = self._asked.popitem()
        if self._asked:
            self._reading.request()
        state = state_of(job)
        self._moves = not state.ended
        if state.status in ("finished", "not_found"):
            self._open.pop(job.id, None)
        try:
            self._on_state(state)
        finally:
            if not self._open:
                self._end()

    def _read_again(self) -> None:
        """Say what there is to say of the worker, and how many jobs are ahead: it is in no row."""
        if self._on_note is None:
            return
        words = worker_words(self._known)
        self._on_note(words)
        for job in list(self._open.values()) if self._moves else ():
            self._changed(job)
        if self._moves or words == STARTING:
            later(self._read_again, WAITING_S)
