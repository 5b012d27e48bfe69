"""Settings are bred within their bounds; what has stars becomes the parents of the next generation."""

from typing import Annotated, Any, Literal

import numpy as np
import pytest
from annotated_types import Interval, MultipleOf
from support import wait_until

from drawscape.catalogue import find
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import list_jobs
from drawscape.notebook import evolve
from drawscape.notebook.evolution import child
from drawscape.notebook.settings import random_value
from drawscape.parameters import read_parameters
from drawscape.tasks.drawing import generate_complex_svg


def six(
    svg: Any,
    rng: Any,
    *,
    a: Annotated[float, Interval(ge=0, le=1)] = 0.5,
    b: Annotated[float, Interval(gt=-2, lt=2)] = 0.0,
    c: Annotated[int, Interval(ge=3, le=90)] = 7,
    d: Annotated[float, Interval(ge=0, lt=360), MultipleOf(15)] = 45.0,
    e: Literal["x", "y", "z"] = "x",
    f: bool = False,
    text: str = "as it is",
) -> None:
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


def test_a_near_child_of_one_parent_is_near_and_what_is_locked_is_its_parents():
    rng = np.random.default_rng(2)
    parent = {p.name: p.default for p in PARAMETERS}
    near = [child(PARAMETERS, [parent], rng, spread=0.02, locked=["c"]) for _ in range(100)]
    far = [child(PARAMETERS, [parent], rng, spread=1.0, locked=["c"]) for _ in range(100)]
    assert {one["c"] for one in (*near, *far)} == {7}
    assert np.std([one["a"] for one in near]) < 0.02 < 0.1 < np.std([one["a"] for one in far])


def test_a_name_to_keep_that_is_no_parameter_is_refused():
    with pytest.raises(UnknownNameError, match="unknown parameter 'q'"):
        evolve(six, keep=["q"])


@pytest.mark.usefixtures("consumer")
class TestGenerations:
    """With a real worker."""

    def test_stars_are_parents_and_going_back_branches(self):
        bred = evolve(six, size=3, keep=["c"], paper="100x100", text="fixed")
        bred.wait(60)
        wait_until(lambda: bred.status == "3 of 3 drawn", 60, "the wall")
        first = bred.generation
        with pytest.raises(ParameterError, match="at least one drawing a star"):
            bred.next()
        bred.act("next")
        assert bred.note == "give at least one drawing a star"
        bred.star("1.2", 4)
        second = bred.next(spread=0.05)
        individuals = bred.wait(60)
        assert individuals[0].values == first.cells[1].values
        assert {one.values["c"] for one in individuals} == {7}
        assert {one.values["text"] for one in individuals} == {"fixed"}
        parent = first.cells[1].drawing
        assert list(individuals[1].drawing.parents) == [parent.recipe]
        assert parent.stars == 4
        bred.go_to(1)
        assert bred.generation is first
        bred.locked = {"a", "c"}
        third = bred.next(spread=1.0)
        assert {one.values["a"] for one in third.cells} == {first.cells[1].values["a"]}
        assert [generation.parent for generation in bred.generations] == [None, 0, 0]
        assert second is bred.generations[1]
        bred.wait(60)

    def test_a_generation_that_is_asked_for_again_is_found(self):
        def breed() -> Any:
            bred = evolve(six, size=3, paper="100x100", seed=4)
            bred.wait(60)
            wait_until(lambda: bred.status == "3 of 3 drawn", 60, "the wall")
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
        recipes = [[one.drawing.recipe for one in each.wait(60)] for each in (first, again)]
        assert recipes[0] == recipes[1]
        assert len(list_jobs(limit=None)) == jobs
        again.begin_saving()
        assert "<img" in again.saved.html

    def test_it_begins_with_drawings_that_were_chosen_and_what_is_bred_from_them(self, home):
        (home / "sketches").mkdir(exist_ok=True)
        (home / "sketches" / "dots.py").write_text(DOTS)
        one = drawn("dots", 100, 140, seed=5, margin=9, streams={"size": 8}, count=20)
        other = drawn("dots", 120, 90, seed=6, count=60)
        one.star(3)
        jobs = len(list_jobs(limit=None))
        bred = evolve([one, other], size=5)
        individuals = bred.wait(60)
        assert [each.drawing for each in individuals[:2]] == [find(one.path), find(other.path)]
        assert len(list_jobs(limit=None)) == jobs + 3
        for child_ in individuals[2:]:
            drawing = child_.drawing
            assert drawing.parents == (one.recipe, other.recipe)
            assert (drawing.width, drawing.height, drawing.margin) == (100, 140, 9)
            assert not drawing.streams
            assert 0 <= drawing.parameters["count"] <= 80
        (_, child_) = evolve(one, size=2, paper="A6", keep=["seed", "count"]).wait(60)
        assert (child_.drawing.width, child_.drawing.height) == (105, 148)
        assert (child_.drawing.seed, child_.drawing.streams) == (5, {"size": 8})
        assert child_.drawing.parameters["count"] == 20
        with pytest.raises(ParameterError, match="choose 1 to 1 of them for a generation of 2"):
            evolve([one, other], size=2)
        with pytest.raises(ParameterError, match="must be of one sketch to be bred"):
            evolve([one, drawn("spiral", 100, 100)])


DOTS = """
from typing import Annotated
from annotated_types import Interval

def dots(svg, rng, *, count: Annotated[int, Interval(ge=0, le=80)] = 10):
    'Dots of many sizes.'
    sizes = rng.stream('size').uniform(0.5, 3, count)
    for (x, y), size in zip(rng.uniform(20, 80, (count, 2)), sizes):
        svg.circle(x, y, size)
"""


def drawn(sketch: str, width: float, height: float, **settings: Any) -> Any:
    """Return a drawing of the catalogue."""
    return find(generate_complex_svg(width, height, sketch, **settings))
