"""Child processes seen from their worker: started warm, reached by pipes, killed with their whole group."""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any

from drawscape import clock
from drawscape.queue.claim import Claim
from drawscape.queue.worker.child import SAFE_PATH, Channel, main
from drawscape.queue.worker.orphans import (
    CHILD,
    child_mark,
    descendants_of,
    kill_marked,
    process_handle,
)
from drawscape.queue.worker.task_caller import ChildSettings

_METHOD = "forkserver" if sys.platform == "linux" else "spawn"

# Only modules of installed packages: a project's may be edited, and children would inherit a stale copy.
_PRELOADED = ["ctypes", "pickle", "decimal", "asyncio", "numpy", "multiprocessing.connection"]

_STARTING = threading.Lock()
"""One start at a time, because it briefly hides a name of the main module."""

_FATAL = "Fatal Python error"


class ChildStartError(Exception):
    """No child process could be started: no descriptors, no memory, too many processes. No job's fault."""


def start_process(target: Callable[..., None], *arguments: Any) -> Any:
    """Return a process that runs `target`, forked from a server without threads if possible."""
    context: Any = multiprocessing.get_context(_METHOD)
    if _METHOD == "forkserver":
        context.set_forkserver_preload(_PRELOADED)
    # Not daemonic: a task may start its own processes, and the lifeline ends ours.
    process = context.Process(target=target, args=arguments, name="drawscape-job", daemon=False)
    with _STARTING, _no_main_module():
        # Otherwise the fork server would import a `random.py` in its folder instead of Python's.
        os.environ[SAFE_PATH] = "1"
        try:
            process.start()
        finally:
            os.environ.pop(SAFE_PATH)
    return process


class ChildProcess:
    """One child, and this end of its pipes."""

    def __init__(self, settings: ChildSettings, lifeline: Connection | None) -> None:
        """`lifeline` closes when the worker may no longer run jobs; None: it never does.

        It answers when it is ready for a job. Raises ChildStartError.
        """
        try:
            self._start(settings, lifeline)
        except EOFError:
            raise ChildStartError("the server that forks child processes is gone") from None
        except OSError as error:
            raise ChildStartError(f"{type(error).__name__}: {error}") from error

    def _start(self, settings: ChildSettings, lifeline: Connection | None) -> None:
        ours, theirs = multiprocessing.Pipe(duplex=True)
        self._connection = ours
        self.channel = Channel(ours)
        end_of_life, self._lifeline = multiprocessing.Pipe(duplex=False)
        self._log, log = multiprocessing.Pipe(duplex=False)
        # A file without a name, in which the child notes the claim that it begins. If it dies, we know
        # whether it had begun, for one system call.
        with tempfile.TemporaryFile() as file:
            self._begun = Connection(os.dup(file.fileno()))
            begun = Connection(os.dup(file.fileno()))
        self._process = start_process(main, theirs, end_of_life, lifeline, log, begun, settings)
        for end in (theirs, end_of_life, log, begun):
            end.close()
        for descriptor in (ours.fileno(), self._log.fileno()):
            os.set_blocking(descriptor, False)  # the worker never waits for a child
        self.pid = int(self._process.pid or 0)
        """The process id, which is also its group's."""
        self._death = process_handle(self.pid)
        death = self._process.sentinel if self._death is None else self._death
        self.descriptors = ours.fileno(), self._log.fileno(), int(death)
        """What to poll: messages, log, end of the process.

        In this order: once an answer is read, the log before it was read too.
        """
        self.ended = False
        """Whether the child is surely dead."""
        self.mark = b""
        """The present claim's number and token, of a fixed length."""

    def send(self, claim: Claim) -> None:
        self.mark = b"%020d %020d" % (claim.seq, claim.token)
        created_at = clock.not_before(claim.created_at)
        job = (self.mark, claim.id, claim.task, created_at, claim.meta, claim.payload, claim.code)
        self.channel.send(job)

    def has_begun(self) -> bool:
        """Return whether the child has begun with the job that was handed over last."""
        return os.pread(self._begun.fileno(), 64, 0) == self.mark

    def read_log(self) -> bytes:
        """Return new output of the child, at most 64 KiB, without waiting."""
        with contextlib.suppress(OSError):
            return os.read(self._log.fileno(), 65_536)
        return b""

    def signal(self, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def end(self) -> int | None:
        """Kill the child and its group if they live; return the exit code, negative for a signal."""
        if not self.ended:  # later the id may be another process's
            self.ended = True
            died_before = wait([self.descriptors[-1]], 0)
            self.kill()
            self._process.join(5)
            if died_before:  # its descendants in other sessions have lost their parent
                kill_marked(CHILD, child_mark(self.pid))
        return self._process.exitcode

    def kill(self) -> None:
        """Kill the child, its process group and its descendants, including processes that a task started."""
        orphans = descendants_of(
            self.pid
        )  # read first: orphans of a dead process cannot be found later
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            # Either gone, or so new that it has no own group yet.
            self.signal(signal.SIGKILL)
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for end in (self._connection, self._lifeline, self._log, self._begun):
            end.close()
        if self._death is not None:
            os.close(self._death)


@contextlib.contextmanager
def _no_main_module() -> Any:
    """Keep multiprocessing from importing the parent's main script again in each child.

    The children need nothing from it, and a script without a main guard would run twice.
    """
    main_module, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main_module


def describe_death(exit_code: int | None, log: str) -> tuple[str, dict[str, Any]]:
    """Return a sentence and details for a child that ended with `exit_code` without an answer.

    `log` is the end of its output, which has faulthandler's stack.
    """
    detail: dict[str, Any] = {"exit_code": exit_code}
    text = "its process ended without a result"
    if exit_code is not None and exit_code < 0:
        names = {one.value: one.name for one in signal.Signals}
        name = names.get(-exit_code, f"signal {-exit_code}")
        detail["signal"] = name
        text = f"its process was killed by {name}"
        if name == "SIGKILL":
            text += ", out of memory (killed by the system?)"
    elif exit_code is not None:
        text = f"its process left with exit code {exit_code}"
    if _FATAL in log:
        detail["stack"] = log[log.rindex(_FATAL) :]
        text += "\n" + detail["stack"]
    return text, detail
