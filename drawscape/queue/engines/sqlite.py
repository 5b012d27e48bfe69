"""The queue's SQLite file: a connection for each thread, opened with care and guarded, errors by name."""

import ctypes
import json
import os
import select
import sqlite3
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

from drawscape.errors import QueueError
from drawscape.failpoints import failpoint
from drawscape.queue.claim import Claim, ClaimRequest
from drawscape.queue.engines.engine import JobTable, Rows, UniqueViolation, ValueRefused
from drawscape.queue.engines.file_guard import existing, guard, opening
from drawscape.queue.engines.liveness import Locks
from drawscape.queue.engines.sqlite_queries import SqliteQueries
from drawscape.queue.engines.sqlite_schema import prepare
from drawscape.settings import StrPath

FULL, NORMAL = 2, 1

_LOG_BYTES = 32 * 2**20  # the size of the write-ahead log after a large batch is copied back
_LOG_PAGES = 4000  # before a worker copies them back: that flushes twice, and its jobs wait for it

# Linux's inotify reports a write when it begins, not when its transaction is over: most flushes between the
# write and the commit take no longer than the first of these.
_EAGER_S, _EAGER_CHECK_S = 0.006, 0.00025
_ATTENTIVE_S, _CHECK_S = 0.1, 0.002  # longer than the slowest flush
_IN_MODIFY = 0x2
_IN_NONBLOCK, _IN_CLOEXEC = 0o4000, 0o2000000
_PAUSE_S = 0.004
"""Where the system reports no writes, the caller checks this often: 1 % of a core, half of it in latency."""

_REMEDIES = {
    "readonly": "make the file and its folder writable",
    "full": "free some disk space; nothing was written",
    "not a database": "the file is damaged or foreign: move it away and start again, or restore a copy",
    "malformed": "the file is damaged: try `sqlite3 FILE .recover`, or restore a copy",
    "disk I/O": "the disk does not answer as it should",
    "unable to open": "is the folder there, and are it and the file writable?",
    "is locked": "another process holds it, or the disk has no file locks: keep the queue on a local disk",
}


_FORKING = threading.RLock()  # two forking threads would release each other's locks


class Connection(sqlite3.Connection):
    """Closed when nothing refers to it any more; the collector ends a cycle of objects in any order."""

    def __init__(self, *args: Any, **options: Any) -> None:
        with _FORKING:  # `_before_fork` goes through all connections
            super().__init__(*args, **options)
            self.pid = os.getpid()
            self.lock = threading.RLock()  # held while its thread reads, or another forks
            _CONNECTIONS.add(self)

    # At the very end the module's names are gone.
    def __del__(self, pid: Callable[[], int] = os.getpid, forking: Any = _FORKING) -> None:
        if getattr(self, "pid", None) == pid():
            with forking:
                self.close()


_CONNECTIONS: weakref.WeakSet[Connection] = weakref.WeakSet()


class _ThreadConnection:
    """A thread's connection, closed when the thread ends, and not only by the collector."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.__del__()


class SqliteRun(SqliteQueries):
    """Runs the statements of `SqliteQueries` in one transaction, and returns their rows."""

    def __init__(self, connection: Connection) -> None:
        self._execute = connection.execute

    def __call__(self, statement: str, /, **values: Any) -> Rows:
        return self._execute(statement, {"now": time.time(), **values}).fetchall()

    def insert_rows(
        self, shared: Mapping[str, Any], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Insert rows into `job`, each with the values of `shared` too."""
        row = f"({', '.join('?' * len(columns))})"
        values = ", ".join(["?"] * len(shared) + [f"column{n + 1}" for n in range(len(columns))])
        # A statement opens all trees of the table, which costs as much as a row.
        left = iter(rows)
        while some := [*islice(left, 1000)]:
            self._execute(
                f"insert into job ({', '.join((*shared, *columns))}) "
                f"select {values} from (values {', '.join([row] * len(some))})",
                (*shared.values(), *chain.from_iterable(some)),
            )


class SqliteEngine(SqliteQueries, JobTable):
    """The queue's SQLite file.

    Callers' connections run with `synchronous=FULL`: an enqueue that returned survives a power loss. A
    worker's run with NORMAL: a power loss may undo the last second's status changes, but breaks nothing.
    `target` opens it again, `label` names it in messages, `folder` holds the key.
    """

    def __init__(
        self, filename: StrPath, *, synchronous: int = FULL, timeout_s: float = 60.0
    ) -> None:
        self.path = Path(filename).resolve()  # one file and one folder of locks, through any link
        self.target = self.label = os.fspath(self.path)
        self.folder = self.path.parent
        self.key_file = self.path.with_suffix(".key")
        self.timeout_s = timeout_s
        self.workers = Locks(self.folder / "workers")
        self._synchronous = synchronous
        self._local = threading.local()
        self._ready = False
        self.write_lock = threading.RLock()
        """Held by the thread that writes. In SQLite a second one would sleep for a millisecond or more."""
        with _FORKING:
            _ENGINES.add(self)

    @property
    def connection(self) -> Connection:
        """This thread's connection, opened (and the file made) when first asked for.

        It is closed with its thread. A forked process opens its own: connections do not survive a fork.
        """
        held = getattr(self._local, "held", None)
        if held is None or held.connection.pid != os.getpid():
            with self.named_errors(), opening(self.path) as known:
                if not known and not self.path.exists():
                    self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
                held = self._local.held = _ThreadConnection(self._opened())
                self._guard = guard(self.path)
        else:
            self._guard.check_at_times()
        return held.connection

    def open(self) -> None:
        """Connect, and make the tables if they are missing."""
        self.connection  # noqa: B018 - opens it

    def _opened(self) -> Connection:
        connection = sqlite3.connect(
            existing(self.path),
            uri=True,
            timeout=self.timeout_s,
            isolation_level=None,
            cached_statements=256,
            factory=Connection,
            check_same_thread=False,  # each thread uses its own; another one may only close it
        )
        try:
            if not self._ready:
                with self.write_lock:
                    prepare(connection, self.path, self.timeout_s, self.workers.living)
                    self._ready = True
            with connection.lock:
                connection.execute(f"pragma synchronous = {self._synchronous}")
                connection.execute("pragma cache_size = -8000")
                connection.execute("pragma temp_store = memory")
                connection.execute(f"pragma journal_size_limit = {_LOG_BYTES}")
                if self._synchronous == NORMAL:
                    connection.execute(f"pragma wal_autocheckpoint = {_LOG_PAGES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        self._local.held = None

    def another(self) -> "SqliteEngine":
        return SqliteEngine(self.path, timeout_s=self.timeout_s)

    def read(self, statement: str, /, **values: Any) -> Rows:
        """Return the rows of one statement that changes nothing."""
        connection = self.connection
        try:
            with connection.lock:
                return connection.execute(statement, {"now": time.time(), **values}).fetchall()
        except sqlite3.Error as error:
            raise self._named(error) from error

    def write(self, statement: str, /, **values: Any) -> Rows:
        """Run one statement in one transaction; return its rows."""
        self.open()  # before the lock: a forking thread waits for the lock, and opening waits for the fork
        with self.write_lock:
            rows = self.read(statement, **values)
            self._check_commit()
            return rows

    def _check_commit(self) -> None:
        """Raise QueueGoneError if a caller's commit went into a file that is gone; a worker checks later."""
        if self._synchronous == FULL:
            self._guard.check()

    @contextmanager
    def transaction(self, *, is_alone: bool = True) -> Iterator[SqliteRun]:
        """Run a block in one write transaction: committed as a whole or not at all."""
        connection = self.connection
        with self.write_lock:
            try:
                connection.execute("begin immediate")
                yield SqliteRun(connection)
                connection.execute("commit")
                self._check_commit()
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("rollback")
                if isinstance(error, sqlite3.Error):
                    raise self._named(error) from error
                raise

    def list_value(self, values: Iterable[Any]) -> str:
        return json.dumps(list(values))

    def claim(self, request: ClaimRequest) -> Claim | None:
        """Return the next job, now held by the worker that asks, or None when none may run."""
        if not self.may_claim(request):
            return None
        with self.transaction() as run:
            found = self.claim_in(run, request)
        failpoint("claim.committed")
        return found

    def claim_in(self, run: Any, request: ClaimRequest) -> Claim | None:
        rows = run(self.CLAIM_ORDINARY, **self.claim_values(request))
        rows = rows or self.claim_next(run, request)
        return Claim(*rows[0]) if rows else None

    # What others have written

    def version(self) -> int:
        """Return a number that changes with every commit of another connection."""
        return int(self.value("pragma data_version"))

    def commit_watch(self) -> "FileWatch":
        """Return an object that waits for the commits of others."""
        return FileWatch(self.folder, self.version)

    def flush(self) -> None:
        self.read("pragma wal_checkpoint(passive)")

    def damage(self) -> list[str]:
        return [row[0] for row in self.read("pragma integrity_check") if row[0] != "ok"]

    @contextmanager
    def named_errors(self) -> Iterator[None]:
        """Turn errors into QueueErrors that name the file and the remedy."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._named(error) from error
        except OSError as error:
            raise QueueError(f"{self.path}: {error.strerror or error}") from error

    def _named(self, error: sqlite3.Error) -> QueueError:
        if isinstance(error, sqlite3.IntegrityError):
            return UniqueViolation(str(error))
        if isinstance(error, sqlite3.DataError):
            return ValueRefused(f"{self.path}: {error}")
        text = str(error)
        found = (advice for words, advice in _REMEDIES.items() if words in text)
        advice = next(found, "nothing was written")
        return QueueError(f"{self.path}: {text}; {advice}")


class FileWatch:
    """Waits for commits to a file in `folder`; the kernel reports when one begins."""

    def __init__(self, folder: Path, version: Callable[[], object]) -> None:
        self.version = version
        self._written_at = -_ATTENTIVE_S
        self._descriptor = _watched(folder)
        self._poll = select.poll()
        if self._descriptor is not None:
            self._poll.register(self._descriptor, select.POLLIN)

    def wait(self, timeout_s: float) -> None:
        """Return soon after a commit, or after about `timeout_s` without one."""
        if self._descriptor is None:
            time.sleep(min(_PAUSE_S, timeout_s))
            return
        since_s = time.monotonic() - self._written_at
        if since_s >= _EAGER_S:
            limit_s = timeout_s if since_s >= _ATTENTIVE_S else _CHECK_S
            if not self._poll.poll(limit_s * 1000):
                return
            with suppress(BlockingIOError):
                while len(os.read(self._descriptor, 65_536)) > 32_768:
                    pass
            self._written_at = time.monotonic()
        time.sleep(_EAGER_CHECK_S)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def _watched(folder: Path) -> int | None:
    """Return an inotify descriptor on `folder`, None where the system has none."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    descriptor = int(libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC))
    if descriptor < 0:  # too many for this user
        return None
    if libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_MODIFY) < 0:
        os.close(descriptor)
        return None
    return descriptor


_ENGINES: weakref.WeakSet[SqliteEngine] = weakref.WeakSet()
_LOCKED: list[Any] = []  # while the process forks
_INHERITED: list[Connection] = []
"""Connections of the process that forked this one. Closing them here, as the garbage collector would,
could mistake their locks for ours and reset the log."""
_FORK_PATIENCE_S = 5.0  # for a thread that forks within its own transaction


def _before_fork() -> None:
    """Keep all threads out of SQLite while the process forks: the child would find its locks taken."""
    _FORKING.acquire()
    locks = [engine.write_lock for engine in _ENGINES] + [one.lock for one in _CONNECTIONS]
    _LOCKED.extend(lock for lock in locks if lock.acquire(timeout=_FORK_PATIENCE_S))
    _INHERITED.extend(_CONNECTIONS)


def _after_fork() -> None:
    while _LOCKED:
        _LOCKED.pop().release()
    _INHERITED[:] = [one for one in _INHERITED if one.pid != os.getpid()]
    _FORKING.release()


def _after_fork_in_child() -> None:
    _after_fork()
    for engine in _ENGINES:  # their holders do not exist here
        engine.write_lock = threading.RLock()


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
)
