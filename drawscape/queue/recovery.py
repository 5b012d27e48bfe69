"""What any worker does for all: jobs that come due, that are overdue, or whose worker died."""

from collections.abc import Callable

from drawscape import clock
from drawscape.queue.acknowledgement import NOT_RECOVERED, warn
from drawscape.queue.dependencies import place, settle
from drawscape.queue.engines.engine import Engine
from drawscape.queue.status import Reason

MAX_RECOVERIES = 3
"""A job may be held by three workers that die; the fourth time it is taken for the killer."""

_LOST = (
    f"its worker died while it ran, {MAX_RECOVERIES + 1} times in a row; "
    "it may be what kills them. Retry it when the cause is known"
)


def promote_due(engine: Engine, queue: str) -> int:
    """Return how many scheduled jobs came due and are queued now."""
    return len(engine.write(engine.PROMOTE, queue=queue))


def next_due_s(engine: Engine, queue: str) -> float | None:
    """Return the seconds until the next scheduled job comes due, None without one."""
    rows = engine.read(engine.NEXT_DUE, queue=queue)
    return max(0.0, rows[0][0] - clock.now()) if rows else None


def cancel_overdue(engine: Engine) -> None:
    """Cancel the jobs that did not start within their `job_ttl`; their `job_on_failure` runs."""
    while rows := engine.read(engine.OVERDUE):
        with engine.transaction() as run:
            for (job_id,) in rows:
                if run(run.EXPIRE, id=job_id):
                    settle(run, Reason.EXPIRED, job_id)


def recover(engine: Engine, kill: Callable[[str], object] = lambda _: None) -> list[str]:
    """Return the ids of the jobs that were taken from dead workers and given back, stopped or lost.

    `kill(worker)` is called first, so that the next run meets no process of the last one.
    """
    recovered: list[str] = []
    for (worker,) in engine.read(engine.HOLDERS):
        if engine.workers.is_dead(worker):
            if worker:
                kill(worker)
            recovered += _recover_from(engine, worker)
    return recovered


def _recover_from(engine: Engine, worker: str | None) -> list[str]:
    found = []
    with engine.transaction() as run:
        for job_id, recoveries, may_recover, stop_grace_s in run(run.HELD_BY, worker=worker):
            if stop_grace_s is not None:
                status, reason, error = "stopped", None, "stopped on request; its worker had died"
            elif not may_recover:
                status, reason, error = "failed", "lost", NOT_RECOVERED
            elif recoveries >= MAX_RECOVERIES:
                status, reason, error = "failed", "lost", _LOST
            else:
                status, reason, error = "queued", None, None
            values = {"status": status, "reason": reason, "error": error}
            run(run.RECOVER, **values, id=job_id, worker=worker)
            if status == "queued":
                place(run, job_id)
            else:
                settle(run, status, job_id)
            warn("job=%s event=recovered from=%s status=%s", job_id, worker, status)
            found.append(job_id)
    return found
