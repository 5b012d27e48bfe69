"""Options of jobs at work: order, delay, retries, dependencies, keeping."""

import dataclasses
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import wait_until

from drawscape import errors
from drawscape.job_manager import (
    Job,
    default_queue,
    enqueue_background_job,
)

pytestmark = [pytest.mark.usefixtures("worked_home"), pytest.mark.both_engines]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "trace")


def test_higher_priorities_run_first_and_equals_in_order(home, start_consumer, path):
    for text, priority in (("a", 0), ("b", 5), ("c", 5), ("d", -1), ("e", 10)):
        enqueue_background_job("sampletasks.append", path, text, job_priority=priority)
    last = enqueue_background_job("sampletasks.append", path, "z", job_priority=-2)
    start_consumer("-w", "1")
    last.wait(60)
    assert Path(path).read_text().split() == ["e", "b", "c", "a", "d", "z"]


def test_a_delayed_job_waits_and_then_starts_within_milliseconds():
    began = time.time()
    job = enqueue_background_job("sampletasks.nothing", job_delay=0.5)
    assert job.status == "scheduled"
    assert "scheduled for" in job.explain()
    job.wait(60)
    assert job.started_at.timestamp() - began >= 0.5


def test_a_job_may_be_set_for_a_moment():
    at = datetime.now(UTC) + timedelta(seconds=0.4)
    job = enqueue_background_job("sampletasks.nothing", job_at=at)
    job.wait(60)
    assert job.started_at >= at


def test_a_job_between_two_tries_explains_itself(path):
    job = enqueue_background_job("sampletasks.flaky", path, 9, job_retries=1, job_retry_delay=60)
    wait_until(lambda: job.status == "scheduled")
    assert "try 1" in job.explain()
    assert "tried again" in job.explain()
    assert job.cancel()
    assert "It ran for" not in job.explain()


def test_when_the_retries_are_used_up_the_job_has_failed(path):
    job = enqueue_background_job("sampletasks.flaky", path, 9, job_retries=2)
    with pytest.raises(errors.JobFailed, match="try 3"):
        job.wait(60)
    assert job.refresh().attempts == 3


def test_an_error_that_says_it_is_permanent_is_not_tried_again(path):
    job = enqueue_background_job("sampletasks.fail_for_good", path, job_retries=5)
    with pytest.raises(errors.JobFailed, match="for good"):
        job.wait(60)
    assert job.refresh().attempts == 1


def test_a_crash_is_not_tried_again_by_itself():
    job = enqueue_background_job("sampletasks.leave", job_retries=5)
    with pytest.raises(errors.JobFailed):
        job.wait(60)
    assert job.refresh().attempts == 1


def test_a_dependent_waits_for_all_that_it_needs(path):
    needed = [enqueue_background_job("sampletasks.append", path, str(i), 0.2) for i in range(2)]
    job = enqueue_background_job("sampletasks.append", path, "last", job_depends_on=needed)
    assert job.status == "deferred"
    assert needed[0].id in job.explain()
    job.wait(60)
    assert Path(path).read_text().split()[-1] == "last"
    assert job.started_at >= max(other.ended_at for other in needed)


def test_a_job_of_another_queue_in_the_file_stays_where_it_is(home, start_consumer):
    other = dataclasses.replace(default_queue(), name="other")
    other_id = other.enqueue("sampletasks.nothing", (), {"job_delay": 0.05})
    start_consumer()
    enqueue_background_job("sampletasks.nothing", job_delay=0.3).wait(60)
    assert Job(other, other_id).status == "scheduled"


def test_an_unknown_dependency_is_refused():
    with pytest.raises(errors.JobNotFoundError, match="nobody"):
        enqueue_background_job("sampletasks.nothing", job_depends_on="nobody")


def test_meta_and_description_stay_with_the_job():
    job = enqueue_background_job(
        "sampletasks.nothing", job_meta={"customer": 7}, job_description="a poster"
    )
    job.wait(60)
    assert job.meta == {"customer": 7}
    assert job.description == "a poster"
