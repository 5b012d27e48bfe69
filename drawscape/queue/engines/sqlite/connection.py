"""Connections to the queue's file: one per thread and process, opened with care, errors by name."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import UniqueViolation, ValueRefused
from drawscape.queue.engines.sqlite.file_guard import FileGuard, existing, guard, opening
from drawscape.queue.engines.sqlite.folder_watch import CommitWatch
from drawscape.queue.engines.sqlite.forking import OwnConnection, hold_for_fork
from drawscape.queue.engines.sqlite.preparation import prepare
from drawscape.queue.engines.sqlite.remedies import remedy
from drawscape.queue.engines.sqlite.rows import insert_rows
from drawscape.queue.engines.sqlite.workers import Workers

if TYPE_CHECKING:
    from drawscape.queue.engines.sqlite.traces import Traces

FULL, NORMAL = 2, 1

_LOG_BYTES = 32 * 2**20  # what a large batch leaves of the write-ahead log once it is copied back

_TASK_WAITS = "select exists (select 1 from task where queue = ?)"

_HURRIED_MS = 20  # a commit of another process takes less

_INHERITED: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from. Closing them here, as the collector would,
could take their locks for ours and reset the log."""


class _Held(NamedTuple):
    """A thread's connection."""

    connection: OwnConnection
    guard: FileGuard

    @property
    def is_ours(self) -> bool:
        return self.connection.pid == os.getpid()


class Database:
    """The queue's SQLite file, with a connection of its own for each thread.

    Callers' connections run with `synchronous=FULL`: an enqueue that returned survives a power loss. A
    worker's run with NORMAL, where a power loss may undo the last status changes but never tears the file.

    With `shared=True` all threads use one connection, and hold `write_lock` whenever they do: SQLite empties
    a connection's cache whenever another one has written, so worker threads that take turns with connections
    of their own read the same pages again and again (127 µs a claim and acknowledgement instead of 100).
    """

    has_many_writers = False

    def __init__(
        self,
        filename: str | os.PathLike[str],
        *,
        synchronous: int = FULL,
        timeout_s: float = 60.0,
        shared: bool = False,
    ) -> None:
        self.path = Path(filename).resolve()  # by whatever link: one file, one folder of locks
        self.timeout_s = timeout_s
        self.workers = Workers(self.path.parent / "workers")
        self._synchronous = synchronous
        self._local: Any = SimpleNamespace() if shared else threading.local()
        self._ready = False
        self.opening_lock = threading.Lock()
        self._owner = os.getpid()
        self.write_lock = threading.RLock()
        """Held by the thread that writes. SQLite would let a second one sleep for a millisecond or more."""
        hold_for_fork(self)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened (and the file made) when first asked for.

        A process that was forked opens its own: SQLite connections do not survive a fork.
        """
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None and held.is_ours:
            held.guard.check_at_times()
            return held.connection
        if held is not None:
            _INHERITED.append(held.connection)
        if self._owner != os.getpid():  # forked: whoever held the locks is not here
            self._owner = os.getpid()
            self.opening_lock, self.write_lock = threading.Lock(), threading.RLock()
        with self.translated(), opening(self.path) as known:
            if not known:
                self._make_file()
            connection = self._open()
            self._local.held = _Held(connection, guard(self.path))
        return connection

    def check_files(self) -> None:
        """Raise QueueGoneError if what was just committed went into a file that was deleted or replaced."""
        self._local.held.guard.check()

    def close(self) -> None:
        """Close this thread's connection, if it has one."""
        held: _Held | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None and held.is_ours:
            held.connection.close()

    def version(self) -> tuple[int, int]:
        """Return numbers that change with every commit of another connection, and with changes by this one.

        SQLite's `data_version` alone does not move when who waits also cancels, in a coroutine or a loop
        over the jobs of a batch.
        """
        return self.written_by_others(), self.connection.total_changes

    def written_by_others(self) -> int:
        """Return a number that changes with every commit of another connection."""
        return int(self.connection.execute("pragma data_version").fetchone()[0])

    @property
    def target(self) -> str:
        """The file's path."""
        return os.fspath(self.path)

    label = target
    """What names it in messages."""

    @property
    def traces(self) -> "Traces":
        """What its jobs leave while they run."""
        from drawscape.queue.engines.sqlite.traces import Traces

        return Traces(self)

    @property
    def folder(self) -> Path:
        """The file's folder: locks, logs and previews lie beside it."""
        return self.path.parent

    @property
    def key_file(self) -> Path:
        """The key beside the file."""
        return self.path.with_suffix(".key")

    def exists(self) -> bool:
        """Return whether the file is there."""
        return self.path.exists()

    def another(self, *, is_durable: bool = True) -> "Database":
        """Return the same file with connections of its own."""
        return Database(
            self.path, synchronous=FULL if is_durable else NORMAL, timeout_s=self.timeout_s
        )

    def commit_watch(self) -> CommitWatch:
        """Return what waits for the commits of others."""
        return CommitWatch(self.path.parent, self.written_by_others)

    def native_task_waits(self, queue: str) -> bool:
        """Return whether one of huey's own tasks waits."""
        return bool(self.connection.execute(_TASK_WAITS, (queue,)).fetchone()[0])

    @contextmanager
    def relaxed(self) -> "Iterator[Database]":
        """Yield the same file with `synchronous=NORMAL`, where a power loss may undo what was committed."""
        if self._synchronous == NORMAL:
            yield self
            return
        with closing(self.another(is_durable=False)) as database:
            # SQLite would do it within a commit, which takes ten times as long then.
            database.connection.execute("pragma wal_autocheckpoint = 0")
            yield database

    def checkpoint(self) -> None:
        """Copy what the log has into the file, as far as nobody reads what it is older than."""
        with self.translated():
            self.connection.execute("pragma wal_checkpoint(passive)").fetchall()

    def shrink(self, pages: int) -> int:
        """Give up to `pages` unused pages back to the disk; return how many are left."""
        with self.translated():
            self.connection.execute(f"pragma incremental_vacuum({int(pages)})").fetchall()
            return int(self.connection.execute("pragma freelist_count").fetchone()[0])

    def backup(self, file: Path) -> None:
        """Write a consistent copy to `file` while others go on."""
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with self.translated():
            copy = sqlite3.connect(file)
            try:
                self.connection.backup(copy, pages=1000)
            finally:
                copy.close()

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong with the file's structure."""
        with self.translated():
            rows = self.connection.execute("pragma integrity_check").fetchall()
        return [row[0] for row in rows if row[0] != "ok"]

    def size_bytes(self) -> int:
        """Return the size of the file."""
        return self.path.stat().st_size

    def _open(self) -> OwnConnection:
        connection = sqlite3.connect(
            existing(self.path),
            uri=True,
            timeout=self.timeout_s,
            isolation_level=None,
            cached_statements=256,
            factory=OwnConnection,
            check_same_thread=False,  # each thread uses its own; only the collector closes another's
        )
        connection.pid = os.getpid()
        try:
            with self.opening_lock:
                if not self._ready:
                    prepare(connection, self.path, self.timeout_s)
                    self._ready = True
            connection.execute(f"pragma synchronous = {self._synchronous}")
            connection.execute("pragma cache_size = -8000")
            connection.execute("pragma temp_store = memory")
            connection.execute(f"pragma journal_size_limit = {_LOG_BYTES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_file(self) -> None:
        """Make the file, readable by its owner only."""
        if not self.path.exists():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    @contextmanager
    def transaction(self, *, is_alone: bool = True) -> Iterator[sqlite3.Connection]:
        """Run a block in one write transaction, always alone: committed as a whole or not at all."""
        connection = self.connection
        with self.write_lock:
            try:
                connection.execute("begin immediate")
                yield connection
                connection.execute("commit")
                if self._synchronous == FULL:  # a worker looks before each transaction, at times
                    self.check_files()
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("rollback")
                if isinstance(error, sqlite3.Error):
                    raise self._named(error) from error
                raise

    insert_rows = staticmethod(insert_rows)

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Wait no longer than some milliseconds for a locked file, or another thread, within this block."""
        connection = self.connection
        if not self.write_lock.acquire(timeout=_HURRIED_MS / 1000):
            raise QueueError(f"{self.path}: another thread waits for it or writes")
        try:
            connection.execute(f"pragma busy_timeout = {_HURRIED_MS}")
            try:
                yield
            finally:
                connection.execute(f"pragma busy_timeout = {self.timeout_s * 1000:.0f}")
        finally:
            self.write_lock.release()

    def _named(self, error: sqlite3.Error) -> QueueError:
        if isinstance(error, sqlite3.IntegrityError):
            return UniqueViolation(str(error))
        if isinstance(error, sqlite3.DataError):
            return ValueRefused(f"{self.path}: {error}")
        return QueueError(f"{self.path}: {error}; {remedy(error, self.timeout_s)}")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn SQLite's errors into QueueErrors that name the file and the remedy."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._named(error) from error
        except OSError as error:
            raise QueueError(f"{self.path}: {error.strerror or error}") from error
