"""huey's consumer with workers that run jobs in child processes."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from huey.constants import WORKER_THREAD
from huey.consumer import Consumer, Scheduler, Worker, WorkerRecycle

from drawscape.errors import DrawscapeError
from drawscape.queue.child import ChildSettings
from drawscape.queue.claiming import acknowledge, claim, give_back, note_pid, note_progress
from drawscape.queue.doorbell import Doorbell
from drawscape.queue.ids import new_id
from drawscape.queue.liveness import WorkerInfo, announce, forget_dead, retire
from drawscape.queue.memory import memory_limit_bytes
from drawscape.queue.pruning import prune
from drawscape.queue.recovery import recover
from drawscape.queue.rows import Claim, Outcome
from drawscape.queue.slot import Interrupted, Slot, SlotSettings

_LOG = logging.getLogger("drawscape.worker")

_IDLE_S = 1.0  # the doorbell wakes; this is for the case that it cannot
_ACKNOWLEDGE_PAUSE_S = 0.25
_PRUNE_S = 600.0
_LEAVE_S = 10.0


class JobWorker(Worker):  # type: ignore[misc]
    """One thread, one slot: claims a job, has its child run it, acknowledges, claims the next."""

    def __init__(self, consumer: JobConsumer, **options: Any) -> None:
        super().__init__(**options)
        self._consumer = consumer
        self._jobs = self.huey.storage.jobs
        self._next: Claim | None = None
        self._native_turn = False
        self.gone = threading.Event()
        """Set at the very end: Python 3.11 takes a thread for ended when Ctrl-C interrupts its join."""
        self.slot = Slot(consumer.slot_settings, self._note, self._note_child)

    def initialize(self) -> None:
        """Start the child, then do as huey does."""
        super().initialize()
        self._warm_up()

    def _warm_up(self) -> None:
        """A child that cannot start now is tried again with the next job, which then tells why."""
        try:
            self.slot.warm_up()
        except (TimeoutError, OSError):
            _LOG.exception("event=child_start_failed")

    def loop(self, now: Any = None) -> None:
        """Run one job or one native task, or wait until there is one."""
        heard = self._consumer.doorbell.rings
        turn = self._native_turn
        try:
            held = self._next or self._claim()
        except DrawscapeError as error:
            _LOG.error("event=claim_failed error=%r", str(error))
            self.stop_flag.wait(_ACKNOWLEDGE_PAUSE_S)
            return
        self._next = None
        if held is not None:
            self._work(held)
        elif not self._run_native(now) and not turn:
            self._warm_up()
            self._consumer.doorbell.wait(heard, _IDLE_S)

    def _claim(self) -> Claim | None:
        if self._native_turn:  # jobs and native tasks take turns when both wait
            self._native_turn = False
            return None
        with self._jobs.translated():
            waiting = self._jobs.connection.execute(
                "select 1 from job where queue = ? and status = 'queued' limit 1", (self.huey.name,)
            ).fetchone()
        if not waiting:
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
            first = (outcome.error or "").strip().rpartition("\n")[2]
            _LOG.warning(
                "job=%s task=%s status=failed reason=%s error=%r",
                held.id,
                held.task,
                outcome.reason,
                first,
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
        try:
            if self._next is not None:
                give_back(self._jobs, self._next)
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


class JobScheduler(Scheduler):  # type: ignore[misc]
    """huey's scheduler, which also tidies the job table now and then."""

    _prune_at = time.monotonic() + 60.0

    def loop(self, now: Any = None) -> None:
        """Do as huey does, then prune when it is time."""
        super().loop(now)
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + _PRUNE_S
            try:
                prune(self.huey.storage.jobs, self.huey.storage.folder)
            except DrawscapeError as error:
                _LOG.error("event=prune_failed error=%r", str(error))


class JobConsumer(Consumer):  # type: ignore[misc]
    """A consumer that says it is alive by a lock, and takes over the jobs of those that are not."""

    worker_class = JobWorker
    scheduler_class = JobScheduler

    def __init__(self, huey: Any, **options: Any) -> None:
        asked = options.get("worker_type", WORKER_THREAD)
        if asked != WORKER_THREAD:
            _LOG.warning(
                "event=worker_type asked=%s used=thread note='every job runs in a child process'",
                asked,
            )
        options["worker_type"] = WORKER_THREAD
        self.worker_id = new_id()
        self.leaving = False
        storage = huey.storage
        self._folder: Path = storage.folder
        self._locks = self._folder / "workers"
        self.slot_settings = SlotSettings(
            self._folder / "logs",
            self._folder / "previews",
            ChildSettings(
                home=os.fspath(huey.home),
                key=huey.serializer.codec.key,
                task_modules=huey.task_modules,
                previews=os.fspath(self._folder / "previews"),
                memory_limit_bytes=memory_limit_bytes(),
            ),
        )
        self.doorbell = Doorbell(
            storage.watched, huey.name, self.worker_id, on_stop=self._stop_job, chores=self._recover
        )
        super().__init__(huey, **options)

    def _create_worker(self) -> JobWorker:
        return JobWorker(
            self,
            huey=self.huey,
            stop_flag=self.stop_flag,
            default_delay=self.default_delay,
            max_delay=self.max_delay,
            backoff=self.backoff,
            max_tasks=self.max_tasks,
        )

    def start(self) -> None:
        """Announce this worker, take over what dead ones left, start the threads."""
        for name in ("logs", "previews"):
            (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("output", "output/postcards"):
            (Path(self.huey.home) / name).mkdir(parents=True, exist_ok=True)
        self.huey.storage.conn  # noqa: B018 - makes the tables before anyone looks at them
        info = WorkerInfo(self.worker_id, os.getpid(), self.workers, self.huey.name, time.time())
        announce(self._locks, info)
        _LOG.info(
            "worker=%s event=started slots=%d home=%s", self.worker_id, self.workers, self.huey.home
        )
        self._recover()
        forget_dead(self._locks)
        super().start()
        self.doorbell.start()

    def _recover(self) -> None:
        try:
            if recover(self.huey.storage.watched, self._locks):
                self.doorbell.ring()
        except DrawscapeError as error:
            _LOG.error("event=recovery_failed error=%r", str(error))

    def _stop_job(self, seq: int, token: int, grace_s: float) -> None:
        for worker, _ in self.worker_threads:
            worker.slot.stop(seq, token, grace_s)

    def stop(self, graceful: bool = False) -> None:
        """Stop as huey does; jobs that are cut short go back to the queue."""
        self.stop_flag.set()
        self.doorbell.ring()
        _LOG.info("worker=%s event=stopping graceful=%s", self.worker_id, graceful)
        super().stop(graceful)
        self.doorbell.stop()
        retire(self._locks, self.worker_id)
        _LOG.info("worker=%s event=stopped", self.worker_id)

    def _interrupt_workers(self) -> None:
        self.leaving = True
        for worker, _ in self.worker_threads:
            worker.slot.interrupt()
        deadline = time.monotonic() + _LEAVE_S
        for worker, _ in self.worker_threads:
            worker.gone.wait(max(deadline - time.monotonic(), 0))
