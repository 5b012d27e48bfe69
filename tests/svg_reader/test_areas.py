"""Filled areas: what clips, white paint and gradients leave of them."""

import numpy as np
import pytest
from svg_reader.files import PAGE, read

CIRCLE = '<circle cx="50" cy="50" r="20"/>'
CLIP = f'<clipPath id="c">{CIRCLE}</clipPath>'
FULL = '<rect width="100" height="100" fill="green" {}/>'
GREEN = FULL.format("")
GRADIENT = '<linearGradient id="g">{}</linearGradient>'
FALLING = GRADIENT.format('<stop stop-color="#fff"/><stop stop-color="#300"/>')
CLEAR = GRADIENT.format('<stop stop-opacity="0"/>')
BAR = '<rect x="-9" y="5" width="90" height="5" fill="none" stroke="red"/>'
NAVY = '<rect width="99" height="99" fill="navy"/>'
WHITE_LINE = '<path d="M10,10H90" stroke="white" fill="none"/>'
RED, WHITE = (f'<rect width="{{0}}" height="{{0}}" fill="{ink}" {{1}}/>' for ink in ("red", "#fff"))
ON_RED = '<circle cx="50" r="9" fill="red"/><circle cx="50" r="3" fill="white"/>'


@pytest.mark.parametrize(
    ("body", "mm"),
    [
        # A rect around the clip is its circle on the screen.
        (CLIP + FULL.format('clip-path="url(#c)"'), 40 * np.pi),
        # Half of it: a half circle and its diameter.
        (CLIP + '<g clip-path="url(#c)"><rect width="50" height="99" fill="red"/></g>', 20 * np.pi + 40),
        # A stroke along a clip's edge is seen by half its width.
        (CLIP.replace(CIRCLE, '<rect width="50" height="50"/>')
         + '<path d="M0,50H70" stroke="red" fill="none" clip-path="url(#c)"/>', 50),
        # A stroke ends at the clip, the clip's own edge is not drawn.
        (CLIP + '<path d="M0,50H100" stroke="red" fill="none" clip-path="url(#c)"/>', 40),
        ('<svg x="10" y="10" width="20" height="20"><rect width="90" height="90"/></svg>', 80),
        # A shape beside it is not seen, a line along it is by half its width.
        ('<svg width="20" height="20"><rect x="20" width="9" height="9" fill="red"/></svg>', 0),
        ('<svg width="20" height="20"><path d="M20,0V9" stroke="red"/></svg>', 9),
        # An area is closed as its fill is; one there and back is none.
        ('<path d="M0,0H30V40" fill="red"/><path d="M0,0H9" fill="red"/>', 120),
        ('<path d="M0,0H30" stroke="red" stroke-width="-2"/>', 0),
        ('<polygon points="0,0 30,0 30,40 7" stroke="red"/>', 120),
        ('<switch><foreignObject/><path d="M0,0H7" stroke="red"/></switch>', 7),
        (f'<svg width="20" height="20" transform="translate(50 0)">{BAR}</svg>', 40),
    ],
)  # fmt: skip
def test_the_edge_that_is_seen_is_drawn(body, mm):
    document = read(body)
    assert document.lines.lengths_mm.sum() == pytest.approx(mm, rel=3e-3)
    assert document.unsupported == ()


FADING = GRADIENT.format('<stop stop-color="red"/><stop offset="1" stop-opacity=".2"/>')
OVER = '<path d="M10,50H90" stroke="blue"/><path d="M30,30h40v40h-40z" fill="red" {}/>'
BANDS = (
    '<rect width="90" height="40" fill="blue"/><rect y="40" width="90" height="20" fill="#fff"/>'
    '<rect y="60" width="90" height="30" fill="red"/>'
)


@pytest.mark.parametrize(
    ("body", "mm"),
    [
        (OVER.format(""), 200),
        (OVER.format('fill-opacity="0.5"'), 240),
        (OVER.format('style="fill: rgb(255 0 0 / 50%)"'), 240),
        (f'<g opacity="0.5">{OVER.format("")}</g>', 240),
        (FADING + OVER.format('style="fill: url(#g)"'), 240),
        # The white band has no edge of its own to be drawn where it meets the others.
        (BANDS, 260 + 240),
    ],
)
def test_what_is_seen_through_or_beside_a_shape_that_hides_is_drawn(body, mm):
    lengths = read(body, hide=True).lines.lengths_mm
    assert lengths.sum() == pytest.approx(mm, abs=0.01)


def test_a_cut_area_is_hatched_within_the_cut():
    outline = read(CLIP + FULL.format('clip-path="url(#c)"'))
    hatched = read(CLIP + FULL.format('clip-path="url(#c)"'), fill="hatch")
    assert len(hatched.lines) > len(outline.lines) + 30
    assert np.hypot(*(hatched.lines.points - 50).T).max() < 20.01


@pytest.mark.parametrize(
    ("body", "drawn", "notes"),
    [
        # On a colour white is an edge of that colour, on paper it is nothing.
        (RED.format(50, "") + WHITE.format(9, ""), {"red": 2}, 0),
        (RED.format(9, "") + '<circle cx="50" r="9" fill="#fff"/>', {"red": 1}, 1),
        # A white outline of which a sliver lies on a colour is nothing all the same.
        (RED.format(50, "") + '<circle cx="59.95" cy="20" r="10" fill="#fff"/>', {"red": 1}, 1),
        (RED.format(50, "") + WHITE.format(40, "") + WHITE.format(9, 'x="9" y="9"'), {"red": 2}, 1),
        # Through a white sheen the colour below is seen.
        (
            RED.format(50, "") + WHITE.format(50, 'opacity=".2"') + WHITE.format(9, ""),
            {"red": 2},
            1,
        ),
        ('<circle r="9" fill="white"/>', {"white": 1}, 0),
        (WHITE_LINE + NAVY + WHITE_LINE + WHITE_LINE, {"navy": 1, "white": 2}, 1),
        # None of these rectangles is dark paper: white stays an edge of what is red.
        (FULL.format('fill-opacity=".1"') + ON_RED, {"green": 1, "red": 2}, 0),
        (f'<svg width="9" height="9">{GREEN}</svg>{ON_RED}', {"green": 1, "red": 2}, 0),
        (FALLING + '<circle r="9" fill="url(#g)"/>', {"#300": 1}, 1),
        (CLEAR + '<circle r="9" fill="url(#g)"/><circle r="9" fill="red"/>', {"red": 1}, 0),
    ],
)
def test_white_goes_only_over_bare_paper(body, drawn, notes):
    document = read(body)
    assert {layer.color: len(layer.lines) for layer in document.layers} == drawn
    assert len(document.unsupported) == notes


UNDER = '<rect x="10" y="10" width="80" height="80" fill="red"/>'
WHITE_ON_RED = 'stroke="white" stroke-width="3"'


@pytest.mark.parametrize(
    ("body", "white_mm"),
    [
        # A line encloses nothing, whatever its fill: its white stroke is an edge of the red.
        (f'<line x1="20" y1="50" x2="70" y2="50" {WHITE_ON_RED}/>', 50),
        (f'<path d="M20,50H70" {WHITE_ON_RED}/>', 50),
        (f'<path d="M20,50H70M20,60H70" {WHITE_ON_RED}/>', 100),
        (f'<path d="M20,50H70Z" {WHITE_ON_RED} fill="black"/>', 100),
        (f'<polyline points="20,50 40,50 70,50" {WHITE_ON_RED}/>', 50),
        (f'<polygon points="20,50 70,50" {WHITE_ON_RED}/>', 100),
        (f'<g {WHITE_ON_RED}><line x1="20" y1="50" x2="70" y2="50"/></g>', 50),
        (f'<path d="M20,50H70" {WHITE_ON_RED} stroke-dasharray="20 10"/>', 40),
        (f'<defs><path id="a" d="M20,50H70"/></defs><use href="#a" {WHITE_ON_RED}/>', 50),
        (f'<svg x="5" overflow="visible"><path d="M20,50H70" {WHITE_ON_RED}/></svg>', 50),
        (f'<path d="M20,50C30,30 60,30 70,50" {WHITE_ON_RED} fill="none"/>', 61.4),
        ('<style>line { stroke: white }</style><line x1="20" y1="50" x2="70" y2="50"/>', 50),
        ('<g color="white"><path d="M20,50H70" stroke="currentColor"/></g>', 50),
        ('<path d="M20,50H70" style="stroke: #fff; fill: navy"/>', 50),
    ],
)
@pytest.mark.parametrize("fill", ["outline", "hatch"])
def test_a_white_line_on_a_colour_is_drawn_as_an_edge_of_it(body, white_mm, fill):
    plain, lined = (read(UNDER + part, layers="color", fill=fill) for part in ("", body))
    assert [layer.color for layer in lined.layers] == ["red"]
    assert lined.unsupported == ()
    more = lined.lines.lengths_mm.sum() - plain.lines.lengths_mm.sum()
    assert more == pytest.approx(white_mm, rel=3e-3)


def test_a_white_edge_leaves_the_colour_within_it_and_is_drawn_where_it_lies_on_a_colour():
    layers = read(UNDER + f'<path d="M20,20H60V60Z" {WHITE_ON_RED} fill="blue"/>').layers
    assert [layer.color for layer in layers] == ["red", "blue"]
    half = read(RED.format(50, "") + WHITE.format(20, 'x="40" y="20"'))
    assert half.lines.lengths_mm.sum() == pytest.approx(200 + 40)


@pytest.mark.parametrize(
    ("root", "color"),
    [
        ('style="background-color:#101014"', "#101014"),
        ('style="background:navy"', "navy"),
        ('style="background:white"', None),
        ('style="background:rgba(0, 0, 0, 0.3)"', None),
        ("", None),
    ],
)
def test_the_paper_has_a_colour_and_white_ink_stays_on_it(root, color):
    lines = '<path d="M0,0H9" fill="none" stroke="white"/><path d="M0,5H9" stroke="red"/>'
    document = read(lines, f"{PAGE} {root}")
    assert document.paper_color == color
    assert len(document.lines) == (1 if color is None else 2)


def test_clip_paths_in_each_other_cost_as_much_as_they_are():
    child = '<rect x="{}" width="50" height="50" clip-path="url(#c{})"/>'
    children = ("".join(child.format(i, k) for i in range(10)) for k in range(10))
    clips = "".join(f'<clipPath id="c{k}">{body}</clipPath>' for k, body in enumerate(children, 1))
    first = '<clipPath id="c0"><rect width="90" height="90"/></clipPath>'
    assert len(read(first + clips + FULL.format('clip-path="url(#c10)"')).lines) >= 1


@pytest.mark.nightly
def test_of_a_book_as_text_the_first_letters_are_drawn_and_that_is_said():
    notes = read(f"<text>{'ab ' * 50_000}</text>").unsupported
    assert "of text only the first 100,000 letters are drawn" in notes
