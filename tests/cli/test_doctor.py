"""`drawscape doctor` finds what is wrong, and says how to mend it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drawscape.job_manager import enqueue_background_job


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    return tmp_path


def doctor() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "drawscape", "doctor"], capture_output=True, text=True, check=False
    )


def test_a_healthy_home_has_no_problem_and_is_left_as_it_is(home: Path):
    done = doctor()
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\nno problems.\n")
    assert f"{home} (DRAWSCAPE_HOME)" in done.stdout
    assert "jupyterlab 4" in done.stdout
    assert list(home.iterdir()) == []


def test_each_problem_has_its_remedy(home: Path):
    enqueue_background_job("workers.svg_tasks.generate_complex_svg", 50, 50)
    (home / ".drawscape").chmod(0o755)
    (home / "sketches").mkdir()
    (home / "sketches" / "broken.py").write_text("def broken(svg:\n")
    done = doctor()
    assert done.returncode == 1
    report, _, remedies = done.stdout.partition("\n3 problems:\n")
    assert "1 queued" in report
    assert "- workers: 1 job waiting: start one with `drawscape worker`" in remedies
    assert f"- .drawscape: chmod -R go= {home}/.drawscape" in remedies
    assert "broken.py does not import: SyntaxError" in remedies


def test_a_queue_that_cannot_be_read_is_one_problem(home: Path):
    (home / ".drawscape").mkdir(mode=0o700)
    (home / ".drawscape" / "queue.db").write_bytes(b"no database" * 1000)
    done = doctor()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "- queue: " in done.stdout
