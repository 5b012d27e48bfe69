"""The process that runs jobs one after another, with one message for each and one answer.

`Channel` carries the messages, at both ends.
"""

import contextlib
import faulthandler
import logging
import marshal
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from drawscape.failpoints import failpoint
from drawscape.project_modules import add_folder
from drawscape.queue.claim import Outcome
from drawscape.queue.snapshot import parsed
from drawscape.queue.worker.job_context import RunningJob, set_current
from drawscape.queue.worker.memory_limit import limit_memory
from drawscape.queue.worker.orphans import CHILD, adopt_descendants, child_mark, end_with
from drawscape.queue.worker.process_state import LoadedCode, ProcessState
from drawscape.queue.worker.task_caller import ChildSettings, JobStopped, TaskCaller

SAFE_PATH = "PYTHONSAFEPATH"

ASK_TO_STOP = signal.SIGUSR2
"""The signal that raises JobStopped in a task."""

DUMP_STACK = signal.SIGUSR1
"""The signal that writes all threads' stacks into the log, even during a loop in C."""

READY, PROGRESS, DONE = "ready", "progress", "done"
"""The kinds of message from the child."""

_LENGTH_BYTES = 8

_MOST_PEAK_KB = 262_144
"""A child whose peak was higher is replaced: the next job would start with its memory and its peak."""

_MAXRSS_PER_KB = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes


def main(
    connection: Connection,
    lifeline: Connection,
    lease_lifeline: Connection | None,
    log: Connection,
    begun: Connection,
    settings: ChildSettings,
) -> None:
    """Serve jobs from `connection` until it closes; the entry point of the child process."""
    os.setsid()
    end_with(lifeline)
    if lease_lifeline is not None:
        end_with(lease_lifeline)
    adopt_descendants()
    _capture_output(log)
    child = Child(connection, begun.fileno(), settings)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        child.serve()


class Child:
    """This process as a server of jobs."""

    def __init__(self, connection: Connection, begun: int, settings: ChildSettings) -> None:
        self._pid = os.getpid()
        self._channel = Channel(connection)
        self._begun = begun
        self._caller = TaskCaller(settings, self._note_state)
        self._code = LoadedCode()
        self._send_lock = threading.Lock()
        self._running: RunningJob | None = None
        home = Path(settings.home)
        os.environ["DRAWSCAPE_HOME"] = str(home)
        os.environ[CHILD] = child_mark(self._pid)
        os.environ.pop(SAFE_PATH, None)  # a task's scripts must find their neighbours
        os.chdir(home)
        sys.path[:] = [path for path in sys.path if path not in ("", str(home))]
        add_folder(home)  # last, so that a `random.py` in it hides nothing
        sys.dont_write_bytecode = True  # a file edited twice in a second would leave a stale cache
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # A service manager sends SIGTERM to the children too. Only the worker decides when a job ends. Unlike
        # `SIG_IGN`, a handler is not inherited by programs that a task starts.
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(ASK_TO_STOP, self._on_request)
        limit_memory(settings.memory_limit_bytes)
        self._note_state()

    def _note_state(self) -> None:
        """Note the state that must be the same after a job; its modules are read from now on."""
        self._state = ProcessState()
        self._begun_at = time.time()

    def serve(self) -> None:
        """Answer jobs until the connection closes, or until one must run in another process."""
        self._code.note()
        self._send(READY)
        while True:
            for message in self._channel.receive():
                answer = self._answer(message)
                if answer is None:
                    os.pwrite(self._begun, b"-", 0)  # it has not begun
                    os._exit(0)
                self._send(DONE, *answer)

    def _answer(self, message: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Run a job and return its answer; None if it must run in another process."""
        mark, job_id, task, created_at, meta, payload, code = message
        if self._code.is_stale(created_at) or not self._caller.may_run(code):
            return None
        os.pwrite(self._begun, mark, 0)
        self._begun_at = time.time()
        call = self._caller.prepare(job_id, task, payload, code)
        job = RunningJob(job_id, parsed(meta), partial(self._send, PROGRESS, mark))
        outcome = self._run(job, lambda: self._caller.run(job_id, task, call))
        self._code.note(self._begun_at)
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MAXRSS_PER_KB
        is_reusable = peak_kb <= _MOST_PEAK_KB and self._state.is_unchanged()
        return mark, is_reusable, *outcome._replace(peak_kb=peak_kb)

    def _send(self, kind: str, *content: Any) -> None:
        with self._send_lock:
            self._channel.send((kind, *content))

    def _run(self, job: RunningJob, call: Callable[[], Outcome]) -> Outcome:
        failpoint("child.before_start")
        set_current(job)
        try:
            self._running = job
            outcome = call()
            self._running = None
        except JobStopped:  # asked just after the call had ended
            outcome = Outcome("stopped")
        self._running = None
        set_current()
        if os.getpid() != self._pid:  # a process forked by the task that has returned here
            _flush_output()
            os._exit(0)
        job.close(with_preview=outcome.status != "finished")
        _flush_output()
        failpoint("result.serialised")
        return outcome

    def _on_request(self, _signum: int, _frame: FrameType | None) -> None:
        job = self._running
        if job is not None:
            job.is_canceled = True
            raise JobStopped("asked to stop")


class Channel:
    """Messages over a socket: each is marshalled, and preceded by its length."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection  # its deletion would close the socket
        self.descriptor = connection.fileno()
        self._data = bytearray()
        self.unsent = memoryview(b"")
        """The rest of a message, while a non-blocking socket is full."""

    def send(self, content: tuple[Any, ...]) -> None:
        """Send a message, until the socket is full; raise OSError when the other end is closed."""
        data = marshal.dumps(content)
        self.unsent = memoryview(len(data).to_bytes(_LENGTH_BYTES) + data)
        self.send_rest()

    def send_rest(self) -> None:
        """Continue with the `unsent` rest, until the socket is full."""
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                self.unsent = self.unsent[os.write(self.descriptor, self.unsent) :]

    def receive(self) -> list[Any]:
        """Return the complete messages, once data has arrived. Raises EOFError at the end."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return []
        except OSError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        self._data += data
        found, start = [], 0
        while len(self._data) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            end = begin + int.from_bytes(self._data[start:begin])
            if end > len(self._data):
                break
            found.append(marshal.loads(memoryview(self._data)[begin:end]))
            start = end
        del self._data[:start]
        return found


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _capture_output(log: Connection) -> None:
    """Send the output of this process and its libraries to the worker, which stores it with the job."""
    for descriptor in (1, 2):
        os.dup2(log.fileno(), descriptor)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    faulthandler.enable(file=2, all_threads=False)
    faulthandler.register(DUMP_STACK, file=2, all_threads=True)
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
