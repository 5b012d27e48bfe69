"""Nearest points and connected parts are the same with scipy and, for few points, without."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.spatial import cKDTree

from drawscape.geometry.lines import Lines
from drawscape.plot.neighbours import FEW, Neighbours, before_each, components
from drawscape.plot.pipeline import optimize
from drawscape.svg_builder import SVGBuilder


@pytest.mark.parametrize("count", [40, FEW, FEW + 1])
def test_the_nearest_points_and_the_pairs_are_those_of_a_tree(count: int) -> None:
    points = np.random.default_rng(count).uniform(0, 50, (count, 2))
    places = points[:7] + 0.4
    away, found = Neighbours(points).nearest(places, 5)
    expected_away, expected = cKDTree(points).query(places, k=5)
    assert np.allclose(away, expected_away)
    assert (found == expected).all()
    pairs = {tuple(sorted(pair)) for pair in Neighbours(points).pairs_within(3.0).tolist()}
    assert pairs == cKDTree(points).query_pairs(3.0)
    assert pairs


def test_a_single_neighbour_comes_as_a_column_of_one() -> None:
    for count in (3, FEW + 5):
        points = np.random.default_rng(0).uniform(0, 50, (count, 2))
        assert Neighbours(points).nearest(points, 1)[1].tolist() == [[i] for i in range(count)]


@pytest.mark.parametrize("count", [50, FEW + 1])
def test_parts_and_ways_are_those_of_a_graph(count: int) -> None:
    rng = np.random.default_rng(count)
    one, two = rng.integers(count, size=(2, count))
    joins = coo_matrix((np.ones(count), (one, two)), shape=(count, count)).tocsr()
    expected = connected_components(joins, directed=False)[1]
    found = components(count, one, two)
    assert len(set(zip(found.tolist(), expected.tolist(), strict=True))) == np.max(expected) + 1
    assert np.max(found) == np.max(expected)

    def steps(before: np.ndarray, node: int) -> int:
        taken = 0
        while node != one[0]:
            node, taken = int(before[node]), taken + 1
        return taken

    before = before_each(count, one, two, int(one[0]))
    order, theirs = breadth_first_order(joins, one[0], directed=False)
    reached = np.flatnonzero(before >= 0)
    assert sorted({*reached.tolist(), int(one[0])}) == sorted(order.tolist())
    assert [steps(before, n) for n in reached.tolist()] == [steps(theirs, n) for n in reached]


@pytest.mark.parametrize("count", [FEW // 2 - 8, FEW])
def test_a_drawing_is_ordered_as_well_by_either_way(count: int) -> None:
    # Half as many lines as points: the first is ordered without scipy, the second with it.
    starts = np.random.default_rng(4).uniform(10, 190, (count, 2))
    svg = SVGBuilder(200, 200)
    svg.polylines(Lines.of(np.stack((starts, starts + 2), axis=1)))
    (layer,) = optimize(svg.document()).layers
    travel = np.hypot(*(layer.lines.starts[1:] - layer.lines.ends[:-1]).T).sum()
    # A shortest way through n places in an area a is about 0.7124 sqrt(n a) long.
    assert travel < 1.15 * 0.7124 * np.sqrt(count * 180 * 180)
