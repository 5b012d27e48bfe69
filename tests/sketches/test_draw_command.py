"""`drawscape draw`, and a drawing under way."""

import inspect
from pathlib import Path

import pytest
from support import run, sampled

from drawscape.plot.svg_export import ordered_svg
from drawscape.sketches import SKETCHES, draw


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder, in which the commands run."""
    monkeypatch.chdir(tmp_path)


def truchet():
    return ordered_svg(draw("truchet", 210, 297, tiles=9, loops=False))


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("schotter --width 80 --height 90 --seed 3 --raw -o spiral",
         lambda: draw("schotter", 80, 90, seed=3).to_bytes()),
        ("truchet --tiles 9 --no-loops -o spiral", truchet),
        ("truchet --param tiles=9 --param loops=no -o spiral", truchet),
        ("moire --paper a6 --landscape -o -", lambda: ordered_svg(draw("moire", 148, 105))),
        # The value of an option is not taken for the pattern, and a seed is kept to the digit.
        ("-o spiral schotter --paper a6 --seed 9007199254740993",
         lambda: ordered_svg(draw("schotter", 105, 148, seed=2**53 + 1))),
    ],
)  # fmt: skip
def test_draw_writes_the_file_that_draw_the_function_gives(tmp_path, typed, drawn):
    result = run("draw", *typed.split())
    alone = typed.endswith(" -")
    assert (result.code, result.out == "spiral\n") == (0, not alone)
    written = result.out.encode() if alone else (tmp_path / "spiral").read_bytes()
    assert written == drawn()


def test_without_a_name_the_file_is_called_by_what_is_in_it():
    first = run("draw", "spiral", "--wobble", "0.5", "--paper", "a6")
    assert first.out == "spiral-105x148-seed-0-wobble-0.5.svg\n"
    assert Path(first.out.strip()).is_file()


def test_the_ending_of_the_file_names_its_format(tmp_path):
    for ending, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("gcode", b"(105 x 148 mm)")):
        assert run("draw", "schotter", "--paper", "a6", "-o", f"s.{ending}").code == 0
        assert (tmp_path / f"s.{ending}").read_bytes().startswith(start)


def test_help_for_a_pattern_shows_its_parameters():
    text = " ".join(run("draw", "truchet", "--help").out.split())
    for parameter in SKETCHES["truchet"].parameters:
        assert parameter.doc in text
    assert "--loops / --no-loops" in text


def _edited(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_redraw_says_what_has_changed_since(tmp_path):
    run("draw", "schotter", "--paper", "a6", "-o", "r.svg")
    _edited(tmp_path / "r.svg", "&quot;code&quot;:&quot;", "&quot;code&quot;:&quot;0")
    result = run("redraw", "r.svg", "-o", "again.svg")
    assert result.code == 0
    assert "warning: same lines" in result.err
    assert "the sketch's code" in result.err
    checked = run("redraw", "--check", "r.svg")
    assert (checked.code, "the sketch's code" in checked.out) == (0, True)


def test_redraw_says_when_a_file_was_edited_by_hand(tmp_path):
    run("draw", "schotter", "--paper", "a6", "--raw", "-o", "r.svg")
    for old, new, code, said in (
        ("<g ", "<g  ", 1, "the file was edited"),
        ("</g>", '<polyline points="5,5 50,60" /></g>', 1, "differs"),
    ):
        _edited(tmp_path / "r.svg", old, new)
        result = run("redraw", "--check", "r.svg")
        assert (result.code, said in result.out) == (code, True)
    assert not (tmp_path / "r-redrawn.svg").exists()


def test_sketches_lists_every_pattern_by_family_and_the_parameters_of_one():
    lines = run("sketches").out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(SKETCHES.families())
    assert {line.split()[0] for line in lines if line.startswith(" ")} == set(SKETCHES)
    text = run("sketches", "penrose").out
    assert "Roger Penrose" in text
    for parameter in SKETCHES["penrose"].parameters:
        assert f"--{parameter.name}" in text


REPORTING = [
    name
    for name in SKETCHES
    if inspect.isgeneratorfunction(SKETCHES[name].function)
    if name not in ("marbling", "swathes")  # one moves all its lines until the end, one takes long
]
PAGE = (70.0, 90.0)


def ink_mm(svg):
    return float(svg.lines().lengths_mm.sum())


@pytest.mark.parametrize("name", sampled(REPORTING, 9))
@pytest.mark.slow
def test_a_sketch_shows_ink_before_its_end_and_the_same_drawing_when_watched(name):
    inks, fractions = [], []

    def watch(fraction, svg):
        fractions.append(fraction)
        inks.append(ink_mm(svg))

    watched = draw(name, *PAGE, seed=4, on_progress=watch)
    whole = ink_mm(watched)
    assert fractions == sorted(fractions)
    # The first steps may have nothing to show yet; half way through there is a picture to look at.
    assert max(inks[: -(-len(inks) // 2)]) > 0.01 * whole
    assert inks[-1] > 0.05 * whole
    assert watched.to_bytes() == draw(name, *PAGE, seed=4).to_bytes()


def test_a_draft_is_drawn_when_someone_looks_on_a_copy_and_is_gone_when_the_sketch_goes_on():
    drafted = []

    def growing(svg):
        with svg.layer("red", color="red"):
            svg.polyline([(0, 0), (10, 0)])
        for length in (1, 2, 3):

            def draft(page, length=length):
                drafted.append(length)
                with page.layer("red"):
                    page.polyline([(0, 5), (length, 5)])

            with svg.pushed() as moved:
                moved.translate(50, 50)
                yield length / 4, draft

    seen = []

    def look(fraction, svg):
        if fraction != 0.5:
            lines = svg.lines()  # each time it is asked it draws the draft
            seen.append((fraction, float(lines.lengths_mm.sum()), lines.bounds[2]))

    svg = draw(growing, 60, 60, on_progress=look)
    assert drafted == [1, 3]
    assert seen == [(0.25, 11.0, 10.0), (0.75, 13.0, 10.0)]  # not moved
    assert ink_mm(svg) == 10.0
    draw(growing, 60, 60)
    assert drafted == [1, 3]
