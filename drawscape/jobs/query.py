"""What is known of jobs: by id, by status, by task."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from drawscape.errors import JobNotFoundError
from drawscape.jobs.default import default_queue
from drawscape.queue.job import Job
from drawscape.queue.options import whole
from drawscape.queue.status import Status
from drawscape.queue.table import query
from drawscape.queue.table.records import parsed, utc

if TYPE_CHECKING:
    from drawscape.queue.batch import Batch
    from drawscape.queue.snapshot import JobSnapshot
    from drawscape.queue.table.statistics import Statistics


def get_job_status(job_id: str) -> dict[str, Any]:
    """Return what is known of a job, as a dictionary; reading never consumes a result.

    Always there: `id`, `status`, `result`, `error` and, as aware UTC datetimes or None, `created_at`,
    `started_at`, `ended_at`. Besides: `reason`, `progress`, `message`, `task`, `attempts`, `meta`. An
    unknown id gives the status `not_found`.

    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> _ = drawing.wait(60)
    >>> get_job_status(drawing.id)["status"]
    'finished'
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
    """Return the job `job_id`; raise JobNotFoundError for an unknown one.

    >>> get_job(enqueue_background_job(TASK, 40, 40).id).task
    'workers.svg_tasks.generate_complex_svg'
    """
    queue = default_queue()
    query.require(query.read_row(queue.database, job_id), job_id)
    return Job(queue, job_id)


def find_job(name: str) -> Job:
    """Return the job whose id is `name` or, from four characters on, the only one whose id ends so.

    Raises JobNotFoundError when there is none, or several.

    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> find_job(drawing.id[-8:]).id == drawing.id
    True
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
            f"no job has the id {name!r}, or one that ends so, in {queue.label}, or it has been pruned"
        )
    return Job(queue, ids[0])


def get_batch(batch_id: str) -> "Batch":
    """Return the batch `batch_id`; raise JobNotFoundError for an unknown one.

    >>> batch = enqueue_many(TASK, [{"width": 40, "height": 40}])
    >>> len(get_batch(batch.id))
    1
    """
    from drawscape.queue.batch import Batch

    return Batch(default_queue(), batch_id)


def list_jobs(
    status: str | Iterable[str] | None = None, task: str | None = None, limit: int | None = 100
) -> Sequence[Job]:
    """Return jobs, the newest first: of a status or several, of a task path or a module's.

    With `limit=None` all of them, in a sequence that reads them as one goes along and never holds them all.

    >>> _ = enqueue_background_job(TASK, 40, 40, job_description="for the hall").wait(60)
    >>> [job.description for job in list_jobs("finished", limit=1)]
    ['for the hall']
    >>> sum(job.progress for job in list_jobs("failed", limit=None))
    0
    """
    from drawscape.queue.job_list import JobList

    queue = default_queue()
    jobs = JobList(queue, query.choose(queue.name, status, task))
    return jobs if limit is None else list(islice(jobs, whole(limit, "limit", low=0)))


def list_snapshots(
    status: str | Iterable[str] | None = None, task: str | None = None, limit: int | None = 100
) -> "list[JobSnapshot]":
    """Return what is known of jobs now, the newest first; chosen as by `list_jobs`.

    A job that is removed meanwhile is still in the list.

    >>> _ = enqueue_background_job(TASK, 40, 40).wait(60)
    >>> [snapshot.progress for snapshot in list_snapshots(limit=1)]
    [1.0]
    """
    from drawscape.queue.snapshot import snapshot

    queue = default_queue()
    if limit is not None:
        whole(limit, "limit", low=0)
    rows = query.list_rows(queue.database, queue.name, status=status, task=task, limit=limit)
    return [snapshot(row) for row in rows]


def count_queued(limit: int = 1_000_000) -> int:
    """Return how many jobs wait for a worker, `limit` for that many or more; a cheap look.

    >>> count_queued()
    0
    """
    queue = default_queue()
    return query.count_queued(queue.database, queue.name, limit)


def queue_statistics() -> "Statistics":
    """Return counts, rates and waiting times of the queue.

    >>> _ = enqueue_background_job(TASK, 40, 40).wait(60)
    >>> queue_statistics().counts["finished"] > 0
    True
    """
    from drawscape.queue.table.statistics import statistics

    queue = default_queue()
    return statistics(queue.database, queue.name)
