"""Patterns: a tile drawn again and again within a shape's fill or stroke."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix, parse_transform, translation
from drawscape.errors import CanvasError
from drawscape.svg.read.clipping import clip_to, clip_to_box, enclosed
from drawscape.svg.read.paint import taken_paint
from drawscape.svg.read.tree import Viewport, XmlNode, about, fit_view_box, view_box

if TYPE_CHECKING:
    from drawscape.svg.read.state import InheritedState
    from drawscape.svg.read.walk import TreeWalk

_MOST_TILES = 10_000


def draw_tiles(walk: TreeWalk, name: str, node: XmlNode, data: str, state: InheritedState) -> str:
    """Draw a pattern's tiles within a shape's fill or stroke; return the paint of the rest.

    This is the fallback of an empty pattern. One that is too fine is reported, and is black.
    """
    # The tiles of a context stand where they do in its own paint.
    paint, painted, at = taken_paint(state.style.get(name), node, state)
    pattern, fallback = walk.target(paint), paint.partition(")")[2].strip() or "none"
    if pattern is None:
        return fallback
    given, content = _inherited(walk, pattern)
    bounds = walk.bounds_of(painted, at)
    if content is None or bounds is None:
        return fallback
    x0, y0, wide, high = bounds[0], bounds[1], bounds[2] - bounds[0], bounds[3] - bounds[1]
    names = ("x", "y", "width", "height")
    if given.get("patternUnits") != "userSpaceOnUse":  # they are parts of the box
        x, y, w, h = (at.style.px(given.get(name), 1.0) or 0.0 for name in names)
        x, y = x0 + x * wide, y0 + y * high
        w, h = w * wide, h * high
        if painted is not node:
            walk.note("programs differ in the box of what is used, which its pattern refers to")
    else:
        x, y, w, h = at.lengths(given, *names)
    try:
        moved = parse_transform(given.get("patternTransform", ""))
        moved = about(given.get("transform-origin"), moved, at.viewport, at.style)
        moved.inverse()
    except CanvasError:
        moved = IDENTITY
    placed = at.matrix @ moved
    if w <= 0 or h <= 0 or not placed.determinant:
        return fallback
    dashes = walk.context_of(state).dashes, walk.context_of(state).dash_offset
    clip = clip_to(walk, enclosed(walk, data, state, name, dashes), state)
    area = walk.scene.clips[clip]
    if area.is_empty:
        return "none"
    box = view_box(given.get("viewBox"))
    inner = IDENTITY
    if box is not None:
        inner = fit_view_box(box, w, h, given.get("preserveAspectRatio"))
    elif given.get("patternContentUnits") == "objectBoundingBox":
        inner = Matrix(a=wide, d=high)
    corners = placed.inverse().apply(np.array(area.envelope.exterior.coords))
    low, high_ = ((f(axis=0) - (x, y)) / (w, h) for f in (corners.min, corners.max))
    columns = range(math.floor(low[0]), math.ceil(high_[0]))
    rows = range(math.floor(low[1]), math.ceil(high_[1]))
    tiles = len(columns) * len(rows)
    if not _may_tile(walk, tiles):
        return "black"
    with walk.entered(pattern) as may_be_drawn:
        if not may_be_drawn:
            return "none"
        base = replace(state, clip=clip, context=None, used=True)
        viewport = Viewport(box[2], box[3]) if box else at.viewport
        base = replace(base, viewport=viewport, style=walk.style_at(content))
        with walk.collecting(measuring=True) as scene:
            walk.children(content, replace(base, matrix=inner, clip=None, group=0))
            drawn = scene.lines(0.05, cut=False)[0].bounds
        fits = drawn is not None and min(drawn[:2]) >= 0 and drawn[2] <= w and drawn[3] <= h
        # A tile that has to be cut takes as long as four.
        if not (fits or _may_tile(walk, 3 * tiles)):
            return "black"
        for row in rows:
            for column in columns:
                corner = translation(x + column * w, y + row * h)
                tile = replace(base, matrix=placed @ corner)
                if not fits:
                    tile = replace(tile, clip=clip_to_box(walk, (0.0, 0.0, w, h), tile))
                walk.children(content, replace(tile, matrix=tile.matrix @ inner))
    return "none"


def _inherited(walk: TreeWalk, pattern: XmlNode) -> tuple[dict[str, str], XmlNode | None]:
    """Return a pattern's attributes and the element with its tile; it may take both from others."""
    chain = [pattern]
    further = walk.linked(pattern)
    while further is not None and len(chain) < 8:
        chain.append(further)
        further = walk.linked(further)
    given: dict[str, str] = {}
    for each in reversed(chain):
        given |= {k: v for k, v in each.attributes.items() if k not in ("id", "style", "class")}
    return given, next((each for each in chain if each.children), None)


def _may_tile(walk: TreeWalk, tiles: int) -> bool:
    """Count tiles; return whether these may be drawn, and say so if not."""
    walk.tiles_drawn += tiles
    if walk.tiles_drawn > _MOST_TILES:
        walk.note("patterns of many tiles are not drawn; what they fill is outlined")
    return walk.tiles_drawn <= _MOST_TILES
