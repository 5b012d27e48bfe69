"""One look at a job: all that the widgets show of it, read together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drawscape import jobs
from drawscape.errors import JobNotFoundError
from drawscape.jobs import Job

ENDED = frozenset({*jobs.ENDED, "not_found"})
"""The statuses that no job leaves by itself."""

SHOWS_PREVIEW = frozenset({"started", "stopped"})


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

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in ENDED


def state_of(job: Job) -> JobState:
    """Return the state of `job` now; one that was removed is `not_found`."""
    try:
        row = job.refresh()
    except JobNotFoundError as error:
        return JobState(job.id, "not_found", error=str(error))
    return JobState(
        id=row.id,
        status=row.status,
        progress=row.progress,
        message=row.message,
        error=row.error,
        result=job.result if row.status == "finished" else None,
        preview=job.preview if row.status in SHOWS_PREVIEW else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ahead=job.ahead,
    )
