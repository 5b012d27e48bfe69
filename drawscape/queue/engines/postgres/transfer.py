"""A queue's tables on Postgres as one side of a move."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg

from drawscape.queue.engines.engine import Connection
from drawscape.queue.engines.transfer import OWN_NOTES, TABLES, Row, Trace, Transfer

if TYPE_CHECKING:
    from drawscape.queue.engines.postgres.connection import Connection as PostgresConnection

_SERIALS = (("job", "seq"), ("job_group", "id"), ("huey_task", "id"), ("huey_schedule", "id"))


class ServerTransfer(Transfer):
    """The tables of a Postgres database."""

    prefix: ClassVar[str] = "huey_"

    def shut(self, connection: Connection) -> None:
        """Let others read only; the server is not to end this session while the other side is at work."""
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        connection.execute(f"lock table {', '.join(map(self.name, TABLES))} in exclusive mode")

    def empty(self, connection: Connection) -> None:
        """Remove all rows at once, whose triggers would count each."""
        connection.execute(f"delete from job_note where name not in {OWN_NOTES}")
        tables = [self.name(table) for table in TABLES if table != "job_note"]
        connection.execute(f"truncate {', '.join((*tables, 'job_log', 'job_preview'))}")

    def write(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]
    ) -> None:
        """Write rows as they are."""
        own: PostgresConnection | Any = connection
        statement = f"copy {self.name(table)} ({', '.join(columns)}) from stdin"
        try:
            with own.raw.cursor().copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise own.named(error, in_doubt=False) from error
        own.wrote = True

    def finish(self, connection: Connection, last: int) -> None:
        """Let new rows be numbered after the last."""
        for table, column in _SERIALS:
            least = last if table == "job" else 0
            connection.execute(
                f"select setval(pg_get_serial_sequence('{table}', '{column}'), "
                f"greatest(coalesce(max({column}), 0), ?) + 1, false) from {table}",
                (least,),
            )

    def traces(self, connection: Connection) -> Iterator[Trace]:
        """Yield the logs and previews in tables."""
        for kind, table in (("logs", "job_log"), ("previews", "job_preview")):
            for (job_id,) in connection.execute(f"select distinct job_id from {table}").fetchall():
                found = self.database.traces.read_log(job_id, 0) if kind == "logs" else None
                data = found[0] if found else self.database.traces.preview(job_id)
                yield kind, job_id, data or b""

    def write_trace(self, connection: Connection, trace: Trace) -> None:
        """Write a log as one row, or a preview."""
        kind, job_id, data = trace
        columns = ("position", "data") if kind == "logs" else ("written_at", "picture")
        table = "job_log" if kind == "logs" else "job_preview"
        connection.execute(
            f"insert into {table} (job_id, {', '.join(columns)}) values (?, 0, ?)", (job_id, data)
        )

    def forget_traces(self) -> None:
        """Do nothing: they went with the rows."""

    def last_number(self, connection: Connection) -> int:
        """Return the highest number that a job ever had."""
        row = connection.execute(
            "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('job', 'seq')::regclass), 0)"
        ).fetchone()
        return int(row[0])
