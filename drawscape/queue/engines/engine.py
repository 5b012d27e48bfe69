"""Where the job table is: in a SQLite file or a Postgres database, two classes with the same methods."""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from drawscape.errors import QueueError
from drawscape.queue.claim import Claim, ClaimRequest, Outcome
from drawscape.settings import StrPath

Rows = list[Any]

if TYPE_CHECKING:
    from drawscape.queue.engines import postgres, sqlite

    Engine = sqlite.SqliteEngine | postgres.PostgresEngine
    Transaction = sqlite.SqliteRun | postgres.PostgresRun
else:  # a queue in a file needs no psycopg
    Engine = Transaction = Any


class CommitInDoubt(QueueError):  # noqa: N818 - it names what is known
    """The connection broke after something was sent, which may be written or not."""


class ConnectionLost(QueueError):  # noqa: N818 - it names what is known
    """The connection broke before anything was written; it may be retried."""


class ServerAway(QueueError):  # noqa: N818 - it names what is known
    """The server cannot be reached now, but perhaps in a moment."""


class ValueRefused(QueueError):  # noqa: N818 - it names what was found
    """A value that the engine cannot hold: too large, or a character that it does not know."""


class UniqueViolation(QueueError):  # noqa: N818 - it names what was found
    """A value that must be unique is taken; the text names its columns (`job.id`)."""


@dataclass(frozen=True)
class WorkerInfo:
    """A worker as it announces itself; `started_at` and `renewed_at` in seconds since 1970."""

    id: str
    pid: int
    slots: int
    queue: str
    started_at: float
    host: str = field(default_factory=socket.gethostname)
    lanes: tuple[str, ...] = ()
    version: str = ""
    renewed_at: float | None = None
    trouble: str | None = None
    """Why it runs nothing although it is alive."""


ClaimKey = tuple[str, int]
"""The id of a job and the token of a claim on it."""


class Renewal(NamedTuple):
    """A confirmed renewal: when it was requested, and which jobs the worker holds by the table."""

    asked_boot_s: float
    held: frozenset[ClaimKey]
    is_lost: bool = False
    """Whether the worker had counted as dead: others may have its jobs."""


class JobTable:
    """The parts that both engines share."""

    is_server = False
    """Whether other machines use it, and their statements run during a transaction."""

    NEXT: str
    CLAIM: str
    read: Any

    def value(self, statement: str, /, **values: Any) -> Any:
        """Return the first value of the first row; None without a row."""
        rows = self.read(statement, **values)
        return rows[0][0] if rows else None

    def list_value(self, values: Iterable[Any]) -> Any:
        return list(values)

    def claim_values(self, request: ClaimRequest) -> dict[str, Any]:
        """Return the values for the statements of a claim."""
        return {**request._asdict(), "lanes": self.list_value(request.lanes)}

    def may_claim(self, request: ClaimRequest) -> bool:
        """Return whether a job is queued that this request could claim now."""
        return bool(self.read(self.NEXT, **self.claim_values(request)))

    def claim_next(self, run: Any, request: ClaimRequest) -> Rows:
        """Claim the next job of any group and return its row; None if none may run."""
        found = run(self.NEXT, **self.claim_values(request))
        if not found:
            return []
        return run(self.CLAIM, seq=found[0][0], worker=request.worker, pid=request.pid)

    def claim_in(self, run: Any, request: ClaimRequest) -> Claim | None:
        """Return the next job within a transaction; a server claims by single statements."""
        return None

    def end(self, held: Claim, outcome: Outcome) -> bool:
        """Return whether an end was written by one statement; else it is a part of a transaction."""
        return False

    def flush(self) -> None:
        """Make commits survive a power loss, without making jobs wait."""

    def drop_unused(self, run: Any) -> None:
        """Remove batches and groups without jobs, in an exclusive transaction."""
        run(run.DROP_BATCHES)
        run(run.DROP_GROUPS)

    def damage(self) -> list[str]:
        """Return the faults that the engine finds in its own structure."""
        return []


def is_url(target: StrPath) -> bool:
    """Return whether `target` names a Postgres database, not a file.

    >>> is_url("postgresql://db/queue"), is_url("queue.db")
    (True, False)
    """
    return os.fspath(target).startswith(("postgresql://", "postgres://"))


def open_engine(target: StrPath, folder: Path = Path()) -> Engine:
    """Return the job table that `target` names; nothing is opened or made yet.

    A path is a SQLite file, whose folder also holds the key; with a Postgres URL, `folder` does.
    Raises QueueError for a URL if psycopg is missing, and for a URL other than Postgres's.
    """
    if not is_url(target):
        if "://" in os.fspath(target):
            raise QueueError("a queue is a file, or a URL that begins with postgresql://")
        from drawscape.queue.engines.sqlite import SqliteEngine

        return SqliteEngine(target)
    try:
        from drawscape.queue.engines.postgres import PostgresEngine
    except ImportError as error:
        raise QueueError(
            f"a queue on Postgres needs psycopg ({error}): pip install 'drawscape[postgres]'"
        ) from error
    return PostgresEngine(os.fspath(target), folder)
