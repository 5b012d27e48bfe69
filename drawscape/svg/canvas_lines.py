"""The lines of a canvas: curves flattened, hidden parts removed, clipped, sorted by pen."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix, parse_transform
from drawscape.drawing.document import Layer, Pen
from drawscape.drawing.values import PX, InheritedStyle, parse_declarations
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Ints, Lines
from drawscape.svg.attributes import CanvasWarning, transform_text
from drawscape.svg.elements import (
    CanvasNode,
    Element,
    Group,
    OcclusionMask,
    Outline,
    StyledLines,
    flatten_outlines,
    in_pens,
    markup,
)
from drawscape.svg.shapes import path_data

_PLACES = frozenset(["transform", "rx", "ry"])
# A closed line of three points goes there and back: it covers nothing.
_CORNERS = 4


def as_runs(nodes: Iterable[CanvasNode], tolerance: float = TOLERANCE_MM) -> list[CanvasNode]:
    """Return `nodes` with everything that draws as runs of lines in one coordinate system.

    Curves deviate by at most `tolerance` mm. Groups and styles stay, and so do titles, text and markup.
    """
    shapes: list[Outline] = []
    flat = [_flat(node, IDENTITY, None, shapes) for node in nodes]
    flatten_outlines(shapes, tolerance)
    return flat


def _flat(node: CanvasNode, matrix: Matrix, width: Any, shapes: list[Outline]) -> CanvasNode:
    """Return one node moved by `matrix`, with the outer stroke's `width`; shapes are collected."""
    if isinstance(node, OcclusionMask):
        return OcclusionMask(matrix.apply(node.lines), node.order)
    if isinstance(node, str) and (not isinstance(node, Element) or node.tag in ("text", "title")):
        if matrix.is_identity:
            return node
        moving = Group({"transform": transform_text(matrix)}, elements=[node])
        return moving if isinstance(node, Element) else markup(moving)
    own = node.attrs.get("transform")
    inner = matrix @ parse_transform(own) if own else matrix
    attrs = {key: value for key, value in node.attrs.items() if key not in _PLACES}
    width = attrs.get("stroke-width", width)
    if width is not None and not {"stroke-width", "transform"}.isdisjoint(node.attrs):
        with suppress(ValueError, TypeError):  # strokes keep their look
            attrs["stroke-width"] = round(float(width) * abs(inner.determinant) ** 0.5, 4)
    if isinstance(node, Group):
        inside = [_flat(each, inner, width, shapes) for each in node.elements]
        return Group(attrs, elements=inside, pen=node.pen)
    if isinstance(node, StyledLines) and not (isinstance(node, Outline) and node.data):
        return type(node)(inner.apply(node.lines), attrs, node.order)
    if isinstance(node, Element):
        data = path_data(node.tag, node.numbers, node.attrs)
    else:
        data, inner = node.data, inner @ node.matrix
    shapes.append(Outline(Lines.empty(), attrs, node.order, data, inner))
    return shapes[-1]


def _leaves(nodes: Sequence[CanvasNode]) -> Iterator[StyledLines | OcclusionMask]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _leaves(node.elements)
        elif isinstance(node, (StyledLines, OcclusionMask)):
            yield node


def _left(nodes: Sequence[CanvasNode], gone: type) -> list[CanvasNode]:
    """Return the nodes without empty runs, and without those that are `gone`."""
    kept = [
        node
        for node in nodes
        if not isinstance(node, gone) and (not isinstance(node, StyledLines) or len(node.lines))
    ]
    for node in kept:
        if isinstance(node, Group):
            node.elements[:] = _left(node.elements, gone)
    return kept


def hide(nodes: list[CanvasNode]) -> None:
    """Remove hidden lines from `nodes`: each closed line hides all earlier lines inside it."""
    from drawscape.geometry.clip import visible

    flat = as_runs(nodes)
    leaves = sorted(_leaves(flat), key=lambda leaf: leaf.order)
    counts = [len(leaf.lines) for leaf in leaves]
    # A rank for each line, the regions that hide, and the ranks of these.
    order: list[int] = []
    covers = []
    ranks = []
    rank = 0
    for leaf, size in zip(leaves, counts):
        lines = leaf.lines
        closed = np.flatnonzero(lines.closed & (lines.counts >= _CORNERS))
        whole = isinstance(leaf, (Outline, OcclusionMask))
        parts = [closed] if whole and len(closed) else closed[:, None]
        covers += [lines.take(part) for part in parts]
        ranks += [rank if whole else rank + int(part[0]) for part in parts]
        order += [rank] * size if whole else range(rank, rank + size)
        rank += 1 if whole else size
    _replace_lines(leaves, lambda lines: visible(lines, order, covers, ranks))
    nodes[:] = _left(flat, OcclusionMask)


def _replace_lines(
    leaves: Sequence[StyledLines | OcclusionMask], cut: Callable[[Lines], tuple[Lines, Ints]]
) -> None:
    """Replace the lines of each of `leaves` by the result of `cut`, which cuts all lines at once.

    It returns the lines in order, and the number of the line that each comes from.
    """
    counts = [len(leaf.lines) for leaf in leaves]
    kept, source = cut(Lines.join(leaf.lines for leaf in leaves))
    owner = np.repeat(np.arange(len(leaves)), counts)[source]
    bounds = np.searchsorted(owner, np.arange(len(leaves) + 1))
    for leaf, (begin, end) in zip(leaves, pairwise(bounds.tolist())):
        leaf.lines = kept.part(begin, end)


@contextmanager
def clipping(
    root: list[CanvasNode], group: Group | None, cut: Callable[[Lines], tuple[Lines, Ints]]
) -> Iterator[None]:
    """Cut the lines that the block adds to the open `group`, or to the root and its layers."""
    before = {id(nodes): len(nodes) for nodes in _lists(root, group)}
    yield
    added = []
    for nodes in _lists(root, group):
        begin = before.get(id(nodes), 0)
        # New layers are among the root's nodes: each has its own list of elements.
        layers, loose = in_pens(nodes[begin:])
        nodes[begin:] = layers + loose
        begin += len(layers)
        added.append((nodes, begin, as_runs(nodes[begin:])))
    every = [leaf for *_, flat in added for leaf in _leaves(flat)]
    _replace_lines([leaf for leaf in every if isinstance(leaf, StyledLines)], cut)
    for nodes, begin, flat in added:
        nodes[begin:] = _left(flat, type(None))


def _lists(root: list[CanvasNode], group: Group | None) -> list[list[CanvasNode]]:
    if group is not None:
        return [group.elements]
    return [root, *(layer.elements for layer in in_pens(root)[0])]


def flatten_layers(nodes: Iterable[CanvasNode], tolerance: float) -> list[Layer]:
    """Return the layers of the root's `nodes`: one for each pen, and outside layers one for each colour.

    `tolerance` in mm is how far a polyline may stray from its curve.
    """
    pens: dict[Pen, list[Lines]] = {}
    for pen, lines in _drawn(as_runs(nodes, tolerance), InheritedStyle(), None):
        pens.setdefault(pen, []).append(lines)
    return [
        Layer(
            f"pen {index}" if pen.name == "?" else pen.name, pen.color, pen.width, Lines.join(parts)
        )
        for index, (pen, parts) in enumerate(pens.items(), 1)
    ]


def _drawn(
    nodes: Iterable[CanvasNode], style: InheritedStyle, pen: Pen | None
) -> Iterator[tuple[Pen, Lines]]:
    """Yield lines and their pens; outside layers the stroke's colour and width make a pen named `?`."""
    for node in nodes:
        if isinstance(node, Group):
            yield from _drawn(node.elements, _style(style, node.attrs), node.pen or pen)
        elif isinstance(node, StyledLines):
            own = _style(style, node.attrs)
            if pen or own.paints or not isinstance(node, Outline):
                yield pen or Pen("?", own.ink, own.pen_width(1.0) or Pen().width), node.lines
        elif not isinstance(node, (OcclusionMask, Element)):
            yield from _markup(node, pen)
        elif isinstance(node, Element) and node.tag == "text":
            note = "gives no lines; use hershey_text() or lettering() for a pen"
            _warn(f"text {node.content!r} {note}")


def _markup(text: str, pen: Pen | None) -> Iterator[tuple[Pen, Lines]]:
    """Yield the lines of markup that was added by hand, read like any SVG."""
    from drawscape.svg.read import read_svg

    document = read_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>')
    for note in document.unsupported:
        _warn(note)
    for layer in document.layers:
        # A file without a size is in pixels; here a user unit is a millimetre.
        lines = layer.lines.with_points(layer.lines.points / PX)
        width = layer.width_mm / PX if layer.width_mm else Pen().width
        yield pen or Pen("?", layer.color, round(width, 4)), lines


def _style(parent: InheritedStyle, attrs: Mapping[str, Any]) -> InheritedStyle:
    if not attrs:
        return parent
    own = {name: str(value).strip() for name, value in attrs.items()}
    return parent.with_(own | dict(parse_declarations(own.get("style", ""))))


def _warn(text: str) -> None:
    warnings.warn(text, CanvasWarning, stacklevel=5)
