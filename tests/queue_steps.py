"""A worker's steps, taken by the test itself."""

import time

from drawscape.jobs import default_queue, enqueue_background_job, enqueue_many
from drawscape.queue.acknowledgement import acknowledge
from drawscape.queue.claim import ClaimRequest, Outcome
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.retention import DAY_S

LEASE = (
    "insert into job_worker (id, host, pid, slots, queue, lanes, version, started_at, renewed_at, lease_s, "
    "server_at) values (:id, 'here', 1, 1, 'background', '', '', 0, 'infinity', 60, "
    "pg_postmaster_start_time())"
)
TASK = "sampletasks.nothing"
MANY = 3000
"""Jobs that one may well look at in slices."""
CLAIMANT = ClaimRequest("background", "worker")


def claim(engine, queue="background", worker="worker", pid=None, *lanes):
    return engine.claim(ClaimRequest(queue, worker, pid, lanes))


def enqueue(task, *args, **options):
    """Queue a task of `sample_tasks.py`."""
    return enqueue_background_job(f"sampletasks.{task}", *args, **options)


def queued(**options):
    return enqueue("nothing", **options)


def take(*lanes):
    found = default_queue().database.claim(CLAIMANT._replace(lanes=lanes))
    assert found is not None
    return found


def end(held, status="finished", reason=None):
    accepted, _ = acknowledge(default_queue().database, held, Outcome(status, reason))
    assert accepted


def run(job, status="finished", reason=None):
    held = take()
    assert held.id == job.id
    end(held, status, reason)


def let_claim(url, *workers, is_alive=True):
    """Let a test claim as these, without a process: their leases on Postgres have no end, or have ended."""
    engine = open_engine(url)
    for worker in workers:
        engine.write("delete from job_worker where id = :id", id=worker)
        if is_alive:
            engine.write(LEASE, id=worker)
    engine.close()


def ended_jobs(count=MANY, days_ago=40):
    """Queue jobs and let them have ended, one in ten failed."""
    batch = enqueue_many(TASK, [{}] * count)
    with default_queue().database.transaction() as run:
        run(
            "update job set status = case when seq % 10 > 0 then 'finished' else 'failed' end, attempts = 1, "
            "started_at = :then, ended_at = :then + seq * 0.001 where batch = :batch",
            then=time.time() - days_ago * DAY_S,
            batch=batch.id,
        )
    return [job.id for job in batch.jobs]
