"""Job options: the names that begin with `job_`, checked in the caller's cell; and ids."""

import hashlib
import json
import os
import re
import struct
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from drawscape import durations
from drawscape.errors import JobOptionError
from drawscape.queue import clock
from drawscape.queue.row import RunsAfter
from drawscape.queue.task import Task, dump, is_installed

DEFAULT_TIMEOUT_S = 300.0

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
    "job_recover",
    "job_ttl",
)

_META_CHARS = 1_000_000
_DESCRIPTION_CHARS = 10_000
_KEY_CHARS = 200
_UNIQUE_CHARS = 1000


class Due(NamedTuple):
    """When a job may run: a moment, and for a delay also a reading of the clock that nobody sets."""

    due_at: float | None = None
    due_boot: str | None = None
    due_boot_s: float | None = None

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
    """A job as it is inserted; times in seconds since 1970, spans in seconds."""

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
    runs_anyway: int = 0
    recover: int = 1
    """0: it never runs a second time after its worker died."""
    start_by: float | None = None
    """It is canceled when it has not started by then."""
    code: str | None = None
    """What names the code of its home's tasks, where a worker may have another."""
    due: Due = Due()
    group: Group = Group()
    depends_on: tuple[str, ...] = ()

    def columns(self, queue: str, status: str, group_id: int | None = None) -> dict[str, Any]:
        """Return the values of the row, by column."""
        row = {**self._asdict(), **self.due._asdict()}
        del row["due"], row["group"], row["depends_on"]
        return {**row, "queue": queue, "status": status, "group_id": group_id}


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
    start_within = get("job_ttl")
    now = clock.now()
    meta = get("job_meta")
    delay_s, delays = _retry_delays(get("job_retry_delay", 0.0))
    return NewJob(
        id=job_id,
        task=task.path,
        payload=payload,
        created_at=now,
        priority=priority_of(get("job_priority", 0)),
        due=_due(get("job_delay"), get("job_at")),
        timeout_s=durations.timeout(get("job_timeout", DEFAULT_TIMEOUT_S)),
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
        recover=int(bool(get("job_recover", True))),
        start_by=None if start_within is None else now + durations.seconds(start_within, "job_ttl"),
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


def _due(delay: durations.Duration, at: datetime | None) -> Due:
    if delay is not None and at is not None:
        raise JobOptionError("job_delay and job_at: give one of them")
    if at is not None:
        return Due(durations.moment(at, "job_at"))
    wait_s = 0.0 if delay is None else durations.seconds(delay, "job_delay")
    return Due.after(wait_s) if wait_s > 0 else Due()


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
        if not isinstance(unique, str) or not 1 <= len(unique) <= _UNIQUE_CHARS:
            raise JobOptionError(
                f"job_unique={unique!r:.80}: give True, or a key as text of up to {_UNIQUE_CHARS} characters"
            )
        return f"key:{unique}"
    args, kwargs = call if call is not None else ((), {})
    try:
        code = _exactly(task.function, {}) if task.by_value else ""
        text = f"{code}{_exactly([tuple(args), dict(kwargs)], {})}"
    except RecursionError:
        raise JobOptionError(
            f"job_unique=True: an argument of {task.path} is nested too deeply, or holds itself; give a key "
            "as text"
        ) from None
    return f"call:{task.path}:{hashlib.sha256(text.encode()).hexdigest()}"


def _exactly(value: Any, seen: dict[int, int]) -> str:
    """Return text that is the same for equal plain values, whatever order their keys were given in.

    A function goes by its code and by what the code names, wherever its lines stand; others by their pickle:
    `repr` shortens large arrays and names objects by their address.
    """
    kind = type(value)
    if kind is int:
        return f"{value:x}"  # `repr` refuses more than 4,300 digits
    if kind in (str, bytes, float, bool, complex, type(None)):
        return repr(value)
    if kind in (list, tuple):
        return f"{kind.__name__}({','.join(_exactly(item, seen) for item in value)})"
    if kind is dict:
        items = sorted(
            f"{_exactly(key, seen)}:{_exactly(item, seen)}" for key, item in value.items()
        )
        return f"dict({','.join(items)})"
    if kind in (set, frozenset):
        return f"set({','.join(sorted(_exactly(item, seen) for item in value))})"
    if kind is CodeType:
        parts = (value.co_code, value.co_names, value.co_varnames, value.co_consts)
        return f"code({_exactly(parts, seen)})"
    if kind is FunctionType and not is_installed(value):
        if id(value) in seen:  # it calls itself, or another that calls it
            return f"function {seen[id(value)]}"
        seen[id(value)] = len(seen)
        cells = [_contents(cell) for cell in value.__closure__ or ()]
        names = {
            name: value.__globals__[name] for name in _names(value.__code__, value.__globals__)
        }
        defaults = value.__defaults__, value.__kwdefaults__
        return f"function({_exactly((value.__code__, defaults, cells, names), seen)})"
    if kind is ModuleType:
        return f"module {value.__name__}"
    return hashlib.sha256(dump(value)).hexdigest()


def _names(code: CodeType, known: Mapping[str, Any]) -> set[str]:
    """Return the global names that a function's code uses, and the functions within it."""
    names = {name for name in code.co_names if name in known}
    nested = (const for const in code.co_consts if isinstance(const, CodeType))
    return names.union(*(_names(one, known) for one in nested))


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None


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


# Ids

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


def new_batch_id() -> str:
    """Return a new id of a batch, shorter than a job's, for it stands in the row of each of its jobs."""
    return f"b{time.time_ns() // 1_000_000:x}{os.urandom(5).hex()}"


def check_id(job_id: str) -> str:
    """Return `job_id` if it may serve as one, else raise JobOptionError."""
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id):
        raise JobOptionError(f"job_id={job_id!r}: use 1 to 128 of A-Z a-z 0-9 _ -")
    return job_id
