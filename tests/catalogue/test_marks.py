"""Marks belong to sketch, parameters, seed and page: they outlive versions, edits and files."""

import random
import textwrap

import pytest
from sketch_cells import sketch_of
from support import python, rounds, run

from drawscape.catalogue import drawings, find, rebuild
from drawscape.catalogue.marks import Marks
from drawscape.errors import DrawingNotFoundError

MARKED = Marks(5, ("June", "kept"), "for Ada", "dusk")


def marked(drawing, marks=MARKED):
    return drawing.star(marks.stars).tag(*marks.tags).annotate(marks.note).rename(marks.name)


UPGRADE = """
import numpy, drawscape
numpy.__version__, drawscape.__version__ = "99.1", "98.7"
from drawscape.catalogue import drawings, find
from drawscape.cli import main
from drawscape.tasks.drawing import generate_complex_svg
"""


def after_an_upgrade(code):
    """Run `code` in a process with later versions of numpy and Drawscape, and return what it prints."""
    return python("-c", UPGRADE + code).stdout


def test_drawing_and_redrawing_under_other_versions_keeps_all_marks(drawn):
    """Every star, tag, note and name, also after the catalogue was made again from the files."""
    before, listed = marked(drawn("truchet", seed=3, tiles=5)), drawn("penrose").star(4).recipe[:8]
    dice = random.Random(4)
    expected = {}
    for seed in range(rounds(6, 500)):
        marks = Marks(dice.randint(0, 5), (f"t{seed % 7}",), f"note {seed}", f"name {seed}")
        drawing = marked(drawn("molnar", seed=seed, width=40, height=40), marks)
        expected[drawing.path] = marks
    code = "for one in drawings('molnar'): one.redraw()\n"
    code += "print(generate_complex_svg(60, 80, 'truchet', seed=3, tiles=5))\n"
    asked_again = find(after_an_upgrade(f"{code}main(['redraw', {listed!r}])").splitlines()[0])
    assert (asked_again.recipe != before.recipe, asked_again.marks) == (True, MARKED)
    assert {one.path for one in drawings("truchet", stars=5)} == {before.path, asked_again.path}
    (line,) = run("drawings", "list", "--sketch", "penrose").out.splitlines()
    assert (line.endswith("****"), line.startswith(f"  {listed}")) == (True, False)
    found = list(drawings("molnar"))
    assert {one.provenance.versions["numpy"] for one in found} == {"99.1"}
    assert {one.path: one.marks for one in found} == expected
    rebuild()
    assert {one.path: one.marks for one in drawings("molnar")} == expected
    first, second = found[:2]
    assert (find(first.name).path, first.deleted) == (first.path, False)
    second.rename(first.name)
    with pytest.raises(DrawingNotFoundError, match="several drawings"):
        find(first.name)


def rings(default="", step=1):
    text = f"""
    def rings(svg, rng, *, count: int = 3{default}):
        for radius in range(count):
            svg.circle(30, 30, 2 + radius * {step})
    """
    return sketch_of(textwrap.dedent(text), "rings")


def test_marks_survive_an_edit_of_the_sketch_and_a_parameter_that_it_gained(drawn):
    before = marked(drawn(rings(), seed=2))
    edited = drawn(rings(step=2), seed=2)
    assert edited.recipe != before.recipe
    assert edited.marks == MARKED
    gained = before.redraw(rings(", dotted: bool = False"))
    assert gained.parameters == {"count": 3, "dotted": False}
    assert gained.marks == MARKED
    gained.star(1)
    assert before.redraw(rings(", dotted: bool = False")).stars == 1  # marks of its own stay


@pytest.mark.parametrize(
    "change", [{"seed": 3}, {"count": 4}, {"width": 61}, {"height": 81}, {"margin": 3}]
)
def test_another_seed_parameter_or_page_has_marks_of_its_own(drawn, change):
    marked(drawn(rings(), seed=2))
    other = drawn(rings(), **{"seed": 2, **change})
    assert other.marks == Marks()
    assert other.star(1).marks == Marks(1)
    assert drawn(rings(), seed=2).marks == MARKED


def test_a_whole_number_is_the_same_to_a_mark_as_int_and_as_float(drawn):
    def dots(svg, *, sizes: tuple[float, float] = (2, 3), more: dict = {}):  # noqa: B006
        svg.circle(30, 30, sizes[0])

    first = marked(drawn(dots, sizes=(2, 3), more={"a": [1.0]}))
    again = drawn(dots, sizes=(2.0, 3.0), more={"a": [1]})
    assert again.marks == first.marks == MARKED
