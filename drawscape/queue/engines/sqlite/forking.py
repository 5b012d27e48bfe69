"""A process that forks: no thread of it may be inside of SQLite then."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol


class OwnConnection(sqlite3.Connection):
    """Closed when nobody holds it any more, and left alone in a process that has inherited it by a fork.

    By itself, for the collector ends what refers to each other in any order.
    """

    pid = 0
    """Whose it is; set when it is opened."""

    def __del__(self, pid: Callable[[], int] = os.getpid) -> None:  # `os` is gone at the very end
        if self.pid == pid():
            self.close()


class HasLocks(Protocol):
    """What holds these locks while it is inside of SQLite."""

    write_lock: Any
    opening_lock: threading.Lock


_DATABASES: weakref.WeakSet[HasLocks] = weakref.WeakSet()
_HELD_FOR_FORK: list[Any] = []
_FORK_PATIENCE_S = 5.0  # for a thread that forks within a transaction of its own


def hold_for_fork(database: HasLocks) -> None:
    """Hold the locks of `database` whenever this process forks, as long as it is there."""
    _DATABASES.add(database)


def _before_fork() -> None:
    """Let no thread be inside of SQLite while the process forks: the child would find its locks taken."""
    for database in list(_DATABASES):
        for lock in (database.write_lock, database.opening_lock):
            if lock.acquire(timeout=_FORK_PATIENCE_S):
                _HELD_FOR_FORK.append(lock)


def _after_fork() -> None:
    while _HELD_FOR_FORK:
        _HELD_FOR_FORK.pop().release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
