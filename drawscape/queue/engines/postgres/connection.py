"""A thread's connection to the queue's Postgres: its statements, and by what name an error is known."""

import os
import select
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import CommitInDoubt, Cursor, UniqueViolation, ValueRefused
from drawscape.queue.engines.postgres import session
from drawscape.queue.engines.postgres.bounded import LONGEST_S, ONE_ROW_S
from drawscape.queue.engines.postgres.dialect import Statement, carrying, rendered
from drawscape.queue.engines.postgres.session import Session

_TRIES = 5  # of a statement that only reads: it may be what ends its session
_IDLE_S = 0.2
"""A connection that was idle for longer is looked at before it is used: has the server closed it?"""


class Connection:
    """A thread's connection, which takes the table's statements as SQLite's does."""

    def __init__(self, database: Session) -> None:
        self._session = database
        self.pid = os.getpid()
        self.raw = database.opened()
        self._kept: psycopg.RawCursor[Any] | None = None
        self.used_at = time.monotonic()
        self.in_transaction = False
        self.wrote: bool | None = None
        """In a transaction: whether it wrote, None while it did not."""
        self.may_requeue = False
        """In a transaction: whether it may have queued a job that was there before."""

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = (), /) -> Cursor:
        """Run one statement; one that only reads is repeated when the connection breaks under it."""
        return self._execute(sql, values, _TRIES)

    def _execute(
        self, sql: str, values: Sequence[Any] | Mapping[str, Any], tries: int
    ) -> psycopg.RawCursor[Any]:
        statement = rendered(sql)
        carries = statement.announces and not self.in_transaction and self._session.may_carry()
        began = time.monotonic()
        try:
            cursor = self.sent(sql, values, carries=carries)
        except psycopg.Error as error:
            if statement.writes or self.in_transaction or not self.is_broken or tries == 1:
                in_doubt = statement.writes and not self.in_transaction
                raise self.named(error, in_doubt=in_doubt) from error
            self.raw = self._session.opened()
            return self._execute(sql, values, tries - 1)
        if carries and cursor.rowcount > 0:
            self.used_at = time.monotonic()
            self._session.carried(began)
        elif statement.writes:
            self._note(cursor.rowcount > 0, statement)
        return cursor

    def sent(
        self, sql: str, values: Sequence[Any] | Mapping[str, Any], *, carries: bool = False
    ) -> psycopg.RawCursor[Any]:
        """Return the cursor of a statement, which within a pipeline has its rows only afterwards."""
        statement = rendered(sql)
        text = carrying(statement.text, self._session.channel) if carries else statement.text
        cursor = self._inserts if statement.announces else psycopg.RawCursor(self.raw)
        self.raw.longest_s = ONE_ROW_S if statement.announces else LONGEST_S
        return cursor.execute(text, statement.values(values) or None)

    @property
    def _inserts(self) -> psycopg.RawCursor[Any]:
        """The one cursor of statements without rows: a new one costs a fifth of what an insert takes here."""
        if self._kept is None or self._kept.connection is not self.raw:
            self._kept = psycopg.RawCursor(self.raw)
        return self._kept

    def executemany(self, sql: str, values: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement for each of `values`."""
        statement = rendered(sql)
        cursor = psycopg.RawCursor(self.raw)
        try:
            cursor.executemany(statement.text, list(values))
        except psycopg.Error as error:
            raise self.named(error, in_doubt=not self.in_transaction) from error
        self._note(True, statement)
        return cursor

    def control(self, sql: str) -> None:
        """Run statements without values that belong to the connection: `begin`, `commit`."""
        self.raw.execute(sql, prepare=False)

    def __del__(self) -> None:
        if self.__dict__.get("raw") is not None and self.pid == os.getpid():
            self.raw.close()

    def _note(self, changed: bool, statement: Statement) -> None:
        self.used_at = time.monotonic()
        if self.in_transaction:
            self.wrote = changed or self.wrote
            self.may_requeue |= not statement.inserts
        elif changed:
            self._session.send(work=statement.queues, requeued=statement.requeues)

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.raw.closed or self.raw.broken

    def was_closed(self) -> bool:
        """Whether the server has closed it while it was idle."""
        if self.is_broken:
            return True
        if time.monotonic() - self.used_at < _IDLE_S:
            return False
        self.used_at = time.monotonic()
        readable, _, _ = select.select([self.raw.fileno()], [], [], 0)
        if readable:
            try:
                self.raw.pgconn.consume_input()
            except psycopg.Error:
                return True
        return self.is_broken

    def named(self, error: psycopg.Error, *, in_doubt: bool) -> QueueError:
        """Return `error` by the name that the table knows."""
        text = f"{self._session.label}: {str(error).strip()}"
        if isinstance(error, psycopg.errors.UniqueViolation):
            name = error.diag.constraint_name or ""
            return UniqueViolation(name.replace("job_id", "job.id"))
        if isinstance(error, psycopg.errors.LockNotAvailable):
            text = f"{self._session.label}: another session has locked it for {session.LOCK_WAIT}"
        if isinstance(error, psycopg.DataError | psycopg.errors.ProgramLimitExceeded):
            return ValueRefused(text)
        if self.is_broken and in_doubt:
            return CommitInDoubt(f"{text}; it may have been written or not")
        return QueueError(f"{text}; nothing was written")
