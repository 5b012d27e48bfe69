"""Where the cells of the comparison come from."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "notebooks" / "pages" / "comparison.md").read_text()
TABLE = PAGE.partition("# Compared with other tools")[2].partition("## Sources")[0]


QUEUES = ("RQ", "huey", "Celery", "procrastinate")


def test_every_cell_has_an_answer_and_every_row_a_paragraph_that_says_whence():
    lines = [line for line in TABLE.splitlines() if line.startswith("| ")]
    head, *body = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert len(body) > 5
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
