"""What is inside of rings that cross, touch and run along themselves: a ray's crossings decide."""

import numpy as np
import pytest
from plot_support import middles
from support import rounds

from drawscape.geometry import Lines, clip_to_polygon, contains
from drawscape.geometry.hatch import hatch
from drawscape.geometry.regions import to_shapely

TURN = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])


def is_inside(rings, points):
    """Return whether a ray to the right crosses an odd number of edges, for each of the points."""
    x, y = points.T
    inside = np.zeros(len(points), dtype=bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if y0 != y1:
                crosses = (y0 <= y) != (y1 <= y)
                inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


@pytest.mark.parametrize("turn", [np.eye(2), TURN], ids=["on a grid", "turned"])
def test_contains_and_clips_follow_the_even_odd_rule_for_any_ring(turn):
    rng = np.random.default_rng(4)
    for _ in range(rounds(80, 5000)):
        sizes = rng.integers(3, 14, rng.integers(1, 4))
        rings = [rng.integers(0, 5, (size, 2)) @ turn for size in sizes]
        points = rng.uniform(-0.5, 4.5, (40, 2)) @ turn
        expected = is_inside(rings, points)
        assert contains(rings, points).tolist() == expected.tolist(), rings
        assert to_shapely(rings).is_valid
        lines = Lines.of(points.reshape(-1, 2, 2))
        within, beyond = (clip_to_polygon(lines, rings, outside=side) for side in (False, True))
        assert is_inside(rings, middles(within)).all()
        assert not is_inside(rings, middles(beyond)).any()
        total = within.lengths_mm.sum() + beyond.lengths_mm.sum()
        assert total == pytest.approx(lines.lengths_mm.sum())


def test_an_edge_that_is_drawn_twice_bounds_nothing():
    ring = [(0, 0), (4, 0), (4, 2), (0, 2), (0, 0), (4, 0), (4, 4), (0, 4)]
    assert contains(ring, [(2, 1), (2, 3)]).tolist() == [False, True]
    assert clip_to_polygon([[(2, -1), (2, 5)]], ring).points.tolist() == [[2, 2], [2, 4]]
    assert hatch(ring, 0.5, angle=0).bounds[1] > 1.9
    assert to_shapely([(0, 0), (4, 0), (9, 0)]).is_empty
