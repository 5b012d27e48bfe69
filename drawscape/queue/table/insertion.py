"""Jobs into the table: each insert is one committed transaction, and the row is the queue entry."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain

from drawscape.errors import DuplicateJobError, JobNotFoundError
from drawscape.queue.engines.engine import Connection, Database, UniqueViolation
from drawscape.queue.status import WAITING
from drawscape.queue.table.records import NewJob
from drawscape.queue.worker.failpoints import failpoint

_COLUMNS = (
    "id, queue, task, payload, status, reason, priority, due_at, waits_for, runs_anyway, timeout_s, "
    "grace_s, retries, retry_delay_s, retry_backoff, created_at, ended_at, result_ttl_s, unique_key, "
    "batch, meta, description, error"
)
_DEFAULTS = {
    "priority": 0,
    "waits_for": 0,
    "runs_anyway": 0,
    "retries": 0,
    "retry_delay_s": 0,
    "retry_backoff": 1,
}
_ROWS_A_STATEMENT = 200
"""Of a batch: each statement opens the table's ten b-trees anew, which costs as much as a row."""

_INSERT = f"insert into job ({_COLUMNS}) values ({', '.join('?' * len(_COLUMNS.split(',')))})"


def insert(database: Database, queue: str, job: NewJob) -> str:
    """Return the id of the job that now stands in the table: `job`'s, or that of its active twin.

    Raises DuplicateJobError when the id is taken, JobNotFoundError for an unknown dependency.
    """
    if not job.unique_key and not job.depends_on:
        connection = database.connection
        with _duplicates_named(job), database.translated(), database.write_lock:
            failpoint("insert.before_commit")
            connection.execute(_INSERT, _values(job, queue, *_standing(job)))
            database.check_files()
        failpoint("insert.after_commit")
        return job.id
    with _duplicates_named(job), database.transaction() as connection:
        twin = _active_twin(connection, queue, job)
        if twin is not None:
            return twin
        _insert_dependent(connection, queue, job)
        failpoint("insert.before_commit")
    failpoint("insert.after_commit")
    return job.id


def insert_many(
    database: Database,
    queue: str,
    model: NewJob,
    jobs: Sequence[tuple[str, bytes]],
    *,
    description: str | None = None,
    then: NewJob | None = None,
) -> None:
    """Insert a batch in one transaction: `jobs` are ids and payloads, all else is `model`'s.

    `model.batch` names the batch; `then` is the job that follows it.
    """
    values = zip(_COLUMNS.split(", "), _values(model, queue, *_standing(model)), strict=True)
    # What is null, or as the table has it anyway, is left out: binding it costs a seventh of the time.
    shared = {
        column: value
        for column, value in values
        if value is not None and column not in ("id", "payload") and _DEFAULTS.get(column) != value
    }
    with _duplicates_named(then), database.transaction() as connection:
        connection.execute(
            "insert into job_batch (id, queue, created_at, total, description) "
            "values (?, ?, ?, ?, ?)",
            (model.batch, queue, time.time(), len(jobs), description),
        )
        for start in range(0, len(jobs), _ROWS_A_STATEMENT):
            some = jobs[start : start + _ROWS_A_STATEMENT]
            connection.execute(
                f"insert into job ({', '.join(shared)}, id, payload) "
                f"select {', '.join('?' * len(shared))}, column1, column2 "
                f"from (values {', '.join(['(?, ?)'] * len(some))})",
                (*shared.values(), *chain.from_iterable(some)),
            )
        if then is not None:
            _insert_dependent(connection, queue, then)
        failpoint("insert.before_commit")
    failpoint("insert.after_commit")


class _duplicates_named:  # noqa: N801 - used as a function
    """Turns the one integrity error that a caller can cause into its name."""

    def __init__(self, job: NewJob | None) -> None:
        self._job = job

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if self._job and isinstance(error, UniqueViolation) and "job.id" in str(error):
            raise DuplicateJobError(
                f"job_id={self._job.id!r} is taken; choose another, or delete that job first"
            ) from None


def _standing(job: NewJob) -> tuple[str, int]:
    return ("queued" if job.due_at is None else "scheduled"), 0


def _values(job: NewJob, queue: str, status: str, waits_for: int) -> tuple[object, ...]:
    failed = status == "failed"
    return (
        job.id,
        queue,
        job.task,
        job.payload,
        status,
        "dependency" if failed else None,
        job.priority,
        job.due_at,
        waits_for,
        int(job.runs_anyway),
        job.timeout_s,
        job.grace_s,
        job.retries,
        job.retry_delay_s,
        job.retry_backoff,
        job.created_at,
        job.created_at if failed else None,
        job.result_ttl_s,
        job.unique_key,
        job.batch,
        job.meta,
        job.description,
        "a job that it depends on had not finished" if failed else None,
    )


def _active_twin(connection: Connection, queue: str, job: NewJob) -> str | None:
    if job.unique_key is None:
        return None
    row = connection.execute(
        "select id from job where queue = ? and unique_key = ? "
        "and status in ('queued', 'scheduled', 'deferred', 'started')",
        (queue, job.unique_key),
    ).fetchone()
    return None if row is None else str(row[0])


def _insert_dependent(connection: Connection, queue: str, job: NewJob) -> None:
    standings = {needed: _dependency_standing(connection, needed) for needed in job.depends_on}
    open_ones = [needed for needed, standing in standings.items() if standing == "open"]
    if "failed" in standings.values() and not job.runs_anyway:
        status = "failed"
    else:
        status = "deferred" if open_ones else _standing(job)[0]
    waits_for = len(open_ones) if status == "deferred" else 0
    connection.execute(_INSERT, _values(job, queue, status, waits_for))
    if status == "deferred":
        connection.executemany(
            "insert into job_dependency (depends_on, job_id) values (?, ?)",
            [(needed, job.id) for needed in open_ones],
        )


def _dependency_standing(connection: Connection, needed: str) -> str:
    """Return `open`, `finished` or `failed` for a job or a batch that another waits for."""
    row = connection.execute("select status from job where id = ?", (needed,)).fetchone()
    if row is not None:
        return _folded([row[0]])
    if connection.execute("select 1 from job_batch where id = ?", (needed,)).fetchone() is None:
        raise JobNotFoundError(f"job_depends_on: no job or batch has the id {needed!r}")
    rows = connection.execute("select distinct status from job where batch = ?", (needed,))
    return _folded([row[0] for row in rows])


def _folded(statuses: Sequence[str]) -> str:
    if any(status in (*WAITING, "started") for status in statuses):
        return "open"
    return "finished" if all(status == "finished" for status in statuses) else "failed"
