# ruff: noqa: E501  (a case is read best on one line)
"""What a canvas cannot draw is refused, by words that name it."""

import numpy as np
import pytest

from drawscape.drawing.affine import parse_transform
from drawscape.errors import CanvasError, DrawscapeError, GeometryError, SvgReadError
from drawscape.geometry.lines import Lines
from drawscape.svg.attributes import CanvasWarning
from drawscape.svg.read import read_svg
from drawscape.svg_builder import Pen, SVGBuilder

NAN, INF = float("nan"), float("inf")
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>'
SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]
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
        *(("tolerance", lambda svg, t=t: svg.lines(t)) for t in (0, -1, NAN)),
        ("attrs 10: give a dict", lambda svg: svg.text(5, 5, "x", 10)),
        (r"U\+0000", lambda svg: svg.text(0, 0, "a\0b")),
        ("attribute name", lambda svg: svg.rect(0, 0, 1, 1, {'x"><script>': 1})),
        ("choice", lambda svg: svg.random_choice([])),
        ("deal", lambda svg: svg.deal([])),
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
        ("beyond all paper", lambda svg: svg.rotate(30).rect(2e9, 0, 5, 5)),
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
            (r"rect=\(5, 5, -1, 3\): .*above 0", {"rect": (5, 5, -1, 3)}), (r"circle=\(5, 5, -2\)", {"circle": (5, 5, -2)}), ("N, 3", {"circle": 5}), ("num", {"rect": "x"}))),
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


SQUARE_9 = {"x": 1, "y": 1, "width": 9, "height": 9}


@pytest.mark.parametrize(
    ("words", "call"),
    [
        # Each message names the key, its value and the remedy.
        ("columns='3' is not a finite number", lambda svg: svg.grid("3")),
        ("low='a' is not a finite number", lambda svg: svg.random("a")),
        (r"colour='red': SVG has no .* write stroke=", lambda svg: svg.circle(5, 5, 2, colour="red")),
        (r"color='red' draws nothing; write stroke=", lambda svg: svg.polyline(SQUARE, color="red")),
        (r"layer='accent': .* write pen=", lambda svg: svg.line(0, 0, 1, 1, layer="accent")),
        (r"grid: rows=0; give a whole number", lambda svg: svg.grid(3, 0)),
        (r"width=2: .* write stroke_width=", lambda svg: svg.line(0, 0, 1, 1, width=2)),
        (r"font-sice=3: .* did you mean 'font-size'", lambda svg: svg.text(1, 1, "a", font_sice=3)),
        (r"strok='red'.* did you mean 'stroke'", lambda svg: svg.point(1, 1, strok="red")),
        *((r"stroke='reed' is not a colour; give one such as 'red'", lambda svg, call=call: call(svg))
          for call in (lambda svg: svg.line(0, 0, 1, 1, stroke="reed"),
                       lambda svg: svg.group(stroke="reed").__enter__(),
                       lambda svg: svg.hatch(SQUARE, stroke="reed"),
                       lambda svg: svg.lettering("ink", stroke="reed"),
                       lambda svg: svg.path("M0,0H9", style="stroke: reed"))),
        (r"fill=5 is not a colour", lambda svg: svg.circle(5, 5, 2, fill=5)),
        (r"paper_color='reed' is not a colour", lambda svg: setattr(svg, "paper_color", "reed")),
        *((rf"stroke-width={wide!r} is not a width; give mm", lambda svg, w=wide: svg.point(1, 1, stroke_width=w))
          for wide in (-1, "thick", True)),
        *((rf"opacity={many!r} is not an opacity; give 0 to 1", lambda svg, o=many: svg.point(1, 1, opacity=o))
          for many in (2, "half", True)),
        *((r"stroke-dasharray=.* lengths in mm as text, such as '4 2'",
           lambda svg, d=dashes: svg.point(1, 1, stroke_dasharray=d)) for dashes in ((4, 2), "4 -2", "dotted")),
        (r"stroke-linecap='rond' .* butt, round, square", lambda svg: svg.point(1, 1, stroke_linecap="rond")),
        (r"transform 'turn'", lambda svg: svg.polyline(SQUARE, transform="turn")),
        *((rf"{verb}: {name}=-5 is negative; give 0 or more", lambda svg, v=verb, s=sizes: getattr(svg, v)(**s))
          for verb, name, sizes in (("circle", "r", {"cx": 9, "cy": 9, "r": -5}),
                                    ("ellipse", "rx", {"cx": 9, "cy": 9, "rx": -5, "ry": 1}),
                                    ("rect", "height", SQUARE_9 | {"height": -5}))),
        (r"circle: r='-5mm' is negative", lambda svg: svg.circle(9, 9, "-5mm")),
        (r"circle: r=-5 is negative", lambda svg: svg.rotate(30).circle(9, 9, -5)),
        (r"rx=-1 is not a width", lambda svg: svg.rect(0, 0, 9, 9, rx=-1)),
        (r"arc: rx=-5.0 is negative", lambda svg: svg.arc(9, 9, -5, start=0, stop=90)),
        (r"radius=-5.0 is negative", lambda svg: svg.regular_polygon(9, 9, -5, 6)),
        *((rf"{name}={value!r} is not a finite number", lambda svg, v=verb, value=value: getattr(svg, v)(value, 1))
          for name, verb in (("degrees", "rotate"), ("x", "translate"), ("sx", "scale"))
          for value in ("30", True)),
        (r"x1=True is not a number", lambda svg: svg.line(True, 0, 1, 1)),
        (r"arrays of numbers: text", lambda svg: svg.polyline([("1", "2"), ("3", "4")])),
        *((r"add\(.*\): give markup or a Group; polylines", lambda svg, it=it: svg.add(it))
          for it in (5, None, SQUARE, 1.5)),
        (r"layer\(None\): give the name of a pen", lambda svg: svg.layer(None)),
        (r"lettering\(None\): give the text", lambda svg: svg.lettering(None)),
        *((rf"text size {size!r}", lambda svg, s=size: svg.lettering("ink", size=s)) for size in (True, -1)),
        (r"letter spacing True", lambda svg: svg.lettering("ink", spacing=True)),
        (r"text offset '3'", lambda svg: svg.lettering("i", along=[(0, 0), (9, 0)], offset="3")),
        (r"alignment 'middle'", lambda svg: svg.lettering("i", along=[(0, 0), (9, 0)], align="middle")),
        *((r"random_seed\(.*\): give a whole number", lambda svg, seed=seed: svg.random_seed(seed))
          for seed in ("x", 1.5, -1, True)),
        (r"margin -1 is negative; give 0 or more", lambda _: SVGBuilder(100, 100, margin=-1)),
        *((rf"{side} 1e\+23 is beyond all paper; give at most 1e\+06 mm",
           lambda _, size=size: SVGBuilder(*size)) for side, size in (("width", (1e23, 9)), ("height", (9, 1e23)))),
        (r"x2=1e\+23 is beyond all paper", lambda svg: svg.line(0, 0, 1e23, 1)),
        (r"scale\(1e\+23, 1e\+23\) .* beyond all paper", lambda svg: svg.scale(1e23)),
        (r"translate\(1.*, 0\) .* beyond all paper", lambda svg: svg.scale(1e8).translate(1e8, 0)),
        ("path data 'M 0 0 L 5' cannot be read", lambda svg: svg.path("M 0 0 L 5")),
    ],
)  # fmt: skip
def test_a_mistaken_style_size_or_number_is_named_with_its_remedy(words, call):
    svg = SVGBuilder(100, 100)
    with pytest.raises(DrawscapeError, match=words):
        call(svg)
    assert svg.elements == []
    assert "<circle" not in svg.to_string()


@pytest.mark.parametrize(
    ("words", "attrs"),
    [
        ("stroke='reed' is not a colour", {"stroke": "reed"}),
        ("SVG has no attribute 'colour'", {"colour": "red"}),
        ("stroke-width=-1 is not a width", {"stroke-width": -1}),
    ],
)
def test_a_mistake_in_the_attrs_of_an_older_service_is_a_warning_and_is_written(words, attrs):
    ((name, value),) = attrs.items()
    for call in (lambda svg: svg.rect(0, 0, 1, 1, attrs), lambda svg: svg.begin_group(attrs),
                 lambda svg: svg.group(attrs).__enter__()):  # fmt: skip
        svg = SVGBuilder(100, 100)
        with pytest.warns(CanvasWarning, match=words):
            call(svg)
        assert f'{name}="{value}"' in svg.to_string()
    with pytest.warns(CanvasWarning, match=words):
        SVGBuilder(9, 9, attrs)


def test_styles_that_svg_knows_are_taken_as_they_are():
    styles = {
        "stroke": "hsl(20 60% 50%)", "fill": "url(#p) none", "stroke-width": "50%", "stroke-linejoin": "bevel",
        "stroke-dasharray": "4,2 1", "opacity": "50%", "data-kind": "a", "aria-label": "b", "inkscape:label": "c",
        "class": "d", "id": "e", "transform": "rotate(5)", "style": "fill: none; --own: 3", "fill-rule": "inherit",
        "onclick": "f()",
    }  # fmt: skip
    svg = SVGBuilder(100, 100, {"stroke_x:y": 1}).line(0, 0, 1, 1, styles)
    for name, value in styles.items():
        assert f'{name}="{value}"' in svg.to_string()
    with svg.group({"color": "red"}):
        svg.line(0, 0, 1, 1, stroke="currentColor")
        svg.line(0, 0, 1, 1, color="red", stroke="currentColor")


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


@pytest.mark.parametrize(
    ("name", "says"),
    [("stroke", "write pen='red'"), ("square", r"svg\.rect"), ("blur", "no 'blur'$")],
)
def test_a_verb_of_another_library_is_refused_with_what_does_its_work(name, says):
    with pytest.raises(AttributeError, match=says):
        getattr(SVGBuilder(100, 100), name)
