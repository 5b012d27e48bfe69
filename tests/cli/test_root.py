"""The command itself: near names, a full disk, a reader that leaves, Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import wait_until

from drawscape.cli.root import root
from drawscape.job_manager import list_jobs, workers_alive

COMMAND = [sys.executable, "-m", "drawscape"]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("drow",), "Did you mean draw or redraw?"),
        (("job",), "jobs"),
        (("jobs", "canel"), "cancel"),
    ],
)
def test_a_misspelt_command_is_answered_with_the_nearest(arguments: tuple[str, ...], hint: str):
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert hint in done.stderr


@pytest.mark.parametrize(
    "arguments", ["sketches", "--help", "draw --help", "draw spiral -o -", "jobs stats", "jobs"]
)
def test_a_full_disk_is_a_sentence(arguments: str, home: Path):
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


@pytest.mark.parametrize("group", ["", "drawings", "jobs", "queue"])
def test_no_line_of_a_list_of_commands_is_cut_off(group: str):
    done = CliRunner().invoke(root, [*group.split(), "--help"], terminal_width=80)
    listed = done.stdout.partition("Commands:\n")[2]
    assert listed
    assert "..." not in listed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, with a job, so that lists are not empty."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    from drawscape.job_manager import enqueue_background_job

    enqueue_background_job("workers.svg_tasks.generate_complex_svg", 50, 50)
    return tmp_path


@pytest.mark.slow
def test_ctrl_c_in_the_demo_leaves_no_job_and_no_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
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
