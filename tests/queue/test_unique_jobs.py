"""Unique jobs: one of a kind is open at a time, and the newest may take its place."""

import numpy as np
import pytest

from drawscape import errors
from drawscape.job_manager import enqueue_background_job, retry_failed_jobs

pytestmark = [pytest.mark.usefixtures("home"), pytest.mark.both_engines]


def test_a_unique_job_is_returned_while_it_is_active():
    first = enqueue_background_job("sampletasks.add", 1, b=2, job_unique=True)
    assert enqueue_background_job("sampletasks.add", 1, b=2, job_unique=True) == first
    assert enqueue_background_job("sampletasks.add", 1, b=3, job_unique=True) != first
    keyed = enqueue_background_job("sampletasks.add", 1, job_unique="key")
    assert enqueue_background_job("sampletasks.nothing", job_unique="key") == keyed
    keyed.cancel()
    assert enqueue_background_job("sampletasks.nothing", job_unique="key") != keyed


def test_uniqueness_looks_at_the_whole_of_each_argument():
    array = np.zeros(100_000)
    other = array.copy()
    other[50_000] = 1.0  # in the middle, which `repr` leaves out
    first, same, different = (
        enqueue_background_job("sampletasks.echo", value, job_unique=True)
        for value in (array, array.copy(), other)
    )
    assert first == same
    assert first != different
    one = enqueue_background_job("sampletasks.echo", {"a": 1, "b": {2, 3}}, job_unique=True)
    assert one == enqueue_background_job("sampletasks.echo", {"b": {3, 2}, "a": 1}, job_unique=True)
    assert one != enqueue_background_job(
        "sampletasks.echo", {"a": True, "b": {2, 3}}, job_unique=True
    )


def test_functions_with_other_code_are_other_jobs():
    def adder(more):
        return lambda: 1 + more

    first = enqueue_background_job(adder(1), job_unique=True)
    assert enqueue_background_job(adder(1), job_unique=True) == first
    assert enqueue_background_job(adder(2), job_unique=True) != first
    assert enqueue_background_job(lambda: "second", job_unique=True) != first


def test_a_key_that_cannot_be_made_is_refused_by_name():
    itself: list[object] = []
    itself.append(itself)
    with pytest.raises(errors.JobOptionError, match="holds itself"):
        enqueue_background_job("sampletasks.echo", itself, job_unique=True)
    with pytest.raises(errors.JobOptionError, match="up to 1000 characters"):
        enqueue_background_job("sampletasks.nothing", job_unique="x" * 10_000_000)
    enqueue_background_job("sampletasks.echo", 10**5000, job_unique=True)


def test_a_job_is_not_queued_again_beside_its_unique_twin():
    first = enqueue_background_job("sampletasks.nothing", job_unique="poster")
    first.cancel()
    twin = enqueue_background_job("sampletasks.nothing", job_unique="poster")
    with pytest.raises(errors.JobStateError, match="job_unique"):
        first.requeue()
    assert (first.status, twin.status) == ("canceled", "queued")
    twin.cancel()
    assert first.requeue().status == "queued"


def test_failed_twins_are_retried_once():
    needed = enqueue_background_job("sampletasks.nothing")
    needed.cancel()
    twins = [
        enqueue_background_job("sampletasks.nothing", job_unique="poster", job_depends_on=needed)
        for _ in range(2)
    ]
    assert [job.reason for job in twins] == ["dependency"] * 2
    needed.requeue()
    assert sorted(job.status for job in twins) == ["deferred", "failed"]
    assert retry_failed_jobs() == []
