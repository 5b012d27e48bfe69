"""Jobs and the queue changed: canceled, paused, queued again, removed, copied."""

import os
from pathlib import Path

from drawscape.durations import Duration, seconds
from drawscape.jobs.default import default_queue
from drawscape.jobs.query import get_job
from drawscape.queue.job import Job
from drawscape.queue.options import check_lane
from drawscape.queue.table import control
from drawscape.queue.table.keep import KEEP, Keep


def backup_queue(file: str | os.PathLike[str]) -> Path:
    """Return where the key of a copy of the queue lies, which is written to `file` while workers run.

    Raises QueueError when there is such a file already.

    >>> backup_queue("copy.db").name
    'copy.key'
    """
    from drawscape.queue import backup

    return backup.write(default_queue(), Path(file))


def check_queue() -> list[str]:
    """Return what is wrong with the queue's file, in sentences; nothing if it is whole.

    >>> check_queue()
    []
    """
    from drawscape.queue import backup

    return backup.problems(default_queue())


def cancel_all(grace: Duration = 0.0) -> int:
    """Return how many jobs of the queue were kept from running or asked to stop.

    >>> later = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_all() >= 1, later.status
    (True, 'canceled')
    """
    queue = default_queue()
    return control.cancel_many(queue.database, queue.name, grace_s=seconds(grace, "grace"))


def pause_queue(lane: str | None = None) -> None:
    """Let no job start, or none of one lane, until `resume_queue`; those that run go on.

    >>> pause_queue()
    >>> waiting = enqueue_background_job(TASK, 40, 40)
    >>> waiting.status
    'queued'
    >>> resume_queue()
    >>> waiting.wait(60).endswith(".svg")
    True
    """
    queue = default_queue()
    control.pause(queue.database, queue.name, _lane(lane))


def resume_queue(lane: str | None = None) -> None:
    """Let jobs start again; without a lane also those of lanes that were paused by name.

    >>> pause_queue("fast")
    >>> resume_queue("fast")
    """
    queue = default_queue()
    control.resume(queue.database, queue.name, _lane(lane))


def queue_is_paused(lane: str | None = None) -> bool:
    """Return whether `pause_queue` lets no job start, or none of that lane.

    >>> queue_is_paused()
    False
    """
    queue = default_queue()
    paused = control.paused_lanes(queue.database, queue.name)
    return control.ALL_LANES in paused or (lane is not None and check_lane(lane) in paused)


def _lane(lane: str | None) -> str:
    return control.ALL_LANES if lane is None else check_lane(lane)


def cancel_job(job_id: str, grace: Duration = 0.0) -> bool:
    """Return whether the job was kept from running or asked to stop; False when it had ended.

    Raises JobNotFoundError for an unknown id. See `Job.cancel`.

    >>> later = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_job(later.id), get_job_status(later.id)["status"]
    (True, 'canceled')
    """
    queue = default_queue()
    return control.cancel(queue.database, job_id, seconds(grace, "grace"))


def retry_job(job_id: str) -> Job:
    """Queue a failed, stopped or canceled job again and return it.

    >>> drawing = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_job(drawing.id)
    True
    >>> retry_job(drawing.id).wait(60).endswith(".svg")
    True
    """
    return get_job(job_id).retry()


def retry_failed_jobs(task: str | None = None, reason: str | None = None) -> list[Job]:
    """Queue all failed jobs again, or those of one task or reason; return them.

    >>> retry_failed_jobs(reason="timeout")
    []
    """
    queue = default_queue()
    ids = control.retry_failed(queue.database, queue.name, task, reason)
    return [Job(queue, job_id) for job_id in ids]


def requeue_job(job_id: str) -> Job:
    """Queue any job that has ended again and return it.

    >>> drawing = enqueue_background_job(TASK, 40, 40)
    >>> _ = drawing.wait(60)
    >>> requeue_job(drawing.id).wait(60).endswith(".svg")
    True
    """
    return get_job(job_id).requeue()


def delete_job(job_id: str) -> None:
    """Remove an ended job with its log and preview.

    >>> done = enqueue_background_job(TASK, 40, 40, job_delay="1h")
    >>> cancel_job(done.id)
    True
    >>> delete_job(done.id)
    >>> get_job_status(done.id)["status"]
    'not_found'
    """
    get_job(job_id).delete()


def prune_jobs(keep: Keep = KEEP) -> int:
    """Return how many old jobs were removed; a worker does this every ten minutes by itself.

    >>> prune_jobs(Keep(finished_s=7 * 24 * 3600))
    0
    """
    from drawscape.queue.table.retention import prune

    queue = default_queue()
    return prune(queue.database, keep)
