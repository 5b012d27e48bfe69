"""huey's consumer with workers that run jobs in child processes."""

import logging
import os
import time
from collections.abc import Callable
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any

from huey.constants import WORKER_THREAD
from huey.consumer import Consumer, Scheduler

from drawscape import output_store
from drawscape.atomic import sweep_tree
from drawscape.errors import DrawscapeError, QueueError, QueueGoneError
from drawscape.queue.engines.engine import Database, Renewal
from drawscape.queue.ids import new_id
from drawscape.queue.queue import Queue
from drawscape.queue.table.claims import release_unknown
from drawscape.queue.table.recovery import recover
from drawscape.queue.table.retention import prune
from drawscape.queue.table.schedule import forget_other_boots
from drawscape.queue.worker.lease import Lease
from drawscape.queue.worker.memory_limit import memory_limit_bytes
from drawscape.queue.worker.messages import ChildSettings
from drawscape.queue.worker.orphans import mark_environment
from drawscape.queue.worker.waker import Waker, is_runnable
from drawscape.queue.worker.worker import CLAIM_LIMIT_S, JobWorker, Shared

_LOG = logging.getLogger("huey.drawscape")

_FIRST_PRUNE_S = 60.0  # at most: a worker that starts has better things to do
_LEAVE_S = 10.0
_UNKNOWN_S = 2 * CLAIM_LIMIT_S
_NATIVE_LOOK_S = 0.02
_TRIES = 5


class JobScheduler(Scheduler):  # type: ignore[misc]
    """huey's scheduler, which also prunes the job table now and then."""

    def __init__(self, huey: Any, *options: Any, **named: Any) -> None:
        super().__init__(huey, *options, **named)
        self._prune_at = time.monotonic() + min(_FIRST_PRUNE_S, huey.prune_every_s)

    def loop(self, now: Any = None) -> None:
        """Do as huey does, then prune when it is time."""
        if self.periodic and self.huey.timetable.entries:
            try:
                self.huey.timetable.run(Queue.of(self.huey))
            except DrawscapeError as error:
                _LOG.error("event=timetable_failed error=%r", str(error))
        super().loop(now)
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + self.huey.prune_every_s
            try:
                prune(self.huey.storage.watched, self.huey.keep)
            except DrawscapeError as error:
                _LOG.error("event=prune_failed error=%r", str(error))


class JobConsumer(Consumer):  # type: ignore[misc]
    """A consumer that shows by a lock that it is alive, and takes over the jobs of those that are not."""

    # With `burst=True` it leaves when every slot is idle and nothing is queued.
    worker_class = JobWorker
    scheduler_class = JobScheduler

    def __init__(self, huey: Any, *, burst: bool = False, **options: Any) -> None:
        self._burst = burst
        asked = options.get("worker_type", WORKER_THREAD)
        if asked != WORKER_THREAD:
            _LOG.warning(
                "event=worker_type asked=%s used=thread note='every job runs in a child process'",
                asked,
            )
        options["worker_type"] = WORKER_THREAD
        self.worker_id = new_id()
        storage = huey.storage
        self._jobs: Database = storage.jobs
        self._folder = self._jobs.folder
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the first of a new home
        child_settings = ChildSettings(
            home=os.fspath(huey.home),
            key=huey.serializer.codec.key,
            task_modules=huey.task_modules,
            previews=os.fspath(self._folder / "previews"),
            memory_limit_bytes=memory_limit_bytes(),
            queue=storage.jobs.target,
            max_jobs=huey.max_jobs_per_child,
        )
        self._output = output_store.folder(Path(huey.home))
        self._unknown: dict[tuple[str, int], float] = {}
        self._lease = Lease(self._jobs.workers.lease_s, self._check_jobs)
        self._gone: QueueGoneError | None = None
        self._waker = Waker(
            storage.watched,
            huey.name,
            self.worker_id,
            lanes=huey.lanes,
            on_stop=self._stop_job,
            chores=self._do_chores,
            on_gone=self._leave_gone,
        )
        self._shared = Shared(self.worker_id, self._waker, child_settings, self._lease)
        super().__init__(huey, **options)

    def _create_worker(self) -> JobWorker:
        """Return a worker; of several one is kept free of jobs that let others pass."""
        there = [worker for worker, _ in self.worker_threads if not worker.gone.is_set()]
        return JobWorker(
            self._shared,
            is_kept_free=self.workers > 1 and not any(worker.is_kept_free for worker in there),
            huey=self.huey,
            stop_flag=self.stop_flag,
            default_delay=self.default_delay,
            max_delay=self.max_delay,
            backoff=self.backoff,
            max_tasks=self.max_tasks,
        )

    def start(self) -> None:
        """Announce this worker, take over what dead ones left, start the threads."""
        self._set_signal_handlers()  # whoever sees it announced may ask it to leave
        for name in ("logs", "previews"):
            (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._output / "postcards").mkdir(parents=True, exist_ok=True)
        self.huey.storage.conn  # noqa: B018 - makes the tables before anyone reads them
        mark_environment(self.worker_id, self._folder)
        self._jobs.workers.announce(
            self.worker_id,
            queue=self.huey.name,
            lanes=self.huey.lanes,
            slots=self.workers,
            temporary=get_temp_dir(),  # where the server of child processes has its socket
            on_renewal=self._lease.renewed,
        )
        _LOG.info(
            "worker=%s event=started slots=%d home=%s", self.worker_id, self.workers, self.huey.home
        )
        _though_it_breaks(lambda: forget_other_boots(self._jobs))
        self._recover()
        _though_it_breaks(self._jobs.workers.forget_dead)
        super().start()
        self._waker.start()
        sweep_tree(self._output)  # what killed jobs left half written

    def run(self) -> None:
        """Do as huey does; raise SystemExit, with the reason, when the queue was deleted under it."""
        super().run()
        if self._gone is not None:
            raise SystemExit(f"the worker has left: {self._gone}")

    def _leave_gone(self, error: QueueGoneError) -> None:
        """End what runs and leave: what the jobs would write goes nowhere."""
        _LOG.critical("worker=%s event=queue_gone error=%r", self.worker_id, str(error))
        self._gone = error
        self._shared.leaving.set()
        self._signum, self._graceful = self._interrupt_sig, False  # as if it had been signalled

    def _do_chores(self) -> None:
        if self._jobs.workers.renew(self.worker_id):
            _LOG.warning("worker=%s event=announced_again", self.worker_id)
        self._recover()
        if self._burst and self._has_nothing_to_do():
            self._signum, self._graceful = self._graceful_sig, True  # as if it had been signalled

    def _has_nothing_to_do(self) -> bool:
        """Whether all slots are idle and nothing is queued; what is scheduled for later does not count."""
        if not all(worker.idle for worker, _ in self.worker_threads):
            return False
        return not any(is_runnable(self.huey.storage.watched, self.huey.name, self.huey.lanes))

    def _recover(self) -> None:
        try:
            if recover(self.huey.storage.watched):
                self._waker.wake_all()
                self._jobs.workers.forget_dead()
        except DrawscapeError as error:
            _LOG.error("event=recovery_failed error=%r", str(error))

    def _check_jobs(self, renewal: Renewal) -> None:
        """End jobs that are not ours by now, and release those that are ours and that no slot knows of.

        Of the latter the server's answer was lost on the way. They are released when a late one cannot come.
        """
        slots = [worker for worker, _ in self.worker_threads]
        held = [(slot, job, since) for slot in slots for job, since in slot.holds().items()]
        for slot, job, since in held:
            if job not in renewal.jobs and since < renewal.asked_at:
                slot.slot.requests.lose(*job)
        known = {job for _, job, _ in held}
        seen = {job: self._unknown.get(job, renewal.asked_at) for job in renewal.jobs - known}
        self._unknown = seen
        for job, since in seen.items():
            if renewal.asked_at - since > _UNKNOWN_S:
                release_unknown(self.huey.storage.watched, *job, self.worker_id)

    def _stop_job(self, job_id: str, token: int, grace_s: float) -> None:
        for worker, _ in self.worker_threads:
            worker.slot.requests.stop(job_id, token, grace_s)

    def stop(self, graceful: bool = False) -> None:
        """Stop as huey does; jobs that are cut short go back to the queue."""
        self.stop_flag.set()
        self._waker.wake_all()
        _LOG.info("worker=%s event=stopping graceful=%s", self.worker_id, graceful)
        super().stop(graceful)
        if all(worker.gone.is_set() for worker, _ in self.worker_threads):
            self.huey.storage.jobs.close()
        self._waker.stop()
        self._jobs.workers.retire(self.worker_id)
        self._lease.close()
        _LOG.info("worker=%s event=stopped", self.worker_id)

    def _interrupt_workers(self) -> None:
        """End what runs, as huey does: a native task ends with the process, and is not waited for."""
        self._shared.leaving.set()
        workers = [worker for worker, _ in self.worker_threads]
        for worker in workers:
            worker.slot.requests.interrupt()
        deadline = time.monotonic() + _LEAVE_S
        for worker in workers:
            while not (worker.gone.wait(_NATIVE_LOOK_S) or worker.runs_native):
                if time.monotonic() > deadline:
                    break
            worker.slot.kill()  # else multiprocessing waits at the exit for a child that waits for jobs


def _though_it_breaks(step: Callable[[], None]) -> None:
    """Take a step that may be taken twice, some times over while connections break under it."""
    for left in reversed(range(_TRIES)):
        try:
            return step()
        except QueueError as error:
            if not left:
                raise
            _LOG.warning("event=start_repeated error=%r", str(error))
    return None
