"""What the comparison says of packages that are installed with the tests, and where its cells come from."""

import re
from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Interval
from huey import SqliteHuey
from ipywidgets import interactive

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "notebooks" / "pages" / "comparison.md").read_text()
TABLE = PAGE.partition("# Beside others")[2].partition("## Sources")[0]


QUEUES = ("RQ", "huey", "Celery", "procrastinate")


def test_every_cell_has_an_answer_and_every_row_a_paragraph_that_says_whence():
    lines = [line for line in TABLE.splitlines() if line.startswith("| ")]
    head, *body = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    for row in body:
        assert len(row) == len(head)
        assert all(row), f"{row[0]}: an empty cell"
        (sources,) = re.findall(rf"^\*\*{re.escape(row[0])}\.\*\* (.*)$", PAGE, re.MULTILINE)
        for system in head[1:]:
            group = "The queues" if system in QUEUES else "The others"
            assert any(name in sources for name in (system, group, "The others")), (row[0], system)


def test_the_tests_that_are_named_exist():
    for page in (*ROOT.glob("*.md"), *(ROOT / "notebooks" / "pages").rglob("*.md")):
        for path in re.findall(r"\b(tests/[\w/.-]+\w)", page.read_text()):
            assert (ROOT / path).exists() or page.stem == "CHANGELOG", (page.name, path)


def test_huey_has_forgotten_a_task_that_it_handed_out(tmp_path):
    huey = SqliteHuey(filename=str(tmp_path / "huey.db"))

    @huey.task()
    def draw() -> None: ...

    draw()
    assert huey.pending_count() == 1
    assert huey.dequeue() is not None  # a consumer that is killed now takes it along
    assert huey.pending_count() == 0


def test_interact_knows_no_annotated_bounds():
    def rings(count: Annotated[int, Interval(ge=1, le=9)]) -> None: ...

    def spokes(count: Annotated[int, Interval(ge=1, le=9)] = 3) -> None: ...

    with pytest.raises(ValueError, match=r"to a widget|cannot find widget"):
        interactive(rings)
    slider = interactive(spokes).children[0]
    assert (slider.min, slider.max) != (1, 9)
