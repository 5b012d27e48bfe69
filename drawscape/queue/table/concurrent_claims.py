"""Claim and acknowledge where many write at once: one statement each, in Postgres' words.

Whoever ends a job that another one waits for takes the longer way, a transaction that is alone; the mark
`awaited` says so, in the condition of the update itself, which is looked at again after waiting for the row.
"""

from __future__ import annotations

import contextlib
import json

from drawscape.queue import clock
from drawscape.queue.engines.engine import CommitInDoubt, Connection, Database, ManyWriters
from drawscape.queue.status import Status
from drawscape.queue.table import claims
from drawscape.queue.table.candidates import ABOVE, for_lanes, may_claim, values_for
from drawscape.queue.table.dependencies import settle
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.failpoints import failpoint

_NOW = "extract(epoch from clock_timestamp())::float8"
_RETURNED = ", ".join(f"job.{column}" for column in Claim._fields)

# Jobs of groups are claimed by one worker at a time: their limits are counted.
_NEXT = """
select seq from job where {first}queue = :queue and status = 'queued' and group_id is null
and priority >= :lowest and seq > :floor and {{ordinary}}
and not exists (select 1 from job_pause where job_pause.queue = :queue and lane in ('default', '*'))
and not exists (select 1 from job_group where job_group.queue = :queue)
order by priority desc, seq limit 1 for update skip locked
"""
_START = f"""
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker, pid = :pid,
    started_at = {_NOW}, progress = 0, message = null, stop_grace_s = null
from next where job.seq = next.seq returning {_RETURNED}
"""
_CLAIM = f"with next as materialized ({_NEXT.format(first='')}) {_START}"

_END = f"""
update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
    peak_kb = :peak_kb, meta = coalesce(:meta, meta), log = coalesce(:log, log),
    ended_at = greatest(started_at, {_NOW}), pid = null,
    progress = case when :finished then 1 else progress end,
    expires_at = greatest(started_at, {_NOW}) + result_ttl_s
where seq = :seq and token = :token and status = 'started' and not awaited returning batch
"""
# The job ends first: nobody who holds a job that was just claimed waits for another row.
_END_AND_CLAIM = f"""
with ended as ({_END}),
next as materialized ({_NEXT.format(first="(select count(*) from ended) >= 0 and ")}),
begun as ({_START})
select (select count(*) from ended), (select batch from ended), begun.*
from (select 1) as one left join begun on true
"""
_END_ALONE = (
    f"with ended as ({_END}) select (select count(*) from ended), (select batch from ended)"
)

_GROUPS = "select exists (select 1 from job_group where queue = ?)"
_STANDING = "select status from job where seq = ? and token = ?"


def claim(
    database: ManyWriters,
    queue: str,
    worker: str,
    pid: int | None,
    lanes: tuple[str, ...],
    lowest: int,
) -> Claim | None:
    """Return the next job, now held by `worker`, or None when none may run."""
    values = {**values_for(queue, lanes, lowest), "worker": worker, "pid": pid}
    values["floor"] = database.floor(queue)
    row = database.connection.execute(for_lanes(_CLAIM, lanes), values).fetchone()
    failpoint("claim.committed")
    if row is not None:
        return Claim(*row)
    return _claim_of_groups(database, queue, worker, pid, lanes, lowest)


def _claim_in_turn() -> str:
    return f"{claims.START} and status = 'queued' returning {', '.join(Claim._fields)}"


def _claim_of_groups(
    database: ManyWriters,
    queue: str,
    worker: str,
    pid: int | None,
    lanes: tuple[str, ...],
    lowest: int,
) -> Claim | None:
    database.has_groups = bool(database.connection.execute(_GROUPS, (queue,)).fetchone()[0])
    if not database.has_groups:
        return None
    while may_claim(database, queue, lanes, lowest=lowest):
        with database.transaction() as connection:
            found = claims.claim_next(
                connection, queue, worker, pid, lanes, lowest, _claim_in_turn()
            )
        if found is not None:
            return found
    return None


def acknowledge(
    database: ManyWriters,
    held: Claim,
    outcome: Outcome,
    next_for: tuple[str, str, int | None] | None,
    lanes: tuple[str, ...],
    lowest: int,
) -> tuple[bool, Claim | None]:
    """Return whether the outcome was accepted, and the next claim."""
    following = None
    try:
        if not outcome.may_be_retried:
            had_groups = database.has_groups
            accepted, batch, following = _end_and_claim(
                database, _values(held, outcome), next_for, lanes, lowest
            )
            if accepted:
                failpoint("ack.after_commit")
                _settle_batch(database, held, batch)
                if following is None and next_for is not None and not had_groups:
                    following = _claim_of_groups(database, *next_for, lanes, lowest)
                return True, following
        with database.transaction() as connection:
            written = claims.write_outcome(connection, held, outcome)
            failpoint("ack.before_commit")
    except CommitInDoubt:
        if following is None and (known := _known_end(database, held)) is not None:
            return known, None
        raise
    failpoint("ack.after_commit")
    if following is None and next_for is not None:
        with contextlib.suppress(CommitInDoubt):  # the worker gives back what it does not know of
            following = claim(database, *next_for, lanes, lowest)
    return written, following


def _end_and_claim(
    database: ManyWriters,
    values: dict[str, object],
    next_for: tuple[str, str, int | None] | None,
    lanes: tuple[str, ...],
    lowest: int,
) -> tuple[int, str | None, Claim | None]:
    """Return whether the job was ended, its batch, and the next claim."""
    if next_for is None:
        return (*database.connection.execute(_END_ALONE, values).fetchone(), None)
    queue, worker, pid = next_for
    values |= {**values_for(queue, lanes, lowest), "worker": worker, "pid": pid}
    values["floor"] = database.floor(queue)
    if database.has_groups:
        values["now"] = clock.now()
        above = ABOVE if values["floor"] else ""
        (accepted, batch), row = database.at_once(
            (_END_ALONE, values), (for_lanes(_claim_in_turn(), lanes, above=above), values)
        )
        return accepted, batch, None if row is None else Claim(*row)
    statement = for_lanes(_END_AND_CLAIM, lanes)
    accepted, batch, *row = database.connection.execute(statement, values).fetchone()
    return accepted, batch, None if row[0] is None else Claim(*row)


def _values(held: Claim, outcome: Outcome) -> dict[str, object]:
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        "result": outcome.result,
        "error": outcome.error,
        "detail": json.dumps(outcome.detail) if outcome.detail else None,
        "peak_kb": outcome.peak_kb,
        "meta": outcome.meta,
        "log": outcome.log,
        "finished": outcome.status == Status.FINISHED,
        "seq": held.seq,
        "token": held.token,
    }


def _known_end(database: Database, held: Claim) -> bool | None:
    """Return whether an acknowledgement in doubt was written; None: it was not, and may be repeated."""
    row = database.connection.execute(_STANDING, (held.seq, held.token)).fetchone()
    if row is None:
        return False
    return None if row[0] == Status.STARTED else True


def _settle_batch(database: Database, held: Claim, batch: str | None) -> None:
    """Settle what waits for the whole batch, if its last job has ended now.

    Of two jobs that end at once the later commit sees both. `settle_batches` makes up for a worker that dies
    here.
    """
    if batch is not None and _is_over(database.connection, batch):
        with database.transaction() as connection:
            settle(connection, [(held.id, True)])


def _is_over(connection: Connection, batch: str) -> bool:
    row = connection.execute(
        "select not exists (select 1 from job where batch = ? and ended_at is null) "
        "and exists (select 1 from job_dependency where depends_on = ? and done = 0)",
        (batch, batch),
    ).fetchone()
    return bool(row[0])


def settle_batches(database: Database) -> None:
    """Settle what waits for batches that are over, where the worker that should have died on the way."""
    rows = database.connection.execute(
        "select distinct on (job_batch.id) job_batch.id, job.id from job_dependency "
        "join job_batch on job_batch.id = depends_on join job on job.batch = job_batch.id "
        "where done = 0 and not exists ("
        "select 1 from job as other where other.batch = job_batch.id and other.ended_at is null)"
    ).fetchall()
    for _, member in rows:
        with database.transaction() as connection:
            settle(connection, [(member, True)])
