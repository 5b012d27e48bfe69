"""The open groups and layers of a canvas: new elements go into the innermost one."""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Self

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.drawing.document import Pen, pen_name
from drawscape.drawing.values import rgba
from drawscape.errors import CanvasError
from drawscape.pens import read_pen, stored_pens
from drawscape.svg.attributes import (
    Attrs,
    checked_attrs,
    transform_text,
)
from drawscape.svg.elements import CanvasNode, Element, Group, OcclusionMask, StyledLines
from drawscape.svg.transforms import TransformStack

_DEEPEST = 200
"""The deepest nesting of groups: Python's stack allows twice as many."""


class GroupStack(TransformStack):
    """The elements of a page and its open groups; a layer is a group with a pen.

    `pen` draws the elements outside all layers.
    """

    def __init__(self, pen: Pen | None) -> None:
        super().__init__()
        self.pen = pen
        self.elements: list[CanvasNode] = []
        self._drawn = 0
        self._open: list[tuple[Group, list[Matrix]]] = []

    @property
    def current_group(self) -> Group | None:
        """The innermost group that is open, or None at root level."""
        return self._open[-1][0] if self._open else None

    @property
    def current_pen(self) -> Pen | None:
        """The pen of the open layer, else the canvas's own."""
        return next((group.pen for group, _ in self._open if group.pen), self.pen)

    def add(self, node: CanvasNode) -> Self:
        """Add markup, lines or a group to the open group, or to the root.

        Raises CanvasError for anything else.
        """
        if not isinstance(node, (str, StyledLines, OcclusionMask, Group)):
            raise CanvasError(f"add({node!r}): give markup or a Group; polylines() draws points")
        if isinstance(node, (Element, StyledLines, OcclusionMask)):
            self._drawn += 1
            node.order = self._drawn
        group = self.current_group
        (self.elements if group is None else group.elements).append(node)
        return self

    def _open_group(self, group: Group, *, own_transform: bool = False) -> None:
        """Draw into `group` from now on; if it has a transform, points inside are not moved again."""
        self._open.append((group, self._matrices))
        if own_transform:
            self._matrices = [Matrix()]

    def _close_to(self, depth: int) -> None:
        """Close groups until `depth` are open, and return to the transform outside them."""
        while len(self._open) > depth:
            _, self._matrices = self._open.pop()

    def begin_group(self, attrs: Attrs | None = None) -> Self:
        """Open a `<g>` with `attrs`; what follows is drawn inside it until `end_group`.

        >>> svg.begin_group({"stroke": "blue"}).circle(50, 50, 20).end_group()
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        return self._begin_group(checked_attrs(attrs))

    def _begin_group(self, given: dict[str, Any]) -> Self:
        if len(self._open) == _DEEPEST:
            raise CanvasError(f"groups more than {_DEEPEST} deep: an end_group() is missing")
        moved = "transform" in given
        if moved:
            inner = parse_transform(given["transform"])
            # Inside, points are the group's own; the transform outside joins the group's.
            if not self.matrix.is_identity:
                given["transform"] = transform_text(self.matrix @ inner)
        group = Group(given)
        self.add(group)
        self._open_group(group, own_transform=moved)
        return self

    def end_group(self) -> Self:
        """Close the innermost group; at root level nothing happens.

        >>> svg.begin_group({"id": "sun"}).circle(50, 50, 20).end_group()
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        inner = self.current_group
        if inner is not None and inner.pen is None:
            self._close_to(len(self._open) - 1)
        return self

    @contextmanager
    def group(self, attrs: Attrs | None = None, **style: Any) -> Iterator[Self]:
        """Return a block whose drawing goes into one `<g>` with these attributes.

        >>> with svg.group(stroke="blue"):
        ...     _ = svg.circle(50, 50, 20).circle(50, 50, 25)
        >>> 'stroke="blue"' in svg.to_string()
        True
        """
        depth = len(self._open)
        self._begin_group(checked_attrs(attrs, style))
        try:
            yield self
        finally:
            self._close_to(depth)

    def layer(
        self,
        name: str,
        *,
        pen: str | None = None,
        color: str | None = None,
        width: float | None = None,
    ) -> AbstractContextManager[Self]:
        """Return a block that draws with the pen `name`, in a layer as plotters know them.

        A repeated name continues the same layer. The default `color` is the name, if that is a colour, else
        black, and the default `width` is 0.3 mm. An existing layer or the canvas's pen of that name has its
        own. `pen` names one of `drawscape pens`, which gives both; raises UnknownNameError for another.
        A layer that has such a pen's name is drawn with it, too.
        A group's transform and attributes also apply to a layer inside it. The file has them in a group
        inside the layer, because layers are side by side.
        Raises CanvasError inside another layer, and when a layer is given a second colour.

        >>> with svg.layer("red", color="red", width=0.5):
        ...     _ = svg.circle(50, 50, 20)
        >>> [(pen.name, len(lines)) for pen, lines in svg.layers()]
        [('red', 1)]
        """
        if not isinstance(name, (str, int)):
            raise CanvasError(f"layer({name!r}): give the name of a pen, such as 'red'")
        if pen is not None:
            own = read_pen(pen)
            name, color, width = f"{name} @{pen}", color or own.color, width or own.width_mm
        return LayerBlock(self, str(name), color, width)

    def set_pen(self, name: str, color: str, width: float = 0.3) -> Self:
        """Choose colour and width of the pen `name` before the first `pen=` names it; draw nothing.

        Pens draw in the order in which they were set. Raises CanvasError as `layer` does.

        >>> svg.set_pen("accent", "crimson", 0.5).circle(50, 50, 20, pen="accent").layers()[0][0]
        Pen(name='accent', color='crimson', width=0.5)
        """
        self._layer(str(name), color, width)
        return self

    def _in_pen(self, style: dict[str, Any]) -> AbstractContextManager[Any]:
        """Return a block that draws in the layer of the `pen` in `style`, and remove it from there."""
        pen = style.pop("pen", None)
        if pen is None:
            return nullcontext()
        if isinstance(pen, Pen):
            return LayerBlock(self, pen.name, pen.color, pen.width)
        if any(group.pen and group.pen.name == str(pen) for group, _ in self._open):
            return nullcontext()
        return self.layer(pen)

    def _open_layer(self, name: str, color: str | None, width: float | None) -> None:
        """Draw into the layer `name` from now on, within the groups that are open."""
        if any(group.pen for group, _ in self._open):
            raise CanvasError(f"layer {name!r} inside another layer; end that one first")
        around = [dict(group.attrs) for group, _ in self._open]
        self._open_group(self._layer(name, color, width))
        for attrs in around:
            # Ids stay with the outer groups; two equal ids would be an error in XML.
            inner = Group({key: value for key, value in attrs.items() if key != "id"})
            self.add(inner)
            self._open_group(inner)

    def _layer(self, name: str, color: str | None, width: float | None) -> Group:
        given = {"color": color, "width": width}
        wanted: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        own, at, _ = name.partition(" @")
        if at:
            wanted["name"] = name
        for node in self.elements:
            if isinstance(node, Group) and node.pen and node.pen.name.partition(" @")[0] == own:
                pen = replace(node.pen, **wanted) if wanted else node.pen
                if node.elements and pen != node.pen:
                    raise CanvasError(
                        f"layer {name!r} is drawn with {node.pen} already; name another pen"
                    )
                node.pen = pen
                return node
        base = self.pen if self.pen and self.pen.name == name else _pen_of(name)
        layer = Group(pen=replace(base, **wanted))
        self.elements.append(layer)
        return layer


def _pen_of(name: str) -> Pen:
    """Return the pen of a new layer: the home's pen of that name, or one with its name as the colour."""
    if own := stored_pens().get(pen_name(name)):
        return Pen(name, own.color, own.width_mm)
    return Pen(name, name) if rgba(name) else Pen(name)


class LayerBlock(AbstractContextManager[Any]):
    """The block of a layer; without a `with` it draws nothing, and warns."""

    def __init__(self, canvas: GroupStack, *pen: Any) -> None:
        self._canvas, self._pen = canvas, pen
        self._depth: int | None = None

    def __enter__(self) -> Any:
        self._depth = len(self._canvas._open)
        self._canvas._open_layer(*self._pen)
        return self._canvas

    def __exit__(self, *what: Any) -> None:
        self._canvas._close_to(self._depth or 0)

    def __del__(self) -> None:
        if self._depth is None:
            name = self._pen[0]
            warnings.warn(
                f"svg.layer({name!r}) does nothing alone; "
                f"write 'with svg.layer({name!r}):' and draw in its block",
                RuntimeWarning,
                stacklevel=2,
            )
