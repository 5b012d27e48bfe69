"""The public job API: queue a function, follow it, read its result.

    job = enqueue_background_job('workers.svg_tasks.generate_complex_svg', width=210, height=297)
    job.wait()

Jobs run in a worker (`drawscape worker` or `huey_consumer workers.huey`). A committed job is never
silently lost: it finishes, or it ends in a named failure. It may start more than once if its worker was
killed.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from drawscape import settings
from drawscape.durations import Duration
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue import process, task
from drawscape.queue.batch import Batch
from drawscape.queue.changes import cancel_many, retry_failed
from drawscape.queue.codec import dump, portable
from drawscape.queue.engines.engine import WorkerInfo, open_engine
from drawscape.queue.job import Job
from drawscape.queue.job_queue import Queue, QueueStatistics, Target
from drawscape.queue.options import ALL_LANES, check_lane, split_options, whole
from drawscape.queue.process import WorkerProcess
from drawscape.queue.retention import KEEP, Keep, problems, prune
from drawscape.queue.snapshot import (
    ENDED,
    STATUSES,
    WAITING,
    JobSnapshot,
    Reason,
    Status,
    check_status,
    unknown_job,
)
from drawscape.queue.watch import Watch, Watcher
from drawscape.queue.worker.job_context import JobContext, current_job

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
    "job",
    "list_jobs",
    "list_snapshots",
    "load_task",
    "pause_queue",
    "portable",
    "prune_jobs",
    "queue_is_paused",
    "queue_statistics",
    "requeue_job",
    "resume_queue",
    "retry_failed_jobs",
    "start_shared_worker",
    "start_worker",
    "watch",
    "workers_alive",
]

QUEUE_NAME = "background"
"""The single queue that handles all job types."""

_MOST_QUEUES = 16
"""A process that often changes its home, as tests do, does not keep a queue for each."""


def default_queue() -> Queue:
    """Return the queue of the present home (see `drawscape.settings`).

    >>> default_queue().path.name
    'queue.db'
    """
    home = settings.home()
    return _open_queue(settings.queue_target(home), home, settings.task_modules(home))


def reach_queue() -> None:
    """Raise QueueError when the queue is on a server that does not answer at once; a file is not checked.

    >>> reach_queue()
    """
    home = settings.home()
    engine: Any = open_engine(settings.queue_target(home), home / ".drawscape")
    if engine.is_server:
        engine.patience_s = 0.0
        engine.open()
        engine.close()


@lru_cache(_MOST_QUEUES)
def _open_queue(target: str, home: Path, modules: tuple[str, ...]) -> Queue:
    return Queue.on(open_engine(target, home / ".drawscape"), QUEUE_NAME, home, modules)


_watcher_of = lru_cache(_MOST_QUEUES)(Watcher)
os.register_at_fork(after_in_child=_watcher_of.cache_clear)  # its thread stays in the parent


def watch(callback: Callable[[Job], None], job_ids: Sequence[str] | None = None) -> Watch:
    """Call `callback(job)` now and at each change of the given jobs, by default the newest.

    The callback runs in the one watcher thread of this process. `close()` the handle to end it.

    >>> from threading import Event
    >>> ended = Event()
    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> handle = watch(lambda job: ended.set() if job.ended else None, [drawing.id])
    >>> ended.wait(60)
    True
    >>> handle.close()
    """
    return _watcher_of(default_queue()).add(callback, job_ids)


def workers_alive() -> Sequence[WorkerInfo]:
    """Return the workers that are alive now, oldest first.

    >>> len(workers_alive())
    1
    """
    return default_queue().database.workers.living()


def worker_trouble() -> str:
    """Return why no job runs although a worker is alive; '' if there is no such reason."""
    workers = workers_alive()
    if not workers or not all(worker.trouble for worker in workers):
        return ""
    return f"The worker (PID {workers[0].pid}) runs nothing: {workers[0].trouble}. It tries again."


def start_worker(slots: int | None = None) -> WorkerProcess:
    """Start a worker as a child of this process, with which it ends; return it once alive.

    It stops at the end of a `with` block, or when `stop()` is called.

    >>> with start_worker(slots=1) as worker:
    ...     enqueue_background_job(TASK, 40, 40).wait(60).endswith(".svg"), worker.alive
    (True, True)
    >>> worker.alive
    False
    """
    return process.start_worker(default_queue(), slots)


def start_shared_worker(slots: int | None = None) -> WorkerProcess | None:
    """Start a worker and return it once alive; return None if one is alive already.

    If many notebooks call this at the same time, only one of them starts a worker.

    >>> start_shared_worker() is None  # one is alive already
    True
    """
    return process.start_shared_worker(default_queue(), slots)


P = ParamSpec("P")
R = TypeVar("R", covariant=True)


def enqueue_background_job(task_function: Target, *args: Any, **kwargs: Any) -> Job:
    """Queue `task_function(*args, **kwargs)` and return its Job.

    `task_function` is a dotted path in a task module (`'workers.svg_tasks.generate_complex_svg'`) or a
    function, which may be defined in a notebook's cell. Everything is checked here; when an error is
    raised, no job was queued. Options, all beginning with `job_`:

    - `job_timeout='5m'`: `'90s'`, `'1h30m'`, `'1d'`, seconds, a timedelta; -1 or None for no limit. Then
      the child is killed; with `job_grace` seconds, the task first gets an exception.
    - `job_id`: your own id, `[A-Za-z0-9_-]+`; a duplicate is refused.
    - `job_priority=0`: higher runs first. Below 0, others can pass it: a worker with several slots keeps one
      free of such jobs.
    - `job_delay`, `job_at`: not before that many seconds (or timedelta), or that aware datetime.
    - `job_retries=0`, `job_retry_delay=0`, `job_retry_backoff=1`: retries after an exception or timeout. The
      delay grows by the factor each time.
    - `job_depends_on`: a job, batch or id, or several: `deferred` until they finish. If one fails this one
      fails with reason `dependency`, unless `job_run_anyway=True`.
    - `job_on_success`, `job_on_failure`: a task that is then queued with the job's id. A job canceled by its
      `job_ttl` counts as failed; one that you canceled does not.
    - `job_unique`: True (same task and arguments) or a key: if such a job is active, it is returned.
    - `job_lane='default'`: workers may be started for some lanes only, and a lane may be paused.
    - `job_limit`, `job_limit_key`: how many jobs of this task, or with this key, run at once.
    - `job_ttl`: a job that has not started within that time is `canceled`, reason `expired`. That excludes
      a job that was started once and waits for a retry.
    - `job_recover=True`: False for a job that must not run twice, such as one that moves a machine. If its
      worker ends first, it is `failed`, reason `lost`.
    - `job_result_ttl`: keep the ended job that many seconds, instead of 30 days (failed or canceled: a year);
      -1 keeps it for ever.
    - `job_meta`: a dictionary of notes; `job_description`: text for lists.

    An argument that is a Job stands for its result: the new job waits for it, as with `job_depends_on`.

    Raises TaskNotAllowedError, TaskNotFoundError, TaskArgumentsError, NotSerializableError,
    JobOptionError, DuplicateJobError, JobNotFoundError (a dependency) or QueueError.

    >>> drawing = enqueue_background_job(TASK, 60, 60, pattern_type="rose", job_timeout="2m")
    >>> drawing.wait(60).endswith(".svg"), drawing.status
    (True, 'finished')
    """
    queue = default_queue()
    return Job(queue, queue.enqueue(task_function, args, kwargs))


enqueue = enqueue_background_job
"""The short name that `drawscape` exports."""


def enqueue_many(
    task_function: Target,
    calls: Iterable[Mapping[str, Any]],
    *,
    then: Target | None = None,
    then_kwargs: Mapping[str, Any] | None = None,
    batch_description: str | None = None,
    **options: Any,
) -> Batch:
    """Queue one job for each dictionary of arguments in `calls`, in one transaction; return the Batch.

    `options` are `job_...` options, the same for each job. `then` runs, with `then_kwargs`, once all have
    ended, finished or not (unless `then_kwargs` holds `job_run_anyway=False`).
    Raises as `enqueue_background_job` does; then none was queued.

    >>> batch = enqueue_many(TASK, [{"width": 40, "height": 40, "seed": seed} for seed in range(3)])
    >>> len(batch.wait(60))
    3
    """
    queue = default_queue()
    follower = None if then is None else (then, then_kwargs or {})
    ids = queue.enqueue_many(task_function, calls, options, batch_description, follower)
    batch, *following = ids
    return Batch(queue, batch, *(Job(queue, job_id) for job_id in following))


def job(**options: Any) -> "Callable[[Callable[P, R]], JobFunction[P, R]]":
    """Return a decorator that gives a task its options: `@job(job_timeout='10m', job_retries=2)`.

    The function can still be called directly. `function.enqueue(*args, **kwargs)` queues it with these
    options; options in `kwargs` override them.

    >>> @job(job_timeout="10m", job_retries=2)
    ... def area(width, height):
    ...     return width * height
    >>> area(2, 3), area.enqueue(4, 5).wait(60)
    (6, 20)
    """
    split_options(options)

    def decorated(function: Callable[P, R]) -> JobFunction[P, R]:
        def enqueue(*args: Any, **kwargs: Any) -> Job:
            return enqueue_background_job(function, *args, **{**options, **kwargs})

        function.enqueue = enqueue  # type: ignore[attr-defined]
        return cast("JobFunction[P, R]", function)

    return decorated


class JobFunction(Protocol[P, R]):
    """A function decorated with `@job`."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call it directly."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Job:
        """Queue it."""


def load_task(path: str) -> Callable[..., Any]:
    """Return the function at `path`, as a worker would find it.

    Raises TaskNotAllowedError and TaskNotFoundError; errors of the module itself are raised unchanged.

    >>> load_task(TASK).__name__
    'generate_complex_svg'
    """
    return task.load(path, settings.task_modules(), settings.home())


def check_serializable(value: Any) -> int:
    """Return how many bytes `value` takes on the way to a worker.

    Raises NotSerializableError when it cannot be sent.

    >>> check_serializable({"width": 210}) < 100
    True
    """
    return len(dump(value))


def get_job_status(job_id: str) -> dict[str, Any]:
    """Return the facts of a job as a dictionary; reading never consumes a result.

    Always there: `id`, `status`, `result`, `error` and, as aware UTC datetimes or None, `created_at`,
    `started_at`, `ended_at`. Besides: `reason`, `progress`, `message`, `task`, `attempts`, `meta`. An
    unknown id gives the status `not_found`.

    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> _ = drawing.wait(60)
    >>> get_job_status(drawing.id)["status"]
    'finished'
    """
    queue = default_queue()
    row = queue.find(job_id)
    if row is None:
        unknown = dict.fromkeys(("result", "created_at", "started_at", "ended_at", "reason"))
        return {"id": job_id, "status": "not_found", **unknown, "error": unknown_job(job_id)}
    known = {name: getattr(row, name, None) for name in _STATUS_FIELDS}  # no row has a result
    if row.status != Status.FAILED:
        known["reason"] = None
    if row.status == Status.FINISHED:
        try:
            known |= {"result": queue.result_of(job_id), "error": None}
        except Exception as unreadable:  # noqa: BLE001 - another key, or a class that is gone
            known["error"] = f"its result cannot be read: {unreadable}"
    return known


_STATUS_FIELDS = (
    *("id", "status", "result", "error", "created_at", "started_at", "ended_at"),
    *("reason", "progress", "message", "task", "attempts", "meta"),
)


def get_job(job_id: str) -> Job:
    """Return the job `job_id`; raise JobNotFoundError for an unknown one.

    >>> get_job(enqueue_background_job(TASK, 40, 40).id).task
    'workers.svg_tasks.generate_complex_svg'
    """
    found = Job(default_queue(), job_id)
    found.refresh()
    return found


def find_job(name: str) -> Job:
    """Return the job whose id is `name` or, from four characters on, the only one whose id ends with it.

    Raises JobNotFoundError for no such job, or several.

    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> find_job(drawing.id[-8:]).id == drawing.id
    True
    """
    queue = default_queue()
    if queue.find(name) is not None:
        return Job(queue, name)
    ending = queue.database.IDS_ENDING
    rows = queue.database.read(ending, queue=queue.name, text=name) if len(name) > 3 else []
    if len(rows) == 1:
        return Job(queue, rows[0][0])
    if rows:
        raise JobNotFoundError(
            f"{len(rows)} jobs have an id that ends with {name!r}, {rows[0][0]} among them; give more of it"
        )
    raise JobNotFoundError(f"no job in {queue.label} matches {name!r}; it may have been pruned")


def get_batch(batch_id: str) -> Batch:
    """Return the batch `batch_id`; raise JobNotFoundError for an unknown one.

    >>> batch = enqueue_many(TASK, [{"width": 40, "height": 40}])
    >>> len(get_batch(batch.id))
    1
    """
    return Batch(default_queue(), batch_id)


def list_jobs(
    status: str | Iterable[str] | None = None, task: str | None = None, limit: int | None = 100
) -> list[Job]:
    """Return jobs, the newest first: of a status or several, of a task path or a module's.

    With `limit=None` all of them.

    >>> _ = enqueue_background_job(TASK, 40, 40, job_description="for the hall").wait(60)
    >>> [job.description for job in list_jobs("finished", limit=1)]
    ['for the hall']
    """
    return [Job(default_queue(), row.id) for row in list_snapshots(status, task, limit)]


def list_snapshots(
    status: str | Iterable[str] | None = None, task: str | None = None, limit: int | None = 100
) -> list[JobSnapshot]:
    """Return jobs as they are now, the newest first; chosen as by `list_jobs`.

    A job that is removed meanwhile is still in the list.

    >>> _ = enqueue_background_job(TASK, 40, 40).wait(60)
    >>> [snapshot.progress for snapshot in list_snapshots(limit=1)]
    [1.0]
    """
    if limit is not None:
        whole(limit, "limit", low=0)
    return default_queue().newest(status, task, limit)


def count_queued(limit: int = 1_000_000) -> int:
    """Return how many jobs wait for a worker, `limit` for that many or more; it is fast.

    >>> count_queued()
    0
    """
    return default_queue().count_queued(limit)


def queue_statistics() -> QueueStatistics:
    """Return counts, rates and waiting times of the queue.

    >>> _ = enqueue_background_job(TASK, 40, 40).wait(60)
    >>> queue_statistics().counts["finished"] > 0
    True
    """
    return default_queue().statistics()


def check_queue() -> list[str]:
    """Return the faults of the queue's file, one sentence each; nothing if it is OK.

    >>> check_queue()
    []
    """
    return problems(default_queue())


def cancel_all(grace: Duration = 0.0) -> int:
    """Return how many jobs of the queue were canceled or asked to stop.

    >>> later = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_all() >= 1, later.status
    (True, 'canceled')
    """
    return cancel_many(default_queue(), grace)


def pause_queue(lane: str | None = None) -> None:
    """Pause the queue, or one lane, until `resume_queue`; running jobs go on.

    >>> pause_queue()
    >>> waiting = enqueue_background_job(TASK, 40, 40)
    >>> waiting.status
    'queued'
    >>> resume_queue()
    >>> waiting.wait(60).endswith(".svg")
    True
    """
    queue = default_queue()
    queue.database.write(queue.database.PAUSE, queue=queue.name, lane=_lane(lane))


def resume_queue(lane: str | None = None) -> None:
    """Resume the queue, or one lane; without a lane, also lanes that were paused by name.

    >>> pause_queue("fast")
    >>> resume_queue("fast")
    """
    queue = default_queue()
    queue.database.write(queue.database.RESUME, queue=queue.name, lane=_lane(lane))


def queue_is_paused(lane: str | None = None) -> bool:
    """Return whether the queue, or that lane, is paused.

    >>> queue_is_paused()
    False
    """
    queue = default_queue()
    rows = queue.database.read(queue.database.PAUSED, queue=queue.name)
    paused = [name for (name,) in rows]
    return ALL_LANES in paused or (lane is not None and check_lane(lane) in paused)


def _lane(lane: str | None) -> str:
    return ALL_LANES if lane is None else check_lane(lane)


def cancel_job(job_id: str, grace: Duration = 0.0) -> bool:
    """Return whether the job was canceled or asked to stop; False if it had already ended.

    Raises JobNotFoundError for an unknown id. See `Job.cancel`.

    >>> later = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_job(later.id), get_job_status(later.id)["status"]
    (True, 'canceled')
    """
    return Job(default_queue(), job_id).cancel(grace)


def retry_failed_jobs(task: str | None = None, reason: str | None = None) -> list[Job]:
    """Queue all failed jobs again, or those of one task or reason; return them.

    >>> retry_failed_jobs(reason="timeout")
    []
    """
    return retry_failed(default_queue(), task=task, reason=reason)


def requeue_job(job_id: str) -> Job:
    """Queue any job that has ended again and return it.

    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> _ = drawing.wait(60)
    >>> requeue_job(drawing.id).wait(60).endswith(".svg")
    True
    """
    return Job(default_queue(), job_id).requeue()


def delete_job(job_id: str) -> None:
    """Remove an ended job with its log and preview.

    >>> done = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_job(done.id)
    True
    >>> delete_job(done.id)
    >>> get_job_status(done.id)["status"]
    'not_found'
    """
    Job(default_queue(), job_id).delete()


def prune_jobs(keep: Keep = KEEP) -> int:
    """Remove old jobs and return how many; a worker does this every ten minutes.

    >>> prune_jobs(Keep(finished_s=7 * 24 * 3600))
    0
    """
    return prune(default_queue().database, keep)
