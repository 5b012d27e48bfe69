"""The tutorials as they are committed: executed, whole, short-celled, lean, and truly compared."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_server import drop_schema, new_schema

FOLDER = Path(__file__).parents[2] / "notebooks"
TUTORIALS = sorted(FOLDER.glob("[0-9]*.ipynb"))

LONGEST_CELL = 15
LARGEST_BYTES = 1_600_000

Notebook = dict[str, Any]


def read(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text("utf-8"))
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def test_the_tutorials_are_there():
    assert [path.stem[:2] for path in TUTORIALS] == [f"{number:02}" for number in range(9)]


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
class TestEachTutorial:
    """What holds for every one of them."""

    def test_every_cell_was_run_once_from_top_to_bottom(self, path):
        counts = [cell["execution_count"] for cell in code_cells(read(path))]
        assert counts == list(range(1, len(counts) + 1))

    def test_no_cell_ended_in_an_error_or_warned(self, path):
        outputs = [output for cell in code_cells(read(path)) for output in cell["outputs"]]
        assert not [output for output in outputs if output["output_type"] == "error"]
        assert not [output for output in outputs if output.get("name") == "stderr"]

    def test_no_cell_is_longer_than_a_screen(self, path):
        lengths = [len(text(cell["source"]).splitlines()) for cell in code_cells(read(path))]
        assert max(lengths) <= LONGEST_CELL

    def test_pictures_are_saved_with_it_and_widget_state_is_not(self, path):
        notebook = read(path)
        assert "widgets" not in notebook["metadata"]
        assert "vnd.jupyter.widget-view" not in path.read_text("utf-8")
        assert path.stat().st_size < LARGEST_BYTES
        if path.stem != "04_the_queue":
            assert "<img src=" in path.read_text("utf-8").replace('\\"', '"')

    def test_it_begins_with_a_title_and_explains_each_step(self, path):
        cells = read(path)["cells"]
        assert text(cells[0]["source"]).startswith("# ")
        kinds = [cell["cell_type"] for cell in cells]
        pairs = list(itertools.pairwise(kinds))
        assert pairs.count(("code", "code")) <= 5  # a function's cell and the one that calls it

    def test_its_links_lead_to_another_tutorial_which_is_all_that_a_project_gets(self, path):
        prose = [text(c["source"]) for c in read(path)["cells"] if c["cell_type"] == "markdown"]
        for target in re.findall(r"\]\(([^)]+)\)", "\n".join(prose)):
            assert target.startswith("http") or FOLDER / target in TUTORIALS, target


@pytest.mark.notebooks
@pytest.mark.nightly
def test_the_comparison_can_fail(tmp_path):
    """One changed letter in a saved output, and nbval says so."""
    notebook = read(FOLDER / "04_the_queue.ipynb")
    notebook["cells"] = notebook["cells"][:2]
    assert compare(notebook, tmp_path) == 0
    (output,) = code_cells(notebook)[0]["outputs"]
    output["data"]["text/plain"] = ["A worker is ready!"]
    assert compare(notebook, tmp_path) == 1


@pytest.mark.nightly
@pytest.mark.notebooks
@pytest.mark.postgres
def test_several_machines_show_the_same_on_postgres(postgres_url, tmp_path, monkeypatch):
    url = new_schema(postgres_url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    try:
        assert compare(read(FOLDER / "08_several_machines.ipynb"), tmp_path) == 0
        with psycopg.connect(url) as connection:
            jobs = connection.execute(
                "select count(*) from job where status = 'finished'"
            ).fetchone()
        assert jobs == (25,)  # it was there that they ran
    finally:
        drop_schema(url)


def compare(notebook, folder):
    """Return nbval's exit code for `notebook`."""
    (folder / "copy.ipynb").write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    options = [
        "--nbval-sanitize-with",
        str(Path(__file__).with_name("sanitize.cfg")),
        "-p",
        "no:cacheprovider",
    ]
    run = subprocess.run(
        [*command, *options, "copy.ipynb"],
        cwd=folder,
        env={**os.environ, "DRAWSCAPE_HOME": str(folder)},
        capture_output=True,
        timeout=600,
    )
    return run.returncode
