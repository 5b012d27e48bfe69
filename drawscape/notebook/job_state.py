"""One look at a job, all that the widgets show of it read together; and looking until it has ended."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drawscape import jobs
from drawscape.errors import DrawscapeError, JobNotFoundError
from drawscape.jobs import Job, watch, workers_alive
from drawscape.notebook.worker import STARTING, start_if_needed, started_words, workers_started

ENDED = frozenset({*jobs.ENDED, "not_found"})
"""The statuses that no job leaves by itself."""

SHOWS_PREVIEW = frozenset({"started", "stopped"})

PERIOD_S = 1.0
"""How often to look whether a worker is alive and how many jobs are ahead."""


@dataclass(frozen=True)
class JobState:
    """A job at one moment. `ahead` counts the jobs that come first, where that is known."""

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
    drawn_before: str = ""
    printed: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
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


def state_of(job: Job) -> JobState:
    """Return the state of `job` now; one that was removed is `not_found`."""
    try:
        row = job.refresh()
    except JobNotFoundError as error:
        return JobState(job.id, "not_found", error=str(error))
    return JobState(
        id=row.id,
        status=row.status,
        task=row.task,
        description=row.description,
        progress=row.progress,
        message=row.message,
        error=row.error,
        result=_result_of(job) if row.status == "finished" else None,
        preview=job.preview if row.status in SHOWS_PREVIEW else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ahead=job.ahead if row.status == "queued" else None,
    )


def follow(
    job: Job, on_state: Callable[[JobState], None], on_note: Callable[[str], None]
) -> threading.Thread:
    """Call `on_state(state)` at each change of `job` until it has ended; return the thread that does.

    Should the worker die meanwhile, another is started, and `on_note` gets a sentence about it.
    """
    thread = threading.Thread(
        target=_follow, args=(job, on_state, on_note), name=f"drawscape-job-{job.id}", daemon=True
    )
    thread.start()
    return thread


def _follow(job: Job, on_state: Callable[[JobState], None], on_note: Callable[[str], None]) -> None:
    over = threading.Event()

    def changed(changed_job: Job) -> None:
        state = state_of(changed_job)
        on_state(state)
        if state.ended:
            over.set()

    started = workers_started()
    with watch(changed, [job.id]):
        started = _look_after_worker(on_note, started)
        while not over.wait(PERIOD_S):
            started = _look_after_worker(on_note, started)
            changed(job)


def _look_after_worker(on_note: Callable[[str], None], before: int) -> int:
    """Have a worker, and note when a new one was started, whoever asked for it."""
    try:
        missing = not workers_alive()
        if missing:
            on_note(STARTING)
        started = start_if_needed()
    except DrawscapeError as error:
        on_note(str(error))
        return before
    if started != before:
        on_note(started_words(started))
    elif missing:
        on_note("")  # somebody else was quicker
    return started


def _result_of(job: Job) -> Any:
    """Return the result; one that cannot be read (another key, a class that is gone) is in `job.result`."""
    try:
        return job.result
    except Exception:  # noqa: BLE001 - whatever unpickling raises: a table shows the other jobs
        return None
