"""The statuses and reasons of a job; columns and public results hold their plain text."""

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
    """Why a job failed, or why it was canceled by another's end (`dependency`)."""

    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    LOST = "lost"
    INVALID = "invalid"
    DEPENDENCY = "dependency"


STATUSES: Final = tuple(status.value for status in Status)
WAITING: Final = STATUSES[:3]
OPEN: Final = STATUSES[:4]
ENDED: Final = STATUSES[4:]

SQL_WAITING: Final = f"({', '.join(map(repr, WAITING))})"
SQL_OPEN: Final = f"({', '.join(map(repr, OPEN))})"
SQL_ENDED: Final = f"({', '.join(map(repr, ENDED))})"

SQL_QUEUED: Final = (
    "status = 'queued' and group_id is null",
    "status = 'queued' and group_id is not null",
)
SQL_OPEN_INDEXED: Final = (*SQL_QUEUED, *(f"status = '{status}'" for status in OPEN[1:]))
"""The conditions of open jobs that have an index each."""

APART: Final = tuple(s for s in STATUSES if s not in ("queued", "started", "finished"))
"""What a job that is queued, runs and finishes never is."""

SQL_APART: Final = f"({', '.join(map(repr, APART))})"

SQL_IS_APART: Final = (
    f"status in {SQL_APART} and status <> 'queued' and status <> 'started' and status <> 'finished'"
)
"""The same twice, for the engines' indexes: Postgres proves the list, and SQLite makes a table of a list at
each change of a row, a ninth of what claim and acknowledgement cost."""


def check_status(status: str) -> str:
    """Return `status`; raise JobOptionError for a word that is not a status.

    >>> check_status("finished")
    'finished'
    """
    if status not in STATUSES:
        raise JobOptionError(f"unknown status {status!r}; statuses: {', '.join(STATUSES)}")
    return status
