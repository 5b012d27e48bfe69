"""Arrow heads and other markers at the corners of a path.

A marker's content is read once for all outlines of one style, and is then put at each corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import Matrix, rotation, scaling, translation
from drawscape.drawing.path import ARC, CUBIC, MOVE, PathSegments, read_segments
from drawscape.geometry.curves import Ellipses
from drawscape.geometry.lines import Floats
from drawscape.svg.read.tree import XmlNode, path_data

if TYPE_CHECKING:
    from drawscape.svg.read.scene import Context
    from drawscape.svg.read.state import InheritedState
    from drawscape.svg.read.walk import TreeWalk

_WITHOUT_EFFECT = ("display", "transform", "translate", "rotate", "scale")
# Of a marker that its own edge or a clip cuts; in mm.
_TOLERANCE_MM = 0.01
# The part of an arc whose chord gives its direction at its ends.
_SHORT = 1e-4

Corners = tuple[Floats, Floats]
"""The corners (N, 2) of a path, and the directions (N,) through them in degrees."""


@dataclass(frozen=True)
class Marker:
    """A marker's outlines about its reference point; `degrees` is None for one that turns with the path."""

    outlines: Sequence[tuple[str, Context]]
    degrees: float | None
    turns_back: bool
    """Whether it points backwards at the start of a path."""

    def draw(self, walk: TreeWalk, at: Matrix, turn: float) -> None:
        """Draw the outlines at a corner of a path, where the path runs in direction `turn`."""
        at = at @ rotation(turn if self.degrees is None else self.degrees)
        for data, context in self.outlines:
            walk.count_repeated(len(data))
            placed = context._replace(matrix=at @ context.matrix)
            walk.scene.append(data, walk.scene.number_of(placed))


def draw_markers(walk: TreeWalk, data: str, state: InheritedState) -> None:
    """Draw the markers that the style in force puts on an outline."""
    points, turns = corners(walk, data)
    last = len(points) - 1
    if last < 1:  # a move alone is no line
        return
    for place, chosen in (("start", [0]), ("mid", range(1, last)), ("end", [last])):
        marker = _marker(walk, state.style.get(f"marker-{place}", "none"), state)
        if marker is None:
            continue
        back = 180.0 * (place == "start" and marker.turns_back)
        for corner in chosen:
            at = state.matrix @ translation(*points[corner].tolist())
            marker.draw(walk, at, turns[corner] + back)


def corners(walk: TreeWalk, data: str) -> Corners:
    """Return the corners of an outline.

    Those of all outlines of the file are found at once: one alone takes as long as a thousand.
    """
    if not walk.corners:
        page = walk.initial_state()
        found = (path_data(node, page.viewport, {}, page.style) for node in walk.file.everything())
        paths = [path for path in found if path]
        walk.corners = dict(zip(paths, _corners(paths), strict=True))
    if data not in walk.corners:
        (walk.corners[data],) = _corners([data])
    return walk.corners[data]


def _marker(walk: TreeWalk, link: str, state: InheritedState) -> Marker | None:
    """Return the marker that a style names, from memory where nothing differs."""
    node = walk.target(link)
    if node is None or node.tag != "marker":
        return None
    width = state.px(state.style.get("stroke-width", "1"), "r")
    paints = state.style.get("fill"), state.style.get("stroke")
    scale = round(math.sqrt(abs(state.matrix.determinant)), 9)
    key = (id(node), width, paints, scale, state.viewport, state.clip, state.group, state.faint)
    if key not in walk.markers:
        with walk.entered(node) as may_be_drawn:
            walk.markers[key] = None
            if may_be_drawn and scale:
                size = 1.0 if width is None else width
                walk.markers[key] = _read_marker(walk, node, state, size, scale)
    return walk.markers[key]


def _read_marker(
    walk: TreeWalk, node: XmlNode, state: InheritedState, stroke_width: float, scale: float
) -> Marker | None:
    """Return a marker as an element of that state shows it; `scale` is from its units to mm."""
    # Neither a transform nor `display: none` holds for a marker.
    own = {k: v for k, v in walk.sheet.declarations(node).items() if k not in _WITHOUT_EFFECT}
    given, style = node.attributes, walk.style_at(node)
    size = stroke_width
    if given.get("markerUnits", "strokeWidth") == "userSpaceOnUse":
        size = 1.0
    sizes = {"width": given.get("markerWidth", "3"), "height": given.get("markerHeight", "3")}
    inside = replace(state, matrix=Matrix(), style=style, clip=None, used=True)
    fitted = walk.nested(node, sizes, {"overflow": "visible"}, inside).matrix
    if not (walk.seen(own) and size and fitted.determinant):
        return None
    x, y = (
        style.px(given.get(name), whole) or 0.0
        for name, whole in zip(("refX", "refY"), state.viewport, strict=True)
    )
    left, top = fitted.apply(np.array([[x, y]]))[0].tolist()
    matrix = scaling(scale * size) @ translation(-left, -top)
    content = walk.nested(node, sizes, own, replace(inside, matrix=matrix))
    content = replace(content, style=walk.style_at(node.parent))
    with walk.collecting() as scene:
        walk.children(node, walk.inside(node, own, content))
    outlines = [
        (data, context._replace(matrix=scaling(1 / scale) @ context.matrix, clip=state.clip))
        for data, context in scene.without_clips(_TOLERANCE_MM)
    ]
    orient = given.get("orient", "0").strip()
    if orient.startswith("auto"):
        return Marker(outlines, None, orient == "auto-start-reverse")
    degrees = style.px(orient.removesuffix("deg"))
    if degrees is None:
        walk.note(f"the orient {orient[:60]!r} of a marker is not applied; write degrees")
    return Marker(outlines, degrees or 0.0, turns_back=False)


def _corners(paths: Sequence[str]) -> Iterator[Corners]:
    """Yield the corners of each path.

    A direction is the middle of those in which the lines arrive and leave.
    """
    segments = read_segments(paths)
    leaves, arrives = _directions(segments)
    still = (segments.kinds != MOVE) & ~leaves.any(axis=1)
    for index in np.flatnonzero(still).tolist():  # it goes on as the one before it
        leaves[index] = arrives[index] = arrives[index - 1]
    onward = np.vstack((leaves[1:], np.zeros((1, 2))))
    x, y = (_unit(arrives) + _unit(onward)).T
    turns = np.degrees(np.arctan2(y, x))
    bounds = np.searchsorted(segments.paths, np.arange(len(paths) + 1)).tolist()
    for begin, end in pairwise(bounds):
        yield segments.ends[begin:end], turns[begin:end]


def _directions(segments: PathSegments) -> tuple[Floats, Floats]:
    """Return the steps (S, 2) in which segments leave their begins and arrive at their ends, 0 for moves."""
    kinds, begins, ends = segments.kinds, segments.begins, segments.ends
    leaves = np.where((kinds == MOVE)[:, None], 0.0, ends - begins)
    arrives = leaves.copy()
    cubics, arcs = (np.flatnonzero(kinds == kind) for kind in (CUBIC, ARC))
    if len(cubics):
        begin, end = begins[cubics], ends[cubics]
        first, second = segments.curves[cubics, :2], segments.curves[cubics, 2:4]
        leaves[cubics] = _first_step(first - begin, second - begin, end - begin)
        arrives[cubics] = _first_step(end - second, end - first, end - begin)
    if len(arcs):
        ellipses = Ellipses.of(begins[arcs], ends[arcs], segments.curves[arcs])
        rows, short = np.arange(len(arcs)), np.full(len(arcs), _SHORT)
        leaves[arcs] = ellipses.at(rows, short) - begins[arcs]
        arrives[arcs] = ends[arcs] - ellipses.at(rows, 1 - short)
    return leaves, arrives


def _first_step(*steps: Floats) -> Floats:
    """Return for each row the first of `steps` (N, 2) that has a length: a curve's handle may have none."""
    chosen = steps[0].copy()
    for further in steps[1:]:
        still = ~chosen.any(axis=1)
        chosen[still] = further[still]
    return chosen


def _unit(steps: Floats) -> Floats:
    units: Floats = steps / np.maximum(np.hypot(*steps.T), 1e-300)[:, None]
    return units
