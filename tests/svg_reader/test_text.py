"""Text becomes lines: placed, anchored, and on paths."""

import numpy as np
import pytest

from drawscape.svg.read import read_svg

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200mm" '
    'height="200mm" viewBox="0 0 200 200"><defs><path id="p" d="{d}"/></defs>'
)


def read(body, d="M20,100H180"):
    return read_svg(f'{HEAD.replace("{d}", d)}<g font-size="20">{body}</g></svg>')


def on_path(text, attributes="", d="M20,100H180"):
    return read(f'<text><textPath href="#p" {attributes}>{text}</textPath></text>', d)


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
        ('<text x="20" y="50">a<tspan systemLanguage="ru">b</tspan></text>'
         '<text><textPath href="#p" systemLanguage="ru">b</textPath></text>',
         '<text x="20" y="50">a</text>'),
        ('<text y="50" visibility="hidden">a<tspan x="40" visibility="visible">b</tspan></text>',
         '<text x="40" y="50">b</text>'),
    ],
)  # fmt: skip
def test_what_an_inner_element_says_of_a_letter_counts(odd, plain):
    assert points(read(odd)) == pytest.approx(points(read(plain)))


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ("", 'x="20" y="100"'),
        ('startOffset="25%"', 'x="60" y="100"'),
        ('startOffset="50%" text-anchor="middle"', 'x="100" y="100" text-anchor="middle"'),
        ('startOffset="100%" text-anchor="end"', 'x="180" y="100" text-anchor="end"'),
    ],
)
def test_on_a_level_path_text_stands_as_it_would_without(attributes, place):
    plain = read(f"<text {place}>Ink, a p</text>")
    assert points(on_path("Ink, a p", attributes)) == pytest.approx(points(plain), abs=0.02)


def test_on_an_upright_path_text_is_turned():
    level = points(on_path("up", d="M100,100H180")) - 100
    upright = points(on_path("up", d="M100,100V180")) - 100
    assert upright == pytest.approx(np.column_stack((-level[:, 1], level[:, 0])), abs=0.02)


def test_letters_follow_a_circle_and_keep_their_distance_to_it():
    around = on_path("o" * 24, d="M40,100A60,60,0,0,1,160,100A60,60,0,0,1,40,100")
    away = np.hypot(*(points(around) - 100).T)
    assert away.min() == pytest.approx(60, abs=0.6)
    assert away.max() < 60 + 20
    sides = {tuple(side) for side in np.sign(points(around) - 100).tolist()}
    assert {(-1, -1), (1, -1), (1, 1)} <= sides


def test_a_moved_path_moves_its_text_and_tspans_are_lifted():
    body = '<text><textPath href="#q">a<tspan dy="-7">b</tspan></textPath></text>'
    path = '<path id="q" fill="none" d="M0,0H90" transform="translate(20 50)"/>'
    moved = read(f"{path}{body}")
    plain = read('<text x="20" y="50">a<tspan dy="-7">b</tspan></text>')
    assert points(moved) == pytest.approx(points(plain), abs=0.02)


def test_what_finds_no_room_or_no_path_is_noted():
    short = on_path("a word too long", d="M20,100H60")
    assert "letters beyond the ends of their path are not drawn" in short.unsupported
    assert points(short)[:, 0].max() < 70
    lost = read('<text><textPath href="#no">a</textPath></text>')
    assert lost.unsupported == ("<textPath> without a path to follow is not drawn",)


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
    notes = read(f"<text textLength='9' {given}>a漢<tref xlink:href='#t'/></text>").unsupported
    assert {f"{name} of text is not applied" for name in asked} < set(notes)
    assert {"<tref> is not drawn; write its text out", "textLength is not applied"} < set(notes)
    assert "the character '漢' is not drawn: the font lacks it" in notes
