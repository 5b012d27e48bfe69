"""What is drawn already is not drawn again, and nothing else goes."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from plot_support import drawings, hatch, segments, strokes

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import deduplicate


def ink(lines):
    """The lines as a set of points: what is drawn twice counts once."""
    return shapely.union_all([shapely.LineString(line) for line in lines])


@given(lines=drawings(least=1))
@settings(max_examples=30, deadline=None)
def test_the_same_ink_is_on_the_paper(lines):
    before, after = ink(lines), ink(deduplicate(lines))
    assert before.hausdorff_distance(after) < 0.05 or (before.length == 0 and after.length == 0)
    assert after.length == pytest.approx(before.length, abs=0.1)


@given(lines=drawings(least=1))
@settings(max_examples=30, deadline=None)
def test_nothing_is_drawn_twice(lines):
    after = deduplicate(lines)
    assert after.lengths_mm.sum() == pytest.approx(ink(after).length, abs=0.1)


@given(lines=drawings())
@settings(max_examples=30, deadline=None)
def test_once_more_changes_nothing(lines):
    once = deduplicate(lines)
    again = deduplicate(once)
    assert again.lengths_mm.sum() == pytest.approx(once.lengths_mm.sum(), abs=1e-9)
    assert len(again) == len(once)


def test_a_line_drawn_backward_is_a_duplicate():
    lines = Lines.of([[[0, 0], [5, 1], [9, 9]], [[9, 9], [5, 1], [0, 0]]])
    assert strokes(deduplicate(lines)) == strokes(lines.take([0]))


def test_of_overlapping_lines_the_longer_stays_whole():
    lines = Lines.of([[[2, 0], [6, 0]], [[0, 0], [5, 0]], [[0, 3], [4, 3]]])
    assert strokes(deduplicate(lines)) == [((0, 0), (5, 0)), ((0, 3), (4, 3)), ((5, 0), (6, 0))]


def test_a_small_shift_is_an_overlap_and_a_larger_one_is_not():
    line = np.array([[0.0, 0.0], [100.0, 40.0]])
    near, far = (Lines.of([line, line + np.array([0, up])]) for up in (0.015, 0.05))
    assert len(deduplicate(near)) == 1
    assert len(deduplicate(far)) == 2


def test_a_fan_of_lines_through_a_point_is_left_alone():
    angles = np.linspace(0, np.pi, 300, endpoint=False)
    arms = 50 * np.stack((np.cos(angles), np.sin(angles)), axis=1)
    lines = Lines.of(np.stack((-arms, arms), axis=1))
    assert strokes(deduplicate(lines)) == strokes(lines)


def test_crossing_and_parallel_lines_are_untouched():
    for lines in (segments(300), hatch(100, spacing=0.1)):
        after = deduplicate(lines)
        assert after.points.tobytes() == lines.points.tobytes()


def test_a_path_that_goes_there_and_back_is_drawn_once():
    lines = Lines.of([[[0, 0], [10, 0], [0, 0]]])
    assert strokes(deduplicate(lines)) == [((0, 0), (10, 0))]


def test_equal_dots_become_one():
    lines = Lines.of([[[1, 1], [1, 1]], [[1, 1], [1, 1]], [[2, 1], [2, 1]]])
    assert len(deduplicate(lines)) == 2


@pytest.mark.parametrize("seed", range(4))
def test_overlaps_are_found_wherever_an_end_lies_on_another(seed):
    rng = np.random.default_rng(seed)
    # Short ones in a corner and long ones over the sheet; each drawn again, shifted along itself.
    sizes = [[0.4], [2.0], [200.0]] * 60
    begin = rng.uniform(0, 1, (180, 2)) * sizes
    first = np.stack((begin, begin + rng.normal(0, 0.3, (180, 2)) * sizes), axis=1)
    again = first + 0.4 * (first[:, 1:] - first[:, :1])
    lines = deduplicate(Lines.of(np.concatenate((first, again))))
    once = 1.4 * np.hypot(*(first[:, 1] - first[:, 0]).T)
    assert lines.lengths_mm.sum() == pytest.approx(once.sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("points", "kept"),
    [
        ([(0, 0), (10, 0), (4, 0.01), (4, 9)], 19.0),
        ([(4, 9), (4, 20), (5, 31), (5, 20)], 11 + np.hypot(1, 11) + 11),
    ],
)
def test_a_line_that_turns_back_lies_on_itself_and_one_that_goes_on_does_not(points, kept):
    assert deduplicate(Lines.of([points])).lengths_mm.sum() == pytest.approx(kept, abs=0.02)


def test_a_tolerance_of_nothing_is_refused():
    with pytest.raises(PlotError, match="tolerance_mm=0"):
        deduplicate(segments(2), tolerance_mm=0)
