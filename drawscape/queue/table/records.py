"""What crosses the table's boundary: a job to insert, a claim, an outcome, a snapshot."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, NamedTuple

from drawscape.queue import clock
from drawscape.queue.status import OPEN, WAITING, Reason, Status


class RunsAfter(IntEnum):
    """After which end of those that it depends on a job runs; the column `runs_anyway`."""

    SUCCESS = 0
    """Else it fails with reason `dependency`."""
    ANY = 1
    ONLY_FAILURE = 2
    """Else it is canceled: there is nothing to react to."""
    ONLY_SUCCESS = 3

    def is_met(self, finished: bool) -> bool:
        """Return whether the end of what it depends on lets the job run."""
        if self is RunsAfter.ANY:
            return True
        return finished is not (self is RunsAfter.ONLY_FAILURE)

    @property
    def otherwise(self) -> Status:
        """What becomes of the job when that end was not met."""
        return Status.FAILED if self is RunsAfter.SUCCESS else Status.CANCELED


class Due(NamedTuple):
    """When a job may run: a moment, and for a delay also a reading of the clock that nobody sets."""

    at: float
    boot: str | None = None
    boot_s: float | None = None

    @classmethod
    def after(cls, delay_s: float) -> "Due":
        """Return the moment `delay_s` from now."""
        boot = clock.boot_id()
        return cls(clock.now() + delay_s, boot, None if boot is None else clock.boot_s() + delay_s)


class Group(NamedTuple):
    """What jobs share: a lane that workers may choose, a key of which `most` run at once."""

    lane: str = "default"
    limit_key: str = ""
    most: int | None = None


class NewJob(NamedTuple):
    """A job as it is inserted; times in seconds since 1970, spans in seconds.

    The defaults of its columns are those of the table.
    """

    id: str
    task: str
    payload: bytes
    created_at: float
    priority: int = 0
    timeout_s: float | None = None
    grace_s: float | None = None
    retries: int = 0
    retry_delay_s: float = 0.0
    retry_backoff: float = 1.0
    retry_delays: str | None = None
    result_ttl_s: float | None = None
    unique_key: str | None = None
    batch: str | None = None
    meta: str | None = None
    description: str | None = None
    runs_anyway: int = RunsAfter.SUCCESS
    due: Due | None = None
    group: Group = Group()
    depends_on: tuple[str, ...] = ()


class Claim(NamedTuple):
    """A job that this worker holds: `token` numbers the claim, and only its holder may acknowledge."""

    seq: int
    id: str
    task: str
    payload: bytes
    timeout_s: float | None
    grace_s: float | None
    token: int
    created_at: float
    meta: str | None
    pid: int | None
    recoveries: int
    worker: str


CLAIM_COLUMNS = ", ".join(Claim._fields)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: what the acknowledgement writes."""

    status: str
    reason: str | None = None
    result: bytes | None = None
    error: str | None = None
    detail: dict[str, Any] | None = None
    peak_kb: int | None = None
    meta: str | None = None
    log: bytes | None = None
    """What the job has printed, in all its runs, when that is short; None leaves what the table has."""

    @property
    def may_be_retried(self) -> bool:
        """Whether another try makes sense: after an exception, unless it says otherwise, or a timeout.

        A job whose child died may be the killer; an error with a true `permanent` would come again.
        """
        if self.status != Status.FAILED or self.reason not in (Reason.EXCEPTION, Reason.TIMEOUT):
            return False
        return not (self.detail or {}).get("permanent")


class JobRow(NamedTuple):
    """A job as the table has it at one moment, without payload and result."""

    seq: int
    id: str
    queue: str
    task: str
    status: str
    reason: str | None
    priority: int
    due_at: float | None
    waits_for: int
    timeout_s: float | None
    token: int
    recoveries: int
    attempts: int
    retries: int
    worker: str | None
    pid: int | None
    stop_grace_s: float | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    expires_at: float | None
    progress: float
    message: str | None
    error: str | None
    detail: str | None
    peak_kb: int | None
    unique_key: str | None
    batch: str | None
    meta: str | None
    description: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status not in OPEN

    @property
    def waiting(self) -> bool:
        """Whether it has not begun."""
        return self.status in WAITING

    @property
    def details(self) -> dict[str, Any]:
        """What is known of a failure: signal, stack, last lines of the log."""
        return parsed(self.detail)


ROW_COLUMNS = ", ".join(JobRow._fields)


def parsed(text: str | None) -> dict[str, Any]:
    """Return the JSON object in `text`; a damaged one reads as empty."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def utc(stamp: float | None) -> datetime | None:
    """Return seconds since 1970 as an aware UTC datetime."""
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
