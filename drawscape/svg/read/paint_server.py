"""Gradients and patterns, which a pen draws in one colour."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drawscape.svg.read.walk import Walk

_SERVERS = ("linearGradient", "radialGradient", "meshgradient", "pattern")


def server_color(walk: "Walk", paint: str) -> str:
    """Return a colour for a gradient or pattern: its first stop's; the fallback if there is none.

    That the file's own paint is not what is drawn is noted.
    """
    server = walk.target(paint)
    if server is None or server.tag not in _SERVERS:
        fallback = paint.partition(")")[2].strip()
        if not fallback:
            walk.note(f"the paint {paint[:60]!r} is not in the file; nothing is drawn with it")
        return fallback or "none"
    if server.tag == "pattern":
        walk.note("patterns are not drawn; what they fill is outlined in one colour")
    else:
        walk.note("gradients are drawn in the colour of their first stop")
    for _ in range(8):  # a gradient may take its stops from another
        for stop in server.children:
            if stop.tag == "stop":
                own = walk.sheet.declarations(stop)
                color = own.get("stop-color", stop.attributes.get("stop-color", "black"))
                return color if color != "currentColor" else "black"
        link = server.attributes.get("href") or server.attributes.get("xlink:href", "")
        further = walk.target(link)
        if further is None or server.tag == "pattern":
            break
        server = further
    return "black" if server.tag == "pattern" else "none"
