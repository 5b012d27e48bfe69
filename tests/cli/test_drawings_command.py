"""`drawscape drawings` and `redraw` as commands: the catalogue without a notebook."""

import re
from pathlib import Path

import pytest
from sketch_cells import sketch_of
from support import run

from drawscape.catalogue import drawings
from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg

CELL = """
LONG = '{padding}'
def reach(i):
    return i * {factor}
def reeds(svg, *, count: int = 4):
    for i in range(count):
        svg.circle(30, 30 + len(LONG) % 7, reach(i + 1))
"""


def cell(factor=2, padding=""):
    return sketch_of(CELL.format(factor=factor, padding=padding), "reeds")


@pytest.fixture
def command(tmp_path, monkeypatch):
    (tmp_path / ".drawscape").mkdir()
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        generate_complex_svg(60, 60, "truchet", seed=seed, tiles=3 + seed)
    generate_complex_svg(60, 60, "rose")

    return run


def test_drawings_are_listed_and_filtered(command):
    assert len(command("drawings").out.splitlines()) == 4
    assert len(command("drawings", "list", "--sketch", "rose").out.splitlines()) == 1
    result = command("drawings", "list", "--limit", "1")
    assert (len(result.out.splitlines()), "3 more" in result.err) == (1, True)
    assert "no drawings" in command("drawings", "list", "--tag", "none").err


def test_marks_are_made_and_shown(command):
    (rose,) = drawings("rose")
    assert command("drawings", "star", rose.recipe[:8], "4").code == 0
    assert command("drawings", "tag", rose.recipe[:8], "--add", "kept").code == 0
    assert command("drawings", "note", rose.recipe[:8], "for Ada").code == 0
    assert command("drawings", "note", rose.recipe[:8], "the rose", "--name").code == 0
    shown = command("drawings", "show", "the rose").out
    assert re.search("stars +4$", shown, re.MULTILINE)
    for text in ("kept", "for Ada", rose.recipe, str(rose.path), "pen 1"):
        assert text in shown
    assert len(command("drawings", "list", "--stars", "4-").out.splitlines()) == 1
    assert command("drawings", "tag", rose.recipe[:8]).code == 2


def test_deleting_asks_and_redrawing_brings_back(command):
    (rose,) = drawings("rose")
    content = rose.path.read_bytes()
    assert command("drawings", "delete", rose.recipe, answer="n\n").code == 130
    assert rose.path.exists()
    assert command("drawings", "delete", rose.recipe, "--yes").code == 0
    assert not rose.path.exists()
    assert "(gone)" in command("drawings", "list", "--deleted", "--sketch", "rose").out
    assert command("redraw", rose.recipe).code == 0
    assert rose.path.read_bytes() == content


def test_prune_keeps_what_has_a_mark(command):
    drawings("rose")[0].star(1)
    drawings("truchet", seed=1)[0].annotate("hm")
    nothing = command("drawings", "prune", "--older", "1d", "--yes")
    assert nothing.err == "nothing to delete; kept: 2 with marks, 2 newer\n"
    assert len(drawings()) == 4
    assert "deleted 2 files" in command("drawings", "prune", "--yes").out
    assert sorted(d.sketch for d in drawings()) == ["rose", "truchet"]
    assert command("drawings", "prune", "--yes").err == "nothing to delete; kept: 2 with marks\n"
    assert command("drawings", "rebuild").out == "2 drawings in the catalogue\n"


def test_source_in_a_file_is_shown_and_runs_only_when_it_is_trusted(command, tmp_path):
    path = Path(draw_function_svg(cell(), 60, 60))
    marker = tmp_path / "ran"
    hostile = Path(draw_function_svg(cell(factor=3), 60, 60))
    refused = command("redraw", str(path))
    assert "it runs only after a yes" in refused.err
    assert "def reach(i):" in refused.err
    checked = command("redraw", "--check", "--trust", str(path))
    assert checked.out.endswith("same bytes\n"), checked.err
    from drawscape.catalogue.index import provenance_of
    from drawscape.recipe import SourceText

    provenance = provenance_of(hostile)
    source = SourceText.of_reference(provenance.source)
    evil = SourceText("reeds", f"{source.main}\nopen({str(marker)!r}, 'w').close()", {})
    hostile.write_text(hostile.read_text().replace(provenance.source, evil.reference))
    command("drawings", "rebuild")
    for arguments in (("drawings", "show"), ("redraw",), ("plot", "--stats")):
        command(*arguments, str(hostile))
    assert not marker.exists()
    command("redraw", "--trust", str(hostile), "-o", "-")
    assert marker.exists()


def test_a_long_source_lies_in_the_home_by_its_address(command, tmp_path):
    import random

    padding = "".join(random.Random(1).choices("abcdefghij", k=20_000))
    path = Path(draw_function_svg(cell(padding=padding), 60, 60))
    assert path.stat().st_size < 8000
    assert command("redraw", "--check", "--trust", str(path)).out.endswith("same bytes\n")
    (kept,) = (tmp_path / ".drawscape" / "sources").iterdir()
    kept.write_text(kept.read_text().replace("i * 2", "i * 3"))
    result = command("redraw", "--trust", str(path))
    assert (result.code, "is not the one that drew it" in result.err) == (2, True)
    kept.unlink()
    assert "another home" in command("redraw", "--trust", str(path)).err
