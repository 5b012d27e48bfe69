"""Small notes by key, in a SQLite file: which mail was accepted, which file was converted."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

_KEPT_S = 400 * 86400  # longer than a failed job is kept, so longer than one can be retried
_PATIENCE_S = 30


class Notes:
    """Notes that survive a crash and a power cut; several processes may use the file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def get(self, key: str) -> Any:
        """Return the note under `key`; None without one."""
        row = self._database.execute("select value from note where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: Any) -> None:
        """Note `value`, anything that JSON holds, under `key`; on the disk when this returns."""
        row = (key, json.dumps(value), time.time())
        with self._database:
            self._database.execute("insert or replace into note values (?, ?, ?)", row)


@contextmanager
def open_notes(path: Path) -> Iterator[Notes]:
    """Yield the notes in the file `path`, made if need be; those of 400 days ago are removed.

    Raises sqlite3.Error when the file cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Immediate: a transaction that begins by reading and then writes would fail instead of waiting.
    connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level="IMMEDIATE")
    with closing(connection) as database:
        database.execute("pragma synchronous = full")
        with database:
            database.execute("begin immediate")
            database.execute(
                "create table if not exists note "
                "(key text primary key, value text not null, at real not null)"
            )
            database.execute("delete from note where at < ?", (time.time() - _KEPT_S,))
        yield Notes(database)
