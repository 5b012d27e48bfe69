"""Shapes and solids that hide what is behind them."""

import numpy as np
import pytest

from drawscape.geometry.mesh import Camera, Mesh
from drawscape.geometry.solids import boxes, torus
from drawscape.svg_builder import Pen, SVGBuilder

SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], dtype=float)


def canvas():
    return SVGBuilder(100, 100, pen=Pen())


def length(svg):
    return float(svg.lines().lengths_mm.sum())


def spans(svg):
    """Return from where to where the segments of two points reach, in order of x."""
    ends = [line[:, 0].round(6) for line in svg.lines() if len(line) == 2]
    return sorted((x.min(), x.max()) for x in ends)


def test_a_transform_moves_the_hatch_but_keeps_its_spacing():
    svg = canvas().translate(50, 50).scale(2).hatch(SQUARE, 2, angle=0, outline=True, stroke="red")
    assert len(svg.lines()) == 11
    assert svg.lines().bounds == (50, 50, 70, 70)
    assert canvas().hatch(SQUARE, 2, pattern="concentric").lines().closed.any()


def test_later_shapes_hide_earlier_ones():
    svg = canvas().line(0, 5, 30, 5, stroke="red").rect(10, 0, 10, 10).occlude()
    assert spans(svg) == [(0, 10), (20, 30)]
    assert 'stroke="red"' in svg.to_string()


def test_a_mask_hides_without_being_drawn():
    svg = canvas().line(0, 5, 30, 5).mask(SQUARE + np.array((10, 0)))
    assert length(svg) == 30
    assert svg.to_string().count("<line") == 1
    assert length(svg.occlude()) == pytest.approx(20)
    assert length(svg.occlude()) == pytest.approx(20)


def test_the_order_of_drawing_counts_across_layers_and_groups():
    svg = canvas()
    with svg.layer("a", color="red"):
        svg.line(0, 5, 30, 5)
    with svg.layer("b", color="blue"), svg.group(transform="translate(10 0)"):
        svg.rect(0, 0, 10, 10)
    with svg.layer("a"):
        svg.line(0, 6, 30, 6)
    svg.occlude()
    layers = {pen.name: lines for pen, lines in svg.layers()}
    assert sorted(layers["a"].lengths_mm.tolist()) == pytest.approx([10, 10, 30])
    assert layers["b"].bounds == pytest.approx((10, 0, 20, 10))


def test_a_group_that_is_open_is_hidden_by_itself_alone():
    svg = canvas().line(0, 5, 30, 5)
    with svg.group():
        svg.line(0, 6, 30, 6).circle(15, 5, 5).occlude()
    assert svg.lines()[0].tolist() == [[0, 5], [30, 5]]
    assert len([line for line in svg.lines() if len(line) == 2]) == 3


CUBE = boxes((0, 0, 0), (1, 1, 1))


def test_a_cube_shows_nine_of_its_twelve_edges_and_fills_the_frame():
    lines = SVGBuilder(100, 100, margin=10).mesh(CUBE).lines()
    low, high = lines.points.min(axis=0), lines.points.max(axis=0)
    assert np.isclose(high[1] - low[1], 80)
    # Seen along a diagonal all edges have the same length: half of the hexagon's height.
    assert np.isclose(lines.lengths_mm.sum(), 9 * 40)


def test_slices_lie_on_the_solid_and_are_hidden_behind_it():
    page = SVGBuilder(100, 100)
    seen = page.mesh(torus(), slices=12, camera=Camera.parallel(0, 60)).lines()
    bare = SVGBuilder(100, 100).mesh(torus(), camera=Camera.parallel(0, 60)).lines()
    assert seen.lengths_mm.sum() > 2 * bare.lengths_mm.sum()
    assert (seen.points >= -1e-6).all()
    assert (seen.points <= 100 + 1e-6).all()


def test_a_solid_of_nothing_draws_nothing():
    assert len(SVGBuilder(50, 50).mesh(Mesh.join([])).lines()) == 0


def test_holes_of_a_path_hide_nothing():
    ring = "M0,0 H30 V30 H0 Z M10,10 H20 V20 H10 Z"
    svg = canvas().line(-5, 15, 35, 15).path(ring).occlude()
    assert spans(svg) == [(-5, 0), (10, 20), (30, 35)]
