"""The queue of the present home, its watcher, and the workers beside it."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from drawscape import settings
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.engines.target import open_database
from drawscape.queue.job import Job
from drawscape.queue.queue import Queue

if TYPE_CHECKING:
    from drawscape.queue.watcher import Watch, Watcher
    from drawscape.queue.worker_process import WorkerProcess

QUEUE_NAME = "background"
"""The single queue that handles all job types."""

_MOST_QUEUES = 16
"""A process that changes its home again and again, as tests do, does not keep a queue for each."""


def default_queue() -> Queue:
    """Return the queue of the present home (see `drawscape.settings`).

    >>> default_queue().path.name
    'queue.db'
    """
    home = settings.home()
    return _open_queue(settings.queue_target(home), home, settings.task_modules(home))


def reach_queue() -> None:
    """Raise QueueError when the queue is on a server that does not answer at once; a file is not looked at.

    >>> reach_queue()
    """
    home = settings.home()
    database = open_database(settings.queue_target(home), home / ".drawscape")
    if database.has_many_writers:
        with database.hurried():
            database.connection  # noqa: B018 - opens it
        database.close()


@lru_cache(_MOST_QUEUES)
def _open_queue(target: str, home: Path, modules: tuple[str, ...]) -> Queue:
    return Queue.on(open_database(target, home / ".drawscape"), QUEUE_NAME, home, modules)


@lru_cache(_MOST_QUEUES)
def _watcher_of(queue: Queue) -> "Watcher":
    from drawscape.queue.watcher import Watcher

    return Watcher(queue)


def watch(callback: Callable[[Job], None], job_ids: Sequence[str] | None = None) -> "Watch":
    """Call `callback(job)` now and at each change of the jobs named, or of the newest if none are.

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


def start_worker(slots: int | None = None) -> "WorkerProcess":
    """Start a worker as a child of this process, which it does not outlive; return it once alive.

    >>> worker = start_worker(slots=1)
    >>> len(workers_alive()) >= 1
    True
    >>> worker.stop()
    """
    from drawscape.queue import worker_process

    queue = default_queue()
    return worker_process.start_worker(queue.database, queue.home, slots)


def start_shared_worker(slots: int | None = None) -> "WorkerProcess | None":
    """Start a worker unless one is alive already, which gives None; return it once alive.

    However many notebooks call this at the same time, one of them starts a worker.

    >>> start_shared_worker() is None  # one is alive already
    True
    """
    from drawscape.queue import worker_process

    queue = default_queue()
    return worker_process.start_shared_worker(queue.database, queue.home, slots)
