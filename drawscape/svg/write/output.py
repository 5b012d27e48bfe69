"""What comes off the canvas: text, file, lines, layers, a picture in a notebook."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from drawscape.atomic import write_atomic
from drawscape.drawing.frame import Pen
from drawscape.geometry.lines import Lines
from drawscape.svg.write.flatten import TOLERANCE_MM, flatten_layers
from drawscape.svg.write.node import Group, Node
from drawscape.svg.write.serialize import document, layer_attributes
from drawscape.svg.write.state import Canvas
from drawscape.svg.write.style import escape
from drawscape.svg.write.transform import Matrix


class Output(Canvas):
    """The canvas as SVG and as lines."""

    def _root(self) -> list[Node]:
        """Return the root's nodes as the file has them: everything in layers if there is a pen."""
        nodes = self.drafted().elements
        if self.pen is not None:
            loose = [node for node in nodes if not (isinstance(node, Group) and node.pen)]
            layers = [node for node in nodes if isinstance(node, Group) and node.pen]
            same = next((n for n in layers if n.pen and n.pen.name == self.pen.name), None)
            if loose:
                pen = same.pen if same else self.pen
                inside = loose + (same.elements if same else [])
                layers = [Group(elements=inside, pen=pen), *(n for n in layers if n is not same)]
            nodes = list[Node](layers)
        numbered: list[Node] = []
        number = 0
        for node in nodes:
            if isinstance(node, Group) and node.pen:
                number += 1
                node = Group(layer_attributes(node.pen, number), node.elements, node.pen)
            numbered.append(node)
        return numbered

    def drafted(self) -> Self:
        """Return the canvas as it looks now: itself, or while it has a draft, a copy with that drawn.

        All that comes off the canvas shows its draft, too; the canvas itself stays as it is.
        """
        if self.draft is None:
            return self
        page = copy(self)
        page.draft, page._open, page._matrices = None, [], [Matrix()]
        # Groups are filled further; the copy needs its own.
        page.elements = [
            replace(node, elements=[*node.elements]) if isinstance(node, Group) else node
            for node in self.elements
        ]
        self.draft(page)
        return page

    def _pieces(self) -> Iterator[bytes]:
        return document(self.width, self.height, self._root(), provenance=self.provenance)

    def to_bytes(self) -> bytes:
        """Return the SVG file's bytes, UTF-8."""
        return b"".join(self._pieces())

    def to_string(self) -> str:
        """Return the SVG file as text."""
        return self.to_bytes().decode()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the SVG file and return its absolute path; the file is whole or not there at all.

        It is written beside its place under a temporary name, flushed to the disk, then renamed. The
        folder must exist.
        """
        target = Path(path).absolute()
        write_atomic(target, self._pieces())
        return target

    def lines(self, tolerance: float = TOLERANCE_MM) -> Lines:
        """Return everything drawn as polylines in mm; curves deviate by `tolerance` mm at most."""
        return Lines.join(lines for _, lines in self.layers(tolerance))

    def layers(self, tolerance: float = TOLERANCE_MM) -> list[tuple[Pen, Lines]]:
        """Return the drawing as (pen, lines) pairs in drawing order.

        What lies outside of any layer belongs to the canvas's own pen or, without one, to a pen for
        each stroke colour.
        """
        return flatten_layers(self._root(), tolerance)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """Return the drawing for a notebook: an `<img>` shows everywhere and runs no script."""
        coded = base64.b64encode(self.to_bytes()).decode()
        return {
            "text/html": f'<img src="data:image/svg+xml;base64,{coded}" '
            f'alt="{escape(self)}" style="max-width: 100%; max-height: 640px">',
            "text/plain": str(self),
        }

    def __repr__(self) -> str:
        size = f"{self.width:g} x {self.height:g} mm"
        return f"<{type(self).__name__} {size}, {len(self.elements)} elements>"
