"""The fast way to write numbers against the plain one."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from drawscape.geometry.lines import Lines
from drawscape.svg.node import format_lines, format_number


def plainly(lines):
    """Write each point by Python's own decimals."""
    rows = []
    for line in lines:
        points = [line[0], line[0]] if len(line) == 1 else list(line)
        rows.append(" ".join(f"{hundredths(x)},{hundredths(y)}" for x, y in points))
    return "".join(row + "\n" for row in rows)


def hundredths(value):
    steps = Decimal(float(value) * 100).to_integral_value(ROUND_HALF_EVEN)
    text = f"{steps / 100:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def written(lines):
    return b"".join(format_lines(lines)).decode()


coordinates = st.one_of(
    st.floats(-1200, 11_000, allow_nan=False),
    st.integers(-99_999, 999_999).map(lambda n: n / 100),
    st.integers(-2000, 60_000).map(lambda n: (n + 0.5) / 100),
    st.sampled_from([0.0, -0.0, 0.005, -0.005, -0.004, 0.015, 999.995, -999.99, 9999.98, 1e-300]),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.integers(1, 6).flatmap(lambda n: hnp.arrays(np.float64, (n, 2), elements=coordinates)),
        min_size=1,
        max_size=6,
    )
)
@pytest.mark.slow
def test_the_table_writes_what_plain_decimals_write(parts):
    lines = Lines.of(parts)
    assert written(lines) == plainly(lines)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float64, (4, 2), elements=st.floats(-1e9, 1e9, allow_nan=False)))
def test_coordinates_beyond_every_table_are_written_to_a_hundredth(points):
    numbers = written(Lines.of([points])).replace(",", " ").split()
    back = np.array(numbers, dtype=float).reshape(-1, 2)
    assert np.abs(back - points).max() <= 0.0051


def test_pieces_end_anywhere_without_a_trace():
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 40, 3000)
    points = rng.uniform(-20, 300, (int(counts.sum()), 2))
    lines = Lines(points, np.concatenate(([0], np.cumsum(counts))).astype(np.int64))
    assert len(list(format_lines(lines))) > 3
    assert written(lines) == plainly(lines)


def test_a_line_of_one_point_becomes_a_dot_and_one_of_none_is_left_out():
    lines = Lines(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0, 1, 1, 3]))
    assert written(lines) == "1,2 1,2\n3,4 5,6\n"
    assert written(Lines.empty()) == ""


def test_more_decimals_on_request():
    lines = Lines.of([[(0.12345, 1.0), (2.5, -0.00001)]])
    assert b"".join(format_lines(lines, decimals=4)) == b"0.1234,1 2.5,0\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.50, "10.5"),
        (100, "100"),
        (1e-9, "0"),
        (-1e-9, "0"),
        (1e9, "1000000000"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_single_numbers_are_short_and_without_exponent(value, text):
    assert format_number(value) == text
    assert math.isclose(float(text), value, abs_tol=1e-6)
