"""A queue as its callers see it: checks options in the caller's cell, inserts rows, reads them.

Options are the names that begin with `job_`. Reading never consumes.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from drawscape import clock, settings
from drawscape.errors import JobOptionError, NotSerializableError
from drawscape.project_modules import add_folder
from drawscape.queue.engines.engine import Engine
from drawscape.queue.row import (
    STATUSES,
    Group,
    JobSnapshot,
    NewJob,
    RunsAfter,
    check_id,
    check_status,
    checked_notes,
    due_after,
    module_pattern,
    new_id,
    new_ids,
)
from drawscape.queue.store import insert, insert_many
from drawscape.queue.task import (
    Codec,
    ResultOf,
    Task,
    check_binding,
    dump,
    find_task,
    key_of,
    mapped,
    of_call,
    of_result,
    portable,
    portable_paths,
)

Target = str | Callable[..., Any]

PAYLOAD_LIMIT_BYTES = 100_000_000
"""Of a job's arguments: they are copied several times on their way to the worker."""

_SINGLE = ("job_id", "job_unique", "job_depends_on", "job_on_success", "job_on_failure")
_CALLBACKS = {"job_on_success": RunsAfter.ONLY_SUCCESS, "job_on_failure": RunsAfter.ONLY_FAILURE}


class JobReference:
    """A job of a queue by its id; as an argument of another job it stands for its result."""

    def __init__(self, queue: "Queue", job_id: str) -> None:
        self._queue = queue
        self._database = queue.database
        self.id = job_id

    def __reduce__(self) -> Any:
        raise TypeError(
            "a job gives its result where it is an argument itself, of `enqueue_background_job`: pass it as "
            "one, or pass `job.wait()`"
        )


@dataclass(frozen=True)
class Queue:
    """One queue in one place: `database` holds the table, `home` is where its jobs run."""

    name: str
    database: Engine
    codec: Codec
    home: Path
    task_modules: tuple[str, ...]
    is_shared: bool
    """Whether another machine may run its jobs: the home lies elsewhere there."""

    @classmethod
    def on(cls, database: Engine, name: str, home: Path, task_modules: Sequence[str]) -> "Queue":
        database.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_shared = database.is_server or bool(settings.shared_output())
        return cls(name, database, Codec(key_of(database)), home, tuple(task_modules), is_shared)

    @property
    def path(self) -> Path:
        """The queue's file, where it is one."""
        return Path(self.database.target)

    @property
    def label(self) -> str:
        """What names it to people: the file, or the URL without a password."""
        return self.database.label

    def code(self) -> str | None:
        """Return what names the code of the home's tasks, where a worker may have another; else None."""
        if not self.database.is_server:
            return None
        from drawscape.queue.project_code import publish

        return publish(self.database, self.codec, self.home)

    def find(self, job_id: str) -> JobSnapshot | None:
        """Return the job as it is now, or None for an unknown id."""
        rows = self.database.read(self.database.JOB, id=job_id)
        return JobSnapshot.of(rows[0]) if rows else None

    def newest(
        self,
        status: str | Iterable[str] | None = None,
        task: str | None = None,
        limit: int | None = None,
    ) -> list[JobSnapshot]:
        """Return jobs, the newest first: of a status or several (else JobOptionError), a task or a module."""
        engine, statuses = self.database, None
        if status is not None:
            wanted = [status] if isinstance(status, str) else status
            statuses = engine.list_value([check_status(one) for one in wanted])
        rows = engine.read(
            engine.LIST,
            queue=self.name,
            statuses=statuses,
            task=task,
            module=module_pattern(task),
            limit=_ALL if limit is None else limit,
        )
        return [JobSnapshot.of(row) for row in rows]

    def statistics(self) -> "Statistics":
        """Return the numbers of now; percentiles over the last thousand jobs that ran."""
        engine, now, own = self.database, clock.now(), {"queue": self.name}
        counts = dict.fromkeys(STATUSES, 0)
        for status, number in engine.read(engine.COUNTS, **own):
            counts[status] += number
        recent = engine.read(engine.RECENT, **own)
        minute, hour = engine.read(engine.ENDED_SINCE, **own, minute=now - 60, hour=now - 3600)[0]
        oldest = engine.read(engine.OLDEST_WAITING, **own)[0][0]
        workers = engine.workers.living()
        return Statistics(
            counts=counts,
            workers=len(workers),
            slots=sum(worker.slots for worker in workers),
            ended_last_minute=minute,
            ended_last_hour=hour,
            wait_s=_percentiles([max(0.0, started - created) for created, started, _ in recent]),
            run_s=_percentiles([max(0.0, ended - started) for _, started, ended in recent]),
            oldest_waiting_s=max(0.0, now - oldest) if oldest is not None else 0.0,
            file_bytes=engine.size_bytes(),
        )

    def enqueue(self, target: Target, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Return the id of the job that was queued, its options taken out of `kwargs`."""
        options, arguments = split_options(kwargs)
        needed = [job.id for job in (*args, *arguments.values()) if isinstance(job, JobReference)]
        args, arguments = mapped(args, arguments, JobReference, lambda job: ResultOf(job.id))
        job = self._new_job(target, args, arguments, options)
        job = job._replace(depends_on=(*job.depends_on, *needed))
        after = {"job_depends_on": job.id}
        callbacks = [
            self._new_job(options[name], (job.id,), {}, after, runs_anyway=runs_after)
            for name, runs_after in _CALLBACKS.items()
            if options.get(name) is not None
        ]
        return insert(self.database, self.name, job, *callbacks)

    def _new_job(
        self,
        target: Target,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        options: Mapping[str, Any],
        **columns: Any,
    ) -> NewJob:
        task, packed = self._packer(target, options)
        asked = options.get("job_id")
        job_id = new_id() if asked is None else check_id(asked)
        payload, words = packed(job_id, args, kwargs)
        job = new_job(job_id, task, payload, options, unique_of=(args, kwargs))
        job.row.setdefault("description", words)
        job.row.update(columns, code=self.code())
        return job

    def result_of(self, job_id: str) -> Any:
        """Return what the job returned, None when nothing is there; raise SignatureMismatch."""
        rows = self.database.read(self.database.RESULT, id=job_id)
        if not rows or rows[0][0] is None:
            return None
        add_folder(self.home)  # it may be of a class of the project's own
        return self.codec.loads(rows[0][0], of_result(job_id))

    def _packer(
        self, target: Target, options: Mapping[str, Any]
    ) -> tuple[Task, Callable[[str, Sequence[Any], Mapping[str, Any]], tuple[bytes, str | None]]]:
        """Return a task, and what packs calls of it: it returns the payload, and words for lists of jobs.

        What is the same for all of them is looked up once.
        """
        task = find_task(target, self.task_modules, self.home)
        try:
            carried = portable(task.function) if task.by_value else None
        except NotSerializableError as error:
            raise _culprit(task, (), {}, error) from error
        # Read in the child, so it travels with the call.
        extra = [{"fresh_process": True}] if options.get("job_fresh_process") else []
        bound = set()

        def packed(
            job_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]
        ) -> tuple[bytes, str | None]:
            names = (len(args), *kwargs)
            if names not in bound:  # it depends on no value
                check_binding(task, args, kwargs)
                bound.add(names)
            call = (carried, tuple(args), dict(kwargs), *extra)
            if self.is_shared:
                call = portable_paths(call, self.home)
            try:
                payload = self.codec.dumps(call, of_call(job_id, task.path), by_value=task.by_value)
            except NotSerializableError as error:
                raise _culprit(task, args, kwargs, error) from error
            if len(payload) > PAYLOAD_LIMIT_BYTES:
                raise NotSerializableError(
                    f"{task.path}: its arguments take {len(payload) / 1e6:,.0f} MB, the limit is "
                    f"{PAYLOAD_LIMIT_BYTES / 1e6:,.0f} MB; write them to a file and pass its path"
                )
            return payload, task.words(args, kwargs)

        return task, packed

    def enqueue_many(
        self,
        target: Target,
        calls: Iterable[Mapping[str, Any] | tuple[Target, Mapping[str, Any]]],
        options: Mapping[str, Any],
        *,
        then: Target | None,
        then_kwargs: Mapping[str, Any] | None,
        batch_description: str | None,
    ) -> tuple[str, list[str], str | None]:
        """Return the ids of a batch, of its jobs in order, and of the job that follows it, if any."""
        known, others = split_options(options)
        _refuse(known, _SINGLE, "enqueue_many")
        if others:
            raise JobOptionError(
                f"enqueue_many: {next(iter(others))!r} is not an option; put the task's arguments into "
                "each call's dictionary"
            )
        pairs = [call if isinstance(call, tuple) else (target, call) for call in calls]
        targets = dict.fromkeys([target, *(named for named, _ in pairs)])
        packers = {one: self._packer(one, known) for one in targets}
        model = new_job(new_id(), packers[target][0], b"", known)
        batch, description = model.id, model.row.get("description")
        model.row.update(code=self.code(), batch=batch)
        rows = []
        for job_id, (one, call) in zip(new_ids(len(pairs)), pairs, strict=True):
            task, packed = packers[one]
            payload, words = packed(job_id, (), call)
            rows.append((job_id, task.path, payload, description or words))
        following = []
        if then is not None:
            asked, arguments = split_options(then_kwargs or {})
            _refuse(asked, _SINGLE[1:], "what follows a batch")
            asked = {"job_run_anyway": True, **asked, "job_depends_on": batch}
            following = [self._new_job(then, (), arguments, asked)]
        insert_many(
            self.database,
            self.name,
            model,
            rows,
            description=_text(batch_description or "", "batch_description"),
            then=following,
        )
        return batch, [row[0] for row in rows], following[0].id if following else None


def _culprit(
    task: Task, args: Sequence[Any], kwargs: Mapping[str, Any], error: NotSerializableError
) -> NotSerializableError:
    """Return the error that names which argument cannot be carried, else the function."""
    named = [*((f"argument {i + 1}", value) for i, value in enumerate(args)), *kwargs.items()]
    for name, value in named:
        try:
            dump(value)
        except NotSerializableError as cause:
            return NotSerializableError(
                f"{task.path}: {name}, a {type(value).__name__}, cannot be carried to the worker "
                f"({cause}); pass plain values, arrays or a file's path"
            )
    return NotSerializableError(
        f"{task.path}: the function cannot be carried to the worker ({error})"
    )


DEFAULT_TIMEOUT_S = 300.0

_LANE = re.compile(r"[A-Za-z0-9_:-]{1,64}")

_LARGEST = 1_000_000_000
"""Of priorities and retries; SQLite's integers end at 64 bits."""

_META_CHARS = 1_000_000


def split_options(kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the job's options and the task's own arguments; raise JobOptionError for an unknown option."""
    options = {key: value for key, value in kwargs.items() if key.startswith("job_")}
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise JobOptionError(f"unknown option {unknown[0]!r}; options: {', '.join(OPTIONS)}")
    return options, {key: value for key, value in kwargs.items() if key not in options}


def _refuse(options: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in names:
        if name in options:
            raise JobOptionError(f"{name} makes no sense for {where}")


def new_job(
    job_id: str,
    task: Task,
    payload: bytes,
    options: Mapping[str, Any],
    unique_of: tuple[Sequence[Any], Mapping[str, Any]] = ((), {}),
) -> NewJob:
    """Return the job that `options` describe; raise JobOptionError for a value that cannot be used."""
    row: dict[str, Any] = {
        "id": job_id,
        "task": task.path,
        "payload": payload,
        "created_at": clock.now(),
        "timeout_s": DEFAULT_TIMEOUT_S,
    }
    get = options.get
    row |= _retry_delays(get("job_retry_delay"))
    for name, value in options.items():
        if name in _COLUMNS and (value is not None or name == "job_timeout"):
            column, checked = _COLUMNS[name]
            row[column] = checked(value, name)
    if (delay := get("job_delay")) is not None:
        if get("job_at") is not None:
            raise JobOptionError("job_delay and job_at: give one of them")
        if wait_s := clock.seconds(delay, "job_delay"):
            row |= due_after(wait_s)
    if (unique := get("job_unique")) not in (None, False):
        row["unique_key"] = _unique_key(unique, task, *unique_of)
    group = _group(task, get("job_lane"), get("job_limit_key"), get("job_limit"))
    return NewJob(row, group, _ids_of(get("job_depends_on")))


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
    most = None
    if not (limit is None and key is None):
        most = whole(1 if limit is None else limit, "job_limit", low=1)
        key = f"task:{task.path}" if key is None else _text(key, "job_limit_key", 1, 200)
    return Group("default" if lane is None else check_lane(lane), key or "", most)


def whole(value: Any, option: str, low: int = -_LARGEST) -> int:
    """Return `value`, a whole number from `low`. Raises JobOptionError for another."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _LARGEST:
        raise JobOptionError(
            f"{option}={value!r}: give a whole number from {low:,} to {_LARGEST:,}"
        )
    return value


def _text(value: Any, option: str, least: int = 0, most: int = 10_000) -> str:
    """Return `value` as the table takes it: a file's name may hold what is no UTF-8."""
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise JobOptionError(f"{option}={value!r:.80}: give text of {least} to {most:,} characters")
    return value.encode("utf-8", "backslashreplace").decode()


def _factor(value: Any, option: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 100:
        raise JobOptionError(f"{option}={value!r}: give a factor from 1 to 100")
    return float(value)


def _retry_delays(delays: Any) -> dict[str, Any]:
    """Return the columns for one delay, or for a list with one for each try."""
    if delays is None:
        return {}
    if not isinstance(delays, (list, tuple)):
        return {"retry_delay_s": clock.seconds(delays, "job_retry_delay")}
    if not 1 <= len(delays) <= 100:
        raise JobOptionError(f"job_retry_delay={delays!r}: give 1 to 100 delays, or a single one")
    listed = [clock.seconds(one, "job_retry_delay") for one in delays]
    return {"retries": len(listed), "retry_delay_s": listed[0], "retry_delays": json.dumps(listed)}


def _ids_of(needed: Any) -> tuple[str, ...]:
    if needed is None:
        return ()
    many = needed if isinstance(needed, (list, tuple, set, frozenset)) else [needed]
    return tuple(check_id(str(getattr(item, "id", item))) for item in many)


def _unique_key(unique: Any, task: Task, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    if unique is not True:
        return f"key:{_text(unique, 'job_unique', 1, 1000)}"
    try:
        code = _exactly(portable(task.function)) if task.by_value else ""
        text = f"{code}{_exactly([tuple(args), dict(kwargs)])}"
    except RecursionError:
        raise JobOptionError(
            f"job_unique=True: an argument of {task.path} is nested too deeply, or holds itself; give a key "
            "as text"
        ) from None
    return f"call:{task.path}:{hashlib.sha256(text.encode()).hexdigest()}"


def _exactly(value: Any) -> str:
    """Return text that is the same for equal plain values, whatever order their keys were given in.

    Others go by their pickle: `repr` shortens large arrays and names objects by their address.
    """
    kind = type(value)
    if kind is int:
        return f"{value:x}"  # `repr` refuses more than 4,300 digits
    if kind in (str, bytes, float, bool, complex, type(None)):
        return repr(value)
    if kind in (list, tuple):
        return f"{kind.__name__}({','.join(map(_exactly, value))})"
    if kind is dict:
        items = (f"{_exactly(key)}:{_exactly(item)}" for key, item in value.items())
        return f"dict({','.join(sorted(items))})"
    if kind in (set, frozenset):
        return f"set({','.join(sorted(map(_exactly, value)))})"
    return hashlib.sha256(dump(value)).hexdigest()


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
    "job_timeout": ("timeout_s", clock.timeout),
    "job_priority": ("priority", whole),
    "job_at": ("due_at", clock.moment),
    "job_retries": ("retries", partial(whole, low=0)),
    "job_retry_backoff": ("retry_backoff", _factor),
    "job_run_anyway": ("runs_anyway", _flag),
    "job_result_ttl": (
        "result_ttl_s",
        lambda value, option: None if value == -1 else clock.seconds(value, option),
    ),
    "job_meta": ("meta", _as_json),
    "job_description": ("description", _text),
    "job_grace": ("grace_s", clock.seconds),
    "job_recover": ("recover", _flag),
    "job_ttl": ("start_by", lambda value, option: clock.now() + clock.seconds(value, option)),
}
"""The options that are a column of the row each, and what checks them."""

OPTIONS = (
    *_COLUMNS,
    "job_delay",
    "job_retry_delay",
    "job_lane",
    "job_limit",
    "job_limit_key",
    "job_fresh_process",
    *_SINGLE,
)

_ALL = 2**62
_QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class Statistics:
    """Counts by status, ended jobs per minute, percentiles of waiting and running, all in seconds.

    `wait_s` and `run_s` map 0.5, 0.9 and 0.99 to seconds; they are empty when nothing has run.
    The two numbers of ended jobs are at most 100,000, which then stands for that many or more.
    """

    counts: dict[str, int]
    workers: int
    slots: int
    ended_last_minute: int
    ended_last_hour: int
    wait_s: dict[float, float]
    run_s: dict[float, float]
    oldest_waiting_s: float
    file_bytes: int

    def prometheus(self) -> str:
        """Return the numbers in Prometheus' text format, none of them rounded."""
        lines = ["# HELP drawscape_jobs Jobs by status.", "# TYPE drawscape_jobs gauge"]
        lines += [f'drawscape_jobs{{status="{s}"}} {n}' for s, n in self.counts.items()]
        for name, value, text in (
            ("workers", self.workers, "Workers that are alive."),
            ("slots", self.slots, "Jobs that can run at once."),
            ("oldest_waiting_seconds", self.oldest_waiting_s, "Age of the oldest queued job."),
            ("file_bytes", self.file_bytes, "Size of the queue's file."),
        ):
            lines += [f"# HELP drawscape_{name} {text}", f"# TYPE drawscape_{name} gauge"]
            lines.append(f"drawscape_{name} {value!r}")
        for name, values, text in (
            ("wait_seconds", self.wait_s, "From queued to started, recent jobs."),
            ("run_seconds", self.run_s, "From started to ended, recent jobs."),
        ):
            lines += [f"# HELP drawscape_{name} {text}", f"# TYPE drawscape_{name} summary"]
            lines += [f'drawscape_{name}{{quantile="{q:g}"}} {v!r}' for q, v in values.items()]
        return "\n".join(lines) + "\n"


def _percentiles(values: list[float]) -> dict[float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return {q: ordered[min(last, int(q * len(ordered)))] for q in _QUANTILES if ordered}
