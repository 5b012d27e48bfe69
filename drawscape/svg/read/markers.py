"""Arrow heads and other markers at the corners of a path."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform, rotation, translation
from drawscape.drawing.path import CLOSE, MOVE, read_segments, stepped
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Floats, Ints
from drawscape.svg.read.tree import XmlNode

if TYPE_CHECKING:
    from drawscape.svg.read.state import InheritedState
    from drawscape.svg.read.walk import TreeWalk

_WITHOUT_EFFECT = ("display", "transform", "translate", "rotate", "scale")
_REF = ("refX", "refY")
# Of the chords that give a curve's direction at its ends, in user units.
_TOLERANCE = 1e-4


def draw_markers(walk: "TreeWalk", data: str, state: "InheritedState") -> None:
    """Draw the markers that the style in force puts on an outline."""
    corners = _corners(data)
    if len(corners) < 2:  # a move alone is no line
        return
    for place, chosen in (("start", corners[:1]), ("mid", corners[1:-1]), ("end", corners[-1:])):
        marker = walk.target(state.style.get(f"marker-{place}", "none"))
        if marker is None or marker.tag != "marker":
            continue
        with walk.entered(marker) as may_be_drawn:
            for at, angle in chosen if may_be_drawn else ():
                _draw(walk, marker, at, _turn(marker, angle, place), state)


def _draw(
    walk: "TreeWalk", marker: XmlNode, at: Floats, degrees: float, state: "InheritedState"
) -> None:
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
    inside = replace(state, matrix=Matrix(), style=style, used=True)
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


def _turn(marker: XmlNode, angle: float, place: str) -> float:
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
    if not len(segments.kinds):
        return []
    begins, ends = segments.begins, segments.ends
    pieces, points = stepped(segments, np.array([_TOLERANCE]))
    first: Ints = np.cumsum(pieces) - pieces
    drawn = (pieces > 0) & (segments.kinds != MOVE)
    leaves, arrives = np.zeros_like(ends), np.zeros_like(ends)
    leaves[drawn] = points[first[drawn]] - begins[drawn]
    before = np.where(pieces[:, None] > 1, points[first + pieces - 2], begins)
    arrives[drawn] = (ends - before)[drawn]
    still = (segments.kinds != MOVE) & ~leaves.any(axis=1)
    for index in np.flatnonzero(still).tolist():  # it goes on as the one before it
        leaves[index] = arrives[index] = arrives[index - 1]
    # A move that only our reader puts behind a Z, before what is drawn next, is no corner.
    added: Ints = np.flatnonzero(segments.kinds[:-2] == CLOSE) + 1
    added = added[(begins[added] == ends[added]).all(axis=1)]
    leaves[added] = leaves[added + 1]
    into, out = _unit(arrives), _unit(np.vstack((leaves[1:], np.zeros((1, 2)))))
    through = into + out
    turns = np.degrees(np.arctan2(*through.T[::-1]))
    # There and back: square to both, down or to the left.
    back = into.any(axis=1) & (np.hypot(*through.T) < 0.01)
    turns[back] = (np.degrees(np.arctan2(*into[back].T[::-1])) + 1) % 180 + 89
    turns, ends = np.delete(turns, added), np.delete(ends, added, axis=0)
    return list(zip(ends, turns.tolist(), strict=True))


def _unit(steps: Floats) -> Floats:
    units: Floats = steps / np.maximum(np.hypot(*steps.T), 1e-300)[:, None]
    return units
