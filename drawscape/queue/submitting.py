"""A queue as its callers see it: checks everything in the caller's cell, then inserts one row."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from drawscape.errors import JobOptionError, NotSerializableError
from drawscape.queue import durations
from drawscape.queue.codec import Codec, dump, load_key, of_call
from drawscape.queue.connection import FULL, Database
from drawscape.queue.ids import check_id, new_id, new_ids
from drawscape.queue.inserting import insert, insert_many
from drawscape.queue.rows import NewJob
from drawscape.queue.tasks import Task, check_binding, find_task

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
)


@dataclass(frozen=True)
class Queue:
    """One queue in one file: `database` for the caller's moves, `home` where its jobs run."""

    name: str
    database: Database
    codec: Codec
    home: Path
    task_modules: tuple[str, ...]

    @classmethod
    def at(
        cls, filename: str | os.PathLike[str], name: str, home: Path, task_modules: Sequence[str]
    ) -> Queue:
        """Return the queue `name` in the file `filename`, made if need be."""
        path = Path(filename).resolve()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        codec = Codec(load_key(path.with_suffix(".key")))
        return cls(name, Database(path, synchronous=FULL), codec, home, tuple(task_modules))

    @classmethod
    def of(cls, huey: Any) -> Queue:
        """Return the queue that `huey`, a JobHuey, runs."""
        return cls.at(huey.storage.filename, huey.name, huey.home, huey.task_modules)

    @property
    def folder(self) -> Path:
        """The folder of the queue's file: locks, logs and previews lie beside it."""
        return self.database.path.parent

    def enqueue(
        self, target: str | Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> str:
        """Return the id of the job that was queued, its options taken out of `kwargs`.

        Raises TaskNotAllowedError, TaskNotFoundError, TaskArgumentsError, NotSerializableError,
        JobOptionError, DuplicateJobError or JobNotFoundError; then no row was written.
        """
        options, arguments = split_options(kwargs)
        task = find_task(target, self.task_modules, self.home)
        check_binding(task, args, arguments)
        job_id = _id_of(options)
        payload = self.pack(job_id, task, args, arguments)
        job = new_job(job_id, task, payload, options, unique_of=(args, arguments))
        return insert(self.database, self.name, job)

    def pack(
        self, job_id: str, task: Task, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> bytes:
        """Return the signed message of a job's call.

        Raises NotSerializableError naming what cannot travel.
        """
        try:
            carried = portable(task.function) if task.by_value else None
            return self.codec.dumps(
                (carried, tuple(args), dict(kwargs)), of_call(job_id, task.path)
            )
        except NotSerializableError as error:
            raise NotSerializableError(self._culprit(task, args, kwargs, error)) from error

    def _culprit(
        self,
        task: Task,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        error: NotSerializableError,
    ) -> str:
        named = [*((f"argument {i + 1}", value) for i, value in enumerate(args)), *kwargs.items()]
        for name, value in named:
            try:
                dump(value)
            except NotSerializableError as cause:
                return (
                    f"{task.path}: {name}, a {type(value).__name__}, cannot be carried to the worker "
                    f"({cause}); pass plain values, arrays or a file's path"
                )
        return f"{task.path}: the function cannot be carried to the worker ({error})"

    def enqueue_many(
        self,
        target: str | Callable[..., Any],
        calls: Iterable[Mapping[str, Any]],
        options: Mapping[str, Any],
        *,
        then: str | Callable[..., Any] | None = None,
        then_kwargs: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> tuple[str, list[str], str | None]:
        """Return the ids of a batch, of its jobs in order, and of the job that follows it, if any.

        One transaction inserts them all; `options` are the same for each.
        """
        _refuse(options, ("job_id", "job_unique", "job_depends_on"), "enqueue_many")
        task = find_task(target, self.task_modules, self.home)
        every_call = list(calls)
        ids = new_ids(len(every_call)) if every_call else []
        batch = new_id()
        known, arguments = split_options(options)
        if arguments:
            raise JobOptionError(
                f"enqueue_many: {next(iter(arguments))!r} is no option; put the task's arguments into "
                "each call's dictionary"
            )
        model = new_job("", task, b"", known)
        for names in {tuple(call): call for call in every_call}.values():
            check_binding(task, (), names)  # what binds depends on the names alone
        payloads = [
            self.pack(job_id, task, (), call) for job_id, call in zip(ids, every_call, strict=True)
        ]
        following = None if then is None else self._following(then, then_kwargs or {}, batch)
        insert_many(
            self.database,
            self.name,
            replace(model, batch=batch),
            list(zip(ids, payloads, strict=True)),
            description=description,
            then=following,
        )
        return batch, ids, None if following is None else following.id

    def _following(
        self, target: str | Callable[..., Any], kwargs: Mapping[str, Any], batch: str
    ) -> NewJob:
        _refuse(kwargs, ("job_unique", "job_depends_on"), "what follows a batch")
        options, arguments = split_options({"job_run_anyway": True, **kwargs})
        task = find_task(target, self.task_modules, self.home)
        check_binding(task, (), arguments)
        options["job_depends_on"] = [batch]
        job_id = _id_of(options)
        return new_job(job_id, task, self.pack(job_id, task, (), arguments), options)


def split_options(kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the job's options and the task's own arguments.

    Raises JobOptionError for a name that begins with `job_` and is no option.
    """
    options = {key: value for key, value in kwargs.items() if key.startswith("job_")}
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise JobOptionError(f"unknown option {unknown[0]!r}; options: {', '.join(OPTIONS)}")
    return options, {key: value for key, value in kwargs.items() if key not in options}


def _refuse(options: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in names:
        if name in options:
            raise JobOptionError(f"{name} makes no sense for {where}")


def _id_of(options: Mapping[str, Any]) -> str:
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


def portable(function: Callable[..., Any]) -> Any:
    """Return `function` such that it unpickles where its module cannot be imported.

    What lies in `__main__` travels by value anyway; so shall what lies in a file beside the notebook.
    """
    import sys

    import cloudpickle

    module = sys.modules.get(getattr(function, "__module__", "") or "")
    file = getattr(module, "__file__", None)
    if module is None or module.__name__ == "__main__" or not file or "site-packages" in file:
        return function
    if module.__name__.partition(".")[0] in {"drawscape", *sys.stdlib_module_names}:
        return function
    cloudpickle.register_pickle_by_value(module)
    try:
        return Carried(bytes(cloudpickle.dumps(function)))
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error
    finally:
        cloudpickle.unregister_pickle_by_value(module)


@dataclass(frozen=True)
class Carried:
    """A function pickled by value beforehand; it unpickles to the function itself."""

    data: bytes

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        import pickle

        return pickle.loads, (self.data,)
