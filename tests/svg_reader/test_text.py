"""Text becomes lines, placed and anchored."""

import pytest

from drawscape.svg.read import read_svg

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200mm" '
    'height="200mm" viewBox="0 0 200 200">'
)


def read(body):
    return read_svg(f'{HEAD}<g font-size="20">{body}</g></svg>')


def points(document):
    return document.lines.points


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ('<text x="20" y="50" dx="5" dy="9"><tspan x="20" dy="-3">ab</tspan></text>',
         '<text x="25" y="47">ab</text>'),
        ('<text x="20 40 60" y="50"><tspan x="30">a</tspan>bc</text>',
         '<text y="50"><tspan x="30">a</tspan><tspan x="40">b</tspan><tspan x="60">c</tspan></text>'),
        ('<text x="20" y="50" rotate="40"><tspan rotate="0">ab</tspan></text>',
         '<text x="20" y="50">ab</text>'),
        ('<text x="20" y="50">a<tspan systemLanguage="ru">b</tspan></text>',
         '<text x="20" y="50">a</text>'),
        ('<text y="50" visibility="hidden">a<tspan x="40" visibility="visible">b</tspan></text>',
         '<text x="40" y="50">b</text>'),
    ],
)  # fmt: skip
def test_what_an_inner_element_says_of_a_letter_counts(odd, plain):
    assert points(read(odd)) == pytest.approx(points(read(plain)))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        # The capital H is 0.718 of the size high, from the base line up.
        ("<text y='50' font-size='10' font-family='Arial'>H</text>", 42.82, 50),
        ("<text y='50' font-size='10' dominant-baseline='hanging'>H</text>", 50.6, 57.2),
        ("<text y='50' font-size='10' dominant-baseline='central'>H</text>", 46.8, 53.4),
        ("<text y='50' font-size='10' dominant-baseline='middle'>H</text>", 45.6, 52.2),
        ("<text y='50' font-size='10'><tspan baseline-shift='super'>H</tspan></text>", 39.9, 46.5),
        ("<text y='50' style='font:10px/2 Arial'>H</text>", 42.82, 50),
    ],
)
def test_text_stands_on_the_line_that_its_file_names(text, low, high):
    bounds = read(text).lines.bounds
    assert bounds is not None
    assert (bounds[1], bounds[3]) == pytest.approx((low, high), abs=0.8)


def test_what_text_asks_for_in_vain_is_named():
    asked = {
        "writing-mode": "tb", "direction": "rtl", "font-variant": "small-caps",
        "text-decoration": "underline", "text-transform": "uppercase",
    }  # fmt: skip
    given = " ".join(f"{name}='{value}'" for name, value in asked.items())
    inside = "a漢<tref xlink:href='#t'/><textPath>b</textPath>"
    notes = read(f"<text textLength='9' {given}>{inside}</text>").unsupported
    assert {f"{name} of text is not applied" for name in asked} < set(notes)
    assert {"<tref> is not drawn; write its text out", "textLength is not applied"} < set(notes)
    assert "<textPath>: text on a path is not drawn; convert it to paths" in notes
    assert "the character '漢' is not drawn: the font lacks it" in notes
