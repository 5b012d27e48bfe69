"""Children in trouble: none can be started, their server is killed, they are killed, they leave others."""

import os
import resource
import signal
import time
from pathlib import Path

import pytest
from support import is_running, wait_until

from drawscape.errors import JobFailed
from drawscape.job_manager import enqueue_background_job

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.both_engines
def test_a_worker_that_cannot_start_children_blames_no_job(home, start_consumer):
    """Out of descriptors: jobs wait, `explain` shows why, and they run once there is room again."""
    consumer = start_consumer()
    _, child = enqueue_background_job("sampletasks.where").wait(60)
    limits = resource.prlimit(consumer.pid, resource.RLIMIT_NOFILE)
    in_use = len(os.listdir(f"/proc/{consumer.pid}/fd"))
    resource.prlimit(consumer.pid, resource.RLIMIT_NOFILE, (in_use, limits[1]))
    os.kill(child, signal.SIGKILL)
    jobs = [enqueue_background_job("sampletasks.add", i) for i in range(3)]
    wait_until(lambda: "cannot start a child process" in jobs[0].explain())
    assert {job.status for job in jobs} == {"queued"}
    assert "Too many open files" in jobs[0].explain()
    resource.prlimit(consumer.pid, resource.RLIMIT_NOFILE, limits)
    assert [job.wait(60) for job in jobs] == [0, 1, 2]
    assert {job.refresh().attempts for job in jobs} == {1}
    assert "cannot start" not in enqueue_background_job("sampletasks.nap", 0.1).explain()


@pytest.mark.both_engines
def test_a_running_job_survives_the_server_that_forked_its_child(home, start_consumer):
    consumer = start_consumer()
    job = enqueue_background_job("sampletasks.nap", 1.0)
    wait_until(lambda: job.status == "started")
    child = job.refresh().pid
    server = parent_of(child)
    assert server != consumer.pid
    os.kill(server, signal.SIGKILL)
    assert job.wait(60) == 1.0
    with pytest.raises(JobFailed):
        enqueue_background_job("sampletasks.segfault").wait(60)
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1


def test_the_peak_memory_of_a_child_that_is_killed_is_known(home, start_consumer):
    start_consumer()
    held_s = 0.5  # the worker looks twice a second, on a busy machine less often

    def killed():
        nonlocal held_s
        job = enqueue_background_job("processtasks.hold", 300, 60)
        wait_until(lambda: job.message == "held")
        held_s *= 2
        time.sleep(held_s)
        os.kill(job.refresh().pid, signal.SIGKILL)
        with pytest.raises(JobFailed, match="SIGKILL"):
            job.wait(60)
        return job

    job = killed()
    while (job.refresh().peak_kb or 0) < 300 * 1024 and held_s < 30:
        job = killed()
    assert job.reason == "crashed"
    assert "Peak memory: 3" in job.explain()


def test_the_peak_memory_of_an_earlier_job_is_not_that_of_the_next(home, start_consumer):
    start_consumer()
    large = enqueue_background_job("processtasks.hold", 300, 0)
    large.wait(60)
    small = enqueue_background_job("sampletasks.where")
    small.wait(60)
    assert large.refresh().peak_kb > 300 * 1024 > 2 * small.refresh().peak_kb


@pytest.mark.both_engines
def test_what_a_task_put_into_another_session_goes_when_its_worker_is_killed(
    home, start_consumer, tmp_path
):
    note = tmp_path / "pid"
    first = start_consumer()
    job = enqueue_background_job("processtasks.leave_processes", str(note), "session", "nap")
    wait_until(lambda: note.exists() and note.read_text())
    orphan = int(note.read_text())
    assert is_running(orphan)
    first.kill()
    start_consumer()
    wait_until(lambda: not is_running(orphan))
    wait_until(lambda: job.refresh().recoveries == 1)
