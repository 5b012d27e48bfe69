"""Old jobs leave, by age, by number and by their own wish; a year of daily use stays small."""

import os
import time

import pytest
from support import wait_until

from drawscape.job_manager import (
    Keep,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    list_jobs,
    prune_jobs,
)
from drawscape.queue.engines.engine import is_url
from drawscape.queue.retention import DAY_S, prune

pytestmark = [
    pytest.mark.slow,
    pytest.mark.both_engines,
]  # a worker of its own for nearly every test


def test_old_jobs_are_pruned_with_their_logs(home, start_consumer):
    start_consumer()
    job = enqueue_background_job("sampletasks.print_much", 1)
    job.wait(60)
    assert len(job.logs()) > 1_000_000
    kept = enqueue_background_job("sampletasks.nothing", job_delay=60)
    assert prune_jobs() == 0
    assert prune_jobs(Keep(finished_s=0)) == 1
    assert job.logs() == ""
    assert not (default_queue().folder / "logs" / f"{job.id}.log").exists()
    assert kept.status == "scheduled"


def test_pruning_keeps_the_newest_of_many(home, start_consumer):
    start_consumer()
    batch = enqueue_many("sampletasks.nothing", [{}] * 30)
    batch.wait(60)
    assert prune_jobs(Keep(count=10)) == 0  # they have ended in the last seven days
    assert prune_jobs(Keep(count=10, spared_s=0)) == 20
    assert len(batch.jobs) == 10


def test_a_job_may_say_how_long_its_result_is_kept(home, start_consumer):
    start_consumer()
    job = enqueue_background_job("sampletasks.nothing", job_result_ttl=0)
    job.wait(60)
    assert prune_jobs() == 1


def test_a_failure_that_is_pruned_before_its_batch_is_over_counts(home, start_consumer):
    gate = home / "gate"
    batch = enqueue_many(
        "sampletasks.wait_for_file",
        [{"path": None}, {"path": str(gate)}],
        then="sampletasks.nothing",
        then_kwargs={"job_run_anyway": False},
        job_result_ttl=0,
    )
    start_consumer("-w", "1")
    wait_until(lambda: prune_jobs() == 1, 60, "the failed one to be pruned")
    gate.touch()
    wait_until(lambda: batch.following.ended, 60, "the batch to be over")
    assert batch.following.status == "failed"


TIDY_QUEUE = """
from drawscape.queue.huey import {name}
from drawscape.queue.retention import Keep

huey = {name}(
    "background",
    {place}={target!r},
    home={home!r},
    task_modules=("sampletasks",),
    keep=Keep(finished_s=0.5),
    prune_every_s=0.2,
)
"""


def test_a_worker_prunes_by_itself_now_and_then(home, start_consumer):
    target = default_queue().database.target
    name, place = ("JobPostgresHuey", "url") if is_url(target) else ("JobHuey", "filename")
    module = home / "modules" / "tidyqueue.py"
    module.write_text(
        TIDY_QUEUE.format(name=name, place=place, target=target, home=os.fspath(home))
    )
    failed = enqueue_background_job("sampletasks.fail")
    start_consumer(huey="tidyqueue.huey")
    spoken = enqueue_background_job("sampletasks.print_much", 1)
    wait_until(lambda: spoken.id not in {job.id for job in list_jobs()})
    assert not (default_queue().folder / "logs" / f"{spoken.id}.log").exists()
    assert failed.status == "failed"  # kept for a year


TRACEBACK = "Traceback (most recent call last):\n" + "  File 'sketch.py', line 7, in draw\n" * 12
JOBS_A_WEEK = 1400  # a fifth of a thousand a day, which is enough to see what a year would take


@pytest.mark.sqlite
@pytest.mark.nightly
def test_a_year_of_daily_use_stays_under_200_megabytes(home):
    """A thousand jobs a day; one in twenty fails, with its traceback, one in ten prints 2 KB or 5 KB."""
    queue = default_queue()
    connection = queue.database.connection
    start = time.time() - 52 * 7 * DAY_S
    call = {"path": "x" * 60, "text": "a name", "seconds": 0.5}
    sizes = []
    for week in range(52):
        at = start + week * 7 * DAY_S
        batch = enqueue_many("sampletasks.append", [call] * JOBS_A_WEEK)
        with queue.database.transaction():
            connection.execute(
                "update job set created_at = ?1, started_at = ?1, ended_at = ?1 + 1, attempts = 1, "
                "worker = ?2, peak_kb = 90000, "
                "status = case when seq % 20 then 'finished' else 'failed' end, "
                "reason = case when seq % 20 then null else 'exception' end, "
                "error = case when seq % 20 then null else ?3 end, "
                "log = case when seq % 20 = 1 then zeroblob(2048) end, "
                "result = case when seq % 20 then zeroblob(150) end where batch = ?2",
                (at, batch.id, TRACEBACK),
            )
            connection.execute(
                "insert into job_log select id, 0, zeroblob(5120) from job "
                "where batch = ? and seq % 20 = 2",
                (batch.id,),
            )
        prune(queue.database, now=at + 2)
        sizes.append(size_of(queue.folder))
    assert max(sizes) < 200e6 / 5
    kept = connection.execute("select status, count(*) from job group by status").fetchall()
    weeks_of_finished = 5  # what ended in the last 30 days
    assert dict(kept) == {
        "finished": weeks_of_finished * JOBS_A_WEEK * 19 // 20,
        "failed": 52 * JOBS_A_WEEK // 20,
    }


def size_of(folder):
    """What the folder takes on the disk, in bytes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


@pytest.mark.sqlite
def test_groups_that_nobody_uses_are_pruned_and_cost_a_claim_nothing(home):
    database = default_queue().database
    for number in range(40):
        enqueue_background_job("sampletasks.nothing", job_limit_key=f"order {number}").cancel()
    assert prune_jobs(Keep(finished_s=0, others_s=0)) == 40
    assert database.read("select count(*) from job_group") == [(0,)]
