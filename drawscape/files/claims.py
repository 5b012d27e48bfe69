"""Who works on which file of a batch: each is taken once, by the batch itself or by a child job."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

KEPT_S = 30 * 86400

_TABLE = """create table if not exists claim (
    batch text, place integer, who text not null, at real not null, primary key (batch, place)
)"""


class Claims:
    """The claims of all batches, in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, batch: str, place: int, who: str) -> bool:
        """Return whether the file at `place` is `who`'s to work on, now or since an earlier call."""
        with closing(self._open()) as database, database:
            database.execute(
                "insert or ignore into claim values (?, ?, ?, ?)", (batch, place, who, time.time())
            )
            row = database.execute(
                "select who from claim where batch = ? and place = ?", (batch, place)
            ).fetchone()
        return bool(row[0] == who)

    def forget(self, batch: str) -> None:
        """Remove the claims of a batch that is over, and those of batches long gone."""
        with closing(self._open()) as database, database:
            old = time.time() - KEPT_S
            database.execute("delete from claim where batch = ? or at < ?", (batch, old))

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=30)
        database.execute("pragma synchronous = normal")
        database.execute(_TABLE)
        return database
