"""The outlines of SVG's basic shapes, in user units."""

import re
from collections.abc import Mapping

from drawscape.drawing.outline import outline
from drawscape.drawing.units import css_px
from drawscape.svg.read.plain_runs import PlainRun
from drawscape.svg.read.viewport import Viewport
from drawscape.svg.read.xml_tree import Node

_COORDINATES = {
    "line": ("x1", "y1", "x2", "y2"),
    "rect": ("x", "y", "width", "height", "rx", "ry"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}
_CSS_PATH = re.compile(r"path\(\s*[\"'](.*)[\"']\s*\)", re.DOTALL)


def path_data(
    node: Node, viewport: Viewport, own: Mapping[str, str], *, em: float = 16.0
) -> str | None:
    """Return an element's outline as path data, '' when it is empty; None for other elements.

    `own` are its declarations: coordinates there go before its attributes.
    """
    given = node.attributes
    if node.tag == "path":
        styled = _CSS_PATH.fullmatch(own["d"]) if "d" in own else None
        return styled[1] if styled else given.get("d", "")
    if node.tag in ("polyline", "polygon"):
        points = given.get("points", "")
        if isinstance(points, PlainRun):
            return points
        return f"M{points}{'Z' if node.tag == 'polygon' else ''}" if points.strip() else ""
    names = _COORDINATES.get(node.tag)
    if names is None:
        return None
    if own:
        given = {**given, **own}
    n = {
        name: css_px(text, whole=viewport.whole(name) if "%" in text else 0.0, em=em)
        for name in names
        if (text := given.get(name)) is not None
    }
    if node.tag in ("rect", "ellipse"):
        # A negative radius is an error, which leaves it to the other one.
        for name in ("rx", "ry"):
            if (n.get(name) or 0.0) < 0:
                n[name] = None
    return outline(node.tag, n)
