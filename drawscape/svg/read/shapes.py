"""Basic shapes as path data, so that one decoder serves them all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from drawscape.svg.read.units import length_px
from drawscape.svg.read.xml_tree import Node


@dataclass(frozen=True)
class Viewport:
    """What percentages refer to, in user units."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """The length that a radius in percent refers to."""
        return math.hypot(self.width, self.height) / math.sqrt(2)


def path_data(node: Node, viewport: Viewport) -> str | None:
    """Return an element's outline as path data, '' when it is empty; None for other elements."""
    shape = _SHAPES.get(node.tag)
    return None if shape is None else shape(node.attributes, viewport)


def _path(attributes: dict[str, str], viewport: Viewport) -> str:
    del viewport
    return attributes.get("d", "")


def _polyline(attributes: dict[str, str], viewport: Viewport) -> str:
    del viewport
    points = attributes.get("points", "")
    return "M" + points if points.strip() else ""


def _polygon(attributes: dict[str, str], viewport: Viewport) -> str:
    points = _polyline(attributes, viewport)
    return points + "Z" if points else ""


def _line(attributes: dict[str, str], viewport: Viewport) -> str:
    x1 = length_px(attributes.get("x1"), whole=viewport.width, default=0.0)
    y1 = length_px(attributes.get("y1"), whole=viewport.height, default=0.0)
    x2 = length_px(attributes.get("x2"), whole=viewport.width, default=0.0)
    y2 = length_px(attributes.get("y2"), whole=viewport.height, default=0.0)
    return f"M{x1},{y1},{x2},{y2}"


def _rect(attributes: dict[str, str], viewport: Viewport) -> str:
    x = length_px(attributes.get("x"), whole=viewport.width, default=0.0) or 0.0
    y = length_px(attributes.get("y"), whole=viewport.height, default=0.0) or 0.0
    width = length_px(attributes.get("width"), whole=viewport.width, default=0.0) or 0.0
    height = length_px(attributes.get("height"), whole=viewport.height, default=0.0) or 0.0
    if width <= 0 or height <= 0:
        return ""
    rx = length_px(attributes.get("rx"), whole=viewport.width)
    ry = length_px(attributes.get("ry"), whole=viewport.height)
    rx, ry = (ry if rx is None else rx) or 0.0, (rx if ry is None else ry) or 0.0
    if rx <= 0 or ry <= 0:
        return f"M{x},{y}H{x + width}V{y + height}H{x}Z"
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    arc = f"A{rx},{ry},0,0,1,"
    return (
        f"M{x + rx},{y}H{x + width - rx}{arc}{x + width},{y + ry}"
        f"V{y + height - ry}{arc}{x + width - rx},{y + height}"
        f"H{x + rx}{arc}{x},{y + height - ry}V{y + ry}{arc}{x + rx},{y}Z"
    )


def _circle(attributes: dict[str, str], viewport: Viewport) -> str:
    r = length_px(attributes.get("r"), whole=viewport.diagonal, default=0.0) or 0.0
    return _round(attributes, viewport, r, r)


def _ellipse(attributes: dict[str, str], viewport: Viewport) -> str:
    rx = length_px(attributes.get("rx"), whole=viewport.width)
    ry = length_px(attributes.get("ry"), whole=viewport.height)
    rx, ry = (ry if rx is None else rx) or 0.0, (rx if ry is None else ry) or 0.0
    return _round(attributes, viewport, rx, ry)


def _round(attributes: dict[str, str], viewport: Viewport, rx: float, ry: float) -> str:
    if rx <= 0 or ry <= 0:
        return ""
    cx = length_px(attributes.get("cx"), whole=viewport.width, default=0.0) or 0.0
    cy = length_px(attributes.get("cy"), whole=viewport.height, default=0.0) or 0.0
    arc = f"A{rx},{ry},0,0,1,"
    left, right, top, bottom = cx - rx, cx + rx, cy - ry, cy + ry
    # Four quarters, as the standard asks: the points at the axes are then exact.
    return f"M{right},{cy}{arc}{cx},{bottom}{arc}{left},{cy}{arc}{cx},{top}{arc}{right},{cy}Z"


_SHAPES: dict[str, Callable[[dict[str, str], Viewport], str]] = {
    "path": _path,
    "polyline": _polyline,
    "polygon": _polygon,
    "line": _line,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
}
