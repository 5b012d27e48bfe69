"""Points of any kind, and shapes by their vertices."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import shapely

from drawscape.svg_builder import SVGBuilder

LINE = [[0.0, 10.0], [10.0, 10.0], [20.0, 5.0]]
SHIFTED = [[1.0, 10.0], [11.0, 10.0], [21.0, 5.0]]
COMPLEX = np.array([0 + 10j, 10 + 10j, 20 + 5j])


def only(svg):
    (line,) = svg.lines()
    return line.tolist()


@pytest.mark.parametrize(
    "points",
    [
        LINE, np.array(LINE), COMPLEX, list(COMPLEX), [0 + 10j, 10 + 10j, 20 + 5j],
        shapely.LineString(LINE), (tuple(point) for point in LINE),
        zip([0, 10, 20], [10, 10, 5], strict=True), SVGBuilder(9, 9).polyline(LINE),
    ],
)  # fmt: skip
def test_a_line_of_any_kind_of_points(points):
    assert only(SVGBuilder(50, 50).polyline(points)) == LINE


def test_a_line_of_xs_and_ys():
    assert only(SVGBuilder(50, 50).polyline([0, 10, 20], [10, 10, 5])) == LINE
    assert only(SVGBuilder(50, 50).polyline(iter([0, 10, 20]), np.array([10, 10, 5]))) == LINE


@pytest.mark.parametrize(
    "lines",
    [
        [COMPLEX, COMPLEX + 1], (line for line in (COMPLEX, COMPLEX + 1)),
        np.stack((COMPLEX, COMPLEX + 1)), [LINE, shapely.LineString(SHIFTED)],
        shapely.MultiLineString([LINE, SHIFTED]),
        SVGBuilder(50, 50).polyline(LINE).polyline(COMPLEX + 1),
        [SVGBuilder(50, 50).polyline(LINE), COMPLEX + 1],
    ],
)  # fmt: skip
def test_many_lines_of_any_kind(lines):
    drawn = [line.tolist() for line in SVGBuilder(50, 50).polylines(lines).lines()]
    assert drawn == [LINE, SHIFTED]


def test_any_geometry_is_drawn():
    ring = shapely.Point(20, 20).buffer(10).difference(shapely.Point(20, 20).buffer(5))
    dots, line = shapely.MultiPoint([(1, 1), (2, 2)]), shapely.LineString(LINE)
    mixed = shapely.GeometryCollection([ring, line, dots, shapely.Polygon()])
    lines = SVGBuilder(50, 50).polylines(mixed, stroke="red").lines()
    assert len(lines) == 5
    assert lines.closed.sum() == 2
    assert len(SVGBuilder(50, 50).polygon(ring).lines()) == 2
    assert len(SVGBuilder(50, 50).polylines(shapely.Polygon()).lines()) == 0


def test_regions_are_taken_from_anything_too():
    square = np.array([10 + 10j, 30 + 10j, 30 + 30j, 10 + 30j])
    plain = SVGBuilder(50, 50).hatch([(10, 10), (30, 10), (30, 30), (10, 30)]).lines()
    assert SVGBuilder(50, 50).hatch(square).lines().points.tolist() == plain.points.tolist()
    other = SVGBuilder(50, 50).polygon(square)
    assert SVGBuilder(50, 50).hatch(other).lines().points.tolist() == plain.points.tolist()


def test_points_triangles_and_regular_polygons():
    assert only(SVGBuilder(9, 9).point(3, 4)) == [[3, 4], [3, 4]]
    assert only(SVGBuilder(9, 9).triangle(0, 0, 5, 0, 0, 5)) == [[0, 0], [5, 0], [0, 5], [0, 0]]
    hexagon = np.array(only(SVGBuilder(50, 50).regular_polygon(20, 20, 10, 6.0)))
    assert hexagon[0] == pytest.approx([20, 10])
    assert np.hypot(*np.diff(hexagon, axis=0).T) == pytest.approx(np.full(6, 10))
    # A point is seen on a screen too.
    assert "round" in SVGBuilder(9, 9).point(1, 1).to_string()
    # A layer says so for all that is in it.
    assert SVGBuilder(9, 9).point(1, 1, pen="red").to_string().count("stroke-linecap") == 1


def test_random_numbers_and_noise_follow_their_seed():
    def numbers(seed):
        svg = SVGBuilder(9, 9).random_seed(seed)
        return (svg.random(), svg.random(5, 6), svg.random_gauss(), svg.random_choice("abc"),
                svg.noise(0.5), svg.noise(0.5, 0.5), svg.noise(0.5, 0.5, 0.5))  # fmt: skip

    used = SVGBuilder(9, 9)
    before = used.noise(0.5)
    assert used.random_seed(1).noise(0.5) == numbers(1)[4] != before
    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)
    assert 5 <= numbers(3)[1] <= 6
    assert 5 <= SVGBuilder(9, 9).random(6, 5) <= 6
    assert np.abs(SVGBuilder(9, 9).noise(np.arange(20.0))).max() > 0.05  # at whole numbers, too


def test_seeds_in_a_row_deal_each_combination_once():
    def hand(seed, *counts):
        svg = SVGBuilder(9, 9).random_seed(seed)
        return tuple(svg.deal(range(count)) for count in counts)

    hands = [hand(seed, 2, 3, 4) for seed in range(24)]
    assert hands[0] == (0, 0, 0)
    assert len(set(hands)) == 24
    assert all(one[0] != other[0] for one, other in pairwise(hands))
    assert [one[1] for one in hands[:6]] == [0, 1, 1, 2, 2, 0]  # neighbours, too, differ often
    assert hand(2**63 - 1, 2, 3, 4) == hands[(2**63 - 1) % 24]
    # Twelve seeds show each pair of values, of any two of the deals.
    for one, other in combinations(zip(*(hand(s, 4, 3, 3, 3) for s in range(12)), strict=True), 2):
        assert len({*zip(one, other, strict=True)}) >= 9


def test_a_layer_inside_a_group_takes_the_groups_transform_and_stands_at_the_top():
    svg = SVGBuilder(100, 100)
    with svg.group(transform="translate(10 20)", stroke_dasharray="2"):
        svg.line(0, 0, 5, 0)
        with svg.layer("red", color="red"):
            svg.line(0, 0, 1, 0)
            svg.translate(1, 1).line(0, 0, 1, 0)
        svg.line(0, 5, 5, 5)
    assert svg.current_group is None
    layers = {pen.name: lines for pen, lines in svg.layers()}
    assert [line.tolist() for line in layers["red"]] == [[[10, 20], [11, 20]], [[11, 21], [12, 21]]]
    assert len(layers["pen 2" if "pen 2" in layers else "pen 1"]) == 2
    assert svg.to_string().count("stroke-dasharray") == 2


def drawn(corners, *, closed=False, canvas=None):
    """The `d` of a shape; a corner is (x, y), a smooth one (x, y, True)."""
    svg = canvas or SVGBuilder(100, 100)
    with svg.shape(closed=closed) as shape:
        for x, y, *smooth in corners:
            (shape.curve_vertex if smooth else shape.vertex)(x, y)
    return svg.elements[-1].partition(' d="')[2].partition('"')[0]


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


def test_a_closed_shape_is_the_same_from_any_first_vertex():
    corners = [(50, 10), (65, 40, True), (50, 55, True), (35, 40, True)]
    whole = {drawn(corners[n:] + corners[:n], closed=True) for n in range(4)}
    assert len(whole) == 1
    assert "L" not in whole.pop()


def test_the_transform_moves_a_shape_as_it_moves_its_vertices():
    svg = SVGBuilder(100, 100)
    svg.translate(5, 7).scale(2, 1)
    moved = drawn([(0, 0), (10, 0, True), (10, 10)], canvas=svg)
    assert moved == drawn([(5, 7), (25, 7, True), (25, 17)])
