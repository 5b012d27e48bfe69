"""The jobs that boards and forms follow: numbered states of a job, and a call at each change.

    following = Following([job], lambda state: print(state.status))     # now, and at each change
    following.close()

States are read one at a time and numbered: an older one never replaces a newer one on the page.
"""

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drawscape import jobs
from drawscape.errors import JobNotFoundError
from drawscape.jobs import Job, watch
from drawscape.notebook.own_worker import STARTING, count_started, keep_worker_alive, worker_words
from drawscape.notebook.threads import STATES, Debounce

ENDED = frozenset({*jobs.ENDED, "not_found"})  # final states

SHOWS_PREVIEW = frozenset({"started", "stopped"})

WAITING_S = 1.0  # how often to check the worker, and how many jobs are ahead


@dataclass(frozen=True)
class JobState:
    """A job at one moment. `ahead` counts the jobs before it, if known.

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
    """Return the state of `job` now; a removed job is `not_found`.

    One state is read at a time, so the numbers are in the order of the states.
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
    """Return the result; None if it cannot be read, as with another key: `job.result` raises the reason."""
    try:
        return job.result
    except Exception:  # noqa: BLE001 - unpickling may raise anything; other jobs are shown
        return None


class Following:
    """Calls `on_state(state)` in the STATES thread, now and at each change of the jobs, until `close`.

    It ends when all jobs have finished. A failed job is still followed, because it may be retried.
    `on_note` is for one job: a worker is started if none runs, and `on_note` gets a message about it.
    The state of a waiting job is then read once a second.
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
            self._known = count_started()
            keep_worker_alive()
            STATES.do(self._read_again)

    def close(self) -> None:
        """Stop the calls."""
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
        """Report the worker and the number of jobs ahead, which are in no row."""
        if self._on_note is None:
            return
        words = worker_words(self._known)
        self._on_note(words)
        for job in list(self._open.values()) if self._moves else ():
            self._changed(job)
        if self._moves or words == STARTING:
            STATES.do(self._read_again, WAITING_S)
