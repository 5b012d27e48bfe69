"""Changing what is queued, running or done: cancel, stop, pause, retry, requeue, delete."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from drawscape.errors import JobStateError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.status import ENDED, SQL_ENDED, SQL_OPEN, SQL_QUEUED, SQL_WAITING, Status
from drawscape.queue.table.dependencies import lock, reopen, settle
from drawscape.queue.table.query import list_rows, read_row, require
from drawscape.queue.table.records import JobRow, parsed
from drawscape.queue.table.slices import in_slices

ALL_LANES = "*"

_DEPENDENTS_FIRST = ("status = 'deferred'", "status = 'scheduled'", *SQL_QUEUED)
"""A canceled job fails what waits for it, or lets what runs anyway begin: that is to be canceled itself."""

_AT_ONCE = 50  # jobs that one statement cancels: a millisecond
_REOPENED_AT_ONCE = 5  # each takes some statements of its own

_ASK = (
    "update job set stop_grace_s = case when stop_grace_s < ? then stop_grace_s else ? end "
    "where {which} and status = 'started' returning id, worker"
)


# A transaction that changes nothing would flush nothing.
_FLUSHED = (
    "insert into job_note (name, value) values ('many changed', ?) "
    "on conflict (name) do update set value = excluded.value"
)


def cancel(database: Database, job_id: str, grace_s: float = 0.0) -> bool:
    """Return whether the job was kept from running, or asked to stop; False when it had ended.

    Before its start it is `canceled` at once. While it runs its child is killed and it becomes `stopped`;
    with a `grace_s` the task is first asked, by JobStopped raised inside it. Raises JobNotFoundError.
    """
    with database.transaction() as connection:
        lock(connection, job_id)
        changed = connection.execute(
            "update job set status = 'canceled', ended_at = ?, due_at = null "
            f"where id = ? and status in {SQL_WAITING}",
            (clock.now(), job_id),
        ).rowcount
        if changed:
            settle(connection, [(job_id, False)])
            return True
        asked = connection.execute(
            _ASK.format(which="id = ?"), (grace_s, grace_s, job_id)
        ).fetchall()
    if not asked:
        _require(database, job_id)
    _stop_without_workers(database, asked)
    return bool(asked)


def cancel_many(
    database: Database, queue: str, *, batch: str | None = None, grace_s: float = 0.0
) -> int:
    """Return how many jobs of `batch`, or of the whole queue, were kept from running or asked to stop.

    In slices: another writer never waits for long, and what starts between two of them is stopped. Only the
    last transaction waits for the disk; that flush takes all before it along, so a power loss undoes nothing.
    """
    which, value = ("queue = ?", queue) if batch is None else ("batch = ?", batch)
    with database.relaxed() as relaxed:
        canceled = sum(
            _cancel_waiting(relaxed, f"{which} and {waiting} and ended_at is null", value)
            for waiting in _DEPENDENTS_FIRST  # one by one, for each has an index of its own
        )
    with database.transaction() as connection:
        connection.execute(_FLUSHED, (str(clock.now()),))
        asked = connection.execute(_ASK.format(which=which), (grace_s, grace_s, value)).fetchall()
    _stop_without_workers(database, asked)
    return canceled + len(asked)


def _cancel_waiting(database: Database, which: str, value: str) -> int:
    statement = (
        "update job set status = 'canceled', ended_at = ?, due_at = null "
        f"where seq in (select seq from job where {which} limit ?) and status in {SQL_WAITING} "
        "returning id"
    )
    canceled = 0

    def step(connection: Connection) -> bool:
        nonlocal canceled
        ids = connection.execute(statement, (clock.now(), value, _AT_ONCE)).fetchall()
        settle(connection, [(job_id, False) for (job_id,) in ids])
        canceled += len(ids)
        return len(ids) == _AT_ONCE

    in_slices(database, step)
    return canceled


def _stop_without_workers(database: Database, asked: Sequence[tuple[str, str | None]]) -> None:
    """Where nobody is there to kill anything, the job stopped when its worker died."""
    alive: dict[str | None, bool] = {}
    for job_id, worker in asked:
        if worker not in alive:
            alive[worker] = database.workers.await_sign(worker)
        if alive[worker]:
            continue
        with database.transaction() as connection:
            changed = connection.execute(
                "update job set status = 'stopped', ended_at = ?, worker = null, pid = null "
                "where id = ? and status = 'started' and coalesce(worker, '') = coalesce(?, '')",
                (clock.now(), job_id, worker),
            ).rowcount
            if changed:
                settle(connection, [(job_id, False)])


def requeue(database: Database, job_id: str, among: Sequence[str] = ENDED) -> None:
    """Put an ended job back into the queue, under the same id, as if it had just been queued.

    What depends on it waits anew; what failed for want of it is woken. The retries that it has used up
    stay so. Raises JobNotFoundError, and JobStateError for a status that is not `among` those that may,
    while another job with its `job_unique` key is active, and while a dependency of it stands in the way.
    """
    row = _require(database, job_id)
    if row.status not in among:
        raise JobStateError(
            f"job {job_id} is {row.status}; only one that is {' or '.join(among)} can be queued again"
        )
    with database.transaction() as connection:
        reopened = reopen(connection, [job_id])
        obstacle = reopened.get(job_id)
        if obstacle is not None:  # raised inside: the transaction changes nothing
            raise JobStateError(
                f"job {job_id} depends on {obstacle}, which did not end as it needs; queue that again first"
            )
    if not reopened:
        raise JobStateError(
            f"job {job_id} cannot be queued again while another job with its job_unique key is active"
        )


def retry(database: Database, job_id: str) -> None:
    """Put a failed, stopped or canceled job back into the queue; raise as `requeue` does."""
    requeue(database, job_id, [status for status in ENDED if status != Status.FINISHED])


def retry_failed(
    database: Database,
    queue: str,
    task: str | None = None,
    reason: str | None = None,
    batch: str | None = None,
) -> list[str]:
    """Return the ids of the failed jobs, of one task, reason or batch if asked, that are queued again.

    One whose `job_unique` key another active job has stays failed, and so does one whose dependency stays
    so. In slices, as `cancel_many`: of a call that was killed some are queued, and the next one goes on.
    """
    rows = list_rows(database, queue, status=Status.FAILED, task=task, batch=batch, limit=None)
    chosen = [row.id for row in rows if reason is None or row.reason == reason]
    if not chosen:
        return []
    left = reversed(chosen)  # what others wait for first, and they wait again at once
    reopened: dict[str, str | None] = {}

    def step(connection: Connection) -> bool:
        some = list(islice(left, _REOPENED_AT_ONCE))
        reopened.update(reopen(connection, some))
        return len(some) == _REOPENED_AT_ONCE

    with database.relaxed() as relaxed:
        in_slices(relaxed, step)
    with database.transaction() as connection:
        connection.execute(_FLUSHED, (str(clock.now()),))
    return [job_id for job_id in chosen if reopened.get(job_id, job_id) is None]


def delete(database: Database, job_id: str) -> None:
    """Remove an ended job with its log and preview.

    Raises JobNotFoundError, and JobStateError while it waits or runs, or while a job that depends on it does.
    """
    with database.transaction() as connection:
        needing = _active_dependent(connection, job_id)
        if needing is None:
            changed = connection.execute(
                f"delete from job where id = ? and status in {SQL_ENDED}", (job_id,)
            ).rowcount
            if changed:
                from drawscape.queue.table.retention import remove_files

                remove_files(database.folder, [job_id])
                return
    row = _require(database, job_id)
    if not row.ended:
        raise JobStateError(f"job {job_id} is {row.status}; cancel it first")
    raise JobStateError(
        f"job {needing}, which has not ended, depends on {job_id}; cancel that first"
    )


def _active_dependent(connection: Connection, job_id: str) -> str | None:
    row = connection.execute(
        "select job.id from job_dependency join job on job.id = job_id "
        f"where depends_on = ? and status in {SQL_OPEN} limit 1",
        (job_id,),
    ).fetchone()
    return None if row is None else str(row[0])


def set_priority(database: Database, job_id: str, priority: int) -> None:
    """Change the priority of a job that has not begun; raise JobStateError for one that has."""
    _change_waiting(database, job_id, "priority", priority)


def _change_waiting(database: Database, job_id: str, column: str, value: object) -> None:
    with database.transaction() as connection:
        changed = connection.execute(
            f"update job set {column} = ? where id = ? and status in {SQL_WAITING}", (value, job_id)
        ).rowcount
    if not changed:
        row = _require(database, job_id)
        raise JobStateError(f"job {job_id} is {row.status}; its {column} counts before it begins")


def save_meta(
    database: Database, job_id: str, change: Mapping[str, Any], gone: Sequence[str]
) -> None:
    """Write notes into a job's `meta` and take others out; raise JobStateError while its task runs."""
    with database.transaction() as connection:
        lock(connection, job_id)
        row = connection.execute("select status, meta from job where id = ?", (job_id,)).fetchone()
        if row is not None and row[0] != Status.STARTED:
            notes = {key: value for key, value in parsed(row[1]).items() if key not in gone}
            connection.execute(
                "update job set meta = ? where id = ?", (json.dumps({**notes, **change}), job_id)
            )
            return
    _require(database, job_id)
    raise JobStateError(f"job {job_id} runs, and its task writes its meta; wait until it has ended")


def pause(database: Database, queue: str, lane: str = ALL_LANES) -> None:
    """Let no job of `lane` (all by default) start until `resume`; running ones go on."""
    with database.transaction() as connection:
        connection.execute(
            "insert into job_pause (queue, lane) values (?, ?) on conflict do nothing",
            (queue, lane),
        )


def resume(database: Database, queue: str, lane: str = ALL_LANES) -> None:
    """Let jobs of `lane` start again; of all lanes by default, those too that were paused by name."""
    with database.transaction() as connection:
        connection.execute(
            "delete from job_pause where queue = ? and (lane = ? or ? = '*')", (queue, lane, lane)
        )


def paused_lanes(database: Database, queue: str) -> list[str]:
    """Return the names of the lanes that are paused, `*` for all."""
    with database.translated():
        rows = database.connection.execute("select lane from job_pause where queue = ?", (queue,))
        return [lane for (lane,) in rows]


def _require(database: Database, job_id: str) -> JobRow:
    return require(read_row(database, job_id), job_id)
