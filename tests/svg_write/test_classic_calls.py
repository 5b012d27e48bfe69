"""What callers of the classic builder rely on."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from drawscape.svg.read import read_svg
from drawscape.svg_builder import Group, SVGBuilder


def test_a_group_made_by_hand():
    outer = Group({"id": "a"})
    inner = Group(parent=outer)
    inner.add_raw_svg("<path d='M0,0'/>")
    outer.add_element(inner)
    assert outer.to_string() == "<g id=\"a\">\n<g>\n<path d='M0,0'/>\n</g>\n</g>"
    assert inner.parent is outer


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
