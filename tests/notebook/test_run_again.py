"""A notebook that is run a second time, by another kernel in the same home: what stands is shown, at once."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from support import wait_until

from drawscape.jobs import list_jobs, workers_alive

FOLDER = Path(__file__).parents[2] / "notebooks"

pytestmark = [pytest.mark.notebooks, pytest.mark.slow, pytest.mark.nightly]

BEGIN = """from drawscape.jobs import enqueue_background_job, get_job, list_jobs
from drawscape.notebook import *
%load_ext drawscape"""

SHEETS = {
    "contact_sheet('spiral', range(2), paper='A7')": 2,
    "variations('spiral', turns=[5, 9], paper='A7')": 2,
}

SINGLE = {
    "evolve('spiral', 2, paper='A7')": 2,
    "made = form('spiral', paper='A7', seed=5)\nmade.draw()\nmade": 1,
    "%%sketch\ndef square(svg, rng):\n    svg.rect(5, 5, 20, 20)": 1,
    "own = _\nown.draw();": 0,
    "job_view(list_jobs(limit=1)[0].id)": 1,
    "history('square')": 1,
}

WAIT = "for job in list_jobs(limit=None):\n    get_job(job.id).wait(60)"

OWN_JOB = """job = enqueue_background_job(
    'workers.svg_tasks.generate_complex_svg', 60, 60, pattern_type='spiral', seed={})
await job"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home for one test, without a worker."""
    (tmp_path / ".drawscape").mkdir()
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    return tmp_path


def run(name: str, folder: Path) -> Any:
    """Return the tutorial, executed by a kernel of its own that has ended, with its worker."""
    return execute(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4), folder)


def execute(notebook, folder, **options):
    resources = {"metadata": {"path": str(folder)}}
    executed = NotebookClient(notebook, timeout=120, resources=resources, **options).execute()
    wait_until(lambda: not workers_alive(), 60, "the end of the kernel's worker")
    return executed


def images(notebook):
    return str(notebook).count("<img src=")


def executed_cells(sources: list[str], folder: Path) -> list[int]:
    """Return how many pictures each cell has when it ends, executed by a kernel of their own."""
    notebook, found = new_notebook(cells=[new_code_cell(one) for one in sources]), []

    def ended(cell: Any, **_event: Any) -> None:
        found.append(images(cell))

    execute(notebook, folder, on_cell_executed=ended)
    return found


@pytest.mark.parametrize(
    ("name", "jobs", "again", "pictures"),
    [("01_first_drawing", 2, 1, 3), ("03_many_drawings", 12 + 1 + 9 + 9, 0, 31 + 9)],
)
def test_a_tutorial_draws_nothing_the_second_time_and_shows_as_many_pictures(
    home, name, jobs, again, pictures
):
    """There is no worker but the notebook's own. A job that a cell queues by hand is queued again."""
    first = run(name, home)
    assert len(list_jobs(limit=None)) == jobs
    files = {path: path.stat().st_mtime_ns for path in (home / "output").rglob("*")}
    second = run(name, home)
    assert len(list_jobs(limit=None)) == jobs + again
    assert {path: path.stat().st_mtime_ns for path in (home / "output").rglob("*")} == files
    assert images(second) == images(first) == pictures


def test_what_stands_has_its_pictures_when_its_cell_ends_and_a_job_finds_a_worker(
    home, monkeypatch
):
    monkeypatch.setenv("JPY_SESSION_NAME", "again.ipynb")  # forms come back with their settings
    executed_cells([BEGIN, *SHEETS, *SINGLE, WAIT], home)
    for seed, cells in enumerate((SHEETS, SINGLE)):
        found = executed_cells([BEGIN, *cells, OWN_JOB.format(seed)], home)
        assert found[1:-1] == list(cells.values())
        assert len(list_jobs("finished", limit=None)) == 8 + seed + 1
