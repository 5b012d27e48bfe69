"""Ends that come too late, and jobs that are tried again after one."""

import os
import subprocess
import sys

import pytest
from queue_steps import TASK, acknowledge, claim, end, take
from support import wait_until

from drawscape.jobs import cancel_job, default_queue, enqueue_background_job, enqueue_many
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.row import Outcome
from drawscape.queue.store import recover

pytestmark = pytest.mark.both_engines


@pytest.fixture(autouse=True)
def successor(claimant):
    """Let a second worker claim."""
    claimant(True, "successor")


def dead_worker():
    """Return the id of a worker that was announced by a process that is no more."""
    script = (
        "import os; from drawscape.job_manager import default_queue\n"
        "from drawscape.queue.engines.engine import WorkerInfo\n"
        "info = WorkerInfo('dead', os.getpid(), 1, 'background', 0.0)\n"
        "default_queue().database.workers.announce(info, print); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    return "dead"


def test_a_late_acknowledgement_changes_nothing():
    job = enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    held = claim(database, "background", dead_worker(), None)
    wait_until(lambda: recover(database) == [job.id])
    again = claim(database, "background", "successor", None)
    assert again.token == held.token + 1
    accepted, _ = acknowledge(database, held, Outcome("failed", "exception", error="late"))
    assert accepted is False
    assert job.status == "started"
    accepted, _ = acknowledge(database, again, Outcome("finished"))
    assert accepted is True
    accepted, _ = acknowledge(database, again, Outcome("failed", "exception"))
    assert accepted is False
    assert job.status == "finished"


def test_a_job_that_was_asked_to_stop_is_not_retried_when_it_fails_meanwhile():
    job = enqueue_background_job("sampletasks.fail", job_retries=3)
    database = default_queue().database
    database.workers.announce(WorkerInfo("lively", os.getpid(), 1, "background", 0.0), print)
    held = claim(database, "background", "lively", None)
    assert cancel_job(job.id)
    acknowledge(database, held, Outcome("failed", "exception", error="no ink"))
    assert (job.status, job.reason) == ("failed", "exception")
    database.workers.retire("lively")


def test_a_late_acknowledgement_cannot_meet_another_job():
    job = enqueue_background_job("sampletasks.nothing", job_id="same")
    database = default_queue().database
    held = claim(database, "background", dead_worker(), None)
    wait_until(lambda: database.workers.is_dead("dead"))
    cancel_job(job.id)
    job.delete()
    enqueue_background_job("sampletasks.nothing", job_id="same")
    claim(database, "background", "successor", None)
    assert acknowledge(database, held, Outcome("finished"))[0] is False


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
