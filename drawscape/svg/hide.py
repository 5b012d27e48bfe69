"""Nodes as plain lines in place, cut by a clip, or by what was drawn in front of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines
from drawscape.svg.node import Attrs, Group, Mask, Node, Run, Shape
from drawscape.svg.outline import path_data

_PLACES = frozenset(["transform", "rx", "ry"])
# A closed line of three points is there and back again: it covers nothing.
_CORNERS = 4


class _Outline(Run):
    """A shape as lines: its rings are one region, while the lines of a run cover each other in turn."""


def as_runs(nodes: Sequence[Node], matrix: Matrix | None = None) -> list[Node]:
    """Return `nodes` with all that draws as runs of lines in one system of coordinates.

    Groups and styles stay, and titles and text as they are.
    """
    matrix = matrix or Matrix()
    return [_flat(node, matrix) for node in nodes]


def _flat(node: Node, matrix: Matrix) -> Node:
    if isinstance(node, Mask):
        return Mask(_moved(node.lines, matrix), node.order)
    if isinstance(node, str) and (not isinstance(node, Shape) or node.tag in ("text", "title")):
        return node
    inner = matrix @ parse_transform(node.attrs.get("transform", ""))
    attrs = _without_transform(node.attrs, inner)
    if isinstance(node, Group):
        return Group(attrs, elements=as_runs(node.elements, inner), pen=node.pen)
    if isinstance(node, Run):
        return type(node)(_moved(node.lines, inner), attrs, node.order)
    from drawscape.drawing.path import flatten_paths

    data = path_data(node.tag, node.numbers, node.attrs)
    (lines,) = flatten_paths([data], [TOLERANCE_MM / max(inner.stretch, 1e-9)])
    return _Outline(_moved(lines, inner), attrs, node.order)


def _moved(lines: Lines, matrix: Matrix) -> Lines:
    return lines.with_points(np.ascontiguousarray(matrix.apply(lines.points)))


def _without_transform(attrs: Attrs, matrix: Matrix) -> dict[str, Any]:
    """Return the attributes for lines that were moved already; strokes keep their look."""
    kept = {key: value for key, value in attrs.items() if key not in _PLACES}
    try:
        kept["stroke-width"] = round(float(kept["stroke-width"]) * matrix.stretch, 4)
    except (KeyError, ValueError):
        return kept
    return kept


def _leaves(nodes: Sequence[Node]) -> Iterator[Run | Mask]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _leaves(node.elements)
        elif isinstance(node, (Run, Mask)):
            yield node


def _left(nodes: Sequence[Node], gone: type) -> list[Node]:
    """Return the nodes without runs of no lines, and without those that are `gone`."""
    kept = [
        node
        for node in nodes
        if not isinstance(node, gone) and (not isinstance(node, Run) or len(node.lines))
    ]
    for node in kept:
        if isinstance(node, Group):
            node.elements[:] = _left(node.elements, gone)
    return kept


def hide(nodes: list[Node]) -> None:
    """Remove from `nodes` what lies behind: each closed line hides all that was drawn before it."""
    from drawscape.geometry.occlusion import visible

    flat = as_runs(nodes)
    leaves = sorted(_leaves(flat), key=lambda leaf: leaf.order)
    counts = [len(leaf.lines) for leaf in leaves]
    # A rank for each line, the regions that hide, and the ranks of these.
    order: list[int] = []
    covers: list[Lines] = []
    ranks: list[int] = []
    rank = 0
    for leaf, count in zip(leaves, counts, strict=True):
        lines = leaf.lines
        closed = np.flatnonzero(lines.closed & (lines.counts >= _CORNERS))
        whole = isinstance(leaf, (_Outline, Mask))
        parts = [closed] if whole and len(closed) else closed[:, None]
        covers += [lines.take(part) for part in parts]
        ranks += [rank if whole else rank + int(part[0]) for part in parts]
        order += [rank] * count if whole else range(rank, rank + count)
        rank += 1 if whole else count
    lines = Lines.join(leaf.lines for leaf in leaves)
    shown, source = visible(lines, order, covers, ranks)
    owner = np.repeat(np.arange(len(leaves)), counts)[source]
    bounds = np.searchsorted(owner, np.arange(len(leaves) + 1))
    for index, leaf in enumerate(leaves):
        leaf.lines = shown.take(np.arange(*bounds[index : index + 2]))
    nodes[:] = _left(flat, Mask)


def counted(root: list[Node], group: Group | None) -> dict[int, int]:
    """Return how many nodes each list has that drawing into the open `group`, or the root, may add to."""
    return {id(nodes): len(nodes) for nodes in _lists(root, group)}


def clip_since(
    before: Mapping[int, int],
    root: list[Node],
    group: Group | None,
    cut: Callable[[Lines], Lines],
) -> None:
    """Cut what was added to the lists since they were `counted`."""
    for nodes in _lists(root, group):
        begin = before.get(id(nodes), 0)
        if nodes is root and any(_is_layer(node) for node in nodes[begin:]):
            # New layers stand among the root's nodes: their content is a list of its own.
            loose = [node for node in nodes[begin:] if not _is_layer(node)]
            layers = [node for node in nodes[begin:] if _is_layer(node)]
            nodes[begin:] = layers + loose
            begin += len(layers)
        flat = as_runs(nodes[begin:])
        for leaf in _leaves(flat):
            if isinstance(leaf, Run):
                leaf.lines = cut(leaf.lines)
        nodes[begin:] = _left(flat, type(None))


def _lists(root: list[Node], group: Group | None) -> list[list[Node]]:
    if group is not None:
        return [group.elements]
    return [root, *(node.elements for node in root if isinstance(node, Group) and node.pen)]


def _is_layer(node: Node) -> bool:
    return isinstance(node, Group) and node.pen is not None
