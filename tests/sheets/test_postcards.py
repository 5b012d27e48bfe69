"""Postcards."""

import pytest

from drawscape.drawing.document import Frame
from drawscape.errors import GlyphError, SheetError, UnknownNameError
from drawscape.lettering import TextStyle
from drawscape.sheets import postcard, template_names
from drawscape.sheets.postcard import fit_text


def ink(card):
    return next(lines for pen, lines in card.layers() if pen.name == "ink")


def fitted(text, width, height, largest_mm=7.0):
    return fit_text(
        text, Frame(0, 0, width, height), TextStyle(), what="text", largest_mm=largest_mm
    )


@pytest.mark.parametrize("name", template_names())
@pytest.mark.parametrize("words", [1, 10, 40])
def test_the_decoration_keeps_clear_of_the_text(name, words):
    card = postcard("John Doe", " ".join(["lines"] * words), name, font="futural")
    x0, y0, x1, y1 = ink(card).bounds
    for pen, lines in card.layers():
        if pen.name == "ink":
            continue
        xy = lines.points
        inside = (xy[:, 0] > x0) & (xy[:, 0] < x1) & (xy[:, 1] > y0) & (xy[:, 1] < y1)
        assert not inside.any(), pen.name


def test_a_longer_message_is_written_smaller():
    blocks = [fitted("Hi there " * n, 70, 45) for n in (1, 5, 20)]
    sizes = [block.height / (1.9 * len(block.rows) - 0.9) for block in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] > 2.19


def test_words_stay_whole_while_they_can():
    block = fitted("Donaudampfschiff fahrt", 40, 40, largest_mm=9)
    assert block.rows == ("Donaudampfschiff", "fahrt")


@pytest.mark.parametrize("text", ["שלום", "مرحبا", "新年快乐", "🎂"])
def test_a_script_that_no_font_writes_is_refused_and_named(text):
    with pytest.raises(GlyphError, match=r"U\+"):
        postcard("John", text, "birthday")
    with pytest.raises(GlyphError):
        postcard(text, "Hello", "birthday")
    assert len(ink(postcard("John", text, "birthday", missing="?"))) > 0


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"template_name": "birthdya"}, UnknownNameError, "birthday"),
        ({"recipient": ""}, SheetError, "recipient"),
        ({"message": "  "}, SheetError, "message"),
        ({"message": "Hi there " * 200}, SheetError, "message of 1799 characters.*shorten"),
        ({"message": "a" * 100_000}, SheetError, "characters"),
    ],
)
def test_what_is_not_known_or_does_not_fit_a_card_is_named(words, error, said):
    with pytest.raises(error, match=said):
        postcard(**{"recipient": "John", "message": "Hello", "template_name": "birthday", **words})
