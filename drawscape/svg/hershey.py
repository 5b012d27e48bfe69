"""Hershey text as in the contract: on Hershey's own grid, letters one unit closer.

A character that the font lacks is left out with a warning. New code writes with `lettering`, which raises.
"""

import warnings
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from drawscape.errors import CanvasError, GlyphError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.attributes import Attrs, CanvasWarning, number
from drawscape.svg.elements import Element

if TYPE_CHECKING:
    from drawscape.svg_builder import SVGBuilder

C = TypeVar("C", bound="SVGBuilder")

# The y = 0 of the classic calls: the middle of a capital, as in Hershey's own coordinates.
_BASE_LINE = 9.0
_SPACING = -1.0
_STROKES = {"fill": "none", "stroke": "black", "stroke-width": "1"}


def hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` from `x` on, the middle of its capitals at `y`, 21 `scale` mm high.

    >>> svg.hershey_text(10, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    with svg.group(_placed(x, y, scale)):
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


def get_hershey_text_bounding_box(svg: "SVGBuilder", text: str) -> dict[str, float]:
    """Return `min_x max_x min_y max_y width height` of `text` at scale 1.

    >>> round(svg.get_hershey_text_bounding_box("Hello World")["width"])
    156
    """
    min_x, min_y, max_x, max_y = _hershey_strokes(svg, text).bounds or (0.0, 0.0, 0.0, 0.0)
    size = {"width": max_x - min_x, "height": max_y - min_y}
    return {"min_x": min_x, "max_x": max_x, "min_y": min_y, "max_y": max_y, **size}


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


def _placed(x: float, y: float, scale: float) -> Attrs:
    if not scale:
        raise CanvasError(f"text scale {scale!r} would flatten the text; use a factor other than 0")
    return {"transform": f"translate({number(x)},{number(y)}) scale({number(scale)})"}
