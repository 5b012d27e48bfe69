"""Groups, layers and pens: what the file holds, and what a plotter would see."""

import warnings
import xml.etree.ElementTree as ElementTree

import pytest

from drawscape.errors import CanvasError
from drawscape.svg.read import read_svg
from drawscape.svg_builder import Frame, Pen, SVGBuilder

SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
OPEN = "M10 10 C20 80 80 80 90 10"


def root(svg):
    return ElementTree.fromstring(svg.to_bytes())


def labels(svg):
    return [child.get(f"{INKSCAPE}label") for child in root(svg)]


def test_with_a_pen_everything_loose_lies_in_one_layer():
    svg = SVGBuilder(100, 100, pen=Pen("fine", "navy", 0.2))
    svg.rect(1, 1, 5, 5).polyline([(0, 0), (9, 9)]).lettering("a", 20, 20)
    (layer,) = root(svg)
    assert layer.tag == f"{SVG}g"
    assert layer.get(f"{INKSCAPE}groupmode") == "layer"
    assert layer.get(f"{INKSCAPE}label") == "fine"
    pen = {"stroke": "navy", "stroke-width": "0.2", "fill": "none", "stroke-linecap": "round"}
    assert layer.attrib.items() >= pen.items()


def test_layers_are_top_level_groups_with_pens_of_their_own():
    svg = SVGBuilder(100, 100, pen=Pen())
    svg.line(0, 0, 1, 1)
    with svg.layer("5", color="#c00", width=0.5):
        svg.line(2, 2, 3, 3)
    svg.line(4, 4, 5, 5)
    with svg.layer(5):
        svg.line(6, 6, 7, 7)
    assert labels(svg) == ["pen 1", "5"]
    assert [layer.motion.number for layer in svg.document().layers] == [None, 5]
    assert [len(layer) for layer in root(svg)] == [2, 2]
    assert root(svg)[1].get("stroke") == "#c00"


def test_the_canvas_pens_own_name_may_be_drawn_with_as_a_layer():
    svg = SVGBuilder(100, 100, pen=Pen("pen 1"))
    svg.line(0, 0, 1, 1)
    with svg.layer("pen 1", color="teal", width=0.7):
        svg.line(1, 1, 2, 2)
    assert labels(svg) == ["pen 1"]
    assert svg.layers()[0][0] == Pen("pen 1", "teal", 0.7)
    assert len(svg.lines()) == 2


def test_a_layer_keeps_its_colour_and_stands_beside_the_others():
    svg = SVGBuilder(10, 10)
    with svg.layer("a", color="red"):
        for within in (svg.pushed(), svg.group()):
            with within, pytest.raises(CanvasError, match="inside another"), svg.layer("b"):
                pass
    with pytest.raises(CanvasError, match="'a'"), svg.layer("a", color="blue"):
        pass
    assert labels(svg) == ["a"]


def test_pen_names_a_layer_for_one_element_and_a_cell_of_a_grid_moves_the_origin():
    svg = SVGBuilder(40, 20).set_pen("unused", "green").set_pen("accent", "#b3402a", 0.5)
    for cell in svg.grid(4):
        pen = "accent" if cell.u > 0.5 else "red"
        with cell, svg.group():
            svg.rect(0, 0, cell.size, cell.size, center=True, pen=pen)
            svg.arc(0, 0, 2, start=0, stop=90, pen=Pen("fine", "navy", 0.2))
    accent, red, fine = svg.layers()
    assert [pen for pen, _ in (accent, red, fine)] == [
        Pen("accent", "#b3402a", 0.5), Pen("red", "red"), Pen("fine", "navy", 0.2)
    ]  # fmt: skip
    assert accent[1].bounds == (20, 0, 40, 20)
    assert red[1].bounds == (0, 0, 20, 20)
    assert 'stroke="black"' not in svg.to_string()
    cells = [*svg.grid(3, 2, area=Frame(10, 0, 40, 10))]
    assert [(cell.cx, cell.cy) for cell in cells[2:4]] == [(35, 2.5), (15, 7.5)]
    assert cells[5].frame == (30, 5, 40, 10)
    # Squares lie in the middle, whether a row of them is too low for the area or too high.
    assert [cell.cy for cell in SVGBuilder(40, 25).grid(4)][::4] == [7.5, 17.5]
    assert [(cell.cx, cell.cy) for cell in SVGBuilder(40, 10).grid(2)] == [(15, 5), (25, 5)]
    with svg.layer("red"):
        svg.line(0, 0, 1, 1, pen="red")
        with pytest.raises(CanvasError, match="inside another"):
            svg.line(0, 0, 1, 1, pen="accent")


def test_a_group_ends_even_when_its_block_fails_and_one_that_was_not_begun_does_nothing():
    svg = SVGBuilder(100, 100)
    with pytest.raises(ZeroDivisionError), svg.group(stroke="red"):
        1 / 0  # noqa: B018
    assert svg.current_group is None
    svg.line(0, 0, 1, 1)
    assert len(svg.elements) == 2
    svg = SVGBuilder(100, 100).end_group()
    with svg.layer("a"):
        svg.end_group().line(0, 0, 1, 1)
    assert labels(svg) == ["a"]
    assert len(root(svg)[0]) == 1


def test_without_a_pen_lines_bring_their_own_style():
    svg = SVGBuilder(100, 100).polyline([(0, 0), (1, 1)], stroke="red")
    assert '<g fill="none" stroke="red" stroke-width="0.3">' in svg.to_string()
    with svg.group(stroke="green", fill="none"):
        svg.polyline([(0, 0), (1, 1)])
    assert svg.to_string().count('stroke="red"') == 1
    assert '<g stroke-width="0.3">' in svg.to_string()


def clipped(svg):
    with svg.clip(rect=(0, 0, 60, 60)):
        svg.circle(50, 50, 20)


def grouped(svg):
    with svg.group(stroke="green"):
        svg.path(OPEN).rect(10, 10, 20, 20)
        clipped(svg)


@pytest.mark.parametrize(
    ("draw", "ink"),
    [
        (clipped, "black"),
        (lambda svg: svg.circle(50, 50, 20).rect(50, 50, 40, 40).occlude(), "black"),
        (lambda svg: svg.rotate(30, 50, 50).path(OPEN), "black"),
        (lambda svg: svg.scale(1, 0.5).rotate(30).circle(50, 50, 9).ellipse(50, 50, 9, 5), "black"),
        (grouped, "green"),
    ],
)
def test_a_shape_without_a_fill_is_a_line_in_the_file_whatever_becomes_of_it(draw, ink):
    svg = SVGBuilder(100, 100)
    draw(svg)
    (drawn,), (read,) = svg.document().layers, read_svg(svg.to_bytes()).layers
    assert (read.color, read.width_mm) == (drawn.color, drawn.width_mm) == (ink, 0.3)
    # An open path that is filled would be closed by the reader, as it is on a screen.
    assert read.lines.lengths_mm == pytest.approx(drawn.lines.lengths_mm, abs=0.05)


def test_a_clipped_stroke_in_an_enlarged_group_is_as_wide_as_on_a_screen():
    svg = SVGBuilder(100, 100)
    with svg.clip(rect=(0, 0, 90, 90)), svg.group(transform="scale(2)", stroke_width=0.5):
        svg.circle(20, 20, 10, stroke="red")
    for document in (svg.document(), read_svg(svg.to_bytes())):
        assert [layer.width_mm for layer in document.layers] == [1.0]


def test_without_layers_each_stroke_colour_is_a_pen():
    svg = SVGBuilder(100, 100)
    svg.rect(0, 0, 5, 5, {"stroke": "red", "stroke-width": "0.5"}).circle(9, 9, 1, {"fill": "blue"})
    svg.line(0, 0, 1, 1, {"style": "stroke: red; stroke-width: 0.5"})
    svg.rect(0, 0, 9, 9, {"stroke": "none", "fill": "none"}).point(5, 5)
    pens = [(pen.color, pen.width, len(lines)) for pen, lines in svg.layers()]
    assert pens == [("red", 0.5, 2), ("blue", 0.3, 1), ("black", 0.3, 1)]


@pytest.mark.parametrize(
    "draw",
    [
        lambda svg: svg.polyline([(0, 0), (9, 9)]),
        lambda svg: svg.bezier(0, 0, 1, 1, 2, 2, 3, 0),
        lambda svg: svg.arc(5, 5, 2, start=0, stop=90),
    ],
)
def test_default_styles_hold_for_lines_and_curves_too(draw):
    svg = SVGBuilder(50, 50, {"stroke": "teal", "stroke-width": 0.8})
    draw(svg)
    (layer,) = svg.document().layers
    assert (layer.color, layer.width_mm) == ("teal", 0.8)
    assert 'stroke="black"' not in svg.to_string()


def test_a_layer_without_with_draws_nothing_and_warns():
    svg = SVGBuilder(100, 100)
    with pytest.warns(RuntimeWarning, match=r"with svg\.layer\('red'\):"):
        svg.layer("red", color="red")
    assert svg.layers() == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with svg.layer("red", color="red") as same:
            same.circle(50, 50, 20)
    assert [pen.name for pen, _ in svg.layers()] == ["red"]
