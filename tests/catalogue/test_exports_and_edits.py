"""An export is no drawing, and a file that was edited by hand is kept, whatever is done beside it."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from drawscape.catalogue import Drawing, drawings, find, pruning, rebuild, standing
from drawscape.cli.root import root
from drawscape.plot import save, split_layers
from drawscape.recipe import read_provenance, recipe_of
from drawscape.sketches import SKETCHES
from drawscape.tasks.drawing import generate_complex_svg
from drawscape.tasks.plotting import optimize_svg

Draw = Callable[..., Drawing]


def split(drawing):
    for number, layer in enumerate(split_layers(drawing.document)):
        save(layer, drawing.path.with_name(f"pen-{number}.svg"))


EXPORTS: dict[str, Callable[[Drawing], Any]] = {
    "for each pen": split,
    "for a plotter": lambda drawing: drawing.export("svg"),
    "under another name": lambda drawing: drawing.export("svg", drawing.path.with_name("x.svg")),
    "simplified": lambda drawing: optimize_svg(str(drawing.path), simplify_mm=8),
    "of an export": lambda drawing: find_and_export_twice(drawing),
}


def find_and_export_twice(drawing):
    from drawscape.svg.read import read_svg

    once = drawing.export("svg")
    save(read_svg(once), once.with_name("twice.svg"))


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_beside_a_drawing_does_not_take_its_place(home, drawn, kind):
    drawing = drawn("rose", seed=3).star(4)
    content = drawing.path.read_bytes()
    EXPORTS[kind](drawing)
    exports = [path for path in (home / "output").rglob("*.svg") if path != drawing.path]
    assert exports
    for _ in range(2):
        assert [one.path for one in drawings()] == [drawing.path]
        assert drawn("rose", seed=3).path == drawing.path
        rebuild()
    assert drawing.path.read_bytes() == content
    for path in exports:
        made = read_provenance(path.read_text())
        assert (made.derived_from, made.recipe) == (drawing.recipe, "")
    drawing.path.unlink()  # the exports alone are not it, either
    assert standing(recipe_of(SKETCHES["rose"], 60, 80, seed=3)) is None


@pytest.mark.parametrize("place", ["absolute", "relative", "linked"])
def test_an_export_never_overwrites_its_drawing(home, drawn, place, monkeypatch):
    monkeypatch.chdir(home)
    drawing = drawn("rose")
    content = drawing.path.read_bytes()
    (home / "linked.svg").symlink_to(drawing.path)
    target = {
        "absolute": drawing.path,
        "relative": drawing.path.relative_to(home),
        "linked": "linked.svg",
    }[place]
    written = drawing.export("svg", target)
    assert written.is_file()
    assert not written.samefile(drawing.path)
    assert drawing.path.read_bytes() == content


CHANGES: dict[str, Callable[[bytes], bytes]] = {
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


def test_to_redraw_what_was_edited_keeps_the_edit(drawn):
    drawing = drawn("spiral", seed=1)
    original = drawing.path.read_bytes()
    edited = original.replace(b"</svg>", b"<circle r='3'/></svg>")
    drawing.path.write_bytes(edited)
    again = drawing.redraw()
    assert drawing.path.read_bytes() == edited
    assert again.path.read_bytes() == original
    assert again.figures == find(again.path).figures


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
    copy.write_bytes(copy.read_bytes().replace(b"</svg>", b"<!-- mine --></svg>"))
    assert {one.path: one.edited for one in drawings()} == {drawing.path: False, copy: True}
    assert drawn("spiral", seed=1).path == drawing.path


def test_pruning_says_what_stays_and_deletes_no_edited_file(drawn):
    marked, edited, plain = (drawn("spiral", seed=seed) for seed in range(3))
    marked.star(1)
    edited.path.write_bytes(edited.path.read_bytes().replace(b"</svg>", b"<!-- mine --></svg>"))
    found = pruning()
    assert [one.path for one in found.going] == [plain.path]
    assert (found.marked, found.edited, found.newer) == (1, 1, 0)
    assert pruning(plain.drawn_at - timedelta(days=30)).newer == 1
    result = CliRunner().invoke(root, ["drawings", "prune", "--yes"], catch_exceptions=False)
    assert "deleted 1 file" in result.output
    assert "1 with marks, 1 edited by hand" in result.output
    assert (marked.path.is_file(), edited.path.is_file(), plain.path.exists()) == (1, 1, 0)
