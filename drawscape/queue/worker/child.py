"""The process that runs jobs: one after another, each from one message and answered by one."""

import contextlib
import ctypes
import faulthandler
import fcntl
import gc
import logging
import marshal
import os
import random
import resource
import signal
import site
import socket
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from drawscape.clock import failpoint
from drawscape.project_modules import add_folder
from drawscape.queue.row import Outcome, parsed
from drawscape.queue.worker.call import (
    Call,
    ChildSettings,
    JobStopped,
    RunningJob,
    TaskCaller,
    set_current,
)

CHILD = "DRAWSCAPE_CHILD"
"""The variable by which processes that a job has started are found, when they have left its group."""

SAFE_PATH = "PYTHONSAFEPATH"

ASK_TO_STOP = signal.SIGUSR2
"""What raises JobStopped in a task."""

DUMP_STACK = signal.SIGUSR1
"""What writes the stack of all threads into the log, even from within a loop in C."""

_MOST_PEAK_KB = 262_144
"""A child that has held more is replaced: what it keeps, and its peak, would be the next job's."""

_LENGTH_BYTES = 8
_MAXRSS_PER_KB = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes
_PR_SET_CHILD_SUBREAPER = 36
_PERIOD_S = 0.1
"""In a backlog files are checked ten times a second; a job that came after the last check has its own."""


READY, PROGRESS, DONE = "ready", "progress", "done"
"""What a message from the child says."""


class Channel:
    """Messages over a socket: each is marshalled, and comes after its length."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection  # whose end would close it
        self.descriptor = connection.fileno()
        self._data = bytearray()

    def send(self, content: tuple[Any, ...]) -> None:
        data = marshal.dumps(content)
        data = len(data).to_bytes(_LENGTH_BYTES) + data
        sent = os.write(self.descriptor, data)
        while sent < len(data):
            sent += os.write(self.descriptor, memoryview(data)[sent:])

    def receive(self) -> list[Any]:
        """Wait until something comes; return the complete messages. Raises EOFError at the end."""
        try:
            data = os.read(self.descriptor, 1 << 16)
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


def main(
    connection: Connection,
    lifeline: Connection,
    line: Connection | None,
    log: Connection,
    begun: Connection,
    settings: ChildSettings,
) -> None:
    """Serve jobs from `connection` until it closes; the entry point of the child process."""
    os.setsid()
    _die_with(lifeline)
    if line is not None:
        _die_with(line)
    _adopt_descendants()
    _capture_output(log)
    child = Child(connection, begun.fileno(), log.fileno(), settings)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        child.serve()


class Child:
    """This process as a server of jobs."""

    def __init__(
        self, connection: Connection, begun: int, log: int, settings: ChildSettings
    ) -> None:
        self._pid = os.getpid()
        self._jobs = 0
        self._channel = Channel(connection)
        self._begun = begun
        self._settings = settings
        self._caller = TaskCaller(settings)
        self._code = LoadedCode()
        self._send_lock = threading.Lock()
        self._running: RunningJob | None = None
        home = Path(settings.home)
        os.environ["DRAWSCAPE_HOME"] = str(home)
        os.environ[CHILD] = mark_of(self._pid)
        os.environ.pop(SAFE_PATH, None)  # a script that a task starts finds what lies beside it
        os.chdir(home)
        sys.path[:] = [path for path in sys.path if path not in ("", str(home))]
        add_folder(home)  # last: a `random.py` in it hides nothing
        sys.dont_write_bytecode = True  # a file edited twice in a second would leave a stale cache
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # A service manager asks worker and children alike, and who runs has some grace: the worker says when.
        # Unlike `SIG_IGN` this is not so for what a task starts.
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(ASK_TO_STOP, self._on_request)
        _limit_memory(settings.memory_limit_bytes)
        self._state = ProcessState(settings.home, log)

    def serve(self) -> None:
        """Answer jobs until the connection closes, or until one has to run in another process."""
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
        """Run a job and return its answer; None if that has to be in another process."""
        mark, job_id, task, created_at, meta, payload, code = message
        if self._code.is_stale(created_at) or not self._caller.may_run(code):
            return None
        os.pwrite(self._begun, mark, 0)
        began = time.time()
        call = self._caller.prepare(job_id, task, payload, code)
        is_alone = isinstance(call, Call) and call.fresh_process
        if is_alone and self._jobs:
            return None
        self._jobs += 1
        job = RunningJob(job_id, parsed(meta), partial(self._send, PROGRESS, mark))
        outcome = self._run(job, lambda: self._caller.run(job_id, task, call))
        self._code.note(began)
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MAXRSS_PER_KB
        is_last = is_alone or self._jobs == self._settings.max_jobs or peak_kb > _MOST_PEAK_KB
        is_reusable = not is_last and self._state.restore()
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
        except JobStopped:  # asked just as the call had ended
            outcome = Outcome("stopped")
        self._running = None
        set_current()
        if os.getpid() != self._pid:  # a copy that the task has forked, and that has returned here
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


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def mark_of(pid: int) -> str:
    """Return what the processes carry as `CHILD` that the child `pid` of this worker has started."""
    return f"{pid} {os.environ.get('DRAWSCAPE_WORKER', '')}"


def _die_with(lifeline: Connection) -> None:
    """Let the kernel kill this whole process group when who holds the other end of a pipe is gone.

    Nobody writes to it. On Linux its closing raises a signal of our choice, which stops even a loop in C.
    Elsewhere a thread watches.
    """
    if sys.platform == "linux":
        # Opened again: whom a signal goes to is a matter of the open file, which others may have, too.
        descriptor = os.open(f"/proc/self/fd/{lifeline.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if lifeline.poll(0):  # it was gone before we listened
            os.killpg(0, signal.SIGKILL)
        return

    def watch() -> None:
        lifeline.poll(None)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _adopt_descendants() -> None:
    """Become the parent of descendants whose own parents end, so that all of them can be found (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _capture_output(log: Connection) -> None:
    """Send whatever this process and its libraries print to the worker, which keeps it with the job."""
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


def _limit_memory(limit_bytes: int | None) -> None:
    """Make an allocation beyond the limit a MemoryError; None: no limit."""
    if limit_bytes is not None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))


class LoadedCode:
    """The source files of the modules that this process has imported, outside of installed packages."""

    def __init__(self) -> None:
        self._count = 0
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._looked_at = time.time()
        paths = sysconfig.get_paths()
        kinds = ("stdlib", "platstdlib", "purelib", "platlib")
        self._installed = (*(paths[kind] for kind in kinds), *site.getsitepackages())

    def note(self, since: float = 0.0) -> None:
        """Remember the files of modules that were imported since the last call, which was at `since`.

        A file that was written after that may have been read before it was written: it counts as changed.
        """
        if len(sys.modules) == self._count:
            return
        self._count = len(sys.modules)
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if file and file not in self._stamps and not file.startswith(self._installed):
                stamp = _stamp(file)
                surely_read = since == 0.0 or (stamp is not None and stamp[0] < since * 1e9)
                self._stamps[file] = stamp if surely_read else None

    def is_stale(self, created_at: float) -> bool:
        """Return whether a file has changed, for a job that was queued at `created_at` (seconds)."""
        now = time.time()
        if created_at < self._looked_at and 0 <= now - self._looked_at < _PERIOD_S:
            return False
        self._looked_at = now
        return any(_stamp(file) != stamp for file, stamp in self._stamps.items())


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


# What a job may change

_LIMITS = tuple(
    getattr(resource, f"RLIMIT_{name}")
    for name in ("AS", "CORE", "CPU", "DATA", "FSIZE", "NOFILE", "STACK")
)
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_SIGNALS = tuple(sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}))[:31]

# Without the wrapper that turns numbers into enums: it takes a tenth of an empty job.
_getsignal = sys.modules.get("_signal", signal).getsignal

# The dictionary behind os.environ: comparing that costs 1 µs, the mapping itself 30.
_ENVIRONMENT = getattr(os.environ, "_data", os.environ)


def _set_environment(values: dict[bytes, bytes]) -> None:
    os.environ.clear()
    os.environ.update({os.fsdecode(name): os.fsdecode(value) for name, value in values.items()})


def _kept() -> list[tuple[Callable[[], Any], Callable[[Any], object]]]:
    """Return how each thing is read that drawings often change, and how it is put back."""
    import decimal

    import numpy

    return [
        (lambda: dict(_ENVIRONMENT), _set_environment),
        (lambda: [*sys.path], lambda value: sys.path.__setitem__(slice(None), value)),
        (sys.getrecursionlimit, sys.setrecursionlimit),
        (lambda: decimal.getcontext().prec, lambda _: decimal.setcontext(decimal.Context())),
        (numpy.geterr, lambda value: numpy.seterr(**value)),
    ]


class ProcessState:
    """The state of this process as it is now; `output` is the descriptor that 1 and 2 are copies of."""

    def __init__(self, folder: str, output: int) -> None:
        self._folder = folder
        self._output = output
        self._umask = os.umask(0)
        os.umask(self._umask)
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._kept = [(read, put_back, read()) for read, put_back in _kept()]
        self._unchanging = _unchanging()
        _restore_random()

    def restore(self) -> bool:
        """Undo what the last job has changed; return whether the next one meets the process as it was.

        What is changed rarely, or cannot be undone, such as threads that still run, is left as it is.
        """
        unchanged = self._unchanging == _unchanging() and not _has_children()
        with contextlib.suppress(OSError):
            os.chdir(self._folder)
        os.umask(self._umask)
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        for read, put_back, value in self._kept:
            if read() != value:
                put_back(value)
        _restore_random()
        return self._restore_output() and unchanged

    def _restore_output(self) -> bool:
        """Return whether the output goes where it should; what was closed is closed for good."""
        sys.stdin, sys.stdout, sys.stderr = self._streams
        try:
            for descriptor in (1, 2):
                os.dup2(self._output, descriptor)
        except OSError:
            return False
        if not faulthandler.is_enabled():
            faulthandler.enable(file=2, all_threads=False)
        return not (sys.stdout.closed or sys.stderr.closed)


def _unchanging() -> tuple[object, ...]:
    """Return what must be the same after a job, for another one to run here."""
    return (
        threading.active_count(),
        os.getpriority(os.PRIO_PROCESS, 0),
        *map(resource.getrlimit, _LIMITS),
        *map(_getsignal, _SIGNALS),
        signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        time.tzname,
        gc.isenabled(),
        sys.gettrace(),
        logging.root.manager.disable,
        socket.getdefaulttimeout(),
    )


def _restore_random() -> None:
    """Let the next job draw random numbers that nobody has seeded."""
    random.seed(int.from_bytes(os.urandom(16)))
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()


def _has_children() -> bool:
    """Return whether a child process of the job is left; those that have ended are reaped."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
