"""Processes that outlive their worker or child: what a task has started in a session of its own."""

import contextlib
import os
import signal
import sys
from pathlib import Path

from drawscape.queue.engines.sqlite.boot import boot_id

_WORKER, CHILD = "DRAWSCAPE_WORKER", "DRAWSCAPE_CHILD"
"""The variables by which such processes are found."""


def mark_environment(worker: str, folder: Path) -> None:
    """Let every process that this one starts from now on carry the mark of `worker`, of that folder."""
    os.environ[_WORKER] = _mark(worker, folder)


def _mark(worker: str, folder: Path) -> str:
    """Worker, folder and boot: a copy of the folder, with the same rows in it, is another folder."""
    found = folder.stat()
    return f"{worker} {found.st_dev}:{found.st_ino} {boot_id()}"


def child_mark(pid: int) -> str:
    """Return what the processes carry as `CHILD` that the child `pid` of this worker has started."""
    return f"{pid} {os.environ.get(_WORKER, '')}"


def kill_orphans(worker: str, folder: Path) -> list[int]:
    """Kill the processes that carry the mark of `worker`, a dead one; return their ids.

    The kernel kills a child and its group with their worker, but not what has left the group.
    """
    return kill_marked(_WORKER, _mark(worker, folder))


def kill_marked(variable: str, value: str) -> list[int]:
    """Kill the processes whose environment says `variable=value`; return their ids.

    On Linux; elsewhere nothing is done. A process that was given an environment of its own is not found.
    """
    if sys.platform != "linux":
        return []
    wanted = f"{variable}={value}".encode()
    killed = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and _kill_if_marked(int(name), wanted):
            killed.append(int(name))
    return killed


def _kill_if_marked(pid: int, wanted: bytes) -> bool:
    with contextlib.suppress(OSError):  # gone, or another user's
        # Opened first: what is read and killed then is one process, whoever gets its number later.
        process = os.pidfd_open(pid)
        try:
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                return True
        finally:
            os.close(process)
    return False
