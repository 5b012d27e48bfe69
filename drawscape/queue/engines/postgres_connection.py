"""A connection to the queue's Postgres: how it is opened, its statements, and the names of its errors."""

import contextlib
import functools
import re
import select
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import conninfo
from psycopg.adapt import Buffer
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from drawscape import clock
from drawscape.errors import QueueError, SettingsError
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    ConnectionLost,
    UniqueViolation,
    ValueRefused,
)

OLDEST_SERVER = 14
"""Older ones do not notice that a client is gone during its statement."""

LOCK_WAIT_S = 60.0
"""The longest wait of a statement for another session's lock, as on SQLite."""

SILENCE_S, SHORT_SILENCE_S = 75.0, 3.0
"""After this silence a server is given up: longer than `LOCK_WAIT_S`, and shorter if nobody may wait."""

_CLIENT_SETTINGS: dict[str, Any] = {
    "connect_timeout": 2,  # the minimum: the time limits of jobs are checked between attempts
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
    "fallback_application_name": "drawscape",
}
_SERVER_SETTINGS = """
set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3;
set tcp_user_timeout = 14000; set idle_in_transaction_session_timeout = 60000;
set client_connection_check_interval = 5000; set default_transaction_isolation = 'read committed';
set jit = off; set plan_cache_mode = force_generic_plan
"""
_PASSING = re.compile(
    "refused|starting up|shutting down|recovery|No such file|terminating|closed|timeout|reset|too many"
    "|connection slots are reserved|no more connections|not answered"
)
"""Errors of a server that may be ready in a moment; before a login they have no code."""

# A literal, or a value by name (`::` is a cast).
_PARTS = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-z]\w*)")

_GOING = ("57P", "08")
"""Error codes of a session that the server is about to end."""

GRANTS = (
    "Let the database's owner run `create schema drawscape authorization ROLE` and add "
    "?options=-csearch_path%3Ddrawscape to the URL, or `grant usage, create on schema public to ROLE`"
)
"""The remedy for missing rights: since Postgres 15 no role may create tables in `public` by default."""

T = TypeVar("T")


def label_of(url: str) -> str:
    """Return `url` without a password.

    Raises SettingsError, without the password, for text that is not a database URL.

    >>> label_of("postgresql://ada:secret@db/queue")
    'postgresql://ada@db/queue'
    """
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {}
    user, host, port, name = (parts.get(key) or "" for key in ("user", "host", "port", "dbname"))
    if not parts or "@" in f"{host}{port}{name}":  # a password with `@`, `/` or `%` in it
        raise SettingsError(
            "DRAWSCAPE_QUEUE names no Postgres database: write "
            "postgresql://USER@HOST:PORT/DATABASE and set PGPASSWORD to the password"
        )
    return f"postgresql://{user}{'@' if user else ''}{host}{':' if port else ''}{port}/{name}"


def may_pass(error: BaseException) -> bool:
    """Return whether a server that refuses with `error` may be ready in a moment."""
    return bool(_PASSING.search(str(error)))


class _Text(StrDumperUnknown):
    """Text without what Postgres refuses: NUL, and halves of surrogate pairs."""

    def dump(self, obj: str) -> "Buffer | None":
        return obj.replace("\0", "\ufffd").encode("utf-8", "replace")


class Session(psycopg.Connection[Any]):
    """psycopg's connection, which gives up a server after `silence_s` of silence.

    TCP does not notice a stopped server, or a proxy that drops all data.
    """

    silence_s = SHORT_SILENCE_S

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **named: Any) -> T:
        return super().wait(self._bounded(gen), *args, **named)

    def _bounded(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Yield what `gen` waits for; psycopg sends 0 after a tenth of a second without data."""
        heard_at = time.monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > self.silence_s:
                    self.close()
                    raise psycopg.OperationalError(
                        f"the server has not answered for {self.silence_s:g} s"
                    )
                state = gen.send(ready)
        except StopIteration as end:
            return end.value

    def is_alive(self) -> bool:
        """Read notices that have arrived; return whether the connection is open."""
        with contextlib.suppress(psycopg.Error):
            self.pgconn.consume_input()  # also reads why it was closed, if it was
            self.pgconn.consume_input()
        return not self.closed

    def await_word(self, timeout_s: float) -> None:
        """Wait for a notice from the server, for at most `timeout_s`."""
        poll = select.poll()  # `select.select` refuses descriptors above 1023
        with contextlib.suppress(psycopg.Error):  # another thread has closed it
            poll.register(self.fileno(), select.POLLIN)
            poll.poll(max(0.0, timeout_s) * 1000)


def connect(url: str, silence_s: float = SILENCE_S) -> Session:
    """Return a new connection to `url`, set up; raise psycopg.Error or QueueError."""
    connection = Session.connect(url, autocommit=True, prepare_threshold=1, **_CLIENT_SETTINGS)
    try:
        if connection.info.server_version < 10_000 * OLDEST_SERVER:
            raise QueueError(
                f"{label_of(url)} is Postgres {connection.info.server_version // 10_000}; "
                f"the queue needs {OLDEST_SERVER} or newer"
            )
        lock_s = min(LOCK_WAIT_S, silence_s - 1)  # the lock's error comes before the silence's
        settings = f"{_SERVER_SETTINGS}; set lock_timeout = '{lock_s}s'"
        connection.execute(settings, prepare=False)
        connection.adapters.register_dumper(str, _Text)
        connection.adapters.register_dumper(int, Int8Dumper)  # one width, for one plan
        asked_at = time.time()
        row = connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
        if row is not None:
            clock.set_by_server(row[0], asked_at)
        connection.silence_s = silence_s
    except BaseException:
        connection.close()
        raise
    return connection


@functools.lru_cache(512)
def rendered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return `sql`, written with `:name`, with `$1`, `$2`... and the names in their order.

    >>> rendered("select :id, 'at :noon' from job where id = :id")
    ("select $1, 'at :noon' from job where id = $1", ('id',))
    """
    names = []

    def mark(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PARTS.sub(mark, sql), tuple(names)


def named(error: psycopg.Error, label: str, raw: Session | None, *, in_doubt: bool) -> QueueError:
    """Return `error` as one of our errors; `in_doubt`: it may have been committed."""
    text = f"{label}: {str(error).strip()}"
    if isinstance(error, psycopg.errors.UniqueViolation):
        name = error.diag.constraint_name or ""
        return UniqueViolation(name.replace("job_id", "job.id"))
    if isinstance(error, psycopg.errors.LockNotAvailable):
        text = f"{label}: another session has locked it for too long"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return QueueError(f"{text}. {GRANTS}")
    if isinstance(error, psycopg.errors.DuplicateTable):
        advice = "give the queue another database or schema (?options=-csearch_path=SCHEMA)"
        return QueueError(f"{text}, of another program; {advice}")
    if isinstance(error, psycopg.DataError | psycopg.errors.ProgramLimitExceeded):
        return ValueRefused(text)
    if raw is None:
        return QueueError(text)
    if raw.closed or (error.sqlstate or "").startswith(_GOING):
        raw.close()
        if in_doubt:
            return CommitInDoubt(f"{text}; it may have been written or not")
        return ConnectionLost(f"{text}; nothing was written")
    return QueueError(f"{text}; nothing was written")
