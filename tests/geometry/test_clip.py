"""What clipping keeps inside and what it keeps outside are the whole, and each is where it should be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import contains

few = settings(max_examples=30, deadline=None)
any_lines = st.from_type(Lines)
STAR = np.column_stack(
    (
        np.where(np.arange(10) % 2, 9.3, 23.1) * np.cos(np.arange(10) * np.pi / 5 + 0.1),
        np.where(np.arange(10) % 2, 9.3, 23.1) * np.sin(np.arange(10) * np.pi / 5 + 0.1),
    )
)
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


def middles(lines):
    """The middles of all segments that are long enough to be on one side for certain."""
    found = [
        (line[:-1] + line[1:])[np.hypot(*np.diff(line, axis=0).T) > 1e-4] / 2 for line in lines
    ]
    return np.concatenate([np.empty((0, 2)), *found])


@shapes
@few
@given(lines=any_lines)
def test_inside_and_outside_together_are_the_whole(clip, inside, lines):
    within, without = clip(lines, False), clip(lines, True)
    total = within.lengths_mm.sum() + without.lengths_mm.sum()
    assert total == pytest.approx(lines.lengths_mm.sum(), abs=1e-6)


@shapes
@few
@given(seed=st.integers(0, 10_000))
def test_each_piece_lies_on_its_side(clip, inside, seed):
    lines = Lines.of(np.random.default_rng(seed).uniform(-30, 30, (10, 6, 2)))
    assert inside(middles(clip(lines, False))).all()
    assert not inside(middles(clip(lines, True))).any()


@shapes
def test_a_closed_line_that_starts_inside_is_not_torn_there(clip, inside):
    ring = np.array([[0, 8], [0, 60], [60, 60], [60, 8], [0, 8]], dtype=float)
    assert clip(Lines.of(ring), False).counts.tolist() == [3]
    assert len(clip(Lines.of(ring), True)) == 1


@shapes
def test_a_line_wholly_inside_comes_back_to_the_last_bit(clip, inside):
    line = np.random.default_rng(3).uniform(5.2, 6.4, (20, 2))
    kept = clip(Lines.of(line), False)
    assert len(kept) == 1
    assert np.array_equal(kept.points, line)
    assert len(clip(Lines.of(line), True)) == 0


@shapes
def test_a_point_is_kept_as_a_dot_where_it_belongs(clip, inside):
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


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: clip_to_rectangle(Lines.empty(), 5, 0, 5, 9), "x0 < x1"),
        (lambda: clip_to_rectangle(Lines.empty(), 0, 0, 5, np.inf), "inf"),
        (lambda: clip_to_polygon(Lines.empty(), STAR[:2]), "at least three"),
    ],
)
def test_shapes_without_an_inside_are_refused(call, words):
    with pytest.raises(GeometryError, match=words):
        call()
