"""A job waits for others, under every verb."""

import time

import pytest
from queue_steps import acknowledge, claim, end, queued, run, take

from drawscape import errors
from drawscape.jobs import Job, default_queue, list_jobs, retry_failed_jobs
from drawscape.queue.acknowledgement import MAX_RECOVERIES, give_back, promote_due, recover
from drawscape.queue.claim import Outcome

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]


def runnable():
    return [job.id for job in reversed(list_jobs("queued", limit=None))]


def ended(status="finished", **options):
    job = queued(**options)
    if status == "canceled":
        job.cancel()
    else:
        run(job, status, "exception" if status == "failed" else None)
    return job


AGAIN = {"requeue": Job.requeue, "retry_failed_jobs": lambda _job: retry_failed_jobs()}


@pytest.mark.parametrize("verb", AGAIN)
@pytest.mark.parametrize("cause", ["failed", "canceled", "stopped"])
def test_running_a_cause_again_wakes_what_failed_for_it(cause, verb):
    draw = ended(cause)
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


@pytest.mark.parametrize("cause", ["failed", "canceled", "stopped", "finished"])
def test_a_dependent_alone_is_queued_again_only_after_a_cause_that_finished(cause):
    draw = ended(cause)
    plot = queued(job_depends_on=draw)
    if cause == "finished":
        plot.cancel()
        plot.requeue()
        assert plot.status == "queued"
        return
    with pytest.raises(errors.JobStateError, match=f"depends on {draw.id}"):
        plot.requeue()
    assert (plot.status, plot.reason) == ("failed", "dependency")


def test_what_is_queued_again_has_nothing_of_its_last_run_but_what_counts():
    job = queued(job_result_ttl=100)
    held = take()
    set_ = "progress = 0.5, message = 'half', stop_grace_s = 0, recoveries = 2"
    database = default_queue().database
    database.write(f"update job set {set_} where id = :id", id=job.id)
    outcome = Outcome("stopped", "exception", b"result", "error", {"stack": "here"})
    assert acknowledge(database, held, outcome)[0]
    job.requeue()
    columns = (
        "reason, error, detail, result, message, started_at, ended_at, worker, stop_grace_s, "
        "progress, recoveries, attempts"
    )
    (row,) = database.read(f"select {columns} from job where id = :id", id=job.id)
    assert [*row] == [*[None] * 9, 0, 0, 1]


def test_what_has_run_or_runs_is_left_alone_when_its_cause_is_queued_again():
    draw = ended()
    done, runs = ended(job_depends_on=draw), queued(job_depends_on=draw)
    held = take()
    draw.requeue()
    assert [job.status for job in (done, runs)] == ["finished", "started"]
    end(held)
    done.requeue()
    assert done.status == "deferred"


@pytest.mark.parametrize("back", ["retry", "give back", "recover"])
def test_what_runs_and_goes_back_waits_for_a_cause_that_was_queued_again(back):
    draw = ended()
    plot = queued(job_depends_on=draw, job_retries=1)
    held, database = take(), default_queue().database
    draw.requeue()
    if back == "retry":
        acknowledge(database, held, Outcome("failed", "exception"))
    elif back == "give back":
        give_back(database, held)
    else:
        database.write("update job set worker = null where id = :id", id=plot.id)
        assert recover(database) == [plot.id]
    assert (plot.status, runnable()) == ("deferred", [draw.id])
    run(draw)
    assert runnable() == [plot.id]


def test_a_retry_of_all_failures_that_leaves_one_cause_leaves_its_dependents():
    gone = ended("failed")
    plot, other = queued(job_depends_on=gone), ended("failed")
    gone.delete()
    assert retry_failed_jobs() == [other]
    assert (plot.status, plot.reason) == ("failed", "dependency")


@pytest.mark.parametrize("again", [False, True])
def test_a_dependent_whose_finished_cause_is_gone_can_be_queued_again(again):
    draw = ended()
    plot = ended(job_depends_on=draw)
    if again:
        draw.requeue()
        run(draw)
    draw.delete()
    plot.requeue()
    assert plot.status == "queued"


def test_a_cause_that_failed_at_last_and_went_does_not_count_as_finished():
    draw = ended()
    plot = ended(job_depends_on=draw)
    draw.requeue()
    run(draw, "failed", "exception")
    assert plot.status == "finished"
    draw.delete()
    with pytest.raises(errors.JobStateError, match=draw.id):
        plot.requeue()


def test_a_job_whose_cause_failed_while_it_ran_is_not_queued_again_before_that():
    draw = ended()
    plot = queued(job_depends_on=draw)
    held = take()
    draw.requeue()
    run(draw, "failed", "exception")
    end(held, "failed", "exception")
    with pytest.raises(errors.JobStateError, match=f"depends on {draw.id}"):
        plot.requeue()
    assert retry_failed_jobs() == [plot, draw]


def test_those_that_depend_on_a_lost_job_fail_with_it_and_wake_with_it():
    draw = queued()
    plot = queued(job_depends_on=draw)
    database = default_queue().database
    for _ in range(MAX_RECOVERIES + 1):
        claim(database)
        database.write("update job set worker = null")
        assert recover(database) == [draw.id]
    assert draw.reason == "lost"
    assert plot.reason == "dependency"
    draw.requeue()
    assert plot.status == "deferred"


def test_an_explanation_names_what_is_open():
    first, second = queued(), queued(job_delay=600)
    job = queued(job_depends_on=[first, second])
    run(first)
    assert first.id not in job.explain()
    assert second.id in job.explain()


def test_a_released_dependent_keeps_its_own_delay():
    draw = queued()
    plot = queued(job_depends_on=draw, job_delay=60)
    run(draw)
    assert plot.status == "scheduled"
    assert promote_due(default_queue().database, "background") == 0
    due = plot.refresh().due_at
    assert due is not None
    assert 50 < due.timestamp() - time.time() <= 60


def test_a_success_runs_one_callback_a_failure_the_other_and_a_retry_turns_both_back():
    echo = "sampletasks.echo"
    job = queued(job_on_success=echo, job_on_failure=echo)
    failure, success = list_jobs(task=echo)
    for _ in range(2):  # it is called at each failure
        assert [one.status for one in (success, failure)] == ["deferred"] * 2
        run(job, "failed", "exception")
        assert (success.status, failure.status) == ("canceled", "queued")
        run(failure)
        job.requeue()
    run(job)
    assert (success.status, failure.status) == ("queued", "canceled")


def test_a_job_that_is_canceled_or_stopped_has_not_failed():
    job = queued(job_on_failure="sampletasks.echo")
    (failure,) = list_jobs(task="sampletasks.echo")
    job.cancel()
    assert failure.status == "canceled"
