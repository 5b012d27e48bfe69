"""Which mails a server has accepted, so that a job that runs again sends none twice."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

KEPT_S = 400 * 86400  # longer than a failed job is kept, so longer than one can be retried

_TABLE = """create table if not exists accepted (
    message_id text primary key, recipient text not null, answer text not null, at real not null
)"""


class Ledger:
    """The notes of accepted mails, in a SQLite file that survives a crash and a power cut."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answer(self, message_id: str) -> str | None:
        """Return what the server said when it accepted the mail; None when it has not."""
        with closing(self._open()) as database:
            row = database.execute(
                "select answer from accepted where message_id = ?", (message_id,)
            ).fetchone()
        return None if row is None else str(row[0])

    def note(self, message_id: str, recipient: str, answer: str) -> None:
        """Remember that the server accepted the mail; on the disk when this returns."""
        now = time.time()
        with closing(self._open()) as database, database:
            database.execute(
                "insert or ignore into accepted values (?, ?, ?, ?)",
                (message_id, recipient, answer, now),
            )
            database.execute("delete from accepted where at < ?", (now - KEPT_S,))

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=30)
        database.execute("pragma synchronous = full")
        database.execute(_TABLE)
        return database
