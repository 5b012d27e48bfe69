"""What follows from a job's end: those that waited for it are released, or fail with it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from drawscape.queue.engines.engine import Connection

_DEPENDENTS = """
select job.id, job.runs_anyway, job.waits_for, job.due_at, job.status
from job_dependency join job on job.id = job_dependency.job_id where depends_on = ?
"""


def settle(connection: Connection, ended: Iterable[tuple[str, bool]]) -> None:
    """Release or fail the dependents of each `(id, finished)`, and theirs in turn, in this transaction."""
    pending = list(ended)
    while pending:
        job_id, finished = pending.pop()
        pending.extend(_settle_one(connection, job_id, finished))
        batch = _completed_batch(connection, job_id)
        if batch is not None:
            pending.extend(_settle_one(connection, batch, _all_finished(connection, batch)))


def _settle_one(connection: Connection, needed: str, finished: bool) -> list[tuple[str, bool]]:
    rows = connection.execute(_DEPENDENTS, (needed,)).fetchall()
    if not rows:
        return []
    connection.execute("delete from job_dependency where depends_on = ?", (needed,))
    failed = []
    for job_id, runs_anyway, waits_for, due_at, status in rows:
        if status != "deferred":
            continue
        if finished or runs_anyway:
            _release(connection, job_id, waits_for - 1, due_at)
        else:
            _fail(connection, job_id, needed)
            failed.append((job_id, False))
    return failed


def _release(connection: Connection, job_id: str, waits_for: int, due_at: float | None) -> None:
    status = "deferred" if waits_for > 0 else ("queued" if due_at is None else "scheduled")
    connection.execute(
        "update job set waits_for = ?, status = ? where id = ?", (waits_for, status, job_id)
    )


def _fail(connection: Connection, job_id: str, needed: str) -> None:
    connection.execute("delete from job_dependency where job_id = ?", (job_id,))
    connection.execute(
        "update job set status = 'failed', reason = 'dependency', ended_at = ?, error = ?, waits_for = 0 "
        "where id = ?",
        (time.time(), f"{needed}, which it depends on, did not finish", job_id),
    )


def _completed_batch(connection: Connection, job_id: str) -> str | None:
    """Return the batch of `job_id` when something waits for it and none of its jobs is open any more."""
    row = connection.execute(
        "select batch from job where id = ? and batch is not null "
        "and exists (select 1 from job_dependency where depends_on = batch)",
        (job_id,),
    ).fetchone()
    if row is None:
        return None
    still_open = connection.execute(
        "select 1 from job where batch = ? "
        "and status in ('queued', 'scheduled', 'deferred', 'started') limit 1",
        row,
    ).fetchone()
    return None if still_open else str(row[0])


def _all_finished(connection: Connection, batch: str) -> bool:
    return not connection.execute(
        "select 1 from job where batch = ? and status != 'finished' limit 1", (batch,)
    ).fetchone()
