"""Workers that die, pause or are many: nothing is lost, nothing runs twice without need."""

import os
import signal
import time
from collections import Counter

import pytest
from queue_steps import end, enqueue, queued, take
from support import is_running, started, wait_until

from drawscape.errors import JobFailed
from drawscape.job_manager import check_queue, list_jobs
from drawscape.jobs import default_queue, enqueue_many
from drawscape.queue.acknowledgement import cancel_overdue, give_back

# A worker of its own for nearly every test.
pytestmark = [pytest.mark.slow, pytest.mark.both_engines]


def test_a_job_that_was_started_once_is_canceled_by_no_job_ttl(claimant):
    options = {"job_ttl": "1h", "job_retries": 1, "job_retry_delay": "1h"}
    given_back, tried_again = queued(**options), queued(**options)
    engine = default_queue().database
    first, second = take(), take()
    assert give_back(engine, first)
    end(second, "failed", "exception")
    engine.write("update job set start_by = 1")
    cancel_overdue(engine)
    assert (given_back.status, tried_again.status) == ("queued", "scheduled")


def test_jobs_that_have_not_started_in_time_are_canceled_and_others_hear_it(home, start_consumer):
    cases = ({}, {"job_delay": 600}, {"job_lane": "other"})
    jobs = [queued(job_ttl=0.1, **options) for options in cases]
    in_time = queued(job_ttl="1h")
    job = queued(job_ttl=0.1, job_lane="other", job_on_failure="sampletasks.echo")
    dependent = queued(job_depends_on=job)
    canceled = queued(job_lane="other", job_on_failure="sampletasks.echo")
    canceled.cancel()
    time.sleep(0.2)  # longer than they may wait
    start_consumer()
    in_time.wait(60)
    wait_until(lambda: all(one.ended for one in (*jobs, job, dependent)))
    assert {(one.status, one.reason) for one in (*jobs, job)} == {("canceled", "expired")}
    assert "job_ttl" in jobs[0].error
    assert (dependent.status, dependent.reason) == ("failed", "dependency")
    wait_until(lambda: list_jobs("finished", task="sampletasks.echo"))
    followers = list_jobs(task="sampletasks.echo")
    assert sorted(one.status for one in followers) == ["canceled", "finished"]
    assert list_jobs("finished", task="sampletasks.echo")[0].result == job.id


def test_a_killed_worker_loses_no_job_and_leaves_no_child(home, start_consumer, tmp_path):
    trace, gate, once = (tmp_path / name for name in ("trace", "gate", "once"))
    first = start_consumer("-w", "2")
    job = enqueue("append_then_wait", str(trace), str(gate))
    only_once = enqueue("append", str(once), "run", 60, job_recover=False, job_retries=3)
    wait_until(lambda: trace.exists() and once.exists() and once.read_text())
    stuck = enqueue("add", 1)
    child = job.refresh().pid
    start_consumer()  # it takes over within seconds
    first.kill()
    wait_until(lambda: not is_running(child))
    gate.touch()
    job.wait(60)
    assert stuck.wait(60) == 1
    row = job.refresh()
    assert (row.attempts, row.recoveries) == (2, 1)
    assert "recovered from a dead worker once" in job.explain()
    with pytest.raises(JobFailed, match="job_recover=False"):
        only_once.wait(120)
    assert (only_once.reason, once.read_text(), check_queue()) == ("lost", "run\n", [])


def test_a_signal_to_worker_and_children_alike_ends_no_job(home, start_consumer, tmp_path):
    gate = tmp_path / "gate"
    consumer = start_consumer()
    job = started(enqueue("append_then_wait", str(tmp_path / "begun"), str(gate)))
    wait_until((tmp_path / "begun").exists)
    os.kill(job.refresh().pid, signal.SIGTERM)
    later = enqueue("add", 1)
    consumer.process.send_signal(signal.SIGINT)  # that lets running jobs end
    wait_until(lambda: "event=stopping" in consumer.log.read_text())
    gate.touch()
    consumer.process.wait(60)
    assert (job.status, job.refresh().attempts) == ("finished", 1)
    assert (later.status, later.refresh().attempts) == ("queued", 0)


@pytest.mark.sqlite
@pytest.mark.nightly
def test_a_paused_worker_keeps_its_jobs_and_acknowledges_when_it_wakes(home, start_consumer):
    paused = start_consumer()
    gate = home / "gate"
    job = started(enqueue("wait_for_file", str(gate)))
    paused.process.send_signal(signal.SIGSTOP)
    start_consumer()
    gate.touch()
    assert enqueue("add", 1).wait(60) == 1
    time.sleep(1.5)  # longer than a round of recovery: its lock is held, so nobody takes over
    assert job.status == "started"
    paused.process.send_signal(signal.SIGCONT)
    job.wait(60)
    assert job.refresh().attempts == 1


@pytest.mark.sqlite
@pytest.mark.nightly
def test_a_worker_that_wakes_acknowledges_not_over_its_successor(home, start_consumer):
    """Its lock file is removed while it sleeps, as a careless clean-up would: a successor takes over."""
    paused = start_consumer()
    gate = home / "gate"
    job = started(enqueue("wait_for_file", str(gate)))
    paused.process.send_signal(signal.SIGSTOP)
    gate.touch()
    (home / ".drawscape" / "workers" / f"{job.refresh().worker}.lock").unlink()
    start_consumer()
    successor = job.wait(60)
    paused.process.send_signal(signal.SIGCONT)
    wait_until(lambda: f"job={job.id} event=late token=1" in paused.log.read_text())
    row = job.refresh()
    assert (row.status, row.attempts, row.recoveries) == ("finished", 2, 1)
    assert job.result == successor
    last = [enqueue("add", i) for i in range(20)]
    assert [job.wait(60) for job in last] == list(range(20))


@pytest.mark.chaos
@pytest.mark.sqlite
@pytest.mark.nightly
def test_a_kill_runs_at_most_the_job_of_each_slot_again(home, start_consumer):
    kills, trace = 200, home / "runs"
    calls = [{"path": str(trace), "text": str(n)} for n in range(kills * 60)]
    batch = enqueue_many("sampletasks.append", calls)
    for _ in range(kills):
        consumer = start_consumer("-w", "2")
        begun = batch.done
        while not batch.ended and batch.done < begun + 20:
            time.sleep(0.005)
        consumer.kill()
    start_consumer("-w", "2")
    batch.wait(600)
    runs = Counter(trace.read_text().split())
    assert len(runs) == len(batch)
    assert sum(runs.values()) - len(batch) <= kills * 2
