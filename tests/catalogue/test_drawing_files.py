"""A drawing is its file: exported, edited, moved, drawn again, or a draft."""

import os
import re
import shutil
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sketch_cells import sketch_of
from support import run

from drawscape import catalogue
from drawscape.catalogue import drawings, find, find_existing, is_draft, keep_draft, rebuild
from drawscape.catalogue.drafts import clear_drafts, drafts_folder
from drawscape.catalogue.redraw import compare_again, reasons_between
from drawscape.errors import DrawingNotFoundError
from drawscape.plot import save, split_layers
from drawscape.recipe import read_provenance, recipe_of
from drawscape.sketches import SKETCHES
from drawscape.svg.read import read_svg
from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg
from drawscape.tasks.plotting import optimize_svg

EXPORTS = {
    "for each pen": lambda one: save(split_layers(one.document)[0], one.path.with_name("1.svg")),
    "for a plotter": lambda one: one.export("svg"),
    "under another name": lambda one: one.export("svg", one.path.with_name("x.svg")),
    "simplified": lambda one: optimize_svg(str(one.path), simplify_mm=8),
    "of an export": lambda one: save(read_svg(one.export("svg")), one.path.with_name("twice.svg")),
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_beside_a_drawing_does_not_take_its_place(home, drawn, kind):
    drawing = drawn("molnar", seed=3).star(4)
    content = drawing.path.read_bytes()
    EXPORTS[kind](drawing)
    exports = [path for path in (home / "output").rglob("*.svg") if path != drawing.path]
    assert exports
    for _ in range(2):
        assert [one.path for one in drawings()] == [drawing.path]
        assert drawn("molnar", seed=3).path == drawing.path
        rebuild()
    assert drawing.path.read_bytes() == content
    for path in exports:
        made = read_provenance(path.read_text())
        assert (made.derived_from, made.recipe) == (drawing.recipe, "")
    drawing.path.unlink()  # the exports alone are not it, either
    assert find_existing(recipe_of(SKETCHES["molnar"], 60, 80, seed=3)) is None


@pytest.mark.parametrize("place", ["absolute", "relative", "linked"])
def test_an_export_never_overwrites_its_drawing(home, drawn, place, monkeypatch):
    monkeypatch.chdir(home)
    drawing = drawn("molnar")
    content = drawing.path.read_bytes()
    (home / "linked.svg").symlink_to(drawing.path)
    places = {"absolute": drawing.path, "relative": drawing.path.relative_to(home)}
    written = drawing.export("svg", places.get(place, "linked.svg"))
    assert written.is_file()
    assert not written.samefile(drawing.path)
    assert drawing.path.read_bytes() == content


CHANGES = {
    "a point": lambda content: re.sub(rb'points="', b'points="1,1 ', content, count=1),
    "cut short": lambda content: content[: len(content) * 2 // 3],
    "a blank": lambda content: content.replace(b"</svg>", b" </svg>"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_edited_is_kept_and_shown_and_never_returned_for_its_recipe(drawn, change):
    drawing = drawn("truchet", seed=3).star(3)
    edited = CHANGES[change](drawing.path.read_bytes())
    drawing.path.write_bytes(edited)
    again = Path(generate_complex_svg(60, 80, "truchet", seed=3))
    assert again != drawing.path
    assert drawing.path.read_bytes() == edited
    shown = {one.path: one.edited for one in drawings("truchet")}
    assert shown == {drawing.path: True, again: False}
    assert "edited by hand" in repr(find(drawing.path))
    assert find(drawing.recipe).path == again
    rebuild()
    assert {one.path: one.edited for one in drawings(stars=3)} == shown
    assert generate_complex_svg(60, 80, "truchet", seed=3) == str(again)


def test_what_is_counted_and_shown_of_an_edited_file_is_its_own(drawn):
    drawing = drawn("spiral", seed=1)
    lines = drawing.figures.lines
    thumbnail = drawing.thumbnail
    more = b'<g fill="none" stroke="black"><path d="M5 5H55M5 9H55M5 13H55"/></g></svg>'
    drawing.path.write_bytes(drawing.path.read_bytes().replace(b"</svg>", more))
    shown = drawings()[0]
    assert shown.figures.lines == lines + 3
    assert shown.thumbnail != thumbnail


def test_a_copy_is_a_drawing_and_an_edited_copy_leaves_the_drawing_alone(drawn):
    drawing = drawn("spiral", seed=1)
    copy = drawing.path.with_name("copy.svg")
    shutil.copyfile(drawing.path, copy)
    assert {one.path for one in drawings()} == {drawing.path, copy}
    mine = copy.with_suffix(".new")  # as an editor writes: so the folder's time changes
    mine.write_bytes(copy.read_bytes().replace(b"</svg>", b"<!-- mine --></svg>"))
    mine.replace(copy)
    assert {one.path: one.edited for one in drawings()} == {drawing.path: False, copy: True}
    assert drawn("spiral", seed=1).path == drawing.path


def test_pruning_says_what_stays_and_deletes_no_edited_file(drawn):
    marked, edited, plain = (drawn("spiral", seed=seed) for seed in range(3))
    marked.star(1)
    os.utime(plain.path.parent, ns=(10**18, 10**18))
    assert len(drawings()) == 3  # from now on the folder's time tells of no change in it
    edited.path.write_bytes(edited.path.read_bytes().replace(b"</svg>", b"<!-- mine --></svg>"))
    found = catalogue.pruning()
    assert [one.path for one in found.going] == [plain.path]
    assert (found.marked, found.edited, found.newer) == (1, 1, 0)
    assert catalogue.pruning(plain.drawn_at - timedelta(days=30)).newer == 1
    result = run("drawings", "prune", "--yes")
    assert result.out.startswith("deleted 1 file, ")
    assert result.out.endswith("; kept: 1 with marks, 1 edited by hand\n")
    assert run("drawings", "list").out.count("(edited by hand)\n") == 1
    assert (marked.path.is_file(), edited.path.is_file(), plain.path.exists()) == (1, 1, 0)


def test_files_and_folders_that_are_moved_about_are_followed(home, drawn):
    one, two = drawn(seed=1).star(3), drawn(seed=2, output_filename="named/two").star(2)
    three = drawn(seed=3, output_filename="named/three")
    assert len(drawings()) == 3
    kept = home / "output" / "kept" / "a.svg"
    kept.parent.mkdir()
    one.path.rename(kept)
    found = find_existing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1))
    assert (found.path, found.stars, found.took_s) == (kept, 3, one.took_s)
    assert find(one.recipe[:8]).path == kept
    (home / "output" / "named").rename(home / "output" / "renamed")
    assert [d.path for d in drawings(stars=2)] == [home / "output" / "renamed" / "two.svg"]
    (home / "output" / "renamed").rename(home / "away")  # where nobody searches
    assert len(drawings(stars=2)) == 0
    assert find(home / "away" / "two.svg").stars == 2
    assert [d.path for d in drawings(stars=2)] == [home / "away" / "two.svg"]
    shutil.rmtree(home / "away")
    kept.unlink()
    assert len(drawings()) == 0
    assert {d.recipe for d in drawings(deleted=True)} == {one.recipe, two.recipe, three.recipe}
    assert find(one.recipe).redraw().stars == 3
    rebuild()
    assert len(drawings()) == 1


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


def test_a_deleted_drawing_of_a_cell_is_drawn_again_from_its_source(drawn):
    first = drawn(sketch_of("def hoop(svg): svg.circle(30, 30, 7)", "hoop"))
    content = first.path.read_bytes()
    first.delete()
    assert find(first.recipe).redraw(trust=True).path.read_bytes() == content


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
    assert find_existing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) == found
    home.mkdir()


def test_what_differs_is_named(drawn):
    now = drawn("squiggles").provenance
    assert reasons_between(now, now) == ()
    for change, reason in (
        ({"versions": {**now.versions, "numpy": "0.9"}}, f"numpy 0.9, now {now.versions['numpy']}"),
        ({"version": "0.1"}, f"drawscape 0.1, now {now.version}"),
        ({"code": "other"}, "the sketch's code"),
    ):
        assert reasons_between(replace(now, **change), now) == (reason,)
    other = replace(now, reads={"p.png": "other"})
    assert reasons_between(now, other) == ("the file 'p.png'",)


def test_a_file_is_compared_with_what_is_drawn_again(drawn):
    drawing = drawn("spiral")
    assert str(compare_again(drawing.path)) == "same bytes"
    text = drawing.path.read_text()
    numpy = drawing.provenance.versions["numpy"]
    drawing.path.write_text(text.replace(f"&quot;{numpy}&quot;", "&quot;0.9&quot;"))
    assert str(compare_again(drawing.path)) == f"same lines, because of: numpy 0.9, now {numpy}"
    drawing.path.write_text(text.replace("</svg>", "<circle r='3'/></svg>"))
    assert str(compare_again(drawing.path)) == "differs, because of: the file was edited"


def draft(seed=1):
    return Path(generate_complex_svg(60, 80, "spiral", seed=seed, draft=True))


def test_a_draft_is_in_no_history_and_is_not_drawn_twice(home):
    frames = [draft(seed) for seed in (1, 2, 3)]
    stamps = [frame.stat().st_mtime_ns for frame in frames]
    assert all(map(is_draft, frames))
    assert (len(drawings(deleted=True)), rebuild()) == (0, 0)
    assert [draft(seed) for seed in (1, 2, 3)] == frames
    assert [frame.stat().st_mtime_ns for frame in frames] == stamps
    assert catalogue.draft_for(recipe_of(SKETCHES["spiral"], 60, 80, seed=2)) == frames[1]
    assert catalogue.draft_for(recipe_of(SKETCHES["spiral"], 60, 80, seed=9)) is None
    with pytest.raises(DrawingNotFoundError):
        find(frames[0])

    def dot(svg):
        svg.circle(30, 30, 3)

    assert is_draft(draw_function_svg(dot, 60, 80, draft=True))


def test_a_draft_that_is_kept_is_a_drawing_with_figures_and_a_thumbnail(drawn):
    content = draft().read_bytes()
    kept = keep_draft(draft())
    assert kept.path.read_bytes() == content
    assert kept.thumbnail
    assert kept.figures.lines > 0
    assert [one.path for one in drawings()] == [kept.path]
    assert keep_draft(drafts_folder() / kept.path.name) == kept  # a second press
    assert draft() == kept.path
    assert not list(drafts_folder().glob("*.svg"))
    with pytest.raises(DrawingNotFoundError, match="draw it again"):
        keep_draft(drafts_folder() / "spiral-9-00000000.svg")


def test_drawing_what_is_a_draft_keeps_it_and_the_oldest_drafts_go(drawn):
    content = draft().read_bytes()
    drawing = drawn("spiral", seed=1, sheet="night")
    assert (drawing.path.read_bytes(), drawing.sheet, drawing.edited) == (content, "night", False)
    assert not list(drafts_folder().glob("*.svg"))
    frames = [draft(seed) for seed in range(2, 7)]
    clear_drafts(2)
    assert sorted(drafts_folder().glob("*.svg")) == sorted(frames[3:])


def test_to_redraw_what_was_edited_keeps_the_edit(drawn):
    drawing = drawn("spiral", seed=1)
    original = drawing.path.read_bytes()
    edited = original.replace(b"</svg>", b"<circle r='3'/></svg>")
    drawing.path.write_bytes(edited)
    again = drawing.redraw()
    assert drawing.path.read_bytes() == edited
    assert again.path.read_bytes() == original
    assert again.figures == find(again.path).figures


def test_a_file_with_another_content_is_not_the_drawing(home, drawn):
    first = drawn(seed=1)
    first.path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert len(drawings()) == 0
    assert [d.seed for d in drawings(deleted=True)] == [1]
    assert find_existing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) is None
    assert drawn(seed=1).path.read_bytes().startswith(b"<?xml")
    drawn(seed=2, output_filename=first.path.name)
    assert {d.seed for d in drawings()} == {2}
    assert {d.seed for d in drawings(deleted=True)} == {1, 2}
