"""No process of a job outlives its worker.

A child holds a pipe, its lifeline. When the worker is gone the pipe closes, and the kernel kills the child
and its process group. A process that has left the group is found by a mark in its environment.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from drawscape.settings import OUTLIVING

_PR_SET_CHILD_SUBREAPER = 36

WORKER = "DRAWSCAPE_WORKER"
"""The variable by which processes that outlive their worker are found."""

CHILD = "DRAWSCAPE_CHILD"
"""The variable by which a job's processes are found when they have left its group."""


def end_with(lifeline: Connection) -> None:
    """Make the kernel kill this process group when the process at the other end of `lifeline` is gone.

    Nobody writes to that pipe. On Linux its closing sends a signal: SIGKILL, which stops even a loop in C.
    On other systems a thread watches the pipe.
    """
    if sys.platform == "linux":
        # Opened again: the receiver of the signal belongs to the open file, which other processes share.
        descriptor = os.open(f"/proc/self/fd/{lifeline.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if lifeline.poll(0):  # the worker was gone before we listened
            os.killpg(0, signal.SIGKILL)
        return

    def watch() -> None:
        lifeline.poll(None)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def worker_mark(worker: str, folder: Path) -> str:
    """Return the value of `WORKER` in all processes that a worker has started.

    It names the folder too: a copied folder has the same rows, but another path.
    """
    found = folder.stat()
    return f"{worker} {found.st_dev}:{found.st_ino}"


def child_mark(pid: int) -> str:
    """Return the value of `CHILD` in all processes that the child `pid` of this worker has started."""
    return f"{pid} {os.environ.get(WORKER, '')}"


def kill_marked(variable: str, value: str) -> list[int]:
    """Kill the processes whose environment says `variable=value`; return their ids.

    The kernel kills a child and its group with their worker, but no process that has left the group.
    On Linux; elsewhere none is found, and never a process with another environment.
    """
    wanted = f"{variable}={value}".encode()
    killed = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        pid = int(environment.parent.name)
        process = process_handle(pid)  # first: after its end the id may be another's
        with contextlib.suppress(OSError):  # gone, or another user's
            if pid != os.getpid() and wanted in environment.read_bytes().split(b"\0"):
                if process is None:
                    os.kill(pid, signal.SIGKILL)
                else:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
                killed.append(pid)
        if process is not None:
            os.close(process)
    return killed


def process_handle(pid: int) -> int | None:
    """Return a descriptor of process `pid` that becomes readable when it ends; None if it does not exist.

    multiprocessing's sentinel also fires when its fork server dies, while our child lives on.
    """
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def descendants_of(pid: int) -> list[int]:
    """Return the processes that descend from `pid`, also those in other sessions (on Linux)."""
    found = []
    with contextlib.suppress(OSError):  # it may end at any moment
        for thread in os.listdir(f"/proc/{pid}/task"):
            listed = Path(f"/proc/{pid}/task/{thread}/children").read_text()
            for child in map(int, listed.split()):
                if not _outlives(child):
                    found += [child, *descendants_of(child)]
    return found


def _outlives(pid: int) -> bool:
    """Whether `settings.OUTLIVING` lets a process live on after its job."""
    with contextlib.suppress(OSError):  # it has ended
        return f"{CHILD}={OUTLIVING[CHILD]}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def adopt_descendants() -> None:
    """Become the parent of descendants whose own parents end, so that all of them can be found (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
