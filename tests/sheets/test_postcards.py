"""Postcards."""

import numpy as np
import pytest

from drawscape.drawing.document import Frame
from drawscape.errors import GlyphError, SheetError, UnknownNameError
from drawscape.sheets import postcard_back, postcard_front, template_names
from drawscape.sheets.fitting import fit_text


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
    blocks = [fit_text("Hi there " * n, Frame(0, 0, 70, 45)) for n in (1, 5, 20)]
    sizes = [block.height / (1.9 * len(block.rows) - 0.9) for block in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] > 2.19


def test_words_stay_whole_while_they_can():
    block = fit_text("Donaudampfschiff fahrt", Frame(0, 0, 40, 40), largest=9)
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
