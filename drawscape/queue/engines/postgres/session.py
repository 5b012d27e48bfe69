"""What opens connections to the queue's Postgres, and waits a while for one that is being started anew."""

import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import conninfo
from psycopg.adapt import Buffer
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from drawscape.errors import QueueError
from drawscape.queue.engines.postgres.bounded import LONGEST_S, BoundedConnection
from drawscape.queue.engines.postgres.preparation import prepare

CLIENT_SETTINGS = {
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
}
"""A worker that is cut off knows it within 8 s, before the server gives up its lock."""

_SERVER_SETTINGS = """
set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3;
set tcp_user_timeout = 14000; set idle_in_transaction_session_timeout = 60000;
set client_connection_check_interval = 5000; set default_transaction_isolation = 'read committed';
set jit = off; set plan_cache_mode = force_generic_plan
"""
LOCK_WAIT = "60s"
"""So long a statement waits for what another session has locked, as on SQLite."""

_PATIENCE_S = 20.0
"""So long a caller waits for a server that is being started anew."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5
_GREETING_S = 5.0  # what a new connection may take over its settings
_HEARING_S = 5.0
"""So long a notice may take; most take some milliseconds."""

_PREPARED_AFTER = 1


class _Text(StrDumperUnknown):
    """Text without what Postgres refuses: NUL, and halves of surrogate pairs."""

    def dump(self, obj: str) -> "Buffer | None":  # of which older versions of psycopg make a string
        return obj.replace("\0", "\ufffd").encode("utf-8", "replace")


class Session:
    """Opens connections to one database, and passes on what they have committed."""

    def __init__(self, url: str, *, is_durable: bool = True) -> None:
        self.url = url
        self.is_durable = is_durable
        self._ready = False
        self._lock = threading.Lock()
        self._hurry = _Hurry()
        self.channel = ""
        self.serial = 0
        """The number of this schema in the lock of its transactions."""

    @property
    def label(self) -> str:
        """The URL without its password."""
        return label_of(self.url)

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Wait for no server that is not there within a block."""
        before, self._hurry.is_set = self._hurry.is_set, True
        try:
            yield
        finally:
            self._hurry.is_set = before

    def connect(self) -> BoundedConnection:
        """Return a new connection; raise QueueError."""
        try:
            connection = BoundedConnection.connect(
                self.url,
                autocommit=True,
                prepare_threshold=_PREPARED_AFTER,
                **{"fallback_application_name": "drawscape", **CLIENT_SETTINGS},  # type: ignore[arg-type]
            )
        except psycopg.Error as error:
            raise QueueError(f"{self.label}: {str(error).strip()}") from error
        try:
            connection.longest_s = _GREETING_S
            connection.execute(
                f"{_SERVER_SETTINGS}; set lock_timeout = '{LOCK_WAIT}'", prepare=False
            )
            if not self.is_durable:
                connection.execute("set synchronous_commit = off", prepare=False)
            connection.adapters.register_dumper(str, _Text)
            connection.adapters.register_dumper(int, Int8Dumper)  # of one width, for one plan
            connection.longest_s, connection.url = LONGEST_S, self.url
            self._make_ready(connection)
        except psycopg.Error as error:
            connection.close()
            raise QueueError(f"{self.label}: {str(error).strip()}") from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_ready(self, connection: psycopg.Connection[Any]) -> None:
        with self._lock:
            if self._ready:
                return
            schema = connection.execute("select current_schema(), pg_backend_pid()").fetchone()
            assert schema is not None
            if schema[0] is None:
                raise QueueError(f"{self.label}: its search_path names no schema that is there")
            if schema[1] != connection.info.backend_pid:  # a pooler stands in between
                self._refuse_shared_sessions(connection)
            prepare(connection, self.label)
            number = zlib.crc32(str(schema[0]).encode())
            self.channel = f"drawscape_{number:08x}"
            self.serial = number - 2**32 if number >= 2**31 else number
            self._ready = True

    def _refuse_shared_sessions(self, connection: psycopg.Connection[Any]) -> None:
        """Raise QueueError if a pooler gives this session to others between two transactions.

        Then notices are not received, and the lock that shows that a worker lives stays with the pooler.
        """
        channel = f"drawscape_{uuid4().hex}"
        connection.execute(f"listen {channel}", prepare=False)
        with psycopg.connect(self.url, autocommit=True, **CLIENT_SETTINGS) as other:  # type: ignore[arg-type]
            other.execute(f"notify {channel}", prepare=False)
            received = list(connection.notifies(timeout=_HEARING_S, stop_after=1))
        if not received:
            raise QueueError(
                f"{self.label} is a pooler that shares sessions between transactions, which hides who is "
                "alive; give the server's own URL, or let the pooler give each client a session of its own "
                "(pgbouncer: pool_mode = session)"
            )
        connection.execute(f"unlisten {channel}", prepare=False)

    def opened(self) -> BoundedConnection:
        """Return a new connection, waiting a while for a server that is being started."""
        patience_s = 0.0 if self._hurry.is_set else _PATIENCE_S
        deadline, pause_s = time.monotonic() + patience_s, _FIRST_PAUSE_S
        while True:
            try:
                return self.connect()
            except QueueError as error:
                if not isinstance(error.__cause__, psycopg.OperationalError):
                    raise
                if not _may_pass(str(error)) or time.monotonic() + pause_s > deadline:
                    raise
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def send(self, *, work: bool, requeued: bool = False) -> None:
        """Let others know that something was committed."""
        raise NotImplementedError

    def may_carry(self) -> bool:
        """Return whether an insert may let others know of itself."""
        raise NotImplementedError

    def carried(self, since: float) -> None:
        """An insert that was begun at `since` has let others know."""
        raise NotImplementedError


class _Hurry(threading.local):
    is_set = False


def _may_pass(text: str) -> bool:
    """Whether a server that refuses so may serve in a moment."""
    passing = (
        "refused",
        "starting up",
        "shutting down",
        "No such file",
        "too many clients",
        "terminating",
        "closed",
    )
    return any(words in text for words in (*passing, "recovery", "timeout", "reset"))


def label_of(url: str) -> str:
    """Return `url` without a password.

    >>> label_of("postgresql://ada:secret@db/queue")
    'postgresql://ada@db/queue'
    """
    parts = conninfo.conninfo_to_dict(url)
    user, host, port = (str(parts.get(name) or "") for name in ("user", "host", "port"))
    path = str(parts.get("dbname") or "")
    if host.startswith("/"):
        return f"postgresql://{user}@/{path}?host={host}" + (f"&port={port}" if port else "")
    return f"postgresql://{user}{'@' if user else ''}{host}{':' if port else ''}{port}/{path}"
