"""Noise, lines along a field, and points placed over a page."""

import numpy as np
import pytest
import shapely

from drawscape.geometry.nearest import Nearest
from drawscape.geometry.noise import Noise
from drawscape.geometry.poisson import poisson_disc
from drawscape.geometry.regions import contains, polygons, rectangle
from drawscape.geometry.streamlines import growing_streamlines, hatch_along, streamlines
from drawscape.geometry.voronoi import cells, edges, relax, scatter, triangles

KINDS = {
    "perlin": lambda noise, x, y: noise.perlin(x, y),
    "perlin 3d": lambda noise, x, y: noise.perlin(x, y, 0.5 * x - y),
    "fractal": lambda noise, x, y: noise.fractal(x, y, octaves=5),
    "fractal 3d": lambda noise, x, y: noise.fractal(x, y, 0.3),
    "ridged": lambda noise, x, y: noise.ridged(x, y),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@kinds
def test_noise_is_within_one_repeats_for_a_seed_and_has_no_jumps_across_cells(kind):
    for seed in (0, 1, 2**32):
        x, y = np.random.default_rng(seed).uniform(-1000, 1000, (2, 5000))
        values = kind(Noise(seed), x, y)
        assert np.abs(values).max() <= 1.0
        assert values.tolist() == kind(Noise(seed), x, y).tolist()
        assert kind(Noise(seed), x[0], y[0]).shape == ()
    x = np.linspace(-3, 3, 60_001)
    values = kind(Noise(7), x, 0.37 + 0.61 * x)
    # A lattice that is wired wrongly jumps by about 0.3 where x crosses a whole number.
    assert np.abs(np.diff(values)).max() < 0.01
    assert values.std() > 0.02


@pytest.mark.parametrize("axes", [2, 3])
def test_noise_at_one_place_is_that_of_arrays_to_the_last_bit_and_reaches_nearly_one(axes):
    places = np.random.default_rng(1).uniform(-300, 300, (axes, 400))
    noise = Noise(4)
    assert noise.perlin(*places).tolist() == [noise.perlin_at(*at) for at in places.T.tolist()]
    assert noise.perlin(*places + 256) == pytest.approx(noise.perlin(*places), abs=1e-9)
    anywhere = np.random.default_rng(0).uniform(0, 256, (axes, 400_000))
    assert 0.85 < np.abs(Noise(0).perlin(*anywhere)).max() <= 1


def test_octaves_add_ever_finer_detail():
    x = np.linspace(0, 40, 4001)
    heights = [Noise(3).fractal(x, 0.4, octaves=octaves) for octaves in (1, 2, 4)]
    bends = [np.abs(np.diff(height, 2)).mean() for height in heights]
    assert 2 * bends[0] < 1.5 * bends[1] < bends[2]


@pytest.mark.parametrize("octaves", [1, 4])
def test_the_gradient_is_the_slope_of_the_noise(octaves):
    noise, step = Noise(5), 1e-4
    x, y = np.random.default_rng(3).uniform(-1000, 1000, (2, 400))
    ways = step * np.array([[1, -1, 0, 0], [0, 0, 1, -1]])[..., None]
    right, left, down, up = noise.fractal(x + ways[0], y + ways[1], octaves=octaves)
    slope = np.stack([right - left, down - up], axis=-1) / (2 * step)
    assert np.allclose(noise.gradient(x, y, octaves=octaves), slope, atol=1e-3)
    # Where four cells meet only one corner counts: the slope is its gradient.
    assert np.hypot(*noise.gradient(3, 4)) == pytest.approx(np.sqrt(2), rel=1e-8)


def test_coordinates_broadcast_and_keep_their_shape():
    assert Noise(0).fractal(np.arange(4.0)[:, None], np.arange(3.0)).shape == (4, 3)
    assert Noise(0).gradient(np.zeros((2, 5)), 0.0).shape == (2, 5, 2)
    assert Noise(0).perlin([], []).shape == (0,)


PAGE = (10.0, 20.0, 90.0, 130.0)
NOISE = Noise(4)
STAR = np.array([[50, 25], [60, 45], [85, 50], [60, 60], [50, 85], [40, 60], [15, 50], [40, 45]])


def waves(x, y):
    return NOISE.perlin(x / 40, y / 40) * 2 * np.pi


def around_the_middle(x, y):
    return np.column_stack((75 - y, x - 50))


def along_contours(x, y):
    return NOISE.gradient(x / 30, y / 30)[:, ::-1] * (1.0, -1.0)


def gaps_between_lines(lines):
    """The distance of each inner point from the nearest inner point of another line."""
    inner = ((lines.points > (10.5, 20.5)) & (lines.points < (89.5, 129.5))).all(axis=1)
    points, ids = lines.points[inner], lines.ids[inner]
    distances, near = Nearest(points).query(points, 12)
    other = ids[np.minimum(near, len(ids) - 1)] != ids[:, None]
    return np.where(other, distances, np.inf).min(axis=1)


@pytest.mark.parametrize("field", [waves, around_the_middle, along_contours])
@pytest.mark.parametrize("spacing", [2.0, 5.0])
def test_lines_keep_their_distance_and_leave_no_gap(field, spacing):
    lines = streamlines(field, PAGE, spacing, step_mm=99)
    assert gaps_between_lines(lines).min() > 0.5 * spacing - 1e-4
    anywhere = np.random.default_rng(0).uniform(PAGE[:2], PAGE[2:], (2000, 2))
    gaps = Nearest(lines.points).distances(anywhere)
    assert np.quantile(gaps, 0.99) < spacing
    assert gaps.max() < 1.5 * spacing


def test_lines_follow_the_field():
    lines = streamlines(waves, PAGE, 2.0)
    for line in lines:
        step = np.diff(line, axis=0)
        angle = waves(*(line[1:] + line[:-1]).T / 2)
        along = (step * np.column_stack((np.cos(angle), np.sin(angle)))).sum(axis=1)
        assert (along >= 0.97 * np.hypot(*step.T) - 1e-9).all()
        assert np.hypot(*step.T).max() <= 0.5 + 1e-9


def test_a_field_is_not_asked_for_places_outside_the_area():
    def picture(x, y):
        assert contains(rectangle(PAGE), np.column_stack((x, y))).all()
        return np.full(len(x), 0.3)

    assert len(streamlines(picture, PAGE, 3.0)) > 10


@pytest.mark.parametrize("mask", [STAR, lambda x, y: contains(STAR, np.column_stack((x, y)))])
def test_a_mask_keeps_lines_inside(mask):
    lines = streamlines(waves, PAGE, 1.6, mask=mask)
    middles = np.concatenate([(line[1:] + line[:-1]) / 2 for line in lines])
    assert len(lines) > 20
    assert contains(STAR, middles).mean() > 0.98
    assert contains(STAR, middles).all() or callable(mask)


def test_lines_are_as_long_as_asked_and_angles_as_good_as_vectors():
    lines = streamlines(around_the_middle, PAGE, 2.0, min_length_mm=5.0, max_length_mm=20.0)
    assert lines.lengths_mm.min() >= 5.0
    assert lines.lengths_mm.max() <= 20.0 + 12 * 2.0
    angles = streamlines(waves, PAGE, 3.0)
    vectors = streamlines(lambda x, y: (np.cos(waves(x, y)), np.sin(waves(x, y))), PAGE, 3.0)
    assert np.allclose(vectors.points[:50], angles.points[:50])


@pytest.mark.parametrize(
    "field",
    [
        lambda x, y: np.zeros((len(x), 2)),
        lambda x, y: np.full(len(x), np.nan),
        lambda x, y: (np.nan * x, y),
    ],
)
def test_a_field_without_directions_has_no_lines(field):
    assert len(streamlines(field, PAGE, 5.0)) == 0


@pytest.mark.parametrize("mask", [None, STAR, lambda x, y: contains(STAR, np.column_stack((x, y)))])
def test_growing_lines_are_seen_as_they_grow_and_end_as_the_finished_ones(mask):
    shares, lengths, last = [], [], None
    for done, lines in growing_streamlines(waves, PAGE, 2.5, mask=mask, min_length_mm=2.0):
        last = lines()
        shares.append(done)
        lengths.append(last.lengths_mm.sum())
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < 0.5
    assert 0.8 < shares[-2] <= shares[-1] == 1.0
    # Rings close when they meet themselves, and lines count once they are long enough: no line shrinks.
    assert lengths == sorted(lengths)
    finished = streamlines(waves, PAGE, 2.5, mask=mask, min_length_mm=2.0)
    assert np.array_equal(last.points, finished.points)
    assert np.array_equal(last.offsets, finished.offsets)


WIDE_PAGE = (10.0, 20.0, 110.0, 90.0)


def seeded(seed):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("seed", "radius"), [(0, 2.0), (1, 3.1), (2, 17.0), (3, 200.0)])
def test_poisson_points_keep_their_distance_and_leave_no_gap(seed, radius):
    points = poisson_disc(seeded(seed), WIDE_PAGE, radius)
    assert len(points) >= 1
    assert len(Nearest(points).pairs(radius * (1 - 1e-12))) == 0
    anywhere = seeded(seed + 1).uniform(WIDE_PAGE[:2], WIDE_PAGE[2:], (500, 2))
    assert contains(rectangle(WIDE_PAGE), points).all()
    # Hardly a place is left for one more.
    assert (Nearest(points).distances(anywhere) < radius * 1.2).mean() > 0.99


def test_radii_may_differ_from_place_to_place():
    def radius(x, y):
        return 1 + x / 20

    points = poisson_disc(seeded(1), WIDE_PAGE, radius)
    distances, near = Nearest(points).query(points, 2)
    radii = radius(*points.T)
    assert (distances[:, 1] >= np.minimum(radii, radii[near[:, 1]]) - 1e-9).all()
    assert (points[:, 0] < 60).sum() > 3 * (points[:, 0] > 60).sum()


@pytest.mark.parametrize(("seed", "count"), [(0, 1), (1, 2), (2, 3), (3, 60)])
def test_voronoi_cells_fill_the_page_and_hold_what_is_nearest(seed, count):
    points = seeded(seed).uniform(WIDE_PAGE[:2], WIDE_PAGE[2:], (count, 2))
    found = cells(points, WIDE_PAGE)
    assert found.owner.tolist() == list(range(count))
    assert shapely.area(polygons(found.rings)).sum() == pytest.approx(100 * 70)
    samples = seeded(seed + 1).uniform(WIDE_PAGE[:2], WIDE_PAGE[2:], (100, 2))
    owner = Nearest(points).query(samples)[1][:, 0]
    held = [contains(found.rings[i], samples[j : j + 1])[0] for j, i in enumerate(owner)]
    assert np.mean(held) > 0.98


def test_repeated_and_outlying_points_make_no_cells_of_their_own():
    points = [[50.0, 50.0], [50.0, 50.0], [60.0, 50.0], [10_000.0, 50.0]]
    found = cells(points, WIDE_PAGE)
    assert found.owner.tolist() == [0, 2]
    assert len(cells([], WIDE_PAGE).rings) == 0


def test_relaxing_evens_out_and_density_draws_points():
    points = scatter(seeded(1), 80, WIDE_PAGE)
    spread = relax(points, WIDE_PAGE, iterations=15)
    assert Nearest(spread).query(spread, 2)[0][:, 1].min() > 3
    density = np.zeros((7, 10))
    density[:, :3] = 1.0
    scattered = scatter(seeded(1), 50, WIDE_PAGE, density=density)
    for places in (scattered, relax(points, WIDE_PAGE, density=density)):
        assert (places[:, 0] < 40.001).mean() > 0.3
    drawn = relax(scattered, WIDE_PAGE, density=density)
    assert drawn[:, 0].max() < 40
    assert Nearest(drawn).query(drawn, 2)[0][:, 1].min() > 2


@pytest.mark.parametrize(("seed", "count"), [(0, 3), (1, 4), (2, 11), (3, 200)])
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
    assert Nearest([]).query([[1.0, 0.0]])[0].tolist() == [[np.inf]]
    assert Nearest([]).pairs(5).shape == Nearest(np.zeros((999, 2))).query([], 2)[0].shape == (0, 2)


def test_hatches_follow_a_grid_where_its_tone_is_wanted():
    level = np.stack([np.ones((5, 7)), np.zeros((5, 7))])
    tone = np.tile(np.linspace(0, 1, 7), (5, 1))  # darker to the right
    for turned, along in ((0.0, 0), (np.pi / 2, 1)):
        lines = hatch_along(level, tone, PAGE, PAGE, 2.0, between=(0.25, 0.5), turned=turned)
        x = lines.points[:, 0]
        assert 29.9 < x.min() < 33
        assert 47 < x.max() < 50.1
        steps = np.abs(np.concatenate([np.diff(line, axis=0) for line in lines]))
        assert steps[:, 1 - along].max() < 1e-6 < steps[:, along].min()
