"""A worker thread of huey's consumer: claims a job, has its child run it, acknowledges, claims the next."""

import logging
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

from huey.consumer import Worker, WorkerRecycle

from drawscape.errors import DrawscapeError
from drawscape.queue import clock
from drawscape.queue.engines.engine import ValueRefused
from drawscape.queue.table.candidates import ANY_PRIORITY, may_claim
from drawscape.queue.table.claims import acknowledge, claim, give_back, note_pid, note_progress
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.table.refusal import is_refusal, refuse
from drawscape.queue.worker.child_process import ChildStartError
from drawscape.queue.worker.lease import Lease
from drawscape.queue.worker.messages import ChildSettings, Progress
from drawscape.queue.worker.run import Interrupted
from drawscape.queue.worker.slot import Slot
from drawscape.queue.worker.turn import Turn
from drawscape.queue.worker.waker import Waker

_LOG = logging.getLogger(
    "huey.drawscape"
)  # below huey's, so that `huey_consumer -q -v -l` rule it too

_ORDINARY = 0
"""The priority below which jobs wait for a slot that is not kept free of them, such as a sheet's."""

CLAIM_LIMIT_S = 5.0
"""An answer that comes later is not used: the job may have been given back as one that nobody runs."""

_IDLE_S = 1.0  # the waker wakes; this is for the case that it cannot
_RETRY_PAUSE_S = 0.25  # after a claim or an acknowledgement that failed
_FIRST_START_PAUSE_S, _START_PAUSE_S = 0.25, 10.0  # after a child that could not be started


@dataclass(frozen=True)
class Shared:
    """What the worker threads of one consumer have in common."""

    worker_id: str
    waker: Waker
    child_settings: ChildSettings
    lease: Lease
    turn: Turn = field(default_factory=Turn)
    leaving: threading.Event = field(default_factory=threading.Event)
    """Set when the process is about to leave, whatever runs."""


class JobWorker(Worker):  # type: ignore[misc]
    """One thread, one slot: claims a job, has its child run it, acknowledges, claims the next."""

    def __init__(self, shared: Shared, *, is_kept_free: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_kept_free = is_kept_free
        """Whether it leaves jobs of a priority below 0 to the other slots."""
        self._lowest = _ORDINARY if is_kept_free else ANY_PRIORITY
        self._shared = shared
        self._turn = shared.turn
        self._jobs = self.huey.storage.jobs
        self._held: Claim | None = None
        self._next: Claim | None = None
        self._asked_at = 0.0
        self._native_first = False  # jobs and native tasks alternate when both wait
        self._start_at = 0.0
        self._start_pause_s = 0.0
        self.idle = False
        """Whether there was nothing to do at the last look."""
        self.runs_native = False
        """Whether it runs a native task, which nothing but the end of the process interrupts."""
        self.gone = threading.Event()
        """Set at the very end: Python 3.11 takes a thread for ended when Ctrl-C interrupts its join."""
        self.slot = Slot(
            shared.child_settings,
            self._jobs.traces,
            self._turn,
            self._write_progress,
            self._write_child_pid,
            shared.lease,
        )

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
            self._jobs.workers.note_trouble(self._shared.worker_id, None)
        return True

    def _postpone_start(self, error: ChildStartError) -> None:
        self._start_pause_s = min(
            max(2 * self._start_pause_s, _FIRST_START_PAUSE_S), _START_PAUSE_S
        )
        self._start_at = time.monotonic() + self._start_pause_s
        _LOG.error("event=child_start_failed error=%r", str(error))
        self._jobs.workers.note_trouble(
            self._shared.worker_id, f"it cannot start a child process ({error})"
        )

    def loop(self, now: Any = None) -> None:
        """Run one job or one native task, or wait until there is one."""
        self._turn.acquire()
        generation = self._shared.waker.generation
        native_first = self._native_first
        try:
            if self._next is not None:
                self._held, self._next = self._next, None
            else:
                self._held = None
                self._held = self._claim()
            job = self._held
        except DrawscapeError as error:
            _LOG.error("event=claim_failed error=%r", str(error))
            with self._turn.released():
                self.stop_flag.wait(_RETRY_PAUSE_S)
            return
        if job is not None:
            self.idle = False
            self._run_job(job)
        elif not self._run_native(now) and not native_first:
            self._warm_up()
            self.idle = True
            self._turn.release()
            self._shared.waker.wait(generation, _IDLE_S)

    def _claim(self) -> Claim | None:
        if self._native_first:
            self._native_first = False
            return None
        queue, lanes = self.huey.name, self.huey.lanes
        # Where no lock is taken for nothing, a claim that finds nothing is the look.
        may = self._jobs.has_many_writers or may_claim(
            self._jobs, queue, lanes, lowest=self._lowest
        )
        if not may or not self._warm_up():
            return None
        worker, pid = self._shared.worker_id, self.slot.pid
        self._asked_at = clock.boot_s()
        with self._turn.committing(self._jobs):
            found = claim(self._jobs, queue, worker, pid, lanes, lowest=self._lowest)
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
        self.idle, self.runs_native = False, True
        try:
            with self._turn.released():
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
        if is_refusal(outcome):
            if (others := refuse(self._jobs, job, self._shared.worker_id, outcome)) is None:
                return
            outcome = others
        self._acknowledge(job, outcome)
        self._count()

    def _give_back(self, job: Claim, *, begun: bool) -> None:
        """Let another worker have a job."""
        try:
            event = "given_back" if give_back(self._jobs, job, begun=begun) else "late"
            _LOG.warning("job=%s event=%s token=%d", job.id, event, job.token)
        except DrawscapeError as error:
            _LOG.error("job=%s event=give_back_failed error=%r", job.id, str(error))

    def _acknowledge(self, job: Claim, outcome: Outcome) -> None:
        """Write the outcome, however long the disk is full or the file locked, and claim the next job."""
        while True:
            try:
                with self._turn.committing(self._jobs):
                    accepted, self._next = acknowledge(
                        self._jobs,
                        job,
                        outcome,
                        next_for=self._claimant(),
                        lanes=self.huey.lanes,
                        lowest=self._lowest,
                    )
                break
            except Exception as error:  # noqa: BLE001 - a locked file, or values that the engine does not take
                outcome = _after(error, job, outcome)
            with self._turn.released():
                time.sleep(_RETRY_PAUSE_S)
            if self._shared.leaving.is_set():
                return
        if accepted and outcome.log and self.slot.log:
            try:
                self.slot.log.remove()
            except DrawscapeError as error:
                _LOG.warning("job=%s event=log_left error=%r", job.id, str(error))
        _log_end(job, outcome, accepted)

    def _claimant(self) -> tuple[str, str, int | None] | None:
        """Return what to claim the next jobs for, unless a native task has waited through this one.

        Where others write beside, to claim apart takes no longer.
        """
        if self.stop_flag.is_set() or self._jobs.has_many_writers:
            return None
        self._native_first = self._shared.waker.native_task_waits
        if self._native_first or self._left() < 1:
            return None
        return self.huey.name, self._shared.worker_id, self.slot.pid

    def _left(self) -> int:
        """Return how many jobs and tasks may run here after the present one."""
        return self.max_tasks - self.task_count - 1 if self.max_tasks else sys.maxsize

    def _count(self) -> None:
        self.task_count += 1
        if self.max_tasks and self.task_count >= self.max_tasks:
            raise WorkerRecycle

    def _write_progress(self, job: Claim, progress: Progress) -> bool:
        """Return whether it was written; a locked file is not waited for, as the job's time runs."""
        try:
            if progress.previewed:
                self._jobs.traces.publish_preview(job)
            with self._jobs.hurried():
                values = progress.fraction, progress.message, progress.meta
                if not note_progress(self._jobs, job, *values):
                    self.slot.requests.lose(job.id, job.token)
        except DrawscapeError:
            return False
        except Exception as error:  # noqa: BLE001 - progress is not worth the job
            _LOG.warning("job=%s event=progress_not_written error=%r", job.id, str(error))
        return True

    def _write_child_pid(self, job: Claim, pid: int) -> None:
        """A child was replaced since the claim."""
        try:
            note_pid(self._jobs, job, pid)
        except DrawscapeError as error:
            _LOG.warning("job=%s event=pid_not_written error=%r", job.id, str(error))

    def shutdown(self) -> None:
        """Give back what was claimed and not begun, end the child, then do as huey does."""
        self._turn.release()
        if self._next is not None:
            self._give_back(self._next, begun=False)
        self.slot.close()
        super().shutdown()
        self.gone.set()


def _after(error: Exception, job: Claim, outcome: Outcome) -> Outcome:
    """Return what to write after `outcome` was not written: the same again, unless it can never be."""
    _LOG.error("job=%s event=acknowledge_failed error=%r", job.id, error)
    if isinstance(error, ValueRefused):
        outcome = replace(
            _unforeseen("its outcome is too large for the queue", error), log=outcome.log
        )
    elif not isinstance(error, DrawscapeError):
        outcome = _unforeseen("its outcome could not be written", error)
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
    return Outcome(
        "failed", "crashed", error=f"{what}: {type(error).__name__}: {str(error)[:2000]!a}"
    )
