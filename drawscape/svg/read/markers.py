"""Arrow heads and other markers at the corners of a path."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import Matrix, rotation, translation
from drawscape.drawing.path import ARC, CLOSE, CUBIC, MOVE, read_commands, resolve
from drawscape.geometry.curves import Ellipses
from drawscape.geometry.lines import Floats
from drawscape.svg.read.tree import Node, Viewport, fit_view_box, view_box

if TYPE_CHECKING:
    from drawscape.svg.read.walk import State, Walk

_DEFAULT_SIZE = 3.0
_WITHOUT_EFFECT = ("display", "transform", "translate", "rotate", "scale")


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
    given = marker.attributes
    style = walk.style_at(marker)
    width, height = (
        style.px(given.get(name), whole, _DEFAULT_SIZE) or 0.0
        for name, whole in (
            ("markerWidth", state.viewport.width),
            ("markerHeight", state.viewport.height),
        )
    )
    if width <= 0 or height <= 0:
        return
    matrix = state.matrix @ translation(*at.tolist()) @ rotation(degrees)
    if given.get("markerUnits", "strokeWidth") != "userSpaceOnUse":
        stroke = state.px(state.style.get("stroke-width", "1"), "r")
        stroke = 1.0 if stroke is None else stroke
        if stroke <= 0:
            return
        matrix = matrix @ Matrix(a=stroke, d=stroke)
    box = view_box(given.get("viewBox"))
    aspect = given.get("preserveAspectRatio")
    fitted = fit_view_box(box, width, height, aspect) if box else Matrix()
    inner = Viewport(box[2], box[3]) if box else Viewport(width, height)
    view = state.viewport
    ref = [
        style.px(given.get("refX"), view.width) or 0.0,
        style.px(given.get("refY"), view.height) or 0.0,
    ]
    shift = fitted.apply(np.array([ref]))[0]
    matrix = matrix @ translation(*(-shift).tolist())
    inside = replace(state, matrix=matrix, viewport=inner, depth=state.depth + 1, used=True)
    if own.get("overflow", "hidden") not in ("visible", "auto"):
        from drawscape.svg.read.clipping import clip_to_box

        inside = replace(inside, clip=clip_to_box(walk, (0.0, 0.0, width, height), inside))
    outer = walk.style_at(marker.parent) if marker.parent else walk.initial
    content = replace(inside, matrix=matrix @ fitted, style=outer)
    walk.children(marker, walk.inside(marker, own, content))


def _turn(marker: Node, angle: float, place: str) -> float:
    orient = marker.attributes.get("orient", "0").strip()
    if orient == "auto-start-reverse":
        return angle + 180 if place == "start" else angle
    if orient == "auto":
        return angle
    units = {"deg": 1.0, "grad": 0.9, "rad": math.degrees(1.0), "turn": 360.0}
    unit = next((unit for unit in units if orient.endswith(unit)), "")
    try:
        return float(orient.removesuffix(unit)) * units.get(unit, 1.0)
    except ValueError:
        return 0.0


def _corners(data: str) -> list[tuple[Floats, float]]:
    """Return each corner of an outline with the direction through it, in degrees.

    The direction is the middle of those in which the lines arrive and leave.
    """
    segments = resolve(read_commands([data]))
    count = len(segments.kinds)
    if not count:
        return []
    begins = np.vstack((np.zeros((1, 2)), segments.ends[:-1]))
    steps = np.where((segments.kinds == MOVE)[:, None], 0.0, segments.ends - begins)
    leaves, arrives = steps.copy(), steps.copy()
    arcs = np.flatnonzero(segments.kinds == ARC)
    for index in np.flatnonzero(segments.kinds == CUBIC).tolist():
        points = [begins[index], *segments.curves[index, :4].reshape(2, 2), segments.ends[index]]
        leaves[index] = _first_step(points)
        arrives[index] = -_first_step(points[::-1])
    if len(arcs):
        ellipses = Ellipses.of(begins[arcs], segments.ends[arcs], segments.curves[arcs])
        rows, tiny = np.arange(len(arcs)), np.full(len(arcs), 1e-4)
        leaves[arcs] = ellipses.at(rows, tiny) - begins[arcs]
        arrives[arcs] = segments.ends[arcs] - ellipses.at(rows, 1 - tiny)
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


def _first_step(points: list[Floats]) -> Floats:
    """Return the way from the first point to the next that is elsewhere: a curve's direction there."""
    steps = (point - points[0] for point in points[1:])
    return next((step for step in steps if np.hypot(*step) > 1e-9), np.zeros(2))


def _middle(ingoing: Floats | None, outgoing: Floats | None) -> float:
    steps = [s / np.hypot(*s) for s in (ingoing, outgoing) if s is not None and np.hypot(*s) > 0]
    if not steps:
        return 0.0
    total = np.sum(steps, axis=0)
    if np.hypot(*total) < 1e-9:  # there and back: square to both
        total = np.array([-steps[0][1], steps[0][0]])
    return math.degrees(math.atan2(total[1], total[0]))
