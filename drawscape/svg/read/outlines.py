"""The outlines of shapes as path data."""

import re
from collections.abc import Mapping

from drawscape.drawing.path import outline
from drawscape.drawing.values import NUMBER, InheritedStyle
from drawscape.svg.read.tree import XmlNode
from drawscape.svg.read.viewport import Viewport

_NUMBER = re.compile(NUMBER)
# In a longer polygon, points are not counted.
_LONGEST_POLYGON = 100_000
_COORDINATES = {
    "line": ("x1", "y1", "x2", "y2"),
    "rect": ("x", "y", "width", "height", "rx", "ry"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}


def path_data(
    node: XmlNode, viewport: Viewport, own: Mapping[str, str], style: InheritedStyle
) -> str | None:
    """Return an element's outline as path data, '' when it is empty; None for other elements.

    `own` are its declarations: coordinates there override its attributes.
    """
    given = node.attributes
    if node.tag == "path":
        data = given.get("d", "")
        return "" if data == "none" else data
    if node.tag in ("polyline", "polygon"):
        points = given.get("points", "")
        if len(points) < _LONGEST_POLYGON and len(places := _NUMBER.findall(points)) % 2:
            points = " ".join(places[:-1])  # an x without its y
        return f"M{points}{'Z' if node.tag == 'polygon' else ''}" if points.strip() else ""
    names = _COORDINATES.get(node.tag)
    if names is None:
        return None
    if own:
        given = {**given, **own}
    n = {
        name: style.px(text, viewport.whole(name) if "%" in text else 0.0)
        for name, text in given.items()
        if name in names
    }
    if node.tag in ("rect", "ellipse"):
        # A negative radius is an error: then the other one counts.
        for name in ("rx", "ry"):
            if (n.get(name) or 0.0) < 0:
                n[name] = None
    return outline(node.tag, n)
