"""Looking without touching: a job's row, its result, lists and counts. Reading never consumes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from drawscape.errors import JobOptionError
from drawscape.queue.engines.sqlite.connection import Database
from drawscape.queue.table.records import ROW_COLUMNS, JobRow
from drawscape.queue.table.schema import STATUSES

_CHUNK = 500  # SQLite takes 32,766 variables; smaller statements stay in its cache


def read_row(database: Database, job_id: str) -> JobRow | None:
    """Return the job as it is now, or None for an unknown id."""
    with database.translated():
        row = database.connection.execute(
            f"select {ROW_COLUMNS} from job where id = ?", (job_id,)
        ).fetchone()
    return None if row is None else JobRow(*row)


def read_rows(database: Database, job_ids: Sequence[str]) -> dict[str, JobRow]:
    """Return the jobs of `job_ids` that exist, by id."""
    found: dict[str, JobRow] = {}
    for start in range(0, len(job_ids), _CHUNK):
        chunk = job_ids[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        with database.translated():
            rows = database.connection.execute(
                f"select {ROW_COLUMNS} from job where id in ({marks})", chunk
            ).fetchall()
        found.update((row.id, row) for row in (JobRow(*values) for values in rows))
    return found


def read_result(database: Database, job_id: str) -> bytes | None:
    """Return the signed message of the result, or None when there is none."""
    with database.translated():
        row = database.connection.execute(
            "select result from job where id = ?", (job_id,)
        ).fetchone()
    return None if row is None else row[0]


def list_rows(
    database: Database,
    queue: str,
    *,
    status: str | Iterable[str] | None = None,
    task: str | None = None,
    batch: str | None = None,
    limit: int | None = 100,
) -> list[JobRow]:
    """Return the newest jobs first, of one status or several, of a task (or a module's) or a batch."""
    conditions, values = ["queue = ?"], [queue]
    if status is not None:
        wanted = [status] if isinstance(status, str) else list(status)
        for one in wanted:
            check_status(one)
        conditions.append(f"status in ({', '.join('?' * len(wanted))})")
        values += wanted
    if task is not None:
        conditions.append("(task = ? or task like ? escape '\\')")
        values += [task, task.replace("_", r"\_").replace("%", r"\%") + ".%"]
    if batch is not None:
        conditions.append("batch = ?")
        values.append(batch)
    statement = f"select {ROW_COLUMNS} from job where {' and '.join(conditions)} order by seq desc"
    if limit is not None:
        statement += f" limit {int(limit)}"
    with database.translated():
        return [JobRow(*row) for row in database.connection.execute(statement, values)]


def check_status(status: str) -> None:
    """Raise JobOptionError for a word that is no status."""
    if status not in STATUSES:
        raise JobOptionError(f"unknown status {status!r}; statuses: {', '.join(STATUSES)}")


def count_by_status(database: Database, queue: str, batch: str | None = None) -> dict[str, int]:
    """Return how many jobs have each status; statuses without jobs are there with 0."""
    where, values = ("batch = ?", batch) if batch is not None else ("queue = ?", queue)
    with database.translated():
        rows = database.connection.execute(
            f"select status, count(*) from job where {where} group by status", (values,)
        ).fetchall()
    return {**dict.fromkeys(STATUSES, 0), **dict(rows)}


def count_queued(database: Database, queue: str, limit: int) -> int:
    """Return how many jobs wait for a worker, `limit` for that many or more; reads only the index."""
    with database.translated():
        row = database.connection.execute(
            "select count(*) from "
            "(select 1 from job where queue = ? and status = 'queued' limit ?)",
            (queue, limit),
        ).fetchone()
    return int(row[0])


def data_version(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return numbers that change with every commit of another connection, and with changes by this one.

    SQLite's `data_version` alone does not move when who waits also cancels, in a coroutine or a loop over
    the jobs of a batch.
    """
    return (
        int(connection.execute("pragma data_version").fetchone()[0]),
        connection.total_changes,
    )
