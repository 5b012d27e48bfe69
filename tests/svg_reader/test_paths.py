"""Path data, shapes and curves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plot_support import distances
from svg_reader.files import read


def lines_of(d):
    return [line.tolist() for line in read(f'<path d="{d}"/>').lines]


@pytest.mark.parametrize(
    ("d", "lines"),
    [
        ("M1,2L3,4", [[[1, 2], [3, 4]]]),
        ("M1 2 3 4 5 6", [[[1, 2], [3, 4], [5, 6]]]),
        ("m1 2 3 4 5 6", [[[1, 2], [4, 6], [9, 12]]]),
        ("M10,10h5v5h-5z", [[[10, 10], [15, 10], [15, 15], [10, 15], [10, 10]]]),
        ("M10,10H20V20H1", [[[10, 10], [20, 10], [20, 20], [1, 20]]]),
        ("M5,5L6,6zl0,3", [[[5, 5], [6, 6], [5, 5]], [[5, 5], [5, 8]]]),
        ("m5,5l1,1zm10,10l2,0", [[[5, 5], [6, 6], [5, 5]], [[15, 15], [17, 15]]]),
        ("m5,5l1,1m10,10l2,0", [[[5, 5], [6, 6]], [[16, 16], [18, 16]]]),
        ("M1,1L5,5M9,9m1,1l1,0", [[[1, 1], [5, 5]], [[10, 10], [11, 10]]]),
        ("m1,1l2,2L9,9l1,1h1H3v1V2", [
            [[1, 1], [3, 3], [9, 9], [10, 10], [11, 10], [3, 10], [3, 11], [3, 2]]
        ]),
        ("M3,3z", [[[3, 3], [3, 3]]]),
        ("M3,3L4,4L3,3Z", [[[3, 3], [4, 4], [3, 3]]]),
        ("M3,3", []),
        ("", []),
        ("M.5.5-1-1", [[[0.5, 0.5], [-1, -1]]]),
        ("M1.25.5.125.5 1e1.5-.5e1+4", [[[1.25, 0.5], [0.125, 0.5], [10, 0.5], [-5, 4]]]),
    ],
)  # fmt: skip
def test_straight_path_commands(d, lines):
    assert lines_of(d) == [[[pytest.approx(v) for v in p] for p in line] for line in lines]


number = st.integers(-9, 9).map(str)
both, one, none = st.sampled_from("MmLl"), st.sampled_from("HhVv"), st.sampled_from("Zz")
steps = st.tuples(both, number, number) | st.tuples(one, number) | st.tuples(none)


@given(paths=st.lists(st.lists(steps, max_size=12), min_size=1, max_size=4))
def test_many_paths_at_once_are_what_each_is_alone(paths):
    texts = ["M 1 2 " + " ".join(" ".join(step) for step in path) for path in paths]
    document = read("".join(f'<path d="{d}"/>' for d in texts))
    expected = [line for d in texts for line in lines_of(d)]
    assert [line.tolist() for line in document.lines] == expected


def test_a_circle_keeps_within_the_tolerance_and_closes():
    for tolerance in (0.5, 0.05, 0.005):
        (line,) = read('<circle cx="50" cy="50" r="30"/>', tolerance_mm=tolerance).lines
        radii = np.hypot(*(line - 50).T)
        middles = np.hypot(*((line[1:] + line[:-1]) / 2 - 50).T)
        assert radii == pytest.approx(30)
        assert 30 - middles.min() <= tolerance
        assert line[0].tolist() == line[-1].tolist() == [80, 50]


def test_curves_keep_within_the_tolerance_under_any_transform():
    curve = '<path d="M0,0C10,40,40,-20,30,30" {}/>'
    (fine,) = read(curve.format('transform="scale(2.5,1)"'), tolerance_mm=1e-4).lines
    (coarse,) = read(curve.format('transform="scale(2.5,1)"'), tolerance_mm=0.1).lines
    assert len(coarse) < len(fine) / 10
    assert distances(fine, coarse).max() <= 0.1


@pytest.mark.parametrize(
    ("smooth", "plain"),
    [
        ("M0,0C0,9,9,9,9,0S18,-9,18,0", "M0,0C0,9,9,9,9,0C9,-9,18,-9,18,0"),
        ("M0,0S9,9,9,0", "M0,0C0,0,9,9,9,0"),
        ("M0,0Q5,9,9,0T18,0T27,0", "M0,0Q5,9,9,0Q13,-9,18,0Q23,9,27,0"),
        ("M1,1T9,0", "M1,1Q1,1,9,0"),
        ("m1,1q5,9,9,0t9,0", "M1,1Q6,10,10,1Q14,-8,19,1"),
        ("m1,1c0,9,9,9,9,0s9,-9,9,0", "M1,1C1,10,10,10,10,1C10,-8,19,-8,19,1"),
        ("M0,0Q6,9,12,0", "M0,0C4,6,8,6,12,0"),
        ("M5,5A0,3,0,0,1,9,9", "M5,5L9,9"),
        ("M10,10a5 5 0 0110 0", "M10 10 A 5 5 0 0 1 20 10"),
        ("M10,10a5-5 0 1110 0 5 5 0 00-10 0", "M10,10A5,5,0,1,1,20,10A5,5,0,0,0,10,10"),
    ],
)
def test_two_spellings_of_one_curve(smooth, plain):
    one, two = (read(f'<path d="{d}"/>').lines for d in (smooth, plain))
    assert one.points == pytest.approx(two.points)


@pytest.mark.parametrize(
    ("flags", "centre", "length"),
    [
        ("0,0", (10, 0), 0.25), ("0,1", (0, 10), 0.25),
        ("1,0", (0, 10), 0.75), ("1,1", (10, 0), 0.75),
    ],
)  # fmt: skip
def test_the_four_arcs_between_two_points(flags, centre, length):
    (line,) = read(f'<path d="M0,0A10,10,0,{flags},10,10"/>', tolerance_mm=1e-4).lines
    assert np.hypot(*(line - centre).T) == pytest.approx(10)
    steps = np.hypot(*np.diff(line, axis=0).T)
    assert steps.sum() == pytest.approx(length * 20 * math.pi, rel=1e-4)


@pytest.mark.parametrize(
    ("d", "points"),
    [
        ("M1,1 2,2 X 3,3", 2), ("M1,1L2,2L3", 2), ("M1,1L2,2 3,3,4", 3), ("L1,1 2,2", 0),
        ("1,2M3,3L4,4", 0), ("M1,1L2,2z5L9,9", 3), ("M1,1L2,2L1e999,3L4,4", 2),
        ("M1,1L2,2L--3,4", 2), ("M1,1|L2,2", 0), ("Mé1,1L2,2", 0), ("M1,1L2,2A1,1,0", 2),
        ("M1,1L2,2A1,1,0,2,1,9,9", 2),
    ],
)  # fmt: skip
def test_a_broken_path_is_drawn_up_to_its_error_and_reported(d, points):
    document = read(f'<path d="M0,9H9"/><path d="{d}"/><path d="m5,5h1"/>')
    assert len(document.lines.points) == 2 + points + 2
    assert document.lines[len(document.lines) - 1].tolist() == [[5, 5], [6, 5]]
    assert document.unsupported == ("1 outline holds errors; drawing goes up to the first",)


def test_of_two_elements_with_one_id_the_first_is_meant():
    twice = '<defs><path id="a" d="M0,0H7"/><path id="a" d="M0,0H9"/></defs>'
    lines = read(f'{twice}<use href="#a" stroke="red"/>').lines
    assert lines.lengths_mm.tolist() == [7]
