"""The public job API: queue a function, follow it, take its result.

    job = enqueue_background_job('workers.svg_tasks.generate_complex_svg', width=210, height=297)
    job.wait()

Jobs run in a worker (`drawscape worker` or `huey_consumer workers.huey`). A committed job is never
silently lost: it finishes, or it ends in a named failure. It may start more than once if its worker was
killed.

Read api.py; actions.py is what a table of jobs offers for each of them.
"""

from typing import TYPE_CHECKING

from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.jobs.api import (
    QUEUE_NAME,
    backup_queue,
    cancel_all,
    cancel_job,
    check_queue,
    check_serializable,
    count_queued,
    default_queue,
    delete_job,
    enqueue_background_job,
    enqueue_many,
    find_job,
    get_batch,
    get_job,
    get_job_status,
    job,
    list_jobs,
    list_snapshots,
    load_task,
    migrate_queue,
    pause_queue,
    prune_jobs,
    queue_is_paused,
    queue_statistics,
    requeue_job,
    resume_queue,
    retry_failed_jobs,
    retry_job,
    start_shared_worker,
    start_worker,
    synchronous_jobs,
    watch,
    workers_alive,
)
from drawscape.late_names import late_names
from drawscape.queue.job import Batch, Job
from drawscape.queue.options import check_lane
from drawscape.queue.row import (
    ENDED,
    STATUSES,
    WAITING,
    JobSnapshot,
    Reason,
    Status,
    check_status,
)
from drawscape.queue.task import portable

if TYPE_CHECKING:
    from drawscape.queue.process import WorkerProcess
    from drawscape.queue.retention import Keep
    from drawscape.queue.worker.context import JobContext, current_job

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
    "job",
    "list_jobs",
    "list_snapshots",
    "load_task",
    "migrate_queue",
    "pause_queue",
    "portable",
    "prune_jobs",
    "queue_is_paused",
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

# What few callers name: a script that enqueues need not wait for it.
__getattr__, __dir__ = late_names(
    __name__,
    {
        "drawscape.queue.process": "WorkerProcess",
        "drawscape.queue.retention": "Keep",
        "drawscape.queue.worker.context": "JobContext current_job",
    },
)
