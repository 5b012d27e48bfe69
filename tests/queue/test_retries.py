"""When a job that failed is tried again."""

import pytest
from queue_steps import TASK, end, take

from drawscape.jobs import default_queue, enqueue_background_job, enqueue_many

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]


def test_each_retry_has_its_own_interval():
    job = enqueue_background_job(TASK, job_retry_delay=[0, "1m", 3600])
    assert job.refresh().retries == 3
    database = default_queue().database
    waits = []
    for _ in range(3):
        end(take(), "failed", "exception")
        row = job.refresh()
        waits.append(0 if row.due_at is None else row.due_at.timestamp() - held_at(job))
        database.write("update job set status = 'queued', due_at = null")
    assert [wait_s // 20 * 20 for wait_s in waits] == [0, 60, 3600]
    end(take(), "failed", "exception")
    assert job.status == "failed"


def held_at(job):
    return job.started_at.timestamp()


def test_the_delay_of_retries_grows_by_the_factor():
    job = enqueue_background_job(TASK, job_retries=3, job_retry_delay=10, job_retry_backoff=3)
    batch = enqueue_many(TASK, [{}], job_retries=3, job_retry_delay=10, job_retry_backoff=3)
    database = default_queue().database
    for wanted in (10, 30, 90):
        for one in (job, batch.jobs[0]):
            end(take(), "failed", "exception")
            wait_s = one.refresh().due_at.timestamp() - held_at(one)
            assert wanted <= wait_s < wanted + 5
        database.write("update job set status = 'queued', due_at = null")


def test_a_job_that_was_asked_to_stop_is_not_tried_again_when_it_fails_by_itself_just_then():
    job = enqueue_background_job(TASK, job_retries=2)
    claim = take()
    # As a living worker finds it; that of a worker that has died ends at once.
    default_queue().database.write("update job set stop_grace_s = 10")
    end(claim, "failed", "exception")
    assert (job.status, job.refresh().retries) == ("failed", 2)
