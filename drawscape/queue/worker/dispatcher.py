"""The thread that runs a worker's jobs: it claims for all slots, watches their children, acknowledges.

One thread serves all slots: several would compete for Python's lock, and for SQLite's pages at each commit.
On SQLite the transaction that acknowledges a job also claims the slot's next one.
"""

import contextlib
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from drawscape import clock
from drawscape.errors import DrawscapeError
from drawscape.queue.acknowledgement import acknowledge, give_back
from drawscape.queue.claim import Claim, ClaimRequest, Outcome
from drawscape.queue.engines.engine import ClaimKey, Engine, ValueRefused
from drawscape.queue.worker.child_process import ChildStartError
from drawscape.queue.worker.lease import ChildLease
from drawscape.queue.worker.slot import Slot, SlotState
from drawscape.queue.worker.task_caller import ChildSettings

_LOG = logging.getLogger("huey.drawscape")

_ORDINARY = 0
"""One slot is kept free of jobs below this priority, such as a contact sheet's."""

CLAIM_LIMIT_S = 5.0
"""A later answer is not used: the job may have been released because no slot knew it."""

_IDLE_S = 1.0  # used if no other thread can wake this one
_RETRY_PAUSE_S = 0.25  # after a claim or an acknowledgement that failed
_START_PAUSE_S = 1.0  # after a child that could not be started


class Dispatcher:
    """Runs jobs in `count` slots until `stopping` is set and running jobs have ended, or until `leave`."""

    def __init__(
        self,
        engine: Engine,
        request: ClaimRequest,
        settings: ChildSettings,
        lease: ChildLease | None,
        count: int,
        stopping: threading.Event,
    ) -> None:
        self._engine = engine
        self._request = request
        self._stopping = stopping
        self._leaving = False
        self._slots = [
            Slot(settings, engine, lease, is_kept_free=count > 1 and number == count - 1)
            for number in range(count)
        ]
        self._calls: deque[Callable[[], object]] = deque()
        self._wakes = os.pipe()
        for end in self._wakes:
            os.set_blocking(end, False)
        self._watched: list[dict[int, int]] = []
        self._poll = select.poll()
        self._may_claim = True
        self._trouble: str | None = None
        self._start_at = self._claim_at = 0.0
        self.thread = threading.Thread(target=self._run, name="Jobs", daemon=True)

    # From other threads

    def wake(self) -> None:
        """Report that there may be a job to claim."""
        with contextlib.suppress(OSError):
            os.write(self._wakes[1], b"!")

    def stop(self, job_id: str, token: int, grace_s: float) -> None:
        """Ask to stop the job of that claim, if it runs here."""
        self._call((job_id, token), lambda slot: slot.stop(grace_s))

    def lose(self, job_id: str, token: int) -> None:
        """End the child of a job that another worker may have by now."""
        self._call((job_id, token), Slot.lose)

    def leave(self) -> None:
        """End running jobs, and put them back into the queue."""
        self._leaving = True
        self.wake()

    def _call(self, key: ClaimKey, step: Callable[[Slot], object]) -> None:
        self._calls.append(lambda: [step(slot) for slot in self._slots if slot.key == key])
        self.wake()

    def kill(self) -> None:
        """Kill the remaining children; multiprocessing would wait for them at exit."""
        for slot in self._slots:
            slot.kill()

    @property
    def holds(self) -> dict[ClaimKey, float]:
        """Id and token of the jobs that run, and when each was claimed (see `Slot.claimed_at`)."""
        held = [(slot.key, slot.claimed_at) for slot in self._slots]
        return {key: since for key, since in held if key is not None}

    @property
    def is_idle(self) -> bool:
        """Whether no job runs and none was found."""
        return not self._may_claim and all(slot.claim is None for slot in self._slots)

    @property
    def has_room(self) -> bool:
        return any(slot.claim is None for slot in self._slots)

    # The thread

    def _run(self) -> None:
        while not self._leaving and not (self._stopping.is_set() and not self.holds):
            try:
                self._step()
            except Exception:  # noqa: BLE001 - a thread that died would keep its jobs for ever
                _LOG.exception("event=dispatch_failed")
                time.sleep(_RETRY_PAUSE_S)
        for slot in self._slots:
            slot.retry_at = 0.0
        self._acknowledge()
        for slot in self._slots:
            self._give_back(slot)
            slot.close()
        self._engine.close()

    def _step(self) -> None:
        self._start_children()
        self._claim()
        ready = self._await()
        for slot in self._slots:
            found = ready & slot.polled.keys()
            if found or slot.due_at <= time.monotonic():
                before = slot.state
                self._guarded(slot, partial(slot.attend, found))
                if before is SlotState.STARTING and slot.state is SlotState.IDLE:
                    self._may_claim = True
                    self._note_trouble(None)
            if slot.is_lost:
                self._give_back(slot)
        self._acknowledge()

    def _await(self) -> set[int]:
        """Return the descriptors with data, once there are any or something is due."""
        watched = [slot.polled for slot in self._slots]
        if watched != self._watched:
            self._watched, self._poll = watched, select.poll()
            self._poll.register(self._wakes[0], select.POLLIN)
            for polled in watched:
                for descriptor, events in polled.items():
                    self._poll.register(descriptor, events)
        due = [slot.due_at if slot.outcome is None else slot.retry_at for slot in self._slots]
        if any(slot.state is SlotState.EMPTY for slot in self._slots):
            due.append(self._start_at)
        wait_s = min(_IDLE_S, max(0.0, min(due) - time.monotonic()))
        ready = {descriptor for descriptor, _ in self._poll.poll(wait_s * 1000)}
        if self._wakes[0] in ready or wait_s == _IDLE_S:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakes[0], 4096)
            self._may_claim = True
            while self._calls:
                self._calls.popleft()()
        return ready

    def _guarded(self, slot: Slot, step: Callable[[], object]) -> None:
        """Run a step of a slot; an error ends only the job of that slot."""
        try:
            step()
        except ChildStartError as error:
            slot.close()
            self._give_back(slot, begun=False)
            self._start_at = time.monotonic() + _START_PAUSE_S
            self._note_trouble(f"it cannot start a child process ({str(error)[:400]})")
            _LOG.error("event=child_start_failed error=%r", str(error))
        except Exception as error:  # noqa: BLE001 - as above
            _LOG.exception("job=%s event=run_failed", slot.claim and slot.claim.id)
            slot.close()
            if slot.claim is not None:
                slot.outcome = _unforeseen("its worker could not run it", error)

    def _note_trouble(self, trouble: str | None) -> None:
        """Note why jobs wait, for those who ask; None: the problem is solved."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._engine.workers.note_trouble(self._request.worker, trouble)

    # Children: without one no job is claimed, so none is lost or blamed

    def _start_children(self) -> None:
        for slot in self._slots:
            if (
                slot.state is SlotState.EMPTY
                and slot.outcome is None
                and not self._stopping.is_set()
            ):
                if time.monotonic() < self._start_at:
                    return
                self._guarded(slot, slot.start)

    def _may_take(self, slot: Slot) -> bool:
        """Return whether the slot may have a job, now or once its last one is acknowledged."""
        return slot.state is SlotState.IDLE and not self._stopping.is_set()

    def _request_of(self, slot: Slot) -> ClaimRequest:
        request = self._request._replace(pid=slot.pid)
        return request._replace(lowest=_ORDINARY) if slot.is_kept_free else request

    def _claim(self) -> None:
        if not self._may_claim or time.monotonic() < self._claim_at:
            return
        for slot in self._slots:
            if slot.claim is not None or not self._may_take(slot):
                continue
            asked_at = clock.boot_s()
            try:
                found = self._engine.claim(self._request_of(slot))
            except DrawscapeError as error:
                _LOG.error("event=claim_failed error=%r", str(error))
                self._claim_at = time.monotonic() + _RETRY_PAUSE_S
                return
            if found is None:
                break  # the last slot, which is kept free, would find none either
            self._begin(slot, found, asked_at)
        self._may_claim = False

    def _begin(self, slot: Slot, found: Claim, asked_at: float) -> None:
        slot.claimed_at = clock.boot_s()  # first: the thread that renews the lease reads both
        slot.claim = found
        if self._engine.is_server and clock.boot_s() - asked_at > CLAIM_LIMIT_S:
            self._give_back(slot, begun=False)
        else:
            self._guarded(slot, lambda: slot.run(found, asked_at))

    def _acknowledge(self) -> None:
        """Write the outcomes, retrying while the disk is full or the file locked, and claim the next jobs."""
        for slot in self._slots:
            if slot.outcome is not None and time.monotonic() >= slot.retry_at:
                self._write(slot, slot.outcome)

    def _write(self, slot: Slot, outcome: Outcome) -> None:
        claim, asked_at = slot.claim, clock.boot_s()
        request = self._request_of(slot) if self._may_take(slot) else None
        try:
            accepted, found = acknowledge(self._engine, claim, outcome, request)
        except Exception as error:  # noqa: BLE001 - a locked file, or values that the engine refuses
            _LOG.error("job=%s event=acknowledge_failed error=%r", claim.id, error)
            if isinstance(error, ValueRefused) or not isinstance(error, DrawscapeError):
                slot.outcome = _unforeseen("the queue does not take its outcome", error)
            slot.retry_at = time.monotonic() + _RETRY_PAUSE_S
            return
        slot.release()
        _log_end(claim, outcome, accepted)
        if found is not None:
            self._begin(slot, found, asked_at)
        elif request is None or self._engine.is_server:
            self._may_claim = True  # no claim was tried yet

    def _give_back(self, slot: Slot, *, begun: bool = True) -> None:
        if (claim := slot.release()) is None:
            return
        try:
            event = "given_back" if give_back(self._engine, claim, begun=begun) else "late"
            _LOG.warning("job=%s event=%s token=%d", claim.id, event, claim.token)
        except DrawscapeError as error:
            _LOG.error("job=%s event=give_back_failed error=%r", claim.id, str(error))


def _unforeseen(what: str, error: Exception) -> Outcome:
    """Return the outcome for a job whose own outcome cannot be written; ASCII text can always be written."""
    text = f"{what}: {type(error).__name__}: {str(error)[:2000]!a}"
    return Outcome("failed", "crashed", error=text)


def _log_end(claim: Claim, outcome: Outcome, accepted: bool) -> None:
    if not accepted:
        _LOG.warning("job=%s event=late token=%d status=%s", claim.id, claim.token, outcome.status)
    elif outcome.status == "failed":
        lines = (outcome.error or "").strip().splitlines() or [""]
        _LOG.warning(
            "job=%s task=%s status=failed reason=%s error=%r",
            claim.id,
            claim.task,
            outcome.reason,
            # A traceback has its error in the last line, other text in the first.
            lines[-1 if outcome.reason == "exception" else 0],
        )
    else:
        _LOG.info("job=%s task=%s status=%s", claim.id, claim.task, outcome.status)
