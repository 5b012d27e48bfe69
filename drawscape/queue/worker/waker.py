"""One thread that watches the queue and wakes whoever has something to do.

The engine says when something was committed, and its version moves with every commit of another connection.
So nothing is polled while nothing happens, and a job never waits for seconds as it does with a back-off.
"""

import logging
import threading
import time
from collections.abc import Callable

from drawscape.errors import DrawscapeError, QueueGoneError
from drawscape.queue.engines.engine import CommitWatch, Database
from drawscape.queue.table.candidates import may_claim
from drawscape.queue.table.schedule import next_due_s, promote_due

_DOZE_S = 0.25  # so long at most without a glance at the stop flag

_BUSY_S = 0.008  # while every slot is busy, a request to stop may come this much later
_FIRST_S = 0.003  # one slot has so long to claim the job before the look, which may wake the others
_CHORES_S = 1.0

_LOG = logging.getLogger("huey.drawscape")

_STOPS = """
select id, token, stop_grace_s from job
where status = 'started' and worker = ? and stop_grace_s is not null
"""


class Waker:
    """Wakes idle worker threads when a job waits, passes stop requests on, promotes jobs that come due.

    `on_stop(job_id, token, grace_s)` is called for each job of `worker` that has to stop, `chores()` once a
    second, `on_gone(error)` at the end if the file was deleted or replaced.
    """

    def __init__(
        self,
        database: Database,
        queue: str,
        worker: str,
        *,
        lanes: tuple[str, ...] = (),
        on_stop: Callable[[str, int, float], None],
        chores: Callable[[], None],
        on_gone: Callable[[QueueGoneError], None],
    ) -> None:
        self._database = database
        self._queue = queue
        self._lanes = lanes
        self._worker = worker
        self._on_stop = on_stop
        self._chores = chores
        self._on_gone = on_gone
        self._condition = threading.Condition()
        self._generation = 0
        self._waiting = 0
        self._someone_waits = threading.Event()
        self._stopping = threading.Event()
        self._next_due: float | None = None
        self.native_task_waits = False
        """Whether one of huey's own tasks waited at the last look; a busy worker need not look itself."""
        self._thread = threading.Thread(target=self._watch, name="Waker", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wake everyone a last time."""
        self._stopping.set()
        self.wake_all()
        if self._thread.is_alive():
            self._thread.join(2)

    @property
    def generation(self) -> int:
        """How often everyone was woken; read it before looking for a job, and hand it to `wait`."""
        return self._generation

    def wake_all(self) -> None:
        """Wake everyone who waits."""
        with self._condition:
            self._generation += 1
            self._condition.notify_all()

    def _wake_one(self) -> None:
        with self._condition:
            self._generation += 1
            self._condition.notify()

    def wait(self, generation: int, timeout_s: float) -> None:
        """Return when everyone was woken since `generation`, or after `timeout_s`."""
        with self._condition:
            self._waiting += 1
            self._someone_waits.set()
            self._condition.wait_for(lambda: self._generation != generation, timeout_s)
            self._waiting -= 1
            if not self._waiting:
                self._someone_waits.clear()

    def _watch(self) -> None:
        version = None
        chores_at = 0.0
        commits = self._database.commit_watch()
        seen = None
        while not self._stopping.is_set():
            try:
                self._await_commit(commits, chores_at)
                # On a database of its own: the version moves on commits of other connections only.
                with self._database.translated():
                    version = commits.version()
                now = time.monotonic()
                if now >= chores_at:
                    chores_at = now + _CHORES_S
                    self._chores()
                    seen = None
                if seen != version or self._is_due():
                    if commits.is_selective and seen not in (None, version):
                        self._wake_one()
                        self._stopping.wait(_FIRST_S)
                    seen = version
                    with self._database.translated():
                        self._look()
            except QueueGoneError as error:
                self._on_gone(error)
                break
            except (DrawscapeError, OSError) as error:  # full or locked: it passes
                _LOG.error("event=watch_failed error=%r", str(error))
                self._stopping.wait(_DOZE_S)
            except Exception:  # noqa: BLE001 - the watch goes on
                _LOG.exception("event=watch_failed")
                self._stopping.wait(_DOZE_S)
        commits.close()
        self._database.close()

    def _await_commit(self, commits: CommitWatch, chores_at: float) -> None:
        """Return soon after a commit, when it is time for something, and now and then without either."""
        at = chores_at if self._next_due is None else min(chores_at, self._next_due)
        commits.wait(min(_DOZE_S, max(0.0, at - time.monotonic())))
        self._someone_waits.wait(_BUSY_S)

    def _is_due(self) -> bool:
        return self._next_due is not None and time.monotonic() >= self._next_due

    def _look(self) -> None:
        connection = self._database.connection
        if self._is_due():
            promote_due(self._database, self._queue)
        wait_s = next_due_s(self._database, self._queue)
        self._next_due = None if wait_s is None else time.monotonic() + wait_s
        for job_id, token, grace_s in connection.execute(_STOPS, (self._worker,)).fetchall():
            self._on_stop(job_id, token, grace_s)
        job_waits, self.native_task_waits = is_runnable(self._database, self._queue, self._lanes)
        if job_waits or self.native_task_waits:
            self.wake_all()


def is_runnable(database: Database, queue: str, lanes: tuple[str, ...]) -> tuple[bool, bool]:
    """Return whether a job may start in `queue`, and whether one of huey's own tasks waits."""
    return may_claim(database, queue, lanes), database.native_task_waits(queue)
