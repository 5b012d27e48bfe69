"""Postcards: every template, every length of message, every kind of text."""

import numpy as np
import pytest

from drawscape.errors import GlyphError, SheetError, UnknownNameError
from drawscape.sheets import postcard_back, postcard_front, template_names
from drawscape.sheets.fitting import Box, fit_text

MESSAGE = "Happy Birthday! May all your lines join up and your pens never run dry."


def ink(card):
    return next(lines for pen, lines in card.layers() if pen.name == "ink")


@pytest.mark.parametrize("name", template_names())
def test_every_template_is_a_card_of_a6_with_a_drawing_and_the_text(name):
    card = postcard_front("John Doe", MESSAGE, name)
    assert (card.width, card.height) == (148, 105)
    pens = {pen.name: len(lines) for pen, lines in card.layers()}
    assert pens.pop("ink") > 50
    assert len(pens) == 2
    assert sum(pens.values()) > 100
    assert card.to_bytes() == postcard_front("John Doe", MESSAGE, name).to_bytes()


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


def test_a_longer_message_is_written_smaller_then_refused():
    box = Box(0, 0, 70, 45)
    sizes = [fit_text("Hi there " * n, box).size for n in (1, 5, 20)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= 2.2
    with pytest.raises(SheetError, match=r"message of 1799 characters does not fit.*shorten"):
        postcard_front("John", "Hi there " * 199 + "Hi there", "birthday")
    with pytest.raises(SheetError, match="characters"):
        postcard_front("John", "a" * 100_000, "birthday")


def test_fitted_text_lies_in_its_box():
    box = Box(20, 30, 60, 40)
    for text in ("Ag", "Many words that wrap to several rows " * 3, "Unbreakable" * 12):
        x0, y0, x1, y1 = fit_text(text, box).lines.bounds
        assert box.x - 0.5 <= x0 < x1 <= box.x + box.width + 0.5
        assert box.y <= y0 < y1 <= box.y + box.height


def test_words_stay_whole_while_they_can():
    assert fit_text("Donaudampfschiff fahrt", Box(0, 0, 40, 40), largest=9).rows == (
        "Donaudampfschiff",
        "fahrt",
    )


@pytest.mark.parametrize("text", ["שלום", "مرحبا", "新年快乐", "🎂"])
def test_a_script_that_no_font_writes_is_refused_and_named(text):
    with pytest.raises(GlyphError, match=r"U\+"):
        postcard_front("John", text, "birthday")
    with pytest.raises(GlyphError):
        postcard_front(text, "Hello", "birthday")
    assert len(ink(postcard_front("John", text, "birthday", missing="?"))) > 0


def test_unknown_templates_and_empty_texts_are_named():
    with pytest.raises(UnknownNameError, match="birthday"):
        postcard_front("John", "Hello", "birthdya")
    with pytest.raises(SheetError, match="message"):
        postcard_front("John", "  ", "birthday")
    with pytest.raises(SheetError, match="recipient"):
        postcard_back("")


def test_the_back_has_name_address_postcode_and_stamp():
    bare = postcard_back("John Doe")
    full = postcard_back(
        "John Doe",
        address="12 High Street\nLittle Snoring",
        postcode="nr21 0hz",
        sender="Ann\nBerlin",
    )
    assert len(ink(full)) > len(ink(bare)) > 0
    stamp = [line for line in full.lines() if line[:, 0].min() > 116 and line[:, 1].max() < 37]
    assert len(stamp) > 10
    name = ink(bare).bounds
    assert name[0] > 73
    assert name[1] > 36


def test_six_rows_of_address_end_above_the_postcode():
    card = postcard_back("John", address=["a", "b", "c", "d", "Ag"], postcode="1234AB")
    boxes = [
        line for line in card.lines() if len(line) == 5 and np.ptp(line[:, 1]) == pytest.approx(7)
    ]
    assert min(box[:, 1].min() for box in boxes) > 46 + 5 * 8 + 1


def test_addresses_that_do_not_fit_are_refused():
    with pytest.raises(SheetError, match="5 lines"):
        postcard_back("John", address=["x"] * 6)
    with pytest.raises(SheetError, match="does not fit"):
        postcard_back("John", address=["very " * 40])
    with pytest.raises(SheetError, match="two lines"):
        postcard_back("John", address=["very long " * 4])
    with pytest.raises(SheetError, match="postcode"):
        postcard_back("John", postcode="12345678901")
