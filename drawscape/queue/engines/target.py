"""Which engine a queue's name asks for."""

import os
from pathlib import Path

from drawscape import settings
from drawscape.errors import QueueError
from drawscape.queue.engines.engine import Database


def is_url(target: str | os.PathLike[str]) -> bool:
    """Return whether `target` names a Postgres database, not a file.

    >>> is_url("postgresql://db/queue"), is_url("queue.db")
    (True, False)
    """
    return os.fspath(target).startswith(("postgresql://", "postgres://"))


def open_database(
    target: str | os.PathLike[str], folder: Path | None = None, *, is_durable: bool = True
) -> Database:
    """Return the job table that `target` names; nothing is opened or made yet.

    A path is a SQLite file, whose folder is that of the logs and previews; with a Postgres URL, `folder` is.
    Raises QueueError for a URL where psycopg is missing.
    """
    if not is_url(target):
        from drawscape.queue.engines.sqlite import connection

        synchronous = connection.FULL if is_durable else connection.NORMAL
        return connection.Database(target, synchronous=synchronous)
    if folder is None:
        raise QueueError("a queue on Postgres needs a folder for its logs and previews")
    try:
        from drawscape.queue.engines.postgres.engine import PostgresEngine
    except ImportError as error:
        raise QueueError(
            f"a queue on Postgres needs psycopg ({error}): pip install 'drawscape[postgres]'"
        ) from error
    lease_s = settings.lease_s()
    return PostgresEngine(os.fspath(target), folder, lease_s, is_durable=is_durable)
