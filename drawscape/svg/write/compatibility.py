"""What callers of an older SVGBuilder rely on, kept as it was: text on Hershey's own grid, boxes.

New code writes with `lettering`, and reads a drawing's extent from `svg.lines().bounds`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from drawscape.drawing.pen import Pen
from drawscape.drawing.units import PX
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.write.canvas import C, Canvas
from drawscape.svg.write.grouping import group
from drawscape.svg.write.node import Shape
from drawscape.svg.write.shapes import circle, rect, title
from drawscape.svg.write.style import Attrs, number

# Where the classic calls have y = 0: the middle of a capital, as Hershey's own coordinates do.
_BASE_LINE = 9.0
_STROKES = {"fill": "none", "stroke": "black", "stroke-width": "1"}
_BOX = {
    "fill": "none",
    "stroke": "red",
    "stroke-width": "0.5",
    "stroke-dasharray": "2,1",
    "opacity": "0.7",
}


def hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` from `x` on, the middle of its capitals at `y`, 21 `scale` mm high."""
    placed = {"transform": f"translate({number(x)},{number(y)}) scale({_factor(scale)})"}
    with group(svg, placed):
        title(svg, content)
        _write_strokes(svg, content, scale, attrs)
    return svg


def centered_hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` with the middle of its bounding box at (`x`, `y`)."""
    box = get_hershey_text_bounding_box(svg, content)
    middle_x = (box["min_x"] + box["max_x"]) / 2
    middle_y = (box["min_y"] + box["max_y"]) / 2
    return hershey_text(svg, x - middle_x * scale, y - middle_y * scale, content, scale, attrs)


def hershey_text_with_bbox(
    svg: C,
    x: float,
    y: float,
    content: str,
    scale: float = 1.0,
    text_attrs: Attrs | None = None,
    bbox_attrs: Attrs | None = None,
) -> C:
    """Write as `hershey_text` does, in a dashed box with a dot in its middle."""
    box = get_hershey_text_bounding_box(svg, content)
    placed = {"transform": f"translate({number(x)},{number(y)}) scale({_factor(scale)})"}
    with group(svg, placed):
        rect(
            svg,
            box["min_x"],
            box["min_y"],
            box["width"],
            box["height"],
            {**_BOX, **(bbox_attrs or {})},
        )
        circle(
            svg,
            (box["min_x"] + box["max_x"]) / 2,
            (box["min_y"] + box["max_y"]) / 2,
            0.5,
            {"fill": "red", "stroke": "none"},
        )
        title(svg, f"{content} (with bounding box)")
        _write_strokes(svg, content, scale, text_attrs)
    return svg


def get_hershey_text_bounding_box(svg: Canvas, text: str) -> dict[str, float]:
    """Return `min_x max_x min_y max_y width height` of `text` at scale 1."""
    return _box(*(_hershey_strokes(svg, text).bounds or (0.0, 0.0, 0.0, 0.0)))


def _write_strokes(svg: Canvas, content: str, scale: float, attrs: Attrs | None) -> None:
    styled = {**svg.default_styles, **_stroke_style(svg, scale), **(attrs or {})}
    for stroke in _hershey_strokes(svg, content):
        svg.add(Shape.of("path", {"d": _path_data(stroke)}, styled))


def _stroke_style(svg: Canvas, scale: float) -> dict[str, Any]:
    """In a pen's layer the text is drawn by that pen, as wide as the pen is after scaling."""
    pen: Pen | None = svg.current_pen
    return dict(_STROKES) if pen is None else {"stroke-width": pen.width / abs(scale)}


def _hershey_strokes(svg: Canvas, content: str) -> Lines:
    from drawscape.lettering import glyphs_for

    strokes: list[Points] = []
    x = 0.0
    for glyph in glyphs_for(str(content).replace("\n", " "), svg.hershey_font_name):
        strokes += glyph.placed(x, _BASE_LINE)
        x += glyph.advance
    return Lines.of(strokes)


def _path_data(stroke: Points) -> str:
    return "M" + " L".join(f"{number(x)},{number(y)}" for x, y in np.round(stroke, 3).tolist())


def _factor(scale: float) -> str:
    if not scale:
        raise CanvasError(f"text scale {scale!r} would flatten the text; use a factor other than 0")
    return number(scale)


def calculate_bounding_box(svg: Canvas, svg_content: str) -> dict[str, float]:
    """Return `min_x max_x min_y max_y width height` of the drawing in an SVG's text.

    In the file's own units, whatever its width, height and viewBox; without any lines the box
    of its viewBox, or zeros. Raises SvgReadError for text that is no SVG.
    """
    from drawscape.svg.read.reader import read_tree
    from drawscape.svg.read.viewport import view_box
    from drawscape.svg.read.xml_tree import parse_xml

    del svg
    start = svg_content.find("<svg")
    if start < 0:
        return _box(0.0, 0.0, 0.0, 0.0)
    root = parse_xml(svg_content[start:])
    x, y, width, height = view_box(root.attributes.get("viewBox")) or (0.0, 0.0, 0.0, 0.0)
    for name in ("width", "height", "viewBox", "preserveAspectRatio"):
        root.attributes.pop(name, None)
    bounds = read_tree(root).lines.bounds
    if bounds is None:
        return _box(x, y, x + width, y + height)
    return _box(*(value / PX for value in bounds))


def _box(min_x: float, min_y: float, max_x: float, max_y: float) -> dict[str, float]:
    size = {"width": max_x - min_x, "height": max_y - min_y}
    return {"min_x": min_x, "max_x": max_x, "min_y": min_y, "max_y": max_y, **size}
