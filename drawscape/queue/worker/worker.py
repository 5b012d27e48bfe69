"""huey's consumer, whose threads claim jobs and run each in a child process.

`JobConsumer` starts the threads and does the chores, `JobWorker` is one of them, `Waker` wakes them.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any

from huey.constants import WORKER_THREAD
from huey.consumer import Consumer, Scheduler, Worker, WorkerRecycle

from drawscape import __version__, output_store, settings
from drawscape.atomic import sweep_tree
from drawscape.errors import DrawscapeError, QueueError, QueueGoneError
from drawscape.queue import clock
from drawscape.queue.engines.engine import CommitWatch, Engine, Renewal, ValueRefused, WorkerInfo
from drawscape.queue.options import new_id
from drawscape.queue.retention import prune
from drawscape.queue.row import Claim, ClaimRequest, Outcome
from drawscape.queue.store import (
    acknowledge,
    cancel_overdue,
    give_back,
    next_due_s,
    promote_due,
    recover,
    refuse,
    release_unknown,
)
from drawscape.queue.worker.call import ChildSettings
from drawscape.queue.worker.child_process import (
    ChildStartError,
    kill_orphans,
    mark_environment,
    memory_limit_bytes,
)
from drawscape.queue.worker.lease import Lease
from drawscape.queue.worker.slot import Interrupted, PatientLock, Slot

_LOG = logging.getLogger(
    "huey.drawscape"
)  # below huey's, so that `huey_consumer -q -v -l` rule it too

_ORDINARY = 0
"""The priority below which jobs wait for a slot that is not kept free of them, such as a sheet's."""

CLAIM_LIMIT_S = 5.0
"""An answer that comes later is not used: the job may have been released as one that nobody runs."""

_UNKNOWN_S = 2 * CLAIM_LIMIT_S
_IDLE_S = 1.0  # the waker wakes; this is for the case that it cannot
_RETRY_PAUSE_S = 0.25  # after a claim or an acknowledgement that failed
_FIRST_START_PAUSE_S, _START_PAUSE_S = 0.25, 10.0  # after a child that could not be started
_FIRST_PRUNE_S = 60.0  # at most: a worker that starts has better things to do
_LEAVE_S = 10.0
_NATIVE_CHECK_S = 0.02
_START_TRIES = 5
_CHECK_S = 0.25  # the stop flag is checked as often, at least
_BUSY_S = 0.008  # while every slot is busy, a request to stop may come this much later
_CHORES_S = 1.0


class Waker:
    """One thread that watches the queue: wakes idle worker threads, passes stop requests on, promotes jobs.

    The engine says when something was committed, and its version moves with every commit of another
    connection. So nothing is polled while nothing happens, and a job never waits for seconds as with a
    back-off. `on_stop(job_id, token, grace_s)` is called for each job of `worker` that has to stop,
    `chores()` once a second, `on_gone(error)` at the end if the file was deleted or replaced.
    """

    def __init__(
        self,
        storage: Any,
        request: ClaimRequest,
        *,
        on_stop: Callable[[str, int, float], None],
        chores: Callable[[], None],
        on_gone: Callable[[QueueGoneError], None],
    ) -> None:
        self._storage = storage
        self._engine: Engine = storage.watched
        self._request = request
        self._on_stop = on_stop
        self._chores = chores
        self._on_gone = on_gone
        self._condition = threading.Condition()
        self.generation = 0
        """How often everyone was woken; read it before a claim, and hand it to `wait`."""
        self._waiting = 0
        self._stopping = threading.Event()
        self._next_due: float | None = None
        self.native_task_waits = False
        """Whether one of huey's own tasks waited at the last check; a busy worker need not check itself."""
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

    def wake_all(self) -> None:
        """Wake everyone who waits."""
        with self._condition:
            self.generation += 1
            self._condition.notify_all()

    def wait(self, generation: int, timeout_s: float) -> None:
        """Return when everyone was woken since `generation`, or after `timeout_s`."""
        with self._condition:
            self._waiting += 1
            self._condition.wait_for(lambda: self.generation != generation, timeout_s)
            self._waiting -= 1

    def _watch(self) -> None:
        version = None
        chores_at = 0.0
        commits = self._engine.commit_watch()
        seen = None
        while not self._stopping.is_set():
            try:
                self._await_commit(commits, chores_at)
                # On an engine of its own: the version moves on commits of other connections only.
                version = commits.version()
                now = time.monotonic()
                if now >= chores_at:
                    chores_at = now + _CHORES_S
                    self._chores()
                    seen = None
                if seen != version or self._is_due():
                    seen = version
                    self._check()
            except QueueGoneError as error:
                self._on_gone(error)
                break
            except (DrawscapeError, OSError) as error:  # full or locked: it passes
                _LOG.error("event=watch_failed error=%r", str(error))
                self._stopping.wait(_CHECK_S)
            except Exception:  # noqa: BLE001 - the watch goes on
                _LOG.exception("event=watch_failed")
                self._stopping.wait(_CHECK_S)
        commits.close()
        self._engine.close()

    def _await_commit(self, commits: CommitWatch, chores_at: float) -> None:
        """Return soon after a commit, when it is time for something, and now and then without either."""
        at = chores_at if self._next_due is None else min(chores_at, self._next_due)
        commits.wait(min(_CHECK_S, max(0.0, at - time.monotonic())))
        if not self._waiting:
            self._stopping.wait(_BUSY_S)

    def _is_due(self) -> bool:
        return self._next_due is not None and time.monotonic() >= self._next_due

    def _check(self) -> None:
        engine, request = self._engine, self._request
        if self._is_due():
            promote_due(engine, request.queue)
        wait_s = next_due_s(engine, request.queue)
        self._next_due = None if wait_s is None else time.monotonic() + wait_s
        for job_id, token, grace_s in engine.read(engine.sql.STOPS, worker=request.worker):
            self._on_stop(job_id, token, grace_s)
        if self.has_work():
            self.wake_all()

    def has_work(self) -> bool:
        """Return whether a job may start, or one of huey's own tasks waits."""
        self.native_task_waits = self._storage.task_waits()
        return self.native_task_waits or self._engine.may_claim(self._request)


@dataclass(frozen=True)
class Shared:
    """What the worker threads of one consumer have in common."""

    request: ClaimRequest
    waker: Waker
    child_settings: ChildSettings
    lease: Lease
    lock: PatientLock = field(default_factory=PatientLock)
    leaving: threading.Event = field(default_factory=threading.Event)
    """Set when the process is about to leave, whatever runs."""


class JobWorker(Worker):  # type: ignore[misc]
    """One thread, one slot: claims a job, has its child run it, acknowledges, claims the next."""

    def __init__(self, shared: Shared, *, is_kept_free: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_kept_free = is_kept_free
        """Whether it leaves jobs of a priority below 0 to the other slots."""
        self._shared = shared
        self._request = shared.request
        if is_kept_free:
            self._request = self._request._replace(lowest=_ORDINARY)
        self._lock = shared.lock
        self._engine: Engine = self.huey.storage.jobs
        self._held: Claim | None = None
        self._next: Claim | None = None
        self._native_first = False  # jobs and native tasks alternate when both wait
        self._start_at = 0.0
        self._start_pause_s = 0.0
        self.idle = False
        """Whether there was nothing to do at the last check."""
        self.runs_native = False
        """Whether it runs a native task, which nothing but the end of the process interrupts."""
        self.gone = threading.Event()
        """Set at the very end: Python 3.11 takes a thread for ended when Ctrl-C interrupts its join."""
        self._asked_at = 0.0
        self.slot = Slot(shared.child_settings, self._engine, self._lock, shared.lease)

    def holds(self) -> dict[tuple[str, int], float]:
        """Return id and token of the jobs that this slot runs, or is about to run, and when it asked.

        The latter is in seconds since the machine was started.
        """
        jobs = (self._held, self._next)
        return {(job.id, job.token): self._asked_at for job in jobs if job is not None}

    def initialize(self) -> None:
        """Start the child, then do as huey does."""
        super().initialize()
        self._warm_up()

    def _warm_up(self) -> bool:
        """Return whether there is a child; without one no job is claimed, so none is lost or blamed."""
        if time.monotonic() < self._start_at:
            return False
        try:
            self.slot.warm_up()
        except ChildStartError as error:
            self._postpone_start(error)
            return False
        if self._start_pause_s:
            self._start_pause_s = 0.0
            self._engine.workers.note_trouble(self._request.worker, None)
        return True

    def _postpone_start(self, error: ChildStartError) -> None:
        self._start_pause_s = min(
            max(2 * self._start_pause_s, _FIRST_START_PAUSE_S), _START_PAUSE_S
        )
        self._start_at = time.monotonic() + self._start_pause_s
        _LOG.error("event=child_start_failed error=%r", str(error))
        self._engine.workers.note_trouble(
            self._request.worker, f"it cannot start a child process ({error})"
        )

    def loop(self, now: Any = None) -> None:
        """Run one job or one native task, or wait until there is one."""
        self._lock.acquire()
        self.idle = False  # before the claim: else a worker that may leave could do so now
        generation = self._shared.waker.generation
        native_first, self._native_first = self._native_first, False
        try:
            if self._next is not None:
                self._held, self._next = self._next, None
            else:
                self._held = None if native_first else self._claim()
        except DrawscapeError as error:
            _LOG.error("event=claim_failed error=%r", str(error))
            with self._lock.released():
                self.stop_flag.wait(_RETRY_PAUSE_S)
            return
        if self._held is not None:
            self._run_job(self._held)
        elif not self._run_native(now) and not native_first:
            self.idle = True
            self._lock.release()
            self._shared.waker.wait(generation, _IDLE_S)

    def _claim(self) -> Claim | None:
        if not self._warm_up():
            return None
        self._asked_at = clock.boot_s()
        with self._lock.committing(self._engine):
            found = self._engine.claim(self._request._replace(pid=self.slot.pid))
        if found is not None and clock.boot_s() - self._asked_at > CLAIM_LIMIT_S:
            self._give_back(found, begun=False)
            return None
        return found

    def _run_native(self, now: Any) -> bool:
        try:
            task = self.huey.dequeue()
        except Exception:  # noqa: BLE001 - a locked file, or a message that is not ours
            _LOG.exception("event=native_task_unreadable")
            return False
        if task is None:
            return False
        self.runs_native = True
        try:
            with self._lock.released():
                self.huey.execute(task, now)
        except Exception:  # noqa: BLE001 - as huey does: a task never ends its worker
            _LOG.exception("event=native_task_failed task=%s", task.id)
        finally:
            self.runs_native = False
        self._count()
        return True

    def _run_job(self, job: Claim) -> None:
        try:
            outcome = self.slot.run(job, self._asked_at)
        except Interrupted:
            if not self._shared.leaving.is_set():
                self.slot.requests.go_on()
            self._give_back(job, begun=True)
            return
        except ChildStartError as error:
            self._postpone_start(error)
            self._give_back(job, begun=False)
            return
        except Exception as error:  # noqa: BLE001 - a thread that died would keep its job for ever
            _LOG.exception("job=%s event=run_failed", job.id)
            self.slot.replace()
            outcome = _unforeseen("its worker could not run it", error)
        if outcome.detail and outcome.detail.get("refused"):
            if (others := refuse(self._engine, job, outcome)) is None:
                self._held = None
                return
            outcome = others
        self._acknowledge(job, outcome)
        self._count()

    def _give_back(self, job: Claim, *, begun: bool) -> None:
        """Let another worker have a job."""
        try:
            event = "given_back" if give_back(self._engine, job, begun=begun) else "late"
            _LOG.warning("job=%s event=%s token=%d", job.id, event, job.token)
        except DrawscapeError as error:
            _LOG.error("job=%s event=give_back_failed error=%r", job.id, str(error))
        self._held = None

    def _acknowledge(self, job: Claim, outcome: Outcome) -> None:
        """Write the outcome, however long the disk is full or the file locked, and claim the next job."""
        while True:
            try:
                with self._lock.committing(self._engine):
                    accepted, self._next = acknowledge(self._engine, job, outcome, self._wanted())
                break
            except Exception as error:  # noqa: BLE001 - a locked file, or values that the engine does not take
                outcome = _after(error, job, outcome)
            with self._lock.released():
                time.sleep(_RETRY_PAUSE_S)
            if self._shared.leaving.is_set():
                return
        self._held = None
        _log_end(job, outcome, accepted)

    def _wanted(self) -> ClaimRequest | None:
        """Return what to claim next, unless a native task has waited through this job.

        On a server it takes no longer to claim apart.
        """
        if self.stop_flag.is_set() or self._engine.is_server:
            return None
        self._native_first = self._shared.waker.native_task_waits
        left = self.max_tasks - self.task_count - 1 if self.max_tasks else sys.maxsize
        if self._native_first or left < 1:
            return None
        return self._request._replace(pid=self.slot.pid)

    def _count(self) -> None:
        self.task_count += 1
        if self.max_tasks and self.task_count >= self.max_tasks:
            raise WorkerRecycle

    def shutdown(self) -> None:
        """Give back what was claimed and not begun, end the child, then do as huey does."""
        self._lock.release()
        if self._next is not None:
            self._give_back(self._next, begun=False)
            self._next = None
        self.slot.close()
        self._engine.close()
        super().shutdown()
        self.gone.set()


def _after(error: Exception, job: Claim, outcome: Outcome) -> Outcome:
    """Return what to write after `outcome` was not written: the same again, unless it can never be."""
    _LOG.error("job=%s event=acknowledge_failed error=%r", job.id, error)
    if isinstance(error, ValueRefused):
        return _unforeseen("its outcome is too large for the queue", error)
    if not isinstance(error, DrawscapeError):
        return _unforeseen("its outcome could not be written", error)
    return outcome


def _log_end(job: Claim, outcome: Outcome, accepted: bool) -> None:
    if not accepted:
        _LOG.warning("job=%s event=late token=%d status=%s", job.id, job.token, outcome.status)
    elif outcome.status == "failed":
        lines = (outcome.error or "").strip().splitlines() or [""]
        _LOG.warning(
            "job=%s task=%s status=failed reason=%s error=%r",
            job.id,
            job.task,
            outcome.reason,
            # A traceback names the error last, all else first.
            lines[-1 if outcome.reason == "exception" else 0],
        )
    else:
        _LOG.info("job=%s task=%s status=%s", job.id, job.task, outcome.status)


def _unforeseen(what: str, error: Exception) -> Outcome:
    """What is written of a job when its own outcome cannot be: in plain ASCII, which always can."""
    text = f"{what}: {type(error).__name__}: {str(error)[:2000]!a}"
    return Outcome("failed", "crashed", error=text)


class JobScheduler(Scheduler):  # type: ignore[misc]
    """huey's scheduler, which also queues periodic jobs, and prunes the job table now and then."""

    def __init__(self, huey: Any, *options: Any, **named: Any) -> None:
        super().__init__(huey, *options, **named)
        self._prune_at = time.monotonic() + min(_FIRST_PRUNE_S, huey.prune_every_s)
        self._queue: Any = None

    def loop(self, now: Any = None) -> None:
        """Do as huey does, then prune when it is time."""
        try:
            if self.periodic and self.huey.timetable.entries:
                if self._queue is None:
                    self._queue = self.huey.queue()
                self.huey.timetable.run(self._queue)
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
    """A consumer that shows that it is alive, and takes over the jobs of those that are not.

    With `burst=True` it leaves when every slot is idle and nothing is queued.
    """

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
        self._jobs: Engine = storage.jobs
        self._watched: Engine = storage.watched
        self._folder = self._jobs.folder
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the first of a new home
        child_settings = ChildSettings(
            home=os.fspath(huey.home),
            key=huey.serializer.codec.key,
            task_modules=huey.task_modules,
            queue=self._jobs.target,
            memory_limit_bytes=memory_limit_bytes(),
            max_jobs=huey.max_jobs_per_child,
        )
        self._output = output_store.folder(Path(huey.home))
        self._gone: QueueGoneError | None = None
        request = ClaimRequest(huey.name, self.worker_id, lanes=huey.lanes)
        self._waker = Waker(
            storage,
            request,
            on_stop=self._stop_job,
            chores=self._do_chores,
            on_gone=self._leave_gone,
        )
        self._unknown: dict[tuple[str, int], float] = {}
        lease_s = settings.lease_s() if self._jobs.is_server else None
        self._lease = Lease(lease_s, self._check_jobs)
        self._shared = Shared(request, self._waker, child_settings, self._lease)
        super().__init__(huey, **options)

    def _create_worker(self) -> JobWorker:
        """Return a worker; of several one is kept free of jobs that let others pass."""
        there = [worker for worker in self._workers() if not worker.gone.is_set()]
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

    def _workers(self) -> list[JobWorker]:
        return [worker for worker, _ in self.worker_threads]

    def start(self) -> None:
        """Announce this worker, take over what dead ones left, start the threads."""
        self._set_signal_handlers()  # whoever sees it announced may ask it to leave
        (self._output / "postcards").mkdir(parents=True, exist_ok=True)
        self.huey.storage.conn  # noqa: B018 - makes the tables before anyone reads them
        mark_environment(self.worker_id, self._folder)
        info = WorkerInfo(
            self.worker_id,
            os.getpid(),
            self.workers,
            self.huey.name,
            clock.now(),
            lanes=self.huey.lanes,
            version=__version__,
            temporary=get_temp_dir(),  # where the server of child processes has its socket
        )
        self._jobs.workers.announce(info, self._lease.renewed)
        _LOG.info(
            "worker=%s event=started slots=%d home=%s", self.worker_id, self.workers, self.huey.home
        )
        boot = clock.boot_id()
        _though_it_breaks(lambda: self._jobs.write(self._jobs.sql.FORGET_BOOTS, boot=boot))
        _though_it_breaks(lambda: cancel_overdue(self._jobs))
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
        cancel_overdue(self._watched)
        self._recover()
        if self._burst and self._has_nothing_to_do():
            self._signum, self._graceful = self._graceful_sig, True  # as if it had been signalled

    def _has_nothing_to_do(self) -> bool:
        """Whether all slots are idle and nothing is queued; what is scheduled for later does not count."""
        return all(worker.idle for worker in self._workers()) and not self._waker.has_work()

    def _recover(self) -> None:
        def kill(worker: str) -> None:
            for pid in kill_orphans(worker, self._folder):
                _LOG.warning("event=orphan_killed pid=%d of=%s", pid, worker)

        try:
            if recover(self._watched, kill):
                self._waker.wake_all()
                self._jobs.workers.forget_dead()
        except DrawscapeError as error:
            _LOG.error("event=recovery_failed error=%r", str(error))

    def _check_jobs(self, renewal: Renewal) -> None:
        """End jobs that are not ours by now, and release those that are ours and that no slot knows of.

        Of the latter the server's answer was lost on the way. They are released when a late one cannot come.
        """
        slots = self._workers()
        held = [(slot, job, since) for slot in slots for job, since in slot.holds().items()]
        for slot, job, since in held:
            if job not in renewal.held and since < renewal.asked_boot_s:
                slot.slot.requests.lose(*job)
        known = {job for _, job, _ in held}
        asked_at = renewal.asked_boot_s
        self._unknown = {job: self._unknown.get(job, asked_at) for job in renewal.held - known}
        for job, since in self._unknown.items():
            if asked_at - since > _UNKNOWN_S:
                release_unknown(self._watched, *job, self.worker_id)

    def _stop_job(self, job_id: str, token: int, grace_s: float) -> None:
        for worker in self._workers():
            worker.slot.requests.stop(job_id, token, grace_s)

    def stop(self, graceful: bool = False) -> None:
        """Stop as huey does; jobs that are cut short go back to the queue.

        Those that run have the huey's `grace_s` before.
        """
        if not graceful and self.huey.grace_s and not self._shared.leaving.is_set():
            graceful, self.shutdown_timeout = True, self.huey.grace_s
        self.stop_flag.set()
        self._waker.wake_all()
        _LOG.info("worker=%s event=stopping graceful=%s", self.worker_id, graceful)
        super().stop(graceful)
        if all(worker.gone.is_set() for worker in self._workers()):
            self._jobs.close()
        self._waker.stop()
        self._jobs.workers.retire(self.worker_id)
        self._lease.close()
        _LOG.info("worker=%s event=stopped", self.worker_id)

    def _interrupt_workers(self) -> None:
        """End what runs, as huey does: a native task ends with the process, and is not waited for."""
        self._shared.leaving.set()
        workers = self._workers()
        for worker in workers:
            worker.slot.requests.interrupt()
        deadline = time.monotonic() + _LEAVE_S
        for worker in workers:
            while not (worker.gone.wait(_NATIVE_CHECK_S) or worker.runs_native):
                if time.monotonic() > deadline:
                    break
            worker.slot.kill()  # else multiprocessing waits at the exit for a child that waits for jobs


def _though_it_breaks(step: Callable[[], object]) -> None:
    """Take a step that may be taken twice, some times over while connections break under it."""
    for left in reversed(range(_START_TRIES)):
        try:
            step()
        except QueueError as error:
            if not left:
                raise
            _LOG.warning("event=start_repeated error=%r", str(error))
        else:
            return
