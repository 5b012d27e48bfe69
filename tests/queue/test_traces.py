"""What a job prints and draws while it runs is seen by those on another machine, and goes with the job."""

import os
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support import wait_until

from drawscape.cli.jobs import jobs
from drawscape.job_manager import default_queue, enqueue_background_job, watch
from drawscape.queue.worker.job_log import CAP_BYTES

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
def elsewhere(
    home: Path, another_home: Callable[[str], Path], start_consumer: Callable[..., Any]
) -> Path:
    """The home of a worker on another machine: this one has none."""
    folder = another_home("elsewhere")
    start_consumer("-w", "2", ready=False, environment={"DRAWSCAPE_HOME": str(folder)})
    wait_until(lambda: default_queue().database.workers.living(), what="the worker to start")
    return folder


def rows(table: str, job_id: str) -> int:
    with closing(default_queue().database.another()) as database:
        statement = f"select count(*) from {table} where job_id = ?"
        return int(database.connection.execute(statement, (job_id,)).fetchone()[0])


def files_of(home: Path) -> list[Path]:
    return [
        path for kind in ("logs", "previews") for path in (home / ".drawscape" / kind).glob("*")
    ]


@pytest.mark.parametrize("kilobytes", [0, 40])  # of a short log, and of one that takes several rows
def test_progress_preview_and_log_are_seen_on_another_machine_while_the_job_runs(
    home: Path, elsewhere: Path, tmp_path: Path, kilobytes: int
):
    job = enqueue_background_job("sampletasks.draw_in_sight", str(tmp_path), kilobytes)
    seen: list[bytes | None] = []
    followed: list[str] = []
    follower = threading.Thread(target=lambda: followed.extend(job.follow_logs()), daemon=True)
    follower.start()
    with watch(lambda one: seen.append(one.preview), [job.id]):
        for step in (1, 2, 3):
            picture = f"<svg>{step}</svg>".encode()
            wait_until(lambda picture=picture: picture in seen, what=f"preview {step}")
            wait_until(lambda step=step: f"step {step} " in job.logs(), what=f"line {step}")
            assert job.message == f"step {step}"
            shown = CliRunner().invoke(jobs, ["logs", job.id]).output
            assert f"step {step} " in shown
            (tmp_path / f"{step}").touch()
        assert job.wait(60) == "drawn"
    follower.join(60)
    whole = "".join(f"step {step} {'x' * 1024 * kilobytes}\n" for step in (1, 2, 3))
    assert job.logs() == "".join(followed) == whole
    wait_until(lambda: rows("job_log", job.id) == (0 if kilobytes == 0 else 3))
    assert job.preview is None
    assert rows("job_preview", job.id) == 0
    job.delete()
    assert rows("job_log", job.id) == 0
    wait_until(lambda: not files_of(elsewhere), what="its files to go")
    assert not files_of(home)


def test_what_a_stopped_job_drew_stays_until_it_is_removed(elsewhere: Path, tmp_path: Path):
    job = enqueue_background_job("sampletasks.draw_in_sight", str(tmp_path), 10)
    wait_until(lambda: job.preview and job.logs(), what="a preview")
    job.stop()
    wait_until(lambda: job.ended)
    assert job.preview == b"<svg>1</svg>"
    assert job.logs().startswith("step 1 ")
    job.requeue()
    for step in (1, 2, 3):
        (tmp_path / f"{step}").touch()
    assert job.wait(60) == "drawn"
    assert job.preview is None
    assert job.logs().count("step 1 ") == 2  # the first run's, then the second's
    job.delete()
    assert rows("job_log", job.id) == rows("job_preview", job.id) == 0


def test_of_a_very_long_log_the_end_stays(elsewhere: Path):
    job = enqueue_background_job("sampletasks.print_much", 5)
    job.wait(60)
    text = job.logs()
    assert text.startswith("[... earlier output was dropped ...]\nxxx")
    assert text.endswith("x\nthe very last line\n")
    assert CAP_BYTES // 2 < len(text) <= 2 * CAP_BYTES + 65_536
    assert rows("job_log", job.id) < 200


def test_a_preview_that_is_too_large_is_left_out(elsewhere: Path, tmp_path: Path):
    job = enqueue_background_job("sampletasks.preview_of", 5_000_000, str(tmp_path / "go"))
    wait_until(lambda: job.progress == 0.5)
    assert job.preview is None
    (tmp_path / "go").touch()
    assert job.wait(60) == os.fspath(tmp_path / "go")
