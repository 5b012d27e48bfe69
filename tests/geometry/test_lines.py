"""Lines: made, resampled, clipped, curved."""

from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
from plot_support import distances, middles
from support import rounds

from drawscape import geometry
from drawscape.geometry import curves
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.curves import catmull_rom
from drawscape.geometry.lines import Lines, on_lines, resample, simplify, without_repeats
from drawscape.geometry.regions import contains, fitted


def test_every_way_in_gives_the_same_arrays():
    first, second = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [2.0, 1.0]])
    stacked = Lines.of(np.stack((first, second)))
    listed = Lines.of([first, [], second.tolist()])
    counted = Lines.from_counts(np.concatenate((first, second)), [2, 0, 2])
    assert Lines.of([[0.0, 0.0], [3.0, 4.0]]).points.tolist() == first.tolist()
    for lines in (stacked, listed, counted, Lines.join([Lines.of(first), Lines.of(second)])):
        assert np.array_equal(lines.points, np.concatenate((first, second)))
        assert lines.offsets.tolist() == [0, 2, 4]
        assert lines.lengths_mm.tolist() == [5.0, 1.0]
        assert lines.ids.tolist() == [0, 0, 1, 1]


def test_a_line_is_closed_from_three_points_on():
    lines = Lines.of([[[0, 0], [1, 0], [0, 0]], [[2, 2], [2, 2]], [[3, 3]], [[0, 0], [1, 1]]])
    assert lines.closed.tolist() == [True, False, False, False]


def test_a_function_on_lines_takes_one_line_as_an_array():
    @on_lines
    def mirrored(lines):
        return lines.with_points(-lines.points)

    assert mirrored([[1.0, 2.0], [3.0, 4.0]]).tolist() == [[-1.0, -2.0], [-3.0, -4.0]]
    assert len(mirrored(Lines.of(np.empty((3, 0, 2))))) == 0
    assert mirrored([]).shape == (0, 2)


def any_lines(seed):
    """Open, closed, collinear, with repeats, or of one point: on a grid of 4 mm, or anywhere."""
    rng = np.random.default_rng(seed)
    found = [rng.integers(-10, 11, (n, 2)) * 4.0 for n in rng.integers(1, 13, 6)]
    found += [rng.uniform(-40, 40, (n, 2)) for n in (1, 2, 12)]
    found += [np.repeat(found[0], 2, axis=0), np.linspace((0, 0), (8, 12), 5)]
    return Lines.of([*found, *(np.append(line, line[:1], axis=0) for line in found[3:9])])


LINES = [Lines.empty(), *map(any_lines, range(rounds(4, 200)))]


@pytest.mark.parametrize("step", [0.5, 7.3, 50.0])
def test_resampling_keeps_ends_and_stays_on_the_line(step):
    for lines in LINES:
        spaced = resample(lines, step)
        assert np.array_equal(spaced.starts, lines.starts)
        assert np.array_equal(spaced.ends, lines.ends)
        assert (spaced.lengths_mm <= lines.lengths_mm + 1e-9).all()
        for before, after in zip(lines, spaced, strict=True):
            assert np.hypot(*np.diff(after, axis=0).T).max(initial=0.0) <= step + 1e-9
            if len(before) > 1:
                assert distances(after, before).max() < 1e-9


@pytest.mark.parametrize("tolerance", [0.0, 0.3, 5.0])
def test_simplifying_strays_by_no_more_than_the_tolerance(tolerance):
    for lines in LINES:
        simpler = simplify(lines, tolerance)
        assert (simpler.counts <= lines.counts).all()
        assert np.array_equal(simpler.starts, lines.starts)
        for before, after in zip(lines, simpler, strict=True):
            if len(after) > 1:
                assert distances(before, after).max() <= tolerance + 1e-9


def test_no_point_repeats_the_one_before_it_and_a_smooth_line_runs_through_all():
    for lines in LINES:
        for before, after in zip(lines, without_repeats(lines), strict=True):
            assert (np.diff(after, axis=0) != 0).any(axis=1).all()
            assert np.array_equal(after[[0, -1]], before[[0, -1]])
        smooth = catmull_rom(lines, 0.5)
        assert np.isfinite(smooth.points).all()
        assert np.array_equal(smooth.ends, lines.ends)
        for before, after in zip(lines, smooth, strict=True):
            assert all((after == point).all(axis=1).any() for point in before)


def test_catmull_rom_through_a_closed_line_has_no_corner_where_it_closes():
    turns = np.linspace(0, 2 * np.pi, 9)
    ring = np.column_stack((np.cos(turns), np.sin(turns))) * 10
    ring[-1] = ring[0]
    smooth = catmull_rom(ring, 0.001)
    assert np.hypot(*smooth.T) == pytest.approx(np.full(len(smooth), 10.0), rel=0.01)


@pytest.mark.parametrize("function", [simplify, catmull_rom, without_repeats])
def test_nothing_comes_of_nothing(function):
    assert len(function(Lines.empty())) == 0
    assert function([]).shape == fitted((0, 0, 9, 9), np.empty((0, 2))).shape == (0, 2)
    assert len(Lines.of(STAR).take([])) == 0


TURNS = np.arange(10) * np.pi / 5 + 0.1
RADII = np.where(np.arange(10) % 2, 9.3, 23.1)
STAR = np.column_stack((RADII * np.cos(TURNS), RADII * np.sin(TURNS)))
HOLE = np.array([[-4.1, -3.2], [4.3, -3.7], [3.9, 4.4], [-3.6, 4.8]])
SHAPES = {
    "rectangle": (
        lambda lines, outside: clip_to_rectangle(lines, -13.5, -7, 12, 21, outside=outside),
        lambda p: (p[:, 0] > -13.5) & (p[:, 0] < 12) & (p[:, 1] > -7) & (p[:, 1] < 21),
    ),
    "polygon": (
        lambda lines, outside: clip_to_polygon(lines, STAR, outside=outside),
        lambda p: contains(STAR, p),
    ),
    "polygon with a hole": (
        lambda lines, outside: clip_to_polygon(lines, [STAR, HOLE], outside=outside),
        lambda p: contains(STAR, p) & ~contains(HOLE, p),
    ),
}
shapes = pytest.mark.parametrize(("clip", "inside"), SHAPES.values(), ids=SHAPES)


@shapes
def test_inside_and_outside_together_are_the_whole_each_piece_on_its_side(clip, inside):
    scattered = Lines.of(np.random.default_rng(1).uniform(-30, 30, (100, 6, 2)))
    for lines in (*LINES, scattered):
        within, without = clip(lines, False), clip(lines, True)
        total = within.lengths_mm.sum() + without.lengths_mm.sum()
        assert total == pytest.approx(lines.lengths_mm.sum(), abs=1e-6)
    assert inside(middles(within)).all()
    assert not inside(middles(without)).any()


@shapes
def test_rings_that_start_inside_lines_wholly_inside_and_dots_stay_whole(clip, inside):
    ring = np.array([[0, 8], [0, 60], [60, 60], [60, 8], [0, 8]], dtype=float)
    assert clip(Lines.of(ring), False).counts.tolist() == [3]
    assert len(clip(Lines.of(ring), True)) == 1
    line = np.random.default_rng(3).uniform(5.2, 6.4, (20, 2))
    kept = clip(Lines.of(line), False)
    assert (len(kept), kept.points.tolist()) == (1, line.tolist())
    assert len(clip(Lines.of(line), True)) == 0
    dots = Lines.of([[[6.0, 5.5]], [[50.0, 50.0]]])
    assert clip(dots, False).points.tolist() == [[6.0, 5.5]] * 2
    assert clip(dots, True).points.tolist() == [[50.0, 50.0]] * 2


def test_a_line_along_an_edge_or_through_corners_is_whole():
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=float)
    diagonal = Lines.of([[-5.0, -5.0], [15.0, 15.0]])
    assert clip_to_polygon(diagonal, square).points == pytest.approx(np.array([[0, 0], [10, 10]]))
    assert len(clip_to_polygon(diagonal, square, outside=True)) == 2
    edge = Lines.of([[-5.0, 0.0], [15.0, 0.0]])
    assert clip_to_rectangle(edge, 0, 0, 10, 10).points.tolist() == [[0.0, 0.0], [10.0, 0.0]]


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.4, 30.0, 500.0])
@pytest.mark.parametrize(("start", "sweep"), [(0, 360), (-720, -360), (33, 0), (700, 12)])
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
    upright = curves.ellipse(0, 0, 1, 3)
    assert np.abs(upright).max(axis=0) == pytest.approx([1, 3], abs=0.02)


@pytest.mark.parametrize("tolerance", [0.01, 0.5, 5.0])
@pytest.mark.parametrize("points", [3, 4])
def test_a_bezier_stays_within_the_tolerance(points, tolerance):
    many = np.random.default_rng(2).uniform(-100, 100, (20, points, 2))
    many[0] = many[0, 0]
    t = np.linspace(0, 1, 400)[:, None]
    for controls, line in zip(many, curves.beziers(many, tolerance_mm=tolerance), strict=True):
        assert np.array_equal(line[[0, -1]], controls[[0, -1]])
        levels = list(controls)
        while len(levels) > 1:
            levels = [(1 - t) * a + t * b for a, b in pairwise(levels)]
        assert distances(levels[0], line).max() <= tolerance + 1e-9


def test_every_name_that_it_promises_is_there_and_no_module_of_that_name_hides_it():
    for name in geometry.__all__:
        assert getattr(geometry, name) is not None
        assert find_spec(f"drawscape.geometry.{name}") is None
        assert name in dir(geometry)
    with pytest.raises(AttributeError, match="no attribute 'hatching'"):
        _ = geometry.hatching
