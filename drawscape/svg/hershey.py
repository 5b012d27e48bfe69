"""The Hershey text of an older SVGBuilder, kept as it was: on Hershey's own grid, letters one unit closer.

A character that the font lacks is left out with a warning. New code writes with `lettering`, which raises.
"""

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from drawscape.errors import CanvasError, GlyphError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.attributes import Attrs, CanvasWarning, number
from drawscape.svg.elements import Element

if TYPE_CHECKING:
    from drawscape.svg_builder import SVGBuilder

C = TypeVar("C", bound="SVGBuilder")

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
    with svg.group(placed(x, y, scale)):
        svg.title(content)
        _write_strokes(svg, content, scale, attrs)
    return svg


def centered_hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` with the middle of its bounding box at (`x`, `y`).

    >>> svg.centered_hershey_text(50, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    box = svg.get_hershey_text_bounding_box(content)
    middle_x = (box["min_x"] + box["max_x"]) / 2
    middle_y = (box["min_y"] + box["max_y"]) / 2
    return svg.hershey_text(x - middle_x * scale, y - middle_y * scale, content, scale, attrs)


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
    box = svg.get_hershey_text_bounding_box(content)
    corner, size = (box["min_x"], box["min_y"]), (box["width"], box["height"])
    middle = (box["min_x"] + box["max_x"]) / 2, (box["min_y"] + box["max_y"]) / 2
    with svg.group(placed(x, y, scale)):
        svg.rect(*corner, *size, {**_BOX, **(bbox_attrs or {})})
        svg.circle(*middle, 0.5, {"fill": "red", "stroke": "none"})
        svg.title(f"{content} (with bounding box)")
        _write_strokes(svg, content, scale, text_attrs)
    return svg


def get_hershey_text_bounding_box(svg: "SVGBuilder", text: str) -> dict[str, float]:
    """Return `min_x max_x min_y max_y width height` of `text` at scale 1.

    >>> round(svg.get_hershey_text_bounding_box("Hello World")["width"])
    156
    """
    return bounding_box(*(_hershey_strokes(svg, text).bounds or (0.0, 0.0, 0.0, 0.0)))


def _write_strokes(svg: "SVGBuilder", content: str, scale: float, attrs: Attrs | None) -> None:
    pen = svg.current_pen  # in a layer the text is as wide as its pen, after scaling
    stroked = _STROKES if pen is None else {"stroke-width": pen.width / abs(scale)}
    styled = {**svg.default_styles, **stroked, **(attrs or {})}
    for stroke in _hershey_strokes(svg, content):
        points = (f"{number(x)},{number(y)}" for x, y in np.round(stroke, 3).tolist())
        svg.add(Element.of("path", {"d": f"M{' L'.join(points)}"}, styled))


def _hershey_strokes(svg: "SVGBuilder", content: str) -> Lines:
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


def placed(x: float, y: float, scale: float) -> Attrs:
    if not scale:
        raise CanvasError(f"text scale {scale!r} would flatten the text; use a factor other than 0")
    return {"transform": f"translate({number(x)},{number(y)}) scale({number(scale)})"}


def hershey_font(svg: "SVGBuilder") -> Any:
    """Return the `HersheyFonts` object of the font in use, its letters one unit closer."""
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    font.load_default_font(svg.hershey_font_name)
    font.render_options["spacing"] = _SPACING
    return font


def bounding_box(min_x: float, min_y: float, max_x: float, max_y: float) -> dict[str, float]:
    size = {"width": max_x - min_x, "height": max_y - min_y}
    return {"min_x": min_x, "max_x": max_x, "min_y": min_y, "max_y": max_y, **size}
