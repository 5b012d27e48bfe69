"""Outlines at a distance, and polygons combined."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError, UnknownNameError
from drawscape.geometry.boolean import difference, intersection, union, xor
from drawscape.geometry.offset import inset_rings, parallel
from drawscape.geometry.regions import contains, to_shapely

few = settings(max_examples=30, deadline=None)
SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
HOLE = SQUARE * 0.4 + 3


def area(lines):
    return to_shapely(lines).area


def test_a_parallel_line_lies_to_the_right_on_paper():
    assert parallel([[0.0, 0.0], [10.0, 0.0]], 2).points.tolist() == [[0, 2], [10, 2]]
    assert parallel([[0.0, 0.0], [10.0, 0.0]], -2).points.tolist() == [[0, -2], [10, -2]]
    assert len(parallel([[3.0, 3.0], [3.0, 3.0]], 2)) == 0


def test_insets_are_closed_rings_from_the_outside_in():
    rings = inset_rings(SQUARE, 1)
    assert rings.closed.all()
    assert rings.lengths_mm == pytest.approx([32, 24, 16, 8])
    assert len(inset_rings(SQUARE, 1, count=2)) == 2
    assert len(inset_rings(SQUARE, 1, first_mm=0.0)) == 5


@few
@given(seed=st.integers(0, 9999))
def test_boolean_operations_agree_with_membership(seed):
    rng = np.random.default_rng(seed)
    a, b, c = rng.uniform(0, 30, (3, 5, 2))
    points = rng.uniform(0, 30, (300, 2))
    in_a, in_b, in_c = (contains(ring, points) for ring in (a, b, c))
    for found, expected in (
        (union(a, b, c), in_a | in_b | in_c),
        (intersection(a, b, c), in_a & in_b & in_c),
        (difference(a, b, c), in_a & ~in_b & ~in_c),
        (xor(a, b), in_a ^ in_b),
    ):
        assert np.array_equal(contains(found, points), expected)


def test_shapes_that_only_touch_share_nothing():
    assert len(intersection(SQUARE, SQUARE + np.array([10, 0]))) == 0
    assert area(union(SQUARE, SQUARE + np.array([10, 0]))) == pytest.approx(200)
    assert len(difference(SQUARE, SQUARE)) == 0
    assert len(union()) == len(intersection()) == 0
    assert area(difference(SQUARE)) == pytest.approx(100)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: parallel(SQUARE, np.inf), "distance_mm=inf"),
        (lambda: inset_rings(SQUARE, 0), "spacing_mm=0"),
    ],
)
def test_distances_that_make_no_sense_are_named(call, words):
    with pytest.raises(GeometryError, match=words):
        call()


def test_an_unknown_join_is_answered_with_those_that_exist():
    with pytest.raises(UnknownNameError, match="did you mean 'mitre'"):
        inset_rings(SQUARE, 1, join="miter")
