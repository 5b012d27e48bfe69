"""A slot of a worker: a warm child process, and the job that it runs now.

    EMPTY -> STARTING -> IDLE -> RUNNING --(request to stop, time limit)--> ENDING --(grace over)--> killed

An answer or the child's death ends a run in any state; from ENDING on, the worker's verdict counts. A slot
never waits: the dispatcher calls `attend` when something has come, and when `due_at` is over.
"""

import contextlib
import logging
import math
import time
from enum import Enum, auto
from typing import Any

from drawscape.errors import DrawscapeError
from drawscape.queue.claim import Claim, Outcome
from drawscape.queue.engines.engine import Engine
from drawscape.queue.worker.channel import DONE, READY
from drawscape.queue.worker.child import ASK_TO_STOP, DUMP_STACK
from drawscape.queue.worker.child_process import ChildProcess, ChildStartError, describe_death
from drawscape.queue.worker.job_log import JobLog
from drawscape.queue.worker.lease import Lease
from drawscape.queue.worker.task_caller import ChildSettings

_CHILDREN_PER_JOB = 3  # one with old code ends; edits that race with each other end in a run
_NEVER_BEGUN = (
    f"{_CHILDREN_PER_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)
_START_LIMIT_S = 60.0  # importing a large project may take seconds
_LOOK_S = 0.1  # how often memory is measured, and others see what was printed; most jobs have ended by then
_DUMP_WAIT_S = 0.1  # what the stack of a stuck child may take to arrive
_LOG_CHUNKS = 16  # of 64 KiB at once: a child may print faster than we write

_LOG = logging.getLogger("huey.drawscape")


class SlotState(Enum):
    """What a slot's child does."""

    EMPTY = auto()
    """There is none."""
    STARTING = auto()
    IDLE = auto()
    RUNNING = auto()
    """Within its time, and nobody wants it to stop."""
    ENDING = auto()
    """Asked to stop; it may use its grace, and is killed then."""


_AT_WORK = frozenset({SlotState.RUNNING, SlotState.ENDING})


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
        self.state = SlotState.EMPTY
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
        self._enter(SlotState.STARTING, _START_LIMIT_S)

    def _enter(self, state: SlotState, limit_s: float = math.inf) -> None:
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
        self._enter(SlotState.RUNNING, math.inf if claim.timeout_s is None else claim.timeout_s)
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
        self._enter(SlotState.EMPTY)
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
        if self.state is SlotState.RUNNING:
            self._verdict = "stopped", None
            self._begin_grace(grace_s)
        elif self.state is SlotState.ENDING:
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
                self._enter(SlotState.IDLE)
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
        if self.state is SlotState.RUNNING:
            self._child.sample_peak()
        self._look_at = now + _LOOK_S
        if now >= self._log.due_at:
            with contextlib.suppress(DrawscapeError):  # it is tried again
                self._log.flush()
        self._write_progress()

    def _limit_is_over(self) -> None:
        if self.state is SlotState.STARTING:
            raise ChildStartError(f"it did not start within {_START_LIMIT_S:g} s")
        child, claim = self._child, self.claim
        if self.state is SlotState.RUNNING:
            self._verdict, self._mark = ("failed", "timeout"), self._log.end
            child.signal(DUMP_STACK)
            self._begin_grace(claim.grace_s or 0.0)
            self._limit_at = max(self._limit_at, time.monotonic() + _DUMP_WAIT_S)
        elif self.state is SlotState.ENDING:
            child.kill()
            self._limit_at = math.inf

    def _begin_grace(self, grace_s: float) -> None:
        self._enter(SlotState.ENDING, grace_s)
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
            self._enter(SlotState.IDLE)
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
        if self.state is SlotState.STARTING:
            raise ChildStartError(f"it ended while starting (exit code {code})")
        if self.state is SlotState.IDLE:
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
