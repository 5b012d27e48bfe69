"""Papers, lengths and margins."""

import pytest

from drawscape.drawing.paper import PAPERS, margin_mm, paper_size
from drawscape.drawing.units import parse_length
from drawscape.errors import CanvasError, UnknownNameError


@pytest.mark.parametrize(
    ("text", "mm"),
    [
        ("20", 20),
        ("2cm", 20),
        ("1 in", 25.4),
        ("72pt", 25.4),
        ("96px", 25.4),
        ("-5mm", -5),
        (".5CM", 5),
        (7, 7),
        (2.5, 2.5),
        ('2"', 50.8),
        ("1e1mm", 10),
    ],
)
def test_lengths_become_mm(text, mm):
    assert parse_length(text) == pytest.approx(mm)


def test_a_bare_number_is_in_the_unit_that_is_asked_for():
    assert parse_length("3", unit="in") == pytest.approx(76.2)


@pytest.mark.parametrize("text", ["", "mm", "3 parsecs", "1,5mm", "nan", None, "1e999"])
def test_what_is_no_length_is_named(text):
    with pytest.raises(CanvasError, match="length"):
        parse_length(text)


@pytest.mark.parametrize(
    ("name", "orientation", "size"),
    [
        ("a4", None, (210, 297)),
        ("A4", "landscape", (297, 210)),
        ("a6", "landscape", (148, 105)),
        ("a1", "portrait", (594, 841)),
        ("b5", None, (176, 250)),
        ("letter", None, (215.9, 279.4)),
        ("Tabloid", "landscape", (431.8, 279.4)),
        ("210x297", None, (210, 297)),
        ("297x210", None, (297, 210)),
        ("297x210", "portrait", (210, 297)),
        ("8.5x11in", None, (215.9, 279.4)),
        ("30cm × 40cm", None, (300, 400)),
    ],
)
def test_papers_have_their_sizes(name, orientation, size):
    assert paper_size(name, orientation) == pytest.approx(size)


def test_every_paper_is_upright_by_itself():
    assert all(width < height for width, height in PAPERS.values())
    assert {"a1", "a2", "a3", "a4", "a5", "a6", "letter", "legal", "tabloid"} <= PAPERS.keys()


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
