"""Shapes given vertex by vertex: sharp, smooth, closed, moved."""

import numpy as np
import pytest

from drawscape.errors import CanvasError
from drawscape.svg_builder import SVGBuilder


def drawn(corners, *, closed=False, canvas=None):
    """The `d` of a shape; a corner is (x, y), a smooth one (x, y, True)."""
    svg = canvas or SVGBuilder(100, 100)
    with svg.shape(closed=closed) as shape:
        for x, y, *smooth in corners:
            (shape.curve_vertex if smooth else shape.vertex)(x, y)
    return svg.elements[-1].partition(' d="')[2].partition('"')[0]


def test_corners_alone_are_a_polyline():
    assert drawn([(10, 10), (20, 30), (40, 5)]) == "M10,10 L20,30 L40,5"
    assert drawn([(10, 10), (20, 30), (40, 5)], closed=True) == "M10,10 L20,30 L40,5 L10,10 Z"


@pytest.mark.parametrize("closed", [False, True])
def test_smooth_vertices_alone_are_the_curve_through_them(closed):
    points = [(10, 10), (30, 50), (60, 20), (90, 80)]
    curve = SVGBuilder(100, 100).curve(points, closed=closed).elements[-1]
    assert f'd="{drawn([(*p, True) for p in points], closed=closed)}"' in curve


def test_the_line_is_straight_between_corners_and_bends_on_both_sides_of_a_smooth_vertex():
    d = drawn([(0, 0), (10, 0), (20, 10, True), (30, 0), (40, 0)])
    assert [part[0] for part in d.split() if part[0].isalpha()] == ["M", "L", "C", "C", "L"]
    before, after = (part.split()[:3] for part in d.split("C")[1:])
    into, out = (np.array(p.split(","), dtype=float) for p in (before[1], after[0]))
    assert (into + out) / 2 == pytest.approx((20, 10))  # one tangent: no corner there


def test_a_closed_shape_is_the_same_whichever_vertex_comes_first():
    corners = [(50, 10), (65, 40, True), (50, 55, True), (35, 40, True)]
    whole = {drawn(corners[n:] + corners[:n], closed=True) for n in range(4)}
    assert len(whole) == 1
    assert "L" not in whole.pop()


def test_the_transform_moves_a_shape_as_it_moves_its_vertices():
    svg = SVGBuilder(100, 100)
    svg.translate(5, 7).scale(2, 1)
    moved = drawn([(0, 0), (10, 0, True), (10, 10)], canvas=svg)
    assert moved == drawn([(5, 7), (25, 7, True), (25, 17)])


def test_style_and_layer_are_those_of_any_line():
    svg = SVGBuilder(100, 100)
    with svg.layer("red", color="red"), svg.shape(stroke_dasharray="4 2") as shape:
        shape.vertex(0, 0).vertex(10, 10)
    (layer,) = svg.document().layers
    assert (layer.name, layer.color) == ("red", "red")
    assert 'd="M0,0 L10,10" stroke-dasharray="4 2"' in svg.to_string()


@pytest.mark.parametrize(("count", "named"), [(0, "no vertices"), (1, "1 vertex")])
def test_too_few_vertices_are_named(count, named):
    with pytest.raises(CanvasError, match=named):
        drawn([(10, 10)] * count)


def test_a_vertex_that_is_not_finite_and_a_block_that_raises_draw_nothing():
    svg = SVGBuilder(100, 100)
    with pytest.raises(CanvasError, match="not finite"), svg.shape() as shape:
        shape.vertex(0, 0).vertex(1, 1).vertex(float("nan"), 2)
    assert svg.elements == []
