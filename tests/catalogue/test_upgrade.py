"""A home that version 0.2.0 made opens: its drawings are in the catalogue, nothing is drawn again.

`home_of_0_2.tar.gz` was made by that version's own worker: three drawings, one under a name of its own, one
of a notebook's function, and a job that still waits.
"""

import tarfile
from pathlib import Path

import pytest

from drawscape.catalogue import drawings, find
from drawscape.catalogue.redraw import Sameness, compare_again
from drawscape.errors import UnknownNameError
from drawscape.jobs import list_jobs


@pytest.fixture
def old_home(home: Path) -> Path:
    (home / ".drawscape").rmdir()
    with tarfile.open(Path(__file__).with_name("home_of_0_2.tar.gz")) as packed:
        packed.extractall(home, filter="data")
    return home


def test_a_home_of_0_2_opens_with_its_drawings_and_draws_nothing(old_home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in old_home.rglob("*.svg")}
    found = drawings()
    assert sorted((d.sketch, d.seed, d.path.parent.name) for d in found) == [
        ("hitomezashi", 2, "output"),
        ("schotter", 0, "named"),
        ("schotter", 1, "output"),
        ("schotter", 3, "output"),
        ("stems", 0, "output"),
    ]
    assert len({d.recipe for d in found}) == 5
    for drawing in found:
        assert drawing.figures.lines > 0
        assert drawing.thumbnail
        assert drawing.star(2).stars == 2
    assert len(drawings(stars=2)) == 5
    assert sorted(job.status for job in list_jobs()) == ["finished"] * 5 + ["queued"]
    assert {path: path.stat().st_mtime_ns for path in old_home.rglob("*.svg")} == before


def test_a_drawing_of_0_2_is_drawn_again_and_says_that_less_of_it_is_known(old_home: Path) -> None:
    (drawing,) = drawings("hitomezashi")
    comparison = compare_again(drawing.path)
    assert comparison.sameness in (Sameness.INK, Sameness.DIFFERS)
    assert "version 0.2.0, which kept less of the recipe" in str(comparison)
    with pytest.raises(UnknownNameError, match="stems"):
        compare_again(find(drawings("stems")[0].path).path)
