"""A drawing is remembered, found by what it is, marked, and not drawn twice."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.catalogue import Drawing, drawings, find, rebuild, settings_store, standing
from drawscape.catalogue.captions import captions
from drawscape.catalogue.database import catalogue_file, connection, writing
from drawscape.catalogue.documents import settings_key
from drawscape.catalogue.marks import Marks, add_tags, marks_of, marks_of_each, set_stars
from drawscape.catalogue.thumbnail import LARGEST_THUMBNAIL
from drawscape.errors import (
    CatalogueError,
    DrawingNotFoundError,
    ParameterError,
    UnknownNameError,
)
from drawscape.plot import statistics
from drawscape.sketches import SKETCHES, as_sketch
from drawscape.sketches.recipe import recipe_of
from drawscape.svg.read import read_svg

Draw = Callable[..., Drawing]


def test_a_drawing_is_remembered_with_its_figures_and_a_thumbnail(drawn: Draw) -> None:
    drawing = drawn("truchet", seed=4, tiles=5)
    assert (drawing.sketch, drawing.seed, drawing.width, drawing.height) == ("truchet", 4, 60, 80)
    assert drawing.parameters["tiles"] == 5
    *layers, total = statistics(read_svg(drawing.path))
    figures = drawing.figures
    assert (figures.lines, figures.lifts) == (total.lines, total.lifts)
    assert figures.ink_mm == pytest.approx(total.pen_down_mm, rel=0.01)
    assert figures.travel_mm == pytest.approx(total.pen_up_mm, rel=0.01)
    assert [name for name, _, _ in figures.pens] == [layer.name for layer in layers]
    assert figures.minutes == pytest.approx(
        sum(minutes for _, _, minutes in figures.pens), abs=0.02
    )
    assert drawing.took_s > 0
    assert drawing.thumbnail[:4] == b"RIFF"
    assert len(drawing.thumbnail) <= LARGEST_THUMBNAIL


def test_a_cell_shows_a_drawing_as_a_picture_and_one_that_is_gone_by_its_thumbnail(
    drawn: Draw,
) -> None:
    drawing = drawn()
    shown = drawing._repr_mimebundle_()
    assert shown["text/html"].startswith('<img src="data:image/svg+xml;base64,')
    assert shown["text/plain"] == repr(drawing)
    drawing.delete()
    gone = drawing._repr_mimebundle_()["text/html"]
    assert gone.startswith('<img src="data:image/webp;base64,')


def test_a_drawing_that_is_made_again_keeps_all_that_is_known_of_it(drawn: Draw) -> None:
    more = {"margin": 7, "sheet": "night", "parents": ["a" * 24]}
    first = drawn("truchet", seed=2, **more)
    assert (first.margin, first.sheet, first.parents) == (7, "night", ("a" * 24,))
    first.path.unlink()
    again = first.redraw()
    assert (again.recipe, again.digest) == (first.recipe, first.digest)
    for name in ("margin", "sheet", "parents", "parameters", "drawn_at"):
        assert getattr(again, name) == getattr(first, name), name


def test_the_same_is_not_drawn_twice_and_fresh_draws_it(home: Path, drawn: Draw) -> None:
    first = drawn(seed=3)
    before = first.path.stat()
    assert drawn(seed=3).path == first.path
    assert first.path.stat().st_mtime_ns == before.st_mtime_ns
    assert drawn(seed=3, fresh=True).path == first.path
    assert first.path.stat().st_mtime_ns > before.st_mtime_ns
    assert len(drawings()) == 1
    assert drawn(seed=4).path != first.path


def test_the_same_under_another_name_is_a_copy_and_shares_the_marks(
    home: Path, drawn: Draw
) -> None:
    first = drawn(seed=3).star(4)
    copy = drawn(seed=3, output_filename="named/mine")
    assert copy.path.read_bytes() == first.path.read_bytes()
    assert (copy.recipe, copy.stars, len(drawings())) == (first.recipe, 4, 2)
    assert drawn(seed=3, output_filename="named/mine").path == copy.path


def test_drawings_are_found_by_what_they_are(drawn: Draw) -> None:
    for seed in range(4):
        drawn("truchet", seed=seed, tiles=3 + seed)
    drawn("spiral", seed=1)
    found = drawings("truchet", tiles=(4, 5))
    assert sorted(one.seed for one in found) == [1, 2]
    assert len(drawings(tiles=[3, 6])) == 2
    assert len(drawings("truchet", tiles=(None, 3))) == 1
    assert len(drawings(seed=1)) == 2
    assert len(drawings(where={"tiles": 4})) == 1
    assert len(drawings(text="spir")) == 1
    assert len(drawings(text="50%")) == 0
    assert len(drawings(since="1h")) == 5
    assert [d.seed for d in drawings("truchet", order="oldest")] == [0, 1, 2, 3]
    inks = [d.figures.ink_mm for d in drawings(order="ink")]
    assert inks == sorted(inks, reverse=True)
    assert [d.seed for d in drawings("truchet", order="oldest")[1:3]] == [1, 2]
    with pytest.raises(UnknownNameError, match="newest"):
        drawings(order="best")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="low, high"):
        drawings(tiles=(1, 2, 3))


def test_a_caption_has_what_differs_and_a_cell_shows_thumbnails(drawn: Draw) -> None:
    one, two = drawn("truchet", seed=1, tiles=3), drawn("truchet", seed=1, tiles=4)
    three = drawn("truchet", seed=2, tiles=5)
    rose = drawn("maurer_rose")
    assert captions([one, two, three, rose]) == [
        "truchet · tiles 3 · seed 1",
        "truchet · tiles 4 · seed 1",
        "truchet · tiles 5 · seed 2",
        "maurer rose · seed 0",
    ]
    assert captions([one]) == ["truchet · seed 1"]
    one.rename("<dusk>")
    assert captions([one, two], with_sketch=False) == ["<dusk>", "tiles 4"]
    html = drawings()._repr_html_()
    assert html.count("<img") == html.count("image/webp") == 4
    assert "&lt;dusk&gt;" in html
    assert "more" not in html


def test_marks_are_kept_and_found(drawn: Draw) -> None:
    one, two = drawn(seed=1), drawn(seed=2)
    one.star(5).tag(" kept ", "show in May").annotate("the edge is 100% mine").rename("dawn")
    two.star(2)
    assert (one.stars, one.tags, one.name) == (5, ("kept", "show in May"), "dawn")
    assert [d.seed for d in drawings(stars=(4, None))] == [1]
    assert [d.seed for d in drawings(stars=2)] == [2]
    assert [d.seed for d in drawings(stars=(0, 2))] == [2]
    assert [d.seed for d in drawings(stars=(None, 5), order="stars")] == [1, 2]
    assert [d.seed for d in drawings(tag="kept")] == [1]
    assert [d.seed for d in drawings(text="100%")] == [1]
    assert [d.seed for d in drawings(text="May")] == [1]
    assert [len(drawings(text=text)) for text in ("1%0", "m_ne", "mine\\")] == [0, 0, 0]
    assert find("dawn").recipe == one.recipe
    assert one.untag("kept").tags == ("show in May",)
    for stars in (6, -1, True, 2.5):
        with pytest.raises(ParameterError, match="0 to 5"):
            one.star(stars)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="tag"):
        one.tag(" ")


@pytest.mark.parametrize("place", ["output/kept/a.svg", "elsewhere/a.svg"])
def test_a_file_that_was_moved_inside_the_home_is_found_by_its_content(
    home: Path, drawn: Draw, place: str
) -> None:
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


def test_files_and_folders_that_are_moved_about_are_followed(home: Path, drawn: Draw) -> None:
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


def test_a_file_that_another_has_written_over_is_no_longer_listed(home: Path, drawn: Draw) -> None:
    first = drawn(seed=1)
    first.path.unlink()
    first.path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert len(drawings()) == 0
    assert [d.seed for d in drawings(deleted=True)] == [1]


@pytest.mark.parametrize("ahead_ns", [0, 60 * 10**9])
def test_a_file_that_comes_within_a_tick_of_the_clock_is_found(
    home: Path, drawn: Draw, ahead_ns: int
) -> None:
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


def test_a_deleted_file_shows_as_deleted_and_comes_back(home: Path, drawn: Draw) -> None:
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


def test_a_file_with_another_content_is_not_the_drawing(home: Path, drawn: Draw) -> None:
    first = drawn(seed=1)
    first.path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert standing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) is None
    assert drawn(seed=1).path.read_bytes().startswith(b"<?xml")
    drawn(seed=2, output_filename=first.path.name)
    assert {d.seed for d in drawings()} == {2}
    assert {d.seed for d in drawings(deleted=True)} == {1, 2}


def test_a_picture_that_changed_is_drawn_anew_and_one_that_did_not_is_not(
    home: Path, drawn: Draw
) -> None:
    from PIL import Image

    paths = []
    for grey in (40, 40, 200, 40):
        image = Image.new("L", (20, 20), grey)
        image.putpixel((3, 3), 255)
        image.save(home / "p.png")
        paths.append(drawn("squiggles", picture="p.png").path)
    assert paths[0] == paths[1] == paths[3] != paths[2]
    assert len(drawings()) == 2


def test_a_sketch_that_reads_a_file_by_itself_is_drawn_each_time(home: Path, drawn: Draw) -> None:
    data = home / "size.txt"

    def dot(svg):  # type: ignore[no-untyped-def]
        svg.circle(30, 30, float(data.read_text()))

    data.write_text("3")
    first = drawn(dot)
    assert first.volatile
    data.write_text("4")
    second = drawn(dot)
    assert first.path != second.path
    assert len(drawings()) == 2
    assert standing(recipe_of(as_sketch(dot), 60, 80)) is None


def test_marks_of_one_process_appear_in_another_at_once(home: Path, drawn: Draw) -> None:
    drawing = drawn(seed=1)
    code = f"from drawscape.catalogue import find; find({drawing.recipe!r}).star(4).tag('hers')"
    subprocess.run([sys.executable, "-c", code], check=True)
    wait_until(lambda: (drawing.stars, drawing.tags) == (4, ("hers",)), 1.0)


def test_the_marks_of_very_many_are_read_at_once(home: Path) -> None:
    recipes = [f"{number:024x}" for number in range(1100)]
    starred = recipes[:: len(recipes) // 110]
    for recipe in (*starred, recipes[499], recipes[500], recipes[-1]):
        set_stars(recipe, 3)
        add_tags(recipe, ("b", "a"))
    marks = marks_of_each(iter(recipes))
    assert list(marks) == recipes
    wanted = {*starred, recipes[499], recipes[500], recipes[-1]}
    assert {recipe for recipe in recipes if marks[recipe] == Marks(3, ("a", "b"))} == wanted
    assert {marks[recipe] for recipe in recipes if recipe not in wanted} == {Marks()}


def tag_twice(recipe: str) -> None:
    with writing() as opened:
        for _ in range(2):
            opened.execute("insert into tag values (?, 'half')", (recipe,))


def test_what_fails_in_the_middle_of_a_change_changes_nothing(home: Path) -> None:
    with pytest.raises(CatalogueError, match="UNIQUE"):
        tag_twice("a recipe")
    assert marks_of("a recipe").tags == ()


def test_threads_and_processes_write_marks_at_once_and_lose_none(home: Path, drawn: Draw) -> None:
    drawing = drawn(seed=1)
    code = (
        f"from drawscape.catalogue import find; d = find({drawing.recipe!r})\n"
        "import sys; [d.tag(f'{sys.argv[1]} {i}') for i in range(30)]"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    threads = [
        threading.Thread(target=lambda n=n: [drawing.tag(f"t{n} {i}") for i in range(30)])
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert len(drawing.tags) == 180


def test_a_home_that_was_moved_keeps_its_drawings(
    home: Path, drawn: Draw, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    drawn(seed=1).star(2)
    other = tmp_path_factory.mktemp("moved") / "home"
    home.rename(other)
    monkeypatch.setenv("DRAWSCAPE_HOME", str(other))
    (found,) = drawings(stars=2)
    assert found.path.is_relative_to(other)
    assert standing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) == found
    home.mkdir()


def test_a_drawing_is_found_by_its_file_without_a_word_written(home: Path, drawn: Draw) -> None:
    """A sheet asks for each of its drawings as it comes, while a worker writes the next."""
    drawing = drawn(seed=1)
    with contextlib.closing(sqlite3.connect(catalogue_file())) as other:
        before = other.execute("pragma data_version").fetchone()
        found = find(drawing.path)
        assert found == drawing
        assert other.execute("pragma data_version").fetchone() == before
    drawing.path.touch()
    rebuild()
    again = find(drawing.path)
    assert list(again.parameters.items()) == list(found.parameters.items())


def test_a_file_that_holds_another_drawing_now_is_found_as_that_one(drawn: Draw) -> None:
    one, two = drawn("truchet", seed=1), drawn("truchet", seed=2)
    place, seen = one.path, find(one.path)
    shutil.copyfile(two.path, place)
    found = find(place)
    assert (seen.seed, found.seed, found.path) == (1, 2, place)


def test_finding_says_what_it_does_not_find(home: Path, drawn: Draw) -> None:
    drawing = drawn(seed=1)
    assert find(drawing.recipe[:8]) == drawing == find(str(drawing.path)) == find(drawing.path)
    assert find(f"output/{drawing.path.name}") == drawing
    for name in ("zzzz", "zz", "output/none.svg"):
        with pytest.raises(DrawingNotFoundError):
            find(name)


def test_settings_come_back_by_notebook_and_target(home: Path) -> None:
    key = settings_key("01.ipynb", "spiral")
    settings_store.save(key, {"seed": 3, "turns": 4.5})
    settings_store.save_named(key, "dense", {"seed": 1})
    settings_store.save(settings_key("02.ipynb", "spiral"), {"seed": 9})
    assert settings_store.load(key) == {"seed": 3, "turns": 4.5}
    settings_store.save_named(key, "airy", {"seed": 2})
    assert settings_store.names(key) == ["airy", "dense"]  # the latest first
    settings_store.save_named(key, "dense", {"seed": 1})
    assert settings_store.names(key) == ["dense", "airy"]
    assert settings_store.load_named(key, "dense") == {"seed": 1}
    assert settings_store.delete_named(key, "dense")
    assert not settings_store.delete_named(key, "dense")
    assert settings_store.load("other") is None


def test_exports_of_a_drawing_lie_beside_it(drawn: Draw) -> None:
    drawing = drawn("rose")
    assert drawing.export("gcode").read_text().count("G1") > 10
    assert drawing.export("png").suffix == ".png"
    assert drawing.export("svg") != drawing.path


def test_the_row_is_small(home: Path, drawn: Draw) -> None:
    for seed in range(10):
        drawn("rose", seed=seed)
    with connection() as opened:
        opened.execute("delete from thumbnail")
    opened.execute("vacuum")
    opened.execute("pragma wal_checkpoint(truncate)")
    empty = sqlite3.connect(":memory:")
    empty.executescript(
        ";".join(
            row[0] for row in opened.execute("select sql from sqlite_master where sql is not null")
        )
    )
    size = os.path.getsize(home / ".drawscape" / "catalogue.db")
    pages = empty.execute("pragma page_count").fetchone()[0] * 4096
    empty.close()
    assert (size - pages) / 10 < 1500


def test_another_margin_is_another_drawing_and_drawing_again_keeps_the_first_date(
    drawn: Draw,
) -> None:
    first = drawn("rose", margin=4)
    assert drawn("rose", margin=9).path != first.path
    assert drawn("rose", margin=4, fresh=True).drawn_at == first.drawn_at


def test_what_is_opened_after_a_drawing_does_not_count(home: Path, drawn: Draw) -> None:
    def dot(svg):  # type: ignore[no-untyped-def]
        yield 0.5
        svg.circle(30, 30, 3)

    (home / "note.txt").write_text("x")
    from drawscape.sketches import draw

    def look(_fraction: float, _svg: Any) -> None:
        (home / "note.txt").read_text()

    assert "volatile" not in draw(dot, 40, 40, on_progress=look).provenance  # type: ignore[operator]
