"""The public job API: queue a function, follow it, take its result.

    job = enqueue_background_job('workers.svg_tasks.generate_complex_svg', width=210, height=297)
    job.wait()

Jobs run in a worker (`drawscape worker` or `huey_consumer workers.huey`). A committed job is never
silently lost: it finishes, or it ends in a named failure. It may start more than once if its worker was
killed.

Read enqueue.py, then query.py, control.py and default.py, the queue that all of them use.
"""

from typing import TYPE_CHECKING

from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.jobs.control import (
    backup_queue,
    cancel_all,
    cancel_job,
    check_queue,
    delete_job,
    pause_queue,
    prune_jobs,
    queue_is_paused,
    requeue_job,
    resume_queue,
    retry_failed_jobs,
    retry_job,
)
from drawscape.jobs.default import (
    QUEUE_NAME,
    default_queue,
    start_shared_worker,
    start_worker,
    watch,
    workers_alive,
)
from drawscape.jobs.enqueue import (
    check_serializable,
    enqueue_background_job,
    enqueue_many,
    job,
    load_task,
    synchronous_jobs,
)
from drawscape.jobs.query import (
    count_queued,
    find_job,
    get_batch,
    get_job,
    get_job_status,
    list_jobs,
    list_snapshots,
    queue_statistics,
)
from drawscape.late_names import late_names
from drawscape.queue.job import Job
from drawscape.queue.options import check_lane
from drawscape.queue.status import ENDED, STATUSES, WAITING, Reason, Status, check_status
from drawscape.queue.table.keep import Keep

if TYPE_CHECKING:
    from drawscape.queue.batch import Batch
    from drawscape.queue.by_value import portable
    from drawscape.queue.snapshot import JobSnapshot
    from drawscape.queue.worker.context import JobContext, current_job
    from drawscape.queue.worker_process import WorkerProcess

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
        "drawscape.queue.batch": "Batch",
        "drawscape.queue.by_value": "portable",
        "drawscape.queue.snapshot": "JobSnapshot",
        "drawscape.queue.worker.context": "JobContext current_job",
        "drawscape.queue.worker_process": "WorkerProcess",
    },
)
