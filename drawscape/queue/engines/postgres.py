"""The job table on Postgres, as the queue uses it."""

import logging
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from itertools import starmap
from pathlib import Path
from typing import Any

import psycopg

from drawscape import clock, settings
from drawscape.errors import QueueError
from drawscape.failpoints import failpoint
from drawscape.queue.claim import Claim, ClaimRequest, Outcome
from drawscape.queue.engines import postgres_schema as schema
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    JobTable,
    Renewal,
    Rows,
    ServerAway,
    WorkerInfo,
)
from drawscape.queue.engines.postgres_connection import (
    GRANTS,
    SHORT_SILENCE_S,
    SILENCE_S,
    Session,
    connect,
    label_of,
    may_pass,
    named,
    rendered,
)
from drawscape.queue.engines.postgres_queries import PostgresQueries

_LOG = logging.getLogger("huey.drawscape")

_ALONE = 0x44524157  # "DRAW", with the schema's number: the lock of exclusive transactions
_READ_AGAIN = 4  # times, for a statement that only reads: it may itself end its session
_CLAIM_TRIES = 3  # for a waiting job: another worker may be first

PATIENCE_S = 10.0
"""How long a caller waits for a server that is restarting."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5

WORK, CHANGE = "work", "change"
"""The kinds of notice: a worker may have something to do, or something else has changed."""


class PostgresEngine(PostgresQueries, JobTable):
    """The queue's tables in a Postgres database, by one connection that its threads share in turn.

    Its methods are those of SqliteEngine; `folder` holds the key.
    """

    is_server = True
    patience_s = PATIENCE_S
    silence_s = SILENCE_S

    def __init__(self, url: str, folder: Path) -> None:
        self.target = url
        self.label = label_of(self.target)
        self.folder = folder
        self.key_file = folder / "queue.key"
        self.workers = Leases(self, settings.lease_s())
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._raw: Session | None = None
        self._listens = False
        self._heard = {WORK: 0, CHANGE: 0}
        self._number = 0
        """The schema's number, for its channel's name and its lock; 0 before a connection."""

    def another(self) -> "PostgresEngine":
        return PostgresEngine(self.target, self.folder)

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
        schema.prepare(connection, self.label)
        self._number = zlib.crc32(str(row[0]).encode()) % 2**31 or 1

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if self._owner != os.getpid():  # forked: the thread that held the lock does not exist here
            _INHERITED.append(self._raw)
            self._owner, self._raw = os.getpid(), None
            self._lock = threading.RLock()
        with self._lock:
            yield

    def _opened(self) -> Session:
        if self._raw is not None and self._raw.is_alive():
            return self._raw
        self.close()
        deadline = time.monotonic() + self.patience_s
        pause_s = _FIRST_PAUSE_S
        while self._raw is None:
            try:
                self._raw = self.connect(self.silence_s)
            except psycopg.Error as error:
                if not may_pass(error):
                    raise named(error, self.label, None, in_doubt=False) from error
                if time.monotonic() + pause_s > deadline:
                    raise ServerAway(f"{self.label}: {str(error).strip()}") from error
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return self._raw

    def close(self) -> None:
        raw, self._raw, self._listens = self._raw, None, False
        if raw is not None and self._owner == os.getpid():
            raw.close()

    def open(self) -> None:
        with self._exclusive():
            self._opened()

    def read(self, statement: str, /, **values: Any) -> Rows:
        for _ in range(_READ_AGAIN):
            with suppress(CommitInDoubt):
                return self._alone(statement, values)
        return self._alone(statement, values)

    def write(self, statement: str, /, **values: Any) -> Rows:
        return self._alone(statement, values, notifies=True)

    def _alone(self, statement: str, values: Mapping[str, Any], *, notifies: bool = False) -> Rows:
        with self._exclusive():
            raw = self._opened()
            run = PostgresRun(raw, self.label, in_doubt=True)
            rows = run(statement, **values)
            if notifies and run.wrote:
                self._notify(raw, is_work=statement in self.FOR_WORKERS)
        return rows

    @contextmanager
    def transaction(self, *, is_alone: bool = True) -> Iterator["PostgresRun"]:
        """Run a block in one transaction: committed as a whole or not at all.

        Exclusive ones never run at the same time; they take their lock before any row's, so that no two wait
        for each other.
        """
        with self._exclusive():
            raw = self._opened()
            lock = f"; select pg_advisory_xact_lock({_ALONE}, {self._number})" if is_alone else ""
            self._control(raw, f"begin{lock}", in_doubt=False)
            run = PostgresRun(raw, self.label)
            try:
                yield run
                self._control(raw, "commit", in_doubt=True)
            except BaseException:
                self._roll_back(raw)
                raise
            if run.wrote:
                self._notify(raw, is_work=True)

    def _roll_back(self, raw: Session) -> None:
        try:
            raw.execute("rollback", prepare=False)
        except psycopg.Error:  # the connection is broken, so the server rolls back
            raw.close()

    def _control(self, raw: Session, sql: str, *, in_doubt: bool) -> None:
        try:
            raw.execute(sql, prepare=False)
        except psycopg.Error as error:
            raise named(error, self.label, raw, in_doubt=in_doubt) from error

    def claim(self, request: ClaimRequest) -> Claim | None:
        """Return the next job, now held by the worker that asks, or None when none may run.

        A worker with an uncertain lease claims nothing.
        """
        rows = self.write(self.CLAIM_ORDINARY, **self.claim_values(request))
        for _ in range(_CLAIM_TRIES):
            if rows or not self.may_claim(request):
                break
            with self.transaction() as run:
                rows = self.claim_next(run, request)
        failpoint("claim.committed")
        return Claim(*rows[0]) if rows else None

    def end(self, held: Claim, outcome: Outcome) -> bool:
        return bool(self.write(self.END, **outcome.columns, **held.key))

    @property
    def _channel(self) -> str:
        return f"drawscape_{self._number:08x}"

    def _notify(self, raw: Session, *, is_work: bool) -> None:
        """Notify others of a commit; when the notice is lost with the connection, a poll finds the commit."""
        try:
            raw.execute(
                "begin; set local synchronous_commit = off; select pg_notify("
                f"'{self._channel}', '{WORK if is_work else CHANGE}'); commit",
                prepare=False,
            )
        except psycopg.Error:
            raw.close()

    def version(self) -> int:
        """Return a number that rises shortly after each commit."""
        return self.heard(CHANGE)

    def heard(self, kind: str) -> int:
        """Return a number that rises with each notice; for `kind` WORK, with notices of work only."""
        with self._exclusive():
            raw = self._opened()
            if not self._listens:
                self._control(raw, f'listen "{self._channel}"', in_doubt=False)
                # psycopg passes notices that arrive during a statement only to its handlers.
                raw.add_notify_handler(lambda notice: self._note(notice.payload))
                self._listens = True
                self._note(WORK)  # earlier notices were not received
            while notice := raw.pgconn.notifies():
                self._note(notice.extra.decode())
            return self._heard[kind]

    def _note(self, kind: str) -> None:
        self._heard[CHANGE] += 1
        self._heard[WORK] += kind == WORK

    def await_word(self, timeout_s: float) -> None:
        if (raw := self._raw) is not None:
            raw.await_word(timeout_s)

    def commit_watch(self) -> "CommitWatch":
        return CommitWatch(self)

    def drop_unused(self, run: Any) -> None:
        """Do as on SQLite, and add up the counts of ended jobs."""
        super().drop_unused(run)
        run(self.ADD_UP_COUNTS)


class PostgresRun(PostgresQueries):
    """Runs the statements of one transaction and returns their rows; `in_doubt`: as for `named`."""

    def __init__(self, raw: Session, label: str, *, in_doubt: bool = False) -> None:
        self._raw = raw
        self._label = label
        self._in_doubt = in_doubt
        self.wrote = False
        """Whether the transaction has changed anything."""

    def __call__(self, statement: str, /, **values: Any) -> Rows:
        text, names = rendered(statement)
        values = {"now": clock.now(), **values}
        given = [values[name] for name in names]
        try:
            cursor = psycopg.RawCursor(self._raw).execute(text, given or None)
            rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise named(error, self._label, self._raw, in_doubt=self._in_doubt) from error
        is_select = (cursor.statusmessage or "").startswith("SELECT")
        self.wrote |= not is_select and cursor.rowcount > 0
        return rows

    def insert_rows(
        self, shared: Mapping[str, Any], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        names = ", ".join((*columns, *shared))
        try:
            with self._raw.cursor().copy(f"copy job ({names}) from stdin") as copy:
                for row in rows:
                    copy.write_row((*row, *shared.values()))
        except psycopg.Error as error:
            raise named(error, self._label, self._raw, in_doubt=False) from error
        self.wrote = True


class CommitWatch:
    """Waits for commits that give a worker something to do."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine
        self._seen = -1

    def version(self) -> int:
        return self._engine.heard(WORK)

    def wait(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while self.version() == self._seen and (left_s := until - time.monotonic()) > 0:
            self._engine.await_word(left_s)
        self._seen = self.version()

    def close(self) -> None:
        """Stop waiting."""


_INHERITED: list[Session | None] = []
"""Connections of the process that forked this one: closed here, they would be closed there."""


# Which workers are alive: each renews a row, and is dead once that row is deleted. The first process that
# finds it older than its lease, by the server's clock, deletes it. An earlier renewal keeps it. A later one
# finds no row: then others may have the worker's jobs.

_RENEWALS = 12
"""How often a lease is renewed: one of 60 s every 5 s."""

_SOON_S, _AGAIN_S = 0.2, 0.02


class Leases:
    """The workers of one queue's database; the methods are those of Locks."""

    def __init__(self, engine: PostgresEngine, lease_s: float) -> None:
        self._engine = engine
        self._lease_s = lease_s
        self._held: dict[str, _Lease] = {}

    def announce(self, info: WorkerInfo, on_renewal: Callable[[Renewal], bool]) -> None:
        lease = self._held[info.id] = _Lease(self._engine, info, self._lease_s, on_renewal)
        lease.start()
        if not lease.is_held.wait(self._lease_s):
            raise QueueError(f"{self._engine.label}: no connection to announce a worker")

    def renew(self, worker: str) -> bool:
        return False

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        with suppress(QueueError):  # the server is unreachable, which all see
            self._engine.write(self._engine.NOTE_TROUBLE, id=worker, trouble=trouble)

    def retire(self, worker: str) -> None:
        if worker in self._held:
            self._held.pop(worker).end()
        try:
            self._engine.write(self._engine.RETIRE_WORKER, id=worker)
        except QueueError as error:  # its lease expires
            _LOG.warning("worker=%s event=not_retired error=%r", worker, str(error))

    def forget_dead(self) -> None:
        self._engine.write(self._engine.DROP_DEAD_WORKERS)

    def is_dead(self, worker: str | None) -> bool:
        self.forget_dead()
        return not self._engine.read(self._engine.IS_ALIVE, id=worker)

    def await_sign(self, worker: str | None) -> bool:
        return bool(self._engine.value(self._engine.IS_ALIVE, id=worker))

    def living(self) -> list[WorkerInfo]:
        rows = self._engine.read(self._engine.LIVING_WORKERS)
        return [
            replace(one, lanes=tuple(str(one.lanes).split())) for one in starmap(WorkerInfo, rows)
        ]


class _Lease(threading.Thread):
    """The thread that renews the lease of one worker of this process, by a separate connection."""

    def __init__(
        self,
        engine: PostgresEngine,
        info: WorkerInfo,
        lease_s: float,
        on_renewal: Callable[[Renewal], bool],
    ) -> None:
        super().__init__(name="drawscape-lease", daemon=True)
        self._engine = engine
        self._info = info
        self._log_position, self._server_at = "0/0", "epoch"
        self._lease_s = lease_s
        self._on_renewal = on_renewal
        self.is_held = threading.Event()
        self._is_over = threading.Event()
        self._lock = threading.Lock()

    def end(self) -> None:
        with self._lock:
            self._is_over.set()

    def run(self) -> None:
        trouble = ""
        while not self._is_over.wait(_SOON_S if trouble else 0.0):
            try:
                with closing(self._engine.connect(SHORT_SILENCE_S)) as connection:
                    if trouble:
                        _LOG.warning("event=connection_restored")
                    trouble = ""
                    while not self._is_over.is_set() and connection.is_alive():
                        connection.await_word(self._renew(connection))
            except (psycopg.Error, QueueError, OSError) as error:
                if not trouble:
                    _LOG.warning("event=connection_lost error=%r", str(error).strip()[:200])
                trouble = str(error)

    def _renew(self, connection: Session) -> float:
        """Renew it; return the seconds until it is due again."""
        with self._lock:
            if self._is_over.is_set():
                return 0.0
            info = self._info
            run = PostgresRun(connection, self._engine.label)
            key = {"id": info.id, "log_position": self._log_position, "lease_s": self._lease_s}
            asked_at, asked_boot_s = time.time(), clock.boot_s()
            rows = run(run.RENEW_LEASE, **key, server_at=self._server_at)
            if rows:
                renewed_at, position, ids, tokens, server_at = rows[0]
                clock.set_by_server(renewed_at, asked_at)
                known_at, self._log_position = self._server_at, position
                held = frozenset(zip(ids, tokens, strict=True))
                if self._on_renewal(Renewal(asked_boot_s, held)):
                    self._server_at = server_at
                return self._lease_s / _RENEWALS if known_at == server_at else _AGAIN_S
            # Others have taken its jobs, if its lease had ended.
            if self.is_held.is_set():
                _LOG.error("worker=%s event=lease_lost", info.id)
                self._on_renewal(Renewal(asked_boot_s, frozenset(), is_lost=True))
            asked_boot_s = clock.boot_s()
            lanes = " ".join(info.lanes)
            rows = run(run.ANNOUNCE_WORKER, **{**asdict(info), **key, "lanes": lanes})
            if not rows:
                return _SOON_S
            self._server_at = rows[0][0]
            self._on_renewal(Renewal(asked_boot_s, frozenset()))
            self.is_held.set()
            return self._lease_s / _RENEWALS
