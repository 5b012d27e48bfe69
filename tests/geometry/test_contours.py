"""Contours lie at their level, close where they close, and skip what is missing."""

import numpy as np
import pytest

from drawscape.errors import GeometryError
from drawscape.geometry.contours import contours, contours_by_level

AREA = (10.0, 0.0, 30.0, 40.0)
X, Y = np.meshgrid(np.linspace(10, 30, 81), np.linspace(0, 40, 161))
CONE = np.hypot(X - 20, Y - 20)


def test_contours_of_a_cone_are_closed_circles_in_mm():
    lines = contours(CONE, [3, 5], AREA)
    assert lines.closed.tolist() == [True, True]
    for line, radius in zip(lines, (3, 5), strict=True):
        assert np.hypot(*(line - 20).T) == pytest.approx(np.full(len(line), radius), abs=0.02)


def test_contours_that_leave_the_area_are_open():
    lines = contours_by_level(CONE, [12.0], AREA)[0]
    assert len(lines) == 2
    assert not lines.closed.any()
    assert contours(X, 15.0, AREA).points[:, 0] == pytest.approx(15)


def test_cells_without_a_height_are_blank():
    holed = CONE.copy()
    holed[X < 20] = np.nan
    lines = contours(holed, 5, AREA)
    assert len(lines) == 1
    assert lines.points[:, 0].min() >= 20


def test_a_flat_grid_and_no_levels_have_no_contours():
    assert len(contours(np.ones((3, 3)), [1.0, 2.0], AREA)) == 0
    assert len(contours(CONE, [], AREA)) == 0


def test_levels_that_run_through_grid_points_make_no_dots():
    lines = contours(np.array([[0.0, 1, 0], [1, 2, 1], [0, 1, 0]]), [1.0, 2.0, 0.0], (0, 0, 2, 2))
    assert (lines.lengths_mm > 0).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: contours(np.zeros(5), 0, AREA),
        lambda: contours(np.zeros((1, 5)), 0, AREA),
        lambda: contours(CONE, np.nan, AREA),
        lambda: contours(CONE, 1, (0, 0, 0, 1)),
    ],
)
def test_what_has_no_contours_is_refused(call):
    with pytest.raises(GeometryError):
        call()
