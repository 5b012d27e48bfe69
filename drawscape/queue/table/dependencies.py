"""Which job waits for which, and what follows from a job's end or from its second beginning.

An edge (`job_dependency`) stays as long as the job that waits: `done` says whether what it needs has ended
as it must. So a retry knows what to wait for again.
"""

from collections.abc import Iterable
from enum import Enum, auto

from drawscape.errors import JobNotFoundError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Connection
from drawscape.queue.status import (
    ENDED,
    OPEN,
    SQL_ENDED,
    SQL_IS_APART,
    SQL_OPEN,
    SQL_WAITING,
    WAITING,
    Reason,
    Status,
)
from drawscape.queue.table.records import RunsAfter

_DEPENDENTS = """
select job.id, job.runs_anyway, job.status, job.reason
from job_dependency join job on job.id = job_dependency.job_id where depends_on = ?
"""


_BATCH_STANDING = f"""
select exists (select 1 from job where batch = :batch and ended_at is null),
    failed_gone > 0 or exists (select 1 from job where batch = :batch and {SQL_IS_APART})
from job_batch where id = :batch
"""


class Standing(Enum):
    """How far something is that another job waits for."""

    OPEN = auto()
    FINISHED = auto()
    FAILED = auto()
    GONE = auto()


def lock(connection: Connection, job_id: str) -> None:
    """Let nobody change a job until the commit: no worker claims or ends it between two looks.

    Where transactions have the table to themselves there is nothing to do.
    """
    connection.execute("select 1 from job where id = ? /* for update */", (job_id,))


def standing_of(connection: Connection, needed: str) -> Standing:
    """Return the standing of a job or a batch; the failed jobs of a batch count when they are gone."""
    row = connection.execute("select status from job where id = ?", (needed,)).fetchone()
    if row is not None and row[0] in OPEN:
        return Standing.OPEN
    if row is not None:
        return Standing.FINISHED if row[0] == Status.FINISHED else Standing.FAILED
    row = connection.execute(_BATCH_STANDING, {"batch": needed}).fetchone()
    if row is None:
        return Standing.GONE
    still_open, failed = row
    if still_open:
        return Standing.OPEN
    return Standing.FAILED if failed else Standing.FINISHED


def link(connection: Connection, job_id: str, needed: Iterable[str]) -> None:
    """Let the job `job_id`, which is `deferred`, wait for each of `needed`.

    Raises JobNotFoundError for an unknown one.
    """
    for one in needed:
        if standing_of(connection, one) is Standing.GONE:
            raise JobNotFoundError(f"job_depends_on: no job or batch has the id {one!r}")
        connection.execute(
            "insert into job_dependency (depends_on, job_id) values (?, ?)", (one, job_id)
        )
    place(connection, job_id)


def place(connection: Connection, job_id: str) -> None:
    """Give a `deferred` job the status that its dependencies allow now."""
    runs_after = RunsAfter(
        connection.execute("select runs_anyway from job where id = ?", (job_id,)).fetchone()[0]
    )
    waits_for = 0
    for needed, done in connection.execute(
        "select depends_on, done from job_dependency where job_id = ?", (job_id,)
    ).fetchall():
        standing = standing_of(connection, needed)
        if standing is Standing.GONE:  # what it did before it went still counts
            met = bool(done) or runs_after is RunsAfter.ANY
        else:
            met = runs_after.is_met(standing is Standing.FINISHED)
        if standing is Standing.OPEN:
            waits_for += 1
        elif not met:
            _give_up(connection, job_id, needed, runs_after)
            settle(connection, [(job_id, False)])
            return
        connection.execute(
            "update job_dependency set done = ? where job_id = ? and depends_on = ?",
            (int(standing is not Standing.OPEN), job_id, needed),
        )
    _release(connection, job_id, waits_for)


def settle(connection: Connection, ended: Iterable[tuple[str, bool]]) -> None:
    """Release or fail the dependents of each `(id, finished)`, and theirs in turn, in this transaction."""
    pending = list(ended)
    while pending:
        job_id, finished = pending.pop()
        pending.extend(_settle_one(connection, job_id, finished))
        batch = _completed_batch(connection, job_id)
        if batch is not None:
            all_finished = standing_of(connection, batch) is Standing.FINISHED
            pending.extend(_settle_one(connection, batch, all_finished))


def _settle_one(connection: Connection, needed: str, finished: bool) -> list[tuple[str, bool]]:
    failed = []
    for job_id, mode, status, _ in connection.execute(
        f"{_DEPENDENTS} and done = 0", (needed,)
    ).fetchall():
        if status != Status.DEFERRED:
            continue
        runs_after = RunsAfter(mode)
        if runs_after.is_met(finished):
            connection.execute(
                "update job_dependency set done = 1 where depends_on = ? and job_id = ?",
                (needed, job_id),
            )
            _release(connection, job_id, None)
        else:
            _give_up(connection, job_id, needed, runs_after)
            failed.append((job_id, False))
    return failed


def _release(connection: Connection, job_id: str, waits_for: int | None) -> None:
    """Let a `deferred` job wait for so many others, None: for one less than before."""
    connection.execute(
        "update job set waits_for = coalesce(?, waits_for - 1), "
        "status = case when coalesce(?, waits_for - 1) > 0 then 'deferred' "
        "when due_at is null then 'queued' else 'scheduled' end where id = ?",
        (waits_for, waits_for, job_id),
    )


def _give_up(connection: Connection, job_id: str, needed: str, runs_after: RunsAfter) -> None:
    how = "finished" if runs_after is RunsAfter.ONLY_FAILURE else "did not finish"
    connection.execute(
        "update job set status = ?, reason = ?, ended_at = ?, error = ?, waits_for = 0 where id = ?",
        (
            runs_after.otherwise.value,
            Reason.DEPENDENCY.value,
            clock.now(),
            f"{needed}, which it depends on, {how}",
            job_id,
        ),
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
        "select 1 from job where batch = ? and ended_at is null limit 1", row
    ).fetchone()
    return None if still_open else str(row[0])


# An ended job whose `job_unique` key another active job has stays as it is.
_REOPEN = f"""
update job set status = 'deferred', reason = null, error = null, detail = null, result = null,
    progress = 0, message = null, started_at = null, ended_at = null, expires_at = null, worker = null,
    due_at = null, due_boot = null, due_boot_s = null, stop_grace_s = null, recoveries = 0
where id = ? and status in {SQL_ENDED} and (unique_key is null or not exists (
    select 1 from job as twin where twin.queue = job.queue and twin.unique_key = job.unique_key
    and twin.status in {SQL_OPEN}))
"""


def reopen(connection: Connection, job_ids: Iterable[str]) -> dict[str, str | None]:
    """Put ended jobs back into the queue; return those that were, and which dependency keeps one from it.

    What waits for one of them waits anew, and what failed for want of it is woken, so that no dependent
    runs before what it depends on has finished anew; these are returned, too.
    """
    asked = [job_id for job_id in job_ids if _reopen_one(connection, job_id)]
    pending, placing = list(asked), dict.fromkeys(asked)
    while pending:
        for job_id, woken in _hold_dependents(connection, pending.pop()):
            placing[job_id] = None
            if woken:
                pending.append(job_id)
    for job_id in placing:
        if _status(connection, job_id) == Status.DEFERRED:
            place(connection, job_id)
    return {job_id: _obstacle(connection, job_id) for job_id in placing}


def _obstacle(connection: Connection, job_id: str) -> str | None:
    """Return what keeps a job that was reopened from running; None for one that is open."""
    if _status(connection, job_id) in OPEN:
        return None
    row = connection.execute(
        "select depends_on from job_dependency where job_id = ? and done = 0 limit 1", (job_id,)
    ).fetchone()
    return str(row[0])


def _reopen_one(connection: Connection, job_id: str) -> bool:
    return connection.execute(_REOPEN, (job_id,)).rowcount == 1


def _status(connection: Connection, job_id: str) -> str:
    return str(connection.execute("select status from job where id = ?", (job_id,)).fetchone()[0])


def _hold_dependents(connection: Connection, job_id: str) -> list[tuple[str, bool]]:
    """Let those that wait for `job_id`, or for its batch, wait anew; return each, and whether it woke."""
    row = connection.execute("select batch from job where id = ?", (job_id,)).fetchone()
    held: list[tuple[str, bool]] = []
    for needed in (job_id, row[0]):
        if needed is None:
            continue
        dependents = connection.execute(_DEPENDENTS, (needed,)).fetchall()
        connection.execute("update job_dependency set done = 0 where depends_on = ?", (needed,))
        for dependent, _, status, reason in dependents:
            if status in WAITING:
                changed = connection.execute(
                    f"update job set status = 'deferred' where id = ? and status in {SQL_WAITING}",
                    (dependent,),
                ).rowcount
                held += [(dependent, False)] * changed
            elif (
                status in ENDED
                and reason == Reason.DEPENDENCY
                and _reopen_one(connection, dependent)
            ):
                held.append((dependent, True))
    return held
