"""Paints that are not plain colours: gradients as the colour of a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drawscape.drawing.values import luminance, opacity_of, rgba
from drawscape.svg.read.tree import XmlNode

if TYPE_CHECKING:
    from drawscape.svg.read.walk import TreeWalk

FAINT = "--drawscape-faint"
"""A custom property that marks a translucent gradient."""

_SERVERS = ("linearGradient", "radialGradient", "meshgradient", "pattern")


def server_color(walk: TreeWalk, paint: str, name: str, own: dict[str, str]) -> str:
    """Return the colour of a gradient's darkest stop, or the fallback of a missing one.

    A note says that another paint is drawn; a translucent stop is marked in `own`.
    """
    server = walk.target(paint)
    fallback = paint.partition(")")[2].strip()
    if server is None or server.tag not in _SERVERS:
        if not fallback:
            walk.note(f"the paint {paint[:60]!r} is not in the file; nothing is drawn with it")
        return fallback or "none"
    if server.tag == "pattern":
        walk.note("patterns are not drawn; what they fill is outlined in black")
        return "black"
    stops = _stops(walk, server)
    seen = [color for color, opacity in stops if opacity > 0]
    if not seen:
        return (not stops and fallback) or "none"
    if any(opacity < 1 for _, opacity in stops):
        own[FAINT] = name
    if len(stops) > 1:
        walk.note("gradients are drawn in the colour of their darkest stop")
    return min(seen, key=luminance)


def _stops(walk: TreeWalk, server: XmlNode) -> list[tuple[str, float]]:
    """Return the colours and opacities of a gradient's stops, which may come from another gradient."""
    for _ in range(8):
        stops = [child for child in server.children if child.tag == "stop"]
        colors = []
        for stop in stops:
            own = walk.sheet.declarations(stop)
            color = own.get("stop-color", "black")
            if color.lower() in ("currentcolor", "inherit"):
                color = walk.style_at(stop).get("color", "black")
            values = rgba(color) or (1.0,)
            colors.append((color, values[-1] * opacity_of(own.get("stop-opacity", "1"))))
        further = walk.linked(server)
        if stops or further is None or not further.tag.endswith("Gradient"):
            return colors
        server = further
    return []


def link_of(node: XmlNode) -> str:
    return node.attributes.get("href") or node.attributes.get("xlink:href") or ""
