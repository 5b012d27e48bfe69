"""A database made ready: whose tables these are, and whether they are of this version."""

from __future__ import annotations

from typing import Any

import psycopg

from drawscape.errors import QueueError
from drawscape.queue.engines.postgres.schema import TABLES, VERSION
from drawscape.queue.engines.postgres.storage_tables import STORAGE_TABLES

_MAKING = 0x44524158

_VERSION = "select value from job_note where name = 'table version'"


def prepare(connection: psycopg.Connection[Any], label: str) -> None:
    """Make the tables where there are none; raise QueueError for a newer or another program's."""
    version = _version(connection)
    if version is None:
        with connection.transaction():  # of several processes one makes them
            connection.execute("select pg_advisory_xact_lock(%s)", (_MAKING,))
            if _version(connection) is None:
                _refuse_foreign(connection, label)
                for statement in (*TABLES, *STORAGE_TABLES):
                    connection.execute(statement, prepare=False)
        version = _version(connection)
    if version is not None and version > VERSION:
        raise QueueError(
            f"{label} was written by a newer Drawscape (table version {version}, this one knows {VERSION}); "
            "update Drawscape"
        )


def _version(connection: psycopg.Connection[Any]) -> int | None:
    if not _is_there(connection, "job_note"):
        return None
    row = connection.execute(_VERSION).fetchone()
    return None if row is None else int(row[0])


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
