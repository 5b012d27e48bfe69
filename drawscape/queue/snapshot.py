"""A job at one moment, read from its row."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from drawscape.queue.status import ENDED, WAITING


class JobSnapshot(NamedTuple):
    """A job at one moment, without arguments and result; moments are aware UTC datetimes.

    `progress` lies between 0 and 1, `attempts` counts starts, `retries` those that are left, `recoveries`
    how often a worker died with it. `details` holds what is known of a failure: signal, stack, last lines
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
        """Whether it has not begun."""
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
    """Return what `like` takes for the tasks of a module."""
    return None if task is None else task.replace("_", r"\_").replace("%", r"\%") + ".%"
