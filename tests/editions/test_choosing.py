"""Drawings that are least alike, out of many."""

import time

import numpy as np
from support import rounds, run

from drawscape.catalogue import drawings
from drawscape.editions import find_edition
from drawscape.editions.choosing import features_of, least_alike
from drawscape.tasks.drawing import draw_function_svg


def posts(svg, rng):
    """Each post has a place; many drawings have nearly the same."""
    where = rng.choice(["left", "right"])
    svg.trait("side", str(where))
    for x, height in rng.uniform(0, 1, (4, 2)):
        svg.line(30 + 25 * x * (1 if where == "right" else -1), 55, 30, 55 - 40 * height)


def smallest(features):
    far = np.linalg.norm(features[:, None] - features, axis=2)
    return far[np.triu_indices(len(far), 1)].min()


def test_the_proposed_are_twice_as_far_apart_as_those_taken_by_chance(home):
    count, size = rounds(60, 500), rounds(8, 30)
    for seed in range(count):
        draw_function_svg(posts, 60, 60, seed=seed)
    found = list(drawings(order="oldest"))
    began = time.process_time()
    chosen = least_alike(found, size)
    print(f"{size} of {count} in {time.process_time() - began:.1f} s of processor time")
    assert len({one.id for one in chosen}) == size
    features, places = features_of(found), [found.index(one) for one in chosen]
    rng = np.random.default_rng(1)
    chance = [smallest(features[rng.choice(count, size, replace=False)]) for _ in range(50)]
    assert smallest(features[places]) >= 2 * np.mean(chance)
    assert {one.traits["side"] for one in chosen} == {"left", "right"}


def test_an_edition_of_those_least_alike(home):
    words = ("--sketch", "schotter", "--paper", "60x60", "--param", "columns=4", "--side", "back")
    done = run("editions", "new", "gravel", *words, "--size", "3", "--seeds", "1-8")
    assert done.out == "edition gravel: 3 numbers\n", done
    seeds = [one.provenance.seed for one in find_edition("gravel").numbers]
    assert seeds == sorted(seeds)
    assert len(drawings()) == 8
