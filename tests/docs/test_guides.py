"""What the guides and explanations show runs as it stands, in a project that is new."""

import re
import runpy
import shlex
from contextlib import suppress

import click
import pytest
from page_blocks import PAGES, new_project

from drawscape.cli.root import root
from drawscape.errors import PlotNotFoundError

pytestmark = pytest.mark.slow

GUIDES = sorted([*(PAGES / "guides").glob("*.md"), *(PAGES / "explanation").glob("*.md")])


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with new_project(tmp_path_factory.mktemp("guides") / "studio") as made:
        yield made


@pytest.mark.parametrize("page", GUIDES, ids=[page.stem for page in GUIDES])
def test_every_block_of_the_page_runs(project, page):
    ran = project.run_page(page)
    assert ran or page.parent.name == "explanation", "a guide shows something to do"


TYPED = [
    (page.stem, line)
    for page in GUIDES
    for block in re.findall(r"^```text\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line.startswith("drawscape ")
]


@pytest.mark.parametrize(("page", "line"), TYPED)
def test_a_command_that_needs_a_machine_is_one_that_there_is(page, line):
    """Behind two blanks or more stands what it prints or does. There is no plot of the guide's id here."""
    words = shlex.split(re.split(r"\s{2,}| && ", line)[0])[1:]
    command = root
    context = click.Context(root)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found
    drawing = str(PAGES / "explanation" / "architecture.svg")
    words = [drawing if word.endswith((".svg", ".jpg")) else word for word in words]
    with suppress(PlotNotFoundError):
        command.make_context(command.name, words, parent=context)


def test_the_picture_of_the_architecture_is_what_its_script_draws():
    folder = PAGES / "explanation"
    script = runpy.run_path(str(folder / "architecture.py"))
    assert (folder / "architecture.svg").read_bytes() == script["picture"]().to_bytes()
