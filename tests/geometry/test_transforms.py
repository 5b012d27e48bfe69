"""Transforms compose, invert and fit, and leave their input alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry import transforms as move
from drawscape.geometry.lines import Lines

few = settings(max_examples=30, deadline=None)
any_lines = st.from_type(Lines)
numbers = st.floats(-50, 50)


@few
@given(lines=any_lines, degrees=st.floats(-400, 400), cx=numbers, cy=numbers)
def test_turning_keeps_lengths_and_turning_back_undoes_it(lines, degrees, cx, cy):
    turned = move.rotate(lines, degrees, cx, cy)
    assert turned.lengths_mm == pytest.approx(lines.lengths_mm, abs=1e-9)
    assert move.rotate(turned, -degrees, cx, cy).points == pytest.approx(lines.points, abs=1e-9)


def test_quarter_turns_are_exact_and_clockwise_on_paper():
    assert move.rotate([[1.0, 0.0]], 90).tolist() == [[0.0, 1.0]]
    assert move.rotate([[3.0, 2.0]], -180, 2, 2).tolist() == [[1.0, 2.0]]


@few
@given(degrees=numbers, factor=st.floats(0.1, 9), dx=numbers)
def test_a_composed_transform_is_its_parts_in_turn_and_its_inverse_undoes_it(degrees, factor, dx):
    points = np.array([[1.0, 2.0], [-3.0, 5.0]])
    parts = [move.translation(dx, 1), move.rotation(degrees), move.scaling(factor, 2, 3, 4)]
    whole = move.compose(*parts, move.skewing(20))
    step = move.transform(points, move.skewing(20))
    for matrix in reversed(parts):
        step = move.transform(step, matrix)
    moved = move.transform(points, whole)
    assert moved == pytest.approx(step)
    assert move.transform(moved, move.inverse(whole)) == pytest.approx(points, abs=1e-6)


@few
@given(lines=any_lines, distort=st.booleans())
def test_fitted_lines_lie_in_the_rectangle_and_fill_it(lines, distort):
    bounds = move.fit(lines, 10, 20, 110, 70, distort=distort).bounds
    if bounds is not None and (np.ptp(lines.points, axis=0) > 1e-30).all():
        x0, y0, x1, y1 = bounds
        assert min(x0 - 10, y0 - 20, 110 - x1, 70 - y1) > -1e-9
        assert x1 - x0 == pytest.approx(100) or y1 - y0 == pytest.approx(50)


def test_a_straight_line_is_fitted_along_its_one_axis():
    assert move.fit([[0.0, 7.0], [2.0, 7.0]], 0, 0, 100, 50).tolist() == [[0, 25], [100, 25]]
    assert move.fit([[3.0, 7.0]], 0, 0, 100, 50).tolist() == [[50.0, 25.0]]


def test_input_stays_as_it_was():
    points = np.array([[1.0, 2.0]])
    move.translate(points, 5, 5)
    move.scale(points, 2)
    assert points.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: move.transform([[0.0, 0.0]], np.eye(3)),
        lambda: move.scale([[0.0, 0.0]], np.nan),
        lambda: move.inverse(move.scaling(0, 1)),
        lambda: move.inverse(move.scaling(0, 0)),
        lambda: move.fit([[0.0, 0.0]], 5, 0, 5, 9),
    ],
)
def test_transforms_that_are_none_are_refused(call):
    with pytest.raises(GeometryError):
        call()
