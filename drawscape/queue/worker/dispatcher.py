"""The thread that runs a worker's jobs: it claims for all slots, watches their children, acknowledges.

One thread for all, for several would fight over Python's lock and SQLite's pages at each commit. What has
ended at the same moment is acknowledged in one transaction, and each slot gets its next job in it.

A slot is a warm child process, and the job that it runs now.

    EMPTY -> STARTING -> IDLE -> RUNNING --(request to stop, time limit)--> ENDING --(grace over)--> killed

An answer or the child's death ends a run in any state; from ENDING on, the worker's verdict counts. A slot
never waits: the dispatcher calls `attend` when something has come, and when `due_at` is over.
"""

import contextlib
import logging
import math
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import Any

from drawscape import clock
from drawscape.errors import DrawscapeError
from drawscape.queue.engines.engine import Engine, ValueRefused
from drawscape.queue.row import Claim, ClaimRequest, Outcome
from drawscape.queue.store import acknowledge, give_back, refuse
from drawscape.queue.worker.call import ChildSettings
from drawscape.queue.worker.child import ASK_TO_STOP, DONE, DUMP_STACK, READY
from drawscape.queue.worker.child_process import (
    ChildProcess,
    ChildStartError,
    Lease,
    describe_death,
)

_CHILDREN_PER_JOB = 3  # one with old code ends; edits that race with each other end in a run
_NEVER_BEGUN = (
    f"{_CHILDREN_PER_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)
_START_LIMIT_S = 60.0  # importing a large project may take seconds
_LOOK_S = 0.1  # how often memory is measured, and others see what was printed; most jobs have ended by then
_DUMP_WAIT_S = 0.1  # what the stack of a stuck child may take to arrive
_LOG_CHUNKS = 16  # of 64 KiB at once: a child may print faster than we write

CAP_BYTES = 1_048_576
_TAIL_BYTES = 65_536
_ROW_BYTES = 16_384
_BYTES_A_S = 1_000_000
_NEVER = 2**62

_LOG = logging.getLogger("huey.drawscape")


class JobLog:
    """The growing log of one run; that of a later run goes on where the earlier ones ended."""

    def __init__(self, engine: Engine, held: Claim) -> None:
        self._engine = engine
        self._held = held
        self._data = bytearray()
        self._start = 0  # where the log lies that `_data` begins with
        self._row = 0  # and where the row begins that grows
        self._written = 0
        self.due_at = 0.0
        """When it may be written again, in monotonic seconds."""
        self._is_placed = held.token == 1

    @property
    def end(self) -> int:
        """How much was printed, for `since`."""
        return self._start + len(self._data)

    def write(self, data: bytes) -> None:
        """Add `data`; of what exceeds twice the cap the last `CAP_BYTES` stay."""
        self._data += data
        if len(self._data) > 2 * CAP_BYTES:
            gone = len(self._data) - CAP_BYTES
            del self._data[:gone]
            self._start += gone
            self._row = max(self._row, self._start)

    def flush(self) -> None:
        """Let others see it: write the row that grows; when it is full the next begins behind it."""
        if self._written == self.end:
            return
        engine = self._engine
        if not self._is_placed:
            rows = engine.read(engine.LOG_ROWS, id=self._held.id, position=_NEVER)
            before = int(rows[-1][0] + rows[-1][2]) if rows else 0
            self._start, self._row, self._written = self._start + before, self._row + before, before
            self._is_placed = True
        data = bytes(self._data[self._row - self._start :])
        self.due_at = time.monotonic() + len(data) / _BYTES_A_S
        engine.write(engine.WRITE_LOG, **self._held.key, position=self._row, data=data)
        if self.end > CAP_BYTES:
            engine.write(engine.CUT_LOG, id=self._held.id, position=self.end - CAP_BYTES)
        self._written = self.end
        if len(data) >= _ROW_BYTES:
            self._row = self.end

    def since(self, mark: int) -> str:
        """Return what was written after `mark`, at most 64 KiB of it."""
        return self._data[max(0, mark - self._start) :][-_TAIL_BYTES:].decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        return "\n".join(self.since(0).splitlines()[-count:])


class State(Enum):
    """What a slot's child does."""

    EMPTY = auto()
    """There is none."""
    STARTING = auto()
    IDLE = auto()
    RUNNING = auto()
    """Within its time, and nobody wants it to stop."""
    ENDING = auto()
    """Asked to stop; it may use its grace, and is killed then."""


_AT_WORK = frozenset({State.RUNNING, State.ENDING})


class Slot:
    """Runs one job after another in a child; `claim` is the present one, `outcome` how it ended.

    `attend` and `run` raise ChildStartError when no child could be started.
    """

    def __init__(
        self, settings: ChildSettings, engine: Engine, lease: Lease, *, is_kept_free: bool
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._lease = lease
        self.is_kept_free = is_kept_free
        """Whether it leaves jobs of a priority below 0 to the other slots."""
        self.state = State.EMPTY
        self.claim: Any = None  # a Claim
        self.outcome: Outcome | None = None
        self.retry_at = 0.0
        """When to write the outcome again that could not be written, in monotonic seconds."""
        self.asked_at = 0.0
        """When the worker asked for the claim, in seconds since the machine was started."""
        self.claimed_at = 0.0
        """When the claim was answered, by the same clock: from then on the server knows of it."""
        self.is_lost = False
        """Whether the job is to go back to the queue: it may be another worker's by now."""
        self._child: Any = None  # a ChildProcess in all states but EMPTY
        self._unwritten: dict[str, Any] = {}
        self._limit_at = math.inf  # of the present state, in monotonic seconds
        self._look_at = math.inf

    @property
    def key(self) -> tuple[str, int] | None:
        """Id and token of the present claim."""
        claim = self.claim
        return None if claim is None else (claim.id, claim.token)

    @property
    def pid(self) -> int:
        return int(self._child.pid)

    @property
    def descriptors(self) -> tuple[int, ...]:
        return () if self._child is None else self._child.descriptors

    @property
    def due_at(self) -> float:
        """When there is something to do though nothing comes, in monotonic seconds."""
        return min(self._limit_at, self._look_at)

    def start(self) -> None:
        self._child = ChildProcess(self._settings, self._lease.line)
        self._enter(State.STARTING, _START_LIMIT_S)

    def _enter(self, state: State, limit_s: float = math.inf) -> None:
        self.state, self._limit_at = state, time.monotonic() + limit_s

    def run(self, claim: Claim, asked_at: float) -> None:
        self.claim, self.asked_at = claim, asked_at
        self._log = JobLog(self._engine, claim)
        self._tries = 0
        self._verdict: Any = None  # status and reason, from ENDING on
        self._mark = 0
        self._previewed = claim.token > 1
        self._hand_over()

    def _hand_over(self) -> None:
        child, claim = self._child, self.claim
        if not self._lease.may_run(self.asked_at):
            self.is_lost = True
            return
        if child.pid != claim.pid:
            self._write(self._engine.PID, pid=child.pid)
        try:
            child.send(claim)
        except OSError:  # it died between two jobs: nobody's fault, and nothing has begun
            self._try_another()
            return
        self._enter(State.RUNNING, math.inf if claim.timeout_s is None else claim.timeout_s)
        self._look_at = time.monotonic() + _LOOK_S

    def release(self) -> Claim | None:
        """Return the claim, which the slot has no more; its child ends if it is at work on it."""
        claim: Claim | None = self.claim
        self.claim, self.outcome, self.is_lost, self.retry_at = None, None, False, 0.0
        if self.state in _AT_WORK:
            self.close()
        return claim

    def close(self) -> None:
        """End the present child."""
        if self._child is not None:
            self._child.end()
            self._child.close()
            self._child = None
        self._unwritten = {}
        self._enter(State.EMPTY)
        self._look_at = math.inf

    def kill(self) -> None:
        """Kill the child, from any thread: the process is about to leave and would wait for it."""
        if (child := self._child) is not None:
            child.kill()

    def attend(self, ready: set[int]) -> None:
        """Take what has come, and do what is due."""
        if self._child is not None:
            messages, log, death = self._child.descriptors
            if log in ready:
                self._copy_log()
            if messages in ready:
                self._receive()
            elif death in ready:
                self._died()
        now = time.monotonic()
        if now >= self._look_at:
            self._look(now)
        if now >= self._limit_at:
            self._limit_is_over()

    def stop(self, grace_s: float) -> None:
        """Ask the job to stop.

        Called again and again until the job has ended, with the strictest request that the table has. A
        later one may only bring the end nearer.
        """
        if self.state is State.RUNNING:
            self._verdict = "stopped", None
            self._begin_grace(grace_s)
        elif self.state is State.ENDING:
            self._limit_at = min(self._limit_at, time.monotonic() + grace_s)

    def lose(self) -> None:
        """Note that the job, if it has not ended, is no longer this worker's."""
        self.is_lost |= self.outcome is None

    def _receive(self) -> None:
        try:
            received = self._child.receive()
        except EOFError:
            self._died()
            return
        for kind, *content in received:
            if kind == READY:
                self._enter(State.IDLE)
                if self.claim is not None:
                    self._hand_over()
            elif self.state not in _AT_WORK or content[0] != self._child.mark:
                continue  # of an earlier job, by a process that it has forked
            elif kind == DONE:
                self._answered(content)
            else:
                self._unwritten |= content[1]
        self._write_progress()

    def _copy_log(self) -> None:
        child = self._child
        for _ in range(_LOG_CHUNKS):
            data = b"" if child is None else child.read_log()
            if data and self.claim is not None:
                self._log.write(data)
            if len(data) < 65_536:
                break

    def _write_progress(self) -> None:
        """Write how far the job is; what is not written is tried again at the next look."""
        if not self._unwritten:
            return
        engine, claim = self._engine, self.claim
        values = {"message": None, "meta": None, **self._unwritten, **claim.key}
        try:
            if "picture" in values:
                engine.write(engine.WRITE_PREVIEW, **values)
                self._previewed = True
            if not engine.write(engine.PROGRESS, **values):
                self.is_lost = True
        except DrawscapeError:
            return
        except Exception as error:  # noqa: BLE001 - progress is not worth the job
            _LOG.warning("job=%s event=progress_not_written error=%r", claim.id, str(error))
        self._unwritten = {}

    def _write(self, statement: str, **values: Any) -> None:
        try:
            self._engine.write(statement, **{**self.claim.key, **values})
        except DrawscapeError as error:
            _LOG.warning("job=%s event=not_written error=%r", self.claim.id, str(error))

    def _look(self, now: float) -> None:
        if self.state is State.RUNNING:
            self._child.sample_peak()
        self._look_at = now + _LOOK_S
        if now >= self._log.due_at:
            with contextlib.suppress(DrawscapeError):  # it is tried again
                self._log.flush()
        self._write_progress()

    def _limit_is_over(self) -> None:
        if self.state is State.STARTING:
            raise ChildStartError(f"it did not start within {_START_LIMIT_S:g} s")
        child, claim = self._child, self.claim
        if self.state is State.RUNNING:
            self._verdict, self._mark = ("failed", "timeout"), self._log.end
            child.signal(DUMP_STACK)
            self._begin_grace(claim.grace_s or 0.0)
            self._limit_at = max(self._limit_at, time.monotonic() + _DUMP_WAIT_S)
        elif self.state is State.ENDING:
            child.kill()
            self._limit_at = math.inf

    def _begin_grace(self, grace_s: float) -> None:
        self._enter(State.ENDING, grace_s)
        if grace_s > 0:
            self._child.signal(ASK_TO_STOP)

    def _try_another(self) -> None:
        self.close()
        self._tries += 1
        if self._tries < _CHILDREN_PER_JOB:
            self.start()
        else:
            self._end(Outcome("failed", "crashed", error=_NEVER_BEGUN))

    def _end(self, outcome: Outcome, *, is_reusable: bool = False) -> None:
        self._write_progress()
        self._unwritten = {}
        if self._previewed and outcome.status == "finished":
            self._write(self._engine.DROP_PREVIEW)
        try:
            self._log.flush()
        except DrawscapeError as error:
            _LOG.warning("event=log_not_written job=%s error=%r", self.claim.id, str(error))
        if is_reusable:
            self._enter(State.IDLE)
            self._look_at = math.inf
        else:
            self.close()
        self.outcome = outcome

    def _answered(self, content: list[Any]) -> None:
        _, is_reusable, *ended = content
        outcome = Outcome(*ended)
        detail = outcome.detail or {}
        if self._verdict is not None:  # it answered within its grace; its process goes all the same
            self._judge(detail.get("stack"))
            return
        if outcome.status != "finished":
            outcome = outcome._replace(detail={**detail, "log": self._log.last_lines()})
        # After a MemoryError nothing in that process is to be trusted.
        self._end(outcome, is_reusable=is_reusable and outcome.reason != "crashed")

    def _judge(self, stack: str | None = None) -> None:
        child, claim = self._child, self.claim
        status, reason = self._verdict
        stack = stack or self._log.since(self._mark)
        error = None
        if reason == "timeout":
            error = f"timed out after {claim.timeout_s:g} s\n{stack}".rstrip()
        detail = {"log": self._log.last_lines(), "stack": stack}
        self._end(Outcome(status, reason, None, error, detail, child.peak_kb))

    def _died(self) -> None:
        """The child is gone without an answer: because we killed it, or by its own doing.

        When it had not begun the job is not to blame, and another child runs it.
        """
        self._limit_at = math.inf
        code = self._child.end()
        if self.state is State.STARTING:
            raise ChildStartError(f"it ended while starting (exit code {code})")
        if self.state is State.IDLE:
            self.close()
        elif not self._lease.may_run(self.asked_at):
            self.is_lost = True
        elif self._verdict is None and not self._child.has_begun():
            self._try_another()
        else:
            self._copy_log()
            if self._verdict is not None:
                self._judge()
                return
            error, detail = describe_death(code, self._log.last_lines(60), self._child.peak_kb)
            detail["log"] = self._log.last_lines()
            self._end(Outcome("failed", "crashed", None, error, detail, self._child.peak_kb))


_ORDINARY = 0
"""The priority below which jobs wait for a slot that is not kept free of them, such as a sheet's."""

CLAIM_LIMIT_S = 5.0
"""An answer that comes later is not used: the job may have been released as one that nobody runs."""

_IDLE_S = 1.0  # others wake us; this is for the case that they cannot
_RETRY_PAUSE_S = 0.25  # after a claim or an acknowledgement that failed
_START_PAUSE_S = 1.0  # after a child that could not be started


class Dispatcher:
    """Runs jobs in `count` slots until `stopping` is set and what runs has ended, or until `leave`."""

    def __init__(
        self,
        engine: Engine,
        request: ClaimRequest,
        settings: ChildSettings,
        lease: Lease,
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
        self._watched: list[tuple[int, ...]] = []
        self._poll = select.poll()
        self._may_claim = True
        self._start_at = self._claim_at = 0.0
        self.gone = threading.Event()
        """Set at the very end: Python 3.11 takes a thread for ended when Ctrl-C interrupts its join."""
        self.thread = threading.Thread(target=self._run, name="Jobs", daemon=True)

    # From other threads

    def wake(self) -> None:
        """Say that there may be a job to claim."""
        with contextlib.suppress(OSError):
            os.write(self._wakes[1], b"!")

    def stop(self, job_id: str, token: int, grace_s: float) -> None:
        """Ask to stop the job of that claim, if it runs here."""
        self._call((job_id, token), lambda slot: slot.stop(grace_s))

    def lose(self, job_id: str, token: int) -> None:
        """Say that the job of that claim is no longer this worker's: its child is to end."""
        self._call((job_id, token), Slot.lose)

    def leave(self) -> None:
        """End what runs, and give it back."""
        self._leaving = True
        self.wake()

    def _call(self, key: tuple[str, int], step: Callable[[Slot], object]) -> None:
        self._calls.append(lambda: [step(slot) for slot in self._slots if slot.key == key])
        self.wake()

    def kill(self) -> None:
        """Kill what is left of the children: multiprocessing would wait for them at the exit."""
        for slot in self._slots:
            slot.kill()

    @property
    def holds(self) -> dict[tuple[str, int], float]:
        """Id and token of the jobs that run, and when each was claimed (see `Slot.claimed_at`)."""
        held = [(slot.key, slot.claimed_at) for slot in self._slots]
        return {key: since for key, since in held if key is not None}

    @property
    def is_idle(self) -> bool:
        """Whether no job runs, and none was found."""
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
        self.gone.set()

    def _step(self) -> None:
        self._start_children()
        self._claim()
        ready = self._await()
        for slot in self._slots:
            found = ready.intersection(slot.descriptors)
            if found or slot.due_at <= time.monotonic():
                before = slot.state
                self._guarded(slot, partial(slot.attend, found))
                self._may_claim |= before is State.STARTING and slot.state is State.IDLE
            if slot.is_lost:
                self._give_back(slot)
        self._acknowledge()

    def _await(self) -> set[int]:
        """Return the descriptors with something to read, once there are any or something is due."""
        watched = [slot.descriptors for slot in self._slots]
        if watched != self._watched:
            self._watched, self._poll = watched, select.poll()
            for descriptor in (self._wakes[0], *(one for many in watched for one in many)):
                self._poll.register(descriptor, select.POLLIN)
        due = [slot.due_at if slot.outcome is None else slot.retry_at for slot in self._slots]
        if any(slot.state is State.EMPTY for slot in self._slots):
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
        """Take a step of a slot; whatever is wrong harms its own job alone."""
        try:
            step()
        except ChildStartError as error:
            slot.close()
            self._give_back(slot, begun=False)
            self._start_at = time.monotonic() + _START_PAUSE_S
            _LOG.error("event=child_start_failed error=%r", str(error))
            trouble = f"it cannot start a child process ({str(error)[:400]})"
            self._engine.workers.note_trouble(self._request.worker, trouble)
        except Exception as error:  # noqa: BLE001 - as above
            _LOG.exception("job=%s event=run_failed", slot.claim and slot.claim.id)
            slot.close()
            if slot.claim is not None:
                slot.outcome = _unforeseen("its worker could not run it", error)

    # Children; without one no job is claimed, so none is lost or blamed

    def _start_children(self) -> None:
        for slot in self._slots:
            if slot.state is State.EMPTY and slot.outcome is None and not self._stopping.is_set():
                if time.monotonic() < self._start_at:
                    return
                self._guarded(slot, slot.start)
            elif slot.state is State.IDLE and self._start_at:
                self._start_at = 0.0
                self._engine.workers.note_trouble(self._request.worker, None)

    def _free(self, ended: Sequence[Slot] = ()) -> list[Slot]:
        """Return the slots that may have a job once those that `ended` are acknowledged."""
        if self._stopping.is_set():
            return []
        idle = [slot for slot in self._slots if slot.state is State.IDLE]
        return [slot for slot in idle if slot.claim is None or slot in ended]

    def _request_of(self, slot: Slot) -> ClaimRequest:
        request = self._request._replace(pid=slot.pid)
        return request._replace(lowest=_ORDINARY) if slot.is_kept_free else request

    def _claim(self) -> None:
        if not self._may_claim or time.monotonic() < self._claim_at:
            return
        for slot in self._free():
            asked_at = clock.boot_s()
            try:
                found = self._engine.claim(self._request_of(slot))
            except DrawscapeError as error:
                _LOG.error("event=claim_failed error=%r", str(error))
                self._claim_at = time.monotonic() + _RETRY_PAUSE_S
                return
            if found is None:
                break  # nor is there one for the slot that is kept free, which is the last
            self._begin(slot, found, asked_at)
        self._may_claim = False

    def _begin(self, slot: Slot, found: Claim, asked_at: float) -> None:
        slot.claimed_at = clock.boot_s()  # first, for the thread that renews the lease reads both
        slot.claim = found
        if self._engine.is_server and clock.boot_s() - asked_at > CLAIM_LIMIT_S:
            self._give_back(slot, begun=False)
        else:
            self._guarded(slot, lambda: slot.run(found, asked_at))

    def _acknowledge(self) -> None:
        """Write the outcomes, however long the disk is full or the file locked, and claim the next jobs."""
        now = time.monotonic()
        due = (one for one in self._slots if one.outcome is not None and now >= one.retry_at)
        ended = [*filter(self._has_code_for, due)]
        if not ended:
            return
        if self._engine.is_server or not self._write(ended, self._free(ended)):
            for slot in ended:  # one of several may be to blame
                self._write([slot], [])

    def _write(self, ended: list[Slot], free: list[Slot]) -> bool:
        pairs = [(slot.claim, slot.outcome) for slot in ended if slot.claim and slot.outcome]
        requests, asked_at = [self._request_of(slot) for slot in free], clock.boot_s()
        try:
            accepted, claims = acknowledge(self._engine, pairs, requests)
        except Exception as error:  # noqa: BLE001 - a locked file, or values that the engine does not take
            if len(ended) > 1:
                return False
            _LOG.error("job=%s event=acknowledge_failed error=%r", pairs[0][0].id, error)
            if isinstance(error, ValueRefused) or not isinstance(error, DrawscapeError):
                ended[0].outcome = _unforeseen("the queue does not take its outcome", error)
            ended[0].retry_at = time.monotonic() + _RETRY_PAUSE_S
            return True
        for slot, pair, was_accepted in zip(ended, pairs, accepted, strict=True):
            slot.release()
            _log_end(*pair, was_accepted)
        self._may_claim |= not claims  # nobody was asked yet
        for slot, found in zip(free, claims, strict=False):
            if found is not None:
                self._begin(slot, found, asked_at)
        return True

    def _has_code_for(self, slot: Slot) -> bool:
        """Return whether to write an outcome; else the job has gone back to who has its code."""
        claim, outcome = slot.claim, slot.outcome
        if claim and outcome and (outcome.detail or {}).get("refused"):
            slot.outcome = refuse(self._engine, claim, outcome)
            if slot.outcome is None:
                slot.release()
                return False
        return True

    def _give_back(self, slot: Slot, *, begun: bool = True) -> None:
        if (claim := slot.release()) is None:
            return
        try:
            event = "given_back" if give_back(self._engine, claim, begun=begun) else "late"
            _LOG.warning("job=%s event=%s token=%d", claim.id, event, claim.token)
        except DrawscapeError as error:
            _LOG.error("job=%s event=give_back_failed error=%r", claim.id, str(error))


def _unforeseen(what: str, error: Exception) -> Outcome:
    """What is written of a job when its own outcome cannot be: in plain ASCII, which always can."""
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
            # A traceback names the error last, all else first.
            lines[-1 if outcome.reason == "exception" else 0],
        )
    else:
        _LOG.info("job=%s task=%s status=%s", claim.id, claim.task, outcome.status)
