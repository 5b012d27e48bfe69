"""What a job can be told: the `job_` options, checked in the caller's cell."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from drawscape import durations
from drawscape.errors import JobOptionError
from drawscape.queue.codec import dump
from drawscape.queue.ids import check_id, new_id
from drawscape.queue.table.records import NewJob
from drawscape.queue.task import Task

DEFAULT_TIMEOUT = "5m"

_LARGEST = 1_000_000_000
"""Of priorities and retries; SQLite's integers end at 64 bits."""

OPTIONS = (
    "job_timeout",
    "job_id",
    "job_priority",
    "job_delay",
    "job_at",
    "job_retries",
    "job_retry_delay",
    "job_retry_backoff",
    "job_depends_on",
    "job_run_anyway",
    "job_unique",
    "job_result_ttl",
    "job_meta",
    "job_description",
    "job_grace",
    "job_fresh_process",
)


def split_options(kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the job's options and the task's own arguments.

    Raises JobOptionError for a name that begins with `job_` and is no option.
    """
    options = {key: value for key, value in kwargs.items() if key.startswith("job_")}
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise JobOptionError(f"unknown option {unknown[0]!r}; options: {', '.join(OPTIONS)}")
    return options, {key: value for key, value in kwargs.items() if key not in options}


def refuse(options: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """Raise JobOptionError when `options` hold one of `names`, which make no sense for `where`."""
    for name in names:
        if name in options:
            raise JobOptionError(f"{name} makes no sense for {where}")


def id_of(options: Mapping[str, Any]) -> str:
    """Return the id that `options` ask for, else a new one; raise JobOptionError for a malformed one."""
    asked = options.get("job_id")
    return new_id() if asked is None else check_id(asked)


def new_job(
    job_id: str,
    task: Task,
    payload: bytes,
    options: Mapping[str, Any],
    unique_of: tuple[Sequence[Any], Mapping[str, Any]] | None = None,
) -> NewJob:
    """Return the job that `options` describe; raise JobOptionError for a value that cannot be used."""
    get = options.get
    grace = get("job_grace")
    ttl = get("job_result_ttl")
    meta = get("job_meta")
    return NewJob(
        id=job_id,
        task=task.path,
        payload=payload,
        created_at=time.time(),
        priority=_whole(get("job_priority", 0), "job_priority", low=None),
        due_at=_due_at(get("job_delay"), get("job_at")),
        timeout_s=durations.timeout(get("job_timeout", DEFAULT_TIMEOUT)),
        grace_s=None if grace is None else durations.seconds(grace, "job_grace"),
        retries=_whole(get("job_retries", 0), "job_retries", low=0),
        retry_delay_s=durations.seconds(get("job_retry_delay", 0.0), "job_retry_delay"),
        retry_backoff=_backoff(get("job_retry_backoff", 1.0)),
        result_ttl_s=None if ttl in (None, -1) else durations.seconds(ttl, "job_result_ttl"),
        unique_key=_unique_key(get("job_unique"), task, unique_of),
        meta=None if meta is None else _as_json(meta),
        description=_description(get("job_description")),
        depends_on=_ids_of(get("job_depends_on")),
        runs_anyway=bool(get("job_run_anyway", False)),
    )


def _whole(value: Any, option: str, low: int | None) -> int:
    least = -_LARGEST if low is None else low
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _LARGEST:
        raise JobOptionError(
            f"{option}={value!r}: give a whole number from {least:,} to {_LARGEST:,}"
        )
    return value


def _description(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise JobOptionError(f"job_description={value!r}: give text")
    return None if value is None else value.encode("utf-8", "backslashreplace").decode()


def _backoff(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 100:
        raise JobOptionError(f"job_retry_backoff={value!r}: give a factor from 1 to 100")
    return float(value)


def _due_at(delay: durations.Duration, at: datetime | None) -> float | None:
    if delay is not None and at is not None:
        raise JobOptionError("job_delay and job_at: give one of them")
    if at is not None:
        return durations.moment(at, "job_at")
    if delay is None:
        return None
    wait_s = durations.seconds(delay, "job_delay")
    return time.time() + wait_s if wait_s > 0 else None


def _ids_of(needed: Any) -> tuple[str, ...]:
    if needed is None:
        return ()
    many = needed if isinstance(needed, (list, tuple, set, frozenset)) else [needed]
    return tuple(dict.fromkeys(check_id(str(getattr(item, "id", item))) for item in many))


def _unique_key(
    unique: Any, task: Task, call: tuple[Sequence[Any], Mapping[str, Any]] | None
) -> str | None:
    if unique is None or unique is False:
        return None
    if unique is not True:
        if not isinstance(unique, str) or not unique:
            raise JobOptionError(f"job_unique={unique!r}: give True, or a key of your own as text")
        return f"key:{unique}"
    args, kwargs = call if call is not None else ((), {})
    told = _exactly([tuple(args), dict(kwargs)]).encode()
    return f"call:{task.path}:{hashlib.sha256(told).hexdigest()}"


def _exactly(value: Any) -> str:
    """Return text that is the same for equal plain values, whatever order their keys were given in.

    Others go by their pickle: `repr` shortens large arrays and names objects by their address.
    """
    if type(value) in (str, bytes, int, float, bool, complex, type(None)):
        return repr(value)
    if type(value) in (list, tuple):
        return f"{type(value).__name__}({','.join(map(_exactly, value))})"
    if type(value) is dict:
        items = sorted(f"{_exactly(key)}:{_exactly(item)}" for key, item in value.items())
        return f"dict({','.join(items)})"
    if type(value) in (set, frozenset):
        return f"set({','.join(sorted(map(_exactly, value)))})"
    return hashlib.sha256(dump(value)).hexdigest()


def _as_json(meta: Any) -> str:
    try:
        text = json.dumps(meta)
    except (TypeError, ValueError) as error:
        raise JobOptionError(f"job_meta: {error}; give a dictionary of plain values") from None
    if not isinstance(meta, Mapping):
        raise JobOptionError(f"job_meta={meta!r}: give a dictionary of plain values")
    return text
