"""A table of many jobs: pruned and cancelled in short transactions, read by indexes."""

import os
import signal
import subprocess
import sys

import pytest
from queue_steps import MANY, TASK, ended_jobs

from drawscape.jobs import (
    Job,
    cancel_all,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    list_jobs,
    prune_jobs,
    retry_failed_jobs,
)


@pytest.mark.both_engines
def test_pruning_leaves_what_is_young_or_failed_among_many(home):
    ended_jobs()
    young = ended_jobs(20, days_ago=1)
    assert prune_jobs() == MANY * 9 // 10
    left = {job.id for job in list_jobs(limit=None)}
    assert len(left) == MANY // 10 + len(young)
    assert left >= set(young)
    assert prune_jobs() == 0


WORK = {
    "prune": (lambda: ended_jobs() and prune_jobs, MANY * 9 // 10),
    "retry": (lambda: ended_jobs() and (lambda: len(retry_failed_jobs())), MANY // 10),
    "cancel": (lambda: enqueue_many(TASK, [{}] * MANY) and cancel_all, MANY),
}


@pytest.mark.parametrize("work", WORK)
def test_long_work_is_done_in_transactions_of_a_slice_each(home, work):
    prepare, changed = WORK[work]
    act = prepare()
    statements: list[str] = []
    connection = default_queue().database.connection
    connection.set_trace_callback(statements.append)
    assert act() == changed
    connection.set_trace_callback(None)
    assert statements.count("commit") > 2


def test_a_retry_that_is_killed_is_taken_up_by_the_next_one(home):
    """What waits for a job that is queued again waits again, wherever the kill comes."""
    ended_jobs()
    failed = [job.id for job in list_jobs("failed", limit=None)]
    oldest = Job(default_queue(), failed[-1])
    dependent = enqueue_background_job(TASK, job_depends_on=oldest)
    assert dependent.reason == "dependency"
    code = (
        "from drawscape.jobs import retry_failed_jobs; from drawscape.queue import store; "
        "store._HELD_S = 0; retry_failed_jobs()"
    )
    environment = {**os.environ, "DRAWSCAPE_FAILPOINT": "slice.committed:2"}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = [job.id for job in list_jobs("failed", limit=None)]
    assert 0 < len(left) < len(failed)
    assert (oldest.status, dependent.status) == ("queued", "deferred")
    assert [job.id for job in retry_failed_jobs()] == left
    assert len(list_jobs("queued", limit=None)) == len(failed)
    assert dependent.status == "deferred"
