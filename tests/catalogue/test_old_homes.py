"""Homes that versions 0.2.0 and 0.3.0 made open: their drawings are found, and nothing is drawn again.

`home_of_0_2.tar.gz` was made by that version's own worker: three drawings, one under a name of its own, one
of a notebook's function, and a job that still waits. `home_of_0_3.tar.gz` has five drawings with marks, a
sheet and settings, and beside them exports, which that version took for the drawings themselves: a file for
each pen, an SVG for a plotter, one that was simplified by 8 mm.
"""

import tarfile
from pathlib import Path

import pytest

from drawscape.catalogue import drawings, find, rebuild, settings_key, settings_store, sheet_store
from drawscape.catalogue.redraw import Sameness, compare_again
from drawscape.errors import UnknownNameError
from drawscape.jobs import list_jobs
from drawscape.tasks.drawing import generate_complex_svg


def unpacked(home, version):
    """Fill `home` with one of `version`, and return its files with their times."""
    (home / ".drawscape").rmdir()
    with tarfile.open(Path(__file__).with_name(f"home_of_{version}.tar.gz")) as packed:
        packed.extractall(home, filter="data")
    return times(home)


def times(home):
    return {path: path.stat().st_mtime_ns for path in home.rglob("*.svg")}


def test_a_home_of_0_2_opens_with_its_drawings_and_draws_nothing(home):
    before = unpacked(home, "0_2")
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
    assert times(home) == before


def test_a_drawing_of_0_2_is_drawn_again_and_says_that_less_of_it_is_known(home):
    unpacked(home, "0_2")
    (drawing,) = drawings("hitomezashi")
    comparison = compare_again(drawing.path)
    assert comparison.sameness in (Sameness.INK, Sameness.DIFFERS)
    assert "version 0.2.0, which kept less of the recipe" in str(comparison)
    with pytest.raises(UnknownNameError, match="stems"):
        compare_again(find(drawings("stems")[0].path).path)


DRAWN_BY_0_3 = {
    ("cubic_disarray", 0, "ordered.svg", 0),
    ("rose", 3, "rose-3-2afff62d.svg", 4),
    ("schotter", 1, "schotter-1-9e39758c.svg", 2),
    ("schotter", 2, "mine.svg", 0),
    ("stems", 4, "stems-4-85be45f7.svg", 5),
}


@pytest.mark.parametrize("is_catalogue_lost", [False, True])
def test_a_home_of_0_3_shows_its_drawings_and_none_of_its_exports(home, is_catalogue_lost):
    before = unpacked(home, "0_3")
    if is_catalogue_lost:  # and with it the marks
        (home / ".drawscape" / "catalogue.db").unlink()
        assert rebuild() == 5
    found = {(d.sketch, d.seed, d.path.name, d.stars) for d in drawings()}
    stars = {(*one[:3], 0) for one in DRAWN_BY_0_3} if is_catalogue_lost else DRAWN_BY_0_3
    assert found == stars
    assert not any(d.edited for d in drawings())
    assert rebuild() == len(drawings()) == 5
    assert times(home) == before


def test_a_recipe_of_0_3_finds_its_drawing_and_marks_and_is_not_drawn_again(home):
    before = unpacked(home, "0_3")
    rose = find("2afff62dde4afd423a16dd8b")
    assert (rose.stars, rose.tags, rose.note) == (4, ("kept",), "for Ada")
    assert find("dusk").seed == 2
    assert generate_complex_svg(60, 80, "rose", seed=3) == str(rose.path)
    assert generate_complex_svg(60, 80, "schotter", seed=2) == str(find("dusk").path)
    assert times(home) == before
    assert Path(generate_complex_svg(60, 80, "rose", seed=4)) not in before
    assert sheet_store.load("night")
    assert settings_store.load(settings_key("01.ipynb", "rose")) == {"seed": 3}


def test_a_file_of_0_3_that_was_edited_by_hand_is_kept_and_is_not_the_drawing(home):
    unpacked(home, "0_3")
    path = find("2afff62d").path
    path.write_text(path.read_text().replace("<polyline", "<polyline ", 1))
    (shown,) = drawings("rose")
    assert (shown.edited, shown.path) == (True, path)
    content = path.read_bytes()
    assert generate_complex_svg(60, 80, "rose", seed=3) != str(path)
    rebuild()
    assert find(path).edited
    assert path.read_bytes() == content
