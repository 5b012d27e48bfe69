"""Filled shapes: hatched, grown, thinned, their contours and middle lines."""

import numpy as np
import pytest
import shapely
from plot_support import middles
from support import rounds

from drawscape.geometry import Lines
from drawscape.geometry.contours import contours, contours_by_level, distance_contours, values_at
from drawscape.geometry.hatch import hatch, hatch_lines
from drawscape.geometry.offset import inset_rings, parallel
from drawscape.geometry.regions import contains, to_shapely
from drawscape.geometry.thinning import WHOLE, thinned

TURNS = np.arange(10) * np.pi / 5 + 0.1
DIRECTIONS = np.column_stack((np.cos(TURNS), np.sin(TURNS)))
STAR = 50 + np.where(np.arange(10) % 2, 18, 44)[:, None] * DIRECTIONS
HOLE = 50 + 9 * DIRECTIONS
STYLES = ["lines", "cross", "concentric"]


@pytest.mark.parametrize("seed", range(rounds(16, 500)))
@pytest.mark.parametrize("spacing", [0.5, 9.0])
def test_lines_lie_in_any_polygon_and_fill_it(seed, spacing):
    rng = np.random.default_rng(seed)
    outline = list(rng.uniform(0, 40, (1 + seed % 2, rng.integers(3, 9), 2)))
    lines = hatch_lines(outline, spacing, angle=rng.uniform(-200, 200))
    assert contains(outline, middles(lines)).all()
    shape = to_shapely(outline)
    filled = lines.lengths_mm.sum() * spacing
    assert abs(filled - shape.area) <= shape.length * spacing


def test_a_cross_hatch_runs_at_its_angle_and_square_to_it():
    steps = hatch(STAR, 3.0, angle=30.0, style="cross")
    turns = np.degrees(np.arctan2(*(steps.ends - steps.starts).T[::-1])) % 180
    assert np.unique(turns.round(6)).tolist() == [30.0, 120.0]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_stays_in_the_polygon_and_out_of_its_hole(style):
    lines = hatch([STAR, HOLE], 1.5, style=style)
    assert contains([STAR, HOLE], middles(lines)).mean() > 0.99
    assert not contains(HOLE, middles(lines)).any()
    area = to_shapely([STAR, HOLE]).area * (2 if style == "cross" else 1)
    assert lines.lengths_mm.sum() * 1.5 == pytest.approx(area, rel=0.08)


def test_parallel_lines_are_spaced_and_run_to_and_fro():
    square = [[0.0, 0.2], [10, 0.2], [10, 10.2], [0, 10.2]]
    lines = hatch_lines(square, 2.0, angle=0)
    assert lines.starts[:, 1].tolist() == [2, 4, 6, 8, 10]
    assert np.sign(lines.ends[:, 0] - lines.starts[:, 0]).tolist() == [1, -1, 1, -1, 1]
    assert hatch_lines(square, 2.0, angle=0, shift=0.5).starts[:, 1].tolist() == [1, 3, 5, 7, 9]
    assert len(hatch_lines(square, 2.0, angle=0, shift=1e300)) == 5


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_a_concentric_hatch_leaves_no_gaps_in_tips_and_necks(seed, shift):
    rng = np.random.default_rng(seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 12))
    outline = 50 + rng.uniform(5, 45, 12)[:, None] * np.column_stack((np.cos(turns), np.sin(turns)))
    lines = hatch(outline, 1.5, style="concentric", shift=shift)
    ink = shapely.linestrings(lines.points, indices=lines.ids)
    shape = to_shapely(outline)
    reach = max(0.75, (0.5 + shift) % 1.0)
    bare = shape.difference(shapely.union_all(shapely.buffer(ink, reach * 1.5)))
    assert bare.area < 0.01 * shape.area
    assert (lines.take(~lines.closed).lengths_mm > 0).all()


def test_neighbouring_polygons_match_up():
    boxes = [shapely.box(0, 0, 5, 9), shapely.box(5, 0, 9, 9), shapely.box(0, 0, 9, 9)]
    left, right, both = (hatch_lines(box, 1.0, angle=30).lengths_mm.sum() for box in boxes)
    assert left + right == pytest.approx(both)


AREA = (10.0, 0.0, 30.0, 40.0)
X, Y = np.meshgrid(np.linspace(10, 30, 81), np.linspace(0, 40, 161))
CONE = np.hypot(X - 20, Y - 20)


def test_contours_of_a_cone_are_closed_circles_in_mm():
    lines = contours(CONE, [3, 5], AREA)
    assert lines.closed.tolist() == [True, True]
    for line, radius in zip(lines, (3, 5), strict=True):
        assert np.hypot(*(line - 20).T) == pytest.approx(np.full(len(line), radius), abs=0.02)


def test_contours_that_leave_the_area_are_open_and_cells_without_a_height_blank():
    lines = contours_by_level(CONE, [12.0], AREA)[0]
    assert len(lines) == 2
    assert not lines.closed.any()
    assert contours(X, 15.0, AREA).points[:, 0] == pytest.approx(15)
    holed = CONE.copy()
    holed[X < 20] = np.nan
    lines = contours(holed, 5, AREA)
    assert len(lines) == 1
    assert lines.points[:, 0].min() >= 20


def test_a_flat_grid_has_no_contours_and_levels_through_grid_points_make_no_dots():
    assert len(contours(np.ones((3, 3)), [1.0, 2.0], AREA)) == 0
    assert len(contours(CONE, [], AREA)) == 0
    lines = contours(np.array([[0.0, 1, 0], [1, 2, 1], [0, 1, 0]]), [1.0, 2.0, 0.0], (0, 0, 2, 2))
    assert (lines.lengths_mm > 0).all()


def rows(apart):
    x = np.linspace(0, 60, 61)
    return Lines.of([np.column_stack((x, np.full(61, y))) for y in np.arange(0, 30, apart)])


def test_where_lines_crowd_only_so_many_go_on_as_leave_paper():
    assert thinned(rows(1.0)).points.tolist() == rows(1.0).points.tolist()
    lines = rows(0.2)
    light = thinned(lines, most=0.6)
    # A pen of 0.3 mm on rows 0.2 mm apart covers the paper one and a half times.
    assert 0.3 < light.lengths_mm.sum() / lines.lengths_mm.sum() < 0.5
    assert thinned(Lines.empty()).bounds is None


def test_a_crowd_somewhere_costs_no_line_elsewhere_and_whole_lines_nothing():
    narrow = rows(1.0)
    x, y = narrow.points.T
    # Drawn together to a tenth on the right.
    fan = narrow.with_points(np.column_stack((x, np.where(x > 30, y / 10, y))))
    number = 1 + np.arange(len(fan))
    number[7] = WHOLE
    light = thinned(fan, number)
    left = light.points[light.points[:, 0] < 25]
    assert len(np.unique(left[:, 1].round(6))) == len(fan)
    assert 0.05 < (light.points[:, 0] > 35).sum() / (fan.points[:, 0] > 35).sum() < 0.5
    assert any(len(line) == 61 and line[0, 1] == fan[7][0, 1] for line in light)


SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])


def test_a_parallel_line_lies_to_the_right_on_paper():
    assert parallel([[0.0, 0.0], [10.0, 0.0]], 2).points.tolist() == [[0, 2], [10, 2]]
    assert parallel([[0.0, 0.0], [10.0, 0.0]], -2).points.tolist() == [[0, -2], [10, -2]]
    assert len(parallel([[3.0, 3.0], [3.0, 3.0]], 2)) == 0


def test_insets_are_closed_rings_from_the_outside_in():
    rings = inset_rings(SQUARE, 1)
    assert rings.closed.all()
    assert rings.lengths_mm == pytest.approx([32, 24, 16, 8])
    spacing = np.array(1.0)
    assert len(inset_rings(SQUARE, spacing, count=2)) == 2 * spacing  # which stays 1
    assert len(inset_rings(SQUARE, 1, first_mm=0.0)) == 5


def test_between_its_nodes_a_plane_has_its_own_values():
    places = np.random.default_rng(3).uniform((10, 0), (30, 40), (50, 2))
    plane = 2 * X - 3 * Y
    assert values_at(plane, AREA, places) == pytest.approx(places @ (2, -3))
    beyond = values_at(plane, AREA, [[-99, 20], [99, 20]])
    assert beyond == pytest.approx([-40, 0])  # as at the edge


def test_lines_in_a_region_keep_their_distance_from_its_rim():
    near, far = distance_contours(CONE < 10, [2.0, 6.0], AREA)
    (same,) = distance_contours(CONE < 10, 2.0, AREA)
    assert same.tolist() == near.tolist()
    for line, radius in ((near, 8), (far, 4)):
        assert np.hypot(*(line - 20).T) == pytest.approx(np.full(len(line), radius), abs=0.4)
