"""The tasks that draw, their names and their golden files.

After a change that is meant: pytest tests/sheets/test_svg_tasks.py --regenerate-golden
"""

import inspect
import xml.etree.ElementTree as ElementTree
from functools import partial
from pathlib import Path

import pytest
from golden_support import FOLDER, compared
from hypothesis import given
from hypothesis import strategies as st

from drawscape.errors import (
    CanvasError,
    ForbiddenPathError,
    GlyphError,
    ParameterError,
    SheetError,
    UnknownNameError,
)
from drawscape.settings import safe_name
from drawscape.sheets import postcard, template_names
from workers.svg_tasks import generate_complex_svg, generate_postcard_svg


def test_without_a_name_the_same_drawing_has_the_same_name(home):
    one = generate_complex_svg(100, 80, "schotter", seed=1)
    assert generate_complex_svg(100.0, 80.0, "schotter", seed=1) == one
    assert Path(one).name.startswith("schotter-1-")
    for size, options in (((100, 80), {"seed": 2}), ((100, 81), {}), ((100, 80), {"margin": 5})):
        assert generate_complex_svg(*size, "schotter", **{"seed": 1, **options}) != one


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"pattern_type": "spirl"}, UnknownNameError),
        ({"turns": 10**6}, ParameterError),
        ({"truns": 3}, UnknownNameError),
        ({"width": -1}, CanvasError),
        ({"output_filename": "../x.svg"}, ForbiddenPathError),
        ({"output_filename": "/tmp/x.svg"}, ForbiddenPathError),
        ({"seed": -1}, ParameterError),
    ],
)
def test_mistakes_are_named_and_leave_no_file(home, arguments, error):
    with pytest.raises(error):
        generate_complex_svg(**{"width": 100, "height": 80, **arguments})
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_the_postcard_of_the_contract_has_its_three_arguments(home):
    text = {"recipient": "John Doe", "message": "Happy Birthday!"}
    path = generate_postcard_svg(**text, template_name="birthday")
    assert Path(path).parent == home / "output" / "postcards"
    assert Path(path).name == "postcard_John Doe_birthday.svg"
    root = ElementTree.parse(path).getroot()
    assert (root.get("width"), root.get("height")) == ("148mm", "105mm")
    signature = inspect.signature(generate_postcard_svg)
    assert list(signature.parameters)[:3] == ["recipient", "message", "template_name"]


def test_a_card_is_written_whole_or_not_at_all(home):
    card = {"recipient": "J", "message": "Hi", "template_name": "travel"}
    for name, value in (
        ("message", "漢字"), ("message", "word " * 700), ("template_name", "none"),
    ):  # fmt: skip
        with pytest.raises((GlyphError, SheetError, UnknownNameError)):
            generate_postcard_svg(**{**card, name: value})
    assert list(home.rglob("*.svg")) == []


@pytest.mark.parametrize("recipient", ["../../evil", "a/b", "C:\\x", "..", "~"])
def test_a_recipient_never_names_a_folder(home, recipient):
    path = Path(generate_postcard_svg(recipient, "Hi", "travel", greeting="Hello,"))
    assert path.parent == home / "output" / "postcards"


MESSAGE = "The plotter drew all night. In the morning there were hills, and a bird on each."

CASES = {
    f"front-{name}": partial(postcard, "Ada & Grace", MESSAGE, name) for name in template_names()
}


@pytest.mark.parametrize("name", CASES)
def test_a_sheet_is_what_its_golden_file_shows(name, request):
    regenerate = request.config.getoption("--regenerate-golden")
    assert not compared(FOLDER / "sheets" / f"{name}.svg.gz", CASES[name](), regenerate=regenerate)


def test_there_is_no_golden_file_of_a_sheet_that_is_gone():
    files = {file.name.removesuffix(".svg.gz") for file in (FOLDER / "sheets").iterdir()}
    assert files == set(CASES)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("John Doe", "John_Doe"), ("Zoë Müller", "Zoe_Muller"), ("../../etc/passwd", "etc_passwd"),
        ("a\\b:c*d", "a_b_c_d"), (".hidden", "hidden"), ("漢字", "drawing"), ("", "drawing"),
        ("-x-", "x"), ("x" * 300, "x" * 60),
    ],
)  # fmt: skip
def test_names_are_plain(text, name):
    assert safe_name(text) == name


@given(st.text())
def test_no_text_makes_a_dangerous_name(text):
    name = safe_name(text)
    assert 0 < len(name) <= 61
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
