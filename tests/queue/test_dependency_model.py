"""Dependencies under every verb, in any order: no job may begin before what it needs has ended as it must."""

import random

import pytest
from queue_steps import TASK, acknowledge, claim
from support import rounds

from drawscape.errors import JobStateError
from drawscape.jobs import (
    Job,
    Keep,
    cancel_all,
    check_queue,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    get_batch,
    prune_jobs,
    retry_failed_jobs,
)
from drawscape.queue.row import Claim, Outcome

STEPS = rounds(1_500, 100_000)
LIFE = 250
"""Steps of one world: it begins empty, and few jobs meet often."""

ENDED = ("finished", "failed", "stopped", "canceled")


class World:
    """Jobs by id with what each needs, and whether it runs however that ends."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.needs: dict[str, tuple[list[str], bool]] = {}
        self.batches: list[str] = []
        self.held: list[Claim] = []
        self.calls = [
            *[self.enqueue] * 6, *[self.begin] * 6, *[self.end] * 6, *[self.again] * 4, *[self.cancel] * 2,
            self.again_any, self.batch, self.again_batch, self.again_all, self.delete, self.prune,
            self.stop_all,
        ]  # fmt: skip

    def step(self):
        """Take one step, and return what it was."""
        call = self.random.choice(self.calls)
        call()
        self.check(call.__name__)
        return call.__name__

    def standing(self):
        """Return the status of each job, and those of each batch's jobs."""
        rows = default_queue().database.read("select id, status, batch from job")
        batches: dict[str, set[str]] = {}
        for _, status, batch in rows:
            if batch is not None:
                batches.setdefault(batch, set()).add(status)
        return {job_id: status for job_id, status, _ in rows}, batches

    def job(self, *among):
        """Return any job, or one of those statuses."""
        jobs = [one for one, status in self.standing()[0].items() if not among or status in among]
        return Job(default_queue(), self.random.choice(sorted(jobs))) if jobs else None

    def enqueue(self):
        jobs, batches = self.standing()
        there = sorted(jobs)[-6:] + [batch for batch in self.batches if batch in batches][-1:]
        needed = self.random.sample(there, min(len(there), self.random.choice([0, 1, 2, 2, 2, 3])))
        anyway = self.random.random() < 0.5
        callback = self.random.choice([{}, {}, {"job_on_success": "sampletasks.echo"}])
        job = enqueue_background_job(
            TASK, job_depends_on=needed, job_run_anyway=anyway, **(callback if not needed else {})
        )
        self.needs[job.id] = (needed, anyway)

    def batch(self):
        batch = enqueue_many(TASK, [{}] * 2, then=TASK)
        self.batches.append(batch.id)
        self.needs[batch.following.id] = ([batch.id], True)

    def begin(self):
        if (found := claim(default_queue().database)) is not None:
            self.held.append(found)

    def end(self):
        if self.held:
            held = self.held.pop(self.random.randrange(len(self.held)))
            status = self.random.choice(["finished", "finished", "failed"])
            reason = "exception" if status == "failed" else None
            assert acknowledge(default_queue().database, held, Outcome(status, reason))[0]

    def again(self):
        self.tried(Job.retry, "failed", "canceled")

    def again_any(self):
        self.tried(Job.requeue)

    def again_all(self):
        retry_failed_jobs()

    def again_batch(self):
        batches = self.standing()[1]
        if there := [batch for batch in self.batches if batch in batches]:
            get_batch(self.random.choice(there)).retry()

    def cancel(self):
        if (job := self.job("queued", "deferred")) is not None:
            job.cancel()

    def stop_all(self):
        if not self.held:
            cancel_all()

    def delete(self):
        self.tried(Job.delete)

    def prune(self):
        prune_jobs(Keep(count=8, spared_s=0))

    def tried(self, verb, *among):
        if (job := self.job(*among)) is not None:
            try:
                verb(job)
            except JobStateError:
                return

    def check(self, what):
        """Each job that may begin has what it needs, and each that waits needs something that is open."""
        assert check_queue() == [], what
        jobs, batches = self.standing()
        for job_id, (needed, anyway) in self.needs.items():
            found = [{jobs[one]} if one in jobs else batches.get(one, set()) for one in needed]
            open_ones = [states for states in found if states - set(ENDED)]
            status = jobs.get(job_id, "removed")
            if status in ("queued", "scheduled"):
                assert not open_ones, f"{what}: {job_id} may begin before {needed} have ended"
                bad = [states for states in found if states - {"finished"}]
                assert anyway or not bad, (
                    f"{what}: {job_id} may begin though {needed} did not finish"
                )
            if status == "deferred":
                assert open_ones, f"{what}: {job_id} waits in vain for {needed}"


@pytest.mark.both_engines
@pytest.mark.slow
def test_no_verb_lets_a_job_begin_too_early_or_wait_in_vain(home, engine, request):
    request.getfixturevalue("claimant")
    database = default_queue().database
    if not database.is_server:
        database.read("pragma synchronous = off")  # no power is lost here
    for seed in range(STEPS // LIFE if engine == "sqlite" else 2):
        world = World(seed)
        for table in ("job", "job_dependency", "job_batch"):
            database.write(f"delete from {table}")
        steps = []
        try:
            for _ in range(LIFE):
                steps.append(world.step())
        except AssertionError as error:
            pytest.fail(f"seed {seed}, step {len(steps)}: {error}")
