"""What the job table asks of an engine; `engines.sqlite.connection.Database` is one.

Statements use `?` for values and words that SQLite and Postgres both know.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drawscape.errors import QueueError

if TYPE_CHECKING:
    from drawscape.queue.table.records import Claim, Outcome


class CommitInDoubt(QueueError):  # noqa: N818 - it names what is known
    """The connection broke after something was sent: it was written, or it was not."""


class ConnectionLost(QueueError):  # noqa: N818 - it names what is known
    """The connection broke before anything was written; it may be tried again."""


class ValueRefused(QueueError):  # noqa: N818 - it names what was found
    """A value that the engine cannot hold: too large, or a character that it does not know."""


class UniqueViolation(QueueError):  # noqa: N818 - it names what was found
    """A value that must be unique is taken; the text names its columns (`job.id`)."""


class Cursor(Protocol):
    """The rows of one statement. One that ends in `/* for update */` also locks them until the commit."""

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

    def executemany(self, sql: str, values: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each of `values`."""


@dataclass(frozen=True)
class Renewal:
    """What the server said when a worker asked for a renewal of its lease.

    `asked_at` is in seconds since the machine was started; `jobs` are the ids and tokens of what the worker
    runs. `is_lost`: it was taken for dead, and its jobs are free.
    """

    asked_at: float
    jobs: frozenset[tuple[str, int]]
    is_lost: bool = False


class WorkerInfo(Protocol):
    """A worker that is alive; times in seconds since 1970."""

    @property
    def id(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def slots(self) -> int: ...
    @property
    def queue(self) -> str: ...
    @property
    def lanes(self) -> Sequence[str]: ...
    @property
    def trouble(self) -> str | None: ...


class Workers(Protocol):
    """Which workers of the table are alive."""

    lease_s: float | None
    """How long a worker counts as alive that gives no sign; None: as long as its process lives."""

    def announce(
        self,
        worker: str,
        *,
        queue: str,
        lanes: tuple[str, ...],
        slots: int,
        temporary: str,
        on_renewal: Callable[[Renewal], None],
    ) -> None:
        """Show that `worker` is alive as long as this process lives; `temporary` is a folder of its own.

        Where it is alive by a lease, `on_renewal` is called with each answer of the server.
        """

    def renew(self, worker: str) -> bool:
        """Return whether `worker`, one of this process, had to be announced again."""

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        """Show why `worker`, one of this process, runs nothing; None: it does."""

    def retire(self, worker: str) -> None:
        """Let `worker`, one of this process, be gone."""

    def forget_dead(self) -> None:
        """Remove what dead workers left, whose jobs have been recovered."""

    def is_alive(self, worker: str | None) -> bool:
        """Return whether the worker with that id is alive."""

    def is_dead(self, worker: str | None) -> bool:
        """Return whether the worker may be taken for dead; ask again when it is neither."""

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""

    def living(self) -> Sequence[WorkerInfo]:
        """Return the workers that are alive, oldest first."""


class Log(Protocol):
    """The growing log of one run."""

    @property
    def is_held(self) -> bool:
        """Whether there is text that nobody else sees yet."""

    def write(self, data: bytes) -> None:
        """Add `data`."""

    def flush(self) -> None:
        """Let others see what was held long enough."""

    def short(self) -> bytes | None:
        """Return the whole log for the job's row; None when it is long, or when nothing was printed."""

    def mark(self) -> int:
        """Return the present size, for `since`."""

    def since(self, mark: int) -> str:
        """Return what was written after `mark`."""

    def last_lines(self, count: int = ...) -> str:
        """Return the last lines, at most 64 KiB of them."""

    def close(self) -> None:
        """Write what is held, and let it go."""

    def remove(self) -> None:
        """Remove it, closed, once the job's row has what is in it, unless another run goes on with it."""


class Traces(Protocol):
    """What jobs leave while they run: logs that are not short, and the drawing so far."""

    are_committed: bool
    """Whether `Database.version` differs after a change of them, too."""

    def open_log(self, held: "Claim") -> Log:
        """Return the log of a run; that of a later run goes on where the earlier ones ended."""

    def read_log(self, job_id: str, position: int) -> tuple[bytes, int] | None:
        """Return the log from `position` on and where it ends; None when the job's row has all there is."""

    def preview(self, job_id: str) -> bytes | None:
        """Return the drawing so far; None when there is none."""

    def preview_stamps(self, job_ids: Iterable[str]) -> Mapping[str, object]:
        """Return what differs between a preview and the next of those jobs that have one."""

    def publish_preview(self, held: "Claim") -> None:
        """Let others see the drawing that the child has just left in a file of `folder`."""

    def close_preview(self, job_id: str, *, keep: bool) -> None:
        """Remove the preview of a run that has ended, unless it is to `keep`."""


class CommitWatch(Protocol):
    """Waits for commits that may give a worker something to do; used by one thread."""

    is_selective: bool
    """Whether most of them give it something: then one idle slot is woken at once."""

    def version(self) -> object:
        """Return what differs after any of them."""

    def wait(self, timeout_s: float) -> None:
        """Return soon after a commit, or after about `timeout_s` without one."""

    def close(self) -> None:
        """Wait no more."""


class Database(Protocol):
    """The place where the job table lies, shared by the threads of a process."""

    has_many_writers: bool
    """Whether single statements of others run beside a transaction of one's own."""

    write_lock: Any
    """A lock that a thread holds while it writes."""

    @property
    def target(self) -> str:
        """What opens it again: the path of a file, or a URL."""

    @property
    def label(self) -> str:
        """What names it in messages, without a password."""

    @property
    def folder(self) -> Path:
        """Where logs, previews and the key lie."""

    @property
    def key_file(self) -> Path:
        """Where the key lies that signs its messages."""

    def exists(self) -> bool:
        """Return whether the table is there, without making it."""

    @property
    def workers(self) -> Workers:
        """Its workers."""

    @property
    def traces(self) -> Traces:
        """What its jobs leave while they run."""

    def another(self, *, is_durable: bool = True) -> "Database":
        """Return the same table with connections of its own; a power loss may undo what is not durable."""

    @property
    def connection(self) -> Connection:
        """The calling thread's connection."""

    def transaction(self, *, is_alone: bool = True) -> AbstractContextManager[Connection]:
        """Run a block in one write transaction: committed as a whole or not at all.

        Those that are alone never run at once. Beside them only claims, acknowledgements of jobs that nothing
        waits for, inserts of jobs that wait for nothing, and what is not alone.
        """

    def insert_rows(
        self,
        connection: Any,
        shared: Mapping[str, Any],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Insert rows into `job`, of which each has the values of `shared` too; within a transaction."""

    def check_files(self) -> None:
        """Raise QueueGoneError if what was just committed went into files that were deleted."""

    def translated(self) -> AbstractContextManager[None]:
        """Turn the engine's errors into QueueError, a taken value into UniqueViolation."""

    def version(self) -> object:
        """Return what differs after any commit, of this connection or of another."""

    def written_by_others(self) -> object:
        """Return what differs after any commit of another connection."""

    def commit_watch(self) -> CommitWatch:
        """Return what waits for the commits of others."""

    def native_task_waits(self, queue: str) -> bool:
        """Return whether one of huey's own tasks waits."""

    def hurried(self) -> AbstractContextManager[None]:
        """Wait for others no longer than some milliseconds within a block."""

    def relaxed(self) -> "AbstractContextManager[Any]":
        """Yield the same table for commits that a power loss may undo and `checkpoint` brings into place."""

    def checkpoint(self) -> None:
        """Bring into place what was committed, where that is not done yet, while others may write."""

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


class ManyWriters(Database, Protocol):
    """A table whose single statements run beside others' transactions."""

    def claim(
        self, queue: str, worker: str, pid: int | None, lanes: tuple[str, ...], lowest: int
    ) -> "Claim | None":
        """Return the next job, where single statements of others run beside a transaction of one's own."""

    def end(self, held: "Claim", outcome: "Outcome") -> bool:
        """Return whether the job was ended by one statement there; not where something waits for its end."""

    def orphans(self, connection: Connection) -> list[Any]:
        """Return id, worker, recoveries and `stop_grace_s` of jobs whose workers are dead, locked."""
