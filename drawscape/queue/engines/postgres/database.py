"""The job table on Postgres, as the queue uses it."""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg

from drawscape.errors import QueueError
from drawscape.queue.engines.postgres.connection import Connection
from drawscape.queue.engines.postgres.floor import Floor
from drawscape.queue.engines.postgres.notices import CHANGE, WORK, Notices
from drawscape.queue.engines.postgres.schema import kind_of
from drawscape.queue.engines.postgres.session import Session
from drawscape.queue.engines.postgres.shared_notices import notices_for
from drawscape.queue.engines.postgres.traces import Traces
from drawscape.queue.engines.postgres.workers import Workers

_ALONE = f"select pg_advisory_xact_lock({0x44524157}, {{}})"  # "DRAW"


class Database(Session):
    """The queue's tables in a Postgres database, with a connection of its own for each thread.

    `folder` is where logs, previews and the key lie.
    """

    has_many_writers = True
    write_lock: AbstractContextManager[None] = nullcontext()

    def __init__(self, url: str, folder: Path, *, is_durable: bool = True) -> None:
        super().__init__(url, is_durable=is_durable)
        self.folder = folder
        self._local = threading.local()
        self.workers = Workers(self)
        self.traces = Traces(self)
        self._floor = Floor(self)
        self.has_groups = self.has_limits = False

    @property
    def target(self) -> str:
        """The URL."""
        return self.url

    @property
    def key_file(self) -> Path:
        """The key, in the home's folder."""
        return self.folder / "queue.key"

    def exists(self) -> bool:
        """Return True: what is not there is made with the first connection."""
        return True

    def another(self, *, is_durable: bool = True) -> "Database":
        """Return the same tables with connections of its own."""
        return Database(self.url, self.folder, is_durable=is_durable)

    @property
    def connection(self) -> Connection:
        """This thread's connection, opened anew when it broke and in a forked process."""
        held: Connection | None = getattr(self._local, "held", None)
        if held is not None and held.pid == os.getpid():
            if held.in_transaction or not held.was_closed():
                return held
            held.raw.close()
        elif held is not None:
            _INHERITED.append(held)
        self._local.held = held = Connection(self)
        return held

    def close(self) -> None:
        """Close this thread's connection, if it has one."""
        held: Connection | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None and held.pid == os.getpid():
            held.raw.close()

    def check_files(self) -> None:
        """Nothing to check: the server keeps its files."""

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what psycopg raises elsewhere than in a statement into QueueError."""
        try:
            yield
        except psycopg.Error as error:
            raise QueueError(f"{self.label}: {str(error).strip()}") from error

    @contextmanager
    def transaction(self, *, is_alone: bool = True) -> Iterator[Connection]:
        """Run a block in one transaction: committed as a whole or not at all.

        Those that are alone never run at once; they take their lock before any row's, so that no two wait
        for each other.
        """
        connection = self._begun(is_alone)
        try:
            yield connection
            self._commit(connection)
        except BaseException:
            if not connection.is_broken:
                connection.control("rollback")
            raise
        finally:
            connection.in_transaction = False
            wrote, connection.wrote = connection.wrote, None
            requeued, connection.may_requeue = connection.may_requeue, False
        if wrote:
            self.send(work=True, requeued=requeued)

    def _begun(self, is_alone: bool) -> Connection:
        lock = f"; {_ALONE}" if is_alone else ""
        for attempt in range(2):
            connection = self.connection
            try:
                connection.control(f"begin{lock.format(self.serial)}")
            except psycopg.Error as error:
                if attempt or not connection.is_broken:
                    raise connection.named(error, in_doubt=False) from error
            else:
                break
        connection.in_transaction = True
        return connection

    def at_once(self, *steps: tuple[str, Mapping[str, Any]]) -> list[list[Any]]:
        """Return the rows of each statement, of one transaction that is alone and is sent in one go.

        What is sent until the answers are waited for is one transaction, without a word of its own.
        """
        connection = self.connection
        raw = connection.raw
        try:
            with raw.pipeline():
                raw.execute(_ALONE.format(self.serial))
                cursors = [connection.sent(sql, values) for sql, values in steps]
            rows = [cursor.fetchall() for cursor in cursors]
        except BaseException as error:
            if isinstance(error, psycopg.Error):
                raise connection.named(error, in_doubt=True) from error
            raise
        connection.used_at = time.monotonic()
        self.send(work=False)
        return rows

    def _commit(self, connection: Connection) -> None:
        try:
            connection.control("commit")
        except psycopg.Error as error:
            raise connection.named(error, in_doubt=True) from error

    def insert_rows(
        self,
        connection: Connection,
        shared: Mapping[str, Any],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Insert rows into `job` that have the values of `shared` in common."""
        names = (*columns, *shared)
        try:
            with connection.raw.cursor().copy(
                f"copy job ({', '.join(names)}) from stdin (format binary)"
            ) as copy:
                copy.set_types([kind_of(name) for name in names])
                common = tuple(shared.values())
                for row in rows:
                    copy.write_row((*row, *common))
        except psycopg.Error as error:
            raise connection.named(error, in_doubt=False) from error
        connection.wrote = True

    def checkpoint(self) -> None:
        """Do nothing: the server does it beside all else."""

    @contextmanager
    def relaxed(self) -> "Iterator[Database]":
        """Yield the same tables with commits that a power loss of the server may undo."""
        if not self.is_durable:
            yield self
            return
        database = self.another(is_durable=False)
        try:
            yield database
        finally:
            database.close()

    @property
    def notices(self) -> Notices:
        """What this process receives and sends of commits."""
        if not self.channel:
            self.connection  # noqa: B018 - makes the tables, and shows which schema they are in
        return notices_for(
            f"{self.url} {self.channel}", lambda: Notices(self.connect, self.channel)
        )

    def send(self, *, work: bool, requeued: bool = False) -> None:
        """Let others know that something was committed."""
        self._local.sent = getattr(self._local, "sent", 0) + 1
        self.notices.send(work=work, requeued=requeued)

    def may_carry(self) -> bool:
        """Return whether an insert may let others know of itself."""
        return self.notices.may_carry()

    def carried(self, since: float) -> None:
        """An insert that was begun at `since` has let others know."""
        self._local.sent = getattr(self._local, "sent", 0) + 1
        self.notices.carried(since)

    def floor(self, queue: str) -> int:
        """Return 0, or a number that no ordinary job which waits in `queue` has, nor a lower one."""
        return self._floor.of(queue)

    def version(self) -> object:
        """Return what differs after any commit, of this thread or of another."""
        return self.written_by_others(), getattr(self._local, "sent", 0)

    def written_by_others(self) -> int:
        """Return a number that rises with what was committed, a moment after it was."""
        return self.notices.count(CHANGE)

    def commit_watch(self) -> "CommitWatch":
        """Return what waits for commits that give a worker something to do."""
        return CommitWatch(self)

    def native_task_waits(self, queue: str) -> bool:
        """Return False: huey's own tasks do not run here."""
        return False

    def shrink(self, pages: int) -> int:
        """Return 0: the server cleans up by itself."""
        return 0

    def size_bytes(self) -> int:
        """Return how much the job table takes, with its indexes."""
        with self.translated():
            row = self.connection.execute("select pg_total_relation_size('job')").fetchone()
        return int(row[0])

    def backup(self, file: Path) -> None:
        """Raise QueueError: a server has tools of its own."""
        raise QueueError(
            f"{self.label} is copied by Postgres' own tools: `pg_dump --format=custom --file={file} URL`; "
            f"copy the key {self.key_file} too"
        )

    def damage(self) -> list[str]:
        """Return which of the tables' indexes Postgres holds for unfinished or broken."""
        with self.translated():
            rows = self.connection.execute(
                "select indexrelid::regclass::text from pg_index "
                "where indrelid = 'job'::regclass and not (indisvalid and indisready)"
            ).fetchall()
        return [f"the index {name} is not valid: `reindex index {name}`" for (name,) in rows]


class CommitWatch:
    """Waits for commits that give a worker something to do."""

    is_selective = True

    def __init__(self, database: Database) -> None:
        self._database = database
        self._count = -1

    def version(self) -> int:
        """Return a number that rises with them."""
        return self._database.notices.count(WORK)

    def wait(self, timeout_s: float) -> None:
        """Return soon after one, or after `timeout_s`."""
        notices = self._database.notices
        if self._count >= 0:
            notices.wait(WORK, self._count, timeout_s)
        self._count = notices.count(WORK)

    def close(self) -> None:
        """Wait no more."""


_INHERITED: list[Connection] = []
"""Of the process that this one was forked from: closed here, they would be closed there."""
