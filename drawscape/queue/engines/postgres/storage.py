"""huey's Postgres storage and the `job` table, in one database."""

import calendar
from pathlib import Path
from typing import Any

import psycopg
from huey.storage import PostgresStorage

from drawscape.queue.engines.postgres.database import Database


class JobPostgresStorage(PostgresStorage):  # type: ignore[misc]
    """A PostgresStorage for `url` beside the jobs; its tables are made with theirs.

    `jobs` is for a worker's own moves, `watched` for the thread that looks for changes made by others.
    """

    def __init__(self, name: str, *, url: str, folder: Path, **options: Any) -> None:
        self.jobs = Database(url, folder)
        self.watched = Database(url, folder)
        options.pop("create_tables", None)
        super().__init__(
            name, connection=self.jobs.opened, blocking=False, create_tables=False, **options
        )

    @property
    def folder(self) -> Path:
        """Where logs, previews and the key lie."""
        return self.jobs.folder

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Insert a task, again when the connection had broken; our notices wake the workers."""
        self._repeated(
            "insert into huey_task (queue, data, priority) values (%s, %s, %s)",
            (self.name, data, priority or 0),
        )
        self.jobs.send(work=True)

    def put_data(self, key: str | bytes, value: bytes, is_result: bool = False) -> None:
        """Write a result, again when the connection had broken."""
        try:
            super().put_data(key, value, is_result)
        except psycopg.OperationalError:
            super().put_data(key, value, is_result)

    def add_to_schedule(self, data: bytes, ts: Any) -> None:
        """Schedule a task; `ts` is in UTC and says so to no one."""
        self._repeated(
            "insert into huey_schedule (queue, data, timestamp) values (%s, %s, %s)",
            (self.name, data, _seconds(ts)),
        )

    def read_schedule(self, ts: Any) -> list[bytes]:
        """Take the tasks that are due."""
        with self.db() as cursor:
            cursor.execute(
                "delete from huey_schedule where id in (select id from huey_schedule where queue = %s "
                "and timestamp <= %s for update skip locked) returning timestamp, id, data",
                (self.name, _seconds(ts)),
            )
            rows = cursor.fetchall()
        return [bytes(data) for _, _, data in sorted(rows, key=lambda row: row[:2])]

    def _repeated(self, statement: str, values: tuple[Any, ...]) -> None:
        try:
            self.sql(statement, values)
        except psycopg.OperationalError:
            self.sql(statement, values)


def _seconds(ts: Any) -> float:
    return float(calendar.timegm(ts.utctimetuple()) + ts.microsecond / 1e6)
