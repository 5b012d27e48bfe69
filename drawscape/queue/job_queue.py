"""A queue as its callers see it: inserts jobs and reads them, without consuming them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape import clock, settings
from drawscape.errors import DuplicateJobError, JobOptionError, NotSerializableError, QueueError
from drawscape.failpoints import failpoint
from drawscape.project_modules import add_folder
from drawscape.queue.codec import Codec, dump, of_call, of_result, portable
from drawscape.queue.dependencies import link
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    ConnectionLost,
    Engine,
    Transaction,
    UniqueViolation,
)
from drawscape.queue.key_file import key_of
from drawscape.queue.options import (
    CALLBACKS,
    DEFAULTS,
    ORDINARY_GROUP,
    SINGLE_OPTIONS,
    NewJob,
    check_id,
    check_text,
    new_id,
    new_ids,
    new_job,
    split_options,
)
from drawscape.queue.snapshot import STATUSES, JobSnapshot, Status, check_status, module_pattern
from drawscape.queue.task import Arguments, ResultOf, Task, check_binding, find_task, portable_paths


@dataclass(frozen=True)
class QueueStatistics:
    """Counts by status, workers that are alive with their slots, and the median wait.

    `median_wait_s` is how long recent jobs were queued before they started; None if nothing has run.
    The time of a `job_delay` or of dependencies does not count.
    """

    counts: dict[str, int]
    workers: int
    slots: int
    median_wait_s: float | None


Target = str | Callable[..., Any]

PAYLOAD_LIMIT_BYTES = 100_000_000
"""The limit of a job's arguments, which are copied several times on their way to the worker."""


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
    """One queue in one place: `database` holds the table, and its jobs run in `home`."""

    name: str
    database: Engine
    codec: Codec
    home: Path
    task_modules: tuple[str, ...]
    is_shared: bool
    """Whether another machine may run its jobs, with another path of the home."""

    @classmethod
    def on(cls, database: Engine, name: str, home: Path, task_modules: Sequence[str]) -> "Queue":
        database.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_shared = database.is_server or bool(settings.shared_output())
        return cls(name, database, Codec(key_of(database)), home, tuple(task_modules), is_shared)

    @property
    def path(self) -> Path:
        """The queue's file, if it is one."""
        return Path(self.database.target)

    @property
    def label(self) -> str:
        """Its name in messages: the file, or the URL without a password."""
        return self.database.label

    def code(self) -> str | None:
        """Return the digest of the code of the home's tasks if a worker may have other code; else None."""
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
        engine = self.database
        named = [status] if isinstance(status, str) else status
        statuses = None if named is None else [check_status(one) for one in named]
        values = {
            "queue": self.name,
            "limit": _ALL if limit is None else limit,
            "statuses": None if statuses is None else engine.list_value(statuses),
        }
        if task is not None:
            rows = engine.read(
                engine.LIST_OF_TASK, **values, task=task, module=module_pattern(task)
            )
        elif statuses is None or self._are_many(statuses):
            rows = engine.read(engine.LIST, **values)
        else:
            rows = engine.read(engine.LIST_BY_STATUS, **values)
        return [JobSnapshot.of(row) for row in rows]

    def _are_many(self, statuses: Sequence[str]) -> bool:
        """Return whether jobs with a status are so many that the table's order finds the newest fastest."""
        return Status.QUEUED in statuses and self.count_queued(_MANY) == _MANY

    def count_queued(self, limit: int) -> int:
        """Return how many jobs wait for a worker, `limit` for that many or more."""
        return int(self.database.value(self.database.COUNT_QUEUED, queue=self.name, limit=limit))

    def statistics(self) -> QueueStatistics:
        """Return the present numbers; the median is that of the last thousand jobs that ran."""
        engine, own = self.database, {"queue": self.name}
        counts = dict.fromkeys(STATUSES, 0)
        for status, number in engine.read(engine.COUNTS, **own):
            counts[status] += number
        waits = [max(0.0, wait_s) for (wait_s,) in engine.read(engine.RECENT_WAITS, **own)]
        workers = engine.workers.living()
        return QueueStatistics(
            counts=counts,
            workers=len(workers),
            slots=sum(worker.slots for worker in workers),
            median_wait_s=sorted(waits)[len(waits) // 2] if waits else None,
        )

    def enqueue(self, target: Target, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Queue a job with the options in `kwargs`, and return its id."""
        options, arguments = split_options(kwargs)
        needed = [job.id for job in (*args, *arguments.values()) if isinstance(job, JobReference)]
        call = Arguments(args, arguments).mapped(JobReference, lambda job: ResultOf(job.id))
        job = self._new_job(target, call, options)
        job = job._replace(depends_on=(*job.depends_on, *needed))
        after = {"job_depends_on": job.id}
        callbacks = [
            self._new_job(options[name], Arguments((job.id,)), after, runs_anyway=runs_after)
            for name, runs_after in CALLBACKS.items()
            if options.get(name) is not None
        ]
        return insert(self.database, job, *callbacks)

    def _new_job(
        self,
        target: Target,
        call: Arguments,
        options: Mapping[str, Any],
        **columns: Any,
    ) -> NewJob:
        task, packed = self._packer(target)
        asked = options.get("job_id")
        job_id = new_id() if asked is None else check_id(asked)
        payload, words = packed(job_id, call)
        job = new_job(job_id, task, payload, options, call)
        job.row.setdefault("description", words)
        job.row.update(columns, queue=self.name, code=self.code())
        return job

    def result_of(self, job_id: str) -> Any:
        """Return the job's result, None without one; raise SignatureMismatch."""
        data = self.database.value(self.database.RESULT, id=job_id)
        if data is None:
            return None
        add_folder(self.home)  # its class may be the project's
        return self.codec.loads(data, of_result(job_id))

    def _packer(
        self, target: Target
    ) -> tuple[Task, Callable[[str, Arguments], tuple[bytes, str | None]]]:
        """Return a task and a function that packs a call into its payload and a description.

        Facts shared by all calls are looked up once.
        """
        task = find_task(target, self.task_modules, self.home)
        try:
            carried = portable(task.function) if task.by_value else None
        except NotSerializableError as error:
            raise _culprit(task, Arguments(), error) from error
        bound = set()

        def packed(job_id: str, call: Arguments) -> tuple[bytes, str | None]:
            names = (len(call.args), *call.kwargs)
            if names not in bound:  # it depends on no value
                check_binding(task, call)
                bound.add(names)
            message = (carried, tuple(call.args), dict(call.kwargs))
            if self.is_shared:
                message = portable_paths(message, self.home)
            try:
                payload = self.codec.dumps(
                    message, of_call(job_id, task.path), by_value=task.by_value
                )
            except NotSerializableError as error:
                raise _culprit(task, call, error) from error
            if len(payload) > PAYLOAD_LIMIT_BYTES:
                raise NotSerializableError(
                    f"{task.path}: its arguments take {len(payload) / 1e6:,.0f} MB, the limit is "
                    f"{PAYLOAD_LIMIT_BYTES / 1e6:,.0f} MB; write them to a file and pass its path"
                )
            return payload, task.words(call)

        return task, packed

    def enqueue_many(
        self,
        target: Target,
        calls: Iterable[Mapping[str, Any]],
        options: Mapping[str, Any],
        batch_description: str | None,
        follower: tuple[Target, Mapping[str, Any]] | None = None,
    ) -> list[str]:
        """Queue a batch; return its id, and that of the job that follows it, if any."""
        known, others = split_options(options)
        for name in SINGLE_OPTIONS:
            if name in known:
                raise JobOptionError(f"{name} makes no sense for enqueue_many")
        if others:
            raise JobOptionError(
                f"enqueue_many: {next(iter(others))!r} is not an option; put the task's arguments into "
                "each call's dictionary"
            )
        calls = [*calls]
        task, packed = self._packer(target)
        model = new_job(new_id(), task, b"", known, Arguments())
        batch, description = model.id, model.row.get("description")
        model.row.update(queue=self.name, code=self.code(), batch=batch)
        rows = []
        for job_id, call in zip(new_ids(len(calls)), calls, strict=True):
            payload, words = packed(job_id, Arguments(kwargs=call))
            rows.append((job_id, task.path, payload, description or words))
        following = []
        if follower is not None:
            asked, arguments = split_options(follower[1])
            asked = {"job_run_anyway": True, **asked, "job_depends_on": batch}
            following = [self._new_job(follower[0], Arguments(kwargs=arguments), asked)]
        words = check_text(batch_description or "", "batch_description")
        insert_many(self.database, model, rows, words, following)
        return [batch, *(job.id for job in following)]


def _culprit(task: Task, call: Arguments, error: NotSerializableError) -> NotSerializableError:
    """Return the error for the argument, or else the function, that cannot be sent."""
    named = [
        *((f"argument {i + 1}", value) for i, value in enumerate(call.args)),
        *call.kwargs.items(),
    ]
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


_ALL = 2**62
_MANY = 5_000


_LOST_TRIES = 5  # for a transaction whose connection broke before anything was written

_OWN_COLUMNS = ("id", "task", "payload", "description")
"""The columns in which the jobs of a batch differ."""


def insert(engine: Engine, job: NewJob, *others: NewJob) -> str:
    """Insert `job` with `others`, unless it has an active twin; return the id of the job in the table.

    Raises DuplicateJobError when the id is taken, JobNotFoundError for an unknown dependency.
    """
    queue, unique_key = job.row["queue"], job.row.get("unique_key")

    def insertion() -> str:
        if not (unique_key or job.depends_on or others or job.group != ORDINARY_GROUP):
            failpoint("insert.before_commit")
            engine.write(engine.INSERT_JOB, **_columns(job))
            return job.id
        with engine.transaction() as run:
            if unique_key and (twins := run(run.TWIN, queue=queue, unique_key=unique_key)):
                return str(twins[0][0])
            for one in (job, *others):
                _insert_linked(run, one)
            failpoint("insert.before_commit")
        return job.id

    return _until_certain(engine, insertion, (job, *others), id=job.id) or job.id


def _until_certain(
    engine: Engine, insertion: Callable[[], str | None], jobs: Sequence[NewJob], **key: str
) -> str | None:
    """Return the result of `insertion` for `jobs`, retried if its connection breaks and `key` is missing."""
    is_in_doubt = False
    for left in reversed(range(_LOST_TRIES)):
        try:
            found = insertion()
            failpoint("insert.after_commit")
            return found
        except UniqueViolation as error:
            if is_in_doubt:  # the server has committed an earlier try by now
                return None
            if "job.id" not in str(error):
                raise
            ids = " or ".join(repr(job.id) for job in jobs)
            raise DuplicateJobError(
                f"job_id={ids} is taken; choose another, or delete that job first"
            ) from None
        except ConnectionLost:
            if not left:
                raise
        except CommitInDoubt as doubt:
            is_in_doubt = True
            with suppress(QueueError):  # the server cannot be asked: report the doubt
                if engine.read(engine.STATUS if "id" in key else engine.BATCH, **key):
                    return None
                if left:
                    continue
            raise CommitInDoubt(
                f"{doubt}; look for {''.join(key.values())!r} before you queue it again"
            ) from doubt
    return None


def insert_many(
    engine: Engine,
    model: NewJob,
    rows: Sequence[tuple[Any, ...]],
    description: str,
    following: Sequence[NewJob],
) -> None:
    """Insert a batch, `rows` of `_OWN_COLUMNS` with all else as in `model`, and what follows it."""
    batch = model.row["batch"]

    def insertion() -> None:
        is_alone = bool(following) or model.group != ORDINARY_GROUP
        with engine.transaction(is_alone=is_alone) as run:
            named = {"id": batch, "total": len(rows), "description": description}
            run(run.INSERT_BATCH, **named, queue=model.row["queue"], created_at=clock.now())
            row = _columns(model, _find_group(run, model))
            shared = {name: value for name, value in row.items() if name not in _OWN_COLUMNS}
            run.insert_rows(shared, _OWN_COLUMNS, rows)
            for job in following:
                _insert_linked(run, job)
            failpoint("insert.before_commit")

    _until_certain(engine, insertion, following, batch=batch)


def _insert_linked(run: Transaction, job: NewJob) -> None:
    """Insert a job with its group and its dependencies."""
    run(run.INSERT_JOB, **_columns(job, _find_group(run, job)))
    if job.depends_on:
        link(run, job.id, job.depends_on)


def _columns(job: NewJob, group_id: int | None = None) -> dict[str, Any]:
    """Return the row of a new job, by column."""
    row = {**DEFAULTS, **job.row, "group_id": group_id}
    if job.depends_on:
        row["status"] = Status.DEFERRED
    elif row["due_at"] is not None:
        row["status"] = Status.SCHEDULED
    else:
        row["status"] = Status.QUEUED
    return row


def _find_group(run: Transaction, job: NewJob) -> int | None:
    """Return the number of a job's group; the latest limit applies to its key."""
    if job.group == ORDINARY_GROUP:
        return None
    values = {"queue": job.row["queue"], **job.group._asdict()}
    run(run.MAKE_GROUP, **values)
    run(run.SET_LIMIT, **values)
    return int(run(run.GROUP_ID, **values)[0][0])
