"""What lies behind something is not drawn."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from plot_support import cuboids, middles
from support import rounds

from drawscape.geometry.clip import OpaqueShape, occlude, visible
from drawscape.geometry.hidden import visible_edges, visible_segments
from drawscape.geometry.lines import Lines
from drawscape.geometry.mesh import Camera, Mesh
from drawscape.geometry.regions import contains, rings, to_shapely

CUBE = cuboids((0, 0, 0), (1, 1, 1))
NOTHING = Mesh.of([], [])
ISOMETRIC = Camera.parallel(45, np.degrees(np.arctan(np.sqrt(0.5))))


def test_a_cube_shows_the_edges_of_three_sides_with_axes_of_equal_length():
    assert visible_edges(CUBE, ISOMETRIC).counts.tolist() == [2] * 9
    x, y, z = ISOMETRIC.project(np.eye(3))[:, :2]
    assert np.hypot(*x) == pytest.approx(np.hypot(*y)) == pytest.approx(np.hypot(*z))
    assert z[0] == pytest.approx(0)
    assert z[1] < 0
    # From the front right is right, and up is up.
    right, far, above = Camera.parallel(0, 0).project([[1, 0, 0], [1, 10, 0], [0, 0, 1]])
    for point in (right, far):
        assert point[:2] == pytest.approx([1, 0])
    assert right[2] < far[2]
    assert above[:2] == pytest.approx([0, -1])


@pytest.mark.parametrize("seed", range(rounds(12, 300)))
def test_a_point_shows_if_and_only_if_no_triangle_lies_before_it(seed):
    rng = np.random.default_rng(seed)
    mesh = Mesh.of(rng.uniform(-2, 2, (12, 3)), np.arange(12).reshape(4, 3))
    paths = rng.uniform(-2, 2, (5, 3, 3))
    camera = Camera.parallel(20, 35)
    segments = np.stack((paths[:, :-1], paths[:, 1:]), axis=2).reshape(-1, 2, 3)
    shown = visible_segments(segments, mesh, camera)
    total = 0.0
    for path in paths:
        parts = [np.linspace(a, b, 1000, endpoint=False) for a, b in pairwise(path)]
        samples = np.concatenate(parts)
        ways = 0 * samples - camera.axes[2]
        free = ~_meets_any(samples, ways, mesh.corners)
        flat = camera.project(samples)[:, :2]
        total += np.hypot(*np.diff(flat, axis=0).T)[free[:-1]].sum()
    assert shown.lengths_mm.sum() == pytest.approx(total, abs=0.05)


def _meets_any(points, ways, triangles):
    """Whether a ray from each point towards the eye meets a triangle (Moeller & Trumbore 1997)."""
    met = np.zeros(len(points), dtype=bool)
    for a, b, c in triangles:
        u, v = b - a, c - a
        p = np.cross(ways, v)
        turn = p @ u
        offset = points - a
        s = (offset * p).sum(axis=1) / turn
        q = np.cross(offset, u)
        t = (ways * q).sum(axis=1) / turn
        along = q @ v / turn
        met |= (s >= 0) & (t >= 0) & (s + t <= 1) & (along > 1e-9)
    return met


def test_a_roof_hides_its_far_side_and_a_wall_what_lies_behind_the_seam_of_its_triangles():
    ridge = [(x, y, 3.0 if y == 2 else 0.0) for y in (0, 2, 4) for x in (0, 4)]
    roof = Mesh.of(ridge, [[0, 1, 3, 2], [2, 3, 5, 4]])
    back = np.array([[[0.0, 3.9, 0.3], [4.0, 3.9, 0.3]]])
    assert len(visible_segments(back, roof, Camera.parallel(0, 20))) == 0
    assert len(visible_segments(back, roof, Camera.parallel(180, 20))) == 1
    wall = Mesh.of([(0, 0, 0), (4, 0, 0), (4, 0, 4), (0, 0, 4)], [[0, 1, 2, 3]])
    seam = np.array([[(0.0, 2.0, 0.0), (4.0, 2.0, 4.0)]])
    assert len(visible_segments(seam, wall, Camera.parallel(0, 0))) == 0


def test_a_round_side_shows_its_silhouette_and_no_other_edge():
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False) + 0.01
    ring = np.column_stack((np.cos(turns), np.sin(turns)))
    vertices = np.concatenate([np.column_stack((ring, 0 * turns + z)) for z in (0, 3)])
    here = np.arange(60)
    ahead = np.roll(here, -1)
    tube = Mesh.of(vertices, np.column_stack((here, ahead, ahead + 60, here + 60)))
    shown = visible_edges(tube, Camera.parallel(0, 0))
    upright = [line for line in shown if abs(line[0, 1] - line[-1, 1]) > 2.9]
    assert sorted(round(float(line[0, 0])) for line in upright) == [-1, 1]


def test_nothing_in_space_is_nothing_on_paper():
    assert len(visible_edges(NOTHING, ISOMETRIC)) == 0
    assert len(visible_segments(np.empty((0, 2, 3)), CUBE, ISOMETRIC)) == 0
    flat = Mesh.of([[0.0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 1, 2]])
    assert len(visible_segments(np.zeros((1, 2, 3)), flat, ISOMETRIC)) == 1


SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])


@pytest.mark.parametrize("seed", range(rounds(12, 300)))
def test_nothing_shows_inside_a_later_shape_and_all_else_shows(seed):
    rng = np.random.default_rng(seed)
    count, corners = rng.integers((2, 3), (13, 8))
    shapes = list(rng.uniform(0, 40, (count, 1, 2)) + rng.uniform(-12, 12, (count, corners, 2)))
    shown = occlude(shapes)
    for index, lines in enumerate(shown):
        later = shapes[index + 1 :]
        assert not any(contains(shape, middles(lines)).any() for shape in later)
        over = shapely.union_all([to_shapely(shape) for shape in later])
        expected = rings(shapes[index])
        truth = sum(shapely.LineString(line).difference(over).length for line in expected)
        # GEOS draws a doubled stretch of one outline once; random outlines have none.
        # What lies within 1e-6 mm of an edge is hidden, too.
        assert lines.lengths_mm.sum() == pytest.approx(truth, abs=1e-5)


def test_lines_without_a_mask_hide_nothing_and_masks_without_lines_are_not_drawn():
    bar = Lines.of([[-5.0, 5.0], [15.0, 5.0]])
    shown = occlude([SQUARE, OpaqueShape(bar), OpaqueShape(Lines.empty(), SQUARE * 0.5)])
    assert shown[1].lengths_mm.sum() == pytest.approx(15)
    assert shown[0].lengths_mm.sum() == pytest.approx(30)
    assert len(shown[2]) == 0


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.0])
def test_an_edge_that_tiles_share_is_drawn_once(turn):
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    tiles = [(SQUARE + np.array([10 * i, 10 * j])) @ turned for i in range(4) for j in range(4)]
    total = sum(lines.lengths_mm.sum() for lines in occlude(tiles))
    assert total == pytest.approx(2 * 5 * 40)


def test_a_line_along_an_edge_that_turns_away_is_hidden_up_to_the_turn():
    along = Lines.of([[2.0, 0.0], [5.0, 0.0], [5.0, -8.0]])
    assert occlude([OpaqueShape(along), SQUARE])[0].lengths_mm == pytest.approx([8])


def test_nothing_to_hide_and_nothing_to_hide_behind():
    assert occlude([]) == []
    assert len(visible(Lines.empty(), [], [SQUARE], [0])[0]) == 0
    bar = Lines.of([[0.0, 0.0], [1.0, 0.0]])
    assert np.array_equal(visible(bar, [0], [], [])[0].points, bar.points)
    upright, flat = Lines.of([[5.0, -5.0], [5.0, 5.0]]), np.array([[0.0, 0], [5, 0], [9, 0]])
    assert visible(upright, [0], [flat], [1])[0].lengths_mm.sum() == 10
    dot = Lines.of([[[5.0, 5.0]]])
    assert len(visible(dot, [0], [SQUARE], [1])[0]) == 0
    assert len(visible(dot, [1], [SQUARE], [0])[0]) == 1
