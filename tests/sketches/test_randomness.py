"""A sketch's random numbers are numpy's own, with streams by name that leave each other alone."""

from typing import Any

import numpy as np

from drawscape.recipe import Randomness
from drawscape.sketches import draw


def test_without_streams_the_numbers_are_those_of_numpy() -> None:
    assert np.array_equal(Randomness(7).uniform(size=50), np.random.default_rng(7).uniform(size=50))


def test_a_stream_depends_on_seed_and_name_and_on_nothing_that_was_drawn_before() -> None:
    rng = Randomness(7)
    first = rng.stream("layout").uniform(size=9)
    rng.uniform(size=1000)
    rng.stream("colour").uniform(size=1000)
    assert np.array_equal(first, rng.stream("layout").uniform(size=9))
    assert not np.array_equal(first, rng.stream("colour").uniform(size=9))
    assert not np.array_equal(first, Randomness(8).stream("layout").uniform(size=9))


def test_streams_of_streams_differ_from_their_parents() -> None:
    rng = Randomness(7).stream("layout")
    assert not np.array_equal(rng.uniform(size=5), rng.stream("layout").uniform(size=5))


def test_a_sketch_keeps_its_composition_when_it_draws_more_colours() -> None:
    def dots(svg: Any, rng: Any, *, colours: int = 2) -> None:
        """Dots in places of one stream, radii of another."""
        rng.stream("colour").uniform(size=colours)
        for x, y in rng.stream("layout").uniform(10, 90, (5, 2)):
            svg.circle(x, y, 2)

    few, many = (draw(dots, 100, 100, seed=3, colours=n).lines() for n in (2, 50))
    assert np.array_equal(few.points, many.points)


def test_the_canvas_own_random_numbers_follow_the_seed():
    def dots(svg):
        for _ in range(3):
            svg.point(svg.random(100), 50 + 9 * svg.noise(svg.random(9)))

    drawn = [draw(dots, 100, 100, seed=seed).lines().points.tolist() for seed in (0, 1, 1, 2)]
    assert drawn[1] == drawn[2]
    assert drawn[0] != drawn[1] != drawn[3]
