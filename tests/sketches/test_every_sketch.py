"""Every sketch with any setting on any page: finite, in good time, no blot."""

import io
import itertools
import secrets
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest
from golden_support import HEAVY
from PIL import Image
from support import rounds, sampled, slowness

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import depth_in
from drawscape.notebook.field_values import random_value
from drawscape.parameters import MISSING
from drawscape.plot.png_export import to_png
from drawscape.sketches import SKETCHES, draw

SIDE_MM = 3.0
"""Of the square that is looked at: a spot of this size is seen as black from a step away."""

DARKEST = 0.9
"""Of a square may be ink: with more, no line shows."""

PIXELS = 8
"""To the millimetre."""

MIXED = {"four_pens", "gradients"}
"""Inks lie over each other on purpose, to mix: what counts is each pen's own."""

PAGES = {"a6": (105.0, 148.0), "a5": (148.0, 210.0), "a4": (210.0, 297.0), "a3": (297.0, 420.0)}
PAIRS = 6

FIGURES = {
    "family_tree",  # one tree, of as many lines as there were figures
    "hitomezashi",  # thirty stitches across, as a cloth has them, whatever its size
    "rose",  # one flower, of as many veins as a plotter draws in an evening
    *SKETCHES.families()["pictures"],
    "stippling",
    "schotter",  # twelve stones by twenty-two, one line each: Nees' figure on any sheet
}
"""Their parts are counted, and grow with the page, as those of a picture do.

All else is as dense on a large page as on a small one."""

EVERYDAY = ("moire", "terrain", "voronoi")


def darkest(document):
    """Return how much of the most inked square is ink, by all its pens together, on any paper."""
    black = document.with_layers([replace(layer, color="black") for layer in document.layers])
    png = to_png(black, dpi=PIXELS * 25.4, background="white")
    picture = Image.open(io.BytesIO(png)).convert("L")
    ink = 1 - np.asarray(picture) / 255
    side = int(SIDE_MM * PIXELS)
    rows, columns = ink.shape[0] // side, ink.shape[1] // side
    squares = ink[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return float(squares.mean(axis=(1, 3)).max())


def darkest_of(name, document):
    """Return the darkest square of a sketch's drawing."""
    if name not in MIXED:
        return darkest(document)
    return max(darkest(document.with_layers([layer])) for layer in document.layers)


@pytest.mark.parametrize(("gap", "dark"), [(1.0, 0.4), (0.5, 0.8), (0.3, 1.0)])
def test_the_measure_sees_how_much_is_ink(gap, dark):
    rows = Lines.of([[[30, y], [60, y]] for y in np.arange(30.1, 60, gap)])
    page = Document(90, 90, (Layer("a", "black", 0.3, rows), Layer("b", "red", 0.4, rows)))
    assert darkest(page) == pytest.approx(dark, abs=0.1)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.slow] if n in HEAVY else [])
        for n in sampled(SKETCHES, 12)
    ],
)
def test_a_sketch_at_its_defaults_leaves_no_blot_on_a_small_page(name):
    assert darkest_of(name, draw(name, *PAGES["a5"]).document()) < DARKEST


def any_values(name, rng):
    """Return each parameter at random, one in four of them at an end of its range."""
    values = {}
    for parameter in SKETCHES[name].parameters:
        value, limits = random_value(parameter, rng), ends(parameter)
        if limits and rng.random() < 0.25:
            value = limits[rng.integers(len(limits))]
        if value is not MISSING:
            values[parameter.name] = value
    return values


def many_values(name):
    """Yield each parameter at the ends of its range, chance pairs of them at theirs, and all at random."""
    values = {p.name: ends(p) for p in SKETCHES[name].parameters if ends(p)}
    yield from ({one: value} for one in values for value in values[one])
    rng = np.random.default_rng(len(name))
    for _ in range(PAIRS):
        two = rng.choice(list(values), min(2, len(values)), replace=False).tolist()
        yield {one: values[one][rng.integers(len(values[one]))] for one in two}
    for _ in range(PAIRS):
        yield any_values(name, rng)


@pytest.mark.nightly
@pytest.mark.parametrize("name", list(SKETCHES))
def test_no_setting_leaves_a_blot(name):
    for values in many_values(name):
        drawn = draw(name, *PAGES["a6" if name in HEAVY else "a5"], seed=1, **values)
        assert darkest_of(name, drawn.document()) <= DARKEST, values


def ends(parameter):
    """Return the least and the greatest value, or each choice."""
    if parameter.choices is not None:
        return list(parameter.choices.values())
    if parameter.kind == "bool":
        return [False, True]
    return [parameter.low, parameter.high] if parameter.kind in ("int", "float") else []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.nightly] * (name not in EVERYDAY))
        for name in SKETCHES
        if name not in FIGURES
    ],
)
def test_lines_lie_as_densely_on_a_large_page(name):
    drawn = [draw(name, *PAGES[page], seed=1) for page in ("a5", "a3")]
    small, large = (
        svg.lines().lengths_mm.sum() / svg.frame.width / svg.frame.height for svg in drawn
    )
    assert 1 / 1.6 < small / large < 1.6


SHORTEST_MM, A2_MM = 40.0, (420.0, 594.0)
LONGEST_S = 5.0
"""How long a drawing may take whatever the page; `four_pens` is a drawing for each pen."""


def any_case(name, rng, longest):
    """Return any page, upright or across, with any values."""
    page = rng.permutation([rng.uniform(SHORTEST_MM, side) for side in longest]).tolist()
    return {"page": page, "seed": int(rng.integers(2**32)), "values": any_values(name, rng)}


def drawn(name, case, *, watched=False):
    """Return the drawing, every warning an error; `watched`, some previews are drawn, too."""
    looks = itertools.count()

    def watch(fraction, svg):
        assert 0 <= fraction <= 1
        if next(looks) % 16 == 0:
            check(svg, case, slack=0.1)

    progress = watch if watched else None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return draw(name, *case["page"], seed=case["seed"], on_progress=progress, **case["values"])


def check(svg, case, slack=1e-6):
    """Fail when a coordinate is not finite or lies in the margin."""
    points = svg.lines().points
    assert np.isfinite(points).all(), case
    assert depth_in(svg.frame, points).min(initial=0) >= -slack, case


@pytest.mark.parametrize("name", sampled([name for name in SKETCHES if name not in HEAVY], 5))
def test_any_setting_of_a_sketch_can_be_drawn(name):
    rng = np.random.default_rng(len(name))
    for _ in range(2):
        case = any_case(name, rng, (70.0, 90.0))
        check(drawn(name, case, watched=True), case)


@pytest.mark.parametrize(
    ("name", "page", "margin"),
    [("julia", (400, 0.1), 0), ("julia", (1, 1), 0), ("swathes", (100, 100), 49)],
)
def test_a_frame_too_small_for_a_line_is_drawn_without_an_error(name, page, margin):
    check(draw(name, *page, margin=margin, seed=3), 3)


@pytest.mark.parametrize(("real", "imaginary"), [(-0.1, 0.0), (-1.0, 0.0), (0.0, 0.0), (0.5, 1.0)])
def test_each_constant_of_a_julia_set_is_drawn(real, imaginary):
    """Where the map keeps all that is near, the contours of another set nearby are drawn."""
    svg = draw("julia", 105, 148, real=real, imaginary=imaginary)
    check(svg, (real, imaginary))
    assert svg.lines().lengths_mm.sum() > 2000


@pytest.mark.slow
@pytest.mark.parametrize("seed", sampled([3, 0, 7], 3))
def test_fields_too_small_to_hatch_and_a_wind_that_turns_much_stay_in_the_frame(seed):
    values = {"spacing": 4.0, "depth": 9, "evenness": 0.0}
    check(draw("subdivision", SHORTEST_MM, 60.0, seed=seed, **values), seed)
    check(draw("swathes", *PAGES["a5"], seed=seed, margin=10, turns=2), seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(SKETCHES, 25))
def test_any_setting_on_any_page_is_drawn_the_same_twice_in_good_time(name):
    rng = np.random.default_rng(rounds(len(name), secrets.randbits(32)))
    for _ in range(rounds(1, 2) if name in HEAVY else rounds(2, 6)):
        case = any_case(name, rng, A2_MM)
        began = time.process_time()
        svg = drawn(name, case)
        sheets = case["values"]["pens"] if name == "four_pens" else 1
        # Of this process alone, and by this processor's speed: a busy or slow machine is no failure.
        assert time.process_time() - began < LONGEST_S * sheets * slowness(), case
        check(svg, case)
        assert drawn(name, case, watched=True).to_bytes() == svg.to_bytes(), case


def test_moons_are_lit_by_light_inks_and_shaded_by_dark_ones():
    def hatched_mm(first):
        svg = draw("moons", 100, 100, seed=2, columns=3, palette=f"{first}, gold")
        night, moon = (lines.lengths_mm.sum() for _, lines in svg.layers())
        return night, moon

    (night, shaded), (rims, lit) = hatched_mm("navy"), hatched_mm("white")
    assert rims < 0.3 * night  # dark paper is night
    assert abs(shaded - lit) > 0.1 * lit
    # Nine moons or 36, each of 0.44 times its cell, take 61 % of the squares, less the ring around each.
    # Lines of the night are nearer to each other, by 0.8.
    assert (shaded + lit) / (shaded + lit + 0.8 * night) == pytest.approx(0.58, abs=0.04)


def test_the_lines_of_small_moons_are_near_enough_to_show_them():
    svg = draw("moons", 127, 184, seed=20, columns=10, spacing=3)
    heights = np.unique(svg.layers()[0][1].points[:, 1])
    assert np.diff(heights).max() < 1.0


@pytest.mark.parametrize("seed", [2, 20])
def test_a_swathe_ends_where_its_way_bends_more_sharply_than_it_is_broad(seed):
    drawn = draw("swathes", *PAGES["a5"], seed=seed, turns=1.5, broadest=0.16, spacing=1.0)
    assert darkest(drawn.document()) < 0.5  # 0.3 mm of ink each mm, and outlines


@pytest.mark.parametrize("page", [(148, 210), (210, 148)])
def test_a_single_row_or_column_of_moons_is_a_night_too(page):
    for seed, columns in ((0, 1), (1, 2)):
        assert draw("moons", *page, seed=seed, columns=columns).layers()
