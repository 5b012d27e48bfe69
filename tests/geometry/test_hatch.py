"""Hatches fill what is inside, leave holes empty, and keep their spacing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry.hatch import hatch, hatch_circles, hatch_lines
from drawscape.geometry.regions import contains, to_shapely

few = settings(max_examples=30, deadline=None)
TURNS = np.arange(10) * np.pi / 5 + 0.1
STAR = 50 + np.where(np.arange(10) % 2, 18, 44)[:, None] * np.column_stack(
    (np.cos(TURNS), np.sin(TURNS))
)
HOLE = 50 + 9 * np.column_stack((np.cos(TURNS), np.sin(TURNS)))
STYLES = ["lines", "cross", "concentric", "circles"]


def middles(lines):
    return np.concatenate([np.empty((0, 2)), *((line[1:] + line[:-1]) / 2 for line in lines)])


@few
@given(
    seed=st.integers(0, 9999),
    count=st.integers(3, 8),
    angle=st.floats(-200, 200),
    spacing=st.floats(0.5, 9),
)
def test_lines_lie_in_any_polygon_and_fill_it(seed, count, angle, spacing):
    outline = list(np.random.default_rng(seed).uniform(0, 40, (1 + seed % 2, count, 2)))
    lines = hatch_lines(outline, spacing, angle=angle)
    inside = contains(outline, middles(lines))
    # A middle within rounding of the outline may fall on either side.
    assert inside[lines.lengths_mm > 1e-6].all()
    shape = to_shapely(outline)
    filled = lines.lengths_mm.sum() * spacing
    assert abs(filled - shape.area) <= shape.length * spacing


@pytest.mark.parametrize("style", STYLES)
def test_every_style_stays_in_the_polygon_and_out_of_its_hole(style):
    lines = hatch([STAR, HOLE], 1.5, style=style)
    assert contains([STAR, HOLE], middles(lines)).mean() > 0.99
    assert not contains(HOLE, middles(lines)).any()
    area = to_shapely([STAR, HOLE]).area * (2 if style == "cross" else 1)
    assert lines.lengths_mm.sum() * 1.5 == pytest.approx(area, rel=0.08)


def test_parallel_lines_are_spaced_and_run_to_and_fro():
    square = [[0.0, 0.2], [10, 0.2], [10, 10.2], [0, 10.2]]
    lines = hatch_lines(square, 2.0, angle=0)
    assert lines.starts[:, 1].tolist() == [2, 4, 6, 8, 10]
    assert np.sign(lines.ends[:, 0] - lines.starts[:, 0]).tolist() == [1, -1, 1, -1, 1]
    assert hatch_lines(square, 2.0, angle=0, shift=0.5).starts[:, 1].tolist() == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_a_concentric_hatch_leaves_no_gaps_in_tips_and_necks(seed, shift):
    import shapely

    rng = np.random.default_rng(seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 12))
    outline = 50 + rng.uniform(5, 45, 12)[:, None] * np.column_stack((np.cos(turns), np.sin(turns)))
    lines = hatch(outline, 1.5, style="concentric", shift=shift)
    ink = shapely.linestrings(lines.points, indices=lines.ids)
    shape = to_shapely(outline)
    reach = max(0.75, (0.5 + shift) % 1.0)
    bare = shape.difference(shapely.union_all(shapely.buffer(ink, reach * 1.5)))
    assert bare.area < 0.01 * shape.area
    assert (lines.take(~lines.closed).lengths_mm > 0).all()


@pytest.mark.parametrize("side", [1e6, 1e5])
def test_rings_without_end_are_refused_at_once(side):
    square = np.array([[0.0, 0], [side, 0], [side, side], [0, side]])
    with pytest.raises(GeometryError, match="rings; use more"):
        hatch(square, 1e-5 * side / 1.001, style="concentric")


def test_neighbouring_polygons_match_up():
    left, right = (
        np.array([[0, 0], [5, 0], [5, 9], [0, 9]]),
        np.array([[5, 0], [9, 0], [9, 9], [5, 9]]),
    )
    both = [hatch_lines(polygon, 1.0, angle=30) for polygon in (left, right)]
    whole = hatch_lines(np.array([[0, 0], [9, 0], [9, 9], [0, 9]]), 1.0, angle=30)
    assert sum(lines.lengths_mm.sum() for lines in both) == pytest.approx(whole.lengths_mm.sum())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "nothing", [[], [[0, 0], [5, 5], [9, 9]], [[1, 1], [1, 1], [1, 1]], [[0, 0], [9, 0], [3, 0]]]
)
def test_polygons_without_an_inside_stay_empty(style, nothing):
    assert hatch(nothing, 1.0, style=style).lengths_mm.sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hatch(STAR, 0), "spacing_mm=0"),
        (lambda: hatch(STAR, np.nan, style="concentric"), "spacing_mm=nan"),
        (lambda: hatch(STAR, 1e-6), "use more"),
        (lambda: hatch_circles(STAR, 1e-6), "use more"),
        (lambda: hatch(STAR, 1, angle=np.inf), "angle=inf"),
        (lambda: hatch(STAR[:2], 1), "at least three"),
    ],
)
def test_what_cannot_be_hatched_is_named(call, words):
    with pytest.raises(GeometryError, match=words):
        call()
