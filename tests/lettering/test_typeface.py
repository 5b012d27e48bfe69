"""No character is dropped: it is drawn, or the error names it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GlyphError, UnknownNameError
from drawscape.lettering import font_names, glyphs_for, load_font
from drawscape.lettering.typeface import INVISIBLE, PICTURES, SLOTS, clusters

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


def test_an_unknown_font_is_named_with_its_neighbours():
    with pytest.raises(UnknownNameError, match=r"futurl.*did you mean .futural."):
        glyphs_for("a", "futurl")


@pytest.mark.parametrize("font", LATIN)
def test_every_latin_font_writes_the_languages_of_europe_and_vietnamese(font):
    for character in EUROPE + SIGNS:
        glyphs = glyphs_for(character, font)
        blank = character.isspace()
        assert glyphs, character
        assert all(bool(glyph.strokes) != blank for glyph in glyphs), character
        assert all(np.isfinite(stroke).all() for glyph in glyphs for stroke in glyph.strokes)


@pytest.mark.parametrize("pair", ["eé", "aå", "nñ", "oő", "uű", "sş", "cç", "lł", "dđ", "iï", "OØ"])
def test_an_accented_letter_differs_from_its_base(pair):
    plain, accented = (glyphs_for(character)[0] for character in pair)
    assert len(np.concatenate(accented.strokes)) > len(np.concatenate(plain.strokes))


def test_composed_and_decomposed_text_are_written_alike():
    one, two = glyphs_for("\u00e9"), glyphs_for("e\u0301")
    assert len(one) == len(two) == 1
    assert all((a == b).all() for a, b in zip(one[0].strokes, two[0].strokes, strict=True))


def test_an_accent_stands_clear_above_its_letter():
    for letter, accented in ("eé", "EÉ", "bḃ"):
        base = glyphs_for(letter)[0]
        mark = glyphs_for(accented)[0].strokes[len(base.strokes) :]
        assert max(stroke[:, 1].max() for stroke in mark) < base.bounds[1]


def test_an_i_loses_its_dot_under_an_accent():
    assert len(glyphs_for("í")[0].strokes) == len(glyphs_for("i")[0].strokes)
    assert len(glyphs_for("ı")[0].strokes) == 1


@pytest.mark.parametrize(
    ("character", "named"),
    [
        ("漢", "U\\+6F22"),
        ("☃", "U\\+2603"),
        ("😀", "U\\+1F600"),
        ("\x07", "U\\+0007"),
        ("ж", "cyrillic"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_code_point(character, named):
    with pytest.raises(GlyphError, match=named) as caught:
        glyphs_for(f"ab{character}c")
    assert repr(character) in str(caught.value)


@pytest.mark.parametrize("text", ["שלום", "مرحبا"])
def test_scripts_from_right_to_left_are_refused_in_so_many_words(text):
    with pytest.raises(GlyphError, match="right to left"):
        glyphs_for(text)


def test_what_cannot_be_written_is_replaced_when_asked():
    assert glyphs_for("a漢b", missing="?") == glyphs_for("a?b")
    with pytest.raises(GlyphError):
        glyphs_for("a漢b", missing="漢")


@pytest.mark.parametrize("font", ["greek", "greekc", "greeks", "timesg"])
def test_greek_fonts_write_greek_with_its_accents(font):
    glyphs = glyphs_for("Καλημέρα, κόσμε! Ωμέγας", font)
    assert len(glyphs) == len("Καλημέρα, κόσμε! Ωμέγας")


@pytest.mark.parametrize("font", ["cyrillic", "cyrilc_1"])
def test_cyrillic_fonts_write_the_whole_alphabet(font):
    alphabet = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    for letter in alphabet + alphabet.upper():
        assert glyphs_for(letter, font)[0].strokes, letter


def test_invisible_hints_take_no_room():
    assert glyphs_for("a\u00adb\u200bc\ufeff") == glyphs_for("abc")


def test_fonts_of_pictures_do_not_pretend_to_know_punctuation():
    with pytest.raises(GlyphError):
        glyphs_for("é", "markers")
    with pytest.raises(GlyphError):
        glyphs_for("’", "astrology")


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=6), st.sampled_from(LATIN))
def test_no_text_loses_a_character(text, font):
    try:
        glyphs = glyphs_for(text, font)
    except GlyphError:
        return  # named, not lost
    visible = [
        cluster for cluster in clusters(text) if cluster not in INVISIBLE and not cluster.isspace()
    ]
    assert sum(bool(glyph.strokes) for glyph in glyphs) >= len(visible)
