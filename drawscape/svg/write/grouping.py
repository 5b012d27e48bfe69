"""Groups and layers."""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from drawscape.drawing.affine import parse_transform
from drawscape.drawing.pen import Pen
from drawscape.errors import CanvasError
from drawscape.svg.write.canvas import C, Canvas
from drawscape.svg.write.node import Group
from drawscape.svg.write.style import Attrs, attribute_string, from_keywords, transform_text


def begin_group(svg: C, attrs: Attrs | None = None) -> C:
    """Open a `<g>` with `attrs`; what follows is drawn inside it until `end_group`.

    >>> svg.begin_group({"stroke": "blue"}).circle(50, 50, 20).end_group()
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    given = dict(attrs or {})
    attribute_string(given)
    moved = "transform" in given
    if moved and not svg.matrix.is_identity:
        # Inside, points are the group's own; the transform outside joins the group's.
        given["transform"] = transform_text(svg.matrix @ parse_transform(given["transform"]))
    elif moved:
        parse_transform(given["transform"])
    group = Group(given)
    svg.add(group)
    svg.open_group(group, own_transform=moved)
    return svg


def end_group(svg: C) -> C:
    """Close the innermost group; at root level nothing happens.

    >>> svg.begin_group({"id": "sun"}).circle(50, 50, 20).end_group()
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    inner = svg.current_group
    if inner is not None and inner.pen is None:
        svg.close_group()
    return svg


@contextmanager
def group(svg: C, attrs: Attrs | None = None, **style: Any) -> Iterator[C]:
    """Return a block whose drawing goes into one `<g>` with these attributes.

    >>> with svg.group(stroke="blue"):
    ...     _ = svg.circle(50, 50, 20).circle(50, 50, 25)
    >>> 'stroke="blue"' in svg.to_string()
    True
    """
    depth = svg.depth
    begin_group(svg, {**(attrs or {}), **from_keywords(style)})
    try:
        yield svg
    finally:
        _close_to(svg, depth)


class LayerBlock(AbstractContextManager[C]):
    """The block of a layer; one that no `with` enters draws nothing, and says so."""

    def __init__(self, block: AbstractContextManager[C], name: object) -> None:
        self._block, self._name, self._entered = block, name, False

    def __enter__(self) -> C:
        self._entered = True
        return self._block.__enter__()

    def __exit__(self, *what: Any) -> bool | None:
        return self._block.__exit__(*what)

    def __del__(self) -> None:
        if not self._entered:
            warnings.warn(
                f"svg.layer({self._name!r}) does nothing by itself; "
                f"write 'with svg.layer({self._name!r}):' and draw in its block",
                RuntimeWarning,
                stacklevel=2,
            )


def layer(
    svg: C, name: str, *, color: str | None = None, width: float | None = None
) -> AbstractContextManager[C]:
    """Return a block that draws with the pen `name`, in a layer as plotters know them.

    A name used again goes on in the same layer. `color` is black and `width` 0.3 mm unless the
    layer, or the canvas's own pen of that name, says otherwise.
    Inside a group its transform and attributes hold in the layer, too: the file has them in a group of
    the layer, for layers stand side by side at the top.
    Raises CanvasError inside another layer, and when a layer is given a second colour.

    >>> with svg.layer("red", color="red", width=0.5):
    ...     _ = svg.circle(50, 50, 20)
    >>> [(pen.name, len(lines)) for pen, lines in svg.layers()]
    [('red', 1)]
    """
    return LayerBlock(_block(svg, name, color, width), name)


@contextmanager
def _block(svg: C, name: str, color: str | None, width: float | None) -> Iterator[C]:
    if any(group.pen for group in svg.open_groups):
        raise CanvasError(f"layer {name!r} inside a layer; layers stand side by side")
    depth, around = svg.depth, [dict(group.attrs) for group in svg.open_groups]
    layer = _layer(svg, name, color, width)
    svg.open_group(layer)
    try:
        for attrs in around:
            # Ids stay those of the outer groups; two of one name would be an error in XML.
            inner = Group({key: value for key, value in attrs.items() if key != "id"})
            svg.add(inner)
            svg.open_group(inner)
        yield svg
    finally:
        _close_to(svg, depth)


def _layer(svg: Canvas, name: str, color: str | None, width: float | None) -> Group:
    wanted = {k: v for k, v in (("color", color), ("width", width)) if v is not None}
    for node in svg.elements:
        if isinstance(node, Group) and node.pen and node.pen.name == name:
            if node.elements and replace(node.pen, **wanted) != node.pen:  # type: ignore[arg-type]
                raise CanvasError(
                    f"layer {name!r} is drawn with {node.pen} already; name another pen"
                )
            node.pen = replace(node.pen, **wanted)  # type: ignore[arg-type]
            return node
    base = svg.pen if svg.pen and svg.pen.name == name else Pen(name)
    layer = Group(pen=replace(base, **wanted))  # type: ignore[arg-type]
    svg.elements.append(layer)
    return layer


def _close_to(svg: Canvas, depth: int) -> None:
    while svg.depth > depth:
        svg.close_group()
