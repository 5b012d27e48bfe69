"""What boards and forms follow: the states of jobs.

    following = Following([job], lambda state: print(state.status))     # now, and at each change
    following.close()

States are read one at a time and numbered, so that an older one never replaces a newer one on the page.
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
from drawscape.notebook.threads import SLOW, Debounce
from drawscape.notebook.worker import STARTING, guard, worker_words, workers_started

ENDED = frozenset({*jobs.ENDED, "not_found"})
"""The statuses that no job leaves by itself."""

SHOWS_PREVIEW = frozenset({"started", "stopped"})

WAITING_S = 1.0
"""How often to read again what is said of the worker, and how many jobs are ahead."""


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
    *("id", "status", "task", "description"),
    *("progress", "message", "error", "started_at", "ended_at"),
)
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
    `on_note` a worker is started should there be none, and `on_note` gets a sentence about it. The state of
    a job that waits is then read once a second.
    """

    def __init__(
        self,
        followed: Sequence[Job],
        on_state: Callable[[JobState], object],
        on_note: Callable[[str], object] | None = None,
    ) -> None:
        self._on_state, self._on_note = on_state, on_note
        self._open = {job.id: job for job in followed}
        self._waiting = dict(self._open)
        self._asked: dict[str, Job] = {}
        self._reading = Debounce(0.0, self._read)
        self.is_closed = not followed
        self._watch = watch(self._changed, list(self._open)) if followed else None
        if on_note is not None and followed:
            self._known = workers_started()
            guard()
            SLOW.do(self._read_again)

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
        if state.ended:
            self._waiting.pop(job.id, None)
        else:
            self._waiting[job.id] = job
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
        waiting = list(self._waiting.values())
        for job in waiting:
            self._changed(job)
        if waiting or words == STARTING:
            SLOW.do(self._read_again, WAITING_S)
