"""Settings are bred within their bounds; what has stars becomes the parents of the next generation."""

from typing import Annotated, Any, Literal

import numpy as np
import pytest
from annotated_types import Interval, MultipleOf
from support import wait_until

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import list_jobs
from drawscape.notebook import evolve
from drawscape.notebook.breeding import child, random_values
from drawscape.parameters import Parameter, read_parameters


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
def test_children_keep_to_bounds_steps_and_choices(spread: float) -> None:
    rng = np.random.default_rng(1)
    parents = [{p.name: random_values(p, rng) for p in PARAMETERS} for _ in range(3)]
    for _ in range(300):
        bred = child(PARAMETERS, parents, rng, spread=spread)
        assert {p.name: p.check(bred[p.name]) for p in PARAMETERS} == bred
        assert bred["text"] == "as it is"


def test_a_near_child_of_one_parent_is_near_and_what_is_locked_is_its_parents() -> None:
    rng = np.random.default_rng(2)
    parent = {p.name: p.default for p in PARAMETERS}
    near = [child(PARAMETERS, [parent], rng, spread=0.02, locked=["c"]) for _ in range(100)]
    far = [child(PARAMETERS, [parent], rng, spread=1.0, locked=["c"]) for _ in range(100)]
    assert {one["c"] for one in (*near, *far)} == {7}
    assert np.std([one["a"] for one in near]) < 0.02 < 0.1 < np.std([one["a"] for one in far])


def test_one_who_picks_the_nearest_comes_nearer_than_shuffle_with_twice_the_drawings() -> None:
    """Twelve a generation, the three nearest get stars, the slider goes from far to near."""
    bounded = [Parameter(f"p{n}", "float", low=0, high=1, default=0.5) for n in range(6)]

    def ratio(seed: int) -> float:
        rng = np.random.default_rng(seed)
        goal = {p.name: random_values(p, rng) for p in bounded}

        def far(values: dict[str, Any]) -> float:
            return float(np.linalg.norm([values[p.name] - goal[p.name] for p in bounded]))

        people = [{p.name: random_values(p, rng) for p in bounded} for _ in range(12)]
        for generation in range(8):
            nearest = sorted(people, key=far)[:3]
            spread = 0.5 * 0.8**generation
            bred = (child(bounded, nearest, rng, spread=spread) for _ in range(11))
            people = [nearest[0], *bred]
        shuffled = [{p.name: random_values(p, rng) for p in bounded} for _ in range(2 * 12 * 9)]
        return min(map(far, people)) / min(map(far, shuffled))

    assert float(np.median([ratio(seed) for seed in range(20)])) < 0.5


def test_a_name_to_keep_that_is_no_parameter_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown parameter 'q'"):
        evolve(six, keep=["q"])


@pytest.mark.usefixtures("consumer")
class TestGenerations:
    """With a real worker."""

    def test_stars_are_parents_and_going_back_branches(self) -> None:
        bred = evolve(six, size=3, keep=["c"], paper="100x100", text="fixed")
        bred.wait(60)
        wait_until(lambda: bred.status == "3 of 3 drawn", 60, "the wall")
        first = bred.generation
        assert all(tile.thumbnail for tile in bred.grid.tiles)
        with pytest.raises(ParameterError, match="at least one drawing a star"):
            bred.next()
        bred.star(1, 4)
        second = bred.next(spread=0.05)
        individuals = bred.wait(60)
        assert individuals[0].values == first.individuals[1].values
        assert {one.values["c"] for one in individuals} == {7}
        assert {one.values["text"] for one in individuals} == {"fixed"}
        parent = first.individuals[1].drawing
        assert list(individuals[1].drawing.parents) == [parent.recipe]
        assert parent.stars == 4
        bred.go_to(1)
        assert bred.generation is first
        bred.next()
        assert [generation.parent for generation in bred.generations] == [None, 0, 0]
        assert second is bred.generations[1]
        bred.wait(60)

    def test_a_generation_that_is_asked_for_again_is_found(self) -> None:
        def breed() -> Any:
            bred = evolve(six, size=3, paper="100x100", seed=4)
            bred.wait(60)
            wait_until(lambda: bred.status == "3 of 3 drawn", 60, "the wall")
            return bred

        first = breed()
        first.star(2, 5)
        first.next()
        first.wait(60)
        jobs = len(list_jobs(limit=None))
        again = breed()
        assert [one.stars for one in again.generation.individuals] == [0, 0, 5]
        again.next()
        again.wait(60)
        recipes = [[one.drawing.recipe for one in each.wait(60)] for each in (first, again)]
        assert recipes[0] == recipes[1]
        assert len(list_jobs(limit=None)) == jobs
        assert "<img" in again.saved.html
