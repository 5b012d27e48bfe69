"""A tutorial that is run a second time, by another kernel in the same home, queues nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from drawscape.jobs import list_jobs

FOLDER = Path(__file__).parents[2] / "notebooks"

pytestmark = [pytest.mark.notebooks, pytest.mark.slow]


def run(name: str, folder: Path) -> Any:
    """Return the notebook, executed by a kernel of its own."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=300, resources=resources).execute()


def images(notebook: Any) -> int:
    return str(notebook).count("<img src=")


def test_the_third_tutorial_queues_not_one_job_the_second_time(
    home: Path, consumer: Any, tmp_path: Path
) -> None:
    first = run("03_many_drawings", tmp_path)
    jobs = {job.id for job in list_jobs(limit=None)}
    assert len(jobs) == 12 + 1 + 9 + 9
    files = {path: path.stat().st_mtime_ns for path in (home / "output").rglob("*")}
    second = run("03_many_drawings", tmp_path)
    assert {job.id for job in list_jobs(limit=None)} == jobs
    assert {path: path.stat().st_mtime_ns for path in (home / "output").rglob("*")} == files
    assert images(second) == images(first) == 31
