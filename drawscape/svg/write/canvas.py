"""The state that all drawing works on: size, elements, open groups, current transform."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from drawscape.drawing.affine import Matrix, rotation, scaling, translation
from drawscape.drawing.checks import checked_length
from drawscape.drawing.frame import Frame
from drawscape.drawing.pen import Pen
from drawscape.errors import CanvasError
from drawscape.svg.write.node import Group, Mask, Node, Run, Shape
from drawscape.svg.write.style import Attrs, from_keywords

if TYPE_CHECKING:
    from drawscape.geometry.noise import Noise


class Canvas:
    """A page of `width` x `height` mm and the nodes drawn on it so far."""

    def __init__(
        self,
        width: float,
        height: float,
        default_styles: Attrs | None,
        *,
        margin: float,
        pen: Pen | None,
    ) -> None:
        self.width = checked_length("width", width)
        self.height = checked_length("height", height)
        self.margin = _checked_margin(margin, min(self.width, self.height))
        self.default_styles: dict[str, Any] = dict(default_styles or {})
        self.pen = pen
        self.hershey_font_name = "futural"
        self.elements: list[Node] = []
        self.provenance: Mapping[str, Any] | None = None
        self.draft: Callable[[Any], object] | None = None
        """What shows an unfinished drawing: it is handed a copy of the canvas and draws on that."""
        self.paper_color: str | None = None
        """What viewers show behind the drawing; no pen draws it."""
        self.rng = np.random.default_rng(0)
        self.noise_source: Noise | None = None
        self._drawn = 0
        self._open: list[tuple[Group, list[Matrix]]] = []
        self._matrices: list[Matrix] = [Matrix()]

    @cached_property
    def frame(self) -> Frame:
        """The page inside its margin, in mm."""
        return Frame(self.margin, self.margin, self.width - self.margin, self.height - self.margin)

    @property
    def current_group(self) -> Group | None:
        """The innermost group that is open, or None at root level."""
        return self._open[-1][0] if self._open else None

    @property
    def current_pen(self) -> Pen | None:
        """The pen of the open layer, else the canvas's own."""
        return next((group.pen for group in self.open_groups if group.pen), self.pen)

    @property
    def matrix(self) -> Matrix:
        """The current transform."""
        return self._matrices[-1]

    def add(self, node: Node) -> Self:
        """Add markup, lines or a group to the open group, or to the root."""
        if isinstance(node, (Shape, Run, Mask)):
            self._drawn += 1
            node.order = self._drawn
        group = self.current_group
        (self.elements if group is None else group.elements).append(node)
        return self

    def open_group(self, group: Group, *, own_transform: bool = False) -> None:
        """Draw into `group` from now on; with its own transform, points inside are not moved again."""
        self._open.append((group, self._matrices))
        if own_transform:
            self._matrices = [Matrix()]

    def close_group(self) -> None:
        """Close the innermost group and return to the transform outside of it."""
        _, self._matrices = self._open.pop()

    @property
    def open_groups(self) -> list[Group]:
        """The groups that are open, from the outside in."""
        return [group for group, _ in self._open]

    @property
    def depth(self) -> int:
        """How many groups are open."""
        return len(self._open)

    def copied(self, elements: list[Node]) -> Self:
        """Return a canvas of the same settings with `elements`, nothing open and no draft."""
        page = copy(self)
        page.elements, page.draft = elements, None
        page._open, page._matrices = [], [Matrix()]
        return page

    def push(self) -> Self:
        """Remember the current transform until the matching `pop`.

        >>> svg.push().translate(50, 0).line(0, 0, 10, 0).pop().line(0, 5, 10, 5).lines().points
        array([[50.,  0.],
               [60.,  0.],
               [ 0.,  5.],
               [10.,  5.]])
        """
        self._matrices.append(self.matrix)
        return self

    def pop(self) -> Self:
        """Return to the transform of the matching `push`; raise CanvasError when there was none.

        >>> svg.push().translate(50, 0).pop().line(0, 0, 10, 0).lines().points
        array([[ 0.,  0.],
               [10.,  0.]])
        """
        if len(self._matrices) == 1:
            raise CanvasError("pop() without a push() before it in this group")
        self._matrices.pop()
        return self

    @contextmanager
    def pushed(self) -> Iterator[Self]:
        """Return a block after which the transform is what it was before.

        >>> for turn in range(6):
        ...     with svg.pushed():
        ...         _ = svg.rotate(60 * turn, 50, 50).line(50, 50, 50, 10)
        >>> len(svg.lines())
        6
        """
        self.push()
        try:
            yield self
        finally:
            self.pop()

    @contextmanager
    def untransformed(self) -> Iterator[None]:
        """Return a block for what was moved by the current transform already."""
        kept, self._matrices = self._matrices, [Matrix()]
        try:
            yield
        finally:
            self._matrices = kept

    def translate(self, x: float, y: float) -> Self:
        """Shift what is drawn from now on by `x` and `y` mm.

        >>> svg.translate(50, 50).line(0, 0, 10, 0).lines().points
        array([[50., 50.],
               [60., 50.]])
        """
        self._matrices[-1] = self.matrix @ translation(x, y)
        return self

    def rotate(self, degrees: float, cx: float = 0.0, cy: float = 0.0) -> Self:
        """Turn what is drawn from now on about (`cx`, `cy`), clockwise on the page.

        >>> svg.rotate(90, 50, 50).line(50, 50, 60, 50).lines().points.round(6)
        array([[50., 50.],
               [50., 60.]])
        """
        self._matrices[-1] = self.matrix @ rotation(degrees, cx, cy)
        return self

    def scale(self, sx: float, sy: float | None = None) -> Self:
        """Scale what is drawn from now on about the origin; line widths stay the pen's.

        >>> svg.scale(2).line(0, 0, 10, 0).lines().lengths_mm
        array([20.])
        """
        self._matrices[-1] = self.matrix @ scaling(sx, sy)
        return self

    def line_style(self) -> dict[str, Any]:
        """Return what lines need to be seen as lines where no layer, group or default says it."""
        if self.current_pen is not None:
            return {}
        pen = Pen()
        needed = {"fill": "none", "stroke": pen.color, "stroke-width": pen.width}
        given = {name for group, _ in self._open for name in group.attrs}
        return {k: v for k, v in needed.items() if k not in given and k not in self.default_styles}

    def styled(self, attrs: Attrs | None, style: Attrs) -> dict[str, Any]:
        """Return the attributes of one element: defaults, then `attrs`, then keywords."""
        if attrs is not None and not isinstance(attrs, Mapping):
            raise CanvasError(
                f"attrs {attrs!r}: give a dict such as {{'fill': 'red'}}, or keywords"
            )
        return {**self.default_styles, **(attrs or {}), **from_keywords(style)}


C = TypeVar("C", bound=Canvas)
"""A canvas, which drawing on it returns."""


def _checked_margin(margin: float, shorter: float) -> float:
    if margin == 0:
        return margin
    margin = checked_length("margin", margin)
    if margin * 2 >= shorter:
        raise CanvasError(
            f"margin {margin!r} leaves nothing of a page {shorter:g} mm wide; make it smaller"
        )
    return margin
