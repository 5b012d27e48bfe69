"""What one look at the table found of a job: consistent in itself, and of that moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drawscape.queue.status import ENDED, WAITING
from drawscape.queue.table.records import JobRow, parsed, utc


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job at one moment, without arguments and result; moments are aware UTC datetimes.

    `progress` lies between 0 and 1, `attempts` counts starts, `retries` those that are left, `recoveries`
    how often a worker died with it. `details` holds what is known of a failure: signal, stack, last lines
    of the log.
    """

    id: str
    task: str
    status: str
    reason: str | None
    priority: int
    progress: float
    message: str | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    timeout_s: float | None
    attempts: int
    retries: int
    recoveries: int
    worker: str | None
    pid: int | None
    peak_kb: int | None
    batch: str | None
    description: str | None
    meta: dict[str, Any]
    details: dict[str, Any]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in ENDED

    @property
    def waiting(self) -> bool:
        """Whether it has not begun."""
        return self.status in WAITING


_MOMENTS = frozenset({"created_at", "started_at", "ended_at", "due_at"})
_COPIED = tuple(
    name
    for name in JobSnapshot.__slots__
    if name not in _MOMENTS and name not in ("meta", "details")
)


def snapshot(row: JobRow) -> JobSnapshot:
    """Return what `row` says, as callers see it."""
    return JobSnapshot(
        **{name: getattr(row, name) for name in _COPIED},
        **{name: utc(getattr(row, name)) for name in _MOMENTS},  # type: ignore[arg-type]
        meta=parsed(row.meta),
        details=parsed(row.detail),
    )
