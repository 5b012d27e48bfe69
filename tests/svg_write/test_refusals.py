"""What a canvas cannot draw is refused, by words that name it."""

import numpy as np
import pytest

from drawscape.drawing.affine import parse_transform
from drawscape.errors import CanvasError, GeometryError, SvgReadError
from drawscape.geometry.lines import Lines
from drawscape.geometry.solids import boxes
from drawscape.svg.read import read_svg
from drawscape.svg_builder import Pen, SVGBuilder

NAN, INF = float("nan"), float("inf")
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>'
SQUARE, CUBE = [(0, 0), (9, 0), (9, 9), (0, 9)], boxes((0, 0, 0), (1, 1, 1))
CIRCLE = '<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'


def shape(svg, *vertices):
    with svg.shape() as drawn:
        for vertex in vertices:
            drawn.vertex(*vertex)


def clip(svg, **regions):
    with svg.clip(**regions):
        pass


@pytest.mark.parametrize(
    ("words", "call"),
    [
        *(("is not a number", lambda svg, x=x: svg.line(x, 0, 1, 1))
          for x in ("left", "5 mm x", "", "nan", "inf", "1e", "--3")),
        ("not finite", lambda svg: svg.circle(INF, 0, 1)),
        ("finite", lambda svg: svg.polyline([(0, 0), (NAN, 1)])),
        ("beyond all paper", lambda svg: svg.line(1e300, 1, 2, 2)),
        *(("path data .* cannot be read", lambda svg, d=d: svg.path(d))
          for d in ("M 0 0 L x", "M0,0 L5,5 <", None, 5)),
        ("path data .* cannot be read", lambda svg: svg.translate(1, 1).path("M 0 0 L x")),
        *(("array", lambda svg, name=name: getattr(svg, name)([(0, 0), (1,)]))
          for name in ("polyline", "polygon", "curve", "hatch")),
        ("3 xs and 2 ys", lambda svg: svg.polyline([1, 2, 3], [1, 2])),
        ("no vertices", shape),
        ("1 vertex", lambda svg: shape(svg, (10, 10))),
        ("x=nan is not a finite", lambda svg: shape(svg, (0, 0), (1, 1), (NAN, 2))),
        *(("3 at least", lambda svg, n=n: svg.regular_polygon(0, 0, 1, n)) for n in (2, 3.5)),
        *(("slices=.* 0 or more", lambda svg, n=n: svg.mesh(CUBE, slices=n)) for n in (-1, 2.5)),
        *(("tolerance", lambda svg, t=t: svg.lines(t)) for t in (0, -1, NAN)),
        ("attrs 10: give a dict", lambda svg: svg.text(5, 5, "x", 10)),
        (r"U\+0000", lambda svg: svg.text(0, 0, "a\0b")),
        ("attribute name", lambda svg: svg.rect(0, 0, 1, 1, {'x"><script>': 1})),
        ("choice", lambda svg: svg.random_choice([])),
        *(("scale", lambda svg, by=by: svg.scale(*by)) for by in ((0,), (1, 0))),
        *((rf"{name}=.* is not a finite number", lambda svg, v=verb, given=given: getattr(svg, v)(*given))
          for name, verb, given in (
              ("x", "translate", (NAN, 0)), ("y", "translate", (0, "far")), ("degrees", "rotate", (INF,)),
              ("degrees", "rotate", (None,)), ("y", "rotate", (5, 5, [])), ("sx", "scale", (NAN,)),
              ("sy", "scale", (1, "wide")), ("radius", "regular_polygon", (0, 0, None, 5)),
              ("sides", "regular_polygon", (0, 0, 5, "five")), ("x", "lettering", ("ink", NAN, 0)),
              ("y", "lettering", ("ink", 0, None)), ("x", "add_svg", (CIRCLE, INF, 0)),
          )),
        *((rf"{name}=.* is not a finite number", lambda svg, given=given: svg.arc(5, 5, 5, **given))
          for name, given in (("start", {"start": "up", "stop": 1}), ("stop", {"start": 1, "stop": NAN}))),
        *(("not finite", lambda svg, verb=verb, given=given: getattr(svg.rotate(30), verb)(*given))
          for verb, given in (("rect", (NAN, 0, 5, 5)), ("ellipse", (0, 0, INF, 5)))),
        ("beyond all paper", lambda svg: svg.rotate(30).rect(1e300, 0, 5, 5)),
        ("cannot be read", lambda svg: svg.rotate(30).rect(1e9, 0, 5, 5)),
        ("not finite", lambda svg: svg.polylines(Lines(np.full((2, 2), NAN), np.array([0, 2])))),
        *(("give a Pen", lambda _, pen=pen: SVGBuilder(100, 100, pen=pen)) for pen in ("red", 0.5)),
        *(("attrs .* give a dict", lambda svg, call=call: call(svg))
          for call in (lambda svg: svg.begin_group("red"), lambda _: SVGBuilder(9, 9, "red"),
                       lambda svg: svg.group("red").__enter__(), lambda svg: svg.title("a", "red"))),
        *(("text size", lambda svg, size=size: svg.lettering("ink", size=size)) for size in ("5", None)),
        *(("spacing_mm", lambda svg, wide=wide: svg.hatch(SQUARE, wide)) for wide in ("1", None, [])),
        ("push", lambda svg: svg.pop()),
        *((words, lambda svg, given=given: clip(svg, **given)) for words, given in (
            ("one region", {}), ("one region", {"rect": (0, 0, 1, 1), "circle": (0, 0, 1)}),
            ("x0 < x1", {"rect": (5, 5, -1, 3)}), ("N, 3", {"circle": 5}), ("num", {"rect": "x"}))),
        ("no lines.*image", lambda svg: svg.add_svg(PICTURE, 0, 0, 10, 10)),
        ("well-formed", lambda svg: svg.add_svg("<svg", 0, 0, 10, 10)),
        ("box", lambda svg: svg.add_svg(CIRCLE, 0, 0, 0, 10)),
        *(("margin", lambda _, margin=margin: SVGBuilder(100, 200, margin=margin))
          for margin in (-1, 50, "50")),
        *(("length", lambda _, margin=margin: SVGBuilder(100, 200, margin=margin))
          for margin in (NAN, "wide", 10**400)),
        ("name", lambda _: Pen("", "red", 1)),
        *(("is no colour", lambda _, color=color: Pen("a", color)) for color in ("blakc", "", None, [])),
        *(("width", lambda _, mm=mm: Pen("a", "red", mm)) for mm in (0, NAN)),
        *(("transform", lambda _, text=text: parse_transform(text))
          for text in ("turn(3)", "rotate(1 2)", "scale()", "translate(a)", "matrix(1)", "(")),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named_and_nothing_of_it_is_drawn(words, call):
    svg = SVGBuilder(100, 100)
    with pytest.raises((CanvasError, GeometryError, SvgReadError), match=words):
        call(svg)
    assert svg.elements == []


@pytest.mark.parametrize("size", [0, -1, NAN, INF, "wide", "0", "", None, True])
def test_sizes_that_are_not_finite_and_positive_are_refused(size):
    for sides in ((size, 100), (100, size)):
        with pytest.raises(CanvasError, match=r"width|height"):
            SVGBuilder(*sides)


@pytest.mark.parametrize("x", ["50%", "2cm", "-.5", "+1.5E2", "7.", " 3mm "])
def test_text_that_is_a_length_stays_as_it_is(x):
    assert f'x1="{x}"' in SVGBuilder(100, 100).line(x, 0, 1, 1).to_string()


def test_groups_as_deep_as_they_may_be_are_written_and_read_back():
    svg = SVGBuilder(100, 100)
    for _ in range(200):
        svg.begin_group({"transform": "translate(0.1 0)"})
    with pytest.raises(CanvasError, match=r"end_group\(\) is missing"):
        svg.begin_group()
    with svg.clip(rect=(0, 0, 90, 90)):
        svg.circle(0, 50, 20)
    assert len(svg.lines()) == len(read_svg(svg.to_bytes()).lines) == 1


def test_lettering_writes_what_a_number_says():
    plain, number = SVGBuilder(100, 100), SVGBuilder(100, 100)
    assert number.lettering(42, 5, 50).to_bytes() == plain.lettering("42", 5, 50).to_bytes()
