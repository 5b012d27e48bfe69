"""What callers of an older SVGBuilder rely on, kept as it was, and forgiving where that was.

Text on Hershey's own grid with letters one unit closer, characters that the font lacks left out; boxes of
SVG files that no XML parser takes; schematics placed under a sheet's titles (schematic.py, beside this).
New code writes with `lettering`, which raises for what it cannot write, places files with `add_svg`, and
reads a drawing's extent from `svg.lines().bounds`.
"""

import warnings
from typing import Any

import numpy as np

from drawscape.drawing.pen import Pen
from drawscape.drawing.units import PX
from drawscape.errors import CanvasError, GlyphError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.write import node
from drawscape.svg.write.canvas import C, Canvas
from drawscape.svg.write.grouping import group
from drawscape.svg.write.layers import CanvasWarning
from drawscape.svg.write.node import Shape
from drawscape.svg.write.shapes import circle, rect, title
from drawscape.svg.write.style import Attrs, attribute_string, escape, number

# Where the classic calls have y = 0: the middle of a capital, as Hershey's own coordinates do.
_BASE_LINE = 9.0
_SPACING = -1.0
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
    """Write `content` from `x` on, the middle of its capitals at `y`, 21 `scale` mm high.

    >>> svg.hershey_text(10, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    placed = {"transform": f"translate({number(x)},{number(y)}) scale({_factor(scale)})"}
    with group(svg, placed):
        title(svg, content)
        _write_strokes(svg, content, scale, attrs)
    return svg


def centered_hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` with the middle of its bounding box at (`x`, `y`).

    >>> svg.centered_hershey_text(50, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
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
    """Write as `hershey_text` does, in a dashed box with a dot in its middle.

    >>> svg.hershey_text_with_bbox(10, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
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
    """Return `min_x max_x min_y max_y width height` of `text` at scale 1.

    >>> round(svg.get_hershey_text_bounding_box("Hello World")["width"])
    156
    """
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
    from drawscape.lettering.typeface import clusters

    strokes: list[Points] = []
    x = 0.0
    for cluster in clusters(str(content).replace("\n", " ")):
        try:
            glyphs = glyphs_for(cluster, svg.hershey_font_name, as_digitised=True)
        except GlyphError as error:
            warnings.warn(f"{error}; it is left out", CanvasWarning, stacklevel=5)
            continue
        for glyph in glyphs:
            strokes += glyph.placed(x, _BASE_LINE)
            x += glyph.advance + _SPACING
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

    >>> foreign = SVGBuilder(20, 20).line(2, 3, 12, 3).to_string()
    >>> svg.calculate_bounding_box(foreign)["width"]
    10.0
    """
    from drawscape.svg.read.lenient import parse_leniently
    from drawscape.svg.read.reader import read_svg
    from drawscape.svg.read.viewport import view_box

    del svg
    start = svg_content.find("<svg")
    if start < 0:
        return _box(0.0, 0.0, 0.0, 0.0)
    root = parse_leniently(svg_content[start:])
    x, y, width, height = view_box(root.attributes.get("viewBox")) or (0.0, 0.0, 0.0, 0.0)
    for name in ("width", "height", "viewBox", "preserveAspectRatio"):
        root.attributes.pop(name, None)
    bounds = read_svg(root).lines.bounds
    if bounds is None:
        return _box(x, y, x + width, y + height)
    return _box(*(value / PX for value in bounds))


class Group(node.Group):
    """A `<g>` made by hand; `parent` is where the older service kept the group around it."""

    def __init__(self, attrs: Attrs | None = None, parent: node.Group | None = None) -> None:
        super().__init__(dict(attrs or {}))
        self.parent = parent

    def add_raw_svg(self, svg_content: str) -> None:
        """Add markup as it stands."""
        self.elements.append(svg_content)


def add_element(svg: C, element: str) -> C:
    """Add markup to the open group or the root: the older service's `_add_element`."""
    return svg.add(element)


def format_attrs(svg: Canvas, attrs: Attrs) -> str:
    """Return ` name="value"`, a blank before each, of the canvas's default styles and `attrs`."""
    return attribute_string(svg.styled(attrs, {}))


def escape_xml(svg: Canvas, text: object) -> str:
    """Return `text` as XML has it."""
    del svg
    return escape(text)


def hershey_font(svg: Canvas) -> Any:
    """Return the `HersheyFonts` object of the font in use, its letters one unit closer."""
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    font.load_default_font(svg.hershey_font_name)
    font.render_options["spacing"] = _SPACING
    return font


def _box(min_x: float, min_y: float, max_x: float, max_y: float) -> dict[str, float]:
    size = {"width": max_x - min_x, "height": max_y - min_y}
    return {"min_x": min_x, "max_x": max_x, "min_y": min_y, "max_y": max_y, **size}
