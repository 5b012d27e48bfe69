"""Curves become lines that stray by no more than the tolerance."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry import curves

few = settings(max_examples=30, deadline=None)
places = st.tuples(st.floats(-100, 100), st.floats(-100, 100))


@few
@given(radius=st.floats(0, 500), start=st.floats(-720, 720), sweep=st.floats(-360, 360))
def test_an_arc_stays_within_the_tolerance(radius, start, sweep):
    points = curves.arc(1, 2, radius, start, start + sweep, tolerance_mm=0.1)
    middles = (points[1:] + points[:-1]) / 2 - (1, 2)
    assert np.hypot(*(points - (1, 2)).T) == pytest.approx(np.full(len(points), radius), abs=1e-9)
    assert (radius - np.hypot(*middles.T) <= 0.1 + 1e-9).all() or radius <= 0.1


def test_a_circle_is_closed_and_runs_clockwise_on_paper():
    ring = curves.circle(5, 5, 2)
    assert np.array_equal(ring[0], ring[-1])
    assert ring[0].tolist() == [7.0, 5.0]
    assert ring[1, 1] > 5


def test_an_ellipse_is_turned_by_its_rotation():
    upright = curves.ellipse(0, 0, 3, 1, rotation_degrees=90)
    assert np.abs(upright).max(axis=0) == pytest.approx([1, 3], abs=0.02)


@few
@given(p=places, q=places, r=places, s=places, tolerance=st.floats(0.01, 5), cubic=st.booleans())
def test_a_bezier_stays_within_the_tolerance(p, q, r, s, tolerance, cubic):
    controls = np.array([p, q, r, s] if cubic else [p, q, r])
    line = curves.beziers(controls[None], tolerance_mm=tolerance).points
    assert np.array_equal(line[[0, -1]], controls[[0, -1]])
    t = np.linspace(0, 1, 400)[:, None]
    levels = list(controls)
    while len(levels) > 1:
        levels = [(1 - t) * a + t * b for a, b in pairwise(levels)]
    a, step = line[:-1, None], np.diff(line, axis=0)[:, None]
    square = np.maximum((step**2).sum(axis=2), 1e-300)
    along = np.clip(((levels[0] - a) * step).sum(axis=2) / square, 0, 1)
    stray = np.hypot(*(levels[0] - a - along[..., None] * step).T).min(axis=1)
    assert stray.max() <= tolerance + 1e-9


@pytest.mark.parametrize(
    "call",
    [
        lambda: curves.circle(0, 0, -1),
        lambda: curves.circle(0, 0, np.nan),
        lambda: curves.circle(0, 0, 1, tolerance_mm=0),
        lambda: curves.circle(0, 0, 1e9, tolerance_mm=1e-9),
        lambda: curves.beziers(np.zeros((2, 5, 2))),
        lambda: curves.beziers(np.full((1, 4, 2), np.nan)),
    ],
)
def test_curves_without_a_shape_are_refused(call):
    with pytest.raises(GeometryError):
        call()
