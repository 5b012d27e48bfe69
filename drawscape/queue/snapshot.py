"""A job at one moment, read from its row: its status, its facts, its notes."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from drawscape.errors import JobOptionError


class Status(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    SCHEDULED = "scheduled"
    DEFERRED = "deferred"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELED = "canceled"


class Reason(StrEnum):
    """Why a job failed, or was canceled by another's end (`dependency`) or its `job_ttl` (`expired`)."""

    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    LOST = "lost"
    INVALID = "invalid"
    DEPENDENCY = "dependency"
    EXPIRED = "expired"


STATUSES = tuple(status.value for status in Status)
WAITING = STATUSES[:3]
OPEN = STATUSES[:4]
ENDED = STATUSES[4:]


def check_status(status: str) -> str:
    """Return `status`; raise JobOptionError for a word that is not a status.

    >>> check_status("finished")
    'finished'
    """
    if status not in STATUSES:
        raise JobOptionError(f"unknown status {status!r}; statuses: {', '.join(STATUSES)}")
    return status


class JobSnapshot(NamedTuple):
    """A job at one moment, without arguments and result; moments are aware UTC datetimes.

    `progress` is between 0 and 1, `attempts` counts starts, `retries` those left, `recoveries`
    how often a worker died with it. `details` holds the facts of a failure: signal, stack, last lines
    of the log.
    """

    seq: int
    id: str
    queue: str
    task: str
    status: str
    reason: str | None
    priority: int
    due_at: datetime | None
    timeout_s: float | None
    recoveries: int
    attempts: int
    retries: int
    worker: str | None
    pid: int | None
    stop_grace_s: float | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: float
    message: str | None
    error: str | None
    details: dict[str, Any]
    peak_kb: int | None
    batch: str | None
    meta: dict[str, Any]
    description: str | None
    preview_at: float | None
    """Differs between two previews of a running job."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "JobSnapshot":
        """Return the job in a row of the table."""
        row = cls._make(values)
        return row._replace(
            due_at=utc(row.due_at),
            created_at=utc(row.created_at),
            started_at=utc(row.started_at),
            ended_at=utc(row.ended_at),
            details=parsed(row.details),
            meta=parsed(row.meta),
        )

    @property
    def ended(self) -> bool:
        """Whether it is in a final state."""
        return self.status in ENDED

    @property
    def waiting(self) -> bool:
        """Whether it has not begun yet."""
        return self.status in WAITING


def parsed(text: Any) -> dict[str, Any]:
    """Return the JSON object in `text`; a damaged one reads as empty."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def utc(stamp: Any) -> Any:
    """Return seconds since 1970 as an aware UTC datetime; None for anything but a number."""
    return datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, (int, float)) else None


def unknown_job(job_id: str) -> str:
    """Return the sentence for an id that no job has."""
    return f"no job has the id {job_id!r}, or it has been pruned"


def module_pattern(task: str | None) -> str | None:
    """Return the pattern of `like` for the tasks of a module."""
    return None if task is None else task.replace("_", r"\_").replace("%", r"\%") + ".%"


def checked_notes(notes: Mapping[str, Any]) -> str:
    """Return notes as JSON; raise JobOptionError, which names the first value that is not JSON."""
    for name, value in notes.items():
        try:
            json.dumps({name: value})
        except (TypeError, ValueError) as error:
            raise JobOptionError(
                f"job_meta[{name!r}]: {error}; give text, numbers, lists or dictionaries of these"
            ) from None
    return json.dumps(dict(notes))
