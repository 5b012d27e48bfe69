"""What the guides and explanations show runs as it stands, in a project that is new."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_blocks import PAGES, Project, new_project

pytestmark = pytest.mark.slow

GUIDES = sorted([*(PAGES / "guides").glob("*.md"), *(PAGES / "explanation").glob("*.md")])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with new_project(tmp_path_factory.mktemp("guides") / "studio") as made:
        yield made


@pytest.mark.parametrize("page", GUIDES, ids=[page.stem for page in GUIDES])
def test_every_block_of_the_page_runs(project: Project, page: Path):
    ran = project.run_page(page)
    assert ran or page.parent.name == "explanation", "a guide shows something to do"


def test_the_picture_of_the_architecture_is_what_its_script_draws():
    folder = PAGES / "explanation"
    script = runpy.run_path(str(folder / "architecture.py"))
    assert (folder / "architecture.svg").read_bytes() == script["picture"]().to_bytes()
