"""Nodes as plain lines in place, cut by a clip, or by what was drawn in front of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines
from drawscape.svg.node import Attrs, Group, Mask, Node, Run, Shape
from drawscape.svg.outline import path_data

Cut = Callable[["Flat"], Lines]
"""Says what is left of the lines that one node draws."""

_PLACES = frozenset(["transform", "rx", "ry"])


@dataclass(frozen=True, eq=False)
class Flat:
    """A node that draws, as lines in the coordinates of the list that is being cut."""

    source: Shape | Run | Mask
    lines: Lines
    attrs: dict[str, Any]


def cut_nodes(nodes: Sequence[Node], cut: Cut, matrix: Matrix | None = None) -> list[Node]:
    """Return `nodes` as runs of lines, each line changed by `cut`; groups and styles stay.

    Inner transforms are applied, so that `cut` sees all lines in one system of coordinates. Titles
    and text stay as they are.
    """
    matrix = matrix or Matrix()
    result: list[Node] = []
    for node in nodes:
        if isinstance(node, Group):
            inner = matrix @ parse_transform(node.attrs.get("transform", ""))
            attrs = _without_transform(node.attrs, inner)
            result.append(Group(attrs, elements=cut_nodes(node.elements, cut, inner), pen=node.pen))
            continue
        if isinstance(node, Mask):
            result.append(Mask(_moved(node.lines, matrix), node.order))
            continue
        flat = flat_node(node, matrix)
        if flat is None:
            result.append(node)
            continue
        lines = cut(flat)
        if len(lines):
            result.append(Run(lines, flat.attrs, flat.source.order))
    return result


def flat_node(node: Node, matrix: Matrix) -> Flat | None:
    """Return what `node` draws as lines under `matrix`, or None when it draws none."""
    if isinstance(node, Mask):
        return Flat(node, _moved(node.lines, matrix), {})
    if isinstance(node, Run):
        return Flat(node, _moved(node.lines, matrix), _without_transform(node.attrs, matrix))
    if not isinstance(node, Shape) or node.tag in ("text", "title"):
        return None
    inner = matrix @ parse_transform(node.attrs.get("transform", ""))
    from drawscape.drawing.path import flatten_paths

    data = path_data(node.tag, node.numbers, node.attrs)
    (lines,) = flatten_paths([data], [TOLERANCE_MM / max(inner.stretch, 1e-9)])
    return Flat(node, _moved(lines, inner), _without_transform(node.attrs, inner))


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


def hide(nodes: list[Node]) -> None:
    """Remove from `nodes` what lies behind: each closed line hides all that was drawn before it."""
    left = _visible(sorted(_leaves(nodes, Matrix()), key=lambda leaf: leaf.source.order))
    nodes[:] = _without_masks(cut_nodes(nodes, lambda flat: left[id(flat.source)]))


def counted(root: list[Node], group: Group | None) -> dict[int, int]:
    """Return how many nodes each list has that drawing into the open `group`, or the root, may add to."""
    return {id(nodes): len(nodes) for nodes in _lists(root, group)}


def clip_since(before: Mapping[int, int], root: list[Node], group: Group | None, cut: Cut) -> None:
    """Cut what was added to the lists since they were `counted`."""
    for nodes in _lists(root, group):
        begin = before.get(id(nodes), 0)
        if nodes is root and any(_is_layer(node) for node in nodes[begin:]):
            # New layers stand among the root's nodes: their content is a list of its own.
            loose = [node for node in nodes[begin:] if not _is_layer(node)]
            layers = [node for node in nodes[begin:] if _is_layer(node)]
            nodes[begin:] = layers + loose
            begin += len(layers)
        nodes[begin:] = cut_nodes(nodes[begin:], cut)


def _lists(root: list[Node], group: Group | None) -> list[list[Node]]:
    if group is not None:
        return [group.elements]
    return [root, *(node.elements for node in root if isinstance(node, Group) and node.pen)]


def _is_layer(node: Node) -> bool:
    return isinstance(node, Group) and node.pen is not None


# A closed line of three points is there and back again: it covers nothing.
_CORNERS = 4


def _leaves(nodes: Sequence[Node], matrix: Matrix) -> Iterator[Flat]:
    """Return all that draws or hides, as lines in one system of coordinates."""
    for node in nodes:
        if isinstance(node, Group):
            inner = matrix @ parse_transform(node.attrs.get("transform", ""))
            yield from _leaves(node.elements, inner)
            continue
        flat = flat_node(node, matrix)
        if flat is not None:
            yield flat


def _visible(leaves: Sequence[Flat]) -> dict[int, Lines]:
    """Return what is left of each leaf, by the identity of its node; masks keep their lines."""
    from drawscape.geometry.occlusion import visible

    lines = Lines.join(leaf.lines for leaf in leaves)
    owner = np.repeat(np.arange(len(leaves)), [len(leaf.lines) for leaf in leaves])
    drawn = np.array([not isinstance(leaf.source, Mask) for leaf in leaves], dtype=bool)
    order, covers, ranks = _covers(leaves)
    shown, source = visible(lines, order, covers, ranks)
    of_leaf = owner[source] if len(source) else np.empty(0, dtype=np.int64)
    bounds = np.searchsorted(of_leaf, np.arange(len(leaves) + 1))
    return {
        id(leaf.source): shown.take(np.arange(bounds[index], bounds[index + 1]))
        for index, leaf in enumerate(leaves)
        if drawn[index]
    }


def _covers(leaves: Sequence[Flat]) -> tuple[list[int], list[Lines], list[int]]:
    """Return a rank for each line, the regions that hide, and the ranks of these.

    Lines of one run cover each other in turn; the rings of one shape belong together.
    """
    order: list[int] = []
    covers: list[Lines] = []
    ranks: list[int] = []
    rank = 0
    for leaf in leaves:
        closed = leaf.lines.closed & (leaf.lines.counts >= _CORNERS)
        if isinstance(leaf.source, (Shape, Mask)):
            order += [rank] * len(leaf.lines)
            if closed.any():
                covers.append(leaf.lines.take(closed))
                ranks.append(rank)
            rank += 1
            continue
        for index in range(len(leaf.lines)):
            order.append(rank)
            if closed[index]:
                covers.append(leaf.lines.take([index]))
                ranks.append(rank)
            rank += 1
    return order, covers, ranks


def _without_masks(nodes: Sequence[Node]) -> list[Node]:
    kept: list[Node] = [node for node in nodes if not isinstance(node, Mask)]
    for node in kept:
        if isinstance(node, Group):
            node.elements[:] = _without_masks(node.elements)
    return kept
