"""A worker: huey's consumer, which also runs jobs, announces itself, and takes over from dead workers.

Its dispatcher runs the jobs, huey's threads its own tasks, and the waker wakes both.
"""

import logging
import math
import os
import signal
import threading
import time
from contextlib import suppress
from functools import cached_property
from typing import Any

from huey.constants import WORKER_THREAD
from huey.consumer import Consumer, Scheduler, Worker

from drawscape import __version__, clock, settings
from drawscape.atomic import sweep_tree
from drawscape.errors import DrawscapeError, QueueError, QueueGoneError
from drawscape.queue.acknowledgement import cancel_overdue, next_due_s, promote_due, recover
from drawscape.queue.claim import ClaimRequest
from drawscape.queue.engines.engine import ClaimKey, Engine, Renewal, ServerAway, WorkerInfo
from drawscape.queue.options import new_id
from drawscape.queue.retention import prune
from drawscape.queue.worker.dispatcher import CLAIM_LIMIT_S, Dispatcher
from drawscape.queue.worker.lease import ChildLease
from drawscape.queue.worker.memory_limit import memory_limit_bytes
from drawscape.queue.worker.orphans import WORKER, kill_marked, worker_mark
from drawscape.queue.worker.task_caller import ChildSettings

_LOG = logging.getLogger("huey.drawscape")

_UNKNOWN_S = 2 * CLAIM_LIMIT_S
_IDLE_S = 1.0  # used if the waker cannot wake the threads
_FIRST_PRUNE_S = 60.0  # at most: a worker that starts runs jobs first
_LEAVE_S = 10.0
_JOIN_S = 0.05  # longest time until a second Ctrl-C is seen
_CHECK_S = 0.25  # longest time between two checks of the stop flag
_BUSY_S = 0.008  # delay of stop requests while every slot is busy
_ASIDE_S = 0.002  # the dispatcher hands a job over without competing for Python's lock
_CHORES_S = 1.0
_REPEAT_S = 60.0  # an unreachable server is one line a minute, not four a second
_MOST_LINES = 100


_WRITTEN_AT: dict[str, float] = {}


def is_news(record: logging.LogRecord) -> bool:
    """Return whether a line is not a warning, or was not written within the last minute."""
    now, text = time.monotonic(), record.getMessage()
    if record.levelno < logging.WARNING:
        return True
    is_repeated = now - _WRITTEN_AT.get(text, -_REPEAT_S) < _REPEAT_S
    if not is_repeated:
        if len(_WRITTEN_AT) >= _MOST_LINES:
            _WRITTEN_AT.clear()
        _WRITTEN_AT[text] = now
    return not is_repeated


_LOG.addFilter(is_news)


class NativeWorker(Worker):  # type: ignore[misc]
    """A thread for huey's own tasks, which sleeps until one waits."""

    def sleep(self) -> None:
        if not self.stop_flag.is_set():  # it is set before the event is
            self.huey.task_waits.wait(_IDLE_S)
        self.huey.task_waits.clear()


class JobScheduler(Scheduler):  # type: ignore[misc]
    """huey's scheduler, which also prunes the job table now and then."""

    @cached_property
    def _prune_at(self) -> float:
        return time.monotonic() + float(min(_FIRST_PRUNE_S, self.huey.prune_every_s))

    def loop(self, now: Any = None) -> None:
        """Prune if that is due, then do what huey's scheduler does."""
        huey = self.huey
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + huey.prune_every_s
            try:
                prune(huey.storage.watched, huey.keep)
            except DrawscapeError as error:
                _LOG.error("event=prune_failed error=%r", str(error))
        super().loop(now)


class JobConsumer(Consumer):  # type: ignore[misc]
    """A consumer that announces itself, and takes over the jobs of dead workers.

    One thread watches the queue: it wakes the others, passes on stop requests, promotes jobs. The engine
    reports commits, so nothing is polled while nothing happens, and a job never waits for a back-off of
    seconds. With `burst=True` it exits when every slot is idle and nothing is queued.
    """

    worker_class = NativeWorker
    scheduler_class = JobScheduler

    def __init__(self, huey: Any, *, burst: bool = False, **options: Any) -> None:
        self._burst = burst
        self.worker_id = new_id()
        self._jobs = huey.storage.jobs
        self._watched = huey.storage.watched
        self._jobs.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the first of a new home
        _await_server(self._jobs)
        child_settings = ChildSettings(
            home=os.fspath(huey.home),
            key=huey.serializer.codec.key,
            task_modules=huey.task_modules,
            queue=self._jobs.target,
            memory_limit_bytes=memory_limit_bytes(),
        )
        self._gone: QueueGoneError | None = None
        self._interrupts = 0
        self._request = ClaimRequest(huey.name, self.worker_id, lanes=huey.lanes)
        self._unknown: dict[ClaimKey, float] = {}
        self._lease: ChildLease | None = None
        if self._jobs.is_server:
            self._lease = ChildLease(settings.lease_s(), self._check_jobs)
        slots = options.get("workers", 1)
        self._stopping, self._has_left = threading.Event(), threading.Event()
        self._dispatcher = Dispatcher(
            self._jobs, self._request, child_settings, self._lease, slots, self._stopping
        )
        self._next_due: float | None = None
        self._is_new = True
        """Whether it has not yet taken over the jobs of dead workers."""
        self._waker = threading.Thread(target=self._watch, name="Waker", daemon=True)
        super().__init__(huey, **{**options, "worker_type": WORKER_THREAD})
        # huey restarts at SIGHUP; a worker whose terminal was closed exits, unless it runs under nohup.
        del self._signal_actions[signal.SIGHUP]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            self._signal_actions[signal.SIGHUP] = self._signal_actions[signal.SIGTERM]

    def start(self) -> None:
        self._set_signal_handlers()  # from its announcement on it may be asked to leave
        output = settings.output_of(self.huey.home)
        (output / "postcards").mkdir(parents=True, exist_ok=True)
        self.huey.storage.conn  # noqa: B018 - makes the tables before anyone reads them
        os.environ[WORKER] = worker_mark(self.worker_id, self._jobs.folder)
        info = WorkerInfo(
            self.worker_id,
            os.getpid(),
            self.workers,
            self.huey.name,
            clock.now(),
            lanes=self.huey.lanes,
            version=__version__,
        )
        on_renewal = self._check_jobs if self._lease is None else self._lease.renewed
        self._jobs.workers.announce(info, on_renewal)
        _LOG.info(
            "worker=%s event=started slots=%d home=%s", self.worker_id, self.workers, self.huey.home
        )
        super().start()
        self._dispatcher.thread.start()
        self._waker.start()
        sweep_tree(output)  # what killed jobs left half written

    def run(self) -> None:
        """Do as huey does; raise SystemExit, with the reason, when the queue was deleted under it."""
        try:
            super().run()
        except Exception:  # the lease's timer would be waited for, and would wait for this process
            self._retire()
            raise
        if self._gone is not None:
            raise SystemExit(f"the worker has left: {self._gone}")

    def _watch(self) -> None:
        chores_at = 0.0
        commits = self._watched.commit_watch()
        seen = None
        while not self._has_left.is_set():
            try:
                at = chores_at if self._next_due is None else min(chores_at, self._next_due)
                commits.wait(min(_CHECK_S, max(0.0, at - time.monotonic())))
                if not self._dispatcher.has_room:
                    self._has_left.wait(_BUSY_S)
                # On an engine of its own: the version moves on commits of other connections only.
                version, now = commits.version(), time.monotonic()
                if now >= chores_at:
                    chores_at = now + _CHORES_S
                    self._do_chores()
                    seen = None
                is_due = self._next_due is not None and now >= self._next_due
                if seen != version or is_due:
                    seen = version
                    self._check(is_due)
            except QueueGoneError as error:
                _LOG.critical("worker=%s event=queue_gone error=%r", self.worker_id, str(error))
                self._gone = error
                self._dispatcher.leave()  # the jobs' writes would be lost
                self._signum, self._graceful = self._interrupt_sig, False  # as if signalled
                break
            except Exception as error:  # noqa: BLE001 - a full or locked file passes; the watch goes on
                is_known = isinstance(error, DrawscapeError | OSError)
                _LOG.error("event=watch_failed error=%r", str(error), exc_info=not is_known)
                self._has_left.wait(_CHECK_S)
        commits.close()
        self._watched.close()

    def _check(self, is_due: bool) -> None:
        engine, queue = self._watched, self._request.queue
        if is_due:
            promote_due(engine, queue)
        self._wake()
        wait_s = next_due_s(engine, queue)
        self._next_due = None if wait_s is None else time.monotonic() + wait_s
        for stop in engine.read(engine.STOPS, worker=self.worker_id):
            self._dispatcher.stop(*stop)

    def _wake(self) -> bool:
        """Wake the threads for jobs that may start and tasks of huey's that wait; return whether any do."""
        job_waits = self._watched.may_claim(self._request)
        if job_waits:
            self._dispatcher.wake()
            time.sleep(_ASIDE_S)
        if not self.huey.storage.has_tasks:
            return job_waits
        sql = "select exists (select 1 from task where queue = :queue)"
        task_waits = bool(self._watched.value(sql, queue=self.huey.storage.name))
        if task_waits:
            self.huey.task_waits.set()
        return job_waits or task_waits

    def _do_chores(self) -> None:
        if self._jobs.workers.renew(self.worker_id):
            _LOG.warning("worker=%s event=announced_again", self.worker_id)
        cancel_overdue(self._watched)
        self._recover()
        with suppress(QueueError):  # a full disk: it is retried
            self._watched.flush()
        # Scheduled jobs do not count. In this order, a queued job is seen in the queue or in a slot.
        if self._burst and not self._wake() and self._dispatcher.is_idle:
            self._signum, self._graceful = self._graceful_sig, True  # as if it had been signalled

    def _recover(self) -> None:
        def kill(worker: str) -> None:
            for pid in kill_marked(WORKER, worker_mark(worker, self._jobs.folder)):
                _LOG.warning("event=orphan_killed pid=%d of=%s", pid, worker)

        try:
            if recover(self._watched, kill) or self._is_new:
                self._dispatcher.wake()
                self._jobs.workers.forget_dead()
                self._is_new = False
        except DrawscapeError as error:
            _LOG.error("event=recovery_failed error=%r", str(error))

    def _check_jobs(self, renewal: Renewal) -> bool:
        """End jobs that are no longer ours, and return whether there was none.

        Our jobs that no slot knows are released: the answer to their claim was lost.
        """
        held, asked_at = self._dispatcher.holds, renewal.asked_boot_s
        lost = [job for job, since in held.items() if job not in renewal.held and since < asked_at]
        for job in lost:
            self._dispatcher.lose(*job)
        self._unknown = {
            job: self._unknown.get(job, asked_at) for job in renewal.held - held.keys()
        }
        for (job_id, token), since in self._unknown.items():
            if asked_at - since > _UNKNOWN_S:
                key = {"id": job_id, "token": token, "worker": self.worker_id}
                if self._watched.write(self._watched.RELEASE_UNKNOWN, **key):
                    _LOG.warning("job=%s event=unknown_claim_released", job_id)
        return not lost

    def _handle_signal(self, signum: int, frame: Any) -> None:
        """Note a signal. huey lets a second Ctrl-C raise KeyboardInterrupt wherever the main thread is.

        If that is inside `Event.wait`, the event's lock stays taken, and the worker waits for it for ever.
        """
        self._interrupts += signum == signal.SIGINT
        self._signum = signum
        self._restart, self._graceful = self._signal_actions[signum]

    def stop(self, graceful: bool = False) -> None:
        """Stop as huey does, after the huey's `grace_s`; interrupted jobs go back to the queue."""
        if not graceful and self.huey.grace_s and self._gone is None:
            graceful, self.shutdown_timeout = True, self.huey.grace_s
        self._stopping.set()
        self.stop_flag.set()
        self._dispatcher.wake()
        self.huey.task_waits.set()
        _LOG.info("worker=%s event=stopping graceful=%s", self.worker_id, graceful)
        super().stop(graceful)
        if not self._dispatcher.thread.is_alive():
            self._jobs.close()
        self._has_left.set()
        if self._waker.is_alive():
            self._waker.join(2)
        self._retire()
        _LOG.info("worker=%s event=stopped", self.worker_id)

    def _retire(self) -> None:
        self._jobs.workers.retire(self.worker_id)
        if self._lease is not None:
            self._lease.close()

    def _join_workers(self) -> bool:
        """Wait for jobs and huey's tasks; return whether they ended within the grace.

        Raises KeyboardInterrupt after a second Ctrl-C, for which huey waits here.
        """
        limit_s = math.inf if self.shutdown_timeout is None else self.shutdown_timeout
        ends_at = time.monotonic() + limit_s
        threads = [thread for _, thread in self.worker_threads]
        for thread in (self._dispatcher.thread, *threads, self.scheduler):
            while thread.is_alive():
                left_s = ends_at - time.monotonic()
                if self._interrupts > 1:
                    raise KeyboardInterrupt
                if left_s <= 0:
                    return False
                thread.join(min(left_s, _JOIN_S))
        return True

    def _interrupt_workers(self) -> None:
        """Interrupt as huey does: its own tasks end with the process, without a wait."""
        self._dispatcher.leave()
        if self._dispatcher.thread.is_alive():
            self._dispatcher.thread.join(_LEAVE_S)
        self._dispatcher.kill()


def _await_server(engine: Engine) -> None:
    """Return once the server answers: a worker that starts first waits for it without a limit."""
    while True:
        try:
            engine.open()
            return
        except ServerAway as error:
            _LOG.warning("event=waiting_for_server error=%r", str(error))
            time.sleep(_CHORES_S)
