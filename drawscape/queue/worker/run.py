"""One job in one child, from the hand-over to its outcome: deadline, log, requests to stop."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker import child as messages
from drawscape.queue.worker.child_process import ChildProcess
from drawscape.queue.worker.job_log import JobLog
from drawscape.queue.worker.postmortem import describe_death
from drawscape.queue.worker.stop_requests import StopRequests
from drawscape.queue.worker.turns import Baton

_FIRST_SAMPLE_S, _SAMPLE_S = 0.02, 0.5  # when memory is looked at first, and how often later on
_DUMP_WAIT_S = 0.1  # what the stack of a stuck child may take to arrive
_LOG_CHUNKS = 16  # of 64 KiB between two looks at the clock: a child may print faster than we write
_LEAVE_NEWS_S = (
    1.0  # huey's main thread takes up to 0.1 s to pass a SIGTERM on, more on a busy machine
)


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """The worker was told to leave at once; the job goes back to the queue."""


class Run:
    """One job, handed to one child; `outcome` is called once."""

    def __init__(
        self,
        child: ChildProcess,
        held: Claim,
        log: JobLog,
        requests: StopRequests,
        baton: Baton,
        on_progress: Callable[[Claim, float, str | None, str | None], None],
    ) -> None:
        self._child = child
        self._held = held
        self._log = log
        self._requests = requests
        self._baton = baton
        self._on_progress = on_progress
        self._deadline: float | None = None
        self._kill_at: float | None = None
        self._ending: tuple[str, str | None] | None = None  # status and reason that we decided on
        self._stack_from = 0
        self._sample_s = _FIRST_SAMPLE_S
        self._peak_kb: int | None = None
        self.previewed = False
        """Whether the child has written a preview."""
        self.spent = False
        """Whether the child is not to run another job."""

    def outcome(self) -> Outcome | None:
        """Return the outcome, or None when the child did not begin: its code was stale, or it was dead.

        Raises Interrupted when the worker was told to leave meanwhile.
        """
        try:
            self._child.send(self._held)
        except OSError:  # it died between two jobs: nobody's fault, and nothing has begun
            return None
        if self._held.timeout_s is not None:
            self._deadline = time.monotonic() + self._held.timeout_s
        poll = select.poll()
        for descriptor in (*self._child.descriptors, self._requests.fileno()):
            poll.register(descriptor, select.POLLIN)
        return self._wait(poll)

    def _wait(self, poll: select.poll) -> Outcome | None:
        messages_fd, log_fd, _ = self._child.descriptors
        while True:
            self._baton.lay_down()
            ready = {descriptor for descriptor, _ in poll.poll(self._patience_ms())}
            self._baton.take()
            if log_fd in ready:
                self._copy_log()
            if messages_fd in ready:
                try:
                    kind, content = self._child.receive()
                except EOFError:
                    return self._died()
                if kind == messages.DONE:
                    return self._ended(content)
                if kind == messages.STALE:
                    return None
                self._note(content)
            elif ready and not ready <= {log_fd, self._requests.fileno()}:
                return self._died()
            self._heed_requests()
            self._heed_clock()

    def _patience_ms(self) -> float:
        moments = [m for m in (self._deadline, self._kill_at) if m is not None]
        wait_s = min((m - time.monotonic() for m in moments), default=_SAMPLE_S)
        return max(0.0, min(wait_s, self._sample_s)) * 1000

    def _note(self, content: tuple[float, str | None, str | None, bool]) -> None:
        fraction, message, meta, previewed = content
        self.previewed = self.previewed or previewed
        self._on_progress(self._held, fraction, message, meta)

    def _copy_log(self) -> None:
        for _ in range(_LOG_CHUNKS):
            data = self._child.read_log()
            if data:
                self._log.write(data)
            if len(data) < 65_536:
                return

    def _heed_requests(self) -> None:
        self._heed_interruption()
        grace_s = self._requests.take_grace_s()
        if grace_s is not None:
            self._begin_ending("stopped", None, grace_s)

    def _heed_interruption(self) -> None:
        self._requests.hear()
        if self._requests.interrupted:
            self.spent = True
            raise Interrupted

    def _heed_clock(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None and now >= self._kill_at:
            self._child.kill()
            self._kill_at = None
        elif self._deadline is not None and now >= self._deadline:
            self._deadline = None
            if self._ending is None:
                self._dump_stack()
                self._begin_ending("failed", "timeout", self._held.grace_s or 0.0)
        elif self._kill_at is None and self._ending is None:
            self._sample_memory()

    def _sample_memory(self) -> None:
        """Note the peak: once the child is dead, nobody can tell it any more."""
        self._sample_s = min(2 * self._sample_s, _SAMPLE_S)
        peak = self._child.peak_kb()
        self._peak_kb = max(peak or 0, self._peak_kb or 0) or None

    def _begin_ending(self, status: str, reason: str | None, grace_s: float) -> None:
        """Ask once; a request that comes again or later may only bring the end nearer."""
        kill_at = time.monotonic() + grace_s
        if self._kill_at is not None:
            self._kill_at = min(self._kill_at, kill_at)
        elif self._ending is None:
            self._kill_at = kill_at
            if grace_s > 0:
                self._child.ask_to_stop()
        if self._ending is None:
            self._ending = (status, reason)

    def _dump_stack(self) -> None:
        """Have the child write where it is stuck into its log, and wait a moment for it."""
        self._stack_from = self._log.mark()
        self._child.dump_stack()
        until = time.monotonic() + _DUMP_WAIT_S
        poll = select.poll()
        poll.register(self._child.descriptors[1], select.POLLIN)
        while (left := until - time.monotonic()) > 0 and poll.poll(left * 1000):
            data = self._child.read_log()
            if not data:
                return
            self._log.write(data)
            if b"Current thread" in data or b"most recent call first" in data:
                until = min(until, time.monotonic() + 0.01)

    def _ended(self, content: tuple[object, ...]) -> Outcome:
        status, reason, result, error, detail, peak_kb = content
        self._copy_log()
        if self._ending is not None:  # it answered within the grace; it goes all the same
            self.spent = True
            return self._decided(detail.get("stack") if isinstance(detail, dict) else None)
        if status == "stopped":  # nobody here had asked
            self.spent = True
            return self._ended_from_outside()
        if reason == "crashed":  # after a MemoryError nothing in that process is to be trusted
            self.spent = True
        details = dict(detail) if isinstance(detail, dict) else {}
        if status != "finished":
            details["log"] = self._log.last_lines()
        return Outcome(status, reason, result, error, details, peak_kb)  # type: ignore[arg-type]

    def _ended_from_outside(self) -> Outcome:
        """The child got a SIGTERM that we had not sent.

        A service manager sends it to worker and children alike. Then the worker is about to be told too,
        and the job goes back to the queue.
        """
        until = time.monotonic() + _LEAVE_NEWS_S
        poll = select.poll()
        poll.register(self._requests.fileno(), select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            with self._baton.laid_down():
                poll.poll(left * 1000)
            self._heed_interruption()
        self._heed_interruption()
        details = {"signal": "SIGTERM", "log": self._log.last_lines()}
        error = "its process was told to end (SIGTERM), and not by the queue"
        return Outcome("failed", "crashed", error=error, detail=details, peak_kb=self._peak_kb)

    def _decided(self, stack: str | None) -> Outcome:
        status, reason = self._ending or ("failed", "crashed")
        details = {
            "log": self._log.last_lines(),
            "stack": stack or self._log.since(self._stack_from),
        }
        if reason != "timeout":
            return Outcome(status, reason, detail=details, peak_kb=self._peak_kb)
        error = f"timed out after {self._held.timeout_s:g} s\n{details['stack']}".rstrip()
        return Outcome(status, reason, error=error, detail=details, peak_kb=self._peak_kb)

    def _died(self) -> Outcome | None:
        """The child is gone without an answer: because we killed it, or by its own doing.

        None when it had not begun: then the job is not to blame, and another child shall run it.
        """
        self.spent = True
        code = self._child.end()
        if self._ending is None and not self._child.has_begun(self._held):
            return None
        self._copy_log()
        if self._ending is not None:
            return self._decided(None)
        error, detail = describe_death(code, self._log.last_lines(60), self._peak_kb)
        detail["log"] = self._log.last_lines()
        return Outcome("failed", "crashed", error=error, detail=detail, peak_kb=self._peak_kb)
