"""Colours as a picture's file needs them."""

import pytest

from drawscape.drawing.style import rgb


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("red", (255, 0, 0)),
        ("#0af", (0, 170, 255)),
        ("#102030", (16, 32, 48)),
        ("#10203080", (16, 32, 48)),
        ("rgb(1, 2,3)", (1, 2, 3)),
        ("rgb(100%,0%,50%)", (255, 0, 128)),
        ("rgba(9 8 7 / 50%)", (9, 8, 7)),
        ("rebeccapurple", (102, 51, 153)),
        ("CornflowerBlue", (100, 149, 237)),
    ],
)
def test_colours_as_css_writes_them(color, expected):
    assert rgb(color) == expected
