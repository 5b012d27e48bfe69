"""Foreign drawings, hatches, clips: lines made from regions, and lines cut by them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from drawscape.drawing.checks import checked_length
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Points
from drawscape.svg.write.canvas import C, Canvas
from drawscape.svg.write.cutting import Cut, cut_nodes
from drawscape.svg.write.grouping import layer as pen_layer
from drawscape.svg.write.node import Group, Node
from drawscape.svg.write.points import as_region
from drawscape.svg.write.polylines import polylines


def add_svg(
    svg: C,
    source: str | os.PathLike[str] | bytes,
    x: float = 0.0,
    y: float = 0.0,
    width: float | None = None,
    height: float | None = None,
    *,
    keep_layers: bool = False,
    **style: Any,
) -> C:
    """Draw a foreign SVG as lines, scaled to fit the box at (`x`, `y`) and centred in it.

    `source` is a path or the file's content. Its drawing, not its page, fills the box; with
    one of `width` and `height` the other follows, with neither it stays as large as it is. It
    is drawn with the current pen, or in its own layers with `keep_layers`.
    Raises SvgReadError for what cannot be read or holds no lines, CanvasError for an empty box.

    >>> badge = SVGBuilder(20, 20).circle(10, 10, 8).to_bytes()
    >>> svg.add_svg(badge, 10, 10, width=40).lines().bounds
    (10.0, 10.0, 50.0, 50.0)
    """
    from drawscape.errors import SvgReadError
    from drawscape.svg.read import read_svg

    document = read_svg(source, enlarged=lambda bounds: _fit(bounds, x, y, width, height)[0])
    bounds = document.lines.bounds
    if bounds is None:
        left_out = f": {'; '.join(document.unsupported)}" if document.unsupported else ""
        raise SvgReadError(f"the SVG to be added holds no lines{left_out}")
    scale, shift = _fit(bounds, x, y, width, height)
    for layer in document.layers:
        placed = layer.lines.with_points(layer.lines.points * scale + shift)
        if keep_layers:
            with pen_layer(svg, layer.name, color=layer.color, width=layer.width_mm):
                polylines(svg, placed, **style)
        else:
            polylines(svg, placed, **style)
    return svg


@contextmanager
def clip(
    svg: C,
    polygon: Any = None,
    *,
    rect: tuple[float, float, float, float] | None = None,
    circle: tuple[float, float, float] | None = None,
    outside: bool = False,
) -> Iterator[C]:
    """Return a block whose lines are kept within a region only, or `outside` of it.

    The region is a `polygon` (a ring as (N, 2), or several: a ring in a ring is a hole), a
    `rect` (x, y, width, height) or a `circle` (cx, cy, r), under the transform of this moment.
    Raises CanvasError unless exactly one region is given.

    >>> with svg.clip(circle=(50, 50, 20)):
    ...     _ = svg.line(0, 50, 100, 50)
    >>> svg.lines().lengths_mm.round(2)
    array([39.98])
    """
    cut = _cut_for(svg, polygon, rect, circle, outside)
    before = _marks(svg)
    yield svg
    for nodes, begin in _since(svg, before):
        nodes[begin:] = cut_nodes(nodes[begin:], cut)


def _cut_for(
    svg: Canvas,
    polygon: Any,
    rect: tuple[float, float, float, float] | None,
    circle: tuple[float, float, float] | None,
    outside: bool,
) -> Cut:
    if sum(region is not None for region in (polygon, rect, circle)) != 1:
        raise CanvasError("clip to one region: a polygon, rect=(x, y, w, h) or circle=(cx, cy, r)")
    from drawscape.geometry.clip import clip_to_polygon
    from drawscape.geometry.curves import circle as circle_points
    from drawscape.geometry.regions import rings

    if rect is not None:
        x, y, w, h = rect
        polygon = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], dtype=np.float64)
    elif circle is not None:
        polygon = circle_points(*circle)
    region = rings(as_region(polygon))
    region = region.with_points(svg.matrix.apply(region.points))
    return lambda flat: clip_to_polygon(flat.lines, region, outside=outside)


def _marks(svg: Canvas) -> dict[int, int]:
    """Return how many nodes each list has that drawing may add to."""
    return {id(nodes): len(nodes) for nodes in _lists(svg)}


def _since(svg: Canvas, before: dict[int, int]) -> list[tuple[list[Node], int]]:
    """Return the lists with new nodes and where these begin; a layer's nodes are its own."""
    found: list[tuple[list[Node], int]] = []
    for nodes in _lists(svg):
        begin = before.get(id(nodes), 0)
        if nodes is svg.elements and any(_is_layer(node) for node in nodes[begin:]):
            # New layers stand among the root's nodes: their content is a list of its own.
            loose = [node for node in nodes[begin:] if not _is_layer(node)]
            layers = [node for node in nodes[begin:] if _is_layer(node)]
            nodes[begin:] = layers + loose
            begin += len(layers)
        found.append((nodes, begin))
    return found


def _lists(svg: Canvas) -> list[list[Node]]:
    if svg.current_group is not None:
        return [svg.current_group.elements]
    layers = [node.elements for node in svg.elements if isinstance(node, Group) and node.pen]
    return [svg.elements, *layers]


def _is_layer(node: Node) -> bool:
    return isinstance(node, Group) and node.pen is not None


def _fit(
    bounds: tuple[float, float, float, float],
    x: float,
    y: float,
    width: float | None,
    height: float | None,
) -> tuple[float, Points]:
    """Return the scale and shift that place `bounds` in the box, centred."""
    x0, y0, x1, y1 = bounds
    limits = [
        checked_length(f"the box's {name}", size) / extent
        for name, size, extent in (("width", width, x1 - x0), ("height", height, y1 - y0))
        if size is not None and extent > 0
    ]
    scale = min(limits, default=1.0)
    room_x = 0.0 if width is None else (width - (x1 - x0) * scale) / 2
    room_y = 0.0 if height is None else (height - (y1 - y0) * scale) / 2
    return scale, np.array([x - x0 * scale + room_x, y - y0 * scale + room_y])
