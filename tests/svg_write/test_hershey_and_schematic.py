"""Calls of older versions, and of the classic builder."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from drawscape.svg.read import read_svg
from drawscape.svg_builder import Group, SVGBuilder

SCHEMATIC = (
    '<?xml version="1.0"?><svg width="40" height="20" viewBox="0 0 40 20" '
    'xmlns="http://www.w3.org/2000/svg">'
    '<rect width="40" height="20" stroke="red" stroke-width="2" fill="none"/>'
    '<path d="M0,0L9,9" style="stroke: #00f; stroke-width:3; fill:none"/><g stroke="none"/></svg>'
)


def test_a_schematic_fits_below_the_titles_and_inside_the_border():
    svg = SVGBuilder(200, 150)
    with svg.group({"id": "titles"}):
        svg.hershey_text(20, 30, "TITLE", 0.5)
    with svg.group({"id": "other"}):
        svg.rect(0, 120, 200, 30)
    assert svg.add_schematic(SCHEMATIC, "teal") is svg
    title_ends = max(line[:, 1].max() for line in svg.copied(svg.elements[:1]).lines())
    group = svg.elements[-1]
    box = svg.copied([group]).lines().bounds
    assert box[0] >= 10 - 1e-6
    assert box[2] <= 190 + 1e-6
    assert box[1] >= title_ends - 1e-6
    assert box[3] <= 140 + 1e-6
    assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(2)
    # The older service fills 85 % of the room.
    room = min(180 / 40, (140 - title_ends) / 20)
    assert box[2] - box[0] == pytest.approx(0.85 * 40 * room)
    assert (box[0] + box[2]) / 2 == pytest.approx(100)
    text = str(group)
    assert text.count("teal") == 2
    assert "red" not in text
    assert 'stroke="none"' in text
    assert 'stroke-width="2"' in text


def test_the_parts_of_an_svg():
    svg = SVGBuilder(9, 9)
    attributes, inner = svg.extract_svg_contents(SCHEMATIC)
    assert attributes.startswith(' width="40" height="20" viewBox="0 0 40 20"')
    assert inner.startswith("<rect")
    assert inner.endswith('<g stroke="none"/>')
    assert svg.extract_svg_contents("<g/>") == ("", "")
    inked = svg.process_schematic_strokes('<a stroke = "red" stroke-width="2"/>', "b")
    assert inked == '<a stroke = "b" stroke-width="2"/>'


INKSCAPE = """<svg xmlns:inkscape="http://i" xmlns:sodipodi="http://s" xmlns:xlink="http://l" id="a">
<sodipodi:namedview id="b"><inkscape:grid/></sodipodi:namedview><metadata>x</metadata><defs id="c"/>
<g inkscape:label="L" stroke="none"><path d="M0 0L8 8"/></g>
<g sodipodi:nodetypes="cc"><path d="M0 0L8 8"/><circle r="4" stroke="none"/></g>
<g style="stroke:#000"><path id="p" d="M0 0L8 8"/></g><use xlink:href="#p" x="9"/></svg>"""


def test_what_only_an_editor_reads_is_left_out_and_bare_shapes_get_a_stroke():
    svg = SVGBuilder(90, 90, {"opacity": "0.5"})
    attributes, inner = svg.extract_svg_contents(INKSCAPE)
    assert attributes == ' xmlns:xlink="http://l" id="a"'
    inked = svg.process_schematic_strokes(inner, "teal")
    assert [row for row in inked.splitlines() if row] == [
        '<g stroke="none"><path d="M0 0L8 8"/></g>',
        '<g><path stroke="teal" d="M0 0L8 8"/><circle r="4" stroke="none"/></g>',
        '<g style="stroke:teal"><path id="p" d="M0 0L8 8"/></g><use xlink:href="#p" x="9"/>',
    ]
    # A prefix that is not declared would be no XML.
    placed = svg.add_schematic(INKSCAPE, "teal").to_string()
    assert ElementTree.fromstring(placed.encode())[0].get("fill") == "none"
    assert [layer.color for layer in read_svg(placed).layers] == ["teal"]


def test_a_schematic_keeps_clear_of_titles_in_other_groups_and_of_plain_text():
    svg = SVGBuilder(200, 150)
    with svg.group({"transform": "translate(0, 40)"}), svg.group({"id": "titles"}):
        svg.text(20, 30, "TITLE", {"font-size": "8"})
    svg.begin_group({"id": "schematic"}).add_schematic(SCHEMATIC).end_group()
    top = svg.copied(svg.elements[1:]).lines().bounds[1]
    assert 70 + 0.07 * 65 < top < 70 + 0.08 * 65 + 5
    assert svg.to_string().count('id="schematic"') == 1


def test_the_small_helpers():
    svg = SVGBuilder(9, 9, {"stroke": "navy"})
    assert svg._add_element("<g/>")._add_element("<!-- Line 1: 4 mm -->") is svg
    assert svg.elements == ["<g/>", "<!-- Line 1: 4 mm -->"]
    assert len(svg.lines()) == 0
    assert svg._format_attrs({"a": 1, "b": "<"}) == ' stroke="navy" a="1" b="&lt;"'
    assert SVGBuilder(9, 9)._format_attrs({}) == ""
    assert svg._escape_xml("a & b") == "a &amp; b"
    xs = [x for line in svg.hershey_font.lines_for_text("Hello World") for x, _ in line]
    assert max(xs) - min(xs) == 156


def test_a_group_made_by_hand():
    outer = Group({"id": "a"})
    inner = Group(parent=outer)
    inner.add_raw_svg("<path d='M0,0'/>")
    outer.add_element(inner)
    assert outer.to_string() == "<g id=\"a\">\n<g>\n<path d='M0,0'/>\n</g>\n</g>"
    assert inner.parent is outer


@pytest.mark.parametrize(
    ("body", "box"),
    [
        ('<rect x="1" y="2" width="3" height="4" wobble:a="b"/>', (1, 2, 4, 6)),
        ('<rect x="1" y="2" width="3" height="4" id="a" id="b"/>', (1, 2, 4, 6)),
        ("<title>a&nbsp;b</title><line x1='1' x2='4' y1='2' y2='6'/>", (1, 2, 4, 6)),
        ("<g><line x1='1' x2='4' y1='2' y2='6'/><text display='none'>a", (1, 2, 4, 6)),
    ],
)
def test_a_bounding_box_of_what_is_not_quite_xml(body, box):
    found = SVGBuilder(9, 9).calculate_bounding_box(f'<svg viewBox="0 0 10">{body}</svg>')
    assert [found[k] for k in ("min_x", "min_y", "max_x", "max_y")] == pytest.approx(box)


def test_the_bounding_box_of_text_is_estimated():
    found = SVGBuilder(9, 9).calculate_bounding_box('<svg><text x="10" y="50" font-size="10">Ham')
    assert 15 < found["width"] < 30
    assert found["min_x"] == pytest.approx(10, abs=2)
    assert SVGBuilder(9, 9).calculate_bounding_box('<svg viewBox="0 0 10"></svg>')["width"] == 0


def test_numbers_as_older_callers_have_them():
    for size in ("100", "1e2", Decimal("100"), 100.0):
        assert SVGBuilder(size, 50).to_string() == SVGBuilder(100, 50).to_string()
    svg = SVGBuilder(Decimal("100.5"), 50).rect(Decimal("1.5"), "2", 3, 4)
    assert svg.elements[0].startswith('<rect x="1.5" y="2"')
    assert svg.width == 100.5
    with svg.group({"transform": "translate(10px, 20px) rotate(90deg)"}):
        svg.line(0, 0, 5, 0)
    assert [line.tolist() for line in svg.lines()][-1][-1] == pytest.approx([10, 25])


def test_an_element_without_a_pen_shows_as_a_stroke_and_its_string_stays():
    svg = SVGBuilder(60, 60).rect(10, 10, 50, 50)
    svg.circle(9, 9, 2, stroke="red").rect(0, 0, 5, 5, fill="blue")
    assert svg.elements[0] == '<rect x="10" y="10" width="50" height="50" />'
    first, second, third = ElementTree.fromstring(svg.to_bytes())
    paint = [(one.get("fill"), one.get("stroke")) for one in (first, second)]
    assert paint == [("none", "black"), ("none", None)]
    assert (first[0].get("width"), second[0].get("stroke")) == ("50", "red")
    assert (third.tag.rpartition("}")[2], third.get("fill")) == ("rect", "blue")
    assert [layer.color for layer in read_svg(svg.to_string()).layers] == ["black", "red", "blue"]


def test_what_older_callers_look_for_in_elements_and_document():
    svg = SVGBuilder(100, 100, {"stroke": "black", "fill": "none"})
    svg.rect(10, 10, 20, 20, {}).rect(40, 40, 20, 20, {"fill": "red"})
    svg.text(5, 5, "& <special> \"chars\" 'too'", {"font-family": '"A" & <B>'})
    svg.begin_group({"transform": "translate(50,50)"}).rect(0, 0, 20, 20).end_group()
    plain, red, text, group = map(str, svg.elements)
    assert 'stroke="black" fill="none"' in plain
    assert 'stroke="black" fill="red"' in red
    assert "&amp; &lt;special&gt; &quot;chars&quot; &#39;too&#39;" in text
    assert 'font-family="&quot;A&quot; &amp; &lt;B&gt;"' in text
    assert '<g transform="translate(50,50)">' in group
    document = svg.to_string()
    assert document.startswith('<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n')
    assert 'width="100mm" height="100mm" viewBox="0 0 100 100"' in document
    assert document.rstrip().endswith("</svg>")
