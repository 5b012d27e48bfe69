"""Hatched regions, and the painter's order without paint: what lies behind is not drawn."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.geometry.lines import Lines
from drawscape.svg.write.canvas import C
from drawscape.svg.write.cutting import Flat, cut_nodes, flat_node
from drawscape.svg.write.node import Group, Mask, Node, Shape
from drawscape.svg.write.points import as_region
from drawscape.svg.write.polylines import polylines

Pattern = Literal["lines", "cross", "concentric", "circles"]

# A closed line of three points is there and back again: it covers nothing.
_CORNERS = 4


def hatch(
    svg: C,
    polygon: Any,
    spacing: float = 1.0,
    *,
    angle: float = 45.0,
    pattern: Pattern = "lines",
    shift: float = 0.0,
    outline: bool = False,
    **style: Any,
) -> C:
    """Fill `polygon` with lines `spacing` mm apart, drawing its outline too if `outline`.

    `polygon` is a ring as (N, 2), or several: a ring in a ring is a hole. `pattern` is lines at
    `angle` degrees, cross, concentric or circles. The current transform moves the region; the
    spacing stays the pen's. Raises GeometryError for a spacing that is not positive.

    >>> svg.hatch([(10, 10), (90, 10), (50, 90)], spacing=2, angle=30, outline=True)
    <SVGBuilder 100 x 100 mm, 2 elements>
    """
    from drawscape.geometry.hatch import hatch
    from drawscape.geometry.regions import rings

    region = rings(as_region(polygon))
    region = region.with_points(svg.matrix.apply(region.points))
    filling = hatch(region, spacing, angle=angle, style=pattern, shift=shift)
    with svg.untransformed():
        if outline:
            polylines(svg, region, **style)
        return polylines(svg, filling, **style)


def mask(svg: C, polygon: Any) -> C:
    """Hide what was drawn before inside `polygon` once `occlude` is called; draw nothing.

    >>> _ = svg.line(0, 50, 100, 50).mask([(40, 40), (60, 40), (60, 60), (40, 60)]).occlude()
    >>> svg.lines().lengths_mm
    array([40., 40.])
    """
    from drawscape.geometry.regions import rings

    region = rings(as_region(polygon))
    return svg.add(Mask(region.with_points(svg.matrix.apply(region.points))))


def occlude(svg: C) -> C:
    """Remove what lies behind: each closed line hides all that was drawn before it.

    It concerns the open group, or the whole canvas across its layers. Open lines hide nothing;
    the rings of one path are one region, of which holes hide nothing.

    >>> _ = svg.line(0, 50, 100, 50).circle(50, 50, 20).occlude()
    >>> len(svg.lines())
    3
    """
    nodes = svg.elements if svg.current_group is None else svg.current_group.elements
    left = _visible(sorted(_leaves(nodes, Matrix()), key=lambda leaf: leaf.source.order))
    nodes[:] = _without_masks(cut_nodes(nodes, lambda flat: left[id(flat.source)]))
    return svg


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
