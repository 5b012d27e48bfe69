"""Drawings compared: beside each other, over each other, and what differs in their settings."""

import pytest

from drawscape.errors import ParameterError
from drawscape.notebook import compare
from drawscape.notebook.viewer import differences, document_of, overlay, settings_of
from drawscape.sketches import draw


def spirals(*turns: int) -> list:
    return [draw("spiral", 105, 148, turns=n) for n in turns]


def test_only_what_differs_is_in_the_table() -> None:
    rows = differences(["a", "b"], [settings_of(d) for d in spirals(5, 9)])
    assert rows == [["", "a", "b"], ["turns", "5", "9"]]
    assert differences(["a", "b"], [settings_of(d) for d in spirals(5, 5)]) == []


def test_an_overlay_has_each_drawing_in_a_colour_of_its_own() -> None:
    pair = [document_of(d) for d in (*spirals(5), draw("spiral", 148, 210))]
    laid = overlay(pair)
    assert len({layer.color for layer in laid.layers}) == 2
    assert (laid.width_mm, laid.height_mm) == (148, 210)
    kept = overlay(pair, own_inks=True)
    assert [layer.color for layer in kept.layers] == [
        layer.color for document, _ in pair for layer in document.layers
    ]


def test_the_modes_exchange_what_is_shown() -> None:
    shown = compare(*spirals(5, 9))
    for mode in ("overlay", "blink", "side by side"):
        shown.mode = mode
        assert shown.mode == mode
    with pytest.raises(ParameterError, match="must be one of side by side, overlay, blink"):
        shown.mode = "dream"


def test_the_saved_notebook_keeps_all_of_them() -> None:
    compared = compare(*spirals(3, 4, 5))
    compared.begin_saving()
    html = compared.saved.html
    assert html.count("<img") == 3
    assert all(f"<br>drawing {number}<" in html for number in (1, 2, 3))
    assert len(html) < 210_000


def test_a_table_says_in_what_settings_they_differ() -> None:
    pair = [
        draw("spiral", width, 148, margin=9, turns=turns) for width, turns in ((100, 7), (99.5, 8))
    ]
    heads = ["", "drawing 1", "drawing 2"]
    assert compare(*pair).differences == [heads, ["width", "100", "99.5"], ["turns", "7", "8"]]


@pytest.mark.parametrize("count", [1, 7])
def test_one_or_seven_are_refused(count: int) -> None:
    with pytest.raises(ParameterError, match="compare 2 to 6 of them"):
        compare(*spirals(*range(3, 3 + count)))
