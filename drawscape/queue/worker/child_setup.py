"""What a child process does once, before its first job: it ties its life, its output and its memory."""

import contextlib
import ctypes
import faulthandler
import fcntl
import logging
import os
import resource
import signal
import sys
import threading
from multiprocessing.connection import Connection

_F_SETSIG = 10  # Linux: which signal reports that a descriptor has changed
_PR_SET_CHILD_SUBREAPER = 36


def die_with(lifeline: Connection) -> None:
    """Let the kernel kill this whole process group when who holds the other end of a pipe is gone.

    Nobody writes to it. On Linux its closing raises a signal of our choice, which stops even a loop in C and
    a task's own children; elsewhere a thread watches.
    """
    if sys.platform == "linux":
        # Opened again: whom a signal goes to is a matter of the open file, which others may have, too.
        descriptor = os.open(f"/proc/self/fd/{lifeline.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if lifeline.poll(0):  # it was gone before we listened
            os.killpg(0, signal.SIGKILL)
        return

    def watch() -> None:
        lifeline.poll(None)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def adopt_descendants() -> None:
    """Become the parent of descendants whose own parents end, so that all of them can be found (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def capture_output(log: Connection) -> None:
    """Send whatever this process and its libraries print to the worker, which keeps it with the job."""
    for descriptor in (1, 2):
        os.dup2(log.fileno(), descriptor)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    faulthandler.enable(file=2, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def limit_memory(limit_bytes: int | None) -> None:
    """Make an allocation beyond the limit a MemoryError; None: no limit."""
    if limit_bytes is not None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
