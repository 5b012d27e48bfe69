"""`drawscape demo`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


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
