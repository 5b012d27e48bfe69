"""A queue of many rows: its indexes, and what is pruned."""

import itertools
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from queue_steps import CLAIMANT, MANY, TASK, acknowledge, claim, ended_jobs, enqueue, queued, run
from support import python, wait_until

from drawscape import job_manager
from drawscape.job_manager import Keep, default_queue, enqueue_many, list_jobs, prune_jobs
from drawscape.jobs import Job, cancel_all, list_snapshots, queue_statistics, retry_failed_jobs
from drawscape.queue import changes
from drawscape.queue.claim import Outcome
from drawscape.queue.options import new_ids


@pytest.mark.slow
@pytest.mark.both_engines
def test_old_jobs_are_pruned_with_their_logs(home, start_consumer):
    start_consumer()
    enqueue("nothing", job_result_ttl=0).wait(60)
    assert prune_jobs() == 1  # as it said itself
    job = enqueue("print_much", 1)
    job.wait(60)
    assert len(job.logs()) > 1_000_000
    kept = enqueue("nothing", job_delay=60)
    assert prune_jobs() == 0
    assert prune_jobs(Keep(finished_s=0)) == 1
    assert job.logs() == ""
    assert kept.status == "scheduled"


@pytest.mark.slow
@pytest.mark.both_engines
def test_pruning_keeps_the_newest_of_many(claimant):
    batch = enqueue_many("sampletasks.nothing", [{}] * 30)
    for job in batch.jobs:
        run(job)
    assert prune_jobs(Keep(count=10)) == 0  # they have ended in the last seven days
    assert prune_jobs(Keep(count=10, spared_s=0)) == 20
    assert len(batch.jobs) == 10


@pytest.mark.slow
@pytest.mark.both_engines
def test_a_worker_prunes_by_itself_now_and_then(home, start_consumer, own_huey):
    failed = enqueue("fail")
    start_consumer(huey=own_huey(keep=Keep(finished_s=0.5), prune_every_s=0.2))
    spoken = enqueue("print_much", 1)
    wait_until(lambda: spoken.id not in {job.id for job in list_jobs()})
    assert failed.status == "failed"  # kept for a year


@pytest.mark.slow
def test_groups_that_nobody_uses_are_pruned(home):
    for number in range(40):
        enqueue("nothing", job_limit_key=f"order {number}").cancel()
    assert prune_jobs(Keep(finished_s=0, others_s=0)) == 40
    assert default_queue().database.read("select count(*) from job_group") == [(0,)]


def test_ids_rise_and_none_is_given_twice_within_a_moment():
    batches = [new_ids(50) for _ in range(500)]
    assert all(batch == sorted(batch) for batch in batches)
    assert len(set().union(*batches)) == 50 * 500


def steps_of(act):
    """Return about how many steps SQLite takes for it."""
    counted = itertools.count()
    connection = default_queue().database.connection
    connection.set_progress_handler(lambda: next(counted) < 0, 10)
    act()
    connection.set_progress_handler(None, 0)
    return 10 * next(counted)


def test_a_claim_passes_over_nothing_that_waits_in_another_lane(home):
    """However much of it there is: a claim takes as many steps of SQLite as with little."""
    database = default_queue().database

    def end_three(held):
        for _ in range(3):
            _, held = acknowledge(database, held, Outcome("finished"), CLAIMANT)

    def steps():
        return steps_of(partial(end_three, claim(database, "background", "worker", None)))

    lanes = [{"job_lane": "fast"}, {"job_limit_key": "pen", "job_limit": 100}]
    for options in lanes:
        enqueue_many(TASK, [{}] * 100, **options)
    few = steps()
    for options in lanes:
        enqueue_many(TASK, [{}] * MANY, **options)
    assert steps() < 1.2 * few


@pytest.mark.both_engines
def test_half_of_the_jobs_that_started_have_waited_longer_than_the_median(home):
    assert queue_statistics().median_wait_s is None
    for job_id, wait_s in zip(ended_jobs(3, days_ago=1), (100, 1, 5), strict=True):
        change = "update job set queued_at = started_at - :wait_s where id = :id"
        default_queue().database.write(change, id=job_id, wait_s=wait_s)
    enqueue_many(TASK, [{}] * MANY)
    cancel_all()  # jobs that never started hide nothing
    found = queue_statistics()
    assert found.median_wait_s == pytest.approx(5)
    assert found.counts["canceled"] == MANY


@pytest.mark.both_engines
def test_the_median_wait_leaves_out_delays_and_earlier_runs(home, start_consumer):
    again = Job(default_queue(), ended_jobs(1, days_ago=30)[0])
    default_queue().database.write("update job set created_at = created_at - 9000")
    later = [queued(job_delay=0.5) for _ in range(2)]
    default_queue().database.write("update job set created_at = created_at - 9000")
    start_consumer()
    for job in later:
        job.wait(60)
    again.requeue().wait(60)
    assert queue_statistics().median_wait_s < 4500


def test_a_list_takes_no_more_steps_the_more_jobs_wait(home):
    def steps():
        chosen = (None, *job_manager.STATUSES, job_manager.ENDED)
        of_nobody = steps_of(partial(list_snapshots, task="nobodys.task", limit=20))
        found = {one: steps_of(partial(list_snapshots, one, limit=20)) for one in chosen}
        return {**found, "a task of nobody": of_nobody}

    ended_jobs(300)
    few = steps()
    enqueue_many(TASK, [{}] * 4 * MANY)
    enqueue_many(TASK, [{}] * 20, job_delay="1h")
    assert {one for one, count in steps().items() if count > few[one] + 60_000} == set()


def test_statistics_and_explanations_count_in_indexes(home):
    """Five steps for each job that waits are those of counting it."""
    last = enqueue_many(TASK, [{}] * 2 * MANY).jobs[-1]
    for act in (queue_statistics, last.explain):
        assert steps_of(act) < 5 * 2 * MANY + 5_000


@pytest.mark.both_engines
@pytest.mark.parametrize("status", ["canceled", "failed", "finished"])
def test_job_result_ttl_holds_for_every_ended_job_and_minus_one_for_ever(home, status):
    kept, short, for_ever = (queued(job_result_ttl=ttl) for ttl in (None, 0, -1))
    for job in (kept, short, for_ever):
        if status == "canceled":
            job.cancel()
        else:
            run(job, status, "exception" if status == "failed" else None)
    assert prune_jobs() == 1
    assert {job.id for job in list_jobs()} == {kept.id, for_ever.id}
    assert prune_jobs(Keep(finished_s=0, others_s=0, count=0, spared_s=0)) == 1
    assert [job.id for job in list_jobs()] == [for_ever.id]


WORK = {
    "prune": (lambda: ended_jobs() and ended_jobs(20, 1) and prune_jobs, MANY * 9 // 10),
    "retry": (lambda: ended_jobs() and (lambda: len(retry_failed_jobs())), MANY // 10),
    "cancel": (lambda: enqueue_many(TASK, [{}] * MANY) and cancel_all, MANY),
}


@pytest.mark.parametrize("work", WORK)
def test_long_work_is_done_in_transactions_of_a_slice_each(home, monkeypatch, work):
    prepare, changed = WORK[work]
    act = prepare()
    monkeypatch.setattr(changes, "_HELD_S", 1e-5)  # a fast machine would need one slice
    statements = []
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
    dependent = queued(job_depends_on=oldest)
    assert dependent.reason == "dependency"
    code = (
        "from drawscape.jobs import retry_failed_jobs; from drawscape.queue import changes; "
        "changes._HELD_S = 1e-5; retry_failed_jobs()"
    )
    environment = {**os.environ, "DRAWSCAPE_FAILPOINT": "slice.committed:2"}
    python("-c", code, code=-signal.SIGKILL, env=environment)
    left = [job.id for job in list_jobs("failed", limit=None)]
    assert 0 < len(left) < len(failed)
    assert (oldest.status, dependent.status) == ("queued", "deferred")
    assert [job.id for job in retry_failed_jobs()] == left
    assert len(list_jobs("queued", limit=None)) == len(failed)
    assert dependent.status == "deferred"


@pytest.mark.nightly
def test_a_worker_does_not_grow_however_many_jobs_it_runs(home, start_consumer):
    """The first part warms the caches."""
    process = Path(f"/proc/{start_consumer('-w', '2').pid}")

    def run_part():
        enqueue_many("sampletasks.progress_storm", [{"calls": 3}] * 10_000).wait(3600)
        memory_kb = (process / "status").read_text().partition("VmRSS:")[2].split()[0]
        return int(memory_kb), len(os.listdir(process / "fd"))

    (first_kb, first_descriptors), *_, (last_kb, last_descriptors) = [run_part() for _ in range(5)]
    assert last_kb < first_kb + 16_000
    assert last_descriptors <= first_descriptors + 6
    assert queue_statistics().counts["finished"] == 50_000
    assert default_queue().database.read("select 1 from job_preview") == []
