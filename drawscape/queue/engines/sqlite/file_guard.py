"""Keeps the queue's files safe from their own users: no log removed too early, nothing written into a void.

SQLite protects its files by POSIX locks, which have a trap: when a process closes any descriptor of a file,
all of its locks on that file are released. A notebook that reads `queue.db` (to copy it, to zip it) loses
them so. The next process that closes its connections then takes itself for the last one, copies the log back
and removes it, and the notebook writes on into a removed file; one that opens the file takes itself for the
first and clears the shared memory under the others.

So each process takes two locks more, of the kind that belongs to a descriptor instead of a process (Linux's
"open file description locks"), on the very bytes that SQLite asks for: nobody gets the exclusive lock that
the removal takes, or finds the shared memory unused, as long as this process lives. Elsewhere, and for the
rest, each operation looks whether the files are still those that were opened.
"""

import contextlib
import fcntl
import os
import sqlite3
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from drawscape.errors import QueueGoneError

# From SQLite's os_unix.c: a reader's shared range in the database, and the "dead man's switch" in the -shm.
_SHARED_FIRST, _SHARED_SIZE = 0x40000000 + 2, 510
_DEAD_MANS_SWITCH = 128

_FRESH_NS = 50_000_000
"""A folder that was changed this little ago may change again without a new time stamp."""

_BETWEEN_S = 0.02
"""How old a reader's last check may be."""

_MOST_GUARDS = 128  # of files at once; a process has one, or a few

_GUARDS: "dict[Path, FileGuard]" = {}
_LOCK = threading.Lock()


def _renew_lock() -> None:
    global _LOCK
    _LOCK = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)  # whoever had it is not in the forked process


def guard(path: Path) -> "FileGuard":
    """Return this process's guard of the database at `path`, which has been opened in WAL mode."""
    with _LOCK:
        found = _GUARDS.get(path)
        if found is None:
            while len(_GUARDS) >= _MOST_GUARDS:
                _GUARDS.pop(next(iter(_GUARDS))).close()
            found = _GUARDS[path] = FileGuard(path)
        return found


@contextlib.contextmanager
def opening(path: Path) -> Iterator[bool]:
    """Yield whether this process has used the database at `path`, which the block opens.

    Raises QueueGoneError when it has, and it is no longer there, before the block or in it.
    """
    found = _GUARDS.get(path)
    check = found.check if found is not None else lambda: None
    check()
    try:
        yield found is not None
    except sqlite3.Error:
        check()
        raise


def existing(path: Path) -> str:
    """Return what opens the database at `path`, and does not make one where there is none.

    Between a check and the opening the file may go; an empty one in its place would pass for the queue.
    """
    return f"{path.as_uri()}?mode=rw"


class FileGuard:
    """Two descriptors that hold the locks, and the identities of the files that were opened.

    They stay open for as long as the process lives: closing one would release SQLite's own locks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = str(path.parent)
        self._descriptors: list[int | None] = [
            _hold(path, _SHARED_FIRST, _SHARED_SIZE),
            _hold(Path(f"{path}-shm"), _DEAD_MANS_SWITCH, 1),
        ]
        self._files = {name: _identity(name) for name in (f"{path}", f"{path}-wal", f"{path}-shm")}
        self._stamp: tuple[int, int, int] | None = None
        self._checked_at = 0.0

    def check(self) -> None:
        """Raise QueueGoneError when one of the files was deleted or replaced since it was opened.

        A folder's time moves with each file that is made, removed or renamed in it; while it stands still
        nothing was. So this is one system call, most of the time.
        """
        try:
            found = os.stat(self._folder)
        except OSError:
            raise self._error(self._folder) from None
        stamp = found.st_dev, found.st_ino, found.st_mtime_ns
        if stamp == self._stamp:
            return
        for name, identity in self._files.items():
            if _identity(name) != identity:
                raise self._error(name)
        if time.time_ns() - found.st_mtime_ns > _FRESH_NS:
            self._stamp = stamp

    def check_at_times(self) -> None:
        """Check, if that was not done within the last `_BETWEEN_S`: a reader need not ask at each look.

        Each check lets go of Python's lock, for which worker threads then queue up. Who writes checks after
        each commit, so that nothing is acknowledged into a file that is gone.
        """
        now = time.monotonic()
        if now - self._checked_at > _BETWEEN_S:
            self.check()
            self._checked_at = now

    def _error(self, name: str) -> QueueGoneError:
        return QueueGoneError(
            f"{name} was deleted or replaced while this process used it; nothing more is written to what is "
            "gone. Stop the worker and restart the notebooks that use this queue; its jobs are in a copy, "
            "if there is one"
        )

    def close(self) -> None:
        """Release the locks; a second time does nothing."""
        descriptors, self._descriptors = self._descriptors, []
        for descriptor in descriptors:
            if descriptor is not None:
                os.close(descriptor)


def _hold(path: Path, start: int, length: int) -> int | None:
    """Return a descriptor with a shared lock on that range, None where the system has no such locks."""
    if sys.platform != "linux":
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, start, length, 0)
    with contextlib.suppress(
        OSError
    ):  # without such locks it stays all the same: closing does harm
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, lock)
    return descriptor


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino
