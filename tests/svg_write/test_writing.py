"""What is written: numerals, drafts, and all that reads back."""

import base64
import math
import pickle
import re
import xml.etree.ElementTree as ElementTree
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from HersheyFonts import HersheyFonts
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support import rounds

from drawscape.errors import GlyphError
from drawscape.geometry.lines import Lines
from drawscape.svg.attributes import CanvasWarning
from drawscape.svg.line_text import format_lines, format_number
from drawscape.svg.read import read_svg
from drawscape.svg_builder import Frame, Pen, SVGBuilder


def test_closed_lines_end_where_they_began():
    svg = SVGBuilder(100, 100, pen=Pen())
    svg.polygon([(0, 0), (5, 0), (5, 5)]).polyline([(1, 1), (2, 1), (1, 1)], closed=True)
    svg.polylines(np.arange(12.0).reshape(2, 3, 2), closed=True)
    assert svg.lines().counts.tolist() == [4, 3, 4, 4]
    assert svg.lines().closed.all()


def test_text_without_lines_is_reported_and_left_out():
    svg = SVGBuilder(10, 10, pen=Pen()).text(1, 1, "plain")
    with pytest.warns(CanvasWarning, match="lettering"):
        assert len(svg.lines()) == 0


def test_titles_and_values_are_escaped():
    svg = SVGBuilder(10, 10)
    svg.title("line\nbreak & <b>").rect(0, 0, 1, 1, {"data-a": 'q"\n\t<'})
    root = ElementTree.fromstring(svg.to_bytes())
    assert root[0].text == "line\nbreak & <b>"
    assert root[1][0].get("data-a") == 'q"\n\t<'


def test_a_picture_in_a_notebook_goes_without_the_recipe_that_the_file_has():
    svg = SVGBuilder(10, 10).rect(0, 0, 1, 1)
    bare = svg.to_bytes()
    svg.provenance = {"sketch": "rect"}
    coded = svg._repr_mimebundle_()["text/html"].partition("base64,")[2].partition('"')[0]
    assert base64.b64decode(coded) == bare
    assert b"<metadata" in svg.to_bytes()


def test_a_canvas_travels_between_processes():
    svg = SVGBuilder(100, 100, pen=Pen()).rect(0, 0, 1, 1).polyline([(0, 0), (1, 1)])
    with svg.layer("b", color="red"):
        svg.hershey_text(10, 10, "a", 0.5)
    back = pickle.loads(pickle.dumps(svg))
    assert back.to_bytes() == svg.to_bytes()
    assert (back.lines().points == svg.lines().points).all()


def test_the_frame_is_the_page_inside_its_margin():
    frame = SVGBuilder(210, 297, margin=10).frame
    assert frame == Frame(10, 10, 200, 287)
    assert (frame.width, frame.height, frame.short, frame.long) == (190, 277, 190, 277)
    assert (frame.cx, frame.cy) == (105, 148.5)
    assert frame.contains([(10, 10), (9, 50), (200, 287), (100, 288)]).tolist() == [1, 0, 1, 0]


def test_markup_added_by_hand_is_read_back_as_lines():
    svg = SVGBuilder(100, 100)
    svg.elements.append('<rect x="10" y="20" width="30" height="5" stroke="red"/>')
    svg.begin_group({"transform": "translate(1 2)"})
    svg.current_group.add_element('<path d="M0,0 h5"/>')
    svg.end_group()
    assert svg.lines()[0].max(axis=0) == pytest.approx([40, 25])
    assert svg.lines()[1] == pytest.approx(np.array([[1, 2], [6, 2]]))
    assert svg.layers()[0][0].color == "red"


def library_box(text, font="futural"):
    """Return the bounding box that the font package itself has for `text`."""
    library = HersheyFonts()
    library.load_default_font(font)
    library.render_options["spacing"] = -1
    points = np.array([point for line in library.lines_for_text(text) for point in line])
    return [*points.min(axis=0), *points.max(axis=0)]


@pytest.mark.parametrize("font", ["futural", "scripts", "gothiceng", "timesi"])
def test_the_bounding_box_is_the_font_packages_own(font):
    svg = SVGBuilder(100, 100, hershey_font_name=font)
    box = svg.get_hershey_text_bounding_box("Hello, World. 42")
    x0, y0, x1, y1 = (box[key] for key in ("min_x", "min_y", "max_x", "max_y"))
    assert [x0, y0, x1, y1] == library_box("Hello, World. 42", font)
    assert (box["width"], box["height"]) == (x1 - x0, y1 - y0)
    assert set(svg.get_hershey_text_bounding_box(" ").values()) == {0}


def test_hershey_text_is_a_titled_group_of_paths_with_its_own_attributes_before_the_canvas_s():
    svg = SVGBuilder(210, 148).hershey_text(105, 74, "A & B", 0.5)
    text = svg.to_string()
    assert '<g transform="translate(105,74) scale(0.5)">\n<title>A &amp; B</title>' in text
    assert 'fill="none" stroke="black" stroke-width="1" />' in text
    assert len(svg.elements) == 1
    svg = SVGBuilder(100, 100, {"stroke": "green", "opacity": "0.5"})
    svg.hershey_text(0, 0, "I", 1.0, {"stroke": "red"})
    assert 'stroke="red"' in svg.to_string()
    assert 'opacity="0.5"' in svg.to_string()
    assert "green" not in svg.to_string()
    svg = SVGBuilder(100, 100).centered_hershey_text(60, 40, "Hello", 0.7)
    x0, y0, x1, y1 = svg.lines().bounds
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((60, 40))


def test_classic_calls_write_accents_and_leave_out_what_the_font_lacks_with_a_warning():
    plain, accented = (len(SVGBuilder(9, 9).hershey_text(0, 0, t).lines()) for t in ("e", "é"))
    assert accented == plain + 1
    with pytest.warns(CanvasWarning, match=r"U\+6F22.*left out"):
        svg = SVGBuilder(9, 9).hershey_text(0, 0, "e漢")
    assert len(svg.lines()) == plain
    with pytest.raises(GlyphError, match=r"U\+6F22"):
        SVGBuilder(9, 9).lettering("e漢")


def test_lettering_wraps_aligns_and_follows_curves():
    svg = SVGBuilder(100, 100, pen=Pen())
    svg.lettering("Some words that wrap", 10, 20, size=4, width=30, align="justify")
    x0, _, x1, _ = svg.lines().bounds
    assert 10 <= x0 < x1 <= 40
    angles = np.linspace(np.pi, 2 * np.pi, 60)
    curve = np.column_stack([50 + 30 * np.cos(angles), 80 + 30 * np.sin(angles)])
    before = len(svg.lines())
    svg.lettering("round and round", along=curve, size=3, align="center", offset=1)
    radii = np.hypot(*(svg.lines().take(range(before, len(svg.lines()))).points - (50, 80)).T)
    assert 29 < radii.min() < radii.max() < 36


def plainly(lines):
    """Write each point by Python's own decimals."""
    rows = []
    for line in lines:
        points = [line[0], line[0]] if len(line) == 1 else list(line)
        rows.append(" ".join(f"{hundredths(x)},{hundredths(y)}" for x, y in points))
    return "".join(row + "\n" for row in rows)


def hundredths(value):
    steps = Decimal(float(value) * 100).to_integral_value(ROUND_HALF_EVEN)
    text = f"{steps / 100:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def written(lines):
    return b"".join(format_lines(lines)).decode()


coordinates = st.one_of(
    st.floats(-1200, 11_000, allow_nan=False),
    st.integers(-99_999, 999_999).map(lambda n: n / 100),
    st.integers(-2000, 60_000).map(lambda n: (n + 0.5) / 100),
    st.sampled_from([0.0, -0.0, 0.005, -0.005, -0.004, 0.015, 999.995, -999.99, 9999.98, 1e-300]),
)


shapes = st.tuples(st.integers(1, 6), st.just(2))
some_points = shapes.flatmap(lambda shape: hnp.arrays(float, shape, elements=coordinates))


@settings(max_examples=rounds(15, 200))
@given(st.lists(some_points, min_size=1, max_size=6))
@pytest.mark.slow
def test_the_table_writes_what_plain_decimals_write(parts):
    lines = Lines.of(parts)
    assert written(lines) == plainly(lines)


def test_pieces_end_anywhere_without_a_trace():
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 40, 3000)
    points = rng.uniform(-20, 300, (int(counts.sum()), 2))
    lines = Lines(points, np.concatenate(([0], np.cumsum(counts))).astype(np.int64))
    assert len(list(format_lines(lines))) > 3
    assert written(lines) == plainly(lines)


def test_a_line_of_one_point_becomes_a_dot_and_one_of_none_is_left_out():
    lines = Lines(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0, 1, 1, 3]))
    assert written(lines) == "1,2 1,2\n3,4 5,6\n"
    assert written(Lines.empty()) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.50, "10.5"), (100, "100"), (1e-9, "0"), (-1e-9, "0"), (1e9, "1000000000"),
        (0.1 + 0.2, "0.3"),
    ],
)  # fmt: skip
def test_single_numbers_are_short_and_without_exponent(value, text):
    assert format_number(value) == text
    assert math.isclose(float(text), value, abs_tol=1e-6)


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
    lambda svg, a, b: svg, lambda svg, a, b: svg.translate(a, b), lambda svg, a, b: svg.rotate(a),
    lambda svg, a, b: svg.scale(1 + abs(a) / 100, -1 - abs(b) / 100),
)  # fmt: skip


calls = st.tuples(st.sampled_from(DRAWERS), st.sampled_from(MOVES), number, number, size, size)


@settings(max_examples=rounds(20, 200))
@given(st.lists(calls, min_size=1, max_size=6), st.booleans(), st.booleans())
def test_a_reader_finds_the_lines_that_the_canvas_reports(calls, grouped, clipped):
    svg = SVGBuilder(100, 100, pen=Pen())
    for index, (drawer, move, a, b, c, d) in enumerate(calls):
        with svg.layer(f"pen {index % 2 + 1}"), svg.pushed():
            move(svg, a, b)
            if grouped:
                svg.begin_group({"transform": f"translate({a} {b}) rotate(30)"})
            drawer(svg, a, b, c, d)
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
        lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in (mine, read)]
        assert lengths[0] == pytest.approx(lengths[1], rel=0.01, abs=0.1)
        assert mine.min(axis=0) == pytest.approx(read.min(axis=0), abs=0.05)
        assert mine.max(axis=0) == pytest.approx(read.max(axis=0), abs=0.05)


def test_lines_in_an_enlarging_group_are_as_fine_as_elsewhere():
    svg = SVGBuilder(100, 100, pen=Pen())
    with svg.group(transform="scale(50)"):
        svg.polyline([(0.12345, 1), (0.5, 1)])
    assert re.search(r'points="0\.123[45],1 0\.5,1"', svg.to_string())


@pytest.mark.parametrize(
    ("stop", "quarters"), [(90, 1), (178, 178 / 90), (182, 182 / 90), (-270, 3)]
)
def test_an_arc_is_as_long_as_its_angle(stop, quarters):
    length = SVGBuilder(100, 100).arc(50, 50, 30, start=0, stop=stop).lines().lengths_mm.sum()
    assert length == pytest.approx(quarters * 15 * np.pi, rel=1e-3)


def test_an_id_of_a_group_is_in_the_file_once_when_a_layer_opens_inside_it():
    svg = SVGBuilder(100, 100)
    with svg.group(id="sun", stroke="red"), svg.layer("gold"):
        svg.circle(50, 50, 20)
    assert svg.to_string().count('id="sun"') == 1
    assert len(svg.lines()) == 1
