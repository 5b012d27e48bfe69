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
    pictures = [line.strip() for line in printed.splitlines() if line.startswith("  /")]
    assert len(pictures) == 6
    assert all(Path(path).read_text().startswith("<?xml") for path in pictures)
    assert "6 drawings in " in printed
