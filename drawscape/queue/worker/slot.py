"""A slot: a warm child process, and the jobs that it runs one after another.

    RUNNING --(request to stop, time limit)--> ENDING --(grace over)--> KILLED

An answer or the child's death ends a run in any state; from ENDING on, the worker's verdict counts.
"""

import contextlib
import logging
import math
import os
import select
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from drawscape.errors import DrawscapeError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Engine
from drawscape.queue.row import Claim, Outcome
from drawscape.queue.worker.call import ChildSettings
from drawscape.queue.worker.child import Kind, Progress
from drawscape.queue.worker.child_process import (
    ChildProcess,
    describe_death,
    poll_of,
    start_child,
)
from drawscape.queue.worker.lease import Lease

_CHILDREN_PER_JOB = 3  # a stale child is replaced; edits that race with each other end in a run
_NEVER_BEGUN = (
    f"{_CHILDREN_PER_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)
_FIRST_SAMPLE_S, _SAMPLE_S = 0.005, 0.5  # when memory is looked at first, and how often later on
_DUMP_WAIT_S = 0.1  # what the stack of a stuck child may take to arrive
_LOG_CHUNKS = (
    16  # of 64 KiB between two checks of the clock: a child may print faster than we write
)
_LEAVE_NOTICE_S = (
    3.0  # huey's main thread takes up to 0.1 s to pass a SIGTERM on, more on a busy machine
)
_PATIENCE_S = 0.005

_LOG = logging.getLogger("huey.drawscape")


CAP_BYTES = 1_048_576

_TAIL_BYTES = 65_536
_ROW_BYTES = 16_384
_FIRST_PAUSE_S, _PAUSE_S = 0.02, 0.25  # most jobs have ended by then
_BYTES_A_S = 1_000_000
_NEVER = 2**62


class JobLog:
    """The growing log of one run; that of a later run goes on where the earlier ones ended."""

    def __init__(self, engine: Engine, held: Claim) -> None:
        self._engine = engine
        self._held = held
        self._data = bytearray()
        self._start = 0  # where the log lies that `_data` begins with
        self._row = 0  # and where the row begins that grows
        self._written = 0
        self._due = 0.0
        self._is_placed = held.token == 1

    @property
    def _end(self) -> int:
        return self._start + len(self._data)

    @property
    def is_held(self) -> bool:
        """Whether there is text that nobody else sees yet."""
        return self._written < self._end

    def write(self, data: bytes) -> None:
        """Add `data`; of what exceeds twice the cap the last `CAP_BYTES` stay."""
        if not self._data:
            self._due = time.monotonic() + _FIRST_PAUSE_S
        self._data += data
        if len(self._data) > 2 * CAP_BYTES:
            gone = len(self._data) - CAP_BYTES
            del self._data[:gone]
            self._start += gone
            self._row = max(self._row, self._start)
        self.flush()

    def flush(self) -> None:
        """Let others see what was held long enough; a locked file is not waited for."""
        if not self.is_held or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _PAUSE_S
        try:
            with self._engine.short_timeout():
                self._send()
        except DrawscapeError:
            return  # it is tried again

    def close(self) -> None:
        """Write what is held: the job is about to end."""
        if self.is_held:
            try:
                self._send()
            except DrawscapeError as error:
                _LOG.warning("event=log_not_written job=%s error=%r", self._held.id, str(error))

    def _send(self) -> None:
        """Write the row that grows; when it is full the next begins behind it."""
        sql = self._engine.sql
        if not self._is_placed:
            self._go_on_after(self._earlier())
        data = bytes(self._data[self._row - self._start :])
        self._due += len(data) / _BYTES_A_S
        self._engine.write(sql.WRITE_LOG, **self._held.key, position=self._row, data=data)
        if self._end > CAP_BYTES:
            self._engine.write(sql.CUT_LOG, id=self._held.id, position=self._end - CAP_BYTES)
        self._written = self._end
        if len(data) >= _ROW_BYTES:
            self._row = self._end

    def _earlier(self) -> int:
        """Return where the log of earlier runs ends."""
        rows = self._engine.read(self._engine.sql.LOG_ROWS, id=self._held.id, position=_NEVER)
        return int(rows[-1][0] + rows[-1][2]) if rows else 0

    def _go_on_after(self, end: int) -> None:
        self._start, self._row, self._written = self._start + end, self._row + end, end
        self._is_placed = True

    def mark(self) -> int:
        """Return how much this run has printed, for `since`."""
        return self._end

    def since(self, mark: int) -> str:
        """Return what was written after `mark`."""
        return self._data[max(0, mark - self._start) :][-_TAIL_BYTES:].decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        """Return the last lines, at most 64 KiB of them."""
        return "\n".join(self.since(0).splitlines()[-count:])


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """The worker has to leave at once, or the job is another's by now; it goes back to the queue."""


class Deadline(NamedTuple):
    """A moment of the monotonic clock, in seconds; by default one that never comes."""

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float | None, start: float | None = None) -> "Deadline":
        """Return the moment in `seconds` from `start`, or from now; None: never."""
        if seconds is None:
            return cls()
        return cls((time.monotonic() if start is None else start) + seconds)

    @property
    def left_s(self) -> float:
        """Seconds until then, 0 once it has passed."""
        return max(0.0, self.at - time.monotonic())


class PatientLock:
    """Worker threads work one at a time, and who waits for something lets the next one.

    Threads that all run at once fight over Python's lock at each call into SQLite, which releases it: two of
    them got less done than one. In turns, two ran 5,700 no-op jobs a second instead of 3,600. It is a
    courtesy: nobody waits for it longer than 5 ms.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._local = threading.local()

    def acquire(self) -> None:
        """Take it, or go on without it: who has it may be stuck in a locked file or a full disk."""
        if not getattr(self._local, "acquired", False):
            self._local.acquired = self._lock.acquire(timeout=_PATIENCE_S)

    def release(self) -> None:
        """Let another thread have it; nothing happens if this one has not."""
        if getattr(self._local, "acquired", False):
            self._local.acquired = False
            self._lock.release()

    def committing(self, engine: Engine) -> contextlib.AbstractContextManager[None]:
        """Do without it while a server commits, which takes it a millisecond."""
        return self.released() if engine.is_server else contextlib.nullcontext()

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Do without it in a block that takes long."""
        self.release()
        try:
            yield
        finally:
            self.acquire()


class StopRequests:
    """Requests from any thread to the one that waits for a job; `fileno` becomes readable with each."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()
        self._claim: tuple[str, int] | None = None
        self._grace_s: float | None = None
        self._is_lost = False
        self._closed = False
        self.interrupted = False
        """Whether the worker has to leave at once."""

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._read

    def assign(self, claim: Claim | None) -> None:
        """Take requests for this claim from now on; none for None."""
        with self._lock:
            self._claim = None if claim is None else (claim.id, claim.token)
            self._grace_s, self._is_lost = None, False

    def stop(self, job_id: str, token: int, grace_s: float) -> None:
        """Ask to stop the job of that claim, if it is the one that runs.

        Called again and again until the job has ended, with the strictest request that the table has.
        """
        with self._lock:
            if self._claim != (job_id, token):
                return
            self._grace_s = grace_s
        self._wake()

    def lose(self, job_id: str, token: int) -> None:
        """Say that the job of that claim is no longer this worker's: its child is to end."""
        with self._lock:
            if self._claim != (job_id, token):
                return
            self._is_lost = True
        self._wake()

    def interrupt(self) -> None:
        """Ask to leave at once."""
        self.interrupted = True
        self._wake()

    def go_on(self) -> None:
        """Take back that the worker has to leave."""
        self.interrupted = False

    def check(self) -> None:
        """Make `fileno` unreadable until the next request; raise Interrupted if the run is over."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 64):
                pass
        if self.interrupted or self._is_lost:
            raise Interrupted

    def _wake(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):
            if not self._closed:  # later the number may be another file's, the database's even
                os.write(self._write, b"!")

    def take_grace_s(self) -> float | None:
        """Return with how much grace the job has to stop, once for each request; None without one."""
        with self._lock:
            grace_s, self._grace_s = self._grace_s, None
        return grace_s

    def close(self) -> None:
        """Close the pipe; a second time does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._read)
                os.close(self._write)


class Slot:
    """Runs jobs in a child of its own; `run` is called from one thread, `requests` serves any."""

    def __init__(
        self, settings: ChildSettings, engine: Engine, lock: PatientLock, lease: Lease
    ) -> None:
        self._settings = settings
        self._lease = lease
        self._asked_at = 0.0
        self.engine = engine
        self.lock = lock
        self._child: ChildProcess | None = None
        self.requests = StopRequests()

    @property
    def pid(self) -> int | None:
        """The present child's process id."""
        return None if self._child is None else self._child.pid

    def warm_up(self) -> ChildProcess:
        """Return the child, started if there is none; raise ChildStartError when that fails."""
        if self._child is None:
            with self.lock.released():
                self._child = start_child(self._settings, self._lease.line)
        return self._child

    def run(self, claim: Claim, asked_at: float) -> Outcome:
        """Return how the job ended, for which the worker asked at `asked_at` (see `Lease`).

        Raises Interrupted when the worker has to leave while the job runs, and ChildStartError when no
        child could be started, before the job began: then it is to be given back.
        """
        log = JobLog(self.engine, claim)
        self._asked_at = asked_at
        self.requests.assign(claim)
        try:
            for _ in range(_CHILDREN_PER_JOB):
                outcome = self._run_once(self.warm_up(), claim, log)
                if outcome is not None:
                    return outcome
            return Outcome("failed", "crashed", error=_NEVER_BEGUN)
        finally:
            self.requests.assign(None)
            log.close()

    def check(self) -> None:
        """Raise Interrupted if the run is over: the worker leaves, or the job may be another's."""
        self.requests.check()
        if not self._lease.may_run(self._asked_at):
            raise Interrupted

    def _run_once(self, child: ChildProcess, claim: Claim, log: JobLog) -> Outcome | None:
        if child.pid != claim.pid:
            self._write(claim, self.engine.sql.PID, pid=child.pid)
        end = RunEnd()
        run = Run(self, child, claim, log)
        try:
            end = run.end()
        finally:
            if not end.reusable:
                self.replace()
        has_preview = run.previewed or claim.token > 1
        if end.outcome and has_preview and end.outcome.status == "finished":
            self._write(claim, self.engine.sql.DROP_PREVIEW)
        return end.outcome

    def _write(self, claim: Claim, statement: str, **values: Any) -> None:
        """Write what is not worth the job."""
        try:
            self.engine.write(statement, **{**claim.key, **values})
        except DrawscapeError as error:
            _LOG.warning("job=%s event=not_written error=%r", claim.id, str(error))

    def write_progress(self, claim: Claim, progress: Progress) -> bool:
        """Return whether it was written; a locked file is not waited for, as the job's time runs."""
        engine, sql = self.engine, self.engine.sql
        fraction, message, meta, preview = progress
        values = {"progress": fraction, "message": message, "meta": meta}
        try:
            with engine.short_timeout():
                if preview is not None:
                    picture = {"picture": preview, "now": clock.now()}
                    engine.write(sql.WRITE_PREVIEW, **claim.key, **picture)
                if not engine.write(sql.PROGRESS, **claim.key, **values):
                    self.requests.lose(claim.id, claim.token)
        except DrawscapeError:
            return False
        except Exception as error:  # noqa: BLE001 - progress is not worth the job
            _LOG.warning("job=%s event=progress_not_written error=%r", claim.id, str(error))
        return True

    def kill(self) -> None:
        """Kill the child, from any thread: the process is about to leave and would wait for it."""
        child = self._child
        if child is not None:
            child.kill()

    def replace(self) -> None:
        """End the present child; the next job starts another."""
        if self._child is not None:
            self._child.end()
            self._child.close()
            self._child = None

    def close(self) -> None:
        """End the child and close everything."""
        self.replace()
        self.requests.close()


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

    def __init__(self, slot: Slot, child: ChildProcess, claim: Claim, log: JobLog) -> None:
        self._slot = slot
        self._requests = slot.requests
        self._lock = slot.lock
        self._child = child
        self._claim = claim
        self._log = log
        self._state = State.RUNNING
        self._verdict: Verdict | None = None
        self._deadline = Deadline()  # of the present state
        self._sample_s = _FIRST_SAMPLE_S
        self.previewed = False
        """Whether there is a preview of this run."""
        self._unwritten: Progress | None = None

    def end(self) -> RunEnd:
        """Return how the run ended; raise Interrupted when the worker has to leave meanwhile."""
        requests, poll = self._requests.fileno(), self._child.poll
        self._slot.check()
        try:
            self._child.send(self._claim)
        except OSError:  # it died between two jobs: nobody's fault, and nothing has begun
            return RunEnd()
        self._deadline = Deadline.after(self._claim.timeout_s, self._child.began_at)
        poll.register(requests, select.POLLIN)
        while True:
            wait_s = min(self._deadline.left_s, self._sample_s)
            self._lock.release()
            try:
                ready = {descriptor for descriptor, _ in poll.poll(wait_s * 1000)}
            finally:
                self._lock.acquire()
            end = self._read(ready)
            if end is not None:
                if self._unwritten:
                    self._slot.write_progress(self._claim, self._unwritten)
                return end
            self._log.flush()
            if self._unwritten and self._slot.write_progress(self._claim, self._unwritten):
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
        fraction, message, meta, preview = content[1:]
        self.previewed |= preview is not None
        if self._unwritten is not None:
            meta = meta or self._unwritten.meta
            preview = preview or self._unwritten.preview
        self._unwritten = Progress(fraction, message, meta, preview)
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
        self._slot.check()
        grace_s = self._requests.take_grace_s()
        if grace_s is not None:
            self._begin_ending("stopped", None, grace_s)

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
            with self._lock.released():
                poll.poll(until.left_s * 1000)
            self._requests.check()
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
        self._slot.check()
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
