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

_TABLE = (
    "create table if not exists note (key text primary key, value text not null, at real not null)"
)


class Notes:
    """Notes that survive a crash and a power cut; several processes may use the file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def get(self, key: str) -> Any:
        """Return what was noted under `key`; None without a note."""
        row = self._database.execute("select value from note where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: Any) -> None:
        """Note `value`, anything that JSON holds, under `key`; on the disk when this returns."""
        with self._database:
            self._database.execute(
                "insert or replace into note values (?, ?, ?)",
                (key, json.dumps(value), time.time()),
            )


@contextmanager
def open_notes(path: Path) -> Iterator[Notes]:
    """Yield the notes in the file `path`, made if need be; those of 400 days ago are removed.

    Raises sqlite3.Error when the file cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_PATIENCE_S)) as database:
        _write_ahead(database)
        database.execute("pragma synchronous = full")
        with database:
            database.execute(_TABLE)
            _adopt_accepted_mails(database)
            database.execute("delete from note where at < ?", (time.time() - _KEPT_S,))
        yield Notes(database)


def _write_ahead(database: sqlite3.Connection) -> None:
    """Let the file have a log; of several that make it at once SQLite refuses some without waiting."""
    deadline = time.monotonic() + _PATIENCE_S
    while database.execute("pragma journal_mode").fetchone()[0] != "wal":
        try:
            database.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _adopt_accepted_mails(database: sqlite3.Connection) -> None:
    """Take over what version 0.2 noted in the same file, lest a job of then sends its mail again."""
    if database.execute("select 1 from sqlite_master where name = 'accepted'").fetchone():
        database.execute(
            "insert or ignore into note select message_id, json_quote(answer), at from accepted"
        )
        database.execute("drop table accepted")
