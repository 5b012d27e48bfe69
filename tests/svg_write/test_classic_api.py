"""The classic calls, as callers of the class of that name rely on them."""

from decimal import Decimal

import pytest

from drawscape.errors import CanvasError, GeometryError
from drawscape.svg_builder import SVGBuilder


def test_a_shape_is_a_string_with_attributes_in_the_order_given():
    svg = SVGBuilder(100, 100)
    svg.rect(0, 0, 50, 50, {"fill": "blue"})
    assert svg.elements == ['<rect x="0" y="0" width="50" height="50" fill="blue" />']
    assert isinstance(svg.elements[0], str)


def test_the_document_has_the_header_that_callers_look_for():
    text = SVGBuilder(100, 100).rect(0, 0, 50, 50).to_string()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n')
    assert 'width="100mm" height="100mm" viewBox="0 0 100 100"' in text
    assert text.rstrip().endswith("</svg>")


def test_attributes_override_default_styles():
    svg = SVGBuilder(100, 100, {"stroke": "black", "fill": "none"})
    svg.rect(10, 10, 20, 20, {}).rect(40, 40, 20, 20, {"fill": "red"})
    assert 'stroke="black" fill="none"' in svg.elements[0]
    assert 'stroke="black" fill="red"' in svg.elements[1]


def test_text_and_values_are_escaped_quotes_too():
    svg = SVGBuilder(100, 100)
    svg.text(50, 50, "Test & <special> \"chars\" 'too'", {"font-family": '"A" & <B>'})
    assert "Test &amp; &lt;special&gt; &quot;chars&quot; &#39;too&#39;" in svg.elements[0]
    assert 'font-family="&quot;A&quot; &amp; &lt;B&gt;"' in svg.elements[0]


def test_a_group_is_one_element_at_root_level():
    svg = SVGBuilder(100, 100)
    svg.rect(0, 0, 10, 10)
    svg.begin_group({"transform": "translate(50,50)"}).rect(0, 0, 20, 20).circle(10, 10, 5)
    svg.end_group().line(0, 0, 100, 100)
    assert len(svg.elements) == 3
    text = svg.to_string()
    assert '<g transform="translate(50,50)">' in text
    assert "</g>" in text


@pytest.mark.parametrize("size", ["100", "1e2", Decimal("100"), 100.0])
def test_a_size_may_be_a_number_s_text(size):
    assert SVGBuilder(size, 50).to_string() == SVGBuilder(100, 50).to_string()


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf"), "wide", "0", "", None, True])
def test_sizes_that_are_not_finite_and_positive_are_refused(size):
    with pytest.raises(CanvasError):
        SVGBuilder(size, 100)
    with pytest.raises(CanvasError):
        SVGBuilder(100, size)


@pytest.mark.parametrize("x", ["left", "5 mm x", "", "nan", "inf", "1e", "--3"])
def test_text_that_is_no_length_is_refused(x):
    with pytest.raises(CanvasError, match=r"coordinate '.*' is not a number"):
        SVGBuilder(100, 100).line(x, 0, 1, 1)


@pytest.mark.parametrize("x", ["50%", "2cm", "-.5", "+1.5E2", "7.", " 3mm "])
def test_text_that_is_a_length_stays_as_it_is(x):
    assert f'x1="{x}"' in SVGBuilder(100, 100).line(x, 0, 1, 1).to_string()


@pytest.mark.parametrize("d", ["M 0 0 L x", "M0,0 L5,5 <", None, 5])
def test_what_is_no_path_data_is_refused_moved_or_not(d):
    for canvas in (SVGBuilder(100, 100), SVGBuilder(100, 100).translate(1, 1)):
        with pytest.raises(CanvasError, match=r"path data .* cannot be read"):
            canvas.path(d)


@pytest.mark.parametrize("draw", ["polyline", "polygon", "curve", "hatch"])
def test_ragged_points_are_refused_in_words(draw):
    with pytest.raises(GeometryError, match="array"):
        getattr(SVGBuilder(100, 100), draw)([(0, 0), (1,)])


def test_attributes_that_are_no_dict_are_refused():
    with pytest.raises(CanvasError, match="attrs 10: give a dict"):
        SVGBuilder(100, 100).text(5, 5, "x", 10)
