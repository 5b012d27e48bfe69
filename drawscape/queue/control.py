"""Changing what is queued, running or done: cancel, stop, pause, retry, requeue, delete."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from drawscape.errors import JobStateError
from drawscape.queue import clock
from drawscape.queue.dependencies import reopen, settle
from drawscape.queue.engines.engine import Engine, Rows, Transaction
from drawscape.queue.failpoints import failpoint
from drawscape.queue.lists import module_pattern, read_job
from drawscape.queue.row import ENDED, Status, parsed

ALL_LANES = "*"

_AT_ONCE = 50  # jobs that one statement cancels: a millisecond
_REOPENED_AT_ONCE = 5  # each takes some statements

_HELD_S = 0.010
"""How long one transaction of many works and commits: half of the 20 ms that it may hold the file."""

# A writer that finds SQLite's file locked tries again after 1, 2, 5, 10 ms, then 15 and 20. A pause longer
# than the step that it has come to is not missed: 18 ms after its first try it writes, at the latest.
_PAUSE_S = 0.012

_CHECKPOINT_EVERY = 8
"""So many transactions leave some megabytes of a log, and are worth the flushes of a checkpoint."""


def in_slices(engine: Engine, step: Callable[[Transaction], bool]) -> None:
    """Call `step`, which does a few rows, until it returns False; as often in a transaction as time allows.

    Between two transactions is room for other writers. The time is checked after each step, so a slow disk or
    a busy machine makes for fewer, not for longer ones. What the last commit took is set aside for the next.
    """
    commit_s = 0.0
    for number in itertools.count(1):
        with engine.transaction() as run:
            began = time.perf_counter()
            more = step(run)
            while more and time.perf_counter() - began < _HELD_S - commit_s:
                more = step(run)
            worked = time.perf_counter()
        committed = time.perf_counter()
        failpoint("slice.committed")
        commit_s = committed - worked
        if not more:
            return
        if number % _CHECKPOINT_EVERY == 0:
            engine.checkpoint()
        time.sleep(max(_PAUSE_S, committed - began))


def cancel(engine: Engine, job_id: str, grace_s: float = 0.0) -> bool:
    """Return whether the job was kept from running, or asked to stop; False when it had ended.

    Before its start it is `canceled` at once. While it runs its child is killed and it becomes `stopped`;
    with a `grace_s` the task is first asked, by JobStopped raised inside it. Raises JobNotFoundError.
    """
    with engine.transaction() as run:
        run(run.sql.LOCK, id=job_id)
        if run(run.sql.CANCEL, id=job_id, now=clock.now()):
            settle(run, [(job_id, Status.CANCELED.value)])
            return True
        asked = run(run.sql.ASK_TO_STOP, id=job_id, grace_s=grace_s)
    if not asked:
        read_job(engine, job_id)
    _stop_without_workers(engine, asked)
    return bool(asked)


def cancel_many(
    engine: Engine, queue: str, *, batch: str | None = None, grace_s: float = 0.0
) -> int:
    """Return how many jobs of `batch`, or of the whole queue, were kept from running or asked to stop.

    In slices: another writer never waits for long, and what starts between two of them is stopped. A canceled
    job fails what waits for it, or lets what runs anyway begin: that is canceled first.
    """
    sql = engine.sql
    statements = [sql.CANCEL_DEFERRED, sql.CANCEL_SCHEDULED, sql.CANCEL_QUEUED, sql.CANCEL_GROUPED]
    canceled = 0
    with engine.non_durable() as other:
        for statement in statements if batch is None else [sql.CANCEL_BATCH]:
            canceled += _cancel_waiting(other, statement, queue, batch)
    with _flushed(engine) as run:
        if batch is None:
            asked = run(sql.ASK_ALL_TO_STOP, queue=queue, grace_s=grace_s)
        else:
            asked = run(sql.ASK_BATCH_TO_STOP, batch=batch, grace_s=grace_s)
    _stop_without_workers(engine, asked)
    return canceled + len(asked)


def _cancel_waiting(engine: Engine, statement: str, queue: str, batch: str | None) -> int:
    canceled = 0

    def step(run: Transaction) -> bool:
        nonlocal canceled
        rows = run(statement, queue=queue, batch=batch, limit=_AT_ONCE, now=clock.now())
        settle(run, [(job_id, Status.CANCELED.value) for (job_id,) in rows])
        canceled += len(rows)
        return len(rows) == _AT_ONCE

    in_slices(engine, step)
    return canceled


@contextmanager
def _flushed(engine: Engine) -> Iterator[Transaction]:
    """Run a last transaction that waits for the disk: its flush takes all before it along.

    So a power loss undoes nothing of what many transactions did without waiting.
    """
    with engine.transaction() as run:
        run(run.sql.NOTE, name="many changed", value=str(clock.now()))
        yield run


def _stop_without_workers(engine: Engine, asked: Rows) -> None:
    """Where nobody is there to kill anything, the job stopped when its worker died."""
    alive: dict[str | None, bool] = {}
    for job_id, worker in asked:
        if worker not in alive:
            alive[worker] = engine.workers.await_sign(worker)
        if alive[worker]:
            continue
        with engine.transaction() as run:
            if run(run.sql.STOP_WITHOUT_WORKER, id=job_id, worker=worker, now=clock.now()):
                settle(run, [(job_id, Status.STOPPED.value)])


def requeue(
    engine: Engine, job_id: str, among: Sequence[str] = ENDED, code: str | None = None
) -> None:
    """Put an ended job back into the queue, under the same id, as if it had just been queued.

    What depends on it waits again; what failed for it is woken. The retries that it has used up stay so.
    Raises JobNotFoundError, and JobStateError for a status that is not `among` those that may, while another
    job with its `job_unique` key is active, and while a dependency of it stands in the way.
    """
    job = read_job(engine, job_id)
    if job.status not in among:
        raise JobStateError(
            f"job {job_id} is {job.status}; only one that is {' or '.join(among)} can be queued again"
        )
    with engine.transaction() as run:
        reopened = reopen(run, [job_id], code)
        obstacle = reopened.get(job_id)
        if obstacle is not None:  # raised inside: the transaction changes nothing
            raise JobStateError(
                f"job {job_id} depends on {obstacle}, which did not finish; queue that again first"
            )
    if not reopened:
        raise JobStateError(
            f"job {job_id} cannot be queued again while another job with its job_unique key is active"
        )


def retry(engine: Engine, job_id: str, code: str | None = None) -> None:
    """Put a failed, stopped or canceled job back into the queue; raise as `requeue` does."""
    requeue(engine, job_id, [one for one in ENDED if one != Status.FINISHED], code)


def retry_failed(
    engine: Engine,
    queue: str,
    task: str | None = None,
    reason: str | None = None,
    batch: str | None = None,
    code: str | None = None,
) -> list[str]:
    """Return the ids of the failed jobs, of one task, reason or batch if asked, that are queued again.

    One whose `job_unique` key another active job has stays failed, and so does one whose dependency stays
    so. In slices, as `cancel_many`: of a call that was killed some are queued, and the next one goes on.
    """
    rows = engine.read(
        engine.sql.FAILED,
        queue=queue,
        task=task,
        module=module_pattern(task),
        reason=reason,
        batch=batch,
    )
    chosen = [job_id for (job_id,) in rows]
    if not chosen:
        return []
    left = iter(chosen)  # what others wait for first, and they wait again at once
    reopened: dict[str, str | None] = {}

    def step(run: Transaction) -> bool:
        some = list(islice(left, _REOPENED_AT_ONCE))
        reopened.update(reopen(run, some, code))
        return len(some) == _REOPENED_AT_ONCE

    with engine.non_durable() as other:
        in_slices(other, step)
    with _flushed(engine):
        pass
    return [job_id for job_id in reversed(chosen) if reopened.get(job_id, job_id) is None]


def delete(engine: Engine, job_id: str) -> None:
    """Remove an ended job with its log and preview.

    Raises JobNotFoundError, and JobStateError while it waits or runs, or while a job that depends on it does.
    """
    with engine.transaction() as run:
        needing = run(run.sql.NEEDED_BY, id=job_id)
        if not needing and run(run.sql.DELETE, id=job_id):
            return
    job = read_job(engine, job_id)
    if not job.ended:
        raise JobStateError(f"job {job_id} is {job.status}; cancel it first")
    raise JobStateError(
        f"job {needing[0][0]}, which has not ended, depends on {job_id}; cancel that first"
    )


def set_priority(engine: Engine, job_id: str, priority: int) -> None:
    """Change the priority of a job that has not begun; raise JobStateError for one that has."""
    if not engine.write(engine.sql.SET_PRIORITY, id=job_id, priority=priority):
        job = read_job(engine, job_id)
        raise JobStateError(f"job {job_id} is {job.status}; a priority changes only jobs that wait")


def save_meta(
    engine: Engine, job_id: str, change: Mapping[str, Any], gone: Sequence[str] = ()
) -> None:
    """Write notes into a job's `meta` and take others out; raise JobStateError while its task runs."""
    with engine.transaction() as run:
        rows = run(run.sql.LOCK, id=job_id)
        if rows and rows[0][0] != Status.STARTED:
            notes = {key: value for key, value in parsed(rows[0][1]).items() if key not in gone}
            run(run.sql.SET_META, id=job_id, meta=json.dumps({**notes, **change}))
            return
    read_job(engine, job_id)
    raise JobStateError(
        f"job {job_id} runs, so only its task may write its meta; wait until it has ended"
    )


def pause(engine: Engine, queue: str, lane: str = ALL_LANES) -> None:
    """Let no job of `lane` (all by default) start until `resume`; running ones go on."""
    engine.write(engine.sql.PAUSE, queue=queue, lane=lane)


def resume(engine: Engine, queue: str, lane: str = ALL_LANES) -> None:
    """Let jobs of `lane` start again; of all lanes by default, those too that were paused by name."""
    engine.write(engine.sql.RESUME, queue=queue, lane=lane)


def paused_lanes(engine: Engine, queue: str) -> list[str]:
    """Return the names of the lanes that are paused, `*` for all."""
    return [lane for (lane,) in engine.read(engine.sql.PAUSED, queue=queue)]
