"""File names made from what people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawscape.sheets import safe_name, short_hash


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("John Doe", "John_Doe"),
        ("Zoë Müller", "Zoe_Muller"),
        ("../../etc/passwd", "etc_passwd"),
        ("a\\b:c*d", "a_b_c_d"),
        (".hidden", "hidden"),
        ("漢字", "drawing"),
        ("", "drawing"),
        ("CON", "CON_"),
        ("x" * 300, "x" * 60),
    ],
)
def test_names_are_plain(text, name):
    assert safe_name(text) == name


@given(st.text())
def test_no_text_makes_a_dangerous_name(text):
    name = safe_name(text)
    assert 0 < len(name) <= 61
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(), st.text())
def test_the_hash_differs_between_values(one, two):
    assert (short_hash([one]) == short_hash([two])) == (one == two)
