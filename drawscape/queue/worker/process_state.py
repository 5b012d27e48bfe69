"""Whether a child process may run another job: its state and its loaded code must be as before.

A job's changes are not undone: the child is replaced.
"""

import contextlib
import faulthandler
import gc
import logging
import os
import random
import resource
import signal
import socket
import sys
import threading
import time

_LIMITS = tuple(
    getattr(resource, f"RLIMIT_{name}")
    for name in ("AS", "CORE", "CPU", "DATA", "FSIZE", "NOFILE", "STACK")
)
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_SIGNALS = tuple(sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}))[:31]

# Without the wrapper that turns numbers into enums, which takes a tenth of an empty job.
_getsignal = sys.modules.get("_signal", signal).getsignal

# The dictionary behind os.environ: comparing that costs 1 µs, the mapping itself 30.
_ENVIRONMENT = getattr(os.environ, "_data", os.environ)

_PERIOD_S = 0.1
"""In a backlog, files are checked ten times a second; a job queued after the last check gets a new one."""


class ProcessState:
    """The state of this process as it is now."""

    def __init__(self) -> None:
        self._before = _state()
        _seed_random()

    def is_unchanged(self) -> bool:
        """Return whether another job may run here; the random generators are seeded again."""
        _seed_random()
        return not _has_children() and _state() == self._before


def _state() -> tuple[object, ...]:
    """Return what must be the same after a job so that another one may run here."""
    import decimal

    import numpy

    umask = os.umask(0)
    os.umask(umask)
    return (
        umask,
        os.getcwd(),
        dict(_ENVIRONMENT),
        [*sys.path],
        *(sys.stdin, sys.stdout, sys.stderr),
        *map(_file_of, (1, 2)),
        faulthandler.is_enabled(),
        sys.getrecursionlimit(),
        decimal.getcontext().prec,
        numpy.geterr(),
        threading.active_count(),
        os.getpriority(os.PRIO_PROCESS, 0),
        *map(resource.getrlimit, _LIMITS),
        *map(_getsignal, _SIGNALS),
        *map(signal.getitimer, _TIMERS),
        signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        time.tzname,
        gc.isenabled(),
        sys.gettrace(),
        logging.root.manager.disable,
        socket.getdefaulttimeout(),
    )


def _file_of(descriptor: int) -> int | None:
    """Return the number of a descriptor's file; None when it is closed."""
    with contextlib.suppress(OSError):
        return os.fstat(descriptor).st_ino
    return None


def _seed_random() -> None:
    """Seed the random generators from the system, so that no job depends on the one before."""
    random.seed(int.from_bytes(os.urandom(16)))
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()


def _has_children() -> bool:
    """Return whether a child process of the job is left; ended ones are reaped."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


class LoadedCode:
    """The source files of the modules that this process has imported, outside of installed packages."""

    def __init__(self) -> None:
        self._count = 0
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._checked_at = time.time()

    def note(self, since: float = 0.0) -> None:
        """Remember the files of modules that were imported since the last call, which was at `since`.

        A file written after `since` may have been read before that: it counts as changed.
        """
        if len(sys.modules) == self._count:
            return
        self._count = len(sys.modules)
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if file and file not in self._stamps and not _is_installed(file):
                stamp = _stamp(file)
                surely_read = since == 0.0 or (stamp is not None and stamp[0] < since * 1e9)
                self._stamps[file] = stamp if surely_read else None

    def is_stale(self, created_at: float) -> bool:
        """Return whether a file has changed, for a job that was queued at `created_at` (seconds)."""
        now = time.time()
        if created_at < self._checked_at and 0 <= now - self._checked_at < _PERIOD_S:
            return False
        self._checked_at = now
        return any(_stamp(file) != stamp for file, stamp in self._stamps.items())


def _is_installed(file: str) -> bool:
    """Return whether a file is Python's own or a package's: site-packages, or Debian's dist-packages."""
    return file.startswith(os.path.dirname(os.__file__)) or "-packages/" in file


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
