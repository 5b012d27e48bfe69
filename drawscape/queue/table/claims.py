"""Claim and acknowledge: the two moves of a worker, each inside one write transaction."""

import contextlib
import json
import logging
from typing import cast

from drawscape.durations import LONGEST_S
from drawscape.errors import QueueError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Connection, Database, ManyWriters
from drawscape.queue.status import Status
from drawscape.queue.table.candidates import (
    ANY_PRIORITY,
    HEAD,
    ORDINARY,
    for_lanes,
    values_for,
)
from drawscape.queue.table.dependencies import settle
from drawscape.queue.table.records import CLAIM_COLUMNS, Claim, Due, Outcome
from drawscape.queue.worker.failpoints import failpoint

_LOG = logging.getLogger("huey.drawscape")

# What a queued job has not is not written anew: each column costs a look at the indexes that name it.
_SET = """
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker, pid = :pid,
    started_at = :now, progress = 0, message = null, stop_grace_s = null
"""
_CLAIM_ORDINARY = f"{_SET} where seq in ({ORDINARY}) returning {CLAIM_COLUMNS}"
_CLAIM = f"""{HEAD}{_SET}
where seq = (select seq from head order by priority desc, seq limit 1)
returning {CLAIM_COLUMNS}
"""
# The clock may be set back while a job runs: it never ends before it began.
_ACKNOWLEDGE = """
update job set status = ?, reason = ?, result = ?, error = ?, detail = ?, peak_kb = ?,
    meta = coalesce(?, meta), log = coalesce(?, log), ended_at = max(started_at, ?), pid = null,
    progress = case ? when 'finished' then 1 else progress end,
    expires_at = case when result_ttl_s is null then null else max(started_at, ?) + result_ttl_s end
where id = ? and token = ? and worker = ? and status = 'started'
returning exists (select 1 from job_dependency)
"""

_RETRY = """
update job set status = ?, due_at = ?, due_boot = ?, due_boot_s = ?, retry_delay_s = ?, retry_delays = ?,
    reason = ?, error = ?, detail = ?, peak_kb = ?, meta = coalesce(?, meta), log = coalesce(?, log),
    pid = null, worker = null, retries = retries - 1
where id = ? and token = ? and worker = ? and status = 'started'
"""


def _claim_next(
    connection: Connection,
    queue: str,
    worker: str,
    pid: int | None,
    lanes: tuple[str, ...],
    lowest: int,
) -> Claim | None:
    """Return the next job, now held by `worker`, in a transaction that is alone."""
    values = {**values_for(queue, lanes, lowest), "worker": worker, "pid": pid}
    values |= {"now": clock.now(), "most": 1}
    for statement in (_CLAIM_ORDINARY, _CLAIM):
        row = connection.execute(for_lanes(statement, lanes), values).fetchone()
        if row is not None:
            return Claim(*row)
    return None


def claim(
    database: Database,
    queue: str,
    worker: str,
    pid: int | None,
    lanes: tuple[str, ...] = (),
    *,
    lowest: int = ANY_PRIORITY,
) -> Claim | None:
    """Return the next job of `queue`, now `started` and held by `worker`, or None when none may run.

    Of `lanes` only, if there are any, and of priority `lowest` or higher.
    """
    if database.has_many_writers:
        found = cast(ManyWriters, database).claim(queue, worker, pid, lanes, lowest)
        failpoint("claim.committed")
        return found
    with database.translated(), database.write_lock:
        found = _claim_next(database.connection, queue, worker, pid, lanes, lowest)
    failpoint("claim.committed")
    return found


def acknowledge(
    database: Database,
    held: Claim,
    outcome: Outcome,
    *,
    next_for: tuple[str, str, int | None] | None = None,
    lanes: tuple[str, ...] = (),
    lowest: int = ANY_PRIORITY,
) -> tuple[bool, Claim | None]:
    """Return whether the outcome was accepted and, for `next_for=(queue, worker, pid)`, the next claim.

    One transaction does both. An acknowledgement by a holder whose claim is no longer the current one
    changes nothing and returns False.
    """
    if database.has_many_writers:
        accepted = _acknowledge_among_others(database, held, outcome)
        if next_for is None:
            return accepted, None
        with contextlib.suppress(
            QueueError
        ):  # what was claimed meanwhile is released, see `release_unknown`
            return accepted, claim(database, *next_for, lanes, lowest=lowest)
        return accepted, None
    following = None
    with database.transaction() as connection:
        accepted = write_outcome(connection, held, outcome)
        if next_for is not None:
            following = _claim_next(connection, *next_for, lanes, lowest)
        failpoint("ack.before_commit")
    failpoint("ack.after_commit")
    return accepted, following


def _acknowledge_among_others(database: Database, held: Claim, outcome: Outcome) -> bool:
    """End the job by one statement, unless something waits for it, or it may be tried again."""
    accepted = not outcome.may_be_retried and cast(ManyWriters, database).end(held, outcome)
    if not accepted:
        with database.transaction() as connection:
            accepted = write_outcome(connection, held, outcome)
            failpoint("ack.before_commit")
    failpoint("ack.after_commit")
    return accepted


def write_outcome(connection: Connection, held: Claim, outcome: Outcome) -> bool:
    """Return whether the outcome was accepted, in a transaction that is alone."""
    now = clock.now()
    detail = json.dumps(outcome.detail) if outcome.detail else None
    if outcome.may_be_retried:
        row = connection.execute(
            "select retries, retry_delay_s, retry_backoff, retry_delays from job "
            "where seq = ? and stop_grace_s is null",
            (held.seq,),
        ).fetchone()
        if row is not None and row[0] > 0:
            written = (
                outcome.reason,
                outcome.error,
                detail,
                outcome.peak_kb,
                outcome.meta,
                outcome.log,
            )
            values = (*_next_try(*row[1:]), *written, held.id, held.token, held.worker)
            return connection.execute(_RETRY, values).rowcount == 1
    values = (
        outcome.status,
        outcome.reason,
        outcome.result,
        outcome.error,
        detail,
        outcome.peak_kb,
        outcome.meta,
        outcome.log,
        now,
        outcome.status,
        now,
        held.id,
        held.token,
        held.worker,
    )
    row = connection.execute(_ACKNOWLEDGE, values).fetchone()
    if row is not None and row[0]:  # something waits for something: perhaps for this
        settle(connection, [(held.id, outcome.status == Status.FINISHED)])
    return row is not None


def _next_try(delay_s: float, backoff: float, listed: str | None) -> tuple[object, ...]:
    """Return status, due time and the delays that are left, for a job that is tried again."""
    left = None
    if listed:
        delay_s, *rest = json.loads(listed)
        left = json.dumps(rest or [delay_s])
    later = min(delay_s * backoff, LONGEST_S), left
    if delay_s <= 0:
        return Status.QUEUED.value, None, None, None, *later
    due = Due.after(delay_s)
    return Status.SCHEDULED.value, due.at, due.boot, due.boot_s, *later


def give_back(database: Database, held: Claim, *, begun: bool = True) -> bool:
    """Return whether the job went back to the queue, as if it had not been claimed.

    For a worker that is asked to leave or cannot start a child: the job is not to blame, so no recovery is
    counted, and no attempt if it had not `begun`. One that was asked to stop meanwhile is stopped.
    """
    with database.transaction() as connection:
        row = connection.execute(
            "update job set status = case when stop_grace_s is null then 'queued' else 'stopped' end, "
            "ended_at = case when stop_grace_s is null then null else max(started_at, ?) end, "
            "started_at = case when stop_grace_s is null then null else started_at end, "
            "worker = null, pid = null, attempts = attempts - ? "
            "where id = ? and token = ? and worker = ? and status = 'started' returning status",
            (clock.now(), 0 if begun else 1, held.id, held.token, held.worker),
        ).fetchone()
        if row is not None and row[0] == Status.STOPPED:
            settle(connection, [(held.id, False)])
    return row is not None


def release_unknown(database: Database, job_id: str, token: int, worker: str) -> None:
    """Let others have a job that was claimed by `worker`, to which the server's answer did not come."""
    with database.transaction() as connection:
        changed = connection.execute(
            "update job set status = 'queued', worker = null, pid = null, started_at = null, "
            "attempts = attempts - 1 where id = ? and token = ? and worker = ? and status = 'started'",
            (job_id, token, worker),
        ).rowcount
    if changed:
        _LOG.warning("job=%s event=unknown_claim_released", job_id)


def note_progress(
    database: Database, held: Claim, progress: float, message: str | None, meta: str | None
) -> bool:
    """Write how far the job is; return whether this claim still holds it."""
    with database.translated(), database.write_lock:
        cursor = database.connection.execute(
            "update job set progress = ?, message = coalesce(?, message), meta = coalesce(?, meta) "
            "where id = ? and token = ? and worker = ? and status = 'started'",
            (progress, message, meta, held.id, held.token, held.worker),
        )
    return cursor.rowcount == 1


def note_pid(database: Database, held: Claim, pid: int | None) -> None:
    """Write which child process runs the job, when it is not the one that was named at the claim."""
    with database.translated(), database.write_lock:
        database.connection.execute(
            "update job set pid = ? where id = ? and token = ? and worker = ? and status = 'started'",
            (pid, held.id, held.token, held.worker),
        )
