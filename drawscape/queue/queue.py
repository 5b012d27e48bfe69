"""A queue as its callers see it: checks everything in the caller's cell, then inserts one row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape import output_store
from drawscape.errors import JobOptionError, NotSerializableError
from drawscape.queue.engines.engine import Engine
from drawscape.queue.options import (
    NewJob,
    id_of,
    new_batch_id,
    new_id,
    new_ids,
    new_job,
    refuse,
    split_options,
)
from drawscape.queue.row import RunsAfter
from drawscape.queue.store import insert, insert_many
from drawscape.queue.task import (
    Codec,
    Task,
    check_binding,
    dump,
    find_task,
    key_of,
    of_call,
    of_result,
    portable,
    portable_paths,
    with_results,
)

Target = str | Callable[..., Any]

PAYLOAD_LIMIT_BYTES = 100_000_000
"""Of a job's arguments: they are copied several times on their way to the worker."""

_SINGLE = ("job_id", "job_unique", "job_depends_on", "job_on_success", "job_on_failure")
_CALLBACKS = {
    "job_on_success": RunsAfter.ONLY_SUCCESS,
    "job_on_failure": RunsAfter.ONLY_FAILURE,
}


class JobReference:
    """A job of a queue by its id; as an argument of another job it stands for its result."""

    def __init__(self, queue: "Queue", job_id: str) -> None:
        self._queue = queue
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
        """Return the queue `name` in `database`."""
        database.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_shared = database.is_server or bool(output_store.named())
        return cls(name, database, Codec(key_of(database)), home, tuple(task_modules), is_shared)

    @property
    def path(self) -> Path:
        """The queue's file, where it is one."""
        return Path(self.database.target)

    @property
    def label(self) -> str:
        """What names it to people: the file, or the URL without a password."""
        return self.database.label

    @property
    def folder(self) -> Path:
        """The folder of its key and locks."""
        return self.database.folder

    def code(self) -> str | None:
        """Return what names the code of the home's tasks, where a worker may have another; else None."""
        if not self.database.is_server:
            return None
        from drawscape.queue.project_code import publish

        return publish(self.database, self.codec, self.home)

    def enqueue(self, target: Target, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Return the id of the job that was queued, its options taken out of `kwargs`.

        Raises TaskNotAllowedError, TaskNotFoundError, TaskArgumentsError, NotSerializableError,
        JobOptionError, DuplicateJobError or JobNotFoundError; then no row was written.
        """
        options, arguments = split_options(kwargs)
        task = find_task(target, self.task_modules, self.home)
        check_binding(task, args, arguments)
        job_id = id_of(options)
        args, arguments, needed = with_results(args, arguments, JobReference)
        payload = self._packer(task, options)(job_id, args, arguments)
        job = new_job(job_id, task, payload, options, unique_of=(args, arguments))
        job = job._replace(
            depends_on=(*dict.fromkeys((*job.depends_on, *needed)),),
            description=job.description or task.words(args, arguments),
            code=self.code(),
        )
        return insert(self.database, self.name, job, *self._callbacks(job, options))

    def _callbacks(self, job: NewJob, options: Mapping[str, Any]) -> list[NewJob]:
        """Return the jobs that `job_on_success` and `job_on_failure` name; each is given the job's id."""
        found = []
        for option, runs in _CALLBACKS.items():
            if (target := options.get(option)) is None:
                continue
            task = find_task(target, self.task_modules, self.home)
            check_binding(task, (job.id,), {})
            own_id = new_id()
            payload = self._packer(task, {})(own_id, (job.id,), {})
            callback = new_job(own_id, task, payload, {})
            found.append(callback._replace(depends_on=(job.id,), runs_anyway=runs, code=job.code))
        return found

    def result_of(self, job_id: str) -> Any:
        """Return what the job returned, None when nothing is there; raise SignatureMismatch."""
        rows = self.database.read(self.database.sql.RESULT, id=job_id)
        data = rows[0][0] if rows else None
        return None if data is None else self.codec.loads(data, of_result(job_id))

    def _packer(
        self, task: Task, options: Mapping[str, Any]
    ) -> Callable[[str, Sequence[Any], Mapping[str, Any]], bytes]:
        """Return what packs calls of one task by id, positional and keyword arguments.

        What is the same for all of them is looked up once.
        """
        path = task.path
        carried = _carried(task) if task.by_value else None
        # Read in the child, so it travels with the call.
        extra = ({"fresh_process": True},) if options.get("job_fresh_process") else ()

        def packed(job_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
            call: tuple[Any, ...] = (carried, tuple(args), dict(kwargs))
            if self.is_shared:
                call = portable_paths(call, self.home)
            if extra:
                call += extra
            try:
                payload = self.codec.dumps(call, of_call(job_id, path), by_value=task.by_value)
            except NotSerializableError as error:
                raise NotSerializableError(_culprit(task, args, kwargs, error)) from error
            if len(payload) > PAYLOAD_LIMIT_BYTES:
                raise NotSerializableError(
                    f"{path}: its arguments take {len(payload) / 1e6:,.0f} MB, the limit is "
                    f"{PAYLOAD_LIMIT_BYTES / 1e6:,.0f} MB; write them to a file and pass its path"
                )
            return payload

        return packed

    def enqueue_many(
        self,
        target: Target,
        calls: Iterable[Mapping[str, Any] | tuple[Target, Mapping[str, Any]]],
        options: Mapping[str, Any],
        *,
        then: Target | None = None,
        then_kwargs: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> tuple[str, list[str], str | None]:
        """Return the ids of a batch, of its jobs in order, and of the job that follows it, if any.

        One transaction inserts them all; `options` are the same for each.
        """
        refuse(options, _SINGLE, "enqueue_many")
        batch = new_batch_id()
        known, others = split_options(options)
        if others:
            raise JobOptionError(
                f"enqueue_many: {next(iter(others))!r} is not an option; put the task's arguments into "
                "each call's dictionary"
            )
        every_call = list(calls)
        targets = [call[0] if isinstance(call, tuple) else target for call in every_call]
        arguments = [call[1] if isinstance(call, tuple) else call for call in every_call]
        tasks = self._checked_tasks(target, targets, arguments)
        code = self.code()
        model = new_job("", tasks[target], b"", known)._replace(batch=batch, code=code)
        packers = {one: self._packer(task, known) for one, task in tasks.items()}
        ids = new_ids(len(every_call)) if every_call else []
        more: dict[str, list[str | None]] = {}
        if len(tasks) > 1:
            more["task"] = [tasks[one].path for one in targets]
        if model.description is None and any(
            hasattr(t.function, "describe") for t in tasks.values()
        ):
            described = zip(targets, arguments, strict=True)
            more["description"] = [tasks[one].words((), call) for one, call in described]

        def rows() -> Iterator[tuple[Any, ...]]:
            payloads = (
                packers[one](job_id, (), call)
                for job_id, one, call in zip(ids, targets, arguments, strict=True)
            )
            return zip(ids, payloads, *more.values(), strict=True)

        following = None if then is None else self._following(then, then_kwargs or {}, batch)
        insert_many(
            self.database,
            self.name,
            model,
            ("id", "payload", *more),
            len(ids),
            # A server takes some while others are packed; a file that is being written is locked.
            rows if self.database.is_server else [*rows()].copy,
            description=description,
            then=() if following is None else (following._replace(code=code),),
        )
        return batch, ids, None if following is None else following.id

    def _checked_tasks(
        self, target: Target, targets: Sequence[Target], arguments: Sequence[Mapping[str, Any]]
    ) -> dict[Target, Task]:
        """Return the tasks by what names them; what binds depends on the arguments' names alone."""
        tasks = {
            one: find_task(one, self.task_modules, self.home)
            for one in dict.fromkeys([target, *targets])
        }
        for one, names in dict.fromkeys(zip(targets, map(tuple, arguments), strict=True)):
            check_binding(tasks[one], (), dict.fromkeys(names))
        return tasks

    def _following(self, target: Target, kwargs: Mapping[str, Any], batch: str) -> NewJob:
        refuse(kwargs, _SINGLE[1:], "what follows a batch")
        options, arguments = split_options({"job_run_anyway": True, **kwargs})
        task = find_task(target, self.task_modules, self.home)
        check_binding(task, (), arguments)
        options["job_depends_on"] = [batch]
        job_id = id_of(options)
        payload = self._packer(task, options)(job_id, (), arguments)
        return new_job(job_id, task, payload, options)


def _carried(task: Task) -> Any:
    """Return the task's function such that it travels by value."""
    try:
        return portable(task.function)
    except NotSerializableError as error:
        raise NotSerializableError(_uncarried(task, error)) from error


def _uncarried(task: Task, error: NotSerializableError) -> str:
    return f"{task.path}: the function cannot be carried to the worker ({error})"


def _culprit(
    task: Task, args: Sequence[Any], kwargs: Mapping[str, Any], error: NotSerializableError
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
    return _uncarried(task, error)
