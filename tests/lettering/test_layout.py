"""Where letters go: aligned, wrapped, justified, along a curve."""

import numpy as np
import pytest

from drawscape.errors import CanvasError, GlyphError, UnknownNameError
from drawscape.lettering import Style, set_along, set_text

STYLE = Style(size=5)


def test_size_is_the_height_of_capitals_in_mm():
    _, y0, _, y1 = set_text("H", Style(size=7)).lines.bounds
    assert (y0, y1) == pytest.approx((-7, 0))


@pytest.mark.parametrize(("align", "begins"), [("left", 0), ("center", -0.5), ("right", -1)])
def test_rows_are_aligned_to_the_anchor(align, begins):
    block = set_text("HIH\nH", STYLE, align=align)
    assert block.rows == ("HIH", "H")
    for row, extent in (("HIH", STYLE.width("HIH")), ("H", STYLE.width("H"))):
        left = set_text(row, STYLE, align=align).lines.bounds[0]
        bearing = set_text(row, STYLE).lines.bounds[0]
        assert left - bearing == pytest.approx(begins * extent)


@pytest.mark.parametrize(
    ("valign", "top", "bottom"),
    [("baseline", -5, 9.5), ("top", 0, 14.5), ("middle", -7.25, 7.25), ("bottom", -14.5, 0)],
)
def test_valign_says_which_part_is_at_the_anchor(valign, top, bottom):
    _, y0, _, y1 = set_text("H\nH", STYLE, valign=valign).lines.bounds
    assert (y0, y1) == pytest.approx((top, bottom))


def test_wrapped_rows_fit_and_hold_every_word():
    text = "The quick brown fox jumps over the lazy dog and does not come back for a long while"
    block = set_text(text, STYLE, width=60)
    assert " ".join(block.rows) == text
    assert len(block.rows) > 2
    assert all(STYLE.width(row) <= 60 for row in block.rows)
    assert block.lines.bounds[2] <= 60


def test_a_word_longer_than_the_row_is_broken_not_lost():
    block = set_text("Donaudampfschifffahrtsgesellschaft", STYLE, width=40)
    assert "".join(block.rows) == "Donaudampfschifffahrtsgesellschaft"
    assert all(STYLE.width(row) <= 40 for row in block.rows)


def test_a_box_narrower_than_a_letter_is_refused():
    with pytest.raises(GlyphError, match="wider than"):
        set_text("W", STYLE, width=1)


def test_justified_rows_reach_both_edges_except_a_paragraphs_last():
    text = "HHH HH HHHHH HH HHH HHHH HH HHH"
    block = set_text(text, STYLE, width=70, align="justify")
    assert len(block.rows) > 2
    ends = {}
    for line in block.lines:
        y = round(float(line[:, 1].max()), 2)
        ends[y] = max(ends.get(y, 0), float(line[:, 0].max()))
    full = sorted(ends.items())[:-2:2]
    bearing = STYLE.width("H") - set_text("H", STYLE).lines.bounds[2]
    assert [x for _, x in full] == pytest.approx([70 - bearing] * len(full))


def test_line_breaks_of_every_system_are_kept():
    assert set_text("a\r\nb\rc\n\nd", STYLE).rows == ("a", "b", "c", "", "d")


def test_text_follows_a_curve():
    angles = np.linspace(np.pi, 2 * np.pi, 100)
    arc = np.column_stack([50 * np.cos(angles), 50 * np.sin(angles)])
    lines = set_along("HHHHHHHH", STYLE, arc, align="center")
    radii = np.hypot(*lines.points.T)
    assert radii.min() == pytest.approx(50, abs=0.5)
    assert radii.max() == pytest.approx(55, abs=0.6)


def test_text_along_a_straight_line_is_ordinary_text():
    straight = set_along("Hello", STYLE, [(0, 0), (0, 0), (200, 0)])
    assert straight.points == pytest.approx(set_text("Hello", STYLE).lines.points)


def test_text_longer_than_its_curve_is_refused_with_both_lengths():
    with pytest.raises(CanvasError, match=r"mm long and its curve 10 mm"):
        set_along("Hello world", STYLE, [(0, 0), (10, 0)])


def test_impossible_settings_are_refused():
    with pytest.raises(CanvasError):
        Style(size=0)
    with pytest.raises(CanvasError):
        set_text("a", STYLE, align="justify")
    with pytest.raises(UnknownNameError):
        set_text("a", STYLE, align="middle")
    with pytest.raises(CanvasError):
        set_text("a", STYLE, width=float("nan"))


def test_nothing_to_write_gives_no_lines():
    assert len(set_text("", STYLE).lines) == 0
    assert len(set_text(" \n ", STYLE, width=10).lines) == 0
