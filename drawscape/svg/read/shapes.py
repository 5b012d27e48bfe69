"""The outlines of SVG's basic shapes, in user units."""

from __future__ import annotations

from drawscape.drawing.outline import outline
from drawscape.drawing.units import css_px
from drawscape.svg.read.viewport import Viewport
from drawscape.svg.read.xml_tree import Node

_COORDINATES = {
    "line": ("x1", "y1", "x2", "y2"),
    "rect": ("x", "y", "width", "height", "rx", "ry"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}


def path_data(node: Node, viewport: Viewport) -> str | None:
    """Return an element's outline as path data, '' when it is empty; None for other elements."""
    if node.tag == "path":
        return node.attributes.get("d", "")
    if node.tag in ("polyline", "polygon"):
        points = node.attributes.get("points", "")
        return f"M{points}{'Z' if node.tag == 'polygon' else ''}" if points.strip() else ""
    names = _COORDINATES.get(node.tag)
    if names is None:
        return None
    given = node.attributes
    return outline(node.tag, {n: css_px(given.get(n), whole=viewport.whole(n)) for n in names})
