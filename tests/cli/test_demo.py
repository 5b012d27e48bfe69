"""`drawscape demo`."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import wait_until


@pytest.mark.slow
def test_the_demo_draws_its_pictures_and_says_where_though_its_worker_is_killed(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRAWSCAPE")}
    lines = tmp_path / "lines"
    with lines.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "drawscape", "demo"],
            cwd=tmp_path,
            env={**environment, "DRAWSCAPE_HOME": str(tmp_path)},
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: "A worker runs beside it (" in lines.read_text(), 60, "its worker")
        os.kill(int(re.search(r"process (\d+)", lines.read_text())[1]), signal.SIGKILL)
        assert demo.wait(120) == 0, lines.read_text()
    finally:
        demo.kill()
        demo.wait(60)
    printed = lines.read_text()
    pictures = [line.split()[0] for line in printed.splitlines() if line.strip().startswith("/")]
    assert len(pictures) == 6
    assert all(Path(path).read_text().startswith("<?xml") for path in pictures)
    assert "spiral" in printed
    assert "finished" in printed


@pytest.mark.nightly
def test_the_demo_follows_its_jobs_in_a_table_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal
):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    screen = terminal("demo", columns=100)
    wait_until(lambda: screen.shows("6 finished; 1 worker alive"), 120, "six drawings")
    for name in ("spiral", "ridgelines"):
        assert screen.shows(f"demo: {name}")
    wait_until(screen.ended, 60)
    assert screen.process.returncode == 0
