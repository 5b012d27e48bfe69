"""The public job API: queue a function, follow it, take its result.

    job = enqueue_background_job('workers.svg_tasks.generate_complex_svg', width=210, height=297)
    job.wait()

Jobs run in a worker (`drawscape worker` or `huey_consumer workers.huey`). A committed job is never
silently lost: it finishes, or it ends in a named failure. It may start more than once if its worker was
killed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from drawscape import settings
from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue import backup, task, worker_process
from drawscape.queue.batch import Batch
from drawscape.queue.by_value import portable
from drawscape.queue.codec import dump
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.job import Job
from drawscape.queue.options import check_lane, split_options
from drawscape.queue.queue import Queue
from drawscape.queue.snapshot import JobSnapshot, snapshot
from drawscape.queue.status import ENDED, STATUSES, WAITING, Reason, Status, check_status
from drawscape.queue.table import control, query, retention, statistics
from drawscape.queue.table.records import parsed, utc
from drawscape.queue.table.retention import KEEP, Keep
from drawscape.queue.watcher import Watch, Watcher
from drawscape.queue.worker.context import JobContext, current_job
from drawscape.queue.worker_process import WorkerProcess

QUEUE_NAME = "background"
"""The single queue that handles all job types."""

__all__ = [
    "ENDED",
    "QUEUE_NAME",
    "STATUSES",
    "WAITING",
    "Batch",
    "Job",
    "JobContext",
    "JobFailed",
    "JobNotFoundError",
    "JobSnapshot",
    "JobTimeout",
    "Keep",
    "Reason",
    "Status",
    "WorkerProcess",
    "backup_queue",
    "cancel_all",
    "cancel_job",
    "check_lane",
    "check_queue",
    "check_serializable",
    "check_status",
    "count_queued",
    "current_job",
    "default_queue",
    "delete_job",
    "enqueue_background_job",
    "enqueue_many",
    "find_job",
    "get_batch",
    "get_job",
    "get_job_status",
    "iterate_jobs",
    "job",
    "list_jobs",
    "list_snapshots",
    "load_task",
    "pause_queue",
    "portable",
    "prune_jobs",
    "queue_statistics",
    "requeue_job",
    "resume_queue",
    "retry_failed_jobs",
    "retry_job",
    "start_shared_worker",
    "start_worker",
    "synchronous_jobs",
    "watch",
    "workers_alive",
]

Target = str | Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R", covariant=True)

_MOST_QUEUES = 16
"""A process that changes its home again and again, as tests do, does not keep a queue for each."""


def default_queue() -> Queue:
    """Return the queue of the present home (see `drawscape.settings`)."""
    return _queue_and_watcher()[0]


def _queue_and_watcher() -> tuple[Queue, Watcher]:
    return _open_queue(settings.queue_file(), settings.home(), settings.task_modules())


@lru_cache(_MOST_QUEUES)
def _open_queue(file: Path, home: Path, modules: tuple[str, ...]) -> tuple[Queue, Watcher]:
    queue = Queue.at(file, QUEUE_NAME, home, modules)
    return queue, Watcher(queue)


def enqueue_background_job(task_function: Target, *args: Any, **kwargs: Any) -> Job:
    """Queue `task_function(*args, **kwargs)` and return its Job.

    `task_function` is a dotted path in a task module (`'workers.svg_tasks.generate_complex_svg'`) or a
    function, which may be defined in a notebook's cell. Everything is checked here; when an error is
    raised no job was queued. Options, all beginning with `job_`:

    - `job_timeout='5m'`: `'90s'`, `'1h30m'`, `'1d'`, seconds, a timedelta; -1 or None for no limit. The
      child is killed then; with `job_grace` seconds the task is first asked by an exception.
    - `job_id`: one of your own, `[A-Za-z0-9_-]+`; a duplicate is refused.
    - `job_priority=0`: higher runs first.
    - `job_delay`, `job_at`: not before that many seconds (or timedelta), or that aware datetime.
    - `job_retries=0`, `job_retry_delay=0`, `job_retry_backoff=1`: again after an exception or timeout,
      after a delay that grows by the factor each time; a list of delays gives each its own.
    - `job_depends_on`: a job, batch or id, or several: `deferred` until they finish. If one fails this one
      fails with reason `dependency`, unless `job_run_anyway=True`.
    - `job_on_success`, `job_on_failure`: a task that is queued with the job's id once it has ended so.
    - `job_unique`: True (same task and arguments) or a key: while such a job is active it is returned.
      With `job_replace=True` the new one takes the place of one that waits, and runs after one that runs.
    - `job_lane='default'`: workers may be started for some lanes only, and a lane may be paused.
    - `job_limit`, `job_limit_key`: how many jobs of this task, or with this key, run at once.
    - `job_result_ttl`: keep the ended job that many seconds, instead of 30 days (failed: a year).
    - `job_fresh_process=True`: it runs in a process in which no other job runs, before or after.
    - `job_meta`: a dictionary of notes; `job_description`: words for lists.

    An argument that is a Job stands for its result: the new job waits for it, as with `job_depends_on`.

    Raises TaskNotAllowedError, TaskNotFoundError, TaskArgumentsError, NotSerializableError,
    JobOptionError, DuplicateJobError, JobNotFoundError (a dependency) or QueueError.
    """
    queue = default_queue()
    job = Job(queue, queue.enqueue(task_function, args, kwargs))
    _run_if_synchronous()
    return job


def enqueue_many(
    task_function: Target,
    calls: Iterable[Mapping[str, Any] | tuple[Target, Mapping[str, Any]]],
    *,
    then: Target | None = None,
    then_kwargs: Mapping[str, Any] | None = None,
    batch_description: str | None = None,
    **options: Any,
) -> Batch:
    """Queue one job for each dictionary of arguments in `calls`, in one transaction; return the Batch.

    A call may also be a pair of another function and its arguments.
    `then` runs, with `then_kwargs`, once all have ended, however they ended (unless `then_kwargs` holds
    `job_run_anyway=False`). `options` are `job_...` options, the same for each job.
    Raises as `enqueue_background_job` does; then none was queued.
    """
    queue = default_queue()
    batch_id, _, following = queue.enqueue_many(
        task_function,
        calls,
        options,
        then=then,
        then_kwargs=then_kwargs,
        description=batch_description,
    )
    batch = Batch(queue, batch_id)
    batch.following = None if following is None else Job(queue, following)
    _run_if_synchronous()
    return batch


def job(**options: Any) -> Callable[[Callable[P, R]], JobFunction[P, R]]:
    """Return a decorator that gives a task options of its own: `@job(job_timeout='10m', job_retries=2)`.

    The function stays what it is; `function.enqueue(*args, **kwargs)` queues it with these options, those
    in `kwargs` before them.
    """
    split_options(options)

    def decorated(function: Callable[P, R]) -> JobFunction[P, R]:
        def enqueue(*args: Any, **kwargs: Any) -> Job:
            return enqueue_background_job(function, *args, **{**options, **kwargs})

        function.enqueue = enqueue  # type: ignore[attr-defined]
        return cast("JobFunction[P, R]", function)

    return decorated


class JobFunction(Protocol[P, R]):
    """A function that `@job` was put on."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call it here and now."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Job:
        """Queue it."""


_synchronous: ContextVar[bool] = ContextVar("synchronous", default=False)


@contextmanager
def synchronous_jobs() -> Iterator[None]:
    """Let each job that is queued within the block run at once, in this process: for tests.

    All else is as with a worker: rows, statuses, retries, dependents. Delays are not waited for.
    """
    token = _synchronous.set(True)
    try:
        yield
    finally:
        _synchronous.reset(token)


def _run_if_synchronous() -> None:
    if _synchronous.get():
        from drawscape.queue.inline import run_queued

        run_queued(default_queue())


def get_job_status(job_id: str) -> dict[str, Any]:
    """Return what is known of a job, as a dictionary; reading never consumes a result.

    Always there: `id`, `status`, `result`, `error` and, as aware UTC datetimes or None, `created_at`,
    `started_at`, `ended_at`. Besides: `reason`, `progress`, `message`, `task`, `attempts`, `meta`. An
    unknown id gives the status `not_found`.
    """
    queue = default_queue()
    row = query.read_row(queue.database, job_id)
    if row is None:
        unknown = dict.fromkeys(("result", "created_at", "started_at", "ended_at", "reason"))
        return {
            "id": job_id,
            "status": "not_found",
            **unknown,
            "error": query.unknown_job(job_id),
        }
    result, error = None, row.error
    if row.status == Status.FINISHED:
        try:
            result, error = Job(queue, job_id).result, None
        except Exception as unreadable:  # noqa: BLE001 - another key, or a class that is gone
            error = f"its result cannot be read: {unreadable}"
    return {
        "id": row.id,
        "status": row.status,
        "result": result,
        "error": error,
        "created_at": utc(row.created_at),
        "started_at": utc(row.started_at),
        "ended_at": utc(row.ended_at),
        "reason": row.reason if row.status == "failed" else None,
        "progress": row.progress,
        "message": row.message,
        "task": row.task,
        "attempts": row.attempts,
        "meta": parsed(row.meta),
    }


def get_job(job_id: str) -> Job:
    """Return the job `job_id`; raise JobNotFoundError for an unknown one."""
    queue = default_queue()
    query.require(query.read_row(queue.database, job_id), job_id)
    return Job(queue, job_id)


def find_job(name: str) -> Job:
    """Return the job whose id is `name` or, from four characters on, the only one whose id ends so.

    Raises JobNotFoundError when there is none, or several.
    """
    queue = default_queue()
    if query.read_row(queue.database, name) is not None:
        return Job(queue, name)
    ids = query.ids_ending_with(queue.database, queue.name, name) if len(name) >= 4 else []
    if len(ids) > 1:
        raise JobNotFoundError(
            f"{len(ids)} jobs have an id that ends with {name!r}, {', '.join(ids[:2])} among them; "
            "give more of it"
        )
    if not ids:
        raise JobNotFoundError(
            f"no job has the id {name!r}, or one that ends so, in {queue.path}, or it has been pruned"
        )
    return Job(queue, ids[0])


def get_batch(batch_id: str) -> Batch:
    """Return the batch `batch_id`; raise JobNotFoundError for an unknown one."""
    return Batch(default_queue(), batch_id)


def list_jobs(
    status: str | Iterable[str] | None = None, task: str | None = None, limit: int | None = 100
) -> list[Job]:
    """Return jobs, the newest first: of a status or several, of a task path or a module's."""
    queue = default_queue()
    ids = query.iterate_ids(queue.database, queue.name, status=status, task=task)
    return [Job(queue, job_id) for job_id in islice(ids, limit)]


def iterate_jobs(
    status: str | Iterable[str] | None = None, task: str | None = None
) -> Iterator[Job]:
    """Yield the jobs that `list_jobs` would list, however many, without holding them all."""
    queue = default_queue()
    for job_id in query.iterate_ids(queue.database, queue.name, status=status, task=task):
        yield Job(queue, job_id)


def list_snapshots(
    status: str | Iterable[str] | None = None, task: str | None = None, limit: int | None = 100
) -> list[JobSnapshot]:
    """Return what is known of jobs now, the newest first; chosen as by `list_jobs`.

    A job that is removed meanwhile is still in the list.
    """
    queue = default_queue()
    rows = query.list_rows(queue.database, queue.name, status=status, task=task, limit=limit)
    return [snapshot(row) for row in rows]


def count_queued(limit: int = 1_000_000) -> int:
    """Return how many jobs wait for a worker, `limit` for that many or more; a cheap look."""
    queue = default_queue()
    return query.count_queued(queue.database, queue.name, limit)


def backup_queue(file: str | os.PathLike[str]) -> Path:
    """Return where the key of a copy of the queue lies, which is written to `file` while workers run.

    Raises QueueError when there is such a file already.
    """
    return backup.write(default_queue(), Path(file))


def check_queue() -> list[str]:
    """Return what is wrong with the queue's file, in sentences; nothing if it is whole."""
    return backup.problems(default_queue())


def cancel_all(grace: Duration = 0.0) -> int:
    """Return how many jobs of the queue were kept from running or asked to stop."""
    queue = default_queue()
    return control.cancel_many(queue.database, queue.name, grace_s=seconds(grace, "grace"))


def pause_queue(lane: str | None = None) -> None:
    """Let no job start, or none of one lane, until `resume_queue`; those that run go on."""
    queue = default_queue()
    control.pause(queue.database, queue.name, _lane(lane))


def resume_queue(lane: str | None = None) -> None:
    """Let jobs start again; without a lane also those of lanes that were paused by name."""
    queue = default_queue()
    control.resume(queue.database, queue.name, _lane(lane))


def _lane(lane: str | None) -> str:
    return control.ALL_LANES if lane is None else check_lane(lane)


def cancel_job(job_id: str, grace: Duration = 0.0) -> bool:
    """Return whether the job was kept from running or asked to stop; False when it had ended.

    Raises JobNotFoundError for an unknown id. See `Job.cancel`.
    """
    queue = default_queue()
    return control.cancel(queue.database, job_id, seconds(grace, "grace"))


def retry_job(job_id: str) -> Job:
    """Queue a failed, stopped or canceled job again and return it."""
    return get_job(job_id).retry()


def retry_failed_jobs(task: str | None = None, reason: str | None = None) -> list[Job]:
    """Queue all failed jobs again, or those of one task or reason; return them."""
    queue = default_queue()
    ids = control.retry_failed(queue.database, queue.name, task, reason)
    return [Job(queue, job_id) for job_id in ids]


def requeue_job(job_id: str) -> Job:
    """Queue any job that has ended again and return it."""
    return get_job(job_id).requeue()


def delete_job(job_id: str) -> None:
    """Remove an ended job with its log and preview."""
    get_job(job_id).delete()


def prune_jobs(keep: Keep = KEEP) -> int:
    """Return how many old jobs were removed; a worker does this every ten minutes by itself."""
    queue = default_queue()
    return retention.prune(queue.database, queue.folder, keep)


def queue_statistics() -> statistics.Statistics:
    """Return counts, rates and waiting times of the queue."""
    queue = default_queue()
    return statistics.statistics(queue.database, queue.name)


def watch(callback: Callable[[Job], None], job_ids: Sequence[str] | None = None) -> Watch:
    """Call `callback(job)` now and at each change of the jobs named, or of the newest if none are.

    The callback runs in the one watcher thread of this process. `close()` the handle to end it.
    """
    return _queue_and_watcher()[1].add(callback, job_ids)


def workers_alive() -> Sequence[WorkerInfo]:
    """Return the workers that are alive now, oldest first."""
    return default_queue().database.living()


def load_task(path: str) -> Callable[..., Any]:
    """Return the function at `path`, as a worker would find it.

    Raises TaskNotAllowedError and TaskNotFoundError; errors of the module itself are raised as they are.
    """
    return task.load(path, settings.task_modules(), settings.home())


def check_serializable(value: Any) -> int:
    """Return how many bytes carry `value` to a worker.

    Raises NotSerializableError when it cannot be carried.
    """
    return len(dump(value))


def start_worker(slots: int | None = None) -> WorkerProcess:
    """Start a worker as a child of this process, which it does not outlive; return it once alive."""
    queue = default_queue()
    return worker_process.start_worker(queue.folder, queue.home, slots)


def start_shared_worker(slots: int | None = None) -> WorkerProcess | None:
    """Start a worker unless one is alive already, which gives None; return it once alive.

    However many notebooks call this at the same time, one of them starts a worker.
    """
    queue = default_queue()
    return worker_process.start_shared_worker(queue.folder, queue.home, slots)
