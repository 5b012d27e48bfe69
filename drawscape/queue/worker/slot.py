"""A slot of a worker: a warm child process, and the job that it runs now.

    EMPTY -> STARTING -> IDLE -> RUNNING --(request to stop, time limit)--> ENDING --(grace over)--> killed

An answer or the child's death ends a run in any state; from ENDING on, the worker's verdict counts. A slot
never waits: the dispatcher calls `attend` when data has arrived, and at `due_at`.
"""

import contextlib
import logging
import math
import select
import time
from enum import Enum, auto
from typing import Any

from drawscape.errors import DrawscapeError
from drawscape.queue.claim import Claim, Outcome
from drawscape.queue.engines.engine import ClaimKey, Engine
from drawscape.queue.snapshot import Reason, Status
from drawscape.queue.worker.child import ASK_TO_STOP, DONE, DUMP_STACK, READY
from drawscape.queue.worker.child_process import ChildProcess, ChildStartError, describe_death
from drawscape.queue.worker.job_log import JobLog
from drawscape.queue.worker.lease import ChildLease
from drawscape.queue.worker.task_caller import ChildSettings

_CHILDREN_PER_JOB = 3  # one with old code ends; even after rapid edits, one of these runs
_NEVER_BEGUN = (
    f"{_CHILDREN_PER_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)
_START_LIMIT_S = 60.0  # importing a large project may take seconds
_CHECK_S = 0.1  # how often the log is written; most jobs have ended by then
_DUMP_BEGINS_S = 2.0  # how long a child on a busy machine may take until its stack begins
_DUMP_ENDS_S = 0.1  # and for the rest, after its first line
_LOG_CHUNKS = 16  # of 64 KiB at once: a child may print faster than we write

_LOG = logging.getLogger("huey.drawscape")


class SlotState(Enum):
    """The state of a slot's child process."""

    EMPTY = auto()
    """No child."""
    STARTING = auto()
    IDLE = auto()
    RUNNING = auto()
    """Within its time, and not asked to stop."""
    ENDING = auto()
    """Asked to stop; it is killed after its grace."""


_AT_WORK = frozenset({SlotState.RUNNING, SlotState.ENDING})


class Slot:
    """Runs one job after another in a child; `claim` is the present one, `outcome` how it ended.

    Without a `lease` the worker lives as long as its process, and its jobs may run.
    `attend` and `run` raise ChildStartError when no child could be started.
    """

    def __init__(
        self,
        settings: ChildSettings,
        engine: Engine,
        lease: ChildLease | None,
        *,
        is_kept_free: bool,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._lease = lease
        self.is_kept_free = is_kept_free
        """Whether it leaves jobs of a priority below 0 to the other slots."""
        self.state = SlotState.EMPTY
        self.claim: Any = None  # a Claim
        self.outcome: Outcome | None = None
        self.retry_at = 0.0
        """When to retry an outcome that could not be written, in monotonic seconds."""
        self.asked_at = 0.0
        """When the worker asked for the claim, in seconds since the machine was started."""
        self.claimed_at = 0.0
        """When the claim was answered, by the same clock: from then on the server knows it."""
        self.is_lost = False
        """Whether the job must go back to the queue: it may be another worker's by now."""
        self._child: Any = None  # a ChildProcess in all states but EMPTY
        self._unwritten: dict[str, Any] = {}
        self._limit_at = math.inf  # of the present state, in monotonic seconds
        self._check_at = math.inf

    @property
    def key(self) -> ClaimKey | None:
        """Id and token of the present claim."""
        claim = self.claim
        return None if claim is None else (claim.id, claim.token)

    @property
    def pid(self) -> int:
        return int(self._child.pid)

    @property
    def polled(self) -> dict[int, int]:
        """What to poll: descriptors with their events, room for the rest of a partly sent job among them."""
        if self._child is None:
            return {}
        polled = dict.fromkeys(self._child.descriptors, select.POLLIN)
        if self._child.channel.unsent:
            polled[self._child.channel.descriptor] |= select.POLLOUT
        return polled

    @property
    def due_at(self) -> float:
        """When there is something to do without new data, in monotonic seconds."""
        return min(self._limit_at, self._check_at)

    def start(self) -> None:
        lifeline = None if self._lease is None else self._lease.lifeline
        self._child = ChildProcess(self._settings, lifeline)
        self._enter(SlotState.STARTING, _START_LIMIT_S)

    def _enter(self, state: SlotState, limit_s: float = math.inf) -> None:
        self.state = state
        now = time.monotonic()
        self._limit_at = now + limit_s
        self._check_at = now + _CHECK_S if state in _AT_WORK else math.inf

    def run(self, claim: Claim, asked_at: float) -> None:
        self.claim = claim
        self.asked_at = asked_at
        self._log = JobLog(self._engine, claim)
        self._tries = 0
        self._verdict: Outcome | None = None  # from ENDING on
        self._dump_at = 0  # where the stack of an overdue job begins in the log
        self._awaits_dump = False
        self._previewed = claim.token > 1
        self._hand_over()

    def _may_run(self) -> bool:
        return self._lease is None or self._lease.may_run(self.asked_at)

    def _hand_over(self) -> None:
        child = self._child
        claim = self.claim
        if not self._may_run():
            self.is_lost = True
            return
        if child.pid != claim.pid:
            self._write(self._engine.PID, pid=child.pid)
        try:
            child.send(claim)
        except OSError:  # it died between two jobs: no job is to blame, and none has begun
            self._try_another()
            return
        self._enter(SlotState.RUNNING, math.inf if claim.timeout_s is None else claim.timeout_s)

    def release(self) -> Claim | None:
        """Give up the claim and return it; the child ends if it works on it."""
        claim = self.claim
        self.claim = self.outcome = None
        self.is_lost = False
        self.retry_at = 0.0
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
        self._enter(SlotState.EMPTY)

    def kill(self) -> None:
        """Kill the child, from any thread: the process is about to exit and would wait for it."""
        if (child := self._child) is not None:
            child.kill()

    def attend(self, ready: set[int]) -> None:
        """Read messages, log and death; send the rest of a job; check limits that are due."""
        if self._child is not None:
            messages, log, death = self._child.descriptors
            if log in ready:
                self._copy_log()
            if messages in ready:
                self._receive()
            elif death in ready:
                self._died()
        now = time.monotonic()
        if now >= self._check_at:
            self._check(now)
        if now >= self._limit_at:
            self._limit_is_over()

    def stop(self, grace_s: float) -> None:
        """Ask the job to stop.

        It is called repeatedly until the job has ended, with the strictest request in the table. A later
        call can only shorten the grace.
        """
        if self.state is SlotState.RUNNING:
            self._begin_grace(Outcome(Status.STOPPED), grace_s)
        elif self.state is SlotState.ENDING:
            self._limit_at = min(self._limit_at, time.monotonic() + grace_s)

    def lose(self) -> None:
        """Note that the job, if it has not ended, is no longer this worker's."""
        self.is_lost |= self.outcome is None

    def _receive(self) -> None:
        channel = self._child.channel
        try:
            with contextlib.suppress(OSError):  # a dead child's end is read below
                channel.send_rest()
            received = channel.receive()
        except EOFError:
            self._died()
            return
        for kind, *content in received:
            if kind == READY:
                self._enter(SlotState.IDLE)
                if self.claim is not None:
                    self._hand_over()
            elif self.state not in _AT_WORK or content[0] != self._child.mark:
                continue  # from a process that an earlier job has forked
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
                if self._awaits_dump:
                    self._awaits_dump = False
                    self._limit_at = min(self._limit_at, time.monotonic() + _DUMP_ENDS_S)
            if len(data) < 65_536:
                break

    def _write_progress(self) -> None:
        """Write progress and preview; after an error it is retried at the next check."""
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
        except Exception as error:  # noqa: BLE001 - lost progress must not fail the job
            _LOG.warning("job=%s event=progress_not_written error=%r", claim.id, str(error))
        self._unwritten = {}

    def _write(self, statement: str, **values: Any) -> None:
        try:
            self._engine.write(statement, **{**self.claim.key, **values})
        except DrawscapeError as error:
            _LOG.warning("job=%s event=not_written error=%r", self.claim.id, str(error))

    def _check(self, now: float) -> None:
        """Write log and progress."""
        self._check_at = now + _CHECK_S
        if now >= self._log.due_at:
            with contextlib.suppress(DrawscapeError):  # it is retried
                self._log.flush()
        self._write_progress()

    def _limit_is_over(self) -> None:
        if self.state is SlotState.STARTING:
            raise ChildStartError(f"it did not start within {_START_LIMIT_S:g} s")
        if self.state is SlotState.RUNNING:
            self._dump_at = self._log.end
            self._child.signal(DUMP_STACK)
            grace_s = self.claim.grace_s or 0.0
            self._awaits_dump = grace_s == 0
            self._begin_grace(Outcome(Status.FAILED, Reason.TIMEOUT), grace_s or _DUMP_BEGINS_S)
        elif self.state is SlotState.ENDING:
            self._child.kill()
            self._limit_at = math.inf

    def _begin_grace(self, verdict: Outcome, grace_s: float) -> None:
        self._verdict = verdict
        self._enter(SlotState.ENDING, grace_s)
        if grace_s > 0 and not self._awaits_dump:
            self._child.signal(ASK_TO_STOP)

    def _try_another(self) -> None:
        """Start another child for a job that has not begun, at most `_CHILDREN_PER_JOB` in all."""
        self._tries += 1
        if self._tries < _CHILDREN_PER_JOB:
            self._verdict = None
            self.close()
            self.start()
        elif self._verdict is not None:
            self._end_as_decided()
        else:
            self.close()
            self._end(Outcome(Status.FAILED, Reason.CRASHED, error=_NEVER_BEGUN))

    def _end(self, outcome: Outcome, *, is_reusable: bool = False) -> None:
        self._write_progress()
        self._unwritten = {}
        if self._previewed and outcome.status == Status.FINISHED:
            self._write(self._engine.DROP_PREVIEW)
        try:
            self._log.flush()
        except DrawscapeError as error:
            _LOG.error("event=log_not_written job=%s error=%r", self.claim.id, str(error))
        if is_reusable:
            self._enter(SlotState.IDLE)
        else:
            self.close()
        self.outcome = outcome

    def _answered(self, content: list[Any]) -> None:
        _, is_reusable, *ended = content
        outcome = Outcome(*ended)
        detail = outcome.detail or {}
        if self._verdict is not None:  # it answered within its grace; its process still ends
            self._end_as_decided(detail.get("stack"))
            return
        if outcome.status != Status.FINISHED:
            outcome = outcome._replace(detail={**detail, "log": self._log.last_lines()})
        # After a MemoryError, nothing in that process can be trusted.
        is_sound = is_reusable and outcome.reason != Reason.CRASHED
        self._end(outcome, is_reusable=is_sound)

    def _end_as_decided(self, stack: str | None = None) -> None:
        """End the job with the worker's verdict and the stack from that moment."""
        verdict = self._verdict or Outcome(Status.STOPPED)
        stack = stack or self._log.since(self._dump_at)
        error = None
        if verdict.reason == Reason.TIMEOUT:
            error = f"timed out after {self.claim.timeout_s:g} s\n{stack}".rstrip()
        detail = {"log": self._log.last_lines(), "stack": stack}
        self._end(verdict._replace(error=error, detail=detail))

    def _died(self) -> None:
        """End the job, whose child is gone without an answer: we killed it, or it died.

        A job that had not begun is not to blame: another child runs it, unless it was asked to stop.
        """
        self._limit_at = math.inf
        code = self._child.end()
        if self.state is SlotState.STARTING:
            raise ChildStartError(f"it ended while starting (exit code {code})")
        if self.state is SlotState.IDLE:
            self.close()
            return
        if not self._may_run():
            self.is_lost = True
            return
        is_stopped = self._verdict is not None and self._verdict.status == Status.STOPPED
        if not self._child.has_begun() and not is_stopped:
            self._try_another()
            return
        self._copy_log()
        if self._verdict is not None:
            self._end_as_decided()
            return
        error, detail = describe_death(code, self._log.last_lines(60))
        detail["log"] = self._log.last_lines()
        self._end(Outcome(Status.FAILED, Reason.CRASHED, None, error, detail))
