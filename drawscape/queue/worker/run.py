"""One job in one child, from the hand-over to its outcome: time limit, log, requests to stop.

    RUNNING --(request to stop, time limit)--> ENDING --(grace over)--> KILLED

An answer or the child's death ends the run in any state; from ENDING on, the worker's verdict counts.
"""

import select
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from drawscape.queue.engines.engine import Log
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.child_process import ChildProcess, poll_of
from drawscape.queue.worker.deadline import Deadline
from drawscape.queue.worker.messages import Kind, Progress
from drawscape.queue.worker.postmortem import describe_death
from drawscape.queue.worker.stop_requests import StopRequests
from drawscape.queue.worker.turn import Turn

_FIRST_SAMPLE_S, _SAMPLE_S = 0.005, 0.5  # when memory is looked at first, and how often later on
_DUMP_WAIT_S = 0.1  # what the stack of a stuck child may take to arrive
_LOG_CHUNKS = 16  # of 64 KiB between two looks at the clock: a child may print faster than we write
_LEAVE_NOTICE_S = (
    1.0  # huey's main thread takes up to 0.1 s to pass a SIGTERM on, more on a busy machine
)


OnProgress = Callable[[Claim, Progress], bool]
"""Writes progress; returns False when it is to be tried again."""


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """The worker has to leave at once, or the job may be another's; it goes back to the queue."""


class State(Enum):
    """How far a run is."""

    RUNNING = auto()
    """Within its time, and nobody wants it to stop."""
    ENDING = auto()
    """Asked to stop; it may use its grace."""
    KILLED = auto()
    """Its child was killed and is about to die."""


class Verdict(NamedTuple):
    """What the worker decided that the job ends as, and where in its log the stack begins."""

    status: str
    reason: str | None
    log_mark: int


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: no `outcome` when the child did not begin, because it was dead or its code stale."""

    outcome: Outcome | None = None
    reusable: bool = False
    """Whether the child may run another job."""


class Run:
    """One job, handed to one child; `end` is called once."""

    def __init__(
        self,
        child: ChildProcess,
        claim: Claim,
        log: Log,
        requests: StopRequests,
        turn: Turn,
        on_progress: OnProgress,
        may_run: Callable[[], bool],
    ) -> None:
        self._child = child
        self._claim = claim
        self._log = log
        self._requests = requests
        self._turn = turn
        self._on_progress = on_progress
        self._may_run = may_run
        self._state = State.RUNNING
        self._verdict: Verdict | None = None
        self._deadline = Deadline()  # of the present state
        self._sample_s = _FIRST_SAMPLE_S
        self.previewed = False
        """Whether the child has written a preview."""
        self._unwritten: Progress | None = None

    def end(self) -> RunEnd:
        """Return how the run ended; raise Interrupted when the worker has to leave meanwhile."""
        requests, poll = self._requests.fileno(), self._child.poll
        self._check_interruption()
        try:
            self._child.send(self._claim)
        except OSError:  # it died between two jobs: nobody's fault, and nothing has begun
            return RunEnd()
        self._deadline = Deadline.after(self._claim.timeout_s, self._child.began_at)
        poll.register(requests, select.POLLIN)
        while True:
            wait_s = min(self._deadline.left_s, self._sample_s)
            self._turn.release()
            try:
                ready = {descriptor for descriptor, _ in poll.poll(wait_s * 1000)}
            finally:
                self._turn.acquire()
            end = self._read(ready)
            if end is not None:
                return end
            self._log.flush()
            if self._unwritten and self._on_progress(self._claim, self._unwritten):
                self._unwritten = None
            if requests in ready:
                self._check_requests()
            self._check_deadline()

    def _read(self, ready: set[int]) -> RunEnd | None:
        messages, log, death = self._child.descriptors
        if log in ready:  # all that it printed before an answer, which is looked for first
            self._copy_log()
        if messages in ready:
            return self._receive()
        return self._died() if death in ready else None

    def _receive(self) -> RunEnd | None:
        try:
            kind, content = self._child.receive()
        except EOFError:
            return self._died()
        if not content or content[0] != self._child.mark:
            return None  # of an earlier job, by a process that it has forked
        if kind is Kind.DONE:
            return self._answered(content)
        if kind is Kind.STALE:
            return RunEnd()
        fraction, message, meta, previewed = content[1:]
        self.previewed |= previewed
        if self._unwritten is not None:
            meta = meta or self._unwritten.meta
            previewed = previewed or self._unwritten.previewed
        self._unwritten = Progress(fraction, message, meta, previewed)
        return None

    def _copy_log(self) -> None:
        for _ in range(_LOG_CHUNKS):
            data = self._child.read_log()
            if data:
                self._log.write(data)
            if len(data) < 65_536:
                break
        if self._log.is_held:
            self._sample_s = _FIRST_SAMPLE_S  # the next look comes soon, and writes it

    def _check_requests(self) -> None:
        self._check_interruption()
        grace_s = self._requests.take_grace_s()
        if grace_s is not None:
            self._begin_ending("stopped", None, grace_s)

    def _check_interruption(self) -> None:
        self._requests.drain()
        if self._requests.interrupted or not self._may_run():
            raise Interrupted

    def _check_deadline(self) -> None:
        if self._state is State.RUNNING:
            if self._deadline.left_s:
                self._sample_s = min(2 * self._sample_s, _SAMPLE_S)
                self._child.sample_peak()
            else:
                mark = self._dump_stack()
                self._begin_ending("failed", "timeout", self._claim.grace_s or 0.0, mark)
        if self._state is State.ENDING and not self._deadline.left_s:
            self._state, self._deadline = State.KILLED, Deadline()
            self._child.kill()

    def _begin_ending(self, status: str, reason: str | None, grace_s: float, mark: int = 0) -> None:
        """Ask once; a request that comes again or later may only bring the end nearer."""
        if self._state is State.RUNNING:
            self._state, self._verdict = State.ENDING, Verdict(status, reason, mark)
            self._deadline = Deadline.after(grace_s)
            if grace_s > 0:
                self._child.ask_to_stop()
        elif self._state is State.ENDING:
            self._deadline = min(self._deadline, Deadline.after(grace_s))

    def _dump_stack(self) -> int:
        """Have the child write where it is stuck into its log, and wait a moment; return where it begins."""
        mark = self._log.mark()
        self._child.dump_stack()
        until = Deadline.after(_DUMP_WAIT_S)
        poll = poll_of(self._child.descriptors[1])
        while until.left_s and poll.poll(until.left_s * 1000):
            data = self._child.read_log()
            if not data:
                break
            self._log.write(data)
            if b"Current thread" in data or b"most recent call first" in data:
                until = min(until, Deadline.after(0.01))
        return mark

    def _answered(self, content: tuple[Any, ...]) -> RunEnd:
        _, status, reason, result, error, detail, peak_kb, reusable = content
        if self._verdict is not None:  # it answered within its grace; its process goes all the same
            return RunEnd(self._judged(self._verdict, (detail or {}).get("stack")))
        if status == "stopped":  # nobody here had asked
            return RunEnd(self._stopped_from_outside())
        details = dict(detail or {})
        if status != "finished":
            details["log"] = self._log.last_lines()
        outcome = Outcome(status, reason, result, error, details, peak_kb)
        # After a MemoryError nothing in that process is to be trusted.
        return RunEnd(outcome, reusable=reusable and reason != "crashed")

    def _stopped_from_outside(self) -> Outcome:
        """The child got a SIGTERM that we had not sent.

        A service manager sends it to worker and children alike. Then the worker is about to get one too,
        and the job goes back to the queue.
        """
        until = Deadline.after(_LEAVE_NOTICE_S)
        poll = poll_of(self._requests.fileno())
        while until.left_s:
            with self._turn.released():
                poll.poll(until.left_s * 1000)
            self._check_interruption()
        details = {"signal": "SIGTERM", "log": self._log.last_lines()}
        error = "its process was asked to end (SIGTERM), and not by the queue"
        return Outcome(
            "failed", "crashed", error=error, detail=details, peak_kb=self._child.peak_kb
        )

    def _judged(self, verdict: Verdict, stack: str | None = None) -> Outcome:
        status, reason, mark = verdict
        stack = stack or self._log.since(mark)
        error = None
        if reason == "timeout":
            error = f"timed out after {self._claim.timeout_s:g} s\n{stack}".rstrip()
        detail = {"log": self._log.last_lines(), "stack": stack}
        return Outcome(status, reason, error=error, detail=detail, peak_kb=self._child.peak_kb)

    def _died(self) -> RunEnd:
        """The child is gone without an answer: because we killed it, or by its own doing.

        Without an outcome when it had not begun: then the job is not to blame, and another child runs it.
        """
        self._check_interruption()
        code = self._child.end()
        if self._verdict is None and not self._child.has_begun():
            return RunEnd()
        self._copy_log()
        if self._verdict is not None:
            return RunEnd(self._judged(self._verdict))
        peak_kb = self._child.peak_kb
        error, detail = describe_death(code, self._log.last_lines(60), peak_kb)
        detail["log"] = self._log.last_lines()
        return RunEnd(Outcome("failed", "crashed", error=error, detail=detail, peak_kb=peak_kb))
