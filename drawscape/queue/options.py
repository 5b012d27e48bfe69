"""Job options: the names that begin with `job_`, checked in the caller's cell."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from drawscape import durations
from drawscape.errors import JobOptionError
from drawscape.queue import clock
from drawscape.queue.codec import dump
from drawscape.queue.ids import check_id, new_id
from drawscape.queue.table.records import Due, Group, NewJob, RunsAfter
from drawscape.queue.task import Task

DEFAULT_TIMEOUT = "5m"

_LANE = re.compile(r"[A-Za-z0-9_:-]{1,64}")

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
    "job_lane",
    "job_limit",
    "job_limit_key",
    "job_on_success",
    "job_on_failure",
)

_META_CHARS = 1_000_000
_DESCRIPTION_CHARS = 10_000
_KEY_CHARS = 200


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
    delay_s, delays = _retry_delays(get("job_retry_delay", 0.0))
    return NewJob(
        id=job_id,
        task=task.path,
        payload=payload,
        created_at=clock.now(),
        priority=priority_of(get("job_priority", 0)),
        due=_due(get("job_delay"), get("job_at")),
        timeout_s=durations.timeout(get("job_timeout", DEFAULT_TIMEOUT)),
        grace_s=None if grace is None else durations.seconds(grace, "job_grace"),
        retries=whole(get("job_retries", len(delays)), "job_retries", low=0),
        retry_delay_s=delay_s,
        retry_delays=json.dumps(delays) if delays else None,
        retry_backoff=_backoff(get("job_retry_backoff", 1.0)),
        result_ttl_s=None if ttl in (None, -1) else durations.seconds(ttl, "job_result_ttl"),
        unique_key=_unique_key(get("job_unique"), task, unique_of),
        meta=None if meta is None else _as_json(meta),
        description=_description(get("job_description")),
        group=_group(task, get("job_lane"), get("job_limit_key"), get("job_limit")),
        depends_on=_ids_of(get("job_depends_on")),
        runs_anyway=RunsAfter.ANY if get("job_run_anyway", False) else RunsAfter.SUCCESS,
    )


def priority_of(value: Any) -> int:
    """Return `value` if it may be a priority, else raise JobOptionError."""
    return whole(value, "job_priority", low=None)


def check_lane(name: Any) -> str:
    """Return `name` if a lane may be called so, else raise JobOptionError.

    >>> check_lane("fast")
    'fast'
    """
    if not isinstance(name, str) or not _LANE.fullmatch(name):
        raise JobOptionError(f"job_lane={name!r}: use 1 to 64 of A-Z a-z 0-9 _ : -, such as 'slow'")
    return name


def _group(task: Task, lane: Any, key: Any, limit: Any) -> Group:
    """A limit without a key is one for the task; a key without a limit lets one job run at a time."""
    if key is not None and (not isinstance(key, str) or not 1 <= len(key) <= _KEY_CHARS):
        raise JobOptionError(f"job_limit_key={key!r}: give a name such as 'plotter'")
    most = (
        None
        if limit is None and key is None
        else whole(1 if limit is None else limit, "job_limit", low=1)
    )
    if most is not None and key is None:
        key = f"task:{task.path}"
    return Group("default" if lane is None else check_lane(lane), key or "", most)


def _retry_delays(value: Any) -> tuple[float, list[float]]:
    if not isinstance(value, (list, tuple)):
        return durations.seconds(value, "job_retry_delay"), []
    if not 1 <= len(value) <= 100:
        raise JobOptionError(f"job_retry_delay={value!r}: give 1 to 100 delays, or a single one")
    delays = [durations.seconds(one, "job_retry_delay") for one in value]
    return delays[0], delays


def whole(value: Any, option: str, low: int | None) -> int:
    """Return `value`, a whole number from `low`. Raises JobOptionError for another."""
    least = -_LARGEST if low is None else low
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _LARGEST:
        raise JobOptionError(
            f"{option}={value!r}: give a whole number from {least:,} to {_LARGEST:,}"
        )
    return value


def _description(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise JobOptionError(f"job_description={value!r}: give text")
    if value is not None and len(value) > _DESCRIPTION_CHARS:
        raise JobOptionError(
            f"job_description has {len(value):,} characters, the limit is {_DESCRIPTION_CHARS:,}; "
            "put long text into a file or an argument"
        )
    return None if value is None else value.encode("utf-8", "backslashreplace").decode()


def _backoff(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 100:
        raise JobOptionError(f"job_retry_backoff={value!r}: give a factor from 1 to 100")
    return float(value)


def _due(delay: durations.Duration, at: datetime | None) -> Due | None:
    if delay is not None and at is not None:
        raise JobOptionError("job_delay and job_at: give one of them")
    if at is not None:
        return Due(durations.moment(at, "job_at"))
    if delay is None:
        return None
    wait_s = durations.seconds(delay, "job_delay")
    return Due.after(wait_s) if wait_s > 0 else None


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
    call_text = _exactly([tuple(args), dict(kwargs)]).encode()
    return f"call:{task.path}:{hashlib.sha256(call_text).hexdigest()}"


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
    if len(text) > _META_CHARS:
        raise JobOptionError(
            f"job_meta takes {len(text):,} characters, the limit is {_META_CHARS:,}; "
            "put large values into a file and its path into the notes"
        )
    return text
