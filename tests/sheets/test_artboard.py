"""Artboards and postcards."""

import numpy as np
import pytest

from drawscape.drawing.document import paper_size
from drawscape.errors import CanvasError, GlyphError, SheetError, SvgReadError, UnknownNameError
from drawscape.sheets import artboard, postcard_back, postcard_front, template_names
from drawscape.sheets.fitting import Box, fit_text
from drawscape.svg_builder import Pen, SVGBuilder

LEGEND = {"Scale": "1:2", "Material": "Paper, 200 g/m²", "Seed": 7}


def ship():
    svg = SVGBuilder(500, 300, pen=Pen())
    return svg.polygon([(100, 200), (400, 200), (350, 260), (150, 260)]).line(250, 200, 250, 40)


def drawn(sheet):
    return next(lines for pen, lines in sheet.layers() if pen.name == "drawing")


@pytest.mark.parametrize("style", ["blueprint", "basic"])
@pytest.mark.parametrize("size", ["a4", "a3", "letter", "tabloid"])
@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_every_sheet_holds_its_drawing_clear_of_border_title_and_legend(style, size, orientation):
    sheet = artboard(style, "A ship", "drawn by a pen", size, orientation, LEGEND, ship())
    width, height = paper_size(size, orientation)
    assert (sheet.width, sheet.height) == (width, height)
    x0, y0, x1, y1 = sheet.lines().bounds
    assert 0 < x0 < x1 < width
    assert 0 < y0 < y1 < height
    left, top, right, bottom = drawn(sheet).bounds
    assert (right - left) / (bottom - top) == pytest.approx(300 / 220, rel=0.01)
    assert max((right - left) / width, (bottom - top) / height) > 0.45
    for pen, lines in sheet.layers():
        if pen.name != "drawing":
            xy = lines.points
            inside = (xy[:, 0] > left) & (xy[:, 0] < right) & (xy[:, 1] > top) & (xy[:, 1] < bottom)
            assert not inside.any(), pen.name


def test_the_drawing_may_be_a_canvas_a_file_or_text(tmp_path):
    drawings = (ship(), ship().save(tmp_path / "ship.svg"), ship().to_string())
    canvas, file, text = (drawn(artboard("basic", "A", drawing=one)).bounds for one in drawings)
    assert canvas == pytest.approx(file, abs=0.05)
    assert file == text


def test_a_drawing_of_several_pens_keeps_them_apart():
    svg = ship()
    with svg.layer("flag", color="red", width=0.5):
        svg.line(250, 40, 300, 60)
    sheet = artboard("blueprint", "Ship", drawing=svg)
    pens = {pen.name: pen for pen, _ in sheet.layers()}
    assert {"drawing 1", "drawing 2", "frame", "lettering"} == pens.keys()
    assert pens["drawing 2"] == Pen("drawing 2", "red", 0.5)


def test_legends_may_be_rows():
    rows = [("Scale", "1:2"), ["Pen", 0.3], ("", "")]
    assert artboard("basic", "t", legend=rows).to_bytes() != artboard("basic", "t").to_bytes()
    assert len(artboard("basic", "t", legend=[(f"row {n}", n) for n in range(24)]).lines()) > 200


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"style": "bluprint"}, UnknownNameError, "blueprint"),
        ({"size": "a99"}, UnknownNameError, "paper"),
        ({"orientation": "tilted"}, UnknownNameError, "landscape"),
        ({"title": "漢"}, GlyphError, r"U\+6F22"),
        ({"title": " "}, SheetError, "title"),
        ({"title": "word " * 400}, SheetError, "title"),
        ({"legend": {"label": "word " * 700}}, SheetError, "legend entry"),
        ({"legend": [("one",)]}, SheetError, "legend"),
        ({"legend": ["ab"]}, SheetError, "legend"),
        ({"legend": [("a", "b")] * 25}, SheetError, "legend"),
        ({"drawing": SVGBuilder(10, 10)}, SheetError, "no lines"),
        ({"size": "60x40"}, SheetError, "no room above its title block"),
        ({"size": "30x2000"}, SheetError, "no room above its title block"),
        ({"drawing": "<svg"}, SvgReadError, None),
        ({"drawing": "no/such.svg"}, FileNotFoundError, "such"),
    ],
)  # fmt: skip
def test_what_is_not_known_or_does_not_fit_a_sheet_is_named(words, error, said):
    with pytest.raises(error, match=said):
        artboard(**{"style": "basic", "title": "t", **words})


def test_a_legend_of_labels_and_contents_colours_and_the_airport():
    legend = [{"label": "Gate", "content": "B 12"}, {"label": "Zone", "content": 3}]
    svg = artboard("airport", "Oslo", legend=legend, paper_color="#fff8e0", pen_color="navy")
    plain = artboard("airport", "Oslo", legend={"Gate": "B 12", "Zone": 3})
    assert [len(lines) for _, lines in svg.layers()] == [len(lines) for _, lines in plain.layers()]
    assert {pen.color for pen, _ in svg.layers()} == {"navy"}
    assert 'style="background-color: #fff8e0"' in svg.to_string()
    assert {pen.color for pen, _ in plain.layers()} != {"navy"}


def test_a_paper_whose_colour_is_not_known_is_refused():
    with pytest.raises(CanvasError, match=r"paper_color='red\"><script>' is not a colour"):
        artboard("basic", "A", paper_color='red"><script>')


def ink(card):
    return next(lines for pen, lines in card.layers() if pen.name == "ink")


@pytest.mark.parametrize("name", template_names())
@pytest.mark.parametrize("words", [1, 10, 40])
def test_the_decoration_keeps_clear_of_the_text(name, words):
    card = postcard_front("John Doe", " ".join(["lines"] * words), name, font="futural")
    x0, y0, x1, y1 = ink(card).bounds
    for pen, lines in card.layers():
        if pen.name == "ink":
            continue
        xy = lines.points
        inside = (xy[:, 0] > x0) & (xy[:, 0] < x1) & (xy[:, 1] > y0) & (xy[:, 1] < y1)
        assert not inside.any(), pen.name


def test_a_longer_message_is_written_smaller():
    blocks = [fit_text("Hi there " * n, Box(0, 0, 70, 45)) for n in (1, 5, 20)]
    sizes = [block.height / (1.9 * len(block.rows) - 0.9) for block in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] > 2.19


def test_words_stay_whole_while_they_can():
    block = fit_text("Donaudampfschiff fahrt", Box(0, 0, 40, 40), largest=9)
    assert block.rows == ("Donaudampfschiff", "fahrt")


@pytest.mark.parametrize("text", ["שלום", "مرحبا", "新年快乐", "🎂"])
def test_a_script_that_no_font_writes_is_refused_and_named(text):
    with pytest.raises(GlyphError, match=r"U\+"):
        postcard_front("John", text, "birthday")
    with pytest.raises(GlyphError):
        postcard_front(text, "Hello", "birthday")
    assert len(ink(postcard_front("John", text, "birthday", missing="?"))) > 0


@pytest.mark.parametrize(
    ("side", "words", "error", "said"),
    [
        (postcard_front, {"template_name": "birthdya"}, UnknownNameError, "birthday"),
        (postcard_front, {"message": "  "}, SheetError, "message"),
        (postcard_front, {"message": "Hi there " * 200}, SheetError, "message of 1799 characters.*shorten"),
        (postcard_front, {"message": "a" * 100_000}, SheetError, "characters"),
        (postcard_back, {"recipient": ""}, SheetError, "recipient"),
        (postcard_back, {"address": ["x"] * 6}, SheetError, "5 lines"),
        (postcard_back, {"address": ["very " * 40]}, SheetError, "does not fit"),
        (postcard_back, {"address": ["very long " * 4]}, SheetError, "two lines"),
        (postcard_back, {"postcode": "12345678901"}, SheetError, "postcode"),
    ],
)  # fmt: skip
def test_what_is_not_known_or_does_not_fit_a_card_is_named(side, words, error, said):
    front = {"message": "Hello", "template_name": "birthday"} if side is postcard_front else {}
    with pytest.raises(error, match=said):
        side(**{"recipient": "John", **front, **words})


def test_six_rows_of_address_end_above_the_postcode():
    card = postcard_back("John", address=["a", "b", "c", "d", "Ag"], postcode="1234AB")
    boxes = [line[:, 1] for line in card.lines() if len(line) == 5]
    assert min(y.min() for y in boxes if np.ptp(y) == pytest.approx(7)) > 46 + 5 * 8 + 1
