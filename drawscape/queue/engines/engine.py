"""What the job table asks of an engine; `engines.sqlite.connection.Database` is one.

Statements use `?` for values and words that SQLite and Postgres both know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from drawscape.errors import QueueError


class UniqueViolation(QueueError):  # noqa: N818 - it names what was found
    """A value that must be unique is taken; the text names its columns (`job.id`)."""


class Cursor(Protocol):
    """The rows of one statement."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Any: ...


class Connection(Protocol):
    """One thread's connection."""

    def execute(self, sql: str, values: Any = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, values: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement for each of `values`."""


class WorkerInfo(Protocol):
    """A worker that is alive; times in seconds since 1970."""

    @property
    def id(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def slots(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...


class Database(Protocol):
    """The place where the job table lies, shared by the threads of a process."""

    write_lock: Any
    """A lock that a thread holds while it writes."""

    @property
    def path(self) -> Path:
        """The file beside which logs and previews lie."""

    @property
    def connection(self) -> Connection:
        """The calling thread's connection."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Run a block in one write transaction: committed as a whole or not at all."""

    def check_files(self) -> None:
        """Raise QueueGoneError if what was just committed went into files that were deleted."""

    def translated(self) -> AbstractContextManager[None]:
        """Turn the engine's errors into QueueError, a taken value into UniqueViolation."""

    def version(self) -> object:
        """Return what differs after any commit, of this connection or of another."""

    def written_by_others(self) -> object:
        """Return what differs after any commit of another connection."""

    def relaxed(self) -> AbstractContextManager[Database]:
        """Yield the same table with connections whose commits a power loss may undo."""

    def is_alive(self, worker: str | None) -> bool:
        """Return whether the worker with that id is alive."""

    def is_dead(self, worker: str | None) -> bool:
        """Return whether the worker may be taken for dead; ask again when it is neither."""

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""

    def living(self) -> Sequence[WorkerInfo]:
        """Return the workers that are alive, oldest first."""

    def shrink(self, pages: int) -> int:
        """Give up to `pages` unused pages back to the disk; return how many are left."""

    def size_bytes(self) -> int:
        """Return how much the table takes."""

    def backup(self, file: Path) -> None:
        """Write a consistent copy to `file` while others go on."""

    def damage(self) -> list[str]:
        """Return what the engine finds wrong with its own structure."""

    def close(self) -> None:
        """Close the calling thread's connection."""
