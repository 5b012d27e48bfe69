"""A job waits for others, under every verb."""

import random
import time

import pytest
from queue_steps import TASK, acknowledge, claim, end, queued, run, take
from support import rounds

from drawscape import errors
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
    get_job,
    list_jobs,
    prune_jobs,
    retry_failed_jobs,
)
from drawscape.queue.row import Outcome
from drawscape.queue.store import MAX_RECOVERIES, promote_due, recover

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]


def runnable():
    return [job.id for job in reversed(list_jobs("queued", limit=None))]


def failed(**options):
    job = queued(**options)
    run(job, "failed", "exception")
    return job


def finished(**options):
    job = queued(**options)
    run(job)
    return job


def canceled(**options):
    job = queued(**options)
    job.cancel()
    return job


def stopped(**options):
    job = queued(**options)
    run(job, "stopped")
    return job


CAUSES = {"failed": failed, "canceled": canceled, "stopped": stopped, "finished": finished}
AGAIN = {
    "retry": Job.retry,
    "requeue": Job.requeue,
    "retry_failed_jobs": lambda _job: retry_failed_jobs(),
}


@pytest.mark.parametrize("verb", AGAIN)
@pytest.mark.parametrize("cause", ["failed", "canceled", "stopped"])
def test_running_a_cause_again_wakes_what_failed_for_it(cause, verb):
    draw = CAUSES[cause]()
    plot = queued(job_depends_on=draw)
    mail = queued(job_depends_on=plot)
    assert [job.reason for job in (plot, mail)] == ["dependency"] * 2
    if verb == "retry_failed_jobs" and cause != "failed":
        assert retry_failed_jobs() == []  # its own failure is no failed job's
        return
    AGAIN[verb](draw)
    assert [job.status for job in (draw, plot, mail)] == ["queued", "deferred", "deferred"]
    for job in (draw, plot, mail):
        assert runnable() == [job.id]
        run(job)
    assert mail.status == "finished"


@pytest.mark.parametrize("cause", CAUSES)
def test_a_dependent_alone_is_queued_again_only_after_a_cause_that_finished(cause):
    draw = CAUSES[cause]()
    plot = queued(job_depends_on=draw)
    if cause == "finished":
        plot.cancel()
        plot.retry()
        assert plot.status == "queued"
        return
    for verb in (plot.retry, plot.requeue):
        with pytest.raises(errors.JobStateError, match=f"depends on {draw.id}"):
            verb()
    assert (plot.status, plot.reason) == ("failed", "dependency")


@pytest.mark.parametrize("verb", [Job.retry, Job.requeue])
def test_what_is_queued_again_has_nothing_of_its_last_run_but_what_counts(verb):
    job = queued(job_result_ttl=100)
    held = take()
    set_ = "progress = 0.5, message = 'half', stop_grace_s = 0, recoveries = 2"
    database = default_queue().database
    database.write(f"update job set {set_} where id = :id", id=job.id)
    outcome = Outcome("stopped", "exception", b"result", "error", {"stack": "here"})
    assert acknowledge(database, held, outcome)[0]
    verb(job)
    columns = (
        "reason, error, detail, result, message, started_at, ended_at, expires_at, worker, stop_grace_s, "
        "progress, recoveries, attempts"
    )
    (row,) = database.read(f"select {columns} from job where id = :id", id=job.id)
    assert [*row] == [*[None] * 10, 0, 0, 1]


def test_what_has_run_or_runs_is_left_alone_when_its_cause_is_queued_again():
    draw = finished()
    done, runs = finished(job_depends_on=draw), queued(job_depends_on=draw)
    held = take()
    draw.requeue()
    assert [job.status for job in (done, runs)] == ["finished", "started"]
    end(held)
    done.requeue()
    assert done.status == "deferred"


def test_a_retry_of_all_failures_that_leaves_one_cause_leaves_its_dependents():
    gone = failed()
    plot, other = queued(job_depends_on=gone), failed()
    gone.delete()
    assert retry_failed_jobs() == [other]
    assert (plot.status, plot.reason) == ("failed", "dependency")


def test_a_cause_is_not_deleted_or_pruned_while_a_dependent_has_not_ended():
    draw = finished()
    plot = queued(job_depends_on=draw)
    with pytest.raises(errors.JobStateError, match=plot.id):
        draw.delete()
    assert prune_jobs(Keep(finished_s=0)) == 0
    run(plot)
    assert prune_jobs(Keep(finished_s=0)) == 2


def test_a_dependent_whose_finished_cause_is_gone_can_be_queued_again():
    draw = finished()
    plot = finished(job_depends_on=draw)
    draw.delete()
    plot.requeue()
    assert plot.status == "queued"


def test_a_cause_that_failed_at_last_and_went_does_not_count_as_finished():
    draw = finished()
    plot = finished(job_depends_on=draw)
    draw.requeue()
    run(draw, "failed", "exception")
    draw.delete()
    with pytest.raises(errors.JobStateError, match=draw.id):
        plot.requeue()


def test_a_job_whose_cause_failed_while_it_ran_is_not_queued_again_before_that():
    draw = finished()
    plot = queued(job_depends_on=draw)
    held = take()
    draw.requeue()
    run(draw, "failed", "exception")
    end(held, "failed", "exception")
    with pytest.raises(errors.JobStateError, match=f"depends on {draw.id}"):
        plot.retry()
    assert retry_failed_jobs() == [plot, draw]


def test_those_that_depend_on_a_lost_job_fail_with_it_and_wake_with_it(claimant):
    draw = queued()
    plot = queued(job_depends_on=draw)
    database = default_queue().database
    for _ in range(MAX_RECOVERIES + 1):
        claim(database)
        database.write("update job set worker = null")
        assert recover(database) == [draw.id]
    assert draw.reason == "lost"
    assert plot.reason == "dependency"
    draw.retry()
    assert plot.status == "deferred"


def test_a_released_dependent_keeps_its_own_delay():
    draw = queued()
    plot = queued(job_depends_on=draw, job_delay=60)
    run(draw)
    assert plot.status == "scheduled"
    assert promote_due(default_queue().database, "background") == 0
    due = plot.refresh().due_at
    assert due is not None
    assert 50 < due.timestamp() - time.time() <= 60


def callbacks(job):
    """Return what runs after success and what after failure, which are queued with the job."""
    after = [one for one in list_jobs(limit=None) if one.id != job.id]
    return after[1], after[0]


def test_a_success_runs_one_callback_and_cancels_the_other():
    job = queued(job_on_success="sampletasks.echo", job_on_failure="sampletasks.echo")
    success, failure = callbacks(job)
    assert [one.status for one in (success, failure)] == ["deferred"] * 2
    run(job)
    assert (success.status, failure.status) == ("queued", "canceled")


def test_a_failure_runs_the_other_and_a_retry_turns_both_back():
    job = queued(job_on_success="sampletasks.echo", job_on_failure="sampletasks.echo")
    success, failure = callbacks(job)
    run(job, "failed", "exception")
    assert (success.status, failure.status) == ("canceled", "queued")
    job.retry()
    assert [one.status for one in (success, failure)] == ["deferred"] * 2
    run(job)
    assert (success.status, failure.status) == ("queued", "canceled")


def test_a_callback_gets_the_jobs_id(start_consumer):
    start_consumer()
    job = queued(job_on_success="sampletasks.echo")
    job.wait(60)
    (callback,) = [one for one in list_jobs(limit=None) if one.id != job.id]
    assert get_job(callback.id).wait(60) == job.id


def test_a_job_that_is_canceled_or_stopped_has_not_failed():
    job = queued(job_on_failure="sampletasks.echo")
    (failure,) = (one for one in list_jobs() if one.id != job.id)
    job.cancel()
    assert failure.status == "canceled"


def test_a_job_that_fails_again_after_a_retry_runs_its_callback_again():
    job = queued(job_on_failure="sampletasks.echo")
    (failure,) = (one for one in list_jobs() if one.id != job.id)
    for _ in range(2):
        run(job, "failed", "exception")
        run(failure)
        job.retry()
        assert failure.status == "deferred"


STEPS = rounds(1_500, 100_000)
LIFE = 250
"""Steps of one world: it begins empty, and few jobs meet often."""

ENDED = ("finished", "failed", "stopped", "canceled")


class World:
    """Jobs by id with what each needs, and whether it runs however that ends."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.needs = {}
        self.batches = []
        self.held = []
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
        batches = {}
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
