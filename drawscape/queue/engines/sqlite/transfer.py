"""A queue's file as one side of a move."""

import calendar
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from huey.storage import SqliteStorage

from drawscape.atomic import write_atomic
from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.engines.transfer import OWN_NOTES, TABLES, Row, Trace, Transfer
from drawscape.queue.status import SQL_ENDED

_SUFFIXES = {"logs": ".log", "previews": ".svg"}


class FileTransfer(Transfer):
    """The tables of a SQLite file."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._read: list[Path] = []

    def shut(self, connection: Connection) -> None:
        """Make huey's tables; a transaction has the file to itself."""
        for statement in SqliteStorage.ddl:
            connection.execute(statement)

    def empty(self, connection: Connection) -> None:
        """Remove all rows, and what is counted of them."""
        for table in (*TABLES, "job_count"):
            where = f" where name not in {OWN_NOTES}" if table == "job_note" else ""
            connection.execute(f"delete from {table}{where}")

    def write(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]
    ) -> None:
        """Write rows as they are."""
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"insert into {table} ({', '.join(columns)}) values ({marks})", rows)

    def finish(self, connection: Connection, last: int) -> None:
        """Count what has ended: the triggers count what ends."""
        connection.execute(
            "insert into job_count (queue, status, count) select queue, status, count(*) from job "
            f"where status in {SQL_ENDED} group by queue, status"
        )
        if last > self.last_number(connection):
            connection.execute("delete from sqlite_sequence where name = 'job'")
            connection.execute("insert into sqlite_sequence values ('job', ?)", (last,))

    def last_number(self, connection: Connection) -> int:
        """Return the highest number that a job ever had."""
        row = connection.execute("select seq from sqlite_sequence where name = 'job'").fetchone()
        return 0 if row is None else int(row[0])

    def traces(self, connection: Connection) -> Iterator[Trace]:
        """Yield the logs and previews that lie beside the file."""
        for kind, suffix in _SUFFIXES.items():
            for path in sorted((self.database.folder / kind).glob(f"[!.]*{suffix}")):
                row = connection.execute("select 1 from job where id = ?", (path.stem,)).fetchone()
                if row is not None:
                    self._read.append(path)
                    yield kind, path.stem, path.read_bytes()

    def write_trace(self, connection: Connection, trace: Trace) -> None:
        """Write a log or a preview beside the file."""
        kind, job_id, data = trace
        folder = self.database.folder / kind
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(folder / f"{job_id}{_SUFFIXES[kind]}", [data])

    def forget_traces(self) -> None:
        """Remove what was read from beside the file."""
        for path in self._read:
            path.unlink(missing_ok=True)

    def moment(self, stored: float) -> float:
        """Return the moment: huey writes UTC here as if it were this machine's time of day."""
        naive = datetime.fromtimestamp(stored)
        return calendar.timegm(naive.timetuple()) + naive.microsecond / 1e6

    def stored(self, moment: float) -> float:
        """Return what huey would write for a moment."""
        return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).timestamp()
