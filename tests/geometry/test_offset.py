"""Outlines at a distance."""

import numpy as np
import pytest

from drawscape.errors import GeometryError
from drawscape.geometry.offset import inset_rings, parallel

SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])


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
