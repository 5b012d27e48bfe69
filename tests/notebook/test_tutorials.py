"""The tutorials run, and run again."""

import itertools
import os
import re
import shutil
from pathlib import Path

import nbformat
import psycopg
import pytest
from nbclient import NotebookClient
from postgres_server import drop_schema, new_schema
from support import python, wait_until

from drawscape.jobs import list_jobs, workers_alive

FOLDER = Path(__file__).parents[2] / "notebooks"
TUTORIALS = sorted(FOLDER.glob("[0-9]*.ipynb"))

LONGEST_CELL = 15
LARGEST_BYTES = 1_600_000


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_the_tutorials_are_there():
    assert [path.stem[:2] for path in TUTORIALS] == [f"{number:02}" for number in range(11)]


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_was_run_once_from_top_to_bottom_and_shows_its_pictures(path):
    whole, notebook = path.read_text("utf-8"), read(path.stem)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert max(len(cell.source.splitlines()) for cell in cells) <= LONGEST_CELL
    assert "widgets" not in notebook.metadata
    assert "vnd.jupyter.widget-view" not in whole
    assert path.stat().st_size < LARGEST_BYTES
    assert "<img src=" in whole.replace('\\"', '"') or path.stem == "04_the_queue"


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_has_a_title_explains_each_step_and_links_to_others(path):
    cells = read(path.stem).cells
    assert cells[0].source.startswith("# ")
    pairs = list(itertools.pairwise(cell.cell_type for cell in cells))
    assert pairs.count(("code", "code")) <= 5  # a function's cell and the one that calls it
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    for target in re.findall(r"\]\(([^)]+)\)", "\n".join(prose)):
        assert target.startswith("http") or FOLDER / target in TUTORIALS, target


@pytest.mark.nightly
@pytest.mark.notebooks
@pytest.mark.postgres
def test_several_machines_show_the_same_on_postgres(postgres_url, tmp_path, monkeypatch):
    url = new_schema(postgres_url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    try:
        assert compare("08_several_machines", tmp_path) == 0
        with psycopg.connect(url) as connection:
            query = "select count(*) from job where status = 'finished'"
            (finished,) = connection.execute(query).fetchone()
            assert finished > 20  # it was there that they ran
    finally:
        drop_schema(url)


def compare(name, folder):
    """Return nbval's exit code for a copy of the tutorial."""
    shutil.copyfile(FOLDER / f"{name}.ipynb", folder / "copy.ipynb")
    command = ["-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
    sanitize = ["--nbval-sanitize-with", str(Path(__file__).with_name("sanitize.cfg"))]
    home = {**os.environ, "DRAWSCAPE_HOME": str(folder)}
    run = python(*command, *sanitize, "copy.ipynb", code=None, cwd=folder, env=home, timeout=600)
    return run.returncode


def execute(notebook, folder):
    """Return the notebook, executed by a kernel of its own that has ended, with its worker."""
    resources = {"metadata": {"path": str(folder)}}
    executed = NotebookClient(notebook, timeout=120, resources=resources).execute()
    wait_until(lambda: not workers_alive(), "the end of the kernel's worker")
    return executed


def images(notebook):
    return str(notebook).count("<img src=")


@pytest.mark.notebooks
@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "jobs", "again", "pictures"),
    [("01_first_drawing", 2, 1, 3), ("03_many_drawings", 12 + 1 + 9 + 9, 0, 31 + 9)],
)
def test_a_tutorial_draws_nothing_the_second_time_and_shows_as_many_pictures(
    home, name, jobs, again, pictures
):
    """There is no worker but the notebook's own. A job that a cell queues by hand is queued again."""
    first = execute(read(name), home)
    assert len(list_jobs(limit=None)) == jobs
    files = {path: path.stat().st_mtime_ns for path in (home / "output").rglob("*")}
    second = execute(read(name), home)
    assert len(list_jobs(limit=None)) == jobs + again
    assert {path: path.stat().st_mtime_ns for path in (home / "output").rglob("*")} == files
    assert images(second) == images(first) == pictures


@pytest.mark.notebooks
@pytest.mark.slow
def test_a_notebook_that_ends_with_its_drawing_has_the_picture_in_the_forms_cell(home):
    shown = "from drawscape.notebook import form\nshown = form('spiral', paper='A7')\nshown"
    cells = [nbformat.v4.new_code_cell(code) for code in (shown, "_ = shown.draw().wait()")]
    executed = execute(nbformat.v4.new_notebook(cells=cells), home)
    assert images(executed.cells[0].outputs) == 1
