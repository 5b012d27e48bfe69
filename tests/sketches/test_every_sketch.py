"""Every sketch with any setting on any page: finite, in good time, no blot."""

import io
import itertools
import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from support import rounds, sampled

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.plot.formats import to_png
from drawscape.sketches import SKETCHES, draw
from drawscape.svg_builder import SVGBuilder

SIDE_MM = 3.0
"""Of the square that is looked at: a spot of this size is seen as black from a step away."""

DARKEST = 0.9
"""Of a square may be ink: with more, no line shows."""

PIXELS = 8
"""To the millimetre."""

HEAVY = {
    "differential_growth", "dla", "four_pens", "implicit", "rayhatching", "reaction_diffusion",
    "space_colonization", "stippling", "swathes", "tsp_picture",
}  # fmt: skip

MIXED = {"four_pens", "gradients", "strata"}
"""Inks lie over each other on purpose, to mix: what counts is each pen's own."""

PAGES = {"a6": (105.0, 148.0), "a5": (148.0, 210.0), "a4": (210.0, 297.0), "a3": (297.0, 420.0)}
SETTINGS = 2
PAIRS = 6

FIGURES = {
    "attractor",  # one sheet, of as many threads as its narrowest fold takes without a blot
    "rose",  # one flower, of as many veins as a plotter draws in an evening
    "schotter",  # twelve stones by twenty-two, one line each: Nees' figure on any sheet
}
"""Their parts are counted, and grow with the page; all else is as dense on a large page as on a small one."""

EVEN = [name for name in SKETCHES if name not in FIGURES]


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


def any_value(parameter, rng):
    if parameter.choices is not None:
        return list(parameter.choices.values())[rng.integers(len(parameter.choices))]
    if parameter.kind == "bool":
        return bool(rng.integers(2))
    if parameter.kind == "int":
        return int(rng.integers(int(parameter.low or 0), int(parameter.high or 0) + 1))
    if parameter.kind == "float":
        return float(rng.uniform(parameter.low, parameter.high))
    if parameter.suggestions:
        return str(rng.choice(parameter.suggestions))
    return parameter.default


@pytest.mark.parametrize(("gap", "dark"), [(1.0, 0.4), (0.5, 0.8), (0.3, 1.0)])
def test_the_measure_sees_how_much_is_ink(gap, dark):
    rows = Lines.of([[[30, y], [60, y]] for y in np.arange(30.1, 60, gap)])
    page = Document(90, 90, (Layer("a", "black", 0.3, rows), Layer("b", "red", 0.4, rows)))
    assert darkest(page) == pytest.approx(dark, abs=0.1)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in HEAVY else []) for n in sampled(SKETCHES, 3)],
)
def test_a_sketch_at_its_defaults_leaves_no_blot_on_a_small_page(name):
    assert darkest_of(name, draw(name, *PAGES["a5"]).document()) < DARKEST


@pytest.mark.nightly
@pytest.mark.parametrize("page", ["a5", "a4"])
@pytest.mark.parametrize("name", list(SKETCHES))
def test_no_setting_leaves_a_blot(name, page):
    rng = np.random.default_rng(len(name))
    for seed in range(SETTINGS):
        values = {p.name: any_value(p, rng) for p in SKETCHES[name].parameters}
        svg = draw(name, *PAGES[page], seed=seed, **values)
        assert darkest_of(name, svg.document()) < DARKEST, (seed, values)


def ends(parameter):
    """Return the least and the greatest value, or each choice."""
    if parameter.choices is not None:
        return list(parameter.choices.values())
    if parameter.kind == "bool":
        return [False, True]
    return [parameter.low, parameter.high] if parameter.kind in ("int", "float") else []


def settings_at_the_ends(name):
    """Yield each parameter at the ends of its range, then chance pairs of them at theirs."""
    values = {p.name: ends(p) for p in SKETCHES[name].parameters if ends(p)}
    yield from ({one: value} for one in values for value in values[one])
    rng = np.random.default_rng(len(name))
    for _ in range(PAIRS):
        two = rng.choice(list(values), min(2, len(values)), replace=False).tolist()
        yield {one: values[one][rng.integers(len(values[one]))] for one in two}


@pytest.mark.nightly
@pytest.mark.parametrize("name", list(SKETCHES))
def test_the_ends_of_each_range_and_pairs_of_them_leave_no_blot(name):
    for values in settings_at_the_ends(name):
        drawn = draw(name, *PAGES["a6" if name in HEAVY else "a5"], seed=1, **values)
        assert darkest_of(name, drawn.document()) <= DARKEST, values


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            n, marks=[] if n in {"moire", "squiggles", "strata"} else [pytest.mark.nightly]
        )
        for n in EVEN
    ],
)
def test_lines_lie_as_densely_on_a_large_page(name):
    small, large = (draw(name, *PAGES[page], seed=1) for page in ("a5", "a3"))
    per_mm2 = [
        svg.lines().lengths_mm.sum() / (svg.frame.width * svg.frame.height)
        for svg in (small, large)
    ]
    assert 1 / 1.6 < per_mm2[0] / per_mm2[1] < 1.6


SHORTEST_MM, A2_MM = 40.0, (420.0, 594.0)
LONGEST_S = 5.0

"""Too slow for the quick suite whatever the page."""


def values_of(parameter):
    """Return any value that the parameter's annotation allows."""
    if parameter.choices is not None:
        return st.sampled_from(list(parameter.choices.values()))
    if parameter.kind == "bool":
        return st.booleans()
    if parameter.kind == "int":
        return st.integers(int(parameter.low or 0), int(parameter.high or 0))
    if parameter.kind == "float":
        return st.floats(parameter.low, parameter.high, allow_nan=False)
    if parameter.suggestions:
        return st.sampled_from([*parameter.suggestions, "navy, #c8402a"])
    if parameter.optional:
        return st.none()  # a file to read: nothing that chance could name
    return st.text(max_size=min(parameter.max_length or 60, 60))


def drawings_of(name, longest):
    parameters = {p.name: values_of(p) for p in SKETCHES[name].parameters}
    sides = st.tuples(*(st.floats(SHORTEST_MM, side) for side in longest))
    return st.fixed_dictionaries(
        {
            "page": st.one_of(sides, sides.map(lambda page: page[::-1])),
            "seed": st.integers(0, 2**32),
            "values": st.fixed_dictionaries(parameters),
        }
    )


def drawn(name, case, *, watched=False):
    """Return the drawing, every warning an error; `watched`, some previews are drawn, too."""
    looks = itertools.count()

    def watch(_: float, svg: SVGBuilder) -> None:
        if next(looks) % 16 == 0:
            assert np.isfinite(svg.lines().points).all()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return draw(
            name,
            *case["page"],
            seed=case["seed"],
            on_progress=watch if watched else None,
            **case["values"],
        )


def check(svg: SVGBuilder) -> None:
    """Fail when a coordinate is not finite or lies in the margin."""
    points = svg.lines().points
    assert np.isfinite(points).all()
    if len(points):
        frame = svg.frame
        assert (points >= np.array([frame.x0, frame.y0]) - 1e-6).all()
        assert (points <= np.array([frame.x1, frame.y1]) + 1e-6).all()


@pytest.mark.parametrize("name", [name for name in SKETCHES if name not in HEAVY])
def test_any_setting_of_a_sketch_can_be_drawn(name):
    @settings(
        max_examples=2, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(drawings_of(name, (70.0, 90.0)))
    def holds(case: dict[str, Any]) -> None:
        check(drawn(name, case, watched=True))

    holds()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_fields_too_small_for_their_hatching_keep_their_outline_alone(seed):
    values = {"spacing": 4.0, "depth": 9, "stop": 0.0, "evenness": 0.0}
    check(draw("subdivision", SHORTEST_MM, 60.0, seed=seed, **values))


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(SKETCHES, 8))
def test_any_setting_on_any_page_is_drawn_the_same_twice_in_good_time(name):
    @settings(
        max_examples=rounds(1, 2) if name in HEAVY else rounds(3, 6),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawings_of(name, A2_MM))
    def holds(case: dict[str, Any]) -> None:
        began = time.process_time()
        svg = drawn(name, case)
        # Of this process alone, so that a busy machine is no failure.
        assert time.process_time() - began < LONGEST_S
        check(svg)
        assert drawn(name, case, watched=True).to_bytes() == svg.to_bytes()

    holds()
