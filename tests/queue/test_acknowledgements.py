"""Acknowledgements that come too late."""

import os
import subprocess
import sys

import pytest
from queue_steps import claim

from drawscape.job_manager import cancel_job, default_queue, enqueue_background_job
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.engines.sqlite.liveness import Locks
from drawscape.queue.row import Outcome
from drawscape.queue.store import acknowledge, recover


def dead_worker() -> str:
    """Return the id of a worker that was announced by a process that is no more."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from drawscape.queue.engines.engine import WorkerInfo\n"
        "from drawscape.queue.engines.sqlite.liveness import Locks\n"
        "Locks(Path(sys.argv[1])).announce(WorkerInfo('dead', os.getpid(), 1, 'background', 0.0), print)"
    )
    locks = default_queue().folder / "workers"
    subprocess.run([sys.executable, "-c", script, locks], check=True, timeout=120)
    return "dead"


@pytest.mark.both_engines
def test_a_late_acknowledgement_changes_nothing(home):
    job = enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    held = claim(database, "background", dead_worker(), None)
    assert recover(database) == [job.id]
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


@pytest.mark.both_engines
def test_a_job_that_was_asked_to_stop_is_not_retried_when_it_fails_meanwhile(home):
    job = enqueue_background_job("sampletasks.fail", job_retries=3)
    queue = default_queue()
    worker, locks = "lively", queue.folder / "workers"
    Locks(locks).announce(WorkerInfo(worker, os.getpid(), 1, "background", 0.0), print)
    held = claim(queue.database, "background", worker, None)
    assert cancel_job(job.id)
    acknowledge(queue.database, held, Outcome("failed", "exception", error="no ink"))
    assert (job.status, job.reason) == ("failed", "exception")
    Locks(locks).retire(worker)


@pytest.mark.both_engines
def test_a_late_acknowledgement_cannot_meet_another_job(home):
    job = enqueue_background_job("sampletasks.nothing", job_id="same")
    database = default_queue().database
    held = claim(database, "background", dead_worker(), None)
    cancel_job(job.id)
    job.delete()
    enqueue_background_job("sampletasks.nothing", job_id="same")
    claim(database, "background", "successor", None)
    assert acknowledge(database, held, Outcome("finished"))[0] is False
