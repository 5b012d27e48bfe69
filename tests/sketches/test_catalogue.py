"""The sketches of the library, and their families."""

import inspect
import re
import warnings

import numpy as np
import pytest
from support import python

from drawscape.errors import ParameterError, SignatureError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import depth_in
from drawscape.geometry.thinning import keep_positive
from drawscape.sketches import SKETCHES, draw, sketch
from drawscape.sketches.registry import GONE
from drawscape.svg_builder import Frame

NAMES = list(SKETCHES)
TAKEN = inspect.signature(draw).parameters.keys() | {"paper", "param", "output"}


def test_names_are_known_before_anything_is_imported():
    code = (
        "import sys; from drawscape.sketches import SKETCHES; assert 'julia' in SKETCHES; "
        "SKETCHES.families(); print([m for m in sys.modules if m.startswith('drawscape.sketches.')"
        " and m.count('.') > 2])"
    )
    assert python("-c", code).stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_a_sketch_names_its_source_with_a_year(name):
    found = SKETCHES[name]
    assert found.name == name
    assert found.summary.endswith(".")
    assert re.search(r"\b1[5-9]\d\d\b|\b20[0-2]\d\b|\bBC\b", found.doc), "no year in the docstring"


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_bounds_or_choices_a_tooltip_and_a_default_within(name):
    for parameter in SKETCHES[name].parameters:
        assert parameter.doc, f"{parameter.name} has no tooltip"
        assert not parameter.required
        assert parameter.name not in TAKEN
        assert parameter.check(parameter.default) == parameter.default
        if parameter.kind in ("int", "float"):
            assert parameter.bounded, f"{parameter.name} has no bounds"
        elif parameter.kind == "text":
            assert parameter.max_length or parameter.optional, f"{parameter.name} has no end"
        else:
            assert parameter.kind in ("bool", "choice", "list")


def test_a_function_becomes_a_sketch_by_decoration_and_the_newest_counts():
    @sketch(name="tried_out")
    def first(svg):
        """One."""

    @sketch(name="tried_out", family="mine")
    def second(svg):
        """Two."""

    assert SKETCHES["tried_out"].function is second
    assert "tried_out" in SKETCHES.families()["mine"]


def test_progress_is_reported_and_what_is_no_fraction_is_refused():
    seen = []
    draw("spiral", 60, 60, on_progress=lambda fraction, svg: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def yielding(step):
    def wrong(svg):
        yield step

    return wrong


A_STEP = "yield the fraction done, 0 to 1, or that and a function"


@pytest.mark.parametrize(
    ("function", "values", "words"),
    [
        (lambda rng: None, {}, "canvas first"),
        (yielding("half"), {}, "yielded 'half'"),
        *((yielding(step), {}, A_STEP) for step in ((0.5, 3), (0.5,), ("half", print), (True, print))),
        ("spiral", {"turns": 4000}, "turns=4000: must be at least 3 and at most 120"),
        *(("molnar", {"seed": seed}, "seed") for seed in (-1, 1.5, "1", None, True, np.ones(1, int))),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named(function, values, words):
    with pytest.raises((SignatureError, ParameterError, UnknownNameError), match=words):
        draw(function, 100, 100, **values)


@pytest.mark.parametrize(("gone", "nearest"), [*GONE.items(), ("spirl", "spiral")])
def test_a_sketch_that_left_names_the_nearest(gone, nearest):
    assert nearest in SKETCHES
    with pytest.raises(UnknownNameError, match=f"did you mean '{nearest}'"):
        draw(gone, 60, 60)


def test_a_line_is_cut_where_its_value_is_zero_and_two_are_never_joined():
    line = Lines.of([[[0, 0], [4, 0], [8, 0]]])
    (left, right) = keep_positive(line, [1.0, -1.0, 3.0])
    assert left.tolist() == [[0, 0], [2, 0]]
    assert right.tolist() == [[5, 0], [8, 0]]
    lines = Lines.of([[[0, 0], [1, 0]], [[1, 0], [2, 0]], [[5, 5], [6, 6]]])
    assert len(keep_positive(lines, np.ones(6))) == 3
    assert len(keep_positive(lines, [1, 1, -1, -1, 1, 1])) == 2
    assert len(keep_positive(lines, -np.ones(6))) == 0
    assert len(keep_positive(Lines.empty(), np.empty(0))) == 0


def test_depth_in_a_frame_is_the_distance_to_its_nearest_side():
    frame = Frame(10, 10, 50, 90)
    points = [[12, 40], [30, 89], [0, 40], [30, 50]]
    assert depth_in(frame, points).tolist() == [2, 1, -10, 20]


def test_water_is_drawn_only_where_there_is_a_sea():
    dry, wet = (draw("elevation_map", 80, 80, sea=sea).layers() for sea in (0.0, 0.8))
    assert {pen.name for pen, _ in dry} == {"shade", "light", "names"}
    assert any(len(lines) for pen, lines in wet if pen.name == "water")


@pytest.mark.parametrize("name", ["stippling", "delaunay", "skyline"])
def test_a_long_strip_is_filled_like_any_page(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw(name, 40, 300)
    assert depth_in(svg.frame, svg.lines().points).min() > -1e-6
    assert np.ptp(svg.lines().points[:, 1]) > 200


@pytest.mark.parametrize("seed", [0, 1])
def test_every_triangle_may_be_of_the_second_pen(seed):
    first, second = draw("delaunay", 90, 90, seed=seed, accent=1.0).layers()
    assert len(second[1]) > len(first[1])


@pytest.mark.parametrize(("sheet", "neighbour"), [(1, 2), (45, 46), (45, 55), (90, 100)])
def test_neighbouring_sheets_of_the_wall_differ_by_one_gene(sheet, neighbour):
    def bars(number):
        lines = draw("wall_of_100", 100, 140, number=number, seed=3).lines()
        (x, y), (end, _) = lines.starts.T, lines.ends.T
        upright = (lines.counts == 2) & (x == end) & (x > 80) & (y > 125)
        return lines.take(upright).lengths_mm.round(3)

    one, other = bars(sheet), bars(neighbour)
    assert len(one) == len(other) == 6
    assert np.count_nonzero(one != other) == 1


def test_hitomezashi_is_the_same_in_a_mirror():
    svg = draw("hitomezashi", 90, 120, seed=3, small=0, bias=1.0)
    x, y = ((svg.lines().starts + svg.lines().ends) / 2 - svg.frame.middle).T
    inner = np.abs(x) < 0.49 * svg.frame.width  # without the border
    seen = set(zip(x[inner].round(3), y[inner].round(3), strict=True))
    assert {(-left, down) for left, down in seen} == seen
    assert len(seen) > 20  # and the rows do not all begin alike


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_of_molnar_are_whole(seed):
    lines = draw("molnar", 148, 210, seed=seed, disturbance=1.0).lines()
    assert np.allclose(lines.starts, lines.ends)


def test_few_strands_are_cut_nowhere():
    svg = draw("truchet", 148, 210, seed=23, tiles=3, strands=3, ribbon=0.66, drift=0.5)
    assert svg.lines().lengths_mm.min() > 0.3 * svg.frame.short / 3


@pytest.mark.parametrize("seed", range(3))
def test_the_moon_of_a_flow_field_is_clear_of_the_edges(seed):
    svg = draw("flow_field", 148, 210, seed=seed)
    moon = svg.layers()[1][1].points
    assert svg.frame.inset(0.05 * svg.frame.short).contains(moon).all()


def test_the_whole_shadow_of_a_solid_is_on_the_page():
    for seed in range(3):
        svg = draw("mesh_hatching", 148, 210, seed=seed)
        x, y = svg.layers()[1][1].points.T
        x = x[y > 105]  # the wall ends half way up
        at_edge = (x < svg.frame.x0 + 0.3) | (x > svg.frame.x1 - 0.3)
        assert np.count_nonzero(at_edge) < 0.01 * len(x)
