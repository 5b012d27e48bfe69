"""Which engine a queue's name asks for."""

from __future__ import annotations

import os
from pathlib import Path

from drawscape.queue.engines.engine import Database


def open_database(
    target: str | os.PathLike[str], folder: Path | None = None, *, is_durable: bool = True
) -> Database:
    """Return the job table that `target` names; nothing is opened or made yet.

    A path is a SQLite file, whose folder is that of the logs and previews.
    """
    from drawscape.queue.engines.sqlite import connection

    synchronous = connection.FULL if is_durable else connection.NORMAL
    return connection.Database(target, synchronous=synchronous)
