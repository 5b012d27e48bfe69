"""One job at a time: a warm child, the job's deadline, its log, and a way to be told to stop it."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drawscape.queue import child as messages
from drawscape.queue.child import ChildSettings
from drawscape.queue.joblog import JobLog
from drawscape.queue.postmortem import describe_death
from drawscape.queue.process import START_LIMIT_S, ChildProcess
from drawscape.queue.rows import Claim, Outcome

_SAMPLE_S = 0.5  # how often memory is looked at while a job runs
_DUMP_WAIT_S = 0.1  # what the stack of a stuck child may take to arrive
_LOG_CHUNKS = 16  # of 64 KiB between two looks at the clock: a child may print faster than we write
_LEAVE_NEWS_S = (
    1.0  # huey's main thread takes up to 0.1 s to pass a SIGTERM on, more on a busy machine
)


@dataclass(frozen=True)
class SlotSettings:
    """Where a slot keeps logs and previews, and what its children are told."""

    logs: Path
    previews: Path
    child: ChildSettings


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """The worker was told to leave at once; the job goes back to the queue."""


class Slot:
    """Runs jobs in a child of its own; `run` is called from one thread, `stop` from any."""

    def __init__(
        self,
        settings: SlotSettings,
        on_progress: Callable[[Claim, float, str | None, str | None], None],
        on_child: Callable[[Claim, int], None],
    ) -> None:
        self._settings = settings
        self._on_progress = on_progress
        self._on_child = on_child
        self._child: ChildProcess | None = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._lock = threading.Lock()
        self._holds: tuple[int, int] | None = None
        self._grace_asked_s: float | None = None
        self._interrupted = False
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The present child's process id."""
        return None if self._child is None else self._child.pid

    def warm_up(self) -> None:
        """Start the child before there is a job for it."""
        if self._child is None:
            self._child = self._start()

    def _start(self) -> ChildProcess:
        try:
            child = ChildProcess(self._settings.child)
        except EOFError as error:
            raise ChildProcessError("the server that forks child processes is gone") from error
        if not child.connection.poll(START_LIMIT_S):
            child.end()
            child.close()
            raise TimeoutError(f"a child process did not start within {START_LIMIT_S:g} s")
        try:
            child.receive()
        except EOFError:
            code = child.end()
            child.close()
            raise ChildProcessError(
                f"a child process died as it started (exit code {code})"
            ) from None
        return child

    def stop(self, seq: int, token: int, grace_s: float) -> None:
        """Stop the job of that claim, if it is the one that runs here; called from another thread.

        Called again and again until the job has ended: the strictest request counts.
        """
        with self._lock:
            if self._holds != (seq, token):
                return
            asked = self._grace_asked_s
            self._grace_asked_s = grace_s if asked is None else min(asked, grace_s)
        self._wake()

    def interrupt(self) -> None:
        """Kill what runs here, now; `run` raises Interrupted."""
        self._interrupted = True
        self._wake()

    def _wake(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):
            if not self._closed:  # later the number may be another file's, the database's even
                os.write(self._wake_write, b"!")

    def run(self, held: Claim) -> Outcome:
        """Return how the job ended; every end is an outcome, but for an interruption.

        Raises Interrupted when the worker was told to leave while the job ran.
        """
        run = _Run(self, held, JobLog(self._settings.logs, held.id))
        self._hold((held.seq, held.token))
        try:
            return run.outcome()
        finally:
            self._hold(None)
            run.log.close()

    def _hold(self, claim: tuple[int, int] | None) -> None:
        with self._lock:
            self._holds, self._grace_asked_s = claim, None

    def replace(self) -> None:
        """End the present child; the next job starts another."""
        if self._child is not None:
            self._child.end()
            self._child.close()
            self._child = None

    def close(self) -> None:
        """End the child and let go of everything."""
        self.replace()
        with self._lock:
            self._closed = True
            os.close(self._wake_read)
            os.close(self._wake_write)


class _Run:
    """One job from the hand-over to its outcome."""

    def __init__(self, slot: Slot, held: Claim, log: JobLog) -> None:
        self._slot = slot
        self._held = held
        self.log = log
        self._deadline: float | None = None
        self._kill_at: float | None = None
        self._ending: tuple[str, str | None] | None = None  # status and reason that we decided on
        self._stack_from = 0
        self._peak_kb: int | None = None
        self._previewed = False

    def outcome(self) -> Outcome:
        for _ in range(
            3
        ):  # a stale child is replaced; edits that race with each other end in a run
            try:
                self._slot.warm_up()
            except (TimeoutError, ChildProcessError, OSError) as error:
                return Outcome("failed", "crashed", error=str(error))
            found = self._hand_over()
            if found is not None:
                return found
            self._slot.replace()
        return Outcome(
            "failed",
            "crashed",
            error="three child processes in a row could not begin with it: each died before, or its code "
            "changed faster than a child could start",
        )

    @property
    def _process(self) -> ChildProcess:
        child = self._slot._child
        if child is None:
            raise RuntimeError("no child")  # warm_up has seen to it
        return child

    def _hand_over(self) -> Outcome | None:
        """Return the outcome, or None when the child did not begin: its code was stale, or it was dead."""
        if self._process.pid != self._held.pid:
            self._slot._on_child(self._held, self._process.pid)
        try:
            self._process.send(self._held)
        except OSError:  # it died between two jobs: nobody's fault, and nothing has begun
            return None
        if self._held.timeout_s is not None:
            self._deadline = time.monotonic() + self._held.timeout_s
        poll = select.poll()
        for descriptor in (*self._process.descriptors, self._slot._wake_read):
            poll.register(descriptor, select.POLLIN)
        return self._wait(poll)

    def _wait(self, poll: select.poll) -> Outcome | None:
        messages_fd, log_fd, _ = self._process.descriptors
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(self._patience_ms())}
            if log_fd in ready:
                self._copy_log()
            if messages_fd in ready:
                try:
                    kind, content = self._process.receive()
                except EOFError:
                    return self._died()
                if kind == messages.DONE:
                    return self._ended(content)
                if kind == messages.STALE:
                    return None
                self._note(content)
            elif ready and not ready <= {log_fd, self._slot._wake_read}:
                return self._died()
            self._heed_requests()
            self._heed_clock()

    def _patience_ms(self) -> float:
        moments = [m for m in (self._deadline, self._kill_at) if m is not None]
        wait_s = min((m - time.monotonic() for m in moments), default=_SAMPLE_S)
        return max(0.0, min(wait_s, _SAMPLE_S)) * 1000

    def _note(self, content: tuple[float, str | None, str | None, bool]) -> None:
        fraction, message, meta, previewed = content
        self._previewed = self._previewed or previewed
        self._slot._on_progress(self._held, fraction, message, meta)

    def _copy_log(self) -> None:
        for _ in range(_LOG_CHUNKS):
            data = self._process.read_log()
            if data:
                self.log.write(data)
            if len(data) < 65_536:
                return

    def _heed_requests(self) -> None:
        slot = self._slot
        self._heed_interruption()
        with slot._lock:
            grace_s, slot._grace_asked_s = slot._grace_asked_s, None
        if grace_s is not None:
            self._begin_ending("stopped", None, grace_s)

    def _heed_interruption(self) -> None:
        slot = self._slot
        with contextlib.suppress(BlockingIOError):
            while os.read(slot._wake_read, 64):
                pass
        if slot._interrupted:
            slot.replace()
            raise Interrupted

    def _heed_clock(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None and now >= self._kill_at:
            self._process.kill()
            self._kill_at = None
        elif self._deadline is not None and now >= self._deadline:
            self._deadline = None
            if self._ending is None:
                self._dump_stack()
                self._begin_ending("failed", "timeout", self._held.grace_s or 0.0)
        elif self._kill_at is None and self._ending is None:
            peak = self._process.peak_kb()
            self._peak_kb = max(peak or 0, self._peak_kb or 0) or None

    def _begin_ending(self, status: str, reason: str | None, grace_s: float) -> None:
        """Ask once; a request that comes again or later may only bring the end nearer."""
        kill_at = time.monotonic() + grace_s
        if self._kill_at is not None:
            self._kill_at = min(self._kill_at, kill_at)
        elif self._ending is None:
            self._kill_at = kill_at
            if grace_s > 0:
                self._process.ask_to_stop()
        if self._ending is None:
            self._ending = (status, reason)

    def _dump_stack(self) -> None:
        """Have the child write where it is stuck into its log, and wait a moment for it."""
        self._stack_from = self.log.mark()
        self._process.dump_stack()
        until = time.monotonic() + _DUMP_WAIT_S
        poll = select.poll()
        poll.register(self._process.descriptors[1], select.POLLIN)
        while (left := until - time.monotonic()) > 0 and poll.poll(left * 1000):
            data = self._process.read_log()
            if not data:
                return
            self.log.write(data)
            if b"Current thread" in data or b"most recent call first" in data:
                until = min(until, time.monotonic() + 0.01)

    def _ended(self, content: tuple[object, ...]) -> Outcome:
        status, reason, result, error, detail, peak_kb = content
        self._copy_log()
        if self._ending is not None:
            return self._ended_as_decided(status, detail)
        if status == "stopped":  # nobody here had asked
            self._slot.replace()
            return self._ended_from_outside()
        if status == "finished" and (self._previewed or self._held.token > 1):
            with contextlib.suppress(OSError):
                (self._slot._settings.previews / f"{self._held.id}.svg").unlink()
        if reason == "crashed":
            self._slot.replace()  # after a MemoryError nothing in that process is to be trusted
        details = dict(detail) if isinstance(detail, dict) else {}
        if status != "finished":
            details["log"] = self.log.last_lines()
        return Outcome(status, reason, result, error, details, peak_kb)  # type: ignore[arg-type]

    def _ended_from_outside(self) -> Outcome:
        """The child got a SIGTERM that we had not sent.

        A service manager sends it to worker and children alike. Then the worker is about to be told too,
        and the job goes back to the queue.
        """
        until = time.monotonic() + _LEAVE_NEWS_S
        poll = select.poll()
        poll.register(self._slot._wake_read, select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            poll.poll(left * 1000)
            self._heed_interruption()
        self._heed_interruption()
        details = {"signal": "SIGTERM", "log": self.log.last_lines()}
        error = "its process was told to end (SIGTERM), and not by the queue"
        return Outcome("failed", "crashed", error=error, detail=details, peak_kb=self._peak_kb)

    def _ended_as_decided(self, status: object, detail: object) -> Outcome:
        """The child answered within the grace; it goes all the same, for it was told to."""
        self._slot.replace()
        stack = detail.get("stack") if isinstance(detail, dict) else None
        return self._decided(stack)

    def _decided(self, stack: str | None) -> Outcome:
        status, reason = self._ending or ("failed", "crashed")
        details = {"log": self.log.last_lines(), "stack": stack or self.log.since(self._stack_from)}
        if reason != "timeout":
            return Outcome(status, reason, detail=details, peak_kb=self._peak_kb)
        error = f"timed out after {self._held.timeout_s:g} s\n{details['stack']}".rstrip()
        return Outcome(status, reason, error=error, detail=details, peak_kb=self._peak_kb)

    def _died(self) -> Outcome | None:
        """The child is gone without an answer: because we killed it, or by its own doing.

        None when it had not begun: then the job is not to blame, and another child shall run it.
        """
        process = self._process
        code = process.end()
        if self._ending is None and not process.has_begun(self._held):
            return None
        self._copy_log()
        self._slot.replace()
        if self._ending is not None:
            return self._decided(None)
        error, detail = describe_death(code, self.log.last_lines(60), self._peak_kb)
        detail["log"] = self.log.last_lines()
        return Outcome("failed", "crashed", error=error, detail=detail, peak_kb=self._peak_kb)
