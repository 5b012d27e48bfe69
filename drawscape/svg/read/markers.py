"""Arrow heads and other markers at the corners of a path."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform, rotation, translation
from drawscape.drawing.path import ARC, CLOSE, CUBIC, MOVE, read_segments
from drawscape.errors import CanvasError
from drawscape.geometry.curves import Ellipses
from drawscape.geometry.lines import Floats
from drawscape.svg.read.tree import Node

if TYPE_CHECKING:
    from drawscape.svg.read.walk import State, Walk

_WITHOUT_EFFECT = ("display", "transform", "translate", "rotate", "scale")
_REF = ("refX", "refY")
# How far along a curve its direction is taken.
_NEAR = 1e-4


def draw_markers(walk: "Walk", data: str, state: "State") -> None:
    """Draw the markers that the style in force puts on an outline."""
    corners = _corners(data)
    if len(corners) < 2:  # a move alone is no line
        return
    for place, chosen in (("start", corners[:1]), ("mid", corners[1:-1]), ("end", corners[-1:])):
        marker = walk.target(state.style.get(f"marker-{place}", "none"))
        if marker is None or marker.tag != "marker":
            continue
        with walk.entered(marker) as may_be_drawn, walk.in_context(state):
            for at, angle in chosen if may_be_drawn else ():
                _draw(walk, marker, at, _turn(marker, angle, place), state)


def _draw(walk: "Walk", marker: Node, at: Floats, degrees: float, state: "State") -> None:
    # Neither a transform nor `display: none` holds for a marker.
    own = {k: v for k, v in walk.sheet.declarations(marker).items() if k not in _WITHOUT_EFFECT}
    if not walk.seen(own):
        return
    given, style = marker.attributes, walk.style_at(marker)
    matrix = state.matrix @ translation(*at.tolist()) @ rotation(degrees)
    if given.get("markerUnits", "strokeWidth") != "userSpaceOnUse":
        width = state.px(state.style.get("stroke-width", "1"), "r")
        size = 1.0 if width is None else width
        matrix = matrix @ Matrix(a=size, d=size)
    sizes = {"width": given.get("markerWidth", "3"), "height": given.get("markerHeight", "3")}
    inside = replace(state, matrix=Matrix(), style=style, depth=state.depth + 1, used=True)
    fitted = walk.nested(marker, sizes, {"overflow": "visible"}, inside).matrix
    if not fitted.determinant or not matrix.determinant:
        return
    ref = (
        style.px(given.get(name), whole) or 0.0
        for name, whole in zip(_REF, state.viewport, strict=True)
    )
    shift = fitted.apply(np.array([list(ref)]))[0].tolist()
    matrix = matrix @ translation(-shift[0], -shift[1])
    content = walk.nested(marker, sizes, own, replace(inside, matrix=matrix))
    content = replace(content, style=walk.style_at(marker.parent))
    walk.children(marker, walk.inside(marker, own, content))


def _turn(marker: Node, angle: float, place: str) -> float:
    orient = marker.attributes.get("orient", "0").strip()
    if orient.startswith("auto"):
        return angle + 180 * (place == "start" and orient == "auto-start-reverse")
    try:
        turned = parse_transform(f"rotate({orient})")
    except CanvasError:
        return 0.0
    return math.degrees(math.atan2(turned.b, turned.a))


def _corners(data: str) -> list[tuple[Floats, float]]:
    """Return each corner of an outline with the direction through it, in degrees.

    The direction is the middle of those in which the lines arrive and leave.
    """
    segments = read_segments([data])
    count = len(segments.kinds)
    if not count:
        return []
    begins = np.vstack((np.zeros((1, 2)), segments.ends[:-1]))
    steps = np.where((segments.kinds == MOVE)[:, None], 0.0, segments.ends - begins)
    leaves, arrives = steps.copy(), steps.copy()
    arcs = np.flatnonzero(segments.kinds == ARC)
    cubic = np.flatnonzero(segments.kinds == CUBIC)
    handles = segments.curves[cubic, :4]
    points = (begins[cubic], handles[:, :2], handles[:, 2:], segments.ends[cubic])
    leaves[cubic], arrives[cubic] = _first_step(*points), -_first_step(*points[::-1])
    if len(arcs):
        ellipses = Ellipses.of(begins[arcs], segments.ends[arcs], segments.curves[arcs])
        rows, near = np.arange(len(arcs)), np.full(len(arcs), _NEAR)
        leaves[arcs] = ellipses.at(rows, near) - begins[arcs]
        arrives[arcs] = segments.ends[arcs] - ellipses.at(rows, 1 - near)
    for index in range(1, count):  # a segment without length goes on as the one before it
        still = not (leaves[index].any() or arrives[index].any())
        if still and segments.kinds[index] not in (MOVE, CLOSE):
            leaves[index] = arrives[index] = arrives[index - 1]
    corners: list[tuple[Floats, float]] = []
    kinds = segments.kinds.tolist()
    for index, kind in enumerate(kinds):
        follows = index + 1 < count and kinds[index + 1] != MOVE
        ingoing = arrives[index] if kind != MOVE else None
        if kind == CLOSE and not arrives[index].any():
            ingoing = arrives[index - 1]
        outgoing = leaves[index + 1] if follows else None
        corners.append((segments.ends[index], _middle(ingoing, outgoing)))
    return corners


def _first_step(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Return the first bit of the way along the cubics of those points, each (N, 2)."""
    t, rest = _NEAR, 1 - _NEAR
    step: Floats = 3 * rest * rest * t * (b - a) + 3 * rest * t * t * (c - a) + t**3 * (d - a)
    return step


def _middle(ingoing: Floats | None, outgoing: Floats | None) -> float:
    steps = [s / np.hypot(*s) for s in (ingoing, outgoing) if s is not None and np.hypot(*s) > 0]
    if not steps:
        return 0.0
    total = np.sum(steps, axis=0)
    if np.hypot(*total) < 1e-9:  # there and back: square to both
        total = np.array([-steps[0][1], steps[0][0]])
    return math.degrees(math.atan2(total[1], total[0]))
