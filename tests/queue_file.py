"""The queue's file as any program may open it."""

import sqlite3
from pathlib import Path

from drawscape.job_manager import default_queue


def database_path() -> Path:
    """Return where the queue's file is; it is made if need be."""
    path = default_queue().database.path
    default_queue().database.connection  # noqa: B018 - makes the file
    return path


def plain() -> sqlite3.Connection:
    """Return a connection that knows nothing of ours."""
    return sqlite3.connect(database_path(), isolation_level=None)
