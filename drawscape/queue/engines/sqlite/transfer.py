"""A queue's file as one side of a move."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from huey.storage import SqliteStorage

from drawscape.queue.engines.engine import Connection
from drawscape.queue.engines.transfer import OWN_NOTES, TABLES, Row, Transfer
from drawscape.queue.status import SQL_ENDED


class FileTransfer(Transfer):
    """The tables of a SQLite file."""

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

    def moment(self, stored: float) -> float:
        """Return the moment: huey writes UTC here as if it were this machine's time of day."""
        naive = datetime.fromtimestamp(stored)
        return calendar.timegm(naive.timetuple()) + naive.microsecond / 1e6

    def stored(self, moment: float) -> float:
        """Return what huey would write for a moment."""
        return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).timestamp()
