"""Ordering keeps every line and saves travel."""

import numpy as np
import pytest
import vpype
from hypothesis import given, settings
from hypothesis import strategies as st
from plot_support import drawings, hatch, segments, strokes, travel

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import EFFORTS, order

START = (0.0, 0.0)


@given(lines=drawings(), effort=st.sampled_from(EFFORTS))
@settings(max_examples=30, deadline=None)
def test_the_same_lines_come_back_reversed_or_rotated_at_most(lines, effort):
    assert strokes(order(lines, effort=effort)) == strokes(lines)


@given(lines=drawings(least=1), effort=st.sampled_from(EFFORTS))
@settings(max_examples=30, deadline=None)
def test_travel_is_never_longer_than_before(lines, effort):
    assert travel(order(lines, effort=effort)) <= travel(lines) + 1e-9


def test_the_same_lines_in_the_same_order_every_time():
    lines = segments(800)
    for effort in EFFORTS:
        first, second = order(lines, effort=effort), order(lines, effort=effort)
        assert first.points.tobytes() == second.points.tobytes()


def test_random_segments_travel_less_than_by_vpypes_linesort():
    lines = segments(3000)
    theirs = _by_vpype(lines)

    assert travel(order(lines)) < theirs
    assert travel(order(lines, effort="high")) < 0.85 * theirs


def _by_vpype(lines):
    collection = vpype.LineCollection([line[:, 0] + 1j * line[:, 1] for line in lines])
    index = vpype.LineIndex(collection[1:], reverse=True)
    ordered = vpype.LineCollection([collection[0]])
    while len(index) > 0:
        found, backward = index.find_nearest(ordered[-1][-1])
        line = index.pop(found)
        assert line is not None
        ordered.append(line[::-1] if backward else line)
    return float(ordered.pen_up_length()[0])


def test_a_hatch_is_drawn_to_and_fro():
    lines = hatch(200)
    assert travel(order(lines)) == pytest.approx(199 * 0.5)


def test_closed_lines_are_entered_where_it_saves_most():
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], dtype=float)
    near, far = square + np.array([0, 5]), square + np.array([20, 20])
    ordered = order(Lines.of([far, near]))

    assert ordered.closed.all()
    # In and out by (10, 5), or as well by (10, 15); then into the far one's corner.
    assert travel(ordered) == pytest.approx(np.hypot(10, 5) + np.hypot(10, 15))
    assert ordered[1][0].tolist() == [20, 20]


@pytest.mark.parametrize("count", [300, 700])
@pytest.mark.parametrize("length", [0.0, 1.0, 50.0])
def test_high_effort_comes_near_the_best_tour(count, length):
    # Half as many lines as ends: the fewer are ordered without scipy, the others with it.
    rng = np.random.default_rng(4)
    ends = rng.uniform(0, 200, (count, 1, 2)) + rng.uniform(-1, 1, (count, 2, 2)) * length
    lines = Lines.of(ends)
    ordered = order(lines, effort="high")
    assert strokes(ordered) == strokes(lines)
    # A shortest way through n places in an area a is about 0.7124 sqrt(n a) long.
    assert travel(ordered) < 1.13 * 0.7124 * np.sqrt(count) * 200
    assert travel(order(lines)) < 1.3 * 0.7124 * np.sqrt(count) * 200


def test_two_far_clusters_are_one_tour():
    near, far = segments(400).points * 0.1, segments(400, seed=1).points * 0.1 + 500
    lines = Lines.of(np.concatenate((near, far)).reshape(-1, 2, 2))
    ordered = order(lines, effort="high")
    assert strokes(ordered) == strokes(lines)
    gaps = np.hypot(*(ordered.starts[1:] - ordered.ends[:-1]).T)
    assert (gaps > 400).sum() == 1


def test_the_pen_begins_near_the_start():
    lines = segments(200)
    ordered = order(lines, start=(210.0, 297.0))
    assert np.hypot(*(ordered[0][0] - [210, 297])) < 40


def test_empty_lines_are_left_out_and_none_is_fine():
    assert len(order(Lines.empty())) == 0
    lines = Lines(np.array([[1.0, 1], [2, 2]]), np.array([0, 0, 2, 2]))
    assert len(order(lines)) == 1


def test_an_unknown_effort_is_refused_with_the_known_ones():
    with pytest.raises(PlotError, match="normal, high"):
        order(segments(3), effort="extreme")  # type: ignore[arg-type]
