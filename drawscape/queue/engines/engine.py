"""What the job table asks of the place where it lies; SQLite and Postgres are such places."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from drawscape.errors import QueueError
from drawscape.queue.engines.queries import Queries
from drawscape.queue.row import Claim, ClaimRequest, Outcome

Rows = list[Any]


class CommitInDoubt(QueueError):  # noqa: N818 - it names what is known
    """The connection broke after something was sent: it was written, or it was not."""


class ConnectionLost(QueueError):  # noqa: N818 - it names what is known
    """The connection broke before anything was written; it may be tried again."""


class ValueRefused(QueueError):  # noqa: N818 - it names what was found
    """A value that the engine cannot hold: too large, or a character that it does not know."""


class UniqueViolation(QueueError):  # noqa: N818 - it names what was found
    """A value that must be unique is taken; the text names its columns (`job.id`)."""


class Transaction(Protocol):
    """Runs the statements of one transaction, each of `Engine.sql`, and returns their rows."""

    @property
    def sql(self) -> Queries: ...

    def __call__(self, statement: str, /, **values: Any) -> Rows: ...


class CommitWatch(Protocol):
    """Waits for commits that may give a worker something to do; used by one thread."""

    def version(self) -> object:
        """Return what differs after any of them."""

    def wait(self, timeout_s: float) -> None:
        """Return soon after a commit, or after about `timeout_s` without one."""

    def close(self) -> None:
        """Wait no more."""


@dataclass(frozen=True)
class WorkerInfo:
    """A worker as it shows itself; `started_at` and `renewed_at` in seconds since 1970.

    `trouble` is why it runs nothing, though alive. `boot` and `process_started` (clock ticks) name the
    process whatever else gets its number, `inode` its lock file: in a copy of it they mean nothing.
    `temporary` is a folder that goes with the process.
    """

    id: str
    pid: int
    slots: int
    queue: str
    started_at: float
    host: str = ""
    lanes: tuple[str, ...] = ()
    version: str = ""
    renewed_at: float | None = None
    trouble: str | None = None
    boot: str = ""
    process_started: int | None = None
    inode: int | None = None
    temporary: str | None = None


class Renewal(NamedTuple):
    """A sign of life that was confirmed: when it was asked for, and what the worker holds by the table."""

    asked_boot_s: float
    held: frozenset[tuple[str, int]]
    """Id and token of each job."""
    is_lost: bool = False
    """Whether the worker was taken for dead: others may have what it ran."""


class Workers(ABC):
    """Which workers of the table are alive."""

    @abstractmethod
    def announce(self, info: WorkerInfo, on_renewal: Callable[[Renewal], None]) -> None:
        """Show that a worker of this process is alive, until it retires or the process ends.

        `on_renewal` hears of each sign of life that needs somebody's confirmation.
        """

    def renew(self, worker: str) -> bool:
        """Return whether `worker`, one of this process, had to be announced again."""
        return False

    @abstractmethod
    def note_trouble(self, worker: str, trouble: str | None) -> None:
        """Show why `worker`, one of this process, runs nothing; None: it does."""

    @abstractmethod
    def retire(self, worker: str) -> None:
        """Let `worker`, one of this process, be gone."""

    @abstractmethod
    def forget_dead(self) -> None:
        """Remove what dead workers left, whose jobs have been recovered."""

    @abstractmethod
    def is_alive(self, worker: str | None) -> bool:
        """Return whether the worker with that id is alive."""

    @abstractmethod
    def is_dead(self, worker: str | None) -> bool:
        """Return whether the worker may be taken for dead; ask again when it is neither."""

    @abstractmethod
    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""

    @abstractmethod
    def living(self) -> list[WorkerInfo]:
        """Return the workers that are alive, oldest first."""


class Engine(ABC):
    """The place where the job table lies, shared by the threads of a process.

    `target` opens it again, `label` names it in messages, without a password; `folder` is where the key lies.
    """

    is_server = False
    """Whether other machines use it, and single statements of others run beside a transaction."""

    sql: Queries = Queries()
    target: str
    label: str
    folder: Path
    key_file: Path
    workers: Workers

    def exists(self) -> bool:
        """Return whether the table is there, without making it."""
        return True

    @abstractmethod
    def another(self) -> "Engine":
        """Return the same table with connections of its own."""

    @abstractmethod
    def open(self) -> None:
        """Connect, and make the tables if they are missing."""

    def migrate(self) -> tuple[int, int]:
        """Return the version of shared tables before and after they were brought up to date."""
        raise QueueError(
            f"{self.label} is a file: its tables are brought up to date when it is opened"
        )

    @abstractmethod
    def close(self) -> None:
        """Close the calling thread's connection."""

    @abstractmethod
    def read(self, statement: str, /, **values: Any) -> Rows:
        """Return the rows of one statement that changes nothing."""

    @abstractmethod
    def write(self, statement: str, /, **values: Any) -> Rows:
        """Run one statement in a transaction of its own; return its rows."""

    @abstractmethod
    def transaction(self, *, is_alone: bool = True) -> AbstractContextManager[Transaction]:
        """Run a block in one write transaction: committed as a whole or not at all.

        Those that are alone never run at once. Beside them only claims, acknowledgements of jobs that nothing
        waits for, inserts of jobs that wait for nothing, and what is not alone.
        """

    @abstractmethod
    def list_value(self, values: Iterable[Any]) -> Any:
        """Return what a statement takes as a list."""

    @abstractmethod
    def insert_rows(
        self,
        transaction: Any,
        shared: Mapping[str, Any],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Insert rows into `job`, of which each has the values of `shared` too; within a transaction."""

    @abstractmethod
    def claim(self, request: ClaimRequest) -> Claim | None:
        """Return the next job, now held by the worker that asks, or None when none may run."""

    @abstractmethod
    def may_claim(self, request: ClaimRequest) -> bool:
        """Return whether a job waits that a worker who asks so may start now."""

    def end(self, held: Claim, outcome: Outcome) -> bool:
        """Return whether a job that nothing waits for was ended by one statement.

        If not, it is ended in a transaction that also settles what follows.
        """
        return False

    def claim_in(self, run: Transaction, request: ClaimRequest) -> Claim | None:
        """Return the next job within a transaction that is alone; not on a server."""
        raise NotImplementedError

    @abstractmethod
    def version(self) -> object:
        """Return what differs after any commit, of this connection or of another."""

    @abstractmethod
    def commit_watch(self) -> CommitWatch:
        """Return what waits for the commits of others."""

    @abstractmethod
    def short_timeout(self) -> AbstractContextManager[None]:
        """Wait for others no longer than some milliseconds within a block."""

    def shrink(self, pages: int) -> int:
        """Give up to `pages` unused pages back to the disk; return how many are left."""
        return 0

    @abstractmethod
    def size_bytes(self) -> int:
        """Return how much the table takes."""

    @abstractmethod
    def backup(self, file: Path) -> None:
        """Write a consistent copy to `file` while others go on."""

    @abstractmethod
    def damage(self) -> list[str]:
        """Return what the engine finds wrong with its own structure."""


def is_url(target: str | os.PathLike[str]) -> bool:
    """Return whether `target` names a Postgres database, not a file.

    >>> is_url("postgresql://db/queue"), is_url("queue.db")
    (True, False)
    """
    return os.fspath(target).startswith(("postgresql://", "postgres://"))


def open_engine(target: str | os.PathLike[str], folder: Path | None = None) -> Engine:
    """Return the job table that `target` names; nothing is opened or made yet.

    A path is a SQLite file, whose folder also holds the key; with a Postgres URL, `folder` does.
    Raises QueueError for a URL where psycopg is missing, and for one that is no Postgres URL.
    """
    if not is_url(target):
        if "://" in os.fspath(target):
            scheme = os.fspath(target).partition("://")[0]
            raise QueueError(
                f"DRAWSCAPE_QUEUE begins with {scheme}://: give a file, or a postgresql:// URL"
            )
        from drawscape.queue.engines.sqlite import SqliteEngine

        return SqliteEngine(target)
    if folder is None:
        raise QueueError("a queue on Postgres needs a folder for its key")
    try:
        from drawscape.queue.engines.postgres import PostgresEngine
    except ImportError as error:
        raise QueueError(
            f"a queue on Postgres needs psycopg ({error}): pip install 'drawscape[postgres]'"
        ) from error
    engine: Engine = PostgresEngine(os.fspath(target), folder)
    return engine
