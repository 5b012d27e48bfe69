"""Points keep their distance, cells fill the page, and relaxed points spread out."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry.nearest import Nearest
from drawscape.geometry.poisson import apart, poisson_disc
from drawscape.geometry.regions import bounds_of, contains, polygons, rectangle, to_shapely
from drawscape.geometry.voronoi import cells, edges, relax, scatter, triangles

few = settings(max_examples=20, deadline=None)
PAGE = (10.0, 20.0, 110.0, 90.0)
STAR = np.array([[50, 25], [60, 45], [85, 50], [60, 60], [50, 85], [40, 60], [15, 50], [40, 45]])


def seeded(seed):
    return np.random.default_rng(seed)


@few
@given(seed=st.integers(0, 9999), radius=st.floats(2, 200))
def test_poisson_points_keep_their_distance_and_leave_no_gap(seed, radius):
    points = poisson_disc(seeded(seed), PAGE, radius)
    assert len(points) >= 1
    assert len(Nearest(points).pairs(radius * (1 - 1e-12))) == 0
    anywhere = seeded(seed + 1).uniform(PAGE[:2], PAGE[2:], (500, 2))
    assert contains(rectangle(PAGE), points).all()
    # 30 tries around each point leave hardly a place for one more.
    assert (Nearest(points).distances(anywhere) < radius * 1.2).mean() > 0.99


def test_radii_may_differ_from_place_to_place():
    def radius(x, y):
        return 1 + x / 20

    points = poisson_disc(seeded(1), PAGE, radius)
    distances, near = Nearest(points).query(points, 2)
    radii = radius(*points.T)
    assert (distances[:, 1] >= np.minimum(radii, radii[near[:, 1]]) - 1e-9).all()
    assert (points[:, 0] < 60).sum() > 3 * (points[:, 0] > 60).sum()


@pytest.mark.parametrize("mask", [STAR, lambda x, y: contains(STAR, np.column_stack((x, y)))])
def test_a_mask_keeps_points_inside(mask):
    points = poisson_disc(seeded(2), PAGE, 2, mask=mask)
    assert len(points) > 100
    assert contains(STAR, points).all()
    assert len(poisson_disc(seeded(2), PAGE, 2, mask=STAR + 500)) == 0


@few
@given(seed=st.integers(0, 9999))
def test_points_thinned_apart_are_apart_and_the_first_stays(seed):
    points = seeded(seed).uniform(0, 20, (200, 2))
    kept = apart(points, 3)
    assert kept[0] == 0
    assert len(Nearest(points[kept]).pairs(3 - 1e-9)) == 0


@few
@given(seed=st.integers(0, 9999), count=st.integers(1, 60))
def test_voronoi_cells_fill_the_page_and_hold_what_is_nearest(seed, count):
    points = seeded(seed).uniform(PAGE[:2], PAGE[2:], (count, 2))
    found = cells(points, PAGE)
    assert found.owner.tolist() == list(range(count))
    assert shapely.area(polygons(found.rings)).sum() == pytest.approx(100 * 70)
    samples = seeded(seed + 1).uniform(PAGE[:2], PAGE[2:], (100, 2))
    owner = Nearest(points).query(samples)[1][:, 0]
    held = [contains(found.rings[i], samples[j : j + 1])[0] for j, i in enumerate(owner)]
    assert np.mean(held) > 0.98


def test_repeated_and_outlying_points_make_no_cells_of_their_own():
    points = [[50.0, 50.0], [50.0, 50.0], [60.0, 50.0], [10_000.0, 50.0]]
    found = cells(points, PAGE)
    assert found.owner.tolist() == [0, 2]
    assert len(cells([], PAGE).rings) == 0


def test_cells_may_be_clipped_to_a_polygon_with_a_hole():
    hole = (STAR - (50, 53)) * 0.4 + (50, 53)
    points = poisson_disc(seeded(3), PAGE, 6)
    found = cells(points, PAGE, polygon=[STAR, hole])
    assert shapely.area(polygons(found.rings)).sum() == pytest.approx(to_shapely([STAR, hole]).area)


def test_relaxing_evens_out_and_density_draws_points():
    points = scatter(seeded(1), 80, PAGE)
    spread = relax(points, PAGE, iterations=15)
    assert Nearest(spread).query(spread, 2)[0][:, 1].min() > 3
    density = np.zeros((7, 10))
    density[:, :3] = 1.0
    for places in (
        scatter(seeded(1), 50, PAGE, density=density),
        relax(points, PAGE, density=density),
    ):
        assert (places[:, 0] < 40.001).mean() > 0.3
    drawn = relax(scatter(seeded(1), 50, PAGE, density=density), PAGE, density=density)
    assert drawn[:, 0].max() < 40
    assert Nearest(drawn).query(drawn, 2)[0][:, 1].min() > 2


@few
@given(seed=st.integers(0, 9999), count=st.integers(3, 40))
def test_delaunay_triangles_cover_the_hull_and_have_empty_circles(seed, count):
    points = seeded(seed).uniform(0, 50, (count, 2))
    corners = points[triangles(points)]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    total = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2
    assert total == pytest.approx(shapely.MultiPoint(points).convex_hull.area)
    # Euler: each pair of neighbours is joined once.
    assert len(edges(points)) == len(np.unique(edges(points), axis=0))
    nearest = Nearest(points).query(points, 2)[1]
    joined = set(map(tuple, edges(points).tolist()))
    assert all(tuple(sorted(pair)) in joined for pair in nearest.tolist())


def test_points_on_one_line_have_edges_but_no_triangles():
    points = np.array([[0.0, 0], [3, 3], [1, 1], [1, 1], [2, 2]])
    assert len(triangles(points)) == 0
    assert edges(points).tolist() == [[0, 2], [1, 4], [2, 4]]
    assert len(edges([])) == len(edges([[1.0, 2.0]])) == len(triangles([])) == 0


def test_neighbours_are_named_by_distance_and_missing_ones_by_infinity():
    index = Nearest([[0.0, 0.0], [3.0, 0.0]])
    distances, near = index.query([[1.0, 0.0]], 3)
    assert distances.tolist() == [[1.0, 2.0, np.inf]]
    assert near.tolist() == [[0, 1, 2]]
    assert [found.tolist() for found in index.within([[1.0, 0.0], [9.0, 0.0]], 2.5)] == [
        [0, 0],
        [0, 1],
    ]
    assert Nearest([]).query([[1.0, 0.0]])[0].tolist() == [[np.inf]]
    assert Nearest([]).pairs(5).shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bounds_of((1, 2, 3)), "four|x0, y0"),
        (lambda: bounds_of((5, 0, 5, 1)), "x0 < x1"),
        (lambda: poisson_disc(seeded(0), PAGE, 0), "radius_mm=0.0"),
        (lambda: poisson_disc(seeded(0), PAGE, 1e-6), "use more"),
        (lambda: poisson_disc(seeded(0), PAGE, 1, tries=0), "tries=0"),
        (lambda: poisson_disc(seeded(0), PAGE, lambda x, y: x - 50), "positive"),
        (lambda: relax([[1.0, 1.0]], PAGE, iterations=-1), "iterations=-1"),
        (lambda: relax([[1.0, 1.0]], PAGE, density=np.zeros((3, 3))), "0 everywhere"),
        (lambda: scatter(seeded(0), 5, PAGE, density=[[-1.0]]), "from 0 up"),
        (lambda: Nearest([[np.nan, 0.0]]), "finite"),
        (lambda: Nearest([[0.0, 0.0]]).query([[0.0, 0.0]], 0), "count=0"),
    ],
)
def test_what_cannot_be_placed_is_named(call, words):
    with pytest.raises(GeometryError, match=words):
        call()
