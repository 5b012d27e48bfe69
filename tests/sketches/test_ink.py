"""No black blobs, whatever the setting: how much ink each sketch puts on a few square millimetres.

Every day the defaults are tried; at night random settings and the ends of each range too.
"""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.parameters import Parameter
from drawscape.plot.export.png import to_png
from drawscape.sketches import SKETCHES, draw

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

FIGURES = {
    "cubic_disarray", "implicit", "maze", "molnar", "penrose", "ridgelines", "schotter", "still_life",
    "ten_print", "terrain", "truchet",
    "rose",  # one flower, of as many veins as a plotter draws in an evening
}  # fmt: skip
"""Their parts are counted, and grow with the page; all else is as dense on a large page as on a small one."""

EVEN = [name for name in SKETCHES if name not in FIGURES]


def darkest(document: Document) -> float:
    """Return how much of the most inked square is ink, by all its pens together."""
    black = document.with_layers([replace(layer, color="black") for layer in document.layers])
    picture = Image.open(io.BytesIO(to_png(black, dpi=PIXELS * 25.4))).convert("L")
    ink = 1 - np.asarray(picture) / 255
    side = int(SIDE_MM * PIXELS)
    rows, columns = ink.shape[0] // side, ink.shape[1] // side
    squares = ink[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return float(squares.mean(axis=(1, 3)).max())


def darkest_of(name: str, document: Document) -> float:
    """Return the darkest square of a sketch's drawing."""
    if name not in MIXED:
        return darkest(document)
    return max(darkest(document.with_layers([layer])) for layer in document.layers)


def any_value(parameter: Parameter, rng: np.random.Generator) -> Any:
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
def test_the_measure_sees_how_much_is_ink(gap: float, dark: float) -> None:
    rows = Lines.of([[[30, y], [60, y]] for y in np.arange(30.1, 60, gap)])
    page = Document(90, 90, (Layer("a", "black", 0.3, rows), Layer("b", "red", 0.4, rows)))
    assert darkest(page) == pytest.approx(dark, abs=0.1)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in HEAVY else []) for n in SKETCHES]
)
def test_a_sketch_at_its_defaults_leaves_no_blot_on_a_small_page(name: str) -> None:
    assert darkest_of(name, draw(name, *PAGES["a5"]).document()) < DARKEST


@pytest.mark.nightly
@pytest.mark.parametrize("page", ["a5", "a4"])
@pytest.mark.parametrize("name", list(SKETCHES))
def test_no_setting_leaves_a_blot(name: str, page: str) -> None:
    rng = np.random.default_rng(len(name))
    for seed in range(SETTINGS):
        values = {p.name: any_value(p, rng) for p in SKETCHES[name].parameters}
        svg = draw(name, *PAGES[page], seed=seed, **values)
        assert darkest_of(name, svg.document()) < DARKEST, (seed, values)


def ends(parameter: Parameter) -> list[Any]:
    """Return the least and the greatest value, or each choice."""
    if parameter.choices is not None:
        return list(parameter.choices.values())
    if parameter.kind == "bool":
        return [False, True]
    return [parameter.low, parameter.high] if parameter.kind in ("int", "float") else []


@pytest.mark.nightly
@pytest.mark.parametrize("name", list(SKETCHES))
def test_the_ends_of_each_range_leave_no_blot(name: str) -> None:
    for parameter in SKETCHES[name].parameters:
        for value in ends(parameter):
            drawn = draw(
                name, *PAGES["a6" if name in HEAVY else "a5"], seed=1, **{parameter.name: value}
            )
            assert darkest_of(name, drawn.document()) <= DARKEST, (parameter.name, value)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            n, marks=[] if n in {"moire", "squiggles", "strata"} else [pytest.mark.nightly]
        )
        for n in EVEN
    ],
)
def test_lines_lie_as_densely_on_a_large_page(name: str) -> None:
    small, large = (draw(name, *PAGES[page], seed=1) for page in ("a5", "a3"))
    per_mm2 = [
        svg.lines().lengths_mm.sum() / (svg.frame.width * svg.frame.height)
        for svg in (small, large)
    ]
    assert 1 / 1.6 < per_mm2[0] / per_mm2[1] < 1.6
