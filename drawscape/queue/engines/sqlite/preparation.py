"""A queue's file made ready: whose it is, its write-ahead log, its tables at the present version."""

import sqlite3
import time
from pathlib import Path

from drawscape.errors import QueueError
from drawscape.queue.engines.sqlite.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    OUR_TABLES,
    USER_VERSION,
)


def prepare(connection: sqlite3.Connection, path: Path, timeout_s: float) -> None:
    """Make the file's tables what this version needs.

    Raises QueueError for another program's file, a newer one, and where no write-ahead log can be.
    """
    tables = {row[0] for row in connection.execute("select name from sqlite_master")}
    owner = connection.execute("pragma application_id").fetchone()[0]
    if owner not in (0, APPLICATION_ID) or (tables and not tables & OUR_TABLES):
        raise QueueError(
            f"{path} is another program's SQLite file; name a file of its own for the queue"
        )
    version = connection.execute("pragma user_version").fetchone()[0]
    if owner == APPLICATION_ID and version > USER_VERSION:
        raise QueueError(
            f"{path} was written by a newer Drawscape (table version {version}, this one knows "
            f"{USER_VERSION}); update Drawscape"
        )
    if owner == APPLICATION_ID and version == USER_VERSION and "job" in tables:
        return
    _switch_to_wal(connection, path, timeout_s)
    _migrate(connection)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the present version; of several that start at once the first one does it."""
    connection.execute("begin immediate")
    version = connection.execute("pragma user_version").fetchone()[0]
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"pragma application_id = {APPLICATION_ID}")
    connection.execute(f"pragma user_version = {max(version, USER_VERSION)}")
    connection.execute("commit")


def _switch_to_wal(connection: sqlite3.Connection, path: Path, timeout_s: float) -> None:
    """The switch takes an exclusive lock without the busy handler's patience, hence our own loop."""
    deadline = time.monotonic() + timeout_s
    connection.execute("pragma auto_vacuum = incremental")
    while True:
        try:
            mode = connection.execute("pragma journal_mode = wal").fetchone()[0]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            if mode != "wal":
                raise QueueError(
                    f"{path}: SQLite cannot use its write-ahead log here (journal mode {mode!r}); "
                    "keep the queue on a local disk"
                )
            return
