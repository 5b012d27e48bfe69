"""A database made ready: whose tables these are, and brought to the present version."""

import time
from typing import Any

import psycopg

from drawscape.errors import QueueError
from drawscape.queue import clock
from drawscape.queue.engines.postgres.schema import MIGRATIONS, VERSION

_CLOCK = "select extract(epoch from clock_timestamp())::float8"
_MAKING = 0x44524158


def prepare(connection: psycopg.Connection[Any], label: str) -> None:
    """Make the tables what this version needs; raise QueueError for a newer or another program's."""
    read_clock(connection)
    if _version(connection) < len(MIGRATIONS):
        with connection.transaction():  # of several processes one does it
            connection.execute("select pg_advisory_xact_lock(%s)", (_MAKING,))
            _migrate(connection, label)
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise QueueError(
            f"{label} was written by a newer Drawscape (table version {version}, this one knows "
            f"{len(MIGRATIONS)}); update Drawscape"
        )


def _migrate(connection: psycopg.Connection[Any], label: str) -> None:
    version = _version(connection)
    if version == 0:
        _refuse_foreign(connection, label)
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement, prepare=False)
    if version < len(MIGRATIONS):
        connection.execute(
            "insert into job_note (name, value) values (%s, %s) "
            "on conflict (name) do update set value = excluded.value",
            (VERSION, str(len(MIGRATIONS))),
        )


def read_clock(connection: psycopg.Connection[Any]) -> None:
    """Set this process's clock by the server's."""
    asked_at = time.time()
    row = connection.execute(_CLOCK).fetchone()
    if row is not None:
        clock.set_by_server(row[0], asked_at)


def _version(connection: psycopg.Connection[Any]) -> int:
    """Return the version of the tables, 0 where none are."""
    if not _is_there(connection, "job_note"):
        return 0
    row = connection.execute("select value from job_note where name = %s", (VERSION,)).fetchone()
    return 0 if row is None else int(row[0])


def _is_there(connection: psycopg.Connection[Any], table: str) -> bool:
    # From the rows of the catalogue: `to_regclass` may answer from a cache that lags behind a commit.
    row = connection.execute(
        "select 1 from pg_class where relname = %s and relnamespace = "
        "(select oid from pg_namespace where nspname = current_schema())",
        (table,),
    ).fetchone()
    return row is not None


def _refuse_foreign(connection: psycopg.Connection[Any], label: str) -> None:
    taken = [table for table in ("job", "job_note", "job_batch") if _is_there(connection, table)]
    if taken:
        raise QueueError(
            f"{label} has a table {taken[0]!r} of another program; give the queue a database or a schema of "
            "its own (?options=-csearch_path=SCHEMA)"
        )
