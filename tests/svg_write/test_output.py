"""What comes off the canvas: files, lines, notebook pictures."""

import base64
import pickle
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from drawscape.errors import CanvasError, GeometryError
from drawscape.svg.file import CanvasWarning
from drawscape.svg_builder import Frame, Pen, SVGBuilder


def test_saved_bytes_are_the_text(tmp_path):
    svg = SVGBuilder(100, 100, pen=Pen()).polyline([(0, 0), (1, 2)]).lettering("Grüße", 5, 5)
    path = svg.save(tmp_path / "a.svg")
    assert path == tmp_path / "a.svg"
    assert path.read_bytes() == svg.to_string().encode() == svg.to_bytes()


def test_closed_lines_end_where_they_began():
    svg = SVGBuilder(100, 100, pen=Pen())
    svg.polygon([(0, 0), (5, 0), (5, 5)]).polyline([(1, 1), (2, 1), (1, 1)], closed=True)
    svg.polylines(np.arange(12.0).reshape(2, 3, 2), closed=True)
    assert svg.lines().counts.tolist() == [4, 3, 4, 4]
    assert svg.lines().closed.all()


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(GeometryError, match="not finite"):
        SVGBuilder(10, 10).polyline([(0, 0), (float("nan"), 1)])
    with pytest.raises(CanvasError, match="not finite"):
        SVGBuilder(10, 10).circle(float("inf"), 0, 1)


def test_text_without_lines_is_reported_and_left_out():
    svg = SVGBuilder(10, 10, pen=Pen()).text(1, 1, "plain")
    with pytest.warns(CanvasWarning, match="lettering"):
        assert len(svg.lines()) == 0


def test_markup_that_xml_cannot_hold_is_refused():
    svg = SVGBuilder(10, 10)
    with pytest.raises(CanvasError, match="U\\+0000"):
        svg.text(0, 0, "a\0b")
    with pytest.raises(CanvasError, match="attribute name"):
        svg.rect(0, 0, 1, 1, {'x"><script>': 1})
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


@pytest.mark.parametrize("margin", [-1, 50, float("nan"), "50", "wide"])
def test_a_margin_leaves_some_page(margin):
    with pytest.raises(CanvasError):
        SVGBuilder(100, 200, margin=margin)


def test_vpype_reads_the_layers_sizes_and_lines_that_were_written(tmp_path):
    import vpype

    svg = SVGBuilder(120, 80, pen=Pen())
    svg.polylines(np.random.default_rng(0).uniform(1, 79, (50, 7, 2)))
    with svg.layer("red", color="red"):
        svg.polylines(np.random.default_rng(1).uniform(1, 79, (20, 2, 2)))
        svg.circle(40, 40, 10).hershey_text(20, 20, "AI", 0.2)
    document = vpype.read_multilayer_svg(str(svg.save(tmp_path / "a.svg")), 0.1)
    assert [len(layer) for layer in document.layers.values()] == [50, 25]
    assert [len(lines) for _, lines in svg.layers()] == [50, 25]
    millimetre = 96 / 25.4
    assert document.page_size == pytest.approx((120 * millimetre, 80 * millimetre))
    bounds = np.array(document.bounds()) / millimetre
    assert bounds == pytest.approx(svg.lines().bounds, abs=0.011)


def test_markup_added_by_hand_is_read_back_as_lines():
    svg = SVGBuilder(100, 100)
    svg.elements.append('<rect x="10" y="20" width="30" height="5" stroke="red"/>')
    svg.begin_group({"transform": "translate(1 2)"}).current_group.add_element(
        '<path d="M0,0 h5"/>'
    )
    svg.end_group()
    assert svg.lines()[0].max(axis=0) == pytest.approx([40, 25])
    assert svg.lines()[1] == pytest.approx(np.array([[1, 2], [6, 2]]))
    assert svg.layers()[0][0].color == "red"


def test_lines_in_an_enlarging_group_are_as_fine_as_elsewhere():
    svg = SVGBuilder(100, 100, pen=Pen())
    with svg.group(transform="scale(50)"):
        svg.polyline([(0.12345, 1), (0.5, 1)])
    assert (
        'points="0.1234,1 0.5,1"' in svg.to_string() or 'points="0.1235,1 0.5,1"' in svg.to_string()
    )
