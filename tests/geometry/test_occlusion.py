"""Later shapes hide earlier ones, and nothing is lost that is not covered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry.curves import circle
from drawscape.geometry.lines import Lines
from drawscape.geometry.occlusion import Shape, occlude, visible
from drawscape.geometry.regions import contains, rings, to_shapely

few = settings(max_examples=25, deadline=None)
SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])


def middles(lines):
    long = [(line[1:] + line[:-1])[np.hypot(*np.diff(line, axis=0).T) > 1e-4] / 2 for line in lines]
    return np.concatenate([np.empty((0, 2)), *long])


@few
@given(seed=st.integers(0, 9999), count=st.integers(2, 12), corners=st.integers(3, 7))
def test_nothing_shows_inside_a_later_shape_and_all_else_shows(seed, count, corners):
    import shapely

    rng = np.random.default_rng(seed)
    shapes = list(rng.uniform(0, 40, (count, 1, 2)) + rng.uniform(-12, 12, (count, corners, 2)))
    shown = occlude(shapes)
    for index, lines in enumerate(shown):
        later = shapes[index + 1 :]
        assert not any(contains(shape, middles(lines)).any() for shape in later)
        over = shapely.union_all([to_shapely(shape) for shape in later])
        expected = rings(shapes[index])
        truth = sum(shapely.LineString(line).difference(over).length for line in expected)
        # GEOS draws a doubled stretch of one outline once; random outlines have none.
        assert lines.lengths_mm.sum() == pytest.approx(truth, abs=1e-6)


def test_holes_are_looked_through():
    ring = [SQUARE, SQUARE * 0.6 + 2]
    bar = Lines.of([[-5.0, 5.0], [15.0, 5.0]])
    shown = occlude([Shape(bar), ring])[0]
    assert sorted(shown.points[:, 0].tolist()) == [-5, 0, 2, 8, 10, 15]


def test_lines_without_a_mask_hide_nothing_and_masks_without_lines_are_not_drawn():
    bar = Lines.of([[-5.0, 5.0], [15.0, 5.0]])
    shown = occlude([SQUARE, Shape(bar), Shape(Lines.empty(), SQUARE * 0.5)])
    assert shown[1].lengths_mm.sum() == pytest.approx(15)
    assert shown[0].lengths_mm.sum() == pytest.approx(30)
    assert len(shown[2]) == 0


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.0])
def test_an_edge_that_tiles_share_is_drawn_once(turn):
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    tiles = [(SQUARE + np.array([10 * i, 10 * j])) @ turned for i in range(4) for j in range(4)]
    total = sum(lines.lengths_mm.sum() for lines in occlude(tiles))
    assert total == pytest.approx(2 * 5 * 40)


def test_a_line_along_an_edge_that_turns_away_is_hidden_up_to_the_turn():
    along = Lines.of([[2.0, 0.0], [5.0, 0.0], [5.0, -8.0]])
    assert occlude([Shape(along), SQUARE])[0].lengths_mm == pytest.approx([8])


def test_orders_decide_not_positions():
    bars = Lines.of([[[-5.0, 5.0], [15.0, 5.0]], [[-5.0, 6.0], [15.0, 6.0]]])
    shown, source = visible(bars, [3, 7], [circle(5, 5, 4)], [5])
    assert source.tolist() == [0, 0, 1]
    assert np.array_equal(shown[2], bars[1])


def test_nothing_to_hide_and_nothing_to_hide_behind():
    assert occlude([]) == []
    assert len(visible(Lines.empty(), [], [SQUARE], [0])[0]) == 0
    bar = Lines.of([[0.0, 0.0], [1.0, 0.0]])
    assert np.array_equal(visible(bar, [0], [], [])[0].points, bar.points)
    flat = np.array([[0.0, 0], [5, 0], [9, 0]])
    assert (
        visible(Lines.of([[[5.0, -5.0], [5.0, 5.0]]]), [0], [flat], [1])[0].lengths_mm.sum() == 10
    )
    dot = Lines.of([[[5.0, 5.0]]])
    assert len(visible(dot, [0], [SQUARE], [1])[0]) == 0
    assert len(visible(dot, [1], [SQUARE], [0])[0]) == 1


def test_each_line_and_mask_needs_an_order():
    with pytest.raises(GeometryError, match="orders for 1 lines, 1 masks"):
        visible(Lines.of([[0.0, 0.0], [1.0, 0.0]]), [0, 1], [SQUARE], [1])
