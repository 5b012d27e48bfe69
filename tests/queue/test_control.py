"""Jobs are canceled, requeued, paused; an end is acknowledged once."""

import os
from pathlib import Path

import pytest
from queue_steps import TASK, acknowledge, claim, end, enqueue, queued, take
from support import ended, is_running, started, wait_until

from drawscape import errors, job_manager
from drawscape.job_manager import default_queue, enqueue_many, get_job_status, list_jobs
from drawscape.queue.acknowledgement import give_back, recover
from drawscape.queue.claim import Outcome
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.options import new_id

pytestmark = pytest.mark.both_engines


@pytest.mark.usefixtures("worked_home")
class TestRunningJobs:
    def test_a_running_job_is_killed_and_its_preview_kept(self):
        job = started(enqueue("progress_then_nap", 60, job_timeout="1m"))
        wait_until(lambda: job.progress == 0.5 and job.preview is not None)
        assert (job.message, job.status) == ("second", "started")  # though the task is silent now
        pid, text = job.refresh().pid, job.explain()
        for words in ("50% done", "last message: second", "60 s", str(pid)):
            assert words in text
        assert job.cancel()
        assert ended(job).status == "stopped"
        assert job.preview == b"<svg>first</svg>"
        assert not is_running(pid)
        assert enqueue("add", 1).wait(60) == 1

    @pytest.mark.slow
    def test_the_grace_is_not_prolonged_by_looks_at_the_request(self, tmp_path):
        path = tmp_path / "marker"
        job = started(enqueue("swallow_everything", str(path)))
        wait_until(path.exists)
        job.cancel(grace=1.5)
        looks = 0
        while not job.ended:  # each commit makes the worker look at the request again
            enqueue("nap", 0.2).wait(60)
            looks += 1
            assert looks < 200
        assert job.status == "stopped"

    @pytest.mark.slow
    def test_a_task_that_was_asked_is_asked_once(self, tmp_path):
        path = str(tmp_path / "marker")
        job = started(enqueue("tidy_up_slowly", path))
        wait_until(lambda: Path(path).exists() and Path(path).read_text())
        job.cancel(grace=20)
        for _ in range(4):
            enqueue("nap", 0.1).wait(60)
        assert ended(job).status == "stopped"
        assert Path(path).read_text() == "begun\ntidied up\n"

    def test_a_stop_is_not_held_up_by_anothers_grace(self, tmp_path):
        first = started(enqueue("nap", 60))
        stubborn = started(enqueue("swallow_everything", str(tmp_path / "marker")))
        wait_until((tmp_path / "marker").exists)
        stubborn.cancel(grace=600)
        first.cancel()
        wait_until(lambda: first.ended)
        assert stubborn.status == "started"
        stubborn.cancel()
        assert ended(stubborn).status == "stopped"

    def test_a_failed_job_can_be_retried_and_deleted_once_it_has_ended(self, tmp_path):
        job = enqueue("flaky", str(tmp_path / "tries"), 2)
        assert ended(job).status == "failed"
        assert job_manager.requeue_job(job.id).wait(60) == 2
        assert job_manager.requeue_job(job.id).wait(60) == get_job_status(job.id)["attempts"] == 3
        job_manager.delete_job(job.id)
        assert get_job_status(job.id)["status"] == "not_found"
        with pytest.raises(errors.JobNotFoundError):
            job_manager.delete_job(job.id)

    def test_a_batch_is_canceled_as_one(self):
        other = enqueue("nap", 30)
        batch = enqueue_many("sampletasks.nap", [{"seconds": 30}] * 8)
        wait_until(lambda: batch.counts["started"] == 1)
        assert batch.cancel() == 8
        wait_until(lambda: batch.ended)
        assert batch.counts["stopped"] + batch.counts["canceled"] == 8
        assert (other.status, other.cancel()) == ("started", True)


@pytest.mark.sqlite
def test_a_leaving_worker_stops_what_was_asked_to_stop_and_settles_its_dependents(home):
    job = enqueue("nothing")
    dependent = enqueue("nothing", job_depends_on=job)
    database = default_queue().database
    worker = new_id()
    database.workers.announce(WorkerInfo(worker, os.getpid(), 1, "background", 0.0), print)
    held = claim(database, "background", worker, None)
    assert job.cancel(grace=60)
    assert job.status == "started"
    assert give_back(database, held)
    database.workers.retire(worker)
    assert job.status == "stopped"
    assert (dependent.status, dependent.reason) == ("failed", "dependency")


@pytest.mark.both_engines
@pytest.mark.parametrize(("begun", "status"), [(True, "failed"), (False, "queued")])
def test_a_job_that_must_not_run_twice_goes_back_only_before_its_start(claimant, begun, status):
    job = enqueue("nothing", job_recover=False, job_retries=3)
    dependent = enqueue("nothing", job_depends_on=job)
    held, database = take(), default_queue().database
    assert give_back(database, held, begun=begun)
    assert not give_back(database, held, begun=begun)  # nobody holds it any more
    assert job.status == status
    assert dependent.status == ("failed" if begun else "deferred")


def test_a_waiting_job_explains_that_nobody_works_and_who_is_ahead(home):
    first = enqueue("nothing")
    second = enqueue("nothing")
    assert "No job is ahead" in first.explain()
    assert "1 job is ahead" in second.explain()
    assert "No worker is alive" in second.explain()


@pytest.mark.slow
def test_waiting_without_a_worker_warns(home):
    batch = enqueue_many("sampletasks.nothing", [{}])
    with pytest.warns(UserWarning, match="no worker"), pytest.raises(errors.JobTimeout):
        batch.wait(2)


@pytest.mark.sqlite
def test_an_explanation_names_what_keeps_workers_from_a_job(home):
    job = enqueue("nothing", job_lane="plotter")
    workers = default_queue().database.workers
    info = WorkerInfo("one", os.getpid(), 1, "background", 0.0, lanes=("fast",))
    workers.announce(info, print)
    assert "serves its lane, 'plotter'" in job.explain()
    workers.retire("one")


def test_jobs_of_a_dead_worker_can_be_stopped_at_once(home, start_consumer):
    consumer = start_consumer("-w", "2")
    job = started(enqueue("nap", 60))
    deaf = started(enqueue("loop_in_c"))
    deaf.cancel(grace=600)
    consumer.kill()
    wait_until(lambda: "Its worker is dead" in job.explain())
    assert job.cancel()
    assert job.status == "stopped"
    assert [other.id for other in list_jobs(status="stopped")] == [job.id]
    start_consumer()
    wait_until(lambda: deaf.ended)
    assert (deaf.status, deaf.error) == ("stopped", "stopped on request; its worker had died")


def test_a_late_acknowledgement_changes_nothing_and_meets_no_other_job(claimant):
    job = enqueue("nothing", job_id="same")
    database = default_queue().database
    held = claim(database)
    database.write("update job set worker = null")  # it has died
    assert recover(database) == [job.id]
    again = claim(database)
    assert again.token == held.token + 1
    assert not acknowledge(database, held, Outcome("failed", "exception", error="late"))[0]
    assert job.status == "started"
    assert acknowledge(database, again, Outcome("finished"))[0]
    assert not acknowledge(database, again, Outcome("failed", "exception"))[0]
    assert job.status == "finished"
    job.delete()
    enqueue("nothing", job_id="same")
    assert claim(database).token == held.token
    assert not acknowledge(database, held, Outcome("finished"))[0]


def test_a_job_that_was_asked_to_stop_is_not_retried_when_it_fails_meanwhile(claimant):
    job = enqueue("fail", job_retries=3)
    database = default_queue().database
    database.workers.announce(WorkerInfo("lively", os.getpid(), 1, "background", 0.0), print)
    held = claim(database, "background", "lively", None)
    assert job_manager.cancel_job(job.id)
    acknowledge(database, held, Outcome("failed", "exception", error="no ink"))
    assert (job.status, job.reason) == ("failed", "exception")
    database.workers.retire("lively")


def test_each_retry_waits_as_long_as_it_was_asked_in_a_batch_too(claimant):
    options, waits = {"job_retries": 3, "job_retry_delay": 10, "job_retry_backoff": 3}, [10, 30, 90]
    for job in (queued(**options), *enqueue_many(TASK, [{}], **options).jobs):
        for wanted in waits:
            end(take(), "failed", "exception")
            row = job.refresh()
            wait_s = (row.due_at - job.started_at).total_seconds() if row.due_at else 0
            assert wanted <= wait_s < wanted + 20
            default_queue().database.write("update job set status = 'queued', due_at = null")
        end(take(), "failed", "exception")
        assert job.status == "failed"
        job.delete()


def test_a_second_run_begins_without_the_progress_of_the_first(home):
    job = queued(job_retries=1)
    held, database = take(), default_queue().database
    said = {"progress": 0.7, "message": "seven of ten", "meta": None}
    database.write(database.PROGRESS, **held.key, **said)
    assert (job.progress, job.message) == (0.7, "seven of ten")
    acknowledge(database, held, Outcome("failed", "exception"))
    take()
    assert (job.status, job.progress, job.message) == ("started", 0.0, None)
