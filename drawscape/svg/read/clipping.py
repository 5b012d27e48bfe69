"""Regions that lines are kept within: clip paths and the edges of nested viewports."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix
from drawscape.drawing.path import flatten_paths
from drawscape.drawing.values import NUMBER
from drawscape.geometry.regions import rectangle
from drawscape.svg.read.areas import Region, overlap, region
from drawscape.svg.read.outlines import path_data
from drawscape.svg.read.state import use_place
from drawscape.svg.read.tree import XmlNode
from drawscape.svg.read.walk import passes_conditions

if TYPE_CHECKING:
    from drawscape.svg.read.state import InheritedState
    from drawscape.svg.read.viewport import Viewport
    from drawscape.svg.read.walk import TreeWalk

_TOLERANCE_MM = 0.02
_NUMBERS = re.compile(NUMBER)
_NOT_IN_CLIPS = ("g", "svg", "symbol", "a", "switch", "text")
# For a shape that clips: how it is painted does not matter.
_OF_CLIPS = ("transform", "clip-path", "clip-rule", "visibility", "font-size")


def clip_to_viewport(walk: TreeWalk, size: Viewport, state: InheritedState) -> int:
    """Return the number of the clip to a viewport under `state`, within its clip so far.

    A line along the edge is kept: half of its width would be visible.
    """
    import shapely

    slack = 1e-6 * (size.width + size.height)
    edge = rectangle((-slack, -slack, size.width + slack, size.height + slack))
    return clip_to(walk, shapely.Polygon(state.matrix.apply(edge)), state)


def clipped(walk: TreeWalk, link: str, node: XmlNode, state: InheritedState) -> int | None:
    """Return the number of `state`'s clip combined with the `clip-path` named by `link`."""
    target = walk.target(link)
    if target is None or target.tag != "clipPath":
        if not link.startswith("url("):
            walk.report(f"clip-path {link[:40]!r} is not applied")
        return state.clip
    with walk.entered(target) as may_be_drawn:
        if not may_be_drawn:
            return state.clip
        if target.attributes.get("clipPathUnits") == "objectBoundingBox":
            walk.note("clip-path in units of its element's box is not applied")
            return state.clip
        area = _clip_path(walk, target, node, state)
        outer = walk.sheet.declarations(target).get("clip-path", "none")
        if outer != "none" and not area.is_empty:
            number = clipped(walk, outer, node, replace(state, clip=None))
            if number is not None:
                area = overlap(area, walk.scene.clips[number], walk.scene.crossings)
        return clip_to(walk, area, state)


def clip_to(walk: TreeWalk, area: Region, state: InheritedState) -> int:
    """Return the number of a clip; an equal earlier clip gives its own."""
    key, clips = (id(area), state.clip), walk.scene.clips
    if key not in walk.clip_numbers:
        walk.count_clip(1)
        whole = area
        if state.clip is not None:
            whole = overlap(area, clips[state.clip], walk.scene.crossings)
        clips.append(whole)
        # The area is kept, so that its id stays unique.
        walk.clip_numbers[key] = (area, len(clips) - 1)
    return walk.clip_numbers[key][1]


def _place(walk: TreeWalk, node: XmlNode, state: InheritedState) -> Matrix:
    """Return the map from an element's units to mm, as for its content.

    The content of a `<use>` or an inner `<svg>` is moved by its x and y, together with its clip.
    """
    if node.tag == "use":
        return state.matrix @ use_place(node, {}, state)
    if node.tag == "svg" and node.parent is not None:
        return walk.nested(node, node.attributes, {"overflow": "visible"}, state).matrix
    return state.matrix


def _clip_path(walk: TreeWalk, target: XmlNode, node: XmlNode, state: InheritedState) -> Region:
    import shapely

    own = walk.sheet.declarations(target)
    base = replace(state, matrix=IDENTITY, style=walk.style_at(target), clip=None)
    matrix = _place(walk, node, state) @ walk.placed(own, base)
    key = (id(target), matrix, state.viewport)
    if key in walk.areas:
        return walk.areas[key]
    # Its shapes are combined once for each size, and then only moved.
    scale = 2.0 ** math.ceil(math.log2(max(matrix.stretch, 1e-9)))
    shape = (id(target), scale, state.viewport)
    if shape not in walk.areas:
        inside = replace(base, matrix=Matrix(a=scale, d=scale))
        areas = [area for child in target.children for area in _areas(walk, child, inside)]
        walk.areas[shape] = shapely.unary_union(areas) if areas else shapely.Polygon()
    moved = matrix @ Matrix(a=1 / scale, d=1 / scale)
    area = walk.areas[key] = shapely.transform(walk.areas[shape], moved.apply)
    return area


def _areas(walk: TreeWalk, child: XmlNode, state: InheritedState) -> list[Region]:
    import shapely

    target = walk.linked(child) if child.tag == "use" else None
    if child.tag in _NOT_IN_CLIPS or (target and target.tag in _NOT_IN_CLIPS):
        walk.note(f"<{child.tag}> in a clip path is ignored; only shapes and <use> clip")
        return []
    own = walk.sheet.declarations(child)
    if own.get("display") == "none" or not passes_conditions(child):
        return []
    inner = walk.inside(child, {k: v for k, v in own.items() if k in _OF_CLIPS}, state)
    data = path_data(child, inner.viewport, own, inner.style)
    areas = []
    if target is not None:
        inner = replace(inner, matrix=inner.matrix @ use_place(child, own, state))
        with walk.entered(target) as may_be_drawn:
            areas = _areas(walk, target, replace(inner, clip=None)) if may_be_drawn else []
    elif data and not inner.style.hidden:
        if child.tag == "rect" and "A" not in data:  # a PDF has thousands of these
            corners = np.array(_NUMBERS.findall(data), dtype=np.float64).reshape(-1, 2)
            areas = [shapely.Polygon(inner.matrix.apply(corners))]
        else:
            walk.count_clip(2)
            areas = [_enclosed(walk, data, inner)]
    if inner.clip is None:
        return areas
    clip, budget = walk.scene.clips[inner.clip], walk.scene.crossings
    return [overlap(area, clip, budget) for area in areas]


def _enclosed(walk: TreeWalk, data: str, state: InheritedState) -> Region:
    """Return the area inside an outline by its `clip-rule`."""
    tolerance = _TOLERANCE_MM / max(state.matrix.stretch, 1e-12)
    (lines,) = flatten_paths([data], [tolerance])
    lines = state.matrix.apply(lines)
    evenodd = state.style.get("clip-rule") == "evenodd"
    return region(lines, walk.scene.crossings, evenodd=evenodd)
