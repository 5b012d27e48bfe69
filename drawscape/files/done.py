"""Which work on files has been done, so that a second run does only what is new or changed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.files.checksum import sha256

KEPT_S = 400 * 86400

_TABLE = """create table if not exists done (
    key text primary key, sha256 text not null, size integer not null, changed_ns integer not null,
    output_size integer, output_changed_ns integer, facts text not null, at real not null
)"""


@dataclass(frozen=True)
class State:
    """What tells whether a file is still the same: its size, its time, and its checksum."""

    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> State:
        """Return the file's state now."""
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns)


def work_key(*told: Any) -> str:
    """Return a key for a piece of work: the same for the same operation, options and paths."""
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Done:
    """The notes of work that was done, in a SQLite file; several processes may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def facts(self, key: str, source: Path, output: Path | None) -> Mapping[str, Any] | None:
        """Return what was noted of the work; None if it must be done (again).

        The source must be unchanged, by size and time or by its checksum, and the output just as it
        was written.
        """
        with closing(self._open()) as database:
            row = database.execute(
                "select sha256, size, changed_ns, output_size, output_changed_ns, facts "
                "from done where key = ?",
                (key,),
            ).fetchone()
        if row is None or not _is_as_written(output, row[3], row[4]):
            return None
        if State.of(source) != State(row[1], row[2]) and sha256(source) != row[0]:
            return None
        facts: Mapping[str, Any] = json.loads(row[5])
        return facts

    def note(
        self, key: str, source: Path, before: State, output: Path | None, facts: Mapping[str, Any]
    ) -> None:
        """Remember the work; not if the source has changed since `before`, when it was begun."""
        digest = sha256(source)
        if State.of(source) != before:
            return
        made = State.of(output) if output else None
        values = (
            key, digest, before.size, before.changed_ns, made and made.size,
            made and made.changed_ns, json.dumps(facts), time.time(),
        )  # fmt: skip
        with closing(self._open()) as database, database:
            database.execute("insert or replace into done values (?, ?, ?, ?, ?, ?, ?, ?)", values)
            database.execute("delete from done where at < ?", (time.time() - KEPT_S,))

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=30)
        database.execute("pragma synchronous = normal")
        database.execute(_TABLE)
        return database


def _is_as_written(output: Path | None, size: int | None, changed_ns: int | None) -> bool:
    if output is None:
        return True
    return output.is_file() and State.of(output) == State(size or 0, changed_ns or 0)
