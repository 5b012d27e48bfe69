"""Keeps the queue's files safe from their users."""

import fcntl
import os
import sqlite3
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from drawscape.errors import QueueGoneError

# From SQLite's os_unix.c: a reader's shared range in the database, and the "dead man's switch" in the -shm.
_SHARED_FIRST, _SHARED_SIZE = 0x40000000 + 2, 510
_DEAD_MANS_SWITCH = 128

_FRESH_NS = 100_000_000  # the coarsest clock of a supported file system

_BETWEEN_S = 0.02
"""The most seconds since a reader's last check."""

_MOST_GUARDS = 128  # of files at once; a process has one, or a few

_GUARDS: "dict[Path, FileGuard]" = {}


def guard(path: Path) -> "FileGuard":
    """Return this process's guard of the database at `path`, which has been opened in WAL mode."""
    if path not in _GUARDS:
        while len(_GUARDS) >= _MOST_GUARDS:
            _GUARDS.pop(next(iter(_GUARDS))).close()
        _GUARDS[path] = FileGuard(path)  # if two threads make one, the other stays open
    return _GUARDS[path]


@contextmanager
def opening(path: Path) -> Iterator[bool]:
    """Yield whether this process has used the database at `path`, which the block opens.

    Raises QueueGoneError if it has, and the file disappears before or during the block.
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
    """Return the URI that opens the database at `path` but never creates it.

    Between a check and the opening the file may vanish; a new empty file would pass for the queue.
    """
    return f"{path.as_uri()}?mode=rw"


class FileGuard:
    """Keeps the queue's files safe from their users: no log removed too early, no writes to deleted files.

    SQLite's POSIX locks have a trap: a process that closes any descriptor of a file loses all its locks on
    it. A notebook loses them when it reads `queue.db`, to copy it or to zip it. Another process that ends
    then believes that it is the last one, and removes the log: the notebook writes on into a removed file. A
    process that starts believes that it is the first one, and clears the others' shared memory.

    So each process holds two more locks on the same bytes, of the kind that belongs to a descriptor (Linux's
    "open file description locks"). While it lives, no other process gets the exclusive lock for the removal,
    or finds the shared memory unused. Elsewhere each operation checks that the files are the opened ones.
    """

    def __init__(self, path: Path) -> None:
        self._descriptors = [
            _hold(path, _SHARED_FIRST, _SHARED_SIZE),
            _hold(Path(f"{path}-shm"), _DEAD_MANS_SWITCH, 1),
        ]
        self._folder = path.parent
        self._files = {
            name: _status(name)[:2] for name in (f"{path}", f"{path}-wal", f"{path}-shm")
        }
        self._stamp: tuple[int, ...] = ()
        self._checked_at = 0.0

    def check(self) -> None:
        """Raise QueueGoneError when one of the files was deleted or replaced since it was opened.

        The time of their folder changes with each file that is made, removed or renamed in it. Usually that
        time is enough. Checking a file itself makes its next write slower, by a fifth of an enqueue.
        """
        now, stamp = time.time_ns(), _status(self._folder)
        if stamp and stamp == self._stamp:
            return
        for name, identity in self._files.items():
            if _status(name)[:2] != identity:
                raise QueueGoneError(
                    f"{name} was deleted or replaced while this process used it; nothing more is written to "
                    "what is gone. Stop the worker and restart the notebooks that use this queue; its jobs "
                    "are in a copy, if there is one"
                )
        # Otherwise another change may have the same time.
        self._stamp = stamp if stamp and now - stamp[2] > _FRESH_NS else ()

    def check_at_times(self) -> None:
        """Check, if the last check is older than `_BETWEEN_S`; enough for a reader.

        Each check releases Python's lock, and worker threads then wait for it. A writer checks after each
        commit, so that nothing is acknowledged into a file that is gone.
        """
        now = time.monotonic()
        if now - self._checked_at > _BETWEEN_S:
            self.check()
            self._checked_at = now

    def close(self) -> None:
        for descriptor in self._descriptors:
            if descriptor is not None:
                os.close(descriptor)


def _status(path: Path | str) -> tuple[int, ...]:
    """Return device, number and time of the last change in ns; nothing without a file."""
    with suppress(OSError):
        found = os.stat(path)
        return found.st_dev, found.st_ino, found.st_mtime_ns
    return ()


def _hold(path: Path, start: int, length: int) -> int | None:
    """Return a descriptor with a shared lock on that range, None where the system has no such locks."""
    if sys.platform != "linux":
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, start, length, 0)
    with suppress(OSError):  # kept open even without such locks: closing does harm
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, lock)
    return descriptor
