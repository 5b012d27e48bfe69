"""Batches: walking through a large one, canceling, what follows and what depends on one."""

import itertools
import random

import pytest
from queue_steps import TASK, end, queued, run, take

from drawscape import errors
from drawscape.job_manager import default_queue, delete_job, enqueue_many
from drawscape.queue.store import cancel

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]


def overtaking(jobs):
    """As eight slots may end them: each but the first, which is slow, a few places from its turn."""
    dice = random.Random(0)
    places = {job: place + dice.uniform(0, 8) for place, job in enumerate(jobs)}
    return [*sorted(jobs[1:], key=places.__getitem__), jobs[0]]


def walk(batch):
    """Return a walk in which each look finds one more job ended, and what it takes in SQLite's steps."""
    database = default_queue().database
    other = database.another()
    steps = itertools.count()
    ends = iter(overtaking(batch.jobs))
    cancel(other, next(ends).id)
    seen = []
    database.connection.set_progress_handler(lambda: next(steps) < 0, 100)
    for job in batch.as_completed(timeout=60):
        seen.append(job)
        if len(seen) < len(batch):
            cancel(other, next(ends).id)
    database.connection.set_progress_handler(None, 0)
    other.close()
    return seen, next(steps)


@pytest.mark.sqlite
@pytest.mark.slow
def test_the_walk_through_a_batch_takes_time_in_proportion_to_its_length():
    batches = [enqueue_many(TASK, [{}] * size) for size in (100, 200)]
    (first, few), (second, many) = map(walk, batches)
    assert [first, second] == [overtaking(batch.jobs) for batch in batches]
    assert many < 2.5 * few


def test_a_walk_passes_over_many_jobs_that_end_late_or_were_removed():
    batch = enqueue_many(TASK, [{}] * 400)
    jobs = batch.jobs
    for job in jobs[::2]:
        job.cancel()
    for job in jobs[::4]:
        delete_job(job.id)
    seen = []
    for job in batch.as_completed(timeout=60):
        seen.append(job)
        if len(seen) == 100:
            batch.cancel()
    assert seen[:100] == jobs[2::4]
    assert seen[100:] == jobs[1::2]


def test_a_batch_whose_jobs_were_removed_has_ended():
    batch = enqueue_many(TASK, [{}] * 3)
    batch.cancel()
    delete_job(batch.jobs[0].id)
    assert batch.ended
    assert batch.progress == 1
    assert len(list(batch.as_completed(timeout=60))) == 2
    with pytest.raises(errors.JobFailed, match="2 of 3"):
        batch.wait(60)


def test_what_follows_an_empty_batch_runs_at_once():
    batch = enqueue_many(TASK, [], then=TASK)
    assert batch.following.status == "queued"
    assert batch.ended
    assert batch.wait(60) == list(batch) == []


def batch_of(bads, goods, **then_kwargs):
    batch = enqueue_many(TASK, [{}] * (bads + goods), then=TASK, then_kwargs=then_kwargs)
    for number in range(bads + goods):
        end(take(), *(("failed", "exception") if number < bads else ()))
    return batch, batch.following


def test_a_retried_batch_holds_what_follows_until_it_has_finished_again():
    batch, follower = batch_of(1, 2, job_run_anyway=False)
    assert follower.reason == "dependency"
    assert batch.retry() == batch.jobs[:1]
    assert follower.status == "deferred"
    run(batch.jobs[0])
    assert follower.status == "queued"


def test_the_failed_jobs_of_a_batch_count_when_they_are_gone():
    batch = enqueue_many(TASK, [{}] * 2, then=TASK, then_kwargs={"job_run_anyway": False})
    end(take(), "failed", "exception")
    batch.jobs[0].delete()
    end(take())
    assert batch.following.reason == "dependency"


def test_depending_on_a_batch_that_ended_with_failures_fails():
    batch, _ = batch_of(1, 1)
    assert queued(job_depends_on=batch).reason == "dependency"
    assert queued(job_depends_on=batch, job_run_anyway=True).status == "queued"


def test_a_batch_is_not_over_while_one_of_its_jobs_waits_for_another_try():
    batch = enqueue_many(TASK, [{}] * 2, then=TASK, job_retries=1, job_retry_delay=60)
    end(take(), "failed", "exception")
    end(take())
    assert [job.status for job in batch.jobs] == ["scheduled", "finished"]
    assert not batch.ended
    assert batch.following.status == "deferred"


def test_a_batch_is_not_given_options_for_single_jobs():
    for option in ("job_on_success", "job_depends_on"):
        with pytest.raises(errors.JobOptionError, match=option):
            enqueue_many(TASK, [{}], **{option: TASK})
