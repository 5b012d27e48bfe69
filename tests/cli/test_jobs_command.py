"""`drawscape jobs`, `worker`, `demo` and the command itself, against a real queue and worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import wait_until

from drawscape.cli.jobs import jobs
from drawscape.job_manager import enqueue_background_job, start_worker, workers_alive

TASKS = """
import time

def speak(words):
    print(words)
    return words

def fail():
    raise ValueError("no ink")

def nap(seconds):
    time.sleep(seconds)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cli")
    (folder / ".drawscape").mkdir()
    (folder / "modules").mkdir()
    (folder / "modules" / "clitasks.py").write_text(TASKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(folder))
        patch.setenv("DRAWSCAPE_TASK_MODULES", "clitasks")
        patch.setenv("PYTHONPATH", str(folder / "modules"))
        patch.syspath_prepend(str(folder / "modules"))
        worker = start_worker(2)
        yield folder
        worker.stop()


def told(*arguments: str, code: int = 0) -> str:
    """Return what `drawscape jobs ARGUMENTS` printed."""
    result = CliRunner().invoke(jobs, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "drawscape", *arguments], capture_output=True, text=True, check=False
    )


def test_the_list_is_plain_lines_where_there_is_no_terminal(home: Path):
    job = enqueue_background_job("clitasks.speak", "hello")
    job.wait(20)
    line = next(line for line in told("list").splitlines() if job.id in line)
    assert line.split("\t")[:4] == [job.id, "clitasks.speak", "finished", "100%"]
    assert job.id in told("list", "--status", "finished", "--task", "clitasks.speak")
    assert job.id not in told("list", "--status", "failed")
    assert job.id in told()


def test_show_explains_and_gives_the_result(home: Path):
    job = enqueue_background_job("clitasks.speak", "hello", job_description="a greeting")
    job.wait(20)
    text = told("show", job.id)
    for words in ("a greeting", "result: 'hello'", "It ran for"):
        assert words in text
    failed = enqueue_background_job("clitasks.fail")
    wait_until(lambda: failed.ended)
    assert "ValueError: no ink" in told("show", failed.id)


def test_logs_are_printed_and_followed(home: Path):
    job = enqueue_background_job("clitasks.speak", "written down")
    job.wait(20)
    assert told("logs", job.id) == "written down\n"
    assert told("logs", "-f", job.id) == "written down\n"


def test_cancel_says_what_it_did_and_exits_1_when_too_late(home: Path):
    job = enqueue_background_job("clitasks.nap", 60)
    assert "is canceled" in told("cancel", job.id)
    wait_until(lambda: job.ended)
    assert "had ended already" in told("cancel", job.id, code=1)


def test_retry_requeue_and_delete(home: Path):
    job = enqueue_background_job("clitasks.fail")
    wait_until(lambda: job.ended)
    assert job.id in told("retry", job.id)
    wait_until(lambda: job.ended)
    assert job.id in told("retry", "--failed", "--task", "clitasks.fail")
    wait_until(lambda: job.ended)
    told("requeue", job.id)
    wait_until(lambda: job.ended)
    assert "removed" in told("delete", job.id)
    assert "give job ids" in told("retry", code=2)


def test_wait_prints_the_result_and_fails_with_the_job(home: Path):
    assert told("wait", enqueue_background_job("clitasks.speak", "done").id) == "done\n"
    assert "no ink" in told("wait", enqueue_background_job("clitasks.fail").id, code=1)


def test_prune_and_stats(home: Path):
    enqueue_background_job("clitasks.speak", "x").wait(20)
    assert "1 with 2 slot(s)" in told("stats")
    assert 'drawscape_jobs{status="queued"} 0' in told("stats", "--prometheus")
    assert "job(s) removed" in told("prune", "--days", "0")
    assert told("list") == ""


@pytest.mark.parametrize(
    "arguments",
    [
        "jobs --limit 5000",
        "jobs stats",
        "jobs logs {job}",
        "jobs logs -f {job}",
        "sketches",
        "--help",
    ],
)
def test_a_reader_that_leaves_ends_the_command_quietly(home: Path, arguments: str):
    job = enqueue_background_job("clitasks.speak", "a long line of words\n" * 10_000)
    job.wait(20)
    line = f"{sys.executable} -m drawscape {arguments.format(job=job.id)}"
    done = subprocess.run(
        ["bash", "-c", f"{line} | (exec 0<&-); echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "141\n"


def test_the_exit_code_reaches_the_shell(home: Path):
    job = enqueue_background_job("clitasks.speak", "done")
    job.wait(20)
    assert command("jobs", "cancel", job.id).returncode == 1
    assert command("jobs", "show", job.id).returncode == 0


def test_an_unknown_job_is_an_error_of_usage(home: Path):
    done = command("jobs", "show", "nobody")
    assert done.returncode == 2
    assert done.stderr.startswith("drawscape: no job has the id 'nobody'")
    assert "Traceback" not in done.stderr


def test_the_command_lists_its_subcommands_and_refuses_others():
    done = command("--help")
    for name in ("draw", "jobs", "lab", "worker", "plot", "web"):
        assert f"  {name}" in done.stdout
    assert command("fly").returncode == 2
    assert command("--version").stdout.startswith("drawscape, version")


@pytest.mark.parametrize(
    ("signals", "status"),
    [((signal.SIGINT,), "finished"), ((signal.SIGINT, signal.SIGINT), "queued")],
)
def test_ctrl_c_lets_jobs_finish_and_a_second_one_gives_them_back(tmp_path, home, signals, status):
    folder = tmp_path / "own"
    (folder / ".drawscape").mkdir(parents=True)
    environment = {**os.environ, "DRAWSCAPE_HOME": str(folder)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(folder))
        log = folder / "worker.log"
        process = subprocess.Popen(
            [sys.executable, "-m", "drawscape", "worker", "-w", "1"],
            cwd=folder,
            env=environment,
            stderr=log.open("w"),
        )
        wait_until(workers_alive, 30)
        job = enqueue_background_job("clitasks.nap", 1.0 if status == "finished" else 60)
        wait_until(lambda: job.status == "started")
        process.send_signal(signals[0])
        for signum in signals[1:]:
            wait_until(lambda: "event=stopping" in log.read_text())
            process.send_signal(signum)
        assert process.wait(20) == 0
        assert job.status == status


@pytest.mark.slow
def test_the_demo_draws_its_pictures_and_says_where(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRAWSCAPE")}
    done = subprocess.run(
        [sys.executable, "-m", "drawscape", "demo"],
        cwd=tmp_path,
        env={**environment, "DRAWSCAPE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pictures = [
        line.split()[0] for line in done.stdout.splitlines() if line.strip().startswith("/")
    ]
    assert len(pictures) == 6
    assert all(Path(path).read_text().startswith("<?xml") for path in pictures)
    assert "spiral" in done.stdout
    assert "finished" in done.stdout
