"""Letters as lines: faces of the library, fonts from files, and text in a frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_font import box_font

from drawscape.errors import CanvasError, GlyphError, UnknownNameError
from drawscape.lettering import (
    LINE_HEIGHT,
    TextStyle,
    font_names,
    glyphs_for,
    load_font,
    set_along,
    set_labels,
    set_text,
)
from drawscape.lettering.typeface import INVISIBLE, PICTURES, SLOTS, clusters
from drawscape.svg_builder import SVGBuilder

LATIN = [font for font in font_names() if font not in PICTURES and font not in SLOTS]
EUROPE = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĴĵĶķĹĺĻļĽľĿŀŁłŃńŅņŇňŋŌōŎŏŐőŒœ"
    "ŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŧŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžȘșȚțẞơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộợụủứữự"
)
SIGNS = "“”‘’‚„«»‹›–—‑…•·°€£¥¢©®™¿¡½¼¾¹²³ªº±×÷µ§\u00a0\u202f"


def test_there_are_thirty_two_fonts_each_with_its_glyphs():
    assert len(font_names()) == 32
    for name in font_names():
        drawn = load_font(name).glyphs
        assert len(drawn) > 30
        assert all(glyph.strokes for key, glyph in drawn.items() if key != " ")


@pytest.mark.parametrize("font", LATIN)
def test_every_latin_font_writes_the_languages_of_europe_and_vietnamese(font):
    for character in EUROPE + SIGNS:
        glyphs = glyphs_for(character, font)
        blank = character.isspace()
        assert glyphs, character
        assert all(bool(glyph.strokes) != blank for glyph in glyphs), character
        assert all(np.isfinite(stroke).all() for glyph in glyphs for stroke in glyph.strokes)


def test_composed_and_decomposed_text_are_written_alike():
    one, two = glyphs_for("\u00e9"), glyphs_for("e\u0301")
    assert len(one) == len(two) == 1
    assert glyphs_for("a\u00adb\u200bc\ufeff") == glyphs_for("abc")  # hints take no room
    assert all((a == b).all() for a, b in zip(one[0].strokes, two[0].strokes, strict=True))


def test_an_accent_stands_clear_above_its_letter():
    for letter, accented in ("eé", "EÉ", "bḃ"):
        base = glyphs_for(letter)[0]
        mark = glyphs_for(accented)[0].strokes[len(base.strokes) :]
        assert max(stroke[:, 1].max() for stroke in mark) < base.bounds[1]


def test_an_i_loses_its_dot_under_an_accent():
    assert len(glyphs_for("í")[0].strokes) == len(glyphs_for("i")[0].strokes)
    assert len(glyphs_for("ı")[0].strokes) == 1


def test_what_cannot_be_written_is_replaced_when_asked():
    assert glyphs_for("a漢b", missing="?") == glyphs_for("a?b")


@pytest.mark.parametrize("font", ["greek", "greekc", "greeks", "timesg"])
def test_greek_fonts_write_greek_with_its_accents(font):
    glyphs = glyphs_for("Καλημέρα, κόσμε! Ωμέγας", font)
    assert len(glyphs) == len("Καλημέρα, κόσμε! Ωμέγας")


@settings(max_examples=300)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=6), st.sampled_from(LATIN))
def test_no_text_loses_a_character(text, font):
    try:
        glyphs = glyphs_for(text, font)
    except GlyphError:
        return  # named, not lost
    visible = [one for one in clusters(text) if one not in INVISIBLE and not one.isspace()]
    assert sum(bool(glyph.strokes) for glyph in glyphs) >= len(visible)


STYLE = TextStyle(size=5)


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


def test_justified_rows_reach_both_edges_except_a_paragraphs_last():
    text = "HHH HH HHHHH HH HHH HHHH HH HHH H H"
    block = set_text(text, STYLE, width=70, align="justify")
    assert len(block.rows) > 2
    ends = [0.0] * len(block.rows)
    for line in block.lines:
        row = round(float(line[:, 1].max()) / (LINE_HEIGHT * STYLE.size))
        ends[row] = max(ends[row], float(line[:, 0].max()))
    bearing = STYLE.width("H") - set_text("H", STYLE).lines.bounds[2]
    widths = [70] * (len(block.rows) - 1) + [STYLE.width(block.rows[-1])]
    assert ends == pytest.approx([width - bearing for width in widths])


def test_line_breaks_of_every_system_are_kept_and_blanks_have_no_lines():
    assert set_text("a\r\nb\rc\n\nd", STYLE).rows == ("a", "b", "c", "", "d")
    assert len(set_text("", STYLE).lines) == len(set_text(" \n ", STYLE, width=10).lines) == 0


CODE_POINTS = {"漢": "6F22", "☃": "2603", "😀": "1F600", "\x07": "0007"}


@pytest.mark.parametrize(
    ("words", "call"),
    [
        *((rf"U\+{code}", lambda sign=sign: glyphs_for(f"ab{sign}c"))
          for sign, code in CODE_POINTS.items()),
        ("futurl.*did you mean .futural.", lambda: glyphs_for("a", "futurl")),
        ("cyrillic", lambda: glyphs_for("ж")),
        ("right to left", lambda: glyphs_for("שלום")),
        ("right to left", lambda: glyphs_for("مرحبا")),
        (r"U\+6F22", lambda: glyphs_for("a漢b", missing="漢")),
        ("'é'", lambda: glyphs_for("é", "markers")),
        ("'’'", lambda: glyphs_for("’", "astrology")),
        ("wider than", lambda: set_text("W", STYLE, width=1)),
        ("mm long and its curve 10 mm", lambda: set_along("Hello world", STYLE, [(0, 0), (10, 0)])),
        ("size", lambda: TextStyle(size=0)),
        ("justif", lambda: set_text("a", STYLE, align="justify")),
        ("middle", lambda: set_text("a", STYLE, align="middle")),
        ("nan", lambda: set_text("a", STYLE, width=float("nan"))),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_named(words, call):
    with pytest.raises((CanvasError, GlyphError, UnknownNameError), match=words):
        call()


SVG_FONT = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><defs>
<font horiz-adv-x="500"><font-face font-family="Own" units-per-em="1000" cap-height="700"/>
<glyph glyph-name="A" unicode="A" horiz-adv-x="600" d="M0 0L300 700L600 0M100 250H500"/>
<glyph glyph-name="V" unicode="V" d="M0 700L250 0L500 700"/>
<glyph glyph-name="o" unicode="o" d="M0 250Q0 500 250 500T500 250T250 0T0 250"/>
<glyph glyph-name="ff" unicode="ff" d="M0 0L9 9"/>
</font></defs></svg>"""


@pytest.fixture
def svg_font(tmp_path):
    (tmp_path / "own.svg").write_text(SVG_FONT)
    return str(tmp_path / "own.svg")


def test_an_svg_font_is_drawn_line_by_line_with_capitals_as_high_as_asked(svg_font):
    svg = SVGBuilder(100, 100).lettering("A", 10, 50, size=7, font=svg_font)
    legs, bar = svg.lines()
    assert legs == pytest.approx(np.array([[10, 50], [13, 43], [16, 50]]))
    assert bar == pytest.approx(np.array([[11, 47.5], [15, 47.5]]))


def test_accents_are_composed_and_what_the_file_lacks_is_named(svg_font):
    plain, accented = (set_text(text, TextStyle(svg_font, 7)).lines for text in ("A", "Á"))
    assert len(accented) == len(plain) + 1
    with pytest.raises(GlyphError, match="'x'"):
        glyphs_for("x", svg_font)


def test_a_true_type_font_gives_closed_outlines(tmp_path):
    path = str(tmp_path / "own.ttf")
    box_font().save(path)
    svg = SVGBuilder(100, 100).set_hershey_font(path).lettering("H", 10, 50, size=8)
    (outline,) = svg.lines()
    assert outline[0].tolist() == outline[-1].tolist()
    assert svg.lines().bounds == pytest.approx((11, 42, 14, 50))
    assert TextStyle(path, 8).width("HH") == pytest.approx(10)


def test_files_that_hold_no_font_are_refused(tmp_path):
    for name, content in (("a.svg", "<svg"), ("b.svg", "<svg/>"), ("c.ttf", "no font")):
        (tmp_path / name).write_text(content)
        with pytest.raises(CanvasError, match=name):
            glyphs_for("A", str(tmp_path / name))
    with pytest.raises(FileNotFoundError):
        glyphs_for("A", str(tmp_path / "none.ttf"))


@pytest.mark.parametrize("font", ["cyrillic", "cyrilc_1"])
def test_cyrillic_fonts_write_the_whole_alphabet_and_ukrainian(font):
    alphabet = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    assert all(glyphs_for(letter, font)[0].strokes for letter in alphabet + alphabet.upper())
    glyphs = glyphs_for("Щастя й її ґудзик, Європа Ї Ґ І є", font)
    assert all(glyph.strokes or glyph.advance for glyph in glyphs)
    dots = len(glyphs_for("ї", font)[0].strokes) - len(glyphs_for("і", font)[0].strokes)
    assert dots >= 1
    reversed_e, e = glyphs_for("эє", font)
    assert reversed_e.advance == e.advance
    assert glyphs_for("ґ", font)[0].bounds[1] == glyphs_for("г", font)[0].bounds[1] - 4


@pytest.mark.parametrize("font", ["futural", "timesr", "cursive", "cyrillic", "scripts", "rowmans"])
def test_full_stops_stand_on_the_base_line(font):
    for sign in ".:":
        assert glyphs_for(sign, font)[0].bounds[3] == 0, sign
    assert glyphs_for(",", font)[0].bounds[3] > 0
    assert glyphs_for("H", font)[0].bounds[3] == 0


def test_labels_lie_in_their_area_apart_from_each_other():
    places = [(20, 20), (22, 21), (95, 50), (50, 0.5), (30, 60)]
    names = ["first", "covers it", "at the rim", "above", " "]
    lines, boxes = set_labels(names, places, (0, 0, 100, 70), TextStyle(size=3))
    assert len(boxes) == 2  # the covering, the cut and the empty one are left out
    assert boxes[0][2] > 30
    assert boxes[1][0] < 80  # left of its place
    for x0, y0, x1, y1 in boxes:
        inside = (lines.points >= (x0, y0)).all(axis=1) & (lines.points <= (x1, y1)).all(axis=1)
        assert inside.sum() > 20
