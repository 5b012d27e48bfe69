"""Changes from outside: cancel, stop, retry, requeue, delete, priority, notes."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice
from typing import Any

from drawscape.errors import JobNotFoundError, JobStateError
from drawscape.failpoints import failpoint
from drawscape.queue.dependencies import is_open, reopen, settle
from drawscape.queue.engines.engine import Engine, Rows, Transaction
from drawscape.queue.snapshot import ENDED, Status, module_pattern, parsed, unknown_job

_SLICE_ROWS = 50  # jobs that one statement cancels: a millisecond
_REOPENED_ROWS = 5  # of a slice: each takes some statements


def cancel(engine: Engine, job_id: str, grace_s: float) -> bool:
    """Return whether the job was `canceled` before its start, or asked to stop; False when it had ended."""
    with _locked(engine, job_id) as (run, _, _):
        if run(run.CANCEL, id=job_id):
            settle(run, Status.CANCELED, job_id)
            return True
        asked = run(run.ASK_TO_STOP, id=job_id, grace_s=grace_s)
    _stop_without_workers(engine, asked)
    return bool(asked)


def cancel_many(engine: Engine, queue: str, *, batch: str | None = None, grace_s: float) -> int:
    """Return how many jobs of `batch`, or of the whole queue, were kept from running or asked to stop.

    What starts between two slices is stopped. What waits for others is canceled first: it might begin.
    """
    statements = [engine.CANCEL_DEFERRED, engine.CANCEL_WAITING]

    def cancel_some(statement: str, run: Transaction) -> int:
        rows = run(statement, queue=queue, batch=batch, limit=_SLICE_ROWS)
        settle(run, Status.CANCELED, *(job_id for (job_id,) in rows))
        return len(rows)

    canceled = sum(
        in_slices(engine, _SLICE_ROWS, partial(cancel_some, statement))
        for statement in (statements if batch is None else [engine.CANCEL_BATCH])
    )
    asked = engine.write(engine.ASK_MANY_TO_STOP, queue=queue, batch=batch, grace_s=grace_s)
    _stop_without_workers(engine, asked)
    return canceled + len(asked)


def _stop_without_workers(engine: Engine, asked: Rows) -> None:
    """Where nobody is there to kill anything, the job stopped when its worker died."""
    is_alive = cache(engine.workers.await_sign)
    for job_id, worker in asked:
        if not is_alive(worker):
            with engine.transaction() as run:
                if run(run.STOP_WITHOUT_WORKER, id=job_id, worker=worker):
                    settle(run, Status.STOPPED, job_id)


RETRIED = ENDED[1:]  # all but `finished`


def requeue(engine: Engine, job_id: str, code: str | None, among: Sequence[str] = ENDED) -> None:
    """Put an ended job back into the queue, under the same id, as if it had just been queued.

    The retries that it has used up stay so. Raises JobNotFoundError. Raises JobStateError for a status that
    is not `among` those that may, beside an active twin, and where a dependency stands in the way.
    """
    with _locked(engine, job_id) as (run, status, _):
        if status not in among:  # raised inside: the transaction changes nothing
            raise JobStateError(
                f"job {job_id} is {status}; only one that is {' or '.join(among)} can be queued again"
            )
        if not reopen(run, [job_id], code):
            raise JobStateError(
                f"job {job_id} cannot be queued again while another job with its job_unique key is active"
            )
        if not is_open(run, job_id):
            obstacle = run(run.OBSTACLE, id=job_id)[0][0]
            raise JobStateError(
                f"job {job_id} depends on {obstacle}, which did not finish; queue that again first"
            )


@contextmanager
def _locked(engine: Engine, job_id: str) -> Iterator[tuple[Transaction, str, str | None]]:
    """Yield a transaction, status and notes of a job that nobody else changes; raise JobNotFoundError."""
    with engine.transaction() as run:
        rows = run(run.LOCK, id=job_id)
        if not rows:
            raise JobNotFoundError(unknown_job(job_id))
        yield run, *rows[0]


def retry_failed(
    engine: Engine,
    queue: str,
    code: str | None,
    task: str | None = None,
    reason: str | None = None,
    batch: str | None = None,
) -> list[str]:
    """Return the ids of the failed jobs, of one task, reason or batch if asked, that are queued again.

    One with an active twin or a failed dependency stays failed. Of a call that was killed some are queued,
    and the next one goes on.
    """
    rows = engine.read(
        engine.FAILED,
        queue=queue,
        task=task,
        module=module_pattern(task),
        reason=reason,
        batch=batch,
    )
    chosen = [job_id for (job_id,) in rows]
    left = iter(chosen)  # what others wait for first, and they wait again at once
    queued: set[str] = set()

    def step(run: Transaction) -> int:
        some = list(islice(left, _REOPENED_ROWS))
        queued.update(one for one in reopen(run, some, code) if is_open(run, one))
        return len(some)

    in_slices(engine, _REOPENED_ROWS, step)
    return [job_id for job_id in reversed(chosen) if job_id in queued]


def delete(engine: Engine, job_id: str) -> None:
    """Remove an ended job; raise JobStateError while it, or a job that depends on it, has not ended."""
    with _locked(engine, job_id) as (run, status, _):
        if status not in ENDED:
            raise JobStateError(f"job {job_id} is {status}; cancel it first")
        if needing := run(run.NEEDED_BY, id=job_id):
            raise JobStateError(
                f"job {needing[0][0]}, which has not ended, depends on {job_id}; cancel that first"
            )
        run(run.DELETE, id=job_id)


def set_priority(engine: Engine, job_id: str, priority: int) -> None:
    """Change the priority of a job that has not begun; raise JobStateError for one that has."""
    with _locked(engine, job_id) as (run, status, _):
        if not run(run.SET_PRIORITY, id=job_id, priority=priority):
            raise JobStateError(f"job {job_id} is {status}; a priority changes only jobs that wait")


def save_meta(engine: Engine, job_id: str, change: Mapping[str, Any], gone: Sequence[str]) -> None:
    """Write notes into a job's `meta` and take others out; raise JobStateError while its task runs."""
    with _locked(engine, job_id) as (run, status, meta):
        if status == Status.STARTED:
            raise JobStateError(
                f"job {job_id} runs, so only its task may write its meta; wait until it has ended"
            )
        notes = {key: value for key, value in parsed(meta).items() if key not in gone}
        run(run.SET_META, id=job_id, meta=json.dumps({**notes, **change}))


_HELD_S, _PAUSE_S = 0.010, 0.012
"""How long a transaction of many works, and what it leaves free after it, at least.

A writer that finds SQLite's file locked tries again after 1, 2, 5, 10 ms. So it writes 18 ms after its first
try, at the latest.
"""


def in_slices(engine: Engine, limit: int, step: Callable[[Transaction], int]) -> int:
    """Return how many rows `step` did, called until it does fewer than `limit`; as often as time allows.

    Between two transactions is room for other writers. The time is checked after each step, so a slow disk or
    a busy machine makes for fewer, not for longer ones.
    """
    total, done = 0, limit
    while done >= limit:
        with engine.transaction() as run:
            began = time.perf_counter()
            while done >= limit and time.perf_counter() - began < _HELD_S:
                done = step(run)
                total += done
        failpoint("slice.committed")
        if done >= limit:
            time.sleep(max(_PAUSE_S, time.perf_counter() - began))
    return total
