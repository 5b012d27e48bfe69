"""Resampling, simplifying and smoothing keep what they promise to keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry.curves import catmull_rom
from drawscape.geometry.lines import Lines
from drawscape.geometry.resample import resample
from drawscape.geometry.simplify import simplify, without_repeats

few = settings(max_examples=30, deadline=None)
any_lines = st.from_type(Lines)
CORNER = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 4.5]])


def distance(points, line):
    """The distance of each point from a polyline, by brute force."""
    a, step = line[:-1, None], np.diff(line, axis=0)[:, None]
    square = np.maximum((step**2).sum(axis=2), 1e-300)
    along = np.clip(((points - a) * step).sum(axis=2) / square, 0, 1)
    return np.hypot(*(points - a - along[..., None] * step).T).min(axis=1)


@few
@given(lines=any_lines, step=st.floats(0.5, 50))
def test_resampling_keeps_ends_and_stays_on_the_line(lines, step):
    spaced = resample(lines, step)
    assert np.array_equal(spaced.starts, lines.starts)
    assert np.array_equal(spaced.ends, lines.ends)
    assert (spaced.lengths_mm <= lines.lengths_mm + 1e-9).all()
    for before, after in zip(lines, spaced, strict=True):
        assert np.hypot(*np.diff(after, axis=0).T).max(initial=0.0) <= step + 1e-9
        if len(before) > 1:
            assert distance(after, before).max() < 1e-9


@few
@given(lines=any_lines, tolerance=st.floats(0, 5))
def test_simplifying_strays_by_no_more_than_the_tolerance(lines, tolerance):
    simpler = simplify(lines, tolerance)
    assert len(simpler) == len(lines)
    assert (simpler.counts <= lines.counts).all()
    assert np.array_equal(simpler.starts, lines.starts)
    for before, after in zip(lines, simpler, strict=True):
        if len(after) > 1:
            assert distance(before, after).max() <= tolerance + 1e-9


@few
@given(lines=any_lines)
def test_no_point_repeats_the_one_before_it(lines):
    for before, after in zip(lines, without_repeats(lines), strict=True):
        assert (np.diff(after, axis=0) != 0).any(axis=1).all()
        assert np.array_equal(after[0], before[0])
        assert np.array_equal(after[-1], before[-1])


@few
@given(lines=any_lines)
def test_catmull_rom_runs_through_every_point(lines):
    smooth = catmull_rom(lines, 0.5)
    assert np.isfinite(smooth.points).all()
    assert np.array_equal(smooth.starts, lines.starts)
    assert np.array_equal(smooth.ends, lines.ends)
    for before, after in zip(lines, smooth, strict=True):
        assert all((after == point).all(axis=1).any() for point in before)


def test_catmull_rom_through_a_closed_line_has_no_corner_where_it_closes():
    turns = np.linspace(0, 2 * np.pi, 9)
    ring = np.column_stack((np.cos(turns), np.sin(turns))) * 10
    ring[-1] = ring[0]
    smooth = catmull_rom(ring, 0.001)
    assert np.hypot(*smooth.T) == pytest.approx(np.full(len(smooth), 10.0), rel=0.01)


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (resample, 0.0),
        (resample, float("nan")),
        (resample, 1e-12),
        (simplify, -1.0),
        (catmull_rom, 0.0),
    ],
)
def test_options_that_make_no_sense_are_named(function, value):
    with pytest.raises(GeometryError, match=str(value).replace("+", r"\+")):
        function(CORNER, value)


@pytest.mark.parametrize("function", [simplify, catmull_rom, without_repeats])
def test_nothing_comes_of_nothing(function):
    assert len(function(Lines.empty())) == 0
    assert function([]).shape == (0, 2)
