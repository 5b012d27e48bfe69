"""A queue's tables as they are carried from one engine to another."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from drawscape.queue.engines.engine import Connection, Database

TABLES = (
    "job",
    "job_dependency",
    "job_batch",
    "job_group",
    "job_pause",
    "job_note",
    "kv",
    "task",
    "schedule",
    "counter",
)
"""In the order in which they are filled; the last four are huey's."""

OWN_NOTES = ("table version", "key", "clock")
"""Of the place where a queue lies, not of the queue."""

CARRIED = "carried"
"""The note of what a move has brought that is not over yet."""

_PAGE = 200  # rows at a time: one may hold megabytes

Row = tuple[Any, ...]
Trace = tuple[str, str, bytes]
"""`logs` or `previews`, the job's id, what it holds."""


class Transfer(ABC):
    """One side of a move: the tables of `database`, read and written as the other side knows them."""

    prefix: ClassVar[str] = ""
    """Of the names of huey's tables."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Run a block in one transaction in which nobody else writes."""
        with self.database.transaction() as connection:
            self.shut(connection)
            yield connection

    @abstractmethod
    def shut(self, connection: Connection) -> None:
        """Let nobody else write until the commit; make huey's tables if they are missing."""

    @abstractmethod
    def empty(self, connection: Connection) -> None:
        """Remove all rows but the notes of the place."""

    @abstractmethod
    def write(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]
    ) -> None:
        """Write rows as they are."""

    @abstractmethod
    def finish(self, connection: Connection, last: int) -> None:
        """Make the rest agree with the rows; numbers up to `last` have been given to jobs."""

    @abstractmethod
    def last_number(self, connection: Connection) -> int:
        """Return the highest number that a job ever had."""

    @abstractmethod
    def traces(self, connection: Connection) -> Iterator[Trace]:
        """Yield the logs and previews of jobs that are not in their rows."""

    @abstractmethod
    def write_trace(self, connection: Connection, trace: Trace) -> None:
        """Write one of them."""

    @abstractmethod
    def forget_traces(self) -> None:
        """Remove those that were read and are not in tables."""

    def moment(self, stored: float) -> float:
        """Return in seconds since 1970 what huey's table of scheduled tasks holds."""
        return stored

    def stored(self, moment: float) -> float:
        """Return what huey's table of scheduled tasks holds for a moment."""
        return moment

    def name(self, table: str) -> str:
        """Return the table's name here."""
        return table if table.startswith("job") else f"{self.prefix}{table}"

    def columns(self, connection: Connection, table: str) -> list[str]:
        """Return the names of a table's columns that both engines have, a job's number first."""
        cursor: Any = connection.execute(f"select * from {self.name(table)} limit 0")
        names = {column[0] for column in cursor.description} - {"awaited"}
        return sorted(names, key=lambda name: (name != "seq", name))

    def pages(self, connection: Connection, table: str) -> Iterator[list[Row]]:
        """Yield the rows in an order that is the same on both engines, some at a time."""
        columns = self.columns(connection, table)
        chosen = f"select {', '.join(columns)} from {self.name(table)}"
        if table != "job":
            where = f" where name not in {(*OWN_NOTES, CARRIED)}" if table == "job_note" else ""
            rows = connection.execute(chosen + where).fetchall()
            yield sorted((self._as_carried(columns, row) for row in rows), key=repr)
            return
        after = -1
        while rows := connection.execute(
            f"{chosen} where seq > ? order by seq limit {_PAGE}", (after,)
        ).fetchall():
            after = rows[-1][0]
            yield [self._as_carried(columns, row) for row in rows]

    def _as_carried(self, columns: Sequence[str], row: Sequence[Any]) -> Row:
        carried: dict[str, Any] = dict(zip(columns, row, strict=True))
        if "due_boot" in carried:  # the clock of a machine, which the other place does not know
            carried.update(due_boot=None, due_boot_s=None)
        if "timestamp" in carried:
            carried["timestamp"] = self.moment(carried["timestamp"])
        for name, value in carried.items():
            if isinstance(value, str) and "\0" in value:  # which Postgres refuses
                carried[name] = value.replace("\0", "\ufffd")
        return tuple(carried.values())

    def fill(self, connection: Connection, table: str, columns: list[str], rows: list[Row]) -> None:
        """Write rows that were read on the other side, where `columns` have the same names."""
        if table == "schedule":
            place = columns.index("timestamp")
            rows = [(*row[:place], self.stored(row[place]), *row[place + 1 :]) for row in rows]
        self.write(connection, table, columns, rows)


class Digest:
    """Counts and hashes of what was read, table by table."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(TABLES, 0)
        self._hashes = {table: hashlib.blake2b(digest_size=16) for table in TABLES}

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Take in the next rows of a table."""
        for row in rows:
            self.counts[table] += 1
            self._hashes[table].update(repr(row).encode("utf-8", "surrogatepass"))

    @property
    def hashes(self) -> dict[str, str]:
        """One hash a table."""
        return {table: found.hexdigest() for table, found in self._hashes.items()}
