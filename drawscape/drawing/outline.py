"""Basic shapes as path data, so that one decoder serves them all."""

from collections.abc import Mapping


def outline(tag: str, n: Mapping[str, float | None]) -> str | None:
    """Return the outline of a line, rect, circle or ellipse as absolute path data, its arcs exact.

    `n` holds the coordinates by their names in SVG; x, y, cx and cy are 0 when they are missing, and
    of `rx` and `ry` one stands for both. '' for a shape without extent, None for another element.
    """

    def get(name: str) -> float:
        return n.get(name) or 0.0

    if tag == "line":
        return f"M{get('x1')},{get('y1')} L{get('x2')},{get('y2')}"
    rx, ry = n.get("rx"), n.get("ry")
    rx, ry = (ry if rx is None else rx) or 0.0, (rx if ry is None else ry) or 0.0
    if tag == "rect":
        return _rectangle(get("x"), get("y"), get("width"), get("height"), rx, ry)
    if tag == "circle":
        rx = ry = get("r")
    elif tag != "ellipse":
        return None
    return _ellipse(get("cx"), get("cy"), rx, ry) if rx > 0 and ry > 0 else ""


def _ellipse(cx: float, cy: float, rx: float, ry: float) -> str:
    # Quarters, as the standard asks: the points at the axes are then exact, and the centre of a
    # half turn hangs on the last digit of its ends.
    corners = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 0))
    ends = [f"{cx + x * rx},{cy + y * ry}" for x, y in corners]
    return f"M{ends[0]} " + " ".join(f"A{rx},{ry} 0 0 1 {end}" for end in ends[1:]) + " Z"


def _rectangle(x: float, y: float, width: float, height: float, rx: float, ry: float) -> str:
    if width <= 0 or height <= 0:
        return ""
    right, bottom = x + width, y + height
    # No radius is larger than half a side.
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    if rx <= 0 or ry <= 0:
        return f"M{x},{y} L{right},{y} L{right},{bottom} L{x},{bottom} Z"
    turn = f"A{rx},{ry} 0 0 1 "
    return (
        f"M{x + rx},{y} L{right - rx},{y} {turn}{right},{y + ry} L{right},{bottom - ry} "
        f"{turn}{right - rx},{bottom} L{x + rx},{bottom} {turn}{x},{bottom - ry} "
        f"L{x},{y + ry} {turn}{x + rx},{y} Z"
    )
