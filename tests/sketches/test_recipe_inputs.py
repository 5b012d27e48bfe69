"""What belongs to a recipe beside the code: input files, the seed, what a kernel holds; and its source."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sketch_cells import request, run_cell, sketch_of

from drawscape.recipe import one_look, origin_of, recipe_of
from drawscape.sketches import as_sketch, draw, read_input, read_provenance

HELPED = """
from functools import cache
from drawscape.sketches import read_input

@cache
def size():
    return float(read_input('size.txt'))

def helped(svg, *, count: int = 1):
    svg.circle(9, 9, size() + count)
"""


def test_a_helper_that_keeps_what_it_has_read_counts_at_each_drawing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "size.txt").write_text("3")
    (home / "modules" / "helped.py").write_text(HELPED)
    sketch = importlib.import_module("helped").helped
    for count in (1, 2, 3):
        provenance = read_provenance(draw(sketch, 40, 40, count=count).to_string())
        assert list(provenance.reads) == ["size.txt"]


def test_a_file_that_a_parameter_names_belongs_to_drawings_with_that_parameter(home: Path) -> None:
    for place in ("kyiv", "oslo"):
        (home / f"{place}.txt").write_text("3")

    def towns(svg, *, place: str = "kyiv") -> None:  # type: ignore[no-untyped-def]
        svg.circle(9, 9, float(read_input(f"{place}.txt")))

    for place in ("kyiv", "oslo", "kyiv"):
        provenance = read_provenance(draw(towns, 40, 40, place=place).to_string())  # type: ignore[operator]
        assert list(provenance.reads) == [f"{place}.txt"]


def test_a_picture_that_is_read_through_the_library_is_part_of_the_recipe(home: Path) -> None:
    from PIL import Image

    recipes = []
    for grey in (40, 40, 200):
        image = Image.new("L", (20, 20), grey)
        image.putpixel((3, 3), 255)
        image.save(home / "p.png")
        provenance = read_provenance(draw("squiggles", 60, 60, picture="p.png").to_string())
        assert list(provenance.reads) == ["p.png"]
        recipes.append(provenance.recipe)
    assert recipes[0] == recipes[1] != recipes[2]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("def s(svg, rng): ...", True),
        ("def s(svg): ...", False),
        ("def s(svg): svg.circle(9, 9, svg.random(3))", True),
        ("def helper(svg): return svg.noise(3)\ndef s(svg): svg.circle(9, 9, helper(svg))", True),
    ],
)
def test_a_seed_counts_where_there_are_dice_and_not_where_there_are_none(
    text: str, counts: bool
) -> None:
    sketch = as_sketch(sketch_of(text, "s"))
    first, second = (recipe_of(sketch, 60, 60, seed=seed).request for seed in (1, 2))
    assert (first != second) == counts


def test_values_count_as_they_were_when_a_class_or_a_default_was_made() -> None:
    """A constant that is changed without running the cells that used it changes none of them."""
    cells = [
        "N = 7\n",
        "class Ring:\n    sides = N\n",
        "def placed(x=N):\n    return x\n",
        "def s(svg):\n    svg.circle(9, 9, Ring.sides + placed())\n",
    ]
    space: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        run_cell(cell, space)
    first = request(space["s"])
    run_cell("N = 8\n", space)
    assert request(space["s"]) == first
    run_cell(cells[1], space)
    second = request(space["s"])
    run_cell(cells[2], space)
    assert len({first, second, request(space["s"])}) == 3


def test_a_class_that_is_changed_from_outside_is_another() -> None:
    cell = "class Ring:\n    sides = 7\ndef s(svg):\n    svg.circle(9, 9, Ring.sides)\n"
    sketch = sketch_of(cell, "s")
    first = request(sketch)
    sketch.__globals__["Ring"].sides = 8  # type: ignore[attr-defined]
    assert request(sketch) != first


def test_a_module_that_was_edited_since_its_import_counts_as_it_runs(home: Path) -> None:
    file = home / "modules" / "edited_late.py"
    file.write_text("def size():\n    return 2\n")
    sketch = sketch_of("import edited_late\ndef s(svg): svg.circle(9, 9, edited_late.size())", "s")
    first = request(sketch)
    assert origin_of(sketch).source
    file.write_text("# Larger.\ndef size():\n    return 3\n")
    assert request(sketch) == first
    sys.modules.pop("edited_late")
    again = sketch_of("import edited_late\ndef s(svg): svg.circle(9, 9, edited_late.size())", "s")
    assert request(again) != first


def test_a_module_that_was_edited_before_it_was_first_asked_for_is_no_source(home: Path) -> None:
    file = home / "modules" / "edited_early.py"
    file.write_text("def size():\n    return 2\n")
    cell = "import edited_early\ndef s(svg): svg.circle(9, 9, edited_early.size())"
    old = sketch_of(cell, "s")
    file.write_text("def size():\n    return 33\n")
    loaded = request(old)
    assert "has changed since it was loaded" in origin_of(old).why
    sys.modules.pop("edited_early")
    assert request(sketch_of(cell, "s")) != loaded


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import threading\nL = threading.Lock()\ndef s(svg): L.acquire()", "_thread.lock"),
        ("import numpy as np\nA = np.zeros(30_000)\ndef s(svg): svg.circle(9, 9, A[0])", "data"),
        ("L = []\nL.append(L)\ndef s(svg): svg.circle(9, 9, len(L))", "holds itself"),
    ],
)
def test_what_cannot_be_written_down_has_a_recipe_and_says_why_it_has_no_source(
    text: str, why: str
) -> None:
    assert why in origin_of(sketch_of(text, "s")).why
    assert request(sketch_of(text, "s")) == request(sketch_of(text, "s"))


def test_a_sketch_of_a_cell_is_drawn_byte_for_byte_from_the_source_in_its_file() -> None:
    first = draw(sketch_of(), 60, 60, seed=4, count=7)
    origin = origin_of(sketch_of())
    assert origin.source, origin.why
    code = (
        "import sys\nfrom drawscape.sketches import read_provenance, redraw\n"
        "from drawscape.recipe import SourceText\n"
        "provenance = read_provenance(sys.stdin.read())\n"
        "function = SourceText.of_reference(provenance.source).load()\n"
        "sys.stdout.write(redraw(provenance, function).to_string())\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], input=first.to_string(), capture_output=True, text=True
    )
    assert there.stdout == first.to_string(), there.stderr


def test_within_one_look_a_sketch_is_what_it_was_at_its_first_recipe() -> None:
    step = [1.0]

    def dot(svg: Any) -> None:
        svg.circle(5, 5, step[0])

    with one_look():
        first = recipe_of(as_sketch(dot), 20, 20)
        step[0] = 2.0
        second = recipe_of(as_sketch(dot), 30, 20)
        assert second.origin == first.origin
    assert recipe_of(as_sketch(dot), 20, 20).request != first.request
