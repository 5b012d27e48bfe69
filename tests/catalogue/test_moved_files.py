"""Files that are moved, replaced, deleted or changed by others: the catalogue follows."""

import os
import shutil
import time
from collections.abc import Callable

import pytest

from drawscape.catalogue import Drawing, drawings, find, rebuild, standing
from drawscape.errors import (
    DrawingNotFoundError,
)
from drawscape.recipe import recipe_of
from drawscape.sketches import SKETCHES

Draw = Callable[..., Drawing]


@pytest.mark.parametrize("place", ["output/kept/a.svg", "elsewhere/a.svg"])
def test_a_file_that_was_moved_inside_the_home_is_found_by_its_content(home, drawn, place):
    first = drawn(seed=1).star(3)
    (home / place).parent.mkdir()
    first.path.rename(home / place)
    found = standing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1))
    assert found is not None
    assert (found.path, found.stars) == (home / place, 3)
    assert [d.path for d in drawings()] == [home / place]
    assert drawings()[0].took_s == first.took_s
    found.delete()
    assert len(drawings()) == 0


def test_files_and_folders_that_are_moved_about_are_followed(home, drawn):
    one, two = drawn(seed=1).star(3), drawn(seed=2, output_filename="named/two").star(2)
    three = drawn(seed=3, output_filename="named/three")
    assert len(drawings()) == 3
    (home / "kept").mkdir()
    one.path.rename(home / "kept" / "a.svg")
    assert find(one.recipe[:8]).path == home / "kept" / "a.svg"
    (home / "kept").rename(home / "best")
    assert [d.path for d in drawings(stars=3)] == [home / "best" / "a.svg"]
    (home / "output" / "named").rename(home / "output" / "renamed")
    assert [d.path for d in drawings(stars=2)] == [home / "output" / "renamed" / "two.svg"]
    (home / "output" / "renamed").rename(home / "away")
    assert [d.path for d in drawings(stars=2)] == [home / "away" / "two.svg"]
    shutil.rmtree(home / "away")
    (home / "best" / "a.svg").unlink()
    assert len(drawings()) == 0
    assert {d.recipe for d in drawings(deleted=True)} == {one.recipe, two.recipe, three.recipe}
    assert find(one.recipe).redraw().stars == 3
    rebuild()
    assert len(drawings()) == 1


def test_a_file_that_another_has_written_over_is_no_longer_listed(home, drawn):
    first = drawn(seed=1)
    first.path.unlink()
    first.path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert len(drawings()) == 0
    assert [d.seed for d in drawings(deleted=True)] == [1]


@pytest.mark.parametrize("ahead_ns", [0, 60 * 10**9])
def test_a_file_that_comes_within_a_tick_of_the_clock_is_found(home, drawn, ahead_ns):
    first = drawn(seed=1)
    folder, now = first.path.parent, time.time_ns()
    stamp = now - now % 10**9 + 2 * 10**9 if not ahead_ns else now + ahead_ns
    os.utime(folder, ns=(stamp, stamp))
    assert len(drawings()) == 1
    copy = folder / "copy.svg"
    copy.write_bytes(first.path.read_bytes())
    os.utime(folder, ns=(stamp, stamp))
    assert {d.path for d in drawings()} == {first.path, copy}
    os.utime(folder, ns=(now - 10**12, now - 10**12))
    assert len(drawings()) == 2
    copy.unlink()
    os.utime(folder, ns=(now - 10**12, now - 10**12))
    assert len(drawings()) == 2  # a folder whose time is past is not read again


def test_a_deleted_file_shows_as_deleted_and_comes_back(home, drawn):
    first = drawn(seed=1).star(3)
    content = first.path.read_bytes()
    first.path.unlink()
    assert len(drawings()) == 0
    (gone,) = drawings(deleted=True)
    assert (gone.deleted, gone.stars) == (True, 3)
    with pytest.raises(DrawingNotFoundError, match="redraw"):
        _ = gone.document
    back = gone.redraw()
    assert back.path.read_bytes() == content
    assert (len(drawings()), back.deleted) == (1, False)
    back.delete()
    assert not back.path.exists()
    assert drawn(seed=1).path.read_bytes() == content


def test_a_file_with_another_content_is_not_the_drawing(home, drawn):
    first = drawn(seed=1)
    first.path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert standing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) is None
    assert drawn(seed=1).path.read_bytes().startswith(b"<?xml")
    drawn(seed=2, output_filename=first.path.name)
    assert {d.seed for d in drawings()} == {2}
    assert {d.seed for d in drawings(deleted=True)} == {1, 2}


def test_a_picture_that_changed_is_drawn_again_and_one_that_did_not_is_not(home, drawn):
    from PIL import Image

    paths = []
    for grey in (40, 40, 200, 40):
        image = Image.new("L", (20, 20), grey)
        image.putpixel((3, 3), 255)
        image.save(home / "p.png")
        paths.append(drawn("squiggles", picture="p.png").path)
    assert paths[0] == paths[1] == paths[3] != paths[2]
    assert len(drawings()) == 2


def test_a_home_that_was_moved_keeps_its_drawings(home, drawn, monkeypatch, tmp_path_factory):
    drawn(seed=1).star(2)
    other = tmp_path_factory.mktemp("moved") / "home"
    home.rename(other)
    monkeypatch.setenv("DRAWSCAPE_HOME", str(other))
    (found,) = drawings(stars=2)
    assert found.path.is_relative_to(other)
    assert standing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) == found
    home.mkdir()
