"""What the file holds is what the canvas says it draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.svg.read import read_svg
from drawscape.svg_builder import Pen, SVGBuilder

number = st.floats(-50, 150).map(lambda value: round(value, 3))
size = st.floats(0.5, 60).map(lambda value: round(value, 3))

DRAWERS = (
    lambda svg, a, b, c, d: svg.line(a, b, b, a + 1),
    lambda svg, a, b, c, d: svg.rect(a, b, c, d),
    lambda svg, a, b, c, d: svg.rect(a, b, c, d, rx=c / 4),
    lambda svg, a, b, c, d: svg.circle(a, b, c),
    lambda svg, a, b, c, d: svg.ellipse(a, b, c, d),
    lambda svg, a, b, c, d: svg.polyline([(a, b), (c, d), (b, c)]),
    lambda svg, a, b, c, d: svg.polygon([(a, b), (c, d), (b, c)]),
    lambda svg, a, b, c, d: svg.bezier(a, b, c, d, b, a, d, c),
    lambda svg, a, b, c, d: svg.arc(a, b, c, d, start=10, stop=200),
    lambda svg, a, b, c, d: svg.curve([(a, b), (c, d), (b, c), (d, a)], closed=True),
    lambda svg, a, b, c, d: svg.path(f"M{a},{b} q{c},{d} {d},{c} t5,5 h3 v-3 z"),
    lambda svg, a, b, c, d: svg.hershey_text(a, b, "Ag", 0.2),
    lambda svg, a, b, c, d: svg.lettering("Ag", a, b, size=3),
    lambda svg, a, b, c, d: svg.hatch([(a, b), (a + c, b), (a, b + d)], 5),
)
MOVES = (
    lambda svg, a, b: svg.translate(a, b),
    lambda svg, a, b: svg.rotate(a),
    lambda svg, a, b: svg.scale(1 + abs(a) / 100, -1 - abs(b) / 100),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(DRAWERS) - 1), st.integers(0, len(MOVES)), number, number, size, size
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
    st.booleans(),
)
def test_a_reader_finds_the_lines_that_the_canvas_reports(calls, grouped, clipped):
    svg = SVGBuilder(100, 100, pen=Pen())
    for index, (drawer, move, a, b, c, d) in enumerate(calls):
        with svg.layer(f"pen {index % 2 + 1}"), svg.pushed():
            if move < len(MOVES):
                MOVES[move](svg, a, b)
            if grouped:
                svg.begin_group({"transform": f"translate({a} {b}) rotate(30)"})
            DRAWERS[drawer](svg, a, b, c, d)
            if grouped:
                svg.end_group()
    if clipped:
        with svg.clip(circle=(50, 50, 30)):
            svg.polyline([(0, 0), (100, 100)])
    ours, theirs = svg.lines(0.01), read_svg(svg.to_bytes(), tolerance_mm=0.01).lines
    assert len(ours) == len(theirs)
    for mine, read in zip(ours, theirs, strict=True):
        assert mine[0] == pytest.approx(read[0], abs=0.02)
        assert mine[-1] == pytest.approx(read[-1], abs=0.02)
        assert length(mine) == pytest.approx(length(read), rel=0.01, abs=0.1)
        assert mine.min(axis=0) == pytest.approx(read.min(axis=0), abs=0.05)
        assert mine.max(axis=0) == pytest.approx(read.max(axis=0), abs=0.05)


def length(line):
    return float(np.hypot(*np.diff(line, axis=0).T).sum())
