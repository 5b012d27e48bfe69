"""Chance: seeds and what a seed promises."""

import itertools

import numpy as np
import pytest
from golden_support import FOLDER, read_golden
from scipy.ndimage import gaussian_filter
from support import sampled

from drawscape.drawing.values import rgb
from drawscape.geometry.lines import resample
from drawscape.sketches import SKETCHES, as_sketch, draw
from drawscape.sketches.composition import choose, choose_unless, focus
from drawscape.svg_builder import SVGBuilder

LEAST = 0.09
"""Of the ink that lies elsewhere, or is of another color, after a blur of a millimetre.

2 is all of it, 0 the same picture."""

SCREENS = {*SKETCHES.families()["pictures"], "stippling"}
"""The same picture whatever the seed, which moves the screen or the points."""

LEAST_SCREEN = 0.02


SIDE_MM = 100.0


def raster(layers, side):
    """Return how much red, green and blue the ink of `layers`, colors and lines, takes from the paper.

    It is (rows, columns, 3) on squares of half a millimetre, all together 1, blurred by a millimetre.
    """
    ink = np.zeros((int(2 * side), int(2 * side), 3))
    for color, lines in layers:
        cells = np.clip((resample(lines, 0.3).points * 2).astype(int), 0, int(2 * side) - 1)
        np.add.at(ink, (cells[:, 1], cells[:, 0]), 1 - np.array(rgb(color)) / 255)
    blurred = gaussian_filter(ink, (2.0, 2.0, 0))
    return np.asarray(blurred / blurred.sum())


def all_differ(name, pictures):
    """Raise AssertionError where two pictures of a sketch are too near each other."""
    least = LEAST_SCREEN if name in SCREENS else LEAST
    for (a, one), (b, other) in itertools.combinations(enumerate(pictures), 2):
        assert np.abs(one - other).sum() > least, (a, b)


@pytest.mark.parametrize("name", list(SKETCHES))
def test_the_first_two_seeds_are_told_apart_by_eye(name):
    golden = [read_golden(FOLDER / f"{name}-{seed}.svg.gz") for seed in (0, 1)]
    all_differ(name, [raster([(one.color, one.sample) for one in each], 60) for each in golden])


PIXELS, FARTHER = 24, 0.1
"""Of a thumbnail, and of its ink what two of them differ in: at two metres one sees no more."""


def thumbnail(svg):
    """Return the part of each pixel that red, green and blue lose to ink, (24, 24, 3)."""
    ink = np.zeros((PIXELS, PIXELS, 3))
    for pen, lines in svg.layers():
        cells = (resample(lines, 0.5).points / SIDE_MM * PIXELS).astype(int).clip(0, PIXELS - 1)
        loss = (1 - np.array(rgb(pen.color)) / 255) * pen.width * 0.5
        np.add.at(ink, (cells[:, 1], cells[:, 0]), loss)
    return np.minimum(ink / (SIDE_MM / PIXELS) ** 2, 1)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in SKETCHES if name not in SCREENS])
def test_no_two_of_twelve_seeds_are_composed_alike(name):
    drawn = [draw(name, SIDE_MM, SIDE_MM, seed=seed) for seed in range(12)]
    assert len({tuple(svg.traits.items()) for svg in drawn}) == 12
    seen = [thumbnail(svg) for svg in drawn]
    for (a, one), (b, other) in itertools.combinations(enumerate(seen), 2):
        assert np.abs(one - other).sum() > FARTHER * (one.sum() + other.sum()) / 2, (a, b)


def test_a_composition_follows_the_seed_and_says_what_it_is():
    def dots(svg, *, land: str | None = None):
        field = focus(svg)
        size = choose(svg, "size", {"small": 1, "large": 5})
        svg.trait("land", choose_unless(svg, land, "land", ["hills", "sea"]))
        svg.circle(50, 50, size * (1 + float(field(0.5, 0.5))))

    drawn = [draw(dots, 100, 100, seed=seed) for seed in range(40)]
    assert as_sketch(dots).is_random
    assert draw(dots, 100, 100, seed=7).traits == drawn[7].traits
    assert drawn[0].traits == {"focus": "from below", "size": "small", "land": "hills"}
    assert {svg.traits["size"] for svg in drawn} == {"small", "large"}
    assert len({svg.traits["focus"] for svg in drawn}) >= 8
    assert draw(dots, 100, 100, seed=7, land="sea").traits["land"] == "sea"
    for seed in range(20):
        field = focus(SVGBuilder(9, 9).random_seed(seed))
        shares = field(*np.meshgrid(np.linspace(0, 1, 20), np.linspace(0, 1, 20)))
        assert shares.min() == pytest.approx(0, abs=0.05)
        assert shares.max() == pytest.approx(1, abs=0.1)


WITH_INKS = {n for n in SKETCHES if "palette" in {p.name for p in SKETCHES[n].parameters}}
# What four_pens draws with each pen follows from its ink.
WITH_INKS -= {"four_pens"}


@pytest.mark.parametrize("name", sampled(sorted(WITH_INKS), 6))
def test_other_inks_leave_the_composition_as_it_is(name):
    def lines(**values):
        return [lines.points for _, lines in draw(name, 148, 210, seed=5, **values).layers()]

    for designed, own in zip(
        lines(), lines(palette="navy, maroon, green, black, teal"), strict=True
    ):
        assert np.array_equal(designed, own)


@pytest.mark.parametrize("name", [*sampled(sorted(WITH_INKS), 6), "moons"])
def test_seeds_draw_different_pictures_with_the_same_inks(name):
    drawn = {draw(name, 100, 140, seed=seed, palette="navy, gold").to_bytes() for seed in range(12)}
    pictures = {content.split(b"</metadata>")[-1] for content in drawn}
    assert len(pictures) == 12


def test_rng_gives_the_numbers_of_numpys_default_generator():
    def dots(svg, rng):
        for x in rng.uniform(0, 100, 50):
            svg.point(x, 50)

    drawn = draw(dots, 100, 100, seed=7).lines().points[::2, 0]
    assert drawn == pytest.approx(np.random.default_rng(7).uniform(0, 100, 50), abs=0.01)


def test_rng_and_the_canvas_give_numbers_that_have_nothing_in_common():
    def pairs(svg, rng):
        for _ in range(300):
            svg.point(svg.random(100), rng.uniform(0, 100))

    for seed in (0, 1, 2**63 - 1):
        x, y = draw(pairs, 100, 100, seed=seed).lines().points[::2].T
        assert abs(np.corrcoef(x, y)[0, 1]) < 0.2
        assert not np.any(np.isclose(x, y, atol=0.005).sum() > 3)


def inner(svg, rng):
    twig = rng.spawn(1)[0]
    yield 0.5, lambda page: page.circle(*twig.uniform(20, 80, 2), 1)
    svg.circle(*twig.uniform(20, 80, 2), 3)


def chancy(svg, rng):
    own, several = rng.spawn(1)[0], rng.spawn(2)

    def draft(page):
        page.circle(rng.uniform(5, 90), page.random(90), 1 + svg.random() + own.random())
        page.circle(50, 50, several[1].uniform(1, 9))

    for _ in range(3):
        yield 0.3, draft
        svg.circle(rng.uniform(5, 90), svg.random(90), 1 + own.random() + several[1].random())
    yield from inner(svg, rng)


def test_who_looks_at_a_draft_that_draws_random_numbers_changes_no_ink():
    seen = []
    unseen = draw(chancy, 100, 100, seed=4).to_bytes()
    looks = lambda _fraction, svg: seen.append(svg.drafted().to_bytes())  # noqa: E731
    assert draw(chancy, 100, 100, seed=4, on_progress=looks).to_bytes() == unseen
    assert len(set(seen)) == 4  # and each look shows something else
