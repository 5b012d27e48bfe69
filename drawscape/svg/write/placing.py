"""Foreign drawings, hatches, clips: lines made from regions, and lines cut by them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from drawscape.drawing.frame import box_of, checked_length
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Points
from drawscape.svg.write.cutting import Cut, cut_nodes
from drawscape.svg.write.grouping import Grouping
from drawscape.svg.write.node import Group, Node
from drawscape.svg.write.polylines import Polylines

# CSS pixels to the millimetre: what the reader makes of a file that names no size.
_PX_PER_MM = 96 / 25.4


class Placing(Polylines, Grouping):
    """What is drawn by region: placed in a box, or kept inside an outline."""

    def add_svg(
        self,
        source: str | os.PathLike[str] | bytes,
        x: float = 0.0,
        y: float = 0.0,
        width: float | None = None,
        height: float | None = None,
        *,
        keep_layers: bool = False,
        **style: Any,
    ) -> Self:
        """Draw a foreign SVG as lines, scaled to fit the box at (`x`, `y`) and centred in it.

        `source` is a path or the file's content. Its drawing, not its page, fills the box; with
        one of `width` and `height` the other follows, with neither it stays as large as it is. It
        is drawn with the current pen, or in its own layers with `keep_layers`.
        Raises SvgReadError for what cannot be read or holds no lines, CanvasError for an empty box.
        """
        from drawscape.errors import SvgReadError
        from drawscape.svg.read import read_svg

        document = read_svg(source)
        bounds = document.lines.bounds
        if bounds is None:
            left_out = f": {'; '.join(document.unsupported)}" if document.unsupported else ""
            raise SvgReadError(f"the SVG to be added holds no lines{left_out}")
        scale, shift = _fit(bounds, x, y, width, height)
        for layer in document.layers:
            placed = layer.lines.with_points(layer.lines.points * scale + shift)
            if keep_layers:
                with self.layer(layer.name, color=layer.color, width=layer.width_mm):
                    self.polylines(placed, **style)
            else:
                self.polylines(placed, **style)
        return self

    @contextmanager
    def clip(
        self,
        polygon: Any = None,
        *,
        rect: tuple[float, float, float, float] | None = None,
        circle: tuple[float, float, float] | None = None,
        outside: bool = False,
    ) -> Iterator[Self]:
        """Return a block whose lines are kept within a region only, or `outside` of it.

        The region is a `polygon` (a ring as (N, 2), or several: a ring in a ring is a hole), a
        `rect` (x, y, width, height) or a `circle` (cx, cy, r), under the transform of this moment.
        Raises CanvasError unless exactly one region is given.
        """
        cut = self._cut_for(polygon, rect, circle, outside)
        before = self._marks()
        yield self
        for nodes, begin in self._since(before):
            nodes[begin:] = cut_nodes(nodes[begin:], cut)

    def _cut_for(
        self,
        polygon: Any,
        rect: tuple[float, float, float, float] | None,
        circle: tuple[float, float, float] | None,
        outside: bool,
    ) -> Cut:
        if sum(region is not None for region in (polygon, rect, circle)) != 1:
            raise CanvasError(
                "clip to one region: a polygon, rect=(x, y, w, h) or circle=(cx, cy, r)"
            )
        from drawscape.geometry.clip import clip_to_polygon
        from drawscape.geometry.curves import circle as circle_points
        from drawscape.geometry.regions import rings

        if rect is not None:
            x, y, w, h = rect
            polygon = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], dtype=np.float64)
        elif circle is not None:
            polygon = circle_points(*circle)
        region = rings(polygon)
        region = region.with_points(self.matrix.apply(region.points))
        return lambda flat: clip_to_polygon(flat.lines, region, outside=outside)

    def _marks(self) -> dict[int, int]:
        """Return how many nodes each list has that drawing may add to."""
        return {id(nodes): len(nodes) for nodes in self._lists()}

    def _since(self, before: dict[int, int]) -> list[tuple[list[Node], int]]:
        """Return the lists with new nodes and where these begin; a layer's nodes are its own."""
        found: list[tuple[list[Node], int]] = []
        for nodes in self._lists():
            begin = before.get(id(nodes), 0)
            if nodes is self.elements and any(_is_layer(node) for node in nodes[begin:]):
                # New layers stand among the root's nodes: their content is a list of its own.
                loose = [node for node in nodes[begin:] if not _is_layer(node)]
                layers = [node for node in nodes[begin:] if _is_layer(node)]
                nodes[begin:] = layers + loose
                begin += len(layers)
            found.append((nodes, begin))
        return found

    def _lists(self) -> list[list[Node]]:
        if self.current_group is not None:
            return [self.current_group.elements]
        layers = [node.elements for node in self.elements if isinstance(node, Group) and node.pen]
        return [self.elements, *layers]

    def calculate_bounding_box(self, svg_content: str) -> dict[str, float]:
        """Return `min_x max_x min_y max_y width height` of the drawing in an SVG's text.

        In the file's own units, whatever its width, height and viewBox; without any lines the box
        of its viewBox, or zeros. Raises SvgReadError for text that is no SVG.
        """
        root = re.search(r"<svg\b[^>]*>", svg_content)
        if root is None:
            return box_of(0.0, 0.0, 0.0, 0.0)
        from drawscape.svg.read import read_svg

        page = r"\s(?:width|height|viewBox|preserveAspectRatio)\s*=\s*(\"[^\"]*\"|'[^']*')"
        bare = re.sub(page, "", root[0])
        text = svg_content[root.start() :].replace(root[0], bare, 1)
        bounds = read_svg(text).lines.bounds
        if bounds is not None:
            return box_of(*(value * _PX_PER_MM for value in bounds))
        box = re.search(r"viewBox\s*=\s*[\"']([^\"']*)", root[0])
        numbers = [float(n) for n in box[1].replace(",", " ").split()] if box else [0.0] * 4
        x, y, width, height = numbers
        return box_of(x, y, x + width, y + height)


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
