"""Acknowledgements that come too late."""

import os
import subprocess
import sys

import pytest
from queue_steps import acknowledge, claim
from support import wait_until

from drawscape.job_manager import cancel_job, default_queue, enqueue_background_job
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
