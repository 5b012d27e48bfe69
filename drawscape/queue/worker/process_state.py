"""The state of a child process that a job may change: restored after it, or the child is replaced."""

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
from collections.abc import Callable
from typing import Any

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
        """Restore the state from before the job; return whether another job may run in this process.

        Rare changes, and those that cannot be undone, such as running threads, are not restored.
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
        """Restore the output; return whether that worked, as a closed stream cannot be opened again."""
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
