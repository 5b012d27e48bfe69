"""Nodes as plain lines in place: what clipping and hiding work on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines
from drawscape.svg.write.node import Group, Mask, Node, Run, Shape
from drawscape.svg.write.outline import path_data
from drawscape.svg.write.style import Attrs

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
            result.append(Group(attrs, cut_nodes(node.elements, cut, inner), node.pen))
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
    from drawscape.drawing.path.flatten import flatten_paths

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
