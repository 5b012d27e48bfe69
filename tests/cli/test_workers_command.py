"""Workers from the command line: who is alive, what SIGTERM lets end, and that a file is not migrated."""

import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from support import started, wait_until

from drawscape import __version__
from drawscape.cli.root import root
from drawscape.job_manager import enqueue_background_job, workers_alive


@pytest.fixture
def start(home, task_module):
    """Start `drawscape worker` with more options; it is gone after the test."""
    task_module("naps", "import time\ndef nap(seconds):\n    time.sleep(seconds)\n")
    processes = []

    def run(*options):
        command = [sys.executable, "-m", "drawscape", "worker", "-w", "1", "-q", *options]
        processes.append(subprocess.Popen(command, cwd=home))
        wait_until(workers_alive, what="the worker to start")
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait(60)


def test_jobs_workers_lists_who_is_alive(start):
    none = CliRunner().invoke(root, ["jobs", "workers"])
    assert "no worker is alive" in none.output
    process = start("--lanes", "fast,default")
    found = CliRunner().invoke(root, ["jobs", "workers"])
    assert found.output.split("\t")[1:5] == [str(process.pid), "1", "fast,default", __version__]
    (one,) = json.loads(CliRunner().invoke(root, ["jobs", "workers", "--json"]).output)
    assert one["pid"] == process.pid


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seconds", "grace", "status"), [(1.5, "10m", "finished"), (600, "0.2s", "queued")]
)
def test_sigterm_lets_running_jobs_end_for_the_grace_and_puts_the_rest_back(
    start, seconds, grace, status
):
    process = start("--grace", grace)
    job = started(enqueue_background_job("naps.nap", seconds))
    waiting = enqueue_background_job("naps.nap", 0)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert job.status == status
    assert job.refresh().attempts == 1
    assert waiting.status == "queued"


def test_a_queue_in_a_file_is_not_migrated_by_a_command(home):
    found = CliRunner().invoke(root, ["queue", "migrate"])
    assert found.exit_code == 1
    assert "brought up to date when it is opened" in str(found.exception)
