"""Fonts from files, kerning, Ukrainian letters, full stops on the base line."""

import sys

import numpy as np
import pytest
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._k_e_r_n import KernTable_format_0
from own_font import box_font, glyph, own_font

from drawscape.errors import CanvasError, GlyphError
from drawscape.lettering import Style, font_names, glyphs_for, set_text
from drawscape.svg_builder import SVGBuilder

SVG_FONT = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><defs>
<font horiz-adv-x="500"><font-face font-family="Own" units-per-em="1000" cap-height="700"/>
<glyph glyph-name="A" unicode="A" horiz-adv-x="600" d="M0 0L300 700L600 0M100 250H500"/>
<glyph glyph-name="V" unicode="V" d="M0 700L250 0L500 700"/>
<glyph glyph-name="o" unicode="o" d="M0 250Q0 500 250 500T500 250T250 0T0 250"/>
<glyph glyph-name="ff" unicode="ff" d="M0 0L9 9"/>
<hkern u1="A" u2="V,T" k="100"/><hkern g1="V" g2="A" k="50"/>
</font></defs></svg>"""


@pytest.fixture
def svg_font(tmp_path):
    path = tmp_path / "own.svg"
    path.write_text(SVG_FONT)
    return str(path)


@pytest.fixture
def true_type(tmp_path):
    path = tmp_path / "own.ttf"
    box_font().save(path)
    return str(path)


def test_an_svg_font_is_drawn_line_by_line_with_capitals_as_high_as_asked(svg_font):
    svg = SVGBuilder(100, 100).lettering("A", 10, 50, size=7, font=svg_font)
    legs, bar = svg.lines()
    assert legs == pytest.approx(np.array([[10, 50], [13, 43], [16, 50]]))
    assert bar == pytest.approx(np.array([[11, 47.5], [15, 47.5]]))


def test_letters_that_are_kerned_stand_closer(svg_font):
    def width(text):
        return Style(svg_font, 7).width(text)

    assert width("AV") == pytest.approx(6 + 5 - 1)
    assert width("VA") == pytest.approx(5 + 6 - 0.5)
    assert width("VV") == pytest.approx(10)
    second = glyphs_for("AV", svg_font)[1]
    assert second.advance == pytest.approx(500 * 21 / 700)


def test_accents_are_composed_and_what_the_file_lacks_is_named(svg_font):
    plain, accented = (set_text(text, Style(svg_font, 7)).lines for text in ("A", "Á"))
    assert len(accented) == len(plain) + 1
    with pytest.raises(GlyphError, match="'x'"):
        glyphs_for("x", svg_font)


def test_a_true_type_font_gives_closed_outlines(true_type):
    svg = SVGBuilder(100, 100).set_hershey_font(true_type).lettering("H", 10, 50, size=8)
    (outline,) = svg.lines()
    assert outline[0].tolist() == outline[-1].tolist()
    assert svg.lines().bounds == pytest.approx((11, 42, 14, 50))
    assert Style(true_type, 8).width("HH") == pytest.approx(10)


def test_files_that_hold_no_font_are_refused(tmp_path):
    for name, content in (("a.svg", "<svg"), ("b.svg", "<svg/>"), ("c.ttf", "no font")):
        (tmp_path / name).write_text(content)
        with pytest.raises(CanvasError, match=name):
            glyphs_for("A", str(tmp_path / name))
    with pytest.raises(FileNotFoundError):
        glyphs_for("A", str(tmp_path / "none.ttf"))


def test_without_font_tools_the_extra_is_named(true_type, monkeypatch):
    monkeypatch.setitem(sys.modules, "fontTools.ttLib", None)
    from drawscape.lettering.fonts import read_font

    with pytest.raises(CanvasError, match=r"drawscape\[fonts\]"):
        read_font(true_type)


@pytest.mark.parametrize("font", ["cyrillic", "cyrilc_1"])
def test_ukrainian_is_written(font):
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


def test_the_classic_calls_keep_hersheys_own_full_stop():
    stops = [SVGBuilder(9, 9, hershey_font_name="futural").get_hershey_text_bounding_box(".")]
    assert stops[0]["max_y"] == 6
    assert "futural" in font_names()


FEATURES = """
@round = [O];
@steep = [V];
feature kern {
    pos A V -80;
    subtable;
    pos @round @steep -30;
    pos A @round 10;
} kern;
"""


@pytest.mark.parametrize("table", ["GPOS", "kern"])
def test_true_type_letters_are_kerned_by_pairs_and_by_classes(tmp_path, table):
    builder = own_font(dict.fromkeys("AVOH", glyph()), capitals=700)
    if table == "GPOS":
        builder.addOpenTypeFeatures(FEATURES)
    else:
        old = builder.font["kern"] = newTable("kern")
        old.version = 0
        part = KernTable_format_0()
        part.coverage, part.apple = 1, False
        part.kernTable = {("A", "V"): -80, ("O", "V"): -30, ("A", "O"): 10}
        old.kernTables = [part]
    path = tmp_path / f"{table}.ttf"
    builder.save(path)

    def width(text):
        return Style(str(path), 7).width(text) * 100

    assert [width(text) for text in ("AV", "OV", "AO", "VA", "HH", "AVO")] == pytest.approx(
        [920, 970, 1010, 1000, 1000, 1420]
    )
