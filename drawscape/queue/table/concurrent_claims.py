"""Claim and acknowledge where many write at once: one statement each, in Postgres' words.

Whoever ends a job that another one waits for takes the longer way, a transaction that is alone; the mark
`awaited` says so, in the condition of the update itself, which is looked at again after waiting for the row.
"""

import contextlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import CommitInDoubt, Database, ManyWriters
from drawscape.queue.status import Status
from drawscape.queue.table import claims
from drawscape.queue.table.batch_ends import settle_batch
from drawscape.queue.table.candidates import (
    ABOVE,
    IS_ORDINARY,
    for_lanes,
    may_claim,
    values_for,
    waiting,
)
from drawscape.queue.table.group_claims import (
    AFTER_ENDS,
    AND_CLAIM_FREELY,
    CLAIM_IN_TURN,
    ENDS,
    GROUPED,
    NOW,
    START,
)
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.failpoints import failpoint

_ORDINARY = f"{IS_ORDINARY} and not {GROUPED}"
_UNLESS_HELD = "limit {most} for update skip locked"
_CLAIM = f"with next as materialized (select seq {waiting(_ORDINARY)} {_UNLESS_HELD}) {START}"

# Not `status = 'started'`: with that a plan may read through the index of all that were started of late.
_IS_STARTED = "coalesce(job.status, '') = 'started'"
_ENDED_AT = f"""ended_at = greatest(started_at, {NOW}), pid = null,
    expires_at = greatest(started_at, {NOW}) + result_ttl_s"""
_END = f"""
ended as (update job set status = :status, reason = :reason, result = :result, error = :error,
    detail = :detail, peak_kb = :peak_kb, meta = coalesce(:meta, meta), log = coalesce(:log, log),
    progress = case when :finished then 1 else progress end, {_ENDED_AT}
where seq = :seq and token = :token and {_IS_STARTED} and not awaited returning seq, batch)
"""
_AND_CLAIM = f""",
next as materialized (select seq {waiting(f"{AFTER_ENDS} and {_ORDINARY}")} {_UNLESS_HELD}),
begun as ({START})
select ends.*, begun.* {ENDS} left join begun on true
"""
_ALONE = f"select ends.* {ENDS}"

_STANDING = "select status from job where seq = ? and token = ?"


class Wanted(NamedTuple):
    """What is to be claimed with an acknowledgement: a job of these lanes and priorities."""

    claimant: tuple[str, str, int | None] | None
    """Queue, worker, and the process that is to run them; None: nothing."""
    lanes: tuple[str, ...]
    lowest: int


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
    row = database.connection.execute(for_lanes(_CLAIM, lanes, above=ABOVE), values).fetchone()
    failpoint("claim.committed")
    if row is not None:
        return Claim(*row[1:])
    return _claim_of_groups(database, queue, worker, pid, lanes, lowest)


def _claim_of_groups(
    database: ManyWriters,
    queue: str,
    worker: str,
    pid: int | None,
    lanes: tuple[str, ...],
    lowest: int,
) -> Claim | None:
    values = {**values_for(queue, lanes, lowest), "worker": worker, "pid": pid}
    row = database.connection.execute(f"select {GROUPED}", values).fetchone()
    database.has_groups = bool(row[0])
    while database.has_groups and may_claim(database, queue, lanes, lowest=lowest):
        (rows,) = database.at_once((for_lanes(CLAIM_IN_TURN, lanes), values))
        if rows:
            return _in_turn(database, rows)
    return None


def _in_turn(database: ManyWriters, rows: Sequence[Sequence[Any]]) -> Claim | None:
    """Return the claim, and note what else waits: it says by which way the next ones are claimed."""
    for row in rows:
        *_, database.has_groups, database.has_limits = row
        return Claim(*row[1:-2])
    return None


def acknowledge(
    database: ManyWriters, held: Claim, outcome: Outcome, wanted: Wanted
) -> tuple[bool, Claim | None]:
    """Return whether the outcome was accepted, and the next claim."""
    following: Claim | None = None
    try:
        if not outcome.may_be_retried:
            ended, following = _end(database, held, outcome, wanted)
            if ended:
                return True, following
        with database.transaction() as connection:
            written = claims.write_outcome(connection, held, outcome)
            failpoint("ack.before_commit")
    except CommitInDoubt:
        if not following and (known := _known_end(database, held)) is not None:
            return known, None
        raise
    failpoint("ack.after_commit")
    if not following and wanted.claimant is not None:
        with contextlib.suppress(CommitInDoubt):  # the worker gives back what it does not know of
            following = claim(database, *wanted.claimant, wanted.lanes, wanted.lowest)
    return written, following


def _end(
    database: ManyWriters, held: Claim, outcome: Outcome, wanted: Wanted
) -> tuple[bool, Claim | None]:
    """Return whether the job was ended, and the next claim."""
    was_in_turn = database.has_groups and database.has_limits
    ended, batch, following = _end_and_claim(database, _values(held, outcome), wanted)
    if ended:
        failpoint("ack.after_commit")
        with contextlib.suppress(QueueError):  # what has ended has; `settle_batches` does the rest
            settle_batch(database, held.id, batch)
            if following is None and wanted.claimant is not None and not was_in_turn:
                following = _claim_of_groups(
                    database, *wanted.claimant, wanted.lanes, wanted.lowest
                )
    return ended, following


def _end_and_claim(
    database: ManyWriters, values: dict[str, object], wanted: Wanted
) -> tuple[bool, str | None, Claim | None]:
    """Return whether the job was ended, its batch, and the next claim."""
    alone = f"with {_END} {_ALONE}"
    if wanted.claimant is None:
        seqs, batches = database.connection.execute(alone, values).fetchone()
        return bool(seqs), (batches or [None])[0], None
    queue, worker, pid = wanted.claimant
    lanes = wanted.lanes
    values |= {**values_for(queue, lanes, wanted.lowest), "worker": worker, "pid": pid}
    values["floor"] = database.floor(queue)
    above = ABOVE if values["floor"] else ""
    if database.has_groups and database.has_limits:
        in_turn = for_lanes(CLAIM_IN_TURN, lanes, above=above)
        ((seqs, batches),), rows = database.at_once((alone, values), (in_turn, values))
        return bool(seqs), (batches or [None])[0], _in_turn(database, rows)
    if database.has_groups:
        statement = for_lanes(f"with {_END} {AND_CLAIM_FREELY}", lanes, above=above)
        row = database.connection.execute(statement, values).fetchone()
        seqs, batches, database.has_groups, database.has_limits, *claimed = row
    else:
        statement = for_lanes(f"with {_END} {_AND_CLAIM}", lanes, above=ABOVE)
        seqs, batches, *claimed = database.connection.execute(statement, values).fetchone()
    following = None if claimed[0] is None else Claim(*claimed[1:])
    return bool(seqs), (batches or [None])[0], following


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
