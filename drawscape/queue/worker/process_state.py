"""What a job may change for the whole process, put back after it; else the process is not used again."""

import contextlib
import ctypes
import faulthandler
import gc
import locale
import logging
import os
import random
import resource
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

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

# Without the wrappers that turn numbers into enums: 0.01 µs instead of 0.2 for each of the signals.
_plain_signal = sys.modules.get("_signal", signal)
_getsignal = _plain_signal.getsignal
_sigmask = _plain_signal.pthread_sigmask

# The dictionary behind os.environ: comparing that costs 1 µs, the mapping itself 30.
_ENVIRONMENT = getattr(os.environ, "_data", os.environ)

_GENERATOR_BYTES = 2500
"""Of the state of numpy's Mersenne twister: 624 words, and its place among them."""


class ProcessState:
    """The state of this process as it is now; `output` is the descriptor that 1 and 2 are copies of."""

    def __init__(self, folder: str, output: int) -> None:
        self._folder = folder
        self._output = output
        self._environment = dict(_ENVIRONMENT)
        self._umask = os.umask(0)
        os.umask(self._umask)
        self._handlers = list(map(_getsignal, _SIGNALS))
        self._mask = _sigmask(signal.SIG_BLOCK, ())
        self._recursion_limit = sys.getrecursionlimit()
        self._path = list(sys.path)
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._settled = self._unchangeable()
        self._memory = _resident_bytes()
        self._zone = time.tzname
        self._collector = gc.isenabled(), gc.get_threshold()
        self._locale = locale.setlocale(locale.LC_ALL)
        self._filters = list(warnings.filters)
        self._log_level = logging.root.level, list(logging.root.handlers)
        self._numpy_errors: dict[str, Any] | None = None
        self._numpy_state: bytes | None = None
        self._restore_numbers()

    def restore(self) -> bool:
        """Undo what the last job has changed; return whether the next one meets the process as it was.

        Threads that still run, child processes, memory that is kept and lowered limits cannot be undone.
        """
        try:  # noqa: SIM105 - a tenth of what `suppress` takes
            os.chdir(self._folder)
        except OSError:
            pass
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
        self._restore_interpreter()
        self._restore_numbers()
        restored = self._restore_signals() and self._restore_output()
        return restored and self._settled == self._unchangeable() and not _has_children()

    def _restore_interpreter(self) -> None:
        """Time zone, collector, tracing, locale, warnings, logging, sockets' timeout."""
        if time.tzname != self._zone:
            time.tzset()
        if (gc.isenabled(), gc.get_threshold()) != self._collector:
            (gc.enable if self._collector[0] else gc.disable)()
            gc.set_threshold(*self._collector[1])
        if sys.gettrace() is not None:
            sys.settrace(None)
        if sys.getprofile() is not None:
            sys.setprofile(None)
        if locale.setlocale(locale.LC_ALL) != self._locale:
            locale.setlocale(locale.LC_ALL, self._locale)
        if warnings.filters != self._filters:
            warnings.resetwarnings()
            warnings.filters[:] = self._filters  # type: ignore[index]
        if logging.root.manager.disable:
            logging.disable(logging.NOTSET)
        level, handlers = self._log_level
        if (logging.root.level, logging.root.handlers) != (level, handlers):
            logging.root.setLevel(level)
            logging.root.handlers[:] = handlers
        if (socket := sys.modules.get("socket")) is not None:
            socket.setdefaulttimeout(None)

    def _restore_numbers(self) -> None:
        """Random numbers that nobody has seeded, decimals and numpy's errors as they are at first."""
        random.seed()
        if (decimal := sys.modules.get("decimal")) is not None:
            decimal.setcontext(decimal.DefaultContext.copy())
        numpy: Any = sys.modules.get("numpy")
        if numpy is not None and hasattr(numpy, "geterr"):
            if self._numpy_errors is None:
                self._numpy_errors = numpy.geterr()
            elif numpy.geterr() != self._numpy_errors:
                numpy.seterr(**self._numpy_errors)
        if "numpy.random" in sys.modules and _numpy_state(numpy) != self._numpy_state:
            numpy.random.seed()
            self._numpy_state = _numpy_state(numpy)

    def _restore_signals(self) -> bool:
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        _sigmask(signal.SIG_SETMASK, self._mask)
        present = list(map(_getsignal, _SIGNALS))
        if present == self._handlers:
            return True
        changed = {
            n: h
            for n, h, now in zip(_SIGNALS, self._handlers, present, strict=True)
            if now is not h
        }
        for number, handler in changed.items():
            signal.signal(number, handler)
        return changed.keys().isdisjoint(_FAULTHANDLERS)

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
        limits = map(resource.getrlimit, _LIMITS)
        return (threading.active_count(), os.getpriority(os.PRIO_PROCESS, 0), *limits)

    def keeps_memory(self) -> bool:
        """Return whether this process holds much more memory than before its first job."""
        return _resident_bytes() - self._memory > _KEPT_BYTES


def _numpy_state(numpy: Any) -> bytes:
    """Return the state of numpy's own generator: 0.3 µs, where `get_state` takes 40."""
    address = numpy.random.get_bit_generator().ctypes.state_address
    return ctypes.string_at(address, _GENERATOR_BYTES)


def _has_children() -> bool:
    """Return whether a child process of the job is left; those that have ended are reaped."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _resident_bytes() -> int:
    """Return what this process holds in memory, 0 where the system does not show it."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
