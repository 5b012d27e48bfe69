"""Text on the canvas: the classic Hershey calls and lettering."""

import numpy as np
import pytest
from HersheyFonts import HersheyFonts

from drawscape.errors import GlyphError
from drawscape.svg.file import CanvasWarning
from drawscape.svg_builder import Pen, SVGBuilder


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
    box = svg.get_hershey_text_bounding_box("Hello, World 42")
    assert [box[key] for key in ("min_x", "min_y", "max_x", "max_y")] == library_box(
        "Hello, World 42", font
    )
    assert (box["width"], box["height"]) == (
        box["max_x"] - box["min_x"],
        box["max_y"] - box["min_y"],
    )


def test_the_bounding_box_of_nothing_is_zeros():
    assert set(SVGBuilder(10, 10).get_hershey_text_bounding_box(" ").values()) == {0}


def test_hershey_text_is_a_titled_group_of_paths():
    svg = SVGBuilder(210, 148).hershey_text(105, 74, "A & B", 0.5)
    text = svg.to_string()
    assert '<g transform="translate(105,74) scale(0.5)">\n<title>A &amp; B</title>' in text
    assert 'fill="none" stroke="black" stroke-width="1" />' in text
    assert len(svg.elements) == 1


def test_hershey_attributes_override_its_own_and_the_canvas_defaults():
    svg = SVGBuilder(100, 100, {"stroke": "green", "opacity": "0.5"})
    svg.hershey_text(0, 0, "I", 1.0, {"stroke": "red"})
    assert 'stroke="red"' in svg.to_string()
    assert 'opacity="0.5"' in svg.to_string()
    assert "green" not in svg.to_string()


def test_centered_text_has_its_middle_there():
    svg = SVGBuilder(100, 100).centered_hershey_text(60, 40, "Hello", 0.7)
    x0, y0, x1, y1 = svg.lines().bounds
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((60, 40))


def test_text_with_its_box_lies_in_it():
    svg = SVGBuilder(100, 100).hershey_text_with_bbox(10, 50, "Ag", 0.5, {"stroke": "blue"})
    text = svg.to_string()
    assert 'stroke-dasharray="2,1"' in text
    assert "<title>Ag (with bounding box)</title>" in text
    box = next(line for line in svg.lines() if len(line) == 5)
    x0, y0, x1, y1 = svg.lines().bounds
    assert [*box.min(axis=0), *box.max(axis=0)] == pytest.approx([x0, y0, x1, y1])


def test_classic_calls_write_accents_and_leave_out_what_the_font_lacks_with_a_warning():
    plain, accented = (len(SVGBuilder(9, 9).hershey_text(0, 0, t).lines()) for t in ("e", "é"))
    assert accented == plain + 1
    with pytest.warns(CanvasWarning, match=r"U\+6F22.*left out"):
        svg = SVGBuilder(9, 9).hershey_text(0, 0, "e漢")
    assert len(svg.lines()) == plain
    with pytest.raises(GlyphError, match=r"U\+6F22"):
        SVGBuilder(9, 9).lettering("e漢")


def test_in_a_layer_text_takes_the_layers_pen():
    svg = SVGBuilder(100, 100, pen=Pen("fine", "navy", 0.25))
    svg.hershey_text(10, 10, "I", 0.5)
    assert 'stroke-width="0.5" />' in svg.to_string()
    assert 'stroke="black"' not in svg.to_string()


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
