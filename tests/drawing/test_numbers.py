"""Numbers out of text, against Python's own float()."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawscape.drawing.path import parse_numbers

NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

spellings = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.2f}"),
    st.floats(-1e4, 1e4).map(lambda x: f"{x:.8f}"),
    st.floats(-1, 1).map(lambda x: f"{x:.4f}".replace("0.", ".")),
    st.floats(-1e9, 1e9).map(lambda x: f"{x:+.3e}"),
    st.integers(-(10**20), 10**20).map(str),
    st.integers(-999, 999).map(lambda n: f"{n}."),
)


@given(texts=st.lists(spellings), gap=st.sampled_from([" ", ",", "\n", " , ", "M"]))
def test_every_number_is_the_float_that_python_reads(texts, gap):
    numbers = parse_numbers(gap.join(texts).encode())
    assert numbers.values.tolist() == [float(text) for text in texts]


@given(texts=st.lists(spellings))
def test_starts_point_at_the_first_byte(texts):
    text = " ".join(texts).encode()
    starts = parse_numbers(text).starts.tolist()
    assert starts == [match.start() for match in re.finditer(rb"\S+", text)]


@given(text=st.text("0123456789.-+ ,", max_size=40).map(str.encode))
def test_compact_spellings_are_taken_apart_as_the_grammar_does(text):
    values = parse_numbers(text).values
    assert values[~np.isnan(values)].tolist() == [float(n) for n in NUMBER.findall(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"1-2.5.5", [1, -2.5, 0.5]),
        (b"1e5.5-.5e-3+4", [1e5, 0.5, -0.0005, 4]),
        (b".25.5.125", [0.25, 0.5, 0.125]),
        (b"0.30000000000000004", [0.30000000000000004]),
        (b"123456789.123456", [123456789.123456]),
        (b"1e400 -1e400", [float("inf"), float("-inf")]),
        (b"00012 -0", [12, -0.0]),
        (b"", []),
    ],
)
def test_the_traps_of_the_grammar(text, values):
    assert parse_numbers(text).values.tolist() == values


@pytest.mark.parametrize("text", [b"-", b".", b"1 - 2", b"e5", b"1e", b"+.e", b"--5"])
def test_what_has_no_digits_is_no_number(text):
    assert np.isnan(parse_numbers(text).values).any()


def test_numbers_far_apart_and_in_bulk_are_read_alike():
    # More than one chunk, with every length of number at the chunks' borders.
    texts = [f"{k * 0.37:.{k % 7}f}" for k in range(40_000)]
    assert parse_numbers(" ".join(texts).encode()).values.tolist() == [float(t) for t in texts]
