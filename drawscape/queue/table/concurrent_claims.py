"""Claim and acknowledge where many write at once: one statement each, in Postgres' words.

Whoever ends a job that another one waits for takes the longer way, a transaction that is alone; the mark
`awaited` says so, in the condition of the update itself, which is looked at again after waiting for the row.
Who ends several jobs waits for no row: of two that each had some of the other's, neither would go on.
"""

import contextlib
import json
from collections.abc import Iterable, Sequence
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
_END_ONE = f"""
ended as (update job set status = :status, reason = :reason, result = :result, error = :error,
    detail = :detail, peak_kb = :peak_kb, meta = coalesce(:meta, meta), log = coalesce(:log, log),
    progress = case when :finished then 1 else progress end, {_ENDED_AT}
where seq = :seq and token = :token and {_IS_STARTED} and not awaited returning seq, batch)
"""
# Each number is above 0; to the planner this says that they are few, so that it looks each one up, also by a
# plan that it made when the table was empty.
_END_SEVERAL = f"""
held as materialized (select given.* from unnest(:seqs::bigint[], :tokens::bigint[], :results::bytea[],
    :peaks_kb::bigint[], :logs::bytea[]) as given (seq, token, result, peak_kb, log)
join job on job.seq = given.seq and job.token = given.token
where given.seq > 0 and given.token > 0 and {_IS_STARTED} and not job.awaited
for update of job skip locked),
ended as (update job set status = 'finished', reason = null, result = held.result, error = null,
    detail = null, peak_kb = held.peak_kb, log = coalesce(held.log, job.log), progress = 1, {_ENDED_AT}
from held where job.seq = held.seq returning job.seq, job.batch)
"""
_AND_CLAIM = f""",
next as materialized (select seq {waiting(f"{AFTER_ENDS} and {_ORDINARY}")} {_UNLESS_HELD}),
begun as ({START})
select ends.*, begun.* {ENDS} left join begun on true
"""
_ALONE = f"select ends.* {ENDS}"

_STANDING = "select status from job where seq = ? and token = ?"


class Wanted(NamedTuple):
    """What is to be claimed with an acknowledgement: `most` jobs of these lanes and priorities."""

    claimant: tuple[str, str, int | None] | None
    """Queue, worker, and the process that is to run them; None: nothing."""
    lanes: tuple[str, ...]
    lowest: int
    most: int


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
            return _in_turn(database, rows)[0]
    return None


def _in_turn(database: ManyWriters, rows: Sequence[Sequence[Any]]) -> list[Claim]:
    """Return the claims, and note what else waits: it says by which way the next ones are claimed."""
    for *_, database.has_groups, database.has_limits in rows[:1]:
        pass
    return _taken(row[:-2] for row in rows)


def _taken(rows: Iterable[Sequence[Any]]) -> list[Claim]:
    """Return the claims in the order in which they are to run: the rows come in the table's."""
    return [Claim(*row[1:]) for row in sorted(rows, key=lambda row: (-row[0], row[1]))]


def acknowledge_all(
    database: ManyWriters, ended: Sequence[tuple[Claim, Outcome]], wanted: Wanted
) -> tuple[list[bool | None], list[Claim]]:
    """Return whether each outcome was accepted, None for those that are left, and the next claims.

    Jobs that have finished, and that nothing waits for, end together. If there are none the first one ends.
    """
    following: list[Claim] = []
    plain = [(held, outcome) for held, outcome in ended if _is_plain(outcome)]
    if len(plain) > 1:
        try:
            seqs, following = _end(database, _END_SEVERAL, _values_of(plain), plain, wanted)
        except CommitInDoubt:
            known = [_known_end(database, held) for held, _ in ended]
            if any(is_accepted is not None for is_accepted in known):
                return known, []
            raise
        if seqs:
            return [held.seq in seqs or None for held, _ in ended], following
    if following:
        wanted = wanted._replace(claimant=None)
    accepted, claimed = _acknowledge(database, *ended[0], wanted)
    return [accepted, *[None] * (len(ended) - 1)], following or claimed


def _is_plain(outcome: Outcome) -> bool:
    return outcome.status == Status.FINISHED and not (outcome.detail or outcome.meta)


def _acknowledge(
    database: ManyWriters, held: Claim, outcome: Outcome, wanted: Wanted
) -> tuple[bool, list[Claim]]:
    following: list[Claim] = []
    try:
        if not outcome.may_be_retried:
            ended = [(held, outcome)]
            seqs, following = _end(database, _END_ONE, _values(held, outcome), ended, wanted)
            if seqs:
                return True, following
        with database.transaction() as connection:
            written = claims.write_outcome(connection, held, outcome)
            failpoint("ack.before_commit")
    except CommitInDoubt:
        if not following and (known := _known_end(database, held)) is not None:
            return known, []
        raise
    failpoint("ack.after_commit")
    if not following and wanted.claimant is not None:
        with contextlib.suppress(CommitInDoubt):  # the worker gives back what it does not know of
            found = claim(database, *wanted.claimant, wanted.lanes, wanted.lowest)
            following = [] if found is None else [found]
    return written, following


def _end(
    database: ManyWriters,
    end: str,
    values: dict[str, object],
    ended: Sequence[tuple[Claim, Outcome]],
    wanted: Wanted,
) -> tuple[list[int], list[Claim]]:
    """Return the numbers of the jobs that were ended, and the next claims."""
    was_in_turn = database.has_groups and database.has_limits
    seqs, batches, following = _end_and_claim(database, end, values, wanted)
    if seqs:
        failpoint("ack.after_commit")
        ids = {held.seq: held.id for held, _ in ended}
        with contextlib.suppress(QueueError):  # what has ended has; `settle_batches` does the rest
            for batch, seq in dict(zip(batches, seqs, strict=False)).items():
                settle_batch(database, ids[seq], batch)
            if not following and wanted.claimant is not None and not was_in_turn:
                found = _claim_of_groups(database, *wanted.claimant, wanted.lanes, wanted.lowest)
                following = [] if found is None else [found]
    return seqs, following


def _end_and_claim(
    database: ManyWriters, end: str, values: dict[str, object], wanted: Wanted
) -> tuple[list[int], list[str | None], list[Claim]]:
    """Return the numbers and batches of the jobs that were ended, and the next claims."""
    alone = f"with {end} {_ALONE}"
    if wanted.claimant is None:
        seqs, batches = database.connection.execute(alone, values).fetchone()
        return seqs or [], batches or [], []
    queue, worker, pid = wanted.claimant
    lanes = wanted.lanes
    values |= {**values_for(queue, lanes, wanted.lowest), "worker": worker, "pid": pid}
    values["floor"] = database.floor(queue)
    above = ABOVE if values["floor"] else ""
    if database.has_groups and database.has_limits:
        in_turn = for_lanes(CLAIM_IN_TURN, lanes, above=above, most=wanted.most)
        ((seqs, batches),), rows = database.at_once((alone, values), (in_turn, values))
        return seqs or [], batches or [], _in_turn(database, rows)
    if database.has_groups:
        statement = for_lanes(
            f"with {end} {AND_CLAIM_FREELY}", lanes, above=above, most=wanted.most
        )
        rows = database.connection.execute(statement, values).fetchall()
        seqs, batches, database.has_groups, database.has_limits, *_ = rows[0]
        rows = [row[4:] for row in rows]
    else:
        statement = for_lanes(f"with {end} {_AND_CLAIM}", lanes, above=ABOVE, most=wanted.most)
        rows = database.connection.execute(statement, values).fetchall()
        seqs, batches, *_ = rows[0]
        rows = [row[2:] for row in rows]
    return seqs or [], batches or [], _taken(row for row in rows if row[0] is not None)


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


def _values_of(ended: Sequence[tuple[Claim, Outcome]]) -> dict[str, object]:
    return {
        "seqs": [held.seq for held, _ in ended],
        "tokens": [held.token for held, _ in ended],
        "results": [outcome.result for _, outcome in ended],
        "peaks_kb": [outcome.peak_kb for _, outcome in ended],
        "logs": [outcome.log for _, outcome in ended],
    }


def _known_end(database: Database, held: Claim) -> bool | None:
    """Return whether an acknowledgement in doubt was written; None: it was not, and may be repeated."""
    row = database.connection.execute(_STANDING, (held.seq, held.token)).fetchone()
    if row is None:
        return False
    return None if row[0] == Status.STARTED else True
