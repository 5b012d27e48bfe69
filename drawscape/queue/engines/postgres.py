"""The job table on Postgres, as the queue uses it."""

import os
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from drawscape import settings
from drawscape.clock import failpoint
from drawscape.errors import QueueError
from drawscape.queue.engines import postgres_schema as schema
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    ConnectionLost,
    Rows,
)
from drawscape.queue.engines.leases import Leases
from drawscape.queue.engines.postgres_connection import (
    CHANGE,
    GRANTS,
    SHORT_SILENCE_S,
    SILENCE_S,
    WORK,
    Notices,
    Session,
    connect,
    label_of,
    may_pass,
    named,
    notices_of,
    readable_url,
    refuse_shared_session,
    rendered,
    was_closed,
)
from drawscape.queue.engines.queries import PostgresQueries
from drawscape.queue.row import Claim, ClaimRequest, Outcome

_ALONE = 0x44524157  # "DRAW", with the schema's number the lock of transactions that are alone
_READ_TRIES = 5  # of a statement that only reads: it may be what ends its session

PATIENCE_S = 20.0
"""So long a caller waits for a server that is being started again."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5
_SHORT_LOCK_S = 0.02
_QUEUES = ("insert into job ", "status = 'queued'", "status = case")
"""What is in statements after which a worker may have something to do."""


class PostgresEngine:
    """The queue's tables in a Postgres database, by one connection that its threads take turns with.

    Its methods are those of SqliteEngine; `folder` is where the key lies.
    """

    is_server = True
    sql = PostgresQueries()
    patience_s = PATIENCE_S
    silence_s = SILENCE_S
    on_silence: Callable[[], object] = staticmethod(lambda: None)
    """What a thread does meanwhile that waits for a server that does not answer."""

    def __init__(self, url: str, folder: Path) -> None:
        self.target = readable_url(url)
        self.label = label_of(self.target)
        self.folder = folder
        self.key_file = folder / "queue.key"
        self.workers = Leases(self, settings.lease_s())
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._raw: Session | None = None
        self._used_at = 0.0
        self._local = threading.local()
        self._number = 0
        """Of the schema: its channel's name and its lock; 0 before a connection was there."""

    def another(self) -> "PostgresEngine":
        return PostgresEngine(self.target, self.folder)

    # The connection

    def connect(self, silence_s: float = SILENCE_S) -> Session:
        """Return a new connection to tables of the right version; raise QueueError or psycopg.Error."""
        connection = connect(self.target, silence_s)
        try:
            if not self._number:
                self._make_ready(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_ready(self, connection: Session) -> None:
        row = connection.execute("select current_schema()").fetchone()
        if row is None or row[0] is None:
            raise QueueError(
                f"{self.label}: its search_path names no schema that is there, or that the role may "
                f"use. {GRANTS}"
            )
        refuse_shared_session(connection, self.target)
        schema.prepare(connection, self.label)
        self._number = zlib.crc32(str(row[0]).encode()) or 1

    def migrate(self) -> tuple[int, int]:
        try:
            with connect(self.target) as connection:
                return schema.migrate(connection, self.label)
        except psycopg.Error as error:
            raise named(error, self.label, None, in_doubt=False) from error

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Let no other thread use the connection within a block."""
        if self._owner != os.getpid():  # forked: the thread that held the lock is not here
            _INHERITED.append(self._raw)
            self._owner, self._raw = os.getpid(), None
            self._lock = threading.RLock()
        if not self._lock.acquire(timeout=_SHORT_LOCK_S if self._is_short else -1):
            raise QueueError(f"{self.label}: another thread waits for the server")
        try:
            yield
        finally:
            self._lock.release()

    @property
    def _is_short(self) -> bool:
        return getattr(self._local, "is_short", False)

    @contextmanager
    def short_timeout(self) -> Iterator[None]:
        before, self._local.is_short = self._is_short, True
        try:
            yield
        finally:
            self._local.is_short = before

    def _opened(self) -> Session:
        """Return the connection, opened if need be, with patience for a server that is being started."""
        if self._raw is not None and not was_closed(self._raw, self._used_at):
            self._raw.silence_s = SHORT_SILENCE_S if self._is_short else self.silence_s
            self._raw.on_silence = self.on_silence
            return self._raw
        self.close()
        deadline = time.monotonic() + (0.0 if self._is_short else self.patience_s)
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                self._raw = self.connect(self.silence_s)
            except psycopg.Error as error:
                if not may_pass(error) or time.monotonic() + pause_s > deadline:
                    raise named(error, self.label, None, in_doubt=False) from error
            else:
                self._used_at = time.monotonic()
                return self._opened()
            self.on_silence()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def close(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None and self._owner == os.getpid():
            raw.close()

    def open(self) -> None:
        with self._exclusive():
            self._opened()

    # Statements

    def read(self, statement: str, /, **values: Any) -> Rows:
        for left in reversed(range(_READ_TRIES)):
            try:
                return self._alone(statement, values)
            except CommitInDoubt:
                if not left:
                    raise
        return []

    def write(self, statement: str, /, **values: Any) -> Rows:
        return self._alone(statement, values, notifies=True)

    def _alone(self, statement: str, values: Mapping[str, Any], *, notifies: bool = False) -> Rows:
        with self._exclusive():
            raw = self._opened()
            try:
                cursor = sent(raw, statement, values)
                rows = cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                raise named(error, self.label, raw, in_doubt=True) from error
            self._used_at = time.monotonic()
            if notifies and cursor.rowcount > 0:
                self._notify(raw, is_work=any(words in statement for words in _QUEUES))
        return rows

    @contextmanager
    def transaction(self, *, is_alone: bool = True) -> Iterator["Run"]:
        """Run a block in one transaction: committed as a whole or not at all.

        Those that are alone never run at once; they take their lock before any row's, so that no two wait
        for each other.
        """
        with self._exclusive():
            raw = self._begun(is_alone)
            run = Run(raw, self.label, self.sql)
            try:
                yield run
                self._control(raw, "commit", in_doubt=True)
            except BaseException:
                if not raw.closed:
                    raw.execute("rollback", prepare=False)
                raise
            finally:
                self._used_at = time.monotonic()
            if run.wrote:
                self._notify(raw, is_work=True)

    def list_value(self, values: Iterable[Any]) -> list[Any]:
        return list(values)

    def _begun(self, is_alone: bool) -> Session:
        raw = self._opened()
        number = self._number - 2**32 if self._number >= 2**31 else self._number
        lock = f"; select pg_advisory_xact_lock({_ALONE}, {number})" if is_alone else ""
        try:
            self._control(raw, f"begin{lock}", in_doubt=False)
        except ConnectionLost:  # it was idle, and nothing was begun
            raw = self._opened()
            self._control(raw, f"begin{lock}", in_doubt=False)
        return raw

    def _control(self, raw: Session, sql: str, *, in_doubt: bool) -> None:
        try:
            raw.execute(sql, prepare=False)
        except psycopg.Error as error:
            raise named(error, self.label, raw, in_doubt=in_doubt) from error

    def insert_rows(
        self,
        transaction: Any,
        shared: Mapping[str, Any],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        names = (*columns, *shared)
        raw: Session = transaction.raw
        try:
            with raw.cursor().copy(f"copy job ({', '.join(names)}) from stdin") as copy:
                for row in rows:
                    copy.write_row((*row, *shared.values()))
        except psycopg.Error as error:
            raise named(error, self.label, raw, in_doubt=False) from error
        transaction.wrote = True

    # Claims

    def claim(self, request: ClaimRequest) -> Claim | None:
        """Return the next job, now held by the worker that asks, or None when none may run.

        A worker whose lease is not certain claims nothing.
        """
        rows = self.write(self.sql.CLAIM_ORDINARY, **_values(request))
        found = Claim(*rows[0]) if rows else None
        waits = {"queue": request.queue, "lowest": request.lowest}
        while found is None and self.read(self.sql.GROUP_WAITS, **waits)[0][0]:
            with self.transaction() as run:
                found = self.claim_in(run, request)
            # Another worker has claimed it between the look and the change: then there may be a next one.
            if found is None and not self.may_claim(request):
                break
        failpoint("claim.committed")
        return found

    def claim_in(self, run: Any, request: ClaimRequest) -> Claim | None:
        rows = run(self.sql.CLAIM, **_values(request))
        return Claim(*rows[0]) if rows else None

    def may_claim(self, request: ClaimRequest) -> bool:
        return bool(self.read(self.sql.MAY_CLAIM, **_values(request))[0][0])

    def end(self, held: Claim, outcome: Outcome) -> bool:
        values = {**outcome.columns, **held.key}
        try:
            return bool(self.write(self.sql.END, **values))
        except CommitInDoubt:
            rows = self.read(self.sql.IS_ENDED, **held.key)
            if rows and rows[0][0]:
                return True
            raise

    # Notices

    @property
    def notices(self) -> Notices:
        """What this process hears of commits."""
        if not self._number:
            with self._exclusive():
                self._opened()
        return notices_of(
            f"{self.target} {self._channel}",
            lambda: Notices(lambda: self.connect(SHORT_SILENCE_S), self._channel),
        )

    @property
    def _channel(self) -> str:
        return f"drawscape_{self._number:08x}"

    def _notify(self, raw: Session, *, is_work: bool) -> None:
        """Let others know of a commit; one that is lost with the connection is made up for by a look."""
        self._local.sent = getattr(self._local, "sent", 0) + 1
        try:
            raw.execute(
                "begin; set local synchronous_commit = off; select pg_notify("
                f"'{self._channel}', '{WORK if is_work else CHANGE}'); commit",
                prepare=False,
            )
        except psycopg.Error:
            raw.close()

    def version(self) -> object:
        return self.written_by_others(), getattr(self._local, "sent", 0)

    def written_by_others(self) -> int:
        """Return a number that rises with what was committed, a moment after it was."""
        return self.notices.count(CHANGE)

    def commit_watch(self) -> "CommitWatch":
        return CommitWatch(self.notices)

    # The rest

    def flush(self) -> None:
        """A commit has done it."""

    def shrink(self, pages: int) -> int:
        return 0

    def size_bytes(self) -> int:
        return int(self.read("select pg_total_relation_size('job')")[0][0])

    def backup(self, file: Path) -> None:
        raise QueueError(
            f"{self.label} is copied by Postgres' own tools: "
            f"`pg_dump --format=custom --file={file} URL`; copy the key {self.key_file} too"
        )

    def damage(self) -> list[str]:
        rows = self.read(
            "select indexrelid::regclass::text from pg_index "
            "where indrelid = 'job'::regclass and not (indisvalid and indisready)"
        )
        return [f"the index {name} is not valid: `reindex index {name}`" for (name,) in rows]


class Run:
    """Runs the statements of the transaction that `raw` is in."""

    def __init__(self, raw: Session, label: str, sql: PostgresQueries) -> None:
        self.raw = raw
        self._label = label
        self.sql = sql
        self.wrote = False
        """Whether the transaction has changed anything."""

    def __call__(self, statement: str, /, **values: Any) -> Rows:
        try:
            cursor = sent(self.raw, statement, values)
            rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise named(error, self._label, self.raw, in_doubt=False) from error
        self.wrote |= not statement.lstrip().startswith("select") and cursor.rowcount > 0
        return rows


def _values(request: ClaimRequest) -> dict[str, Any]:
    return {**request._asdict(), "lanes": [*request.lanes]}


def sent(raw: Session, sql: str, values: Mapping[str, Any]) -> psycopg.RawCursor[Any]:
    """Return the cursor of a statement that was run; raise psycopg.Error."""
    text, names = rendered(sql)
    return psycopg.RawCursor(raw).execute(text, [values[name] for name in names] or None)


class CommitWatch:
    """Waits for commits that give a worker something to do."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._count = -1

    def version(self) -> int:
        return self._notices.count(WORK)

    def wait(self, timeout_s: float) -> None:
        if self._count >= 0:
            self._notices.wait(WORK, self._count, timeout_s)
        self._count = self._notices.count(WORK)

    def close(self) -> None:
        """Wait no more."""


_INHERITED: list[Session | None] = []
"""Of the process that this one was forked from: closed here, they would be closed there."""
