"""Claim and acknowledge: the two moves of a worker, each inside one write transaction."""

from __future__ import annotations

import json
import time

from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.table.records import CLAIM_COLUMNS, Claim, Outcome
from drawscape.queue.table.settlement import settle
from drawscape.queue.worker.failpoints import failpoint

_CLAIM = f"""
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = ?, pid = ?,
    started_at = ?, ended_at = null, progress = 0, message = null, stop_grace_s = null
where seq = (
    select seq from job where queue = ? and status = 'queued' order by priority desc, seq limit 1
)
returning {CLAIM_COLUMNS}
"""

# The clock may be set back while a job runs: it never ends before it began.
_ACKNOWLEDGE = """
update job set status = ?, reason = ?, result = ?, error = ?, detail = ?, peak_kb = ?,
    meta = coalesce(?, meta), ended_at = max(started_at, ?), pid = null,
    progress = case ? when 'finished' then 1 else progress end,
    expires_at = case when result_ttl_s is null then null else max(started_at, ?) + result_ttl_s end
where seq = ? and token = ? and status = 'started'
returning exists (select 1 from job_dependency)
"""

_RETRY = """
update job set status = case when ? > 0 then 'scheduled' else 'queued' end, due_at = ?, reason = ?,
    error = ?, detail = ?, peak_kb = ?, meta = coalesce(?, meta), pid = null, worker = null,
    retries = retries - 1, retry_delay_s = min(retry_delay_s * retry_backoff, 3.2e9)
where seq = ? and token = ? and status = 'started'
"""


def claim(database: Database, queue: str, worker: str, pid: int | None) -> Claim | None:
    """Return the next job of `queue`, now `started` and held by `worker`, or None when none waits."""
    connection = database.connection
    with database.translated(), database.write_lock:
        row = connection.execute(_CLAIM, (worker, pid, time.time(), queue)).fetchone()
    failpoint("claim.committed")
    return None if row is None else Claim(*row)


def acknowledge(
    database: Database,
    held: Claim,
    outcome: Outcome,
    *,
    next_for: tuple[str, str, int | None] | None = None,
) -> tuple[bool, Claim | None]:
    """Return whether the outcome was accepted and, for `next_for=(queue, worker, pid)`, the next claim.

    One transaction does both. An acknowledgement by a holder whose claim is no longer the current one
    changes nothing and returns False.
    """
    with database.transaction() as connection:
        accepted = _write(connection, held, outcome)
        following = None
        if next_for is not None:
            queue, worker, pid = next_for
            row = connection.execute(_CLAIM, (worker, pid, time.time(), queue)).fetchone()
            following = None if row is None else Claim(*row)
        failpoint("ack.before_commit")
    failpoint("ack.after_commit")
    return accepted, following


def _write(connection: Connection, held: Claim, outcome: Outcome) -> bool:
    now = time.time()
    detail = json.dumps(outcome.detail) if outcome.detail else None
    if outcome.may_be_retried:
        row = connection.execute(
            "select retries, retry_delay_s from job where seq = ? and stop_grace_s is null",
            (held.seq,),
        ).fetchone()
        if row is not None and row[0] > 0:
            due = now + row[1] if row[1] > 0 else None
            told = (outcome.reason, outcome.error, detail, outcome.peak_kb, outcome.meta)
            return _changed(connection, _RETRY, (row[1], due, *told, held.seq, held.token))
    values = (
        outcome.status,
        outcome.reason,
        outcome.result,
        outcome.error,
        detail,
        outcome.peak_kb,
        outcome.meta,
        now,
        outcome.status,
        now,
        held.seq,
        held.token,
    )
    row = connection.execute(_ACKNOWLEDGE, values).fetchone()
    if row is not None and row[0]:  # something waits for something: perhaps for this
        settle(connection, [(held.id, outcome.status == "finished")])
    return row is not None


def _changed(connection: Connection, statement: str, values: tuple[object, ...]) -> bool:
    return connection.execute(statement, values).rowcount == 1


def give_back(database: Database, held: Claim, *, begun: bool = True) -> bool:
    """Return whether `held` went back to the queue, as if it had not been claimed.

    For a worker that is told to leave or cannot start a child: the job is not to blame, so no recovery is
    counted, and no attempt if it had not `begun`. One that was asked to stop meanwhile is stopped.
    """
    with database.transaction() as connection:
        row = connection.execute(
            "update job set status = case when stop_grace_s is null then 'queued' else 'stopped' end, "
            "ended_at = case when stop_grace_s is null then null else max(started_at, ?) end, "
            "started_at = case when stop_grace_s is null then null else started_at end, "
            "worker = null, pid = null, attempts = attempts - ? "
            "where seq = ? and token = ? and status = 'started' returning status",
            (time.time(), 0 if begun else 1, held.seq, held.token),
        ).fetchone()
        if row is not None and row[0] == "stopped":
            settle(connection, [(held.id, False)])
    return row is not None


def note_progress(
    database: Database, held: Claim, progress: float, message: str | None, meta: str | None
) -> None:
    """Write how far the job is, if this claim still holds it."""
    with database.translated():
        database.connection.execute(
            "update job set progress = ?, message = coalesce(?, message), meta = coalesce(?, meta) "
            "where seq = ? and token = ? and status = 'started'",
            (progress, message, meta, held.seq, held.token),
        )


def note_pid(database: Database, held: Claim, pid: int | None) -> None:
    """Write which child process runs the job, when it is not the one that was told at the claim."""
    with database.translated():
        database.connection.execute(
            "update job set pid = ? where seq = ? and token = ? and status = 'started'",
            (pid, held.seq, held.token),
        )


def promote_due(database: Database, queue: str) -> int:
    """Return how many scheduled jobs came due and are queued now."""
    with database.translated():
        return database.connection.execute(
            "update job set status = 'queued', due_at = null "
            "where status = 'scheduled' and due_at <= ? and queue = ?",
            (time.time(), queue),
        ).rowcount
