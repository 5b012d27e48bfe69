"""Foreign drawings in a box, lines kept in a region."""

import numpy as np
import pytest

from drawscape.errors import CanvasError, SvgReadError
from drawscape.svg_builder import Pen, SVGBuilder

FOREIGN = """<svg xmlns="http://www.w3.org/2000/svg" width="4in" height="2in" viewBox="0 0 400 200">
<g transform="translate(100 0)"><rect x="0" y="0" width="200" height="100" stroke="red"/></g>
<g stroke="blue"><path d="M100,100 h200"/></g></svg>"""


def canvas():
    return SVGBuilder(100, 100, pen=Pen())


@pytest.mark.parametrize(
    ("box", "bounds"),
    [
        ({"width": 80, "height": 80}, (10, 30, 90, 70)),
        ({"width": 40}, (10, 10, 50, 30)),
        ({"height": 10}, (10, 10, 30, 20)),
        ({}, (10, 10, 60.8, 35.4)),
    ],
)
def test_a_foreign_svg_fills_its_box_centred_and_unstretched(box, bounds):
    svg = canvas().add_svg(FOREIGN, 10, 10, **box)
    assert svg.lines().bounds == pytest.approx(bounds)
    assert len(svg.layers()) == 1


def test_foreign_layers_may_stay_layers():
    svg = canvas().add_svg(FOREIGN, 0, 0, 50, 50, keep_layers=True)
    assert [pen.color for pen, _ in svg.layers()] == ["red", "blue"]


def test_a_foreign_svg_is_read_from_a_file_too(tmp_path):
    path = canvas().circle(50, 50, 20).save(tmp_path / "a.svg")
    assert canvas().add_svg(path, 0, 0, 10, 10).lines().bounds == pytest.approx(
        (0, 0, 10, 10), abs=0.02
    )


def test_what_holds_no_lines_or_is_no_svg_is_refused():
    empty = '<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>'
    with pytest.raises(SvgReadError, match=r"no lines.*image"):
        canvas().add_svg(empty, 0, 0, 10, 10)
    with pytest.raises(SvgReadError):
        canvas().add_svg("<svg", 0, 0, 10, 10)
    with pytest.raises(CanvasError, match="box"):
        canvas().add_svg(FOREIGN, 0, 0, 0, 10)


def test_a_clip_keeps_lines_inside_its_region_and_their_styles():
    svg = canvas()
    with svg.clip(rect=(10, 10, 20, 20)):
        svg.line(0, 15, 100, 15, stroke="red").circle(20, 20, 12, stroke_width=0.5)
        svg.polyline([(0, 0), (100, 100)]).hershey_text(12, 20, "A", 0.3)
    svg.line(0, 50, 100, 50)
    x0, y0, x1, _ = svg.lines().take(range(len(svg.lines()) - 1)).bounds
    assert (x0, y0, x1) == pytest.approx((10, 10, 30))
    assert 'stroke="red"' in svg.to_string()
    assert 'stroke-width="0.5"' in svg.to_string()
    assert svg.lines().bounds[2] == 100


def test_a_clip_knows_holes_transforms_groups_and_layers():
    svg = canvas()
    with svg.layer("old", color="red"):
        svg.line(0, 1, 100, 1)
    svg.translate(50, 50)
    ring = [
        np.array([[-20, -20], [20, -20], [20, 20], [-20, 20]]),
        np.array([[-5, -5], [5, -5], [5, 5], [-5, 5]]),
    ]
    with svg.clip(ring):
        with svg.group(transform="rotate(90)"):
            svg.polyline([(-40, 0), (40, 0)])
        for name in ("old", "new"):
            with svg.layer(name):
                svg.polyline([(-40, 0), (40, 0)])
    layers = {pen.name: lines for pen, lines in svg.layers()}
    assert [line[:, 0].tolist() for line in layers["old"]][1:] == [[30, 45], [55, 70]]
    assert [line[:, 0].tolist() for line in layers["new"]] == [[30, 45], [55, 70]]
    assert [line[:, 1].round(6).tolist() for line in layers["pen 1"]] == [[30, 45], [55, 70]]
    assert layers["old"][0].tolist() == [[0, 1], [100, 1]]


def test_one_region_is_given_at_a_time():
    with pytest.raises(CanvasError, match="one region"), canvas().clip():
        pass
    with (
        pytest.raises(CanvasError, match="one region"),
        canvas().clip(rect=(0, 0, 1, 1), circle=(0, 0, 1)),
    ):
        pass


def test_the_bounding_box_of_an_svg_is_in_its_own_units():
    box = canvas().calculate_bounding_box(FOREIGN)
    expected = {"min_x": 100, "max_x": 300, "min_y": 0, "max_y": 100, "width": 200, "height": 100}
    assert box == pytest.approx(expected)
