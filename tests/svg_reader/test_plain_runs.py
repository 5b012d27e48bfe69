"""Long rows of polylines are read at once, with the same result as through the XML parser."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.geometry.lines import Lines
from drawscape.sketches import draw
from drawscape.svg.read import read_svg
from drawscape.svg.read.tree import parse_xml, tree_with_runs
from drawscape.svg_builder import SVGBuilder


def same(one, two):
    """Return whether two documents are the same to the bit."""

    def facts(document):
        page = (document.width_mm, document.height_mm, document.unsupported, document.metadata)
        return page, [(layer.name, layer.color, layer.width_mm) for layer in document.layers]

    arrays = [
        (a, b)
        for left, right in zip(one.layers, two.layers, strict=False)
        for a, b in (
            (left.lines.points.view(np.int64), right.lines.points.view(np.int64)),
            (left.lines.offsets, right.lines.offsets),
        )
    ]
    return facts(one) == facts(two) and all(np.array_equal(a, b) for a, b in arrays)


def slowly(data, **options):
    """Return what the XML parser sees: nothing is lifted out."""
    return read_svg(parse_xml(data), **options)


@st.composite
def drawings(choose):
    """Files of ours: layers with long and short rows, shapes between them, transforms, dashes, any style."""
    rng = np.random.default_rng(choose(st.integers(0, 2**32)))
    reach = choose(st.sampled_from((5, 200, 9000, 99_000)))
    svg = SVGBuilder(200, 300)

    def row(points):
        longest = choose(st.sampled_from((3, 9, 500)))
        counts = rng.integers(1, longest, max(2 * points // longest, 2))
        points = rng.uniform(-reach / 9, reach, (counts.sum(), 2))
        return Lines.from_counts(points.round(choose(st.integers(0, 2))), counts)

    for number in range(choose(st.integers(1, 3))):
        color = choose(st.sampled_from(("black", "white", "#c00", "none", "rgba(0,0,0,0)")))
        with svg.layer(f"pen {number}", color=color, width=choose(st.sampled_from((0.3, 1.0)))):
            dashes = choose(
                st.sampled_from(({}, {"stroke_dasharray": "90000 20000"}, {"opacity": 0}))
            )
            with svg.group(transform=choose(st.sampled_from(("", "rotate(30)", "scale(2)")))):
                svg.polylines(row(9000), **dashes)
            svg.polylines(row(5))
            if choose(st.booleans()):
                svg.circle(50, 50, 20)
    return svg.to_bytes()


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(drawings(), st.sampled_from(("auto", "group", "color", "none")))
def test_a_file_of_ours_is_read_as_the_parser_reads_it(data, layers):
    assert same(read_svg(data, layers=layers), slowly(data, layers=layers))


def test_the_rows_of_a_drawing_are_lifted_out():
    data = draw("flow_field", 297, 420, seed=3).to_bytes()
    root = tree_with_runs(data)
    assert root is not None
    assert [len(group.children) < 20 for group in root.children] == [True] * len(root.children)
    assert same(read_svg(data), slowly(data))
    assert same(read_svg(data, fill="hatch"), slowly(data, fill="hatch"))


LINE = '<polyline points="1,2 30.25,-4" />\n'
ROW = LINE * 1500
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm" viewBox="0 0 9 9">\n'
STROKED = '<g fill="none" stroke="black">\n'


@pytest.mark.parametrize(
    "body",
    [
        f"<style>polyline + polyline {{ stroke: red }}</style>{STROKED}{ROW}</g>",
        f"<!--\n{ROW}-->{STROKED}{LINE}</g>",
        f"<defs><marker id='m'><circle r='1'/></marker></defs><g marker-mid='url(#m)'>\n{ROW}</g>",
        f"<clipPath id='c'>\n{ROW}</clipPath>{STROKED}{LINE}</g>",
        f"<g id='g' stroke='red'>\n{ROW}</g><use href='#g' x='5'/>",
        f"<text>\n{ROW}</text>{STROKED}{LINE}</g>",
        *(
            f"{STROKED}{ROW}{LINE.replace('30.25,-4', odd)}{ROW}</g>"
            for odd in (
                *("1,2 3", "1 2 3 4", "1,2,3,4", "1,,2 3,4", "1,2  3,4", "-,1 2,3", "1-2 3,4"),
                *(
                    "1..5,2 3,4",
                    "123456789,1 2,3",
                    "1.,2 .5,4",
                    "1-5,2 3,4",
                    ".,1 2,3",
                    "-0,0 -0,5",
                ),
                *(" 1,2 3,4", "1,2 3,4 ", "5,5"),
            )
        ),
    ],
)
def test_what_is_unlike_ours_is_read_as_ever(body):
    data = f"{HEAD}{body}</svg>".encode()
    assert same(read_svg(data), slowly(data))


def test_a_zipped_file_and_a_broken_one_are_read_as_ever():
    data = f"{HEAD}{STROKED}{ROW}</g></svg>".encode()
    assert same(read_svg(gzip.compress(data)), slowly(data))
    with pytest.raises(ValueError, match="not well-formed"):
        read_svg(data.replace(b"</g>", b""))
