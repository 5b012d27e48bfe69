"""A worker thread of huey's consumer: claims a job, has its child run it, acknowledges, claims the next."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from huey.consumer import Worker, WorkerRecycle

from drawscape.errors import DrawscapeError
from drawscape.queue.table.claims import acknowledge, claim, give_back, note_pid, note_progress
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.child_process import ChildStartError
from drawscape.queue.worker.run import Interrupted
from drawscape.queue.worker.slot import Slot

if TYPE_CHECKING:
    from drawscape.queue.worker.consumer import JobConsumer

_LOG = logging.getLogger(
    "huey.drawscape"
)  # below huey's, so that `huey_consumer -q -v -l` rule it too

_IDLE_S = 1.0  # the doorbell wakes; this is for the case that it cannot
_ACKNOWLEDGE_PAUSE_S = 0.25
_FIRST_START_PAUSE_S, _START_PAUSE_S = 0.25, 10.0  # after a child that could not be started


class JobWorker(Worker):  # type: ignore[misc]
    """One thread, one slot: claims a job, has its child run it, acknowledges, claims the next."""

    def __init__(self, consumer: JobConsumer, **options: Any) -> None:
        super().__init__(**options)
        self._consumer = consumer
        self._jobs = self.huey.storage.jobs
        self._next: Claim | None = None
        self._native_turn = False
        self._start_at = 0.0
        self._start_pause_s = 0.0
        self.gone = threading.Event()
        """Set at the very end: Python 3.11 takes a thread for ended when Ctrl-C interrupts its join."""
        self._baton = consumer.baton
        self.slot = Slot(consumer.slot_settings, self._baton, self._note, self._note_child)

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
            self._consumer.note_trouble(None)
        return True

    def _postpone_start(self, error: ChildStartError) -> None:
        self._start_pause_s = min(
            max(2 * self._start_pause_s, _FIRST_START_PAUSE_S), _START_PAUSE_S
        )
        self._start_at = time.monotonic() + self._start_pause_s
        _LOG.error("event=child_start_failed error=%r", str(error))
        self._consumer.note_trouble(f"it cannot start a child process ({error})")

    def loop(self, now: Any = None) -> None:
        """Run one job or one native task, or wait until there is one."""
        self._baton.take()
        heard = self._consumer.doorbell.rings
        turn = self._native_turn
        try:
            held = self._next or self._claim()
        except DrawscapeError as error:
            _LOG.error("event=claim_failed error=%r", str(error))
            with self._baton.laid_down():
                self.stop_flag.wait(_ACKNOWLEDGE_PAUSE_S)
            return
        self._next = None
        if held is not None:
            self._work(held)
        elif not self._run_native(now) and not turn:
            self._warm_up()
            self._baton.lay_down()
            self._consumer.doorbell.wait(heard, _IDLE_S)

    def _claim(self) -> Claim | None:
        if self._native_turn:  # jobs and native tasks take turns when both wait
            self._native_turn = False
            return None
        with self._jobs.translated():
            waiting = self._jobs.connection.execute(
                "select 1 from job where queue = ? and status = 'queued' limit 1", (self.huey.name,)
            ).fetchone()
        if not waiting or not self._warm_up():
            return None
        return claim(self._jobs, self.huey.name, self._consumer.worker_id, self.slot.pid)

    def _run_native(self, now: Any) -> bool:
        try:
            task = self.huey.dequeue()
        except Exception:  # noqa: BLE001 - a locked file, or a message that is not ours
            _LOG.exception("event=native_task_unreadable")
            return False
        if task is None:
            return False
        try:
            with self._baton.laid_down():
                self.huey.execute(task, now)
        except Exception:  # noqa: BLE001 - as huey does: a task never ends its worker
            _LOG.exception("event=native_task_failed task=%s", task.id)
        self._count()
        return True

    def _work(self, held: Claim) -> None:
        try:
            outcome = self.slot.run(held)
        except Interrupted:
            give_back(self._jobs, held)
            _LOG.warning("job=%s event=given_back", held.id)
            return
        except ChildStartError as error:
            self._postpone_start(error)
            give_back(self._jobs, held, begun=False)
            _LOG.warning("job=%s event=given_back", held.id)
            return
        except Exception as error:  # noqa: BLE001 - a thread that died would keep its job for ever
            _LOG.exception("job=%s event=run_failed", held.id)
            self.slot.replace()
            outcome = _unforeseen("its worker could not run it", error)
        accepted = self._acknowledge(held, outcome)
        self._say(held, outcome, accepted)
        self._count()

    def _acknowledge(self, held: Claim, outcome: Outcome) -> bool:
        """Write the outcome, however long the disk is full or the file locked: it is not to be lost."""
        while True:
            try:
                more = None if self.stop_flag.is_set() else self._next_for()
                accepted, self._next = acknowledge(self._jobs, held, outcome, next_for=more)
            except DrawscapeError as error:
                _LOG.error("job=%s event=acknowledge_failed error=%r", held.id, str(error))
                if isinstance(error.__cause__, sqlite3.DataError):
                    outcome = _unforeseen("its outcome is too large for the queue", error)
            except Exception as error:  # noqa: BLE001 - values that SQLite does not take
                _LOG.exception("job=%s event=acknowledge_failed", held.id)
                outcome = _unforeseen("its outcome could not be written", error)
            else:
                return accepted
            with self._baton.laid_down():
                time.sleep(_ACKNOWLEDGE_PAUSE_S)
            if self._consumer.leaving:
                return False

    def _next_for(self) -> tuple[str, str, int | None] | None:
        """What to claim for, unless a native task has waited through this job."""
        self._native_turn = bool(self._consumer.doorbell.native_waits)
        if self._native_turn or (self.max_tasks and self.task_count + 1 >= self.max_tasks):
            return None
        return self.huey.name, self._consumer.worker_id, self.slot.pid

    def _say(self, held: Claim, outcome: Outcome, accepted: bool) -> None:
        if not accepted:
            _LOG.warning(
                "job=%s event=late token=%d status=%s", held.id, held.token, outcome.status
            )
        elif outcome.status == "failed":
            lines = (outcome.error or "").strip().splitlines() or [""]
            _LOG.warning(
                "job=%s task=%s status=failed reason=%s error=%r",
                held.id,
                held.task,
                outcome.reason,
                # A traceback says it last, all else first.
                lines[-1 if outcome.reason == "exception" else 0],
            )
        else:
            _LOG.info("job=%s task=%s status=%s", held.id, held.task, outcome.status)

    def _count(self) -> None:
        self.task_count += 1
        if self.max_tasks and self.task_count >= self.max_tasks:
            raise WorkerRecycle

    def _note(self, held: Claim, fraction: float, message: str | None, meta: str | None) -> None:
        try:
            note_progress(self._jobs, held, fraction, message, meta)
        except Exception as error:  # noqa: BLE001 - a word about progress is not worth the job
            _LOG.warning("job=%s event=progress_not_written error=%r", held.id, str(error))

    def _note_child(self, held: Claim, pid: int) -> None:
        """A child was replaced since the claim."""
        try:
            note_pid(self._jobs, held, pid)
        except DrawscapeError as error:
            _LOG.warning("job=%s event=pid_not_written error=%r", held.id, str(error))

    def shutdown(self) -> None:
        """Give back what was claimed and not begun, end the child, then do as huey does."""
        self._baton.lay_down()
        try:
            if self._next is not None:
                give_back(self._jobs, self._next, begun=False)
                self._next = None
        except DrawscapeError as error:
            _LOG.error("event=give_back_failed error=%r", str(error))
        self.slot.close()
        super().shutdown()
        self._jobs.close()
        self.gone.set()


def _unforeseen(what: str, error: Exception) -> Outcome:
    """What is written of a job when its own outcome cannot be: in plain ASCII, which always can."""
    return Outcome(
        "failed", "crashed", error=f"{what}: {type(error).__name__}: {str(error)[:2000]!a}"
    )
