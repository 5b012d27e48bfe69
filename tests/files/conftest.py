"""A home of the test's own, files in it, and real workers."""

import pytest
from support import SVG


@pytest.fixture
def home(home):
    """A home with three tables and a drawing."""
    for number in (1, 2, 3):
        (home / f"file{number}.csv").write_text(f"a,b\n{number},x\n")
    (home / "drawing.svg").write_text(SVG)
    return home
