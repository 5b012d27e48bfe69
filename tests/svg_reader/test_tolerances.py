"""How near what is read comes to what is written: numbers to the last digit, curves within a tolerance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import SvgReadError
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder


@pytest.mark.parametrize("tolerance", [0, -1, float("nan")])
def test_a_tolerance_of_nothing_is_refused(tolerance):
    with pytest.raises(SvgReadError, match="tolerance_mm"):
        read_svg("<svg/>", tolerance_mm=tolerance)


coordinate = st.integers(-99_999, 99_999).map(lambda n: n / 100)


@given(
    lines=st.lists(
        st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6), min_size=1, max_size=8
    )
)
@settings(max_examples=60, deadline=None)
def test_what_the_canvas_writes_comes_back_to_the_last_digit(
    lines,
):
    svg = SVGBuilder(200, 100)
    with svg.layer("pen 1", color="red", width=0.4):
        svg.polylines([np.array(line) for line in lines])
    document = read_svg(svg.to_string())
    assert [[tuple(p) for p in line.tolist()] for line in document.lines] == lines
    assert (document.layers[0].color, document.layers[0].width_mm) == ("red", 0.4)


@pytest.mark.parametrize("width", [8, 800])
def test_curves_keep_within_the_tolerance_at_the_size_they_are_scaled_to(width):
    text = '<svg xmlns="http://www.w3.org/2000/svg"><circle cx="4" cy="4" r="4"/></svg>'
    svg = SVGBuilder(1000, 1000).add_svg(text, 0, 0, width, width)
    middle, radius = np.full(2, width / 2), width / 2
    (circle,) = svg.lines()
    chords = np.hypot(*((circle[1:] + circle[:-1]) / 2 - middle).T)
    assert (radius - chords).max() < 0.051
    assert len(circle) < 400
