"""A queue as its callers see it: checks everything in the caller's cell, then inserts one row."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape import output_store
from drawscape.errors import JobOptionError, NotSerializableError
from drawscape.queue.codec import Codec, dump, of_call, of_result
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.target import open_database
from drawscape.queue.ids import new_batch_id, new_id, new_ids
from drawscape.queue.job_argument import remedy, with_results
from drawscape.queue.key import key_of
from drawscape.queue.options import id_of, new_job, refuse, split_options
from drawscape.queue.table.insertion import insert, insert_many
from drawscape.queue.table.query import read_result
from drawscape.queue.table.records import NewJob, RunsAfter
from drawscape.queue.task import Task, check_binding, find_task

Target = str | Callable[..., Any]

PAYLOAD_LIMIT_BYTES = 100_000_000
"""Of a job's arguments: they are copied several times on their way to the worker."""

_SINGLE = (
    "job_id",
    "job_unique",
    "job_depends_on",
    "job_on_success",
    "job_on_failure",
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
    ) -> "Queue":
        """Return the queue `name` in the file `filename`, made if need be."""
        return cls.on(open_database(filename), name, home, task_modules)

    @classmethod
    def on(cls, database: Database, name: str, home: Path, task_modules: Sequence[str]) -> "Queue":
        """Return the queue `name` in `database`."""
        database.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(name, database, Codec(key_of(database)), home, tuple(task_modules))

    @classmethod
    def of(cls, huey: Any) -> "Queue":
        """Return the queue that `huey`, a JobHuey, runs."""
        return cls.on(huey.storage.jobs.another(), huey.name, huey.home, huey.task_modules)

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
        """The folder of its logs and previews."""
        return self.database.folder

    def note(self, name: str, value: str) -> None:
        """Keep a small value with the queue."""
        with self.database.transaction() as connection:
            connection.execute(
                "insert into job_note (name, value) values (?, ?) "
                "on conflict (name) do update set value = excluded.value",
                (name, value),
            )

    def noted(self, name: str) -> str | None:
        """Return the value that was kept, if any."""
        with self.database.translated():
            row = self.database.connection.execute(
                "select value from job_note where name = ?", (name,)
            ).fetchone()
        return None if row is None else str(row[0])

    def enqueue(self, target: Target, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Return the id of the job that was queued, its options taken out of `kwargs`.

        Raises TaskNotAllowedError, TaskNotFoundError, TaskArgumentsError, NotSerializableError,
        JobOptionError, DuplicateJobError or JobNotFoundError; then no row was written.
        """
        options, arguments = split_options(kwargs)
        task = find_task(target, self.task_modules, self.home)
        check_binding(task, args, arguments)
        job_id = id_of(options)
        args, arguments, needed = with_results(args, arguments)
        payload = self.pack(job_id, task, args, arguments, options)
        job = new_job(job_id, task, payload, options, unique_of=(args, arguments))
        job = job._replace(depends_on=(*dict.fromkeys((*job.depends_on, *needed)),))
        return insert(self.database, self.name, job, *self._callbacks(job_id, options))

    def _callbacks(self, job_id: str, options: Mapping[str, Any]) -> list[NewJob]:
        """Return the jobs that `job_on_success` and `job_on_failure` name; each is given the job's id."""
        found = []
        for option, runs in (
            ("job_on_success", RunsAfter.ONLY_SUCCESS),
            ("job_on_failure", RunsAfter.ONLY_FAILURE),
        ):
            if (target := options.get(option)) is None:
                continue
            task = find_task(target, self.task_modules, self.home)
            check_binding(task, (job_id,), {})
            own_id = new_id()
            job = new_job(own_id, task, self.pack(own_id, task, (job_id,), {}, {}), {})
            found.append(job._replace(depends_on=(job_id,), runs_anyway=runs))
        return found

    def result_of(self, job_id: str) -> Any:
        """Return what the job returned, None when nothing is there; raise SignatureMismatch."""
        data = read_result(self.database, job_id)
        return None if data is None else self.codec.loads(data, of_result(job_id))

    def is_shared(self) -> bool:
        """Return whether another machine may run the jobs: its home lies elsewhere."""
        return self.database.has_many_writers or bool(output_store.named())

    def pack(
        self,
        job_id: str,
        task: Task,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        options: Mapping[str, Any],
    ) -> bytes:
        """Return the signed message of a job's call.

        Raises NotSerializableError naming what cannot travel.
        """
        return self._packer(task, options)(job_id, args, kwargs)

    def _packer(
        self, task: Task, options: Mapping[str, Any]
    ) -> Callable[[str, Sequence[Any], Mapping[str, Any]], bytes]:
        """Return what packs calls of one task by id, positional and keyword arguments.

        What is the same for all of them is looked up once: a batch packs 400,000 of them a second.
        """
        dumps, path = self.codec.dumper(by_value=task.by_value), task.path
        carried = _carried(task) if task.by_value else None
        home = self.home if self.is_shared() else None
        if home is not None:
            from drawscape.queue.output_paths import portable_paths
        # Read in the child, so it travels with the call.
        extra = ({"fresh_process": True},) if options.get("job_fresh_process") else ()

        def packed(job_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
            call: tuple[Any, ...] = (carried, tuple(args), dict(kwargs))
            if home is not None:
                call = portable_paths(call, home)
            if extra:
                call += extra
            try:
                payload = dumps(call, of_call(job_id, path))
            except NotSerializableError as error:
                raise NotSerializableError(self._culprit(task, args, kwargs, error)) from error
            if len(payload) > PAYLOAD_LIMIT_BYTES:
                raise NotSerializableError(
                    f"{path}: its arguments take {len(payload) / 1e6:,.0f} MB, the limit is "
                    f"{PAYLOAD_LIMIT_BYTES / 1e6:,.0f} MB; write them to a file and pass its path"
                )
            return payload

        return packed

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
                    f"({cause}); {remedy(value)}"
                )
        return _uncarried(task, error)

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
        model = new_job("", tasks[target], b"", known)
        packers = {one: self._packer(task, known) for one, task in tasks.items()}
        ids = new_ids(len(every_call)) if every_call else []
        paths = [[tasks[one].path for one in targets]] if len(tasks) > 1 else []

        def rows() -> Iterator[tuple[Any, ...]]:
            payloads = (
                packers[one](job_id, (), call)
                for job_id, one, call in zip(ids, targets, arguments, strict=True)
            )
            return zip(ids, payloads, *paths, strict=True)

        following = None if then is None else self._following(then, then_kwargs or {}, batch)
        insert_many(
            self.database,
            self.name,
            model._replace(batch=batch),
            ("id", "payload", "task")[: 2 + len(paths)],
            len(ids),
            # A server takes some while others are packed; a file that is being written is locked.
            rows if self.database.has_many_writers else [*rows()].copy,
            description=description,
            then=() if following is None else (following,),
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
        return new_job(job_id, task, self.pack(job_id, task, (), arguments, options), options)


def _carried(task: Task) -> Any:
    """Return the task's function such that it travels by value."""
    from drawscape.queue.by_value import portable

    try:
        return portable(task.function)
    except NotSerializableError as error:
        raise NotSerializableError(_uncarried(task, error)) from error


def _uncarried(task: Task, error: NotSerializableError) -> str:
    return f"{task.path}: the function cannot be carried to the worker ({error})"
