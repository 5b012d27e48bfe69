"""Numbers and papers as a drawing writes them."""

import importlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawscape.drawing.document import margin_mm, paper_size
from drawscape.drawing.path import parse_numbers, parse_pairs
from drawscape.drawing.values import parse_length
from drawscape.errors import CanvasError, UnknownNameError

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
    values, _ = parse_numbers(gap.join(texts).encode())
    assert values.tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"1-2.5-.5e-3+4", [1, -2.5, -0.0005, 4]),
        (b"0.30000000000000004", [0.30000000000000004]),
        (b"123456789.123456", [123456789.123456]),
        (b"1e400 -1e400", [float("inf"), float("-inf")]), (b"00012 -0", [12, -0.0]), (b"", []),
    ],
)  # fmt: skip
def test_the_traps_of_the_grammar(text, values):
    assert parse_numbers(text)[0].tolist() == values


@pytest.mark.parametrize("text", [b"-", b".", b"1 - 2", b"e5", b"1e", b"+.e", b"--5", b"1.5.5"])
def test_what_has_no_digits_is_no_number(text):
    assert np.isnan(parse_numbers(text)[0]).any()


def test_numbers_far_apart_and_in_bulk_are_read_alike():
    # More than one chunk, with every length of number at the chunks' borders.
    texts = [f"{k * 0.37:.{k % 7}f}" for k in range(40_000)]
    assert parse_numbers(" ".join(texts).encode())[0].tolist() == [float(t) for t in texts]


def test_pairs_are_read_in_one_form_only():
    points, last = parse_pairs(b"1,2 -3.5,.5\n4,5 6,7\n")
    assert (points.tolist(), last.tolist()) == ([[1, 2], [-3.5, 0.5], [4, 5], [6, 7]], [1, 3])
    for text in (
        b"1,2",
        b"1_0,2\n",
        b"nan,2\n",
        b"1,2,\n",
        b"1,2  3,4\n",
        b"1.2.3,4\n",
        b"1 2\n",
        b",2\n",
    ):
        assert parse_pairs(text) is None


@pytest.mark.parametrize(
    ("mm", "texts"),
    [
        (20, ["20", "2cm"]), (25.4, ["1 in", "72pt", "96px"]), (-5, ["-5mm"]), (5, [".5CM", 5]),
        (2.5, [2.5]), (50.8, ['2"']), (10, ["1e1mm"]),
    ],
)  # fmt: skip
def test_lengths_become_mm(mm, texts):
    assert [parse_length(text) for text in texts] == pytest.approx([mm] * len(texts))


@pytest.mark.parametrize("text", ["", "mm", "3 parsecs", "1,5mm", "nan", None, "1e999"])
def test_what_is_no_length_is_named(text):
    with pytest.raises(CanvasError, match="length"):
        parse_length(text)


@pytest.mark.parametrize(
    ("name", "orientation", "size"),
    [
        ("a4", None, (210, 297)), ("A4", "landscape", (297, 210)),
        ("a6", "landscape", (148, 105)), ("a1", "portrait", (594, 841)), ("b5", None, (176, 250)),
        ("letter", None, (215.9, 279.4)), ("Tabloid", "landscape", (431.8, 279.4)),
        ("210x297", None, (210, 297)), ("297x210", None, (297, 210)),
        ("297x210", "portrait", (210, 297)), ("8.5x11in", None, (215.9, 279.4)),
        ("30cm × 40cm", None, (300, 400)),
    ],
)  # fmt: skip
def test_papers_have_their_sizes(name, orientation, size):
    assert paper_size(name, orientation) == pytest.approx(size)


def test_unknown_papers_and_orientations_are_named_with_their_neighbours():
    with pytest.raises(UnknownNameError, match=r"'leter'.*letter"):
        paper_size("leter")
    with pytest.raises(UnknownNameError, match="landscape"):
        paper_size("a4", "sideways")
    with pytest.raises(CanvasError):
        paper_size("0x100")


def test_margins_are_lengths_or_shares_of_the_shorter_side():
    assert margin_mm("1cm", 210, 297) == 10
    assert margin_mm("10%", 210, 297) == pytest.approx(21)
    for margin in (-1, 105, "50%", "x"):
        with pytest.raises(CanvasError):
            margin_mm(margin, 210, 297)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("drawing.document", "Pen"), ("drawing.document", "Motion"),
    ],
)  # fmt: skip
def test_documented_paths_of_earlier_versions_lead_to_what_they_named(path, name):
    module = importlib.import_module(f"drawscape.{path}")
    assert getattr(module, name).__name__ == name
    package, _, short = path.partition(".")
    assert getattr(importlib.import_module(f"drawscape.{package}"), short) is module
