"""How workers are started: each way isolates jobs, and each worker ends as it is meant to."""

import subprocess
import sys
from pathlib import Path

import pytest
from support import is_running, wait_until

from drawscape.errors import JobFailed
from drawscape.job_manager import enqueue_background_job, start_worker, workers_alive

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


@pytest.mark.parametrize(
    ("place", "options"), [(".", ()), ("notebooks", ("-k", "process", "-w", "4"))]
)
def test_every_way_to_start_a_consumer_isolates_and_times_out(
    home, start_consumer, options, place, search_home_from
):
    (home / "notebooks").mkdir(exist_ok=True)
    search_home_from(home)
    consumer = start_consumer(*options, directory=home / place)
    _, pid = enqueue_background_job("sampletasks.where").wait(60)
    assert pid != consumer.pid
    stuck = enqueue_background_job("sampletasks.loop_in_c", job_timeout=0.3)
    dead = enqueue_background_job("sampletasks.segfault")
    for job in (stuck, dead):
        with pytest.raises(JobFailed):
            job.wait(60)
    assert (stuck.reason, dead.reason) == ("timeout", "crashed")
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1
    assert workers_alive()[0].slots == (4 if "4" in options else 1)


@pytest.mark.both_engines
def test_a_worker_started_from_a_program_ends_with_it(home):
    script = (
        "import os, signal, sys; from drawscape.job_manager import start_worker\n"
        "worker = start_worker(1); print(worker.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=home, stdout=subprocess.PIPE, check=False, timeout=120
    )
    pid = int(done.stdout)
    wait_until(lambda: not is_running(pid), 60)
    wait_until(lambda: workers_alive() == [])  # its last threads may take a moment longer


def test_a_worker_opens_the_queue_that_is_named_from_here(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", "elsewhere/queue.db")  # relative to here, not to the home
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path / "new-home"))
    worker = start_worker(1)
    try:
        assert enqueue_background_job("sampletasks.where").wait(60)[0] == str(tmp_path / "new-home")
    finally:
        worker.stop()
    assert (tmp_path / "elsewhere" / "queue.db").exists()


@pytest.mark.both_engines
def test_a_worker_in_burst_mode_leaves_when_nothing_is_queued(home, tmp_path):
    first = enqueue_background_job("sampletasks.nap", 0.5)
    after = enqueue_background_job("sampletasks.append", str(tmp_path / "x"), job_depends_on=first)
    more = [enqueue_background_job("sampletasks.add", i) for i in range(10)]
    later = enqueue_background_job("sampletasks.add", 1, job_delay="1h")
    command = [sys.executable, "-m", "drawscape", "worker", "--burst", "-w", "2"]
    limits = ["--max-jobs-per-child", "3"]
    assert subprocess.run([*command, *limits], cwd=home, timeout=120, check=False).returncode == 0
    assert {job.status for job in [first, after, *more]} == {"finished"}
    assert later.status == "scheduled"
    assert workers_alive() == []


def test_files_of_the_project_that_are_named_like_modules_hide_nothing(home, monkeypatch):
    for name in ("random", "drawscape", "statistics", "secrets"):
        (home / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(home)
    worker = start_worker(1)
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1
    worker.stop()
    process = subprocess.Popen([Path(sys.executable).with_name("drawscape"), "worker", "-w", "1"])
    try:
        assert enqueue_background_job("sampletasks.add", 2).wait(60) == 2
    finally:
        process.terminate()
        process.wait(60)
