"""Groups and layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

from drawscape.drawing.frame import Pen
from drawscape.errors import CanvasError
from drawscape.svg.write.node import Group
from drawscape.svg.write.state import Canvas
from drawscape.svg.write.style import Attrs, attribute_string, from_keywords
from drawscape.svg.write.transform import Matrix, parse_transform


class Grouping(Canvas):
    """Elements drawn together: groups with attributes, layers with a pen of their own."""

    def begin_group(self, attrs: Attrs | None = None) -> Self:
        """Open a `<g>` with `attrs`; what follows is drawn inside it until `end_group`."""
        given = dict(attrs or {})
        attribute_string(given)
        outside = self._matrices
        if "transform" in given:
            # Inside, points are the group's own; the transform outside joins the group's.
            inner = parse_transform(given["transform"])
            if not self.matrix.is_identity:
                given["transform"] = str(self.matrix @ inner)
            self._matrices = [Matrix()]
        group = Group(given)
        self._add(group)
        self._open.append((group, outside))
        return self

    def end_group(self) -> Self:
        """Close the innermost group; at root level nothing happens."""
        if self._open and self._open[-1][0].pen is None:
            _, self._matrices = self._open.pop()
        return self

    @contextmanager
    def group(self, attrs: Attrs | None = None, **style: Any) -> Iterator[Self]:
        """Return a block whose drawing goes into one `<g>` with these attributes."""
        depth = len(self._open)
        self.begin_group({**(attrs or {}), **from_keywords(style)})
        try:
            yield self
        finally:
            self._close_down_to(depth)

    @contextmanager
    def layer(
        self, name: str, *, color: str | None = None, width: float | None = None
    ) -> Iterator[Self]:
        """Return a block that draws with the pen `name`, in a layer as plotters know them.

        A name used again goes on in the same layer. `color` is black and `width` 0.3 mm unless the
        layer, or the canvas's own pen of that name, says otherwise.
        Raises CanvasError inside a group or another layer, and when a layer is given a second
        colour.
        """
        if self._open:
            raise CanvasError(f"layer {name!r} inside a group or layer; layers stand side by side")
        depth = len(self._open)
        self._open.append((self._layer(name, color, width), self._matrices))
        try:
            yield self
        finally:
            self._close_down_to(depth)

    def _layer(self, name: str, color: str | None, width: float | None) -> Group:
        wanted = {k: v for k, v in (("color", color), ("width", width)) if v is not None}
        for node in self.elements:
            if isinstance(node, Group) and node.pen and node.pen.name == name:
                if node.elements and replace(node.pen, **wanted) != node.pen:  # type: ignore[arg-type]
                    raise CanvasError(
                        f"layer {name!r} is drawn with {node.pen} already; name another pen"
                    )
                node.pen = replace(node.pen, **wanted)  # type: ignore[arg-type]
                return node
        base = self.pen if self.pen and self.pen.name == name else Pen(name)
        layer = Group(pen=replace(base, **wanted))  # type: ignore[arg-type]
        self.elements.append(layer)
        return layer

    def _close_down_to(self, depth: int) -> None:
        while len(self._open) > depth:
            _, self._matrices = self._open.pop()
