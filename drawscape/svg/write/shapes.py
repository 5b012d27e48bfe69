"""The plain shapes of SVG, one element a call."""

import re
from typing import Any

from drawscape.drawing.affine import parse_transform
from drawscape.svg.write.canvas import C
from drawscape.svg.write.node import Shape
from drawscape.svg.write.outline import moved_shape, unreadable
from drawscape.svg.write.style import Attrs, escape, transform_text

_DATA = re.compile(r"[\sMmZzLlHhVvCcSsQqTtAaEe0-9+\-.,]*\Z", re.ASCII)


def rect(
    svg: C,
    x: float,
    y: float,
    width: float,
    height: float,
    attrs: Attrs | None = None,
    **style: Any,
) -> C:
    """Draw a rectangle from its upper left corner.

    >>> svg.rect(10, 10, 80, 50, stroke="red")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    places = {"x": x, "y": y, "width": width, "height": height}
    return _shape(svg, "rect", places, attrs, style)


def line(
    svg: C, x1: float, y1: float, x2: float, y2: float, attrs: Attrs | None = None, **style: Any
) -> C:
    """Draw a straight line.

    >>> svg.line(10, 10, 90, 90)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    return _shape(svg, "line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, attrs, style)


def circle(svg: C, cx: float, cy: float, r: float, attrs: Attrs | None = None, **style: Any) -> C:
    """Draw a circle about its centre.

    >>> svg.circle(50, 50, 20).lines().lengths_mm.round(1)
    array([125.6])
    """
    return _shape(svg, "circle", {"cx": cx, "cy": cy, "r": r}, attrs, style)


def ellipse(
    svg: C, cx: float, cy: float, rx: float, ry: float, attrs: Attrs | None = None, **style: Any
) -> C:
    """Draw an ellipse about its centre, its axes along x and y.

    >>> svg.ellipse(50, 50, 40, 20)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    return _shape(svg, "ellipse", {"cx": cx, "cy": cy, "rx": rx, "ry": ry}, attrs, style)


def path(svg: C, d: str, attrs: Attrs | None = None, **style: Any) -> C:
    """Draw SVG path data, such as `'M10,10 C20,0 30,0 40,10'`; curves stay curves.

    >>> svg.path("M10,50 C30,10 70,90 90,50")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    if not isinstance(d, str) or not _DATA.match(d):
        raise unreadable(d)
    return _shape(svg, "path", {"d": d}, attrs, style)


def text(
    svg: C, x: float, y: float, content: object, attrs: Attrs | None = None, **style: Any
) -> C:
    """Write text in the viewer's font; a plotter needs `hershey_text` or `lettering`.

    >>> svg.text(10, 20, "for the screen")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    return _shape(svg, "text", {"x": x, "y": y}, attrs, style, escape(content))


def title(svg: C, content: object, attrs: Attrs | None = None) -> C:
    """Name the group or page that is open, for tooltips and screen readers.

    >>> svg.title("Gravel, after Nees").to_string().count("<title>")
    1
    """
    return svg.add(Shape.of("title", {}, attrs or {}, escape(content)))


def _shape(
    svg: C,
    tag: str,
    places: dict[str, Any],
    attrs: Attrs | None,
    style: dict[str, Any],
    content: str | None = None,
) -> C:
    styled = svg.styled(attrs, style)
    if svg.matrix.is_identity:
        return svg.add(Shape.of(tag, places, styled, content))
    own = styled.pop("transform", "")
    matrix = svg.matrix @ parse_transform(own)
    if tag == "text":
        return svg.add(
            Shape.of(tag, places, {**styled, "transform": transform_text(matrix)}, content)
        )
    tag, places = moved_shape(tag, places, styled, matrix)
    if tag == "path":
        styled = {key: value for key, value in styled.items() if key not in ("rx", "ry")}
    return svg.add(Shape.of(tag, places, styled))
