"""The statuses of a job, and why a job failed."""

from enum import StrEnum
from typing import Final

from drawscape.errors import JobOptionError


class Status(StrEnum):
    """Where a job is in its life."""

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


STATUSES: Final = tuple(status.value for status in Status)
WAITING: Final = STATUSES[:3]
OPEN: Final = STATUSES[:4]
ENDED: Final = STATUSES[4:]


def check_status(status: str) -> str:
    """Return `status`; raise JobOptionError for a word that is not a status.

    >>> check_status("finished")
    'finished'
    """
    if status not in STATUSES:
        raise JobOptionError(f"unknown status {status!r}; statuses: {', '.join(STATUSES)}")
    return status
