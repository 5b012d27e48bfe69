"""How a claim ends: its worker acknowledges or releases it, or dies, and others recover the job.

Each move is one committed transaction, and a job's row is the queue entry.
"""

from collections.abc import Callable

from drawscape import clock
from drawscape.durations import LONGEST_S
from drawscape.failpoints import failpoint
from drawscape.queue.claim import Claim, ClaimRequest, Outcome
from drawscape.queue.dependencies import place, settle
from drawscape.queue.engines.engine import Engine, Transaction
from drawscape.queue.snapshot import Reason, Status

NOT_RECOVERED = (
    "its worker ended while it ran, and job_recover=False keeps it from running a second time"
)


def acknowledge(
    engine: Engine, held: Claim, outcome: Outcome, request: ClaimRequest | None = None
) -> tuple[bool, Claim | None]:
    """Return whether the outcome was accepted, and the next claim if there is a `request` (not on a server).

    Both are one transaction: no next job begins before the end is committed. On a server, an end that
    nothing waits for is one statement.
    """
    following = None
    accepted = not outcome.may_be_retried and engine.end(held, outcome)
    if not accepted:
        with engine.transaction() as run:
            accepted = _write_outcome(run, held, outcome)
            if request is not None:
                following = engine.claim_in(run, request)
            failpoint("ack.before_commit")
    failpoint("ack.after_commit")
    return accepted, following


def _write_outcome(run: Transaction, held: Claim, outcome: Outcome) -> bool:
    """Return whether the outcome was accepted, in an exclusive transaction."""
    values = {**outcome.columns, **held.key}
    if outcome.may_be_retried and run(run.RETRY, **values, longest_s=LONGEST_S):
        place(run, held.id)
        return True
    rows = run(run.ACKNOWLEDGE, **values)
    if rows and rows[0][0]:  # some job waits for another, perhaps for this one
        settle(run, outcome.status, held.id)
    return bool(rows)


def give_back(engine: Engine, held: Claim, *, begun: bool = True) -> bool:
    """Return whether the job was still held, and went back to the queue, as if it had not been claimed.

    No recovery is counted, and no attempt if it had not `begun`: the job is not to blame. A job asked to stop
    meanwhile is stopped. A job that has begun and must not run twice is lost.
    """
    with engine.transaction() as run:
        if begun and run(run.LOSE, **held.key, error=NOT_RECOVERED):
            settle(run, Status.FAILED, held.id)
            return True
        rows = run(run.GIVE_BACK, **held.key, unbegun=int(not begun))
        if rows and rows[0][0] == Status.STOPPED:
            settle(run, Status.STOPPED, held.id)
        elif rows:
            place(run, held.id)
    return bool(rows)


MAX_RECOVERIES = 3
"""Three workers may die while they hold a job; the fourth time, the job counts as the cause."""

_LOST = (
    f"its worker died while it ran, {MAX_RECOVERIES + 1} times in a row; "
    "it may be what kills them. Retry it when the cause is known"
)


def promote_due(engine: Engine, queue: str) -> int:
    """Queue the scheduled jobs that are due; return how many there were."""
    return len(engine.write(engine.PROMOTE, queue=queue))


def next_due_s(engine: Engine, queue: str) -> float | None:
    """Return the seconds until the next scheduled job comes due, None without one."""
    due_at = engine.value(engine.NEXT_DUE, queue=queue)
    return None if due_at is None else max(0.0, due_at - clock.now())


def cancel_overdue(engine: Engine) -> None:
    """Cancel the jobs that did not start within their `job_ttl`; their `job_on_failure` runs."""
    while rows := engine.read(engine.OVERDUE):
        with engine.transaction() as run:
            for (job_id,) in rows:
                if run(run.EXPIRE, id=job_id):
                    settle(run, Reason.EXPIRED, job_id)


def recover(engine: Engine, kill: Callable[[str], object] = lambda _: None) -> list[str]:
    """Take jobs from dead workers and requeue, stop or lose them; return their ids.

    `kill(worker)` is called first, so that no process of the last run is left.
    """
    recovered = []
    for (worker,) in engine.read(engine.HOLDERS):
        if engine.workers.is_dead(worker):
            if worker:
                kill(worker)
            recovered += _recover_from(engine, worker)
    return recovered


def _recover_from(engine: Engine, worker: str | None) -> list[str]:
    import logging  # callers never recover a job, and do not need it

    found, log = [], logging.getLogger("huey.drawscape")
    with engine.transaction() as run:
        for job_id, recoveries, may_recover, stop_grace_s in run(run.HELD_BY, worker=worker):
            status, error = "queued", None
            if stop_grace_s is not None:
                status, error = "stopped", "stopped on request; its worker had died"
            elif not may_recover or recoveries >= MAX_RECOVERIES:
                status, error = "failed", _LOST if may_recover else NOT_RECOVERED
            run(run.RECOVER, status=status, error=error, id=job_id, worker=worker)
            if status == "queued":
                place(run, job_id)
            else:
                settle(run, status, job_id)
            log.warning("job=%s event=recovered from=%s status=%s", job_id, worker, status)
            found.append(job_id)
    return found
