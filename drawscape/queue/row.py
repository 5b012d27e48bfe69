"""What crosses the job table's boundary: a new job and its id, a claim, an outcome, a row as it is now."""

import json
import os
import re
import struct
import time
from collections import UserDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

from drawscape import clock
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


def check_status(status: str) -> str:
    """Return `status`; raise JobOptionError for a word that is not a status.

    >>> check_status("finished")
    'finished'
    """
    if status not in STATUSES:
        raise JobOptionError(f"unknown status {status!r}; statuses: {', '.join(STATUSES)}")
    return status


class RunsAfter(IntEnum):
    """After which end of its dependencies a job runs; the column `runs_anyway`."""

    SUCCESS = 0
    """Else it fails with reason `dependency`."""
    ANY = 1
    ONLY_FAILURE = 2
    """Else it is canceled: there is nothing to react to."""
    ONLY_SUCCESS = 3

    def is_met(self, status: str) -> bool:
        """Return whether a dependency that ended with `status` lets the job run."""
        if self is RunsAfter.ANY:
            return True
        return status == (Status.FAILED if self is RunsAfter.ONLY_FAILURE else Status.FINISHED)


def due_after(delay_s: float) -> dict[str, Any]:
    """Return the columns of a job that may run `delay_s` from now: a moment, and a clock that nobody sets."""
    due_s = clock.boot_s() + delay_s
    return {"due_at": clock.now() + delay_s, "due_boot": clock.boot_id(), "due_boot_s": due_s}


class Group(NamedTuple):
    """What jobs share: a lane that workers may choose, a key of which `most` run at once."""

    lane: str = "default"
    limit_key: str = ""
    most: int | None = None


class NewJob(NamedTuple):
    """A job as it is inserted: the columns of its row, and what other tables hold of it."""

    row: dict[str, Any]
    group: Group = Group()
    depends_on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return str(self.row["id"])


class ClaimRequest(NamedTuple):
    """Who wants a job: a worker's slot, of some lanes (none: of all) and priorities from `lowest`."""

    queue: str
    worker: str
    pid: int | None = None
    lanes: tuple[str, ...] = ()
    lowest: int = -(2**63)


class Claim(NamedTuple):
    """A job that a worker holds: `token` numbers the claim, and only its holder may acknowledge."""

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
    code: str | None = None

    @property
    def key(self) -> dict[str, Any]:
        """What every write of its holder names."""
        return {"seq": self.seq, "id": self.id, "token": self.token, "worker": self.worker}


class Outcome(NamedTuple):
    """How a run ended: what the acknowledgement writes."""

    status: str
    reason: str | None = None
    result: bytes | None = None
    error: str | None = None
    detail: dict[str, Any] | None = None
    """With `refused` in it this worker lacks the code; another one may have it."""
    peak_kb: int | None = None

    @property
    def may_be_retried(self) -> bool:
        """Whether another try makes sense: after an exception, unless it says otherwise, or a timeout.

        A job whose child died may be the killer; an error with a true `permanent` would come again.
        """
        if self.status != Status.FAILED or self.reason not in (Reason.EXCEPTION, Reason.TIMEOUT):
            return False
        return not (self.detail or {}).get("permanent")

    @property
    def columns(self) -> dict[str, Any]:
        """The values that an acknowledgement writes."""
        return {**self._asdict(), "detail": json.dumps(self.detail) if self.detail else None}


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


class JobMeta(UserDict[str, Any]):
    """The notes of one job, JSON values by name; `save(change, gone)` passes changes on, or refuses them."""

    def __init__(
        self, values: dict[str, Any], save: Callable[[Mapping[str, Any], Sequence[str]], None]
    ) -> None:
        self.data = values
        self._save = save

    def __setitem__(self, key: str, value: Any) -> None:
        checked_notes({key: value})
        self._save({key: value}, ())
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self.data:
            raise KeyError(key)
        self._save({}, (key,))
        del self.data[key]

    def copy(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the values as a plain dictionary."""
        return dict(self.data)


def checked_notes(notes: Mapping[str, Any]) -> str:
    """Return notes as JSON; raise JobOptionError, which names the first that is none."""
    for name, value in notes.items():
        try:
            json.dumps({name: value})
        except (TypeError, ValueError) as error:
            raise JobOptionError(
                f"job_meta[{name!r}]: {error}; give text, numbers, lists or dictionaries of these"
            ) from None
    return json.dumps(dict(notes))


def parsed(text: Any) -> dict[str, Any]:
    """Return the JSON object in `text`; a damaged one reads as empty."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def utc(stamp: Any) -> Any:
    """Return seconds since 1970 as an aware UTC datetime; None for what is no number."""
    return datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, (int, float)) else None


def unknown_job(job_id: str) -> str:
    """Return the sentence for an id that no job has."""
    return f"no job has the id {job_id!r}, or it has been pruned"


def module_pattern(task: str | None) -> str | None:
    """Return what `like` takes for the tasks of a module."""
    return None if task is None else task.replace("_", r"\_").replace("%", r"\%") + ".%"


_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_id() -> str:
    """Return a new version-7 UUID as text (RFC 9562, 2024): 48 bits of milliseconds, 74 random bits."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Return `count` new UUIDs in rising order.

    The twelve bits behind the milliseconds count on from a random start (RFC 9562, section 6.2). So a batch
    goes into the index one after another.
    """
    first = time.time_ns() // 1_000_000 << 12 | int.from_bytes(os.urandom(2)) >> 4
    ids = []
    for number, random in enumerate(struct.unpack(f"{count}Q", os.urandom(8 * count)), first):
        text = f"{number >> 12:012x}7{number & 0xFFF:03x}{random & (2**62 - 1) | 2**63:016x}"
        ids.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return ids


def check_id(job_id: str) -> str:
    """Return `job_id` if it may serve as one, else raise JobOptionError."""
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id):
        raise JobOptionError(f"job_id={job_id!r}: use 1 to 128 of A-Z a-z 0-9 _ -")
    return job_id
