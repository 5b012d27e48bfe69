"""Changes of many jobs at once, in short transactions with room for other writers between them."""

import time
from collections.abc import Callable
from functools import partial
from itertools import islice

from drawscape.durations import Duration, seconds
from drawscape.failpoints import failpoint
from drawscape.queue.dependencies import is_open, reopen, settle, stop_without_workers
from drawscape.queue.engines.engine import Engine, Transaction
from drawscape.queue.job import Job
from drawscape.queue.job_queue import Queue
from drawscape.queue.snapshot import Status, module_pattern

_SLICE_ROWS = 50  # jobs that one statement cancels: a millisecond
_REOPENED_ROWS = 5  # of a slice: each takes several statements

_HELD_S, _PAUSE_S = 0.010, 0.012
"""The longest transaction for many jobs, and the least pause after it.

A writer that finds SQLite's file locked tries again after 1, 2, 5, 10 ms. So it writes at most 18 ms after
its first try.
"""


def in_slices(engine: Engine, limit: int, step: Callable[[Transaction], int]) -> int:
    """Call `step` until it changes fewer than `limit` rows; return how many it changed in all.

    Other writers get their chance between two transactions. The time is checked after each step, so that a
    slow disk or a busy machine gives fewer steps per transaction, not longer ones.
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


def cancel_many(queue: Queue, grace: Duration, *, batch: str | None = None) -> int:
    """Return how many jobs of `batch`, or of the whole queue, were canceled or asked to stop.

    Jobs that start between two slices are stopped. Jobs that wait for others are canceled first, or they
    might begin.
    """
    grace_s, engine = seconds(grace, "grace"), queue.database
    chosen = {"queue": queue.name, "batch": batch}

    def cancel_some(statement: str, run: Transaction) -> int:
        rows = run(statement, **chosen, limit=_SLICE_ROWS)
        settle(run, Status.CANCELED, *(job_id for (job_id,) in rows))
        return len(rows)

    statements = [engine.CANCEL_BATCH]
    if batch is None:
        statements = [engine.CANCEL_DEFERRED, engine.CANCEL_WAITING]
    canceled = sum(
        in_slices(engine, _SLICE_ROWS, partial(cancel_some, statement)) for statement in statements
    )
    asked = engine.write(engine.ASK_MANY_TO_STOP, **chosen, grace_s=grace_s)
    stop_without_workers(engine, asked)
    return canceled + len(asked)


def retry_failed(
    queue: Queue, task: str | None = None, reason: str | None = None, batch: str | None = None
) -> list[Job]:
    """Return the failed jobs, of one task, reason or batch if asked, that are queued again.

    A job with an active twin or a failed dependency stays failed. If a call was killed, some are queued,
    and the next call continues.
    """
    engine, code = queue.database, queue.code()
    kinds = {"task": task, "module": module_pattern(task), "reason": reason, "batch": batch}
    rows = engine.read(engine.FAILED, queue=queue.name, **kinds)
    chosen = [job_id for (job_id,) in rows]
    left = iter(chosen)  # dependencies first, so that their dependents wait again at once
    queued: set[str] = set()

    def step(run: Transaction) -> int:
        some = list(islice(left, _REOPENED_ROWS))
        queued.update(one for one in reopen(run, some, code) if is_open(run, one))
        return len(some)

    in_slices(engine, _REOPENED_ROWS, step)
    return [Job(queue, job_id) for job_id in reversed(chosen) if job_id in queued]
