"""The plain shapes of SVG, one element a call."""

from __future__ import annotations

from typing import Any, Self

from drawscape.svg.write.node import Shape
from drawscape.svg.write.outline import moved_shape
from drawscape.svg.write.state import Canvas
from drawscape.svg.write.style import Attrs, escape
from drawscape.svg.write.transform import parse_transform


class Shapes(Canvas):
    """Shapes as SVG has them; `attrs` and keyword styles override the canvas's `default_styles`."""

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        attrs: Attrs | None = None,
        **style: Any,
    ) -> Self:
        """Draw a rectangle from its upper left corner."""
        places = {"x": x, "y": y, "width": width, "height": height}
        return self._shape("rect", places, attrs, style)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Draw a straight line."""
        return self._shape("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, attrs, style)

    def circle(
        self, cx: float, cy: float, r: float, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Draw a circle about its centre."""
        return self._shape("circle", {"cx": cx, "cy": cy, "r": r}, attrs, style)

    def ellipse(
        self, cx: float, cy: float, rx: float, ry: float, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Draw an ellipse about its centre, its axes along x and y."""
        return self._shape("ellipse", {"cx": cx, "cy": cy, "rx": rx, "ry": ry}, attrs, style)

    def path(self, d: str, attrs: Attrs | None = None, **style: Any) -> Self:
        """Draw SVG path data, such as `'M10,10 C20,0 30,0 40,10'`; curves stay curves."""
        return self._shape("path", {"d": d}, attrs, style)

    def text(
        self, x: float, y: float, content: object, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Write text in the viewer's font; a plotter needs `hershey_text` or `lettering`."""
        return self._shape("text", {"x": x, "y": y}, attrs, style, escape(content))

    def title(self, content: object, attrs: Attrs | None = None) -> Self:
        """Name the group or page that is open, for tooltips and screen readers."""
        return self._add(Shape.of("title", {}, attrs or {}, escape(content)))

    def _shape(
        self,
        tag: str,
        places: dict[str, Any],
        attrs: Attrs | None,
        style: dict[str, Any],
        content: str | None = None,
    ) -> Self:
        styled = self._styled(attrs, style)
        if self.matrix.is_identity:
            return self._add(Shape.of(tag, places, styled, content))
        own = styled.pop("transform", "")
        matrix = self.matrix @ parse_transform(own)
        if tag == "text":
            return self._add(Shape.of(tag, places, {**styled, "transform": str(matrix)}, content))
        tag, places = moved_shape(tag, places, styled, matrix)
        if tag == "path":
            styled = {key: value for key, value in styled.items() if key not in ("rx", "ry")}
        return self._add(Shape.of(tag, places, styled))
