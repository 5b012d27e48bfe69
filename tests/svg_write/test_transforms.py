"""Where things are placed, how they are turned, and what hides them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plot_support import distances

from drawscape.drawing.affine import Matrix, parse_transform, rotation, scaling, translation
from drawscape.errors import CanvasError
from drawscape.svg.attributes import transform_text
from drawscape.svg_builder import Pen, SVGBuilder


def canvas():
    return SVGBuilder(100, 100, pen=Pen())


def test_a_pushed_block_restores_the_transform_even_after_an_error():
    svg = canvas()
    with pytest.raises(CanvasError), svg.pushed():
        svg.translate(5, 5).scale(0)
    assert svg.matrix.is_identity


def test_quarter_turns_are_exact():
    right = np.array([[1.0, 0.0]])
    turned = [rotation(angle).apply(right)[0].tolist() for angle in range(-90, 361, 90)]
    assert turned == [[0, -1], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]]


@pytest.mark.parametrize(
    ("svg", "element"),
    [
        (canvas().translate(5, 5).rect(0, 0, 2, 3), '<rect x="5" y="5" width="2" height="3" />'),
        (canvas().translate(5, 5).line(0, 0, 1, 1), '<line x1="5" y1="5" x2="6" y2="6" />'),
        (canvas().scale(-1, 1).rect(0, 0, 2, 3), '<rect x="-2" y="0" width="2" height="3" />'),
        (canvas().scale(10).circle(1, 1, 1, stroke_width=0.5),
         '<circle cx="10" cy="10" r="10" stroke-width="0.5" />'),
        (canvas().translate(3, 4).text(1, 1, "a"),
         '<text x="1" y="1" transform="matrix(1 0 0 1 3 4)">a</text>'),
        (canvas().text("12", 1, 2), '<text x="1" y="2">12</text>'),
        (canvas().text("50%", "9", "a"), '<text x="50%" y="9">a</text>'),
        (canvas().text(1, 2, 3), '<text x="1" y="2">3</text>'),
    ],
)  # fmt: skip
def test_shapes_stay_shapes_where_they_can_and_the_pen_keeps_its_width(svg, element):
    assert svg.elements == [element]


@pytest.mark.parametrize(
    "matrix", [(30, 1, 1), (77, 2, 0.5), (10, -1, 3), (0, 2, -0.7), (0, -2, 0.7)]
)
def test_every_shape_moves_as_its_points_do(matrix):
    angle, sx, sy = matrix
    plain, moved = canvas(), canvas().translate(50, 40).rotate(angle).scale(sx, sy)
    for svg in (plain, moved):
        svg.rect(1, 2, 8, 5).rect(1, 2, 8, 5, rx=2).circle(3, 3, 4).ellipse(2, 1, 7, 3)
        svg.line(0, 0, 5, 5).path("M0,0 C5,0 5,5 10,5 q3,3 6,0 a4,2 30 1 0 3,3 h-5 v2 z")
        svg.bezier(0, 0, 3, 0, 3, 3, 6, 3).arc(0, 0, 5, 3, start=20, stop=250)
        svg.curve([(0, 0), (5, 2), (7, 8)]).hershey_text(3, 4, "H", 0.2)
    expected = plain.lines(1e-4)
    actual = moved.lines(1e-4)
    assert len(expected) == len(actual) == 9 + 3
    for one, two in zip(expected, actual, strict=True):
        assert distances(moved.matrix.apply(one), two).max() < 0.021
        assert distances(two, moved.matrix.apply(one)).max() < 0.021
    placed = moved.matrix.apply(expected)
    assert actual.lengths_mm == pytest.approx(placed.lengths_mm, rel=0.01)
    assert len(moved.rect(1, 2, 0, 5).rect(1, 2, 5, 0).lines()) == len(actual)


def test_a_transform_outside_joins_a_groups_own():
    svg = canvas().translate(10, 10)
    with svg.group(transform="rotate(90)"):
        svg.polyline([(1, 0), (2, 0)])
        svg.push().translate(0, 5).polyline([(1, 0), (2, 0)]).pop()
        with pytest.raises(CanvasError):
            svg.pop()
    svg.polyline([(1, 0), (2, 0)])
    lines = [line.round(9).tolist() for line in svg.lines()]
    assert lines == [[[10, 11], [10, 12]], [[5, 11], [5, 12]], [[11, 10], [12, 10]]]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["t", "r", "s"]), max_size=5), st.integers(0, 10**6))
def test_a_matrix_reads_back_from_its_attribute(kinds, seed):
    rng = np.random.default_rng(seed)
    matrix = Matrix()
    for kind in kinds:
        x, y = rng.uniform(0.5, 3, 2).tolist()
        matrix = matrix @ {"t": translation(x, y), "r": rotation(x * 40), "s": scaling(x, y)}[kind]
    back = parse_transform(transform_text(matrix))
    points = rng.uniform(0, 10, (5, 2))
    assert back.apply(points) == pytest.approx(matrix.apply(points), abs=1e-3)


FOREIGN = """<svg xmlns="http://www.w3.org/2000/svg" width="4in" height="2in" viewBox="0 0 400 200">
<g transform="translate(100 0)"><rect x="0" y="0" width="200" height="100" stroke="red"/></g>
<g stroke="blue"><path d="M100,100 h200"/></g></svg>"""


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


def test_a_foreign_svg_is_read_from_a_file_too_and_its_layers_may_stay_layers(tmp_path):
    (tmp_path / "a.svg").write_text(FOREIGN)
    svg = canvas().add_svg(tmp_path / "a.svg", 0, 0, 50, 50, keep_layers=True)
    assert [pen.color for pen, _ in svg.layers()] == ["red", "blue"]


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
    square = np.array([[-5, -5], [5, -5], [5, 5], [-5, 5]])
    with svg.clip([4 * square, square]):
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


def test_a_clip_cuts_each_element_by_itself_and_keeps_their_order():
    svg = canvas()
    with svg.clip(rect=(10, 10, 20, 20)):
        svg.line(0, 15, 20, 15).circle(90, 90, 5).polylines([[(5, 20), (15, 20)], [(0, 0), (1, 1)]])
        svg.rotate(90, 20, 20).rect(18, 18, 4, 4).line(0, 0, 1, 1)
    found = [line.round(9).tolist() for line in svg.lines()]
    assert found[:2] == [[[10, 15], [20, 15]], [[10, 20], [15, 20]]]
    assert found[2][0] == [22, 18]
    assert len(found) == 3


SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], dtype=float)


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


def test_holes_of_a_path_and_a_line_there_and_back_hide_nothing():
    ring = "M0,0 H30 V30 H0 Z M10,10 H20 V20 H10 Z"
    svg = canvas().line(-5, 15, 35, 15).path(ring).occlude()
    assert spans(svg) == [(-5, 0), (10, 20), (30, 35)]
    svg = canvas().line(0, 5, 30, 5).polyline([(5, 5), (20, 5)], closed=True).occlude()
    assert length(svg) == pytest.approx(30 + 30)
