"""Callbacks: one job for success, one for failure, queued with the job that they follow."""

import pytest
from queue_steps import queued, run

from drawscape.jobs import get_job, list_jobs

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]


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
