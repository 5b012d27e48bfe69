"""Text as outlines of the fonts that the machine has: here one that the test itself installs."""

import numpy as np
import pytest
from own_font import box_font

from drawscape.errors import SvgReadError, UnknownNameError
from drawscape.lettering import load_font
from drawscape.svg.read import read_svg
from drawscape.svg.read import text as fonts

PAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="50mm" viewBox="0 0 100 50">'


def text(family, words="HH", more=""):
    return f'{PAGE}<text x="10" y="30" font-size="10" font-family="{family}" {more}>{words}</text></svg>'


def forget_fonts():
    for cache in (fonts.system_font, fonts._installed, load_font):
        cache.cache_clear()


@pytest.fixture(params=["fontconfig", "folders"])
def installed(request, tmp_path, monkeypatch):
    """A font whose H is a box, found by fontconfig or, without that program, in its folder."""
    (tmp_path / "fonts").mkdir()
    box_font("Box Type").save(tmp_path / "fonts" / "box.ttf")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if request.param == "folders":
        monkeypatch.setenv("PATH", str(tmp_path))
    forget_fonts()
    yield "Box Type"
    forget_fonts()


def test_letters_are_the_fonts_outlines_of_its_size_and_widths(installed):
    document = read_svg(text(installed), text="outlines")
    first, second = document.lines
    assert first.min(axis=0) == pytest.approx([11, 22], abs=1e-3)
    assert first.max(axis=0) == pytest.approx([14, 30], abs=1e-3)
    assert np.ptp(second - first, axis=0) == pytest.approx([0, 0], abs=1e-3)
    assert (second - first)[0] == pytest.approx([5, 0], abs=1e-3)
    assert first[0] == pytest.approx(first[-1])
    assert document.unsupported == ()


def test_a_font_that_stands_in_and_a_letter_that_it_lacks_are_named(installed):
    notes = read_svg(text(f"No Such Family, {installed}", "Hé"), text="outlines").unsupported
    assert f"text in 'No Such Family' is drawn in the outlines of {installed!r}" in notes
    assert "the character 'é' is not drawn: the font lacks it" in notes


def test_a_name_with_the_signs_of_a_pattern_is_only_a_name(installed):
    notes = read_svg(text("-:weight=200,x\\"), text="outlines").unsupported
    assert any("drawn in the outlines of" in note for note in notes)


def test_a_machine_without_fonts_is_an_error_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fonts, "_folders", lambda: [tmp_path])
    forget_fonts()
    with pytest.raises(SvgReadError, match="install one"):
        read_svg(text("Arial"), text="outlines")
    forget_fonts()


def test_another_kind_of_text_is_refused():
    with pytest.raises(UnknownNameError, match="strokes"):
        read_svg(text("Arial"), text="paths")  # type: ignore[arg-type]


def test_a_font_whose_letters_are_pictures_is_passed_over(installed, tmp_path):
    font = box_font("Pictures").font
    for table in ("glyf", "loca"):
        del font[table]
    font.save(tmp_path / "fonts" / "pictures.ttf")
    forget_fonts()
    document = read_svg(text("Pictures"), text="outlines")
    assert len(document.lines) >= 2
    assert any("'Pictures' is drawn in the outlines of" in note for note in document.unsupported)


def test_letters_that_kern_stand_closer(tmp_path, monkeypatch):
    from fontTools.feaLib.builder import addOpenTypeFeaturesFromString

    builder = box_font("Kerned")
    addOpenTypeFeaturesFromString(builder.font, "feature kern { pos H H -100; } kern;")
    (tmp_path / "fonts").mkdir()
    builder.save(tmp_path / "fonts" / "kerned.ttf")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    forget_fonts()
    first, second = read_svg(text("Kerned"), text="outlines").lines
    assert (second - first)[0] == pytest.approx([4, 0], abs=1e-3)
    forget_fonts()
