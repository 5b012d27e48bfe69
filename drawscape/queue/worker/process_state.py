"""What a job may change for the whole process, put back after it; else the process is not used again."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import signal
import sys
import threading
from pathlib import Path

_KEPT_BYTES = 256 * 2**20
"""A child that holds this much more after a job than before its first one is replaced."""

_LIMITS = tuple(
    getattr(resource, f"RLIMIT_{name}")
    for name in ("AS", "CORE", "CPU", "DATA", "FSIZE", "NOFILE", "STACK")
    if hasattr(resource, f"RLIMIT_{name}")
)
_FAULTHANDLERS = (
    signal.SIGUSR1,
    signal.SIGSEGV,
    signal.SIGFPE,
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGILL,
)
"""Set below Python's own table: once it was changed they cannot be put back."""

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_SIGNALS = tuple(sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}))[:31]

# Without the wrappers that turn numbers into enums: 0.1 µs instead of 0.3 for each of the signals.
_getsignal = getattr(signal.getsignal, "__wrapped__", signal.getsignal)
_sigmask = getattr(signal.pthread_sigmask, "__wrapped__", signal.pthread_sigmask)

# The dictionary behind os.environ: comparing that costs 1 µs, the mapping itself 30.
_ENVIRONMENT = getattr(os.environ, "_data", os.environ)


class ProcessState:
    """The state of this process as it is now; `output` is the descriptor that 1 and 2 are copies of."""

    def __init__(self, folder: str, output: int) -> None:
        self._folder = folder
        self._output = output
        self._environment = dict(_ENVIRONMENT)
        self._umask = os.umask(0)
        os.umask(self._umask)
        self._handlers = {number: _getsignal(number) for number in _SIGNALS}
        self._mask = _sigmask(signal.SIG_BLOCK, ())
        self._recursion_limit = sys.getrecursionlimit()
        self._path = list(sys.path)
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._settled = self._unchangeable()
        self._memory = _resident_bytes()

    def restore(self) -> bool:
        """Undo what the last job has changed; return whether the next one meets the process as it was.

        Threads that still run, child processes, memory that is kept and lowered limits cannot be undone.
        """
        with contextlib.suppress(OSError):
            os.chdir(self._folder)
        os.umask(self._umask)
        if self._environment != _ENVIRONMENT:
            os.environ.clear()
            os.environ.update(
                {os.fsdecode(k): os.fsdecode(v) for k, v in self._environment.items()}
            )
        if sys.path != self._path:
            sys.path[:] = self._path
        if sys.getrecursionlimit() != self._recursion_limit:
            sys.setrecursionlimit(self._recursion_limit)
        restored = self._restore_signals() and self._restore_output()
        return restored and self._settled == self._unchangeable() and not _has_children()

    def _restore_signals(self) -> bool:
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        _sigmask(signal.SIG_SETMASK, self._mask)
        changed = [n for n, handler in self._handlers.items() if _getsignal(n) is not handler]
        for number in changed:
            signal.signal(number, self._handlers[number])
        return not set(changed).intersection(_FAULTHANDLERS)

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

    def _unchangeable(self) -> tuple[object, ...]:
        limits = [resource.getrlimit(limit) for limit in _LIMITS]
        return (threading.active_count(), os.getpriority(os.PRIO_PROCESS, 0), *limits)

    def keeps_memory(self) -> bool:
        """Return whether this process holds much more memory than before its first job."""
        return _resident_bytes() - self._memory > _KEPT_BYTES


def _has_children() -> bool:
    """Return whether a child process of the job is left; those that have ended are reaped."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


def _resident_bytes() -> int:
    """Return what this process holds in memory, 0 where the system does not show it."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
