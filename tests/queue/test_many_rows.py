"""A table of many jobs: pruned and cancelled in short transactions, read by indexes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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
from drawscape.queue.store import in_slices


@pytest.mark.both_engines
def test_pruning_leaves_what_is_young_or_failed_among_many(home: Path):
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
def test_long_work_is_done_in_transactions_of_a_slice_each(home: Path, work: str):
    prepare, changed = WORK[work]
    act = prepare()
    statements: list[str] = []
    connection = default_queue().database.connection
    connection.set_trace_callback(statements.append)
    assert act() == changed
    connection.set_trace_callback(None)
    assert statements.count("commit") > 2


def test_a_retry_that_is_killed_is_taken_up_by_the_next_one(home: Path):
    """What waits for a job that is queued again waits anew, wherever the kill comes."""
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


def steps_of(pause_s: float, count: int) -> list[int]:
    """Return how many steps, each of `pause_s`, every transaction has taken on."""
    taken: list[int] = []
    begun: list[object] = []

    def step(connection: object) -> bool:
        if len(begun) == len(taken):
            taken.append(0)
        taken[-1] += 1
        time.sleep(pause_s)
        return sum(taken) < count

    database = default_queue().database
    connection = database.connection
    connection.set_trace_callback(lambda sql: sql == "commit" and begun.append(sql))
    in_slices(database, step)
    connection.set_trace_callback(None)
    return taken


def test_a_transaction_takes_on_as_much_as_its_time_allows(home: Path):
    assert max(steps_of(0.006, 10)) <= 2  # two are more than 10 ms, however busy the machine is
    taken = steps_of(0, 2_000)
    assert max(taken) > 10
    assert sum(taken) == 2_000


def test_between_two_transactions_another_writer_finds_the_file_free(home: Path):
    database = default_queue().database
    moments: dict[str, list[float]] = {"begin immediate": [], "commit": []}

    def note(sql: str) -> None:
        moments.setdefault(sql, []).append(time.monotonic())

    steps = iter(range(5))
    database.connection.set_trace_callback(note)
    in_slices(database, lambda connection: (time.sleep(0.02), next(steps, 4) < 4)[1])
    database.connection.set_trace_callback(None)
    begun, ended = moments["begin immediate"], moments["commit"]
    assert len(begun) == 5
    free_s = [begin - end for begin, end in zip(begun[1:], ended, strict=False)]
    assert (
        min(free_s) > 0.012
    )  # what SQLite waits for between two looks, and the file was held for longer
