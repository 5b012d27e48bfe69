"""Changing what is queued, running or done: cancel, stop, retry, requeue, delete."""

from __future__ import annotations

import time
from pathlib import Path

from drawscape.errors import JobStateError
from drawscape.queue.engines.engine import Database, UniqueViolation
from drawscape.queue.status import ENDED
from drawscape.queue.table.query import list_rows, read_row, require
from drawscape.queue.table.records import JobRow
from drawscape.queue.table.retention import remove_files
from drawscape.queue.table.settlement import settle


def cancel(database: Database, job_id: str, grace_s: float = 0.0) -> bool:
    """Return whether the job was kept from running, or told to stop; False when it had ended.

    Before its start it is `canceled` at once. While it runs its child is killed and it becomes `stopped`;
    with a `grace_s` the task is first asked, by JobStopped raised inside it. Raises JobNotFoundError.
    """
    with database.transaction() as connection:
        changed = connection.execute(
            "update job set status = 'canceled', ended_at = ?, due_at = null "
            "where id = ? and status in ('queued', 'scheduled', 'deferred')",
            (time.time(), job_id),
        ).rowcount
        if changed:
            connection.execute("delete from job_dependency where job_id = ?", (job_id,))
            settle(connection, [(job_id, False)])
            return True
        asked = connection.execute(
            "update job set stop_grace_s = min(coalesce(stop_grace_s, 1e9), ?) "
            "where id = ? and status = 'started' returning worker",
            (grace_s, job_id),
        ).fetchone()
    if asked is None:
        _require(database, job_id)
        return False
    if not database.await_sign(asked[0]):
        _stop_without_worker(database, job_id, asked[0])
    return True


def cancel_batch(database: Database, batch: str, grace_s: float = 0.0) -> int:
    """Return how many jobs of `batch` were kept from running or told to stop, in one transaction."""
    now = time.time()
    with database.transaction() as connection:
        waiting = connection.execute(
            "update job set status = 'canceled', ended_at = ?, due_at = null where batch = ? "
            "and status in ('queued', 'scheduled', 'deferred') returning id",
            (now, batch),
        ).fetchall()
        running = connection.execute(
            "update job set stop_grace_s = min(coalesce(stop_grace_s, 1e9), ?) "
            "where batch = ? and status = 'started' returning id, worker",
            (grace_s, batch),
        ).fetchall()
        connection.executemany("delete from job_dependency where job_id = ?", waiting)
        settle(connection, [(job_id, False) for (job_id,) in waiting])
    for job_id, worker in running:
        if not database.await_sign(worker):
            _stop_without_worker(database, job_id, worker)
    return len(waiting) + len(running)


def _stop_without_worker(database: Database, job_id: str, worker: str | None) -> None:
    """Nobody is there to kill anything: the job stopped when its worker died."""
    with database.transaction() as connection:
        changed = connection.execute(
            "update job set status = 'stopped', ended_at = ?, worker = null, pid = null "
            "where id = ? and status = 'started' and worker is ?",
            (time.time(), job_id, worker),
        ).rowcount
        if changed:
            settle(connection, [(job_id, False)])


_REQUEUE = """
update {conflict} job set status = 'queued', reason = null, error = null, detail = null, result = null,
    progress = 0, message = null, started_at = null, ended_at = null, expires_at = null, worker = null,
    due_at = null, stop_grace_s = null, recoveries = 0, waits_for = 0
"""


def requeue(database: Database, job_id: str) -> None:
    """Put an ended job back into the queue, under the same id, as if it had just been queued.

    The retries that it has used up stay so.
    Raises JobNotFoundError, and JobStateError while it is waiting or running, or while another job with
    its `job_unique` key is.
    """
    try:
        with database.transaction() as connection:
            changed = connection.execute(
                _REQUEUE.format(conflict="") + "where id = ? "
                "and status in ('finished', 'failed', 'stopped', 'canceled')",
                (job_id,),
            ).rowcount
    except UniqueViolation:
        raise JobStateError(
            f"job {job_id} cannot be queued again while another job with its job_unique key is active"
        ) from None
    if not changed:
        row = _require(database, job_id)
        raise JobStateError(
            f"job {job_id} is {row.status}; only one that has ended can be queued again"
        )


def retry(database: Database, job_id: str) -> None:
    """Put a failed, stopped or canceled job back into the queue; raise JobStateError for any other."""
    row = _require(database, job_id)
    if row.status not in ("failed", "stopped", "canceled"):
        raise JobStateError(
            f"job {job_id} is {row.status}; only one that failed or was stopped is retried"
        )
    requeue(database, job_id)


def retry_failed(
    database: Database, queue: str, task: str | None = None, reason: str | None = None
) -> list[str]:
    """Return the ids of the failed jobs, of one task or reason if asked, that are queued again.

    In one transaction. A job whose `job_unique` key another active job has stays failed.
    """
    rows = list_rows(database, queue, status="failed", task=task, limit=None)
    chosen = [row.id for row in rows if reason is None or row.reason == reason]
    statement = _REQUEUE.format(conflict="or ignore") + "where id = ? and status = 'failed'"
    with database.transaction() as connection:
        return [one for one in chosen if connection.execute(statement, (one,)).rowcount == 1]


def delete(database: Database, folder: Path, job_id: str) -> None:
    """Remove an ended job with its log and preview; raise JobStateError while it waits or runs."""
    with database.transaction() as connection:
        changed = connection.execute(
            "delete from job where id = ? and status in ('finished', 'failed', 'stopped', 'canceled')",
            (job_id,),
        ).rowcount
    if changed:
        remove_files(folder, job_id)
        return
    row = _require(database, job_id)
    raise JobStateError(
        f"job {job_id} is {row.status}; cancel it first ({', '.join(ENDED)} can go)"
    )


def _require(database: Database, job_id: str) -> JobRow:
    return require(read_row(database, job_id), job_id)
