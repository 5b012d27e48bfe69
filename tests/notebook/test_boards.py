"""Boards of many drawings: sheets, and evolution."""

import threading
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest
from annotated_types import Interval, MultipleOf
from ipywidgets.widgets.widget import _instances
from support import rounds, wait_until

from drawscape.catalogue import drawings, find
from drawscape.errors import DrawscapeError, ParameterError, UnknownNameError
from drawscape.job_manager import list_jobs
from drawscape.notebook import contact_sheet, evolve, form, history, sheet, sheets, variations
from drawscape.notebook.evolution import child
from drawscape.notebook.field_values import random_value
from drawscape.parameters import read_parameters
from drawscape.tasks.drawing import generate_complex_svg

pytestmark = pytest.mark.usefixtures("consumer")


def dot(
    svg,
    rng,
    *,
    size: Annotated[int, Interval(ge=1, le=9)] = 1,
    fail_at: int = -1,
    gate: str = "",
):
    """One dot."""
    import time
    from pathlib import Path

    while gate and not Path(gate).exists():
        time.sleep(0.01)
    if size == fail_at:
        raise ValueError("not this one")
    svg.circle(20, 20, size + rng.random())


def await_words(sheet, words):
    wait_until(lambda: sheet.status == words, f"{words!r}, not {sheet.status!r}")


def count_jobs():
    return len(list_jobs(limit=None))


def test_each_tile_shows_the_file_of_its_job():
    sheet = contact_sheet(dot, range(4), paper="A6", size=3)
    gallery = sheet.wait(60)
    await_words(sheet, "4 drawings")
    paths = [Path(job.result) for job in sheet.jobs]
    assert [find(path).seed for path in paths] == [0, 1, 2, 3]
    pictures = [find(path).thumbnail for path in paths]
    assert [p.data if p else b"" for p in gallery.pictures] == pictures
    assert [tile["caption"] for tile in sheet.tiles] == [f"seed {seed}" for seed in range(4)]
    assert [c["hidden"] for c in sheet.controls if c["id"] == "cancel"] == [True]


@pytest.mark.parametrize(
    ("choices", "columns", "captions"),
    [
        ({"seed": [1, 2], "size": [4, 5, 6]}, 3,
         [f"seed {seed}, size {size}" for seed in (1, 2) for size in (4, 5, 6)]),
        ({"size": np.arange(1, 4), "gate": ""}, 3, ["size 1", "size 2", "size 3"]),
        ({"size": range(1, 9), "columns": 5}, 5, [f"size {n}" for n in range(1, 9)]),
    ],
)  # fmt: skip
def test_variations_have_a_cell_for_each_combination(choices, columns, captions):
    sheet = variations(dot, **choices)
    sheet.wait(60)
    assert [cell.caption for cell in sheet.cells.values()] == captions
    assert sheet.columns == columns


def test_one_that_fails_leaves_the_others_standing_and_is_shown_in_its_tile():
    sheet = variations(dot, size=[1, 2, 3], fail_at=2)
    gallery = sheet.wait(60)
    await_words(sheet, "2 of 3 drawn, 1 failed")
    assert sheet.tiles[1]["caption"] == "size 2: failed: ValueError: not this one"
    assert [tile["state"] for tile in sheet.tiles] == ["finished", "failed", "finished"]
    assert [picture is not None for picture in gallery.pictures] == [True, False, True]
    assert gallery._repr_html_().count("#b00020") == 1


def test_a_sheet_that_is_made_again_queues_nothing():
    first = contact_sheet("truchet", range(4), paper="A7")
    first.wait(60)
    count = count_jobs()
    again = contact_sheet("truchet", range(4), paper="A7")
    assert (first.status, again.status) == ("4 drawings", "4 drawings")
    first.drawings[2].star(3).tag("rejected")  # as somebody else would
    for one in (first, again):
        wait_until(lambda one=one: one.tiles[2]["caption"] == "seed 2 · rejected", "the tag")
        assert one.tiles[2]["stars"] == 3
    assert (again.name, again.jobs) == (first.name, first.jobs) or again.drawings == first.drawings
    assert count_jobs() == count
    larger = contact_sheet("truchet", range(6), paper="A7")
    assert larger.status in ("4 of 6 drawn", "5 of 6 drawn", "6 drawings")  # two are queued
    larger.wait(60)
    assert count_jobs() == count + 2
    before = [drawing.path.stat().st_mtime_ns for drawing in again.drawings]
    contact_sheet("truchet", range(4), paper="A7", fresh=True).wait(60)
    assert count_jobs() == count + 6
    after = [drawing.path.stat().st_mtime_ns for drawing in again.drawings]
    assert all(later > earlier for earlier, later in zip(before, after, strict=True))


@pytest.fixture
def gated(tmp_path):
    gate = tmp_path / "gate"

    def gated_dots(svg, rng, *, size: float = 1.0):
        import time

        while not gate.exists():
            time.sleep(0.01)
        svg.circle(20, 20, size + rng.random())

    yield gated_dots, gate
    gate.touch()


def test_a_sheet_in_the_middle_is_shown_again_and_found_by_its_name(gated):
    sketch, gate = gated
    first = contact_sheet(sketch, range(3), paper="A7", name="dots at dawn")
    count = count_jobs()
    again = contact_sheet(sketch, range(3), paper="A7", name="dots at dawn")
    assert count_jobs() == count
    assert again.jobs == first.jobs or [j.id for j in again.jobs] == [j.id for j in first.jobs]
    assert "dots at dawn" in sheets()
    named = sheet("dots at dawn")
    assert named.status == "0 of 3 drawn"
    gate.touch()
    for one in (named, again, first):
        one.wait(60)
        await_words(one, "3 drawings")
    assert sheet("dots at dawn").status == "3 drawings"
    assert {d.sheet for d in drawings("gated_dots", where={"size": 1.0})} == {"dots at dawn"}
    with pytest.raises(UnknownNameError, match="did you mean 'dots at dawn'"):
        sheet("dots at down")
    with pytest.raises(ParameterError, match="is the name of a sheet of gated dots; give another"):
        contact_sheet("truchet", 2, paper="A7", name="dots at dawn")


def test_cancel_ends_what_is_not_drawn_yet_and_asked_again_it_is_drawn(gated):
    sketch, gate = gated
    first = contact_sheet(sketch, range(3), paper="A7", size=2.0)
    wait_until(lambda: [j.status for j in first.jobs].count("started") == 1, "the first to start")
    assert first.cancel() == 3
    await_words(first, "0 of 3 drawn, 1 stopped, 2 canceled")
    gate.touch()
    count = count_jobs()
    contact_sheet(sketch, range(3), paper="A7", size=2.0).wait(60)
    assert count_jobs() == count + 3


def test_a_sketch_that_fails_is_not_queued_again():
    def breaks(svg, rng, *, at: int = 3):
        if rng.random() >= 0:
            raise ValueError("it breaks")

    contact_sheet(breaks, range(2), paper="A7").wait(60)
    count = count_jobs()
    again = contact_sheet(breaks, range(2), paper="A7")
    assert (again.status, count_jobs()) == ("0 of 2 drawn, 2 failed", count)


def test_a_sheet_finds_what_was_moved_and_shows_what_was_deleted_and_draws_that_again(module_home):
    made = contact_sheet("schotter", range(3), paper="60x60", name="moved")
    made.wait(60)
    kept, gone, moved = (drawing.path for drawing in made.drawings)
    (module_home / "output" / "best").mkdir()
    place = moved.rename(module_home / "output" / "best" / moved.name)
    gone.unlink()
    again = sheet("moved")
    assert [drawing.path for drawing in again.drawings] == [kept, gone, place]
    assert [t["caption"] for t in again.tiles] == ["seed 0", "seed 1 · deleted", "seed 2"]
    for action in ("enlarge", "inspect"):
        again.act(action, "1")
        assert "is gone; `drawscape redraw" in again.note
    seen = history("schotter", sheet="moved")
    assert seen.status == "2 drawings"
    seen.filter(rejected=True)
    found = sorted(tile["caption"] for tile in seen.tiles)
    assert found == ["seed 0", "seed 1 · deleted", "seed 2"]
    seen.close()
    count = count_jobs()
    contact_sheet("schotter", range(3), paper="60x60", name="moved").wait(60)
    assert (count_jobs(), gone.is_file()) == (count + 1, True)


def test_a_saved_notebook_has_the_pictures_of_a_sheet_as_they_come(tmp_path, monkeypatch):
    made = contact_sheet(dot, range(3), paper="A6", size=7, gate=str(tmp_path / "first"))
    rest = contact_sheet(dot, range(3), paper="A6", size=8, gate=str(tmp_path / "never"))
    for one in (made, rest):
        one.enable_static_output()
    (tmp_path / "first").touch()
    wait_until(lambda: made.static_html.count("<img") == 3, "the pictures")
    assert "<img" not in rest.static_html
    wait_until(lambda: "drawing" in rest.status or rest.static_html.count("seed") == 3, "words")
    rest.cancel()
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")  # on a page they come after the cell
    again = contact_sheet(dot, range(3), paper="A6", size=7)
    again.wait(60)
    again.enable_static_output()
    assert "<img" not in again.static_html
    wait_until(lambda: again.static_html.count("<img") == 3, "the pictures")


def six(
    svg,
    rng,
    *,
    a: Annotated[float, Interval(ge=0, le=1)] = 0.5,
    b: Annotated[float, Interval(gt=-2, lt=2)] = 0.0,
    c: Annotated[int, Interval(ge=3, le=90)] = 7,
    d: Annotated[float, Interval(ge=0, lt=360), MultipleOf(15)] = 45.0,
    e: Literal["x", "y", "z"] = "x",
    f: bool = False,
    text: str = "as it is",
):
    """A circle for each number."""
    svg.circle(50 + 40 * a, 50 + 10 * b, 2 + c / 10)


PARAMETERS = read_parameters(six, skip=("svg", "rng"))


@pytest.mark.parametrize("spread", [0.0, 0.1, 1.0])
def test_children_keep_to_bounds_steps_and_choices(spread):
    rng = np.random.default_rng(1)
    parents = [
        {p.name: p.default if p.kind == "text" else random_value(p, rng) for p in PARAMETERS}
        for _ in range(3)
    ]
    for _ in range(300):
        bred = child(PARAMETERS, parents, rng, spread=spread)
        assert {p.name: p.check(bred[p.name]) for p in PARAMETERS} == bred
        assert bred["text"] == "as it is"


def test_a_near_child_is_near_does_not_stick_to_a_bound_and_has_what_is_locked():
    rng = np.random.default_rng(2)
    parent = {p.name: p.default for p in PARAMETERS}
    near = [child(PARAMETERS, [parent], rng, spread=0.02, locked=["c"]) for _ in range(100)]
    far = [child(PARAMETERS, [parent], rng, spread=1.0, locked=["c"]) for _ in range(100)]
    assert {one["c"] for one in (*near, *far)} == {7}
    assert np.std([one["a"] for one in near]) < 0.02 < 0.1 < np.std([one["a"] for one in far])
    for bound in (0.0, 1.0):
        bred = [child(PARAMETERS, [parent | {"a": bound}], rng, spread=0.3) for _ in range(200)]
        assert sum(one["a"] == bound for one in bred) < 10


def test_stars_are_parents_and_going_back_branches():
    bred = evolve(six, size=3, c=7, paper="100x100", text="fixed")
    bred.wait(60)
    wait_until(lambda: bred.status == "3 drawings", "the wall")
    first = bred.generation
    with pytest.raises(ParameterError, match="at least one drawing a star"):
        bred.next()
    bred.act("next")
    assert bred.note == "give at least one drawing a star"
    bred.star("1.2", 4)
    second = bred.next(spread=0.05)
    bred.wait(60)
    individuals = second.cells
    assert individuals[0].values == first.cells[1].values
    assert {one.values["c"] for one in individuals} == {7}
    assert {one.values["text"] for one in individuals} == {"fixed"}
    assert [one.caption for one in individuals] == ["1, the parent", "2", "3"]
    news = {cell.picture().url for cell in individuals[1:]}
    wait_until(lambda: bred.tree[1]["url"] in news, "the best new child in the tree")
    parent = first.cells[1].drawing
    assert list(individuals[1].drawing.parents) == [parent.recipe]
    assert parent.stars == 4
    bred.go_to(1)
    assert bred.generation is first
    assert [tile["caption"] for tile in bred.tiles] == ["1", "2 · bred from", "3"]
    with pytest.raises(UnknownNameError, match="did you mean"):
        bred.lock("aa")
    bred.lock("a", "c")
    third = bred.next(spread=1.0)
    assert {one.values["a"] for one in third.cells} == {first.cells[1].values["a"]}
    assert [generation.parent for generation in bred.generations] == [None, 0, 0]
    assert second is bred.generations[1]
    bred.wait(60)


def test_a_generation_that_is_asked_for_again_is_found():
    def breed():
        bred = evolve(six, size=3, paper="100x100", seed=4)
        bred.wait(60)
        wait_until(lambda: bred.status.startswith("3 drawings"), "the wall")
        return bred

    first = breed()
    first.star("1.3", 5)
    first.next()
    first.wait(60)
    jobs = len(list_jobs(limit=None))
    again = breed()
    assert [one.stars for one in again.generation.cells] == [0, 0, 5]
    again.next()
    again.wait(60)
    recipes = [[one.recipe for one in each.drawings] for each in (first, again)]
    assert recipes[0] == recipes[1]
    assert len(list_jobs(limit=None)) == jobs
    again.enable_static_output()
    assert "<img" in again.static_html


def test_it_begins_with_drawings_that_were_chosen_and_what_is_bred_from_them(module_home):
    (module_home / "sketches").mkdir(exist_ok=True)
    (module_home / "sketches" / "dots.py").write_text(DOTS)
    one = drawn("dots", 100, 140, seed=5, margin=9, count=20)
    other = drawn("dots", 120, 90, seed=6, count=60)
    one.star(3)
    jobs = len(list_jobs(limit=None))
    bred = evolve([one, other], size=5)
    bred.wait(60)
    individuals = bred.generation.cells
    assert [each.drawing for each in individuals[:2]] == [find(one.path), find(other.path)]
    assert len(list_jobs(limit=None)) == jobs + 3
    for child_ in individuals[2:]:
        drawing = child_.drawing
        assert drawing.parents == (one.recipe, other.recipe)
        assert (drawing.width, drawing.height, drawing.margin) == (100, 140, 9)
        assert 0 <= drawing.parameters["count"] <= 80
    bred = evolve(one, size=2, paper="A6", vary={"seed": 5, "count": 20})
    bred.wait(60)
    child_ = bred.generation.cells[1]
    assert (child_.drawing.width, child_.drawing.height) == (105, 148)
    assert child_.drawing.seed == 5
    assert child_.drawing.parameters["count"] == 20
    with pytest.raises(ParameterError, match="choose 1 to 1 of them for a generation of 2"):
        evolve([one, other], size=2)
    with pytest.raises(ParameterError, match="choose at least one to breed from"):
        evolve([])
    with pytest.raises(ParameterError, match="must be of one sketch to be bred"):
        evolve([one, drawn("spiral", 100, 100)])


DOTS = """
from typing import Annotated
from annotated_types import Interval

def dots(svg, rng, *, count: Annotated[int, Interval(ge=0, le=80)] = 10):
    'Dots of many sizes.'
    sizes = rng.uniform(0.5, 3, count)
    for (x, y), size in zip(rng.uniform(20, 80, (count, 2)), sizes):
        svg.circle(x, y, size)
"""


def drawn(sketch, width, height, **settings):
    """Return a drawing of the catalogue."""
    return find(generate_complex_svg(width, height, sketch, **settings))


@pytest.mark.slow
def test_threads_and_widgets_stay_few_after_many_drawings_and_sheets():
    """0.3 had a thread for each job, and of widgets 187 for a form and 59 for each sheet."""
    before, threads = len(_instances), 0
    drawn = form("molnar", paper="A6")
    assert len(_instances) - before <= 2
    for seed in range(rounds(8, 150)):
        drawn.set(seed=1000 + seed).draw().wait(60)
        threads = threads or threading.active_count()
    size = rounds(4, 24)
    for first in range(0, rounds(2, 10) * size, size):
        made = contact_sheet("schotter", range(first, first + size), paper="A7")
        made.enable_static_output()
        made.wait(120)
    assert len(_instances) - before <= rounds(10, 60)
    wait_until(lambda: threading.active_count() <= threads + 1, "threads to end")


def test_the_first_chosen_is_inspected_though_another_of_them_is_not_drawn():
    made = contact_sheet("phyllotaxis", [1], paper="A7")
    made.wait(60)
    made.choose(0, "not drawn")
    assert made.inspect() is not None
    with pytest.raises(DrawscapeError, match="not finished"):
        made.tag("both")
