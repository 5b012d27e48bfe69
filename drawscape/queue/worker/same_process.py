"""Jobs run in the caller's own process, without a worker: what `synchronous_jobs()` uses."""

import os
import time
from typing import Any

from drawscape import clock
from drawscape.queue.acknowledgement import acknowledge
from drawscape.queue.claim import Claim, Outcome
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.job_id import new_id
from drawscape.queue.job_queue import Queue
from drawscape.queue.snapshot import parsed
from drawscape.queue.worker.job_context import RunningJob, current_job, set_current
from drawscape.queue.worker.task_caller import ChildSettings, TaskCaller


def run_here(queue: Queue, job_ids: list[str], until: float) -> bool:
    """Run these jobs, and what follows from them, in this process, one after another, without a worker.

    State that a job changes is not restored, and nothing can kill the job. Returns False when that took
    longer than `until` (monotonic seconds).
    """
    engine = queue.database
    settings = ChildSettings(
        os.fspath(queue.home), queue.codec.key, queue.task_modules, engine.target
    )
    caller, here, pid = TaskCaller(settings), new_id(), os.getpid()
    engine.workers.announce(WorkerInfo(here, pid, 1, queue.name, clock.now()), lambda _: True)
    known, ran = [*job_ids], True
    try:
        while ran:  # what waits for one that comes later, and what is tried again, has another turn
            ran = False
            for job_id in known:
                if rows := engine.write(engine.CLAIM_ONE, id=job_id, worker=here, pid=pid):
                    ran = True
                    held = Claim(*rows[0])
                    acknowledge(engine, [(held, _run_one(queue, caller, held))])
                    known += [row[0] for row in engine.read(engine.DEPENDENTS, needed=job_id)]
                    if time.monotonic() > until:
                        return False
        return True
    finally:
        engine.workers.retire(here)


def _run_one(queue: Queue, caller: TaskCaller, held: Claim) -> Outcome:
    engine = queue.database

    def report(changes: dict[str, Any]) -> None:
        engine.write(engine.PROGRESS, **{"message": None, "meta": None, **changes, **held.key})

    job = RunningJob(held.id, parsed(held.meta), report)
    call = caller.prepare(held.id, held.task, held.payload)
    outer = current_job()  # the one that has queued this one
    set_current(job)
    try:
        outcome = caller.run(held.id, held.task, call)
        job.close(with_preview=False)
    finally:
        set_current(outer)
    return outcome
