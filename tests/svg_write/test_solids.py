"""Solids on the canvas: what they hide is not drawn, and they fill the frame."""

import numpy as np
import pytest

from drawscape.errors import CanvasError
from drawscape.geometry.camera import Camera
from drawscape.geometry.mesh import Mesh
from drawscape.geometry.solids import boxes, torus
from drawscape.svg_builder import SVGBuilder

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


def test_one_solid_hides_another():
    front = boxes((0, -3, 0), (1, -2, 1))
    both = SVGBuilder(50, 50).mesh(Mesh.join([CUBE, front]), camera=Camera.parallel(0, 0)).lines()
    alone = SVGBuilder(50, 50).mesh(front, camera=Camera.parallel(0, 0)).lines()
    assert np.isclose(both.lengths_mm.sum(), alone.lengths_mm.sum())


def test_bad_slices_and_nothing_to_draw():
    with pytest.raises(CanvasError, match="slices=-1: give 0 or more"):
        SVGBuilder(50, 50).mesh(CUBE, slices=-1)
    assert len(SVGBuilder(50, 50).mesh(Mesh.join([])).lines()) == 0
