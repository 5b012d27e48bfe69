"""The options of a job, whose names begin with `job_`: checked in the caller's cell."""

import hashlib
import json
import os
import re
import struct
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from drawscape import clock, durations
from drawscape.errors import JobOptionError
from drawscape.queue.codec import dump, portable
from drawscape.queue.dependencies import RunsAfter
from drawscape.queue.engines.engine import Engine
from drawscape.queue.snapshot import checked_notes
from drawscape.queue.task import Arguments, Task

_LANE = re.compile(r"[A-Za-z0-9_:-]{1,64}")


def check_lane(name: Any) -> str:
    """Return `name` if it is a valid name of a lane, else raise JobOptionError.

    >>> check_lane("fast")
    'fast'
    """
    if not isinstance(name, str) or not _LANE.fullmatch(name):
        raise JobOptionError(f"job_lane={name!r}: use 1 to 64 of A-Z a-z 0-9 _ : -, such as 'slow'")
    return name


class JobGroup(NamedTuple):
    """What jobs share: a lane that workers may choose, and a key of which at most `most` run at once."""

    lane: str = "default"
    limit_key: str = ""
    most: int | None = None


ORDINARY_GROUP = JobGroup()


def group_of(engine: Engine, job_id: str) -> JobGroup:
    rows = engine.read(engine.GROUP_OF, id=job_id)
    return JobGroup(*rows[0]) if rows else ORDINARY_GROUP


ALL_LANES = "*"


DEFAULTS: dict[str, Any] = {
    "priority": 0,
    "due_at": None,
    "start_by": None,
    "timeout_s": None,
    "grace_s": None,
    "retries": 0,
    "retry_delay_s": 0.0,
    "retry_backoff": 1.0,
    "runs_anyway": 0,
    "recover": 1,
    "result_ttl_s": None,
    "unique_key": None,
    "group_id": None,
    "batch": None,
    "meta": None,
    "description": None,
    "code": None,
}
"""The columns that a job has without options."""


class NewJob(NamedTuple):
    """A job to insert: the columns of its row, and its values in other tables."""

    row: dict[str, Any]
    group: JobGroup = ORDINARY_GROUP
    depends_on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The job's id."""
        return str(self.row["id"])


_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_id() -> str:
    """Return a new version-7 UUID as text (RFC 9562, 2024): 48 bits of milliseconds, 74 random bits."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Return `count` new UUIDs in rising order.

    The twelve bits after the milliseconds count up from a random start (RFC 9562, section 6.2). So a batch
    goes into the index in order.
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


SINGLE_OPTIONS = ("job_id", "job_unique", "job_depends_on", "job_on_success", "job_on_failure")
CALLBACKS = {"job_on_success": RunsAfter.ONLY_SUCCESS, "job_on_failure": RunsAfter.ONLY_FAILURE}


DEFAULT_TIMEOUT_S = 300.0

_LARGEST = 1_000_000_000
"""The limit of priorities and retries; SQLite's integers end at 64 bits."""

_META_CHARS = 1_000_000


def split_options(kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the job's options and the task's own arguments; raise JobOptionError for an unknown option."""
    options = {key: value for key, value in kwargs.items() if key.startswith("job_")}
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise JobOptionError(f"unknown option {unknown[0]!r}; options: {', '.join(OPTIONS)}")
    return options, {key: value for key, value in kwargs.items() if key not in options}


def new_job(
    job_id: str,
    task: Task,
    payload: bytes,
    options: Mapping[str, Any],
    call: Arguments,
) -> NewJob:
    """Return the job that `options` describe; raise JobOptionError for an invalid value."""
    row = {
        "id": job_id,
        "task": task.path,
        "payload": payload,
        "created_at": clock.now(),
        "timeout_s": DEFAULT_TIMEOUT_S,
    }
    get = options.get
    for name, value in options.items():
        if name in _COLUMNS and (value is not None or name == "job_timeout"):
            column, checked = _COLUMNS[name]
            row[column] = checked(value, name)
    if (delay := get("job_delay")) is not None:
        if get("job_at") is not None:
            raise JobOptionError("job_delay and job_at: give one of them")
        if delay_s := durations.seconds(delay, "job_delay"):
            row["due_at"] = clock.now() + delay_s
    if (unique := get("job_unique")) not in (None, False):
        if unique is True:
            row["unique_key"] = unique_key_of(task, call)
        else:
            row["unique_key"] = f"key:{check_text(unique, 'job_unique', 1, 1000)}"
    group = _group_of_options(task, get("job_lane"), get("job_limit_key"), get("job_limit"))
    return NewJob(row, group, _ids_of(get("job_depends_on")))


def _group_of_options(task: Task, lane: Any, key: Any, limit: Any) -> JobGroup:
    """A limit without a key applies to the task; a key without a limit allows one job at a time."""
    most = None
    if not (limit is None and key is None):
        most = whole(1 if limit is None else limit, "job_limit", low=1)
        key = f"task:{task.path}" if key is None else check_text(key, "job_limit_key", 1, 200)
    return JobGroup("default" if lane is None else check_lane(lane), key or "", most)


def whole(value: Any, option: str, low: int = -_LARGEST) -> int:
    """Return `value`, a whole number from `low`. Raises JobOptionError for another."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _LARGEST:
        raise JobOptionError(
            f"{option}={value!r}: give a whole number from {low:,} to {_LARGEST:,}"
        )
    return value


def check_text(value: Any, option: str, least: int = 0, most: int = 10_000) -> str:
    """Return `value` in a form for the table: file names may have bytes that are not UTF-8."""
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise JobOptionError(f"{option}={value!r:.80}: give text of {least} to {most:,} characters")
    return value.encode("utf-8", "backslashreplace").decode()


def _factor(value: Any, option: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 100:
        raise JobOptionError(f"{option}={value!r}: give a factor from 1 to 100")
    return float(value)


def _ids_of(needed: Any) -> tuple[str, ...]:
    if needed is None:
        return ()
    many = needed if isinstance(needed, (list, tuple, set, frozenset)) else [needed]
    return tuple(check_id(str(getattr(item, "id", item))) for item in many)


def _flag(value: Any, _: str) -> int:
    return int(bool(value))


def _as_json(meta: Any, option: str) -> str:
    if not isinstance(meta, Mapping):
        raise JobOptionError(f"{option}={meta!r}: give a dictionary of plain values")
    text = checked_notes(meta)
    if len(text) > _META_CHARS:
        raise JobOptionError(
            f"{option} takes {len(text):,} characters, the limit is {_META_CHARS:,}; "
            "put large values into a file and its path into the notes"
        )
    return text


_COLUMNS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "job_timeout": ("timeout_s", durations.timeout),
    "job_priority": ("priority", whole),
    "job_at": ("due_at", durations.moment),
    "job_retries": ("retries", partial(whole, low=0)),
    "job_retry_delay": ("retry_delay_s", durations.seconds),
    "job_retry_backoff": ("retry_backoff", _factor),
    "job_run_anyway": ("runs_anyway", _flag),
    "job_result_ttl": (
        "result_ttl_s",
        lambda value, option: (
            durations.LONGEST_S if value == -1 else durations.seconds(value, option)
        ),
    ),
    "job_meta": ("meta", _as_json),
    "job_description": ("description", check_text),
    "job_grace": ("grace_s", durations.seconds),
    "job_recover": ("recover", _flag),
    "job_ttl": ("start_by", lambda value, option: clock.now() + durations.seconds(value, option)),
}
"""The options that are columns of the row, and their checks."""

OPTIONS = (
    *_COLUMNS,
    "job_delay",
    "job_lane",
    "job_limit",
    "job_limit_key",
    *SINGLE_OPTIONS,
)


def unique_key_of(task: Task, call: Arguments) -> str:
    """Return the key of a call; raise JobOptionError for arguments without one.

    Plain values are compared as JSON, others by their pickle: `repr` shortens large arrays and shows the
    addresses of objects.
    """

    def pickled(value: Any) -> str:
        return hashlib.sha256(dump(value)).hexdigest()

    try:
        code = pickled(portable(task.function)) if task.by_value else ""
        text = json.dumps([code, *call], sort_keys=True, default=pickled)
    except (TypeError, ValueError, RecursionError):
        raise JobOptionError(
            f"job_unique=True: an argument of {task.path} is nested too deeply, or has keys or numbers "
            "that JSON does not know; give a key as text"
        ) from None
    return f"call:{task.path}:{hashlib.sha256(text.encode()).hexdigest()}"
