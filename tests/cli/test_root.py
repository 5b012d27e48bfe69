"""The command itself: a full disk, a reader that leaves, Ctrl-C."""

import os
import signal
import subprocess
import sys

import pytest
from command import run
from support import wait_until

from drawscape.job_manager import list_jobs, workers_alive

TASK = "workers.svg_tasks.generate_complex_svg"
COMMAND = [sys.executable, "-m", "drawscape"]


@pytest.mark.parametrize("arguments", ["sketches", "draw --help", "draw spiral -o -", "jobs"])
def test_a_full_disk_is_a_sentence(arguments, home):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == "drawscape: No space left on device\n"
    assert done.returncode == 1


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of the test's own, with a job, so that lists are not empty."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    from drawscape.job_manager import enqueue_background_job

    enqueue_background_job("workers.svg_tasks.generate_complex_svg", 50, 50)
    return tmp_path


@pytest.mark.parametrize("scheme", ["postgresq", "mysql", "http"])
def test_a_queue_of_an_unknown_kind_is_refused_without_its_password(tmp_path, monkeypatch, scheme):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", f"{scheme}://ada:secret@example.org/x")
    for line in ("jobs", "doctor", f"enqueue {TASK} width=9 height=9", "queue check"):
        done = run(*line.split())
        assert done.code in (1, 2)
        assert f"{scheme!r}://" in done.err + done.out
        assert "secret" not in done.err + done.out
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_ctrl_c_in_the_demo_leaves_no_job_and_no_worker(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    process = subprocess.Popen(
        [*COMMAND, "demo", "-w", "1"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "are queued" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    process.wait(60)
    process.stdout.close()
    assert process.returncode == 130
    wait_until(lambda: not workers_alive(), 60, "the worker's end")
    jobs = list_jobs()
    assert len(jobs) == 6
    assert {job.status for job in jobs} <= {"finished", "stopped", "canceled"}
