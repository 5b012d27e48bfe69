"""`make` repairs an environment that could not be made at first."""

import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"


def make(folder: Path, target: str, python: str) -> subprocess.CompletedProcess[str]:
    """Run `make` with an environment of its own in `folder`."""
    command = ["make", "-f", str(MAKEFILE), "VENV=venv", f"PYTHON={python}", target]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.nightly
def test_a_venv_that_failed_is_made_again(tmp_path: Path):
    # As Debian's python3 without python3-venv: the interpreter is there, then ensurepip is missing.
    broken = tmp_path / "python"
    broken.write_text('#!/bin/sh\nmkdir -p "$3/bin"; ln -s /bin/false "$3/bin/python"; exit 1\n')
    broken.chmod(0o755)
    assert make(tmp_path, "venv/bin/pip", str(broken)).returncode != 0
    assert not (tmp_path / "venv").exists()
    done = make(tmp_path, "venv/bin/pip", sys.executable)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "venv" / "bin" / "pip").exists()


@pytest.mark.nightly
def test_a_venv_without_pip_gets_one(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True
    )
    done = make(tmp_path, "venv/bin/pip", sys.executable)
    assert done.returncode == 0, done.stderr
    version = [str(tmp_path / "venv" / "bin" / "python"), "-m", "pip", "--version"]
    assert subprocess.run(version, check=False, capture_output=True).returncode == 0
