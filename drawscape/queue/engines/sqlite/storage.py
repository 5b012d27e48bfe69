"""huey's SQLite storage and the `job` table, in one file."""

from pathlib import Path
from typing import Any

from huey.storage import SqliteStorage

from drawscape.queue.engines.sqlite.connection import NORMAL, Database
from drawscape.queue.engines.sqlite.file_guard import existing, opening


class JobStorage(SqliteStorage):  # type: ignore[misc]
    """A drop-in SqliteStorage whose file also holds the jobs.

    `jobs` is the file for the moves of a worker's threads, which share a connection (`synchronous=NORMAL`),
    `watched` the same file for the threads that look for changes made by others, or prune.
    """

    begin_sql = "begin immediate"  # an exclusive lock would shut out readers that WAL lets in

    def __init__(self, name: str = "huey", filename: str = "huey.db", **options: Any) -> None:
        self._made = False
        self._conn: Any = None
        self._wanted = options.pop("create_tables", True)
        # `jobs` makes the file; whoever opens it later finds it there, or makes none.
        path = existing(Path(filename).resolve())
        super().__init__(name, path, create_tables=False, uri=True, **options)
        timeout_s = float(options.get("timeout", 60))
        self.jobs = Database(filename, synchronous=NORMAL, timeout_s=timeout_s, shared=True)
        self.watched = Database(filename, synchronous=NORMAL, timeout_s=timeout_s)

    @property
    def folder(self) -> Path:
        """The folder of the queue's file: locks, logs and previews lie beside it."""
        return self.jobs.path.parent

    @property
    def conn(self) -> Any:
        """huey's own connection; the tables are made with the first one, not with the object."""
        with self.jobs.translated():
            if not self._made:
                self.jobs.connection  # noqa: B018 - makes the file, mode 0600, and our tables
                self.jobs.close()
                connection = self._create_connection()
                for statement in self.ddl if self._wanted else ():
                    connection.execute(statement)
                connection.close()
                self._made = True
            if self._conn is None:
                with opening(self.jobs.path):
                    self._conn = self._create_connection()
        return self._conn
