"""Outlines of shapes: as path data, and as lines, cut or hidden by what is drawn in front of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, Self

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.errors import CanvasError
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.node import Group, Mask, Node, Run, Shape, markup, number, transform_text

PATH_DATA = re.compile(r"[\sMmZzLlHhVvCcSsQqTtAaEe0-9+\-.,]*\Z", re.ASCII)


def path_data(tag: str, numbers: Mapping[str, Any], attrs: Mapping[str, Any]) -> str:
    """Return the outline of a line, rect, circle, ellipse or path as path data, arcs exact.

    Raises CanvasError for a coordinate that is no number of mm, such as '50%'.
    """
    if tag == "path":
        return str(numbers["d"])
    from drawscape.drawing.path import outline

    n = {name: _float(name, value) for name, value in numbers.items()}
    if tag == "rect":
        n |= {key: _float(key, attrs[key]) for key in ("rx", "ry") if key in attrs}
    return outline(tag, n) or ""


def unreadable(d: object) -> CanvasError:
    """Return the error for what is no path data."""
    return CanvasError(f"path data {str(d)[:60]!r} cannot be read; it looks like 'M10,10 L20,10'")


def moved_shape(
    tag: str, numbers: Mapping[str, Any], attrs: Mapping[str, Any], matrix: Matrix
) -> tuple[str, dict[str, Any]] | Lines:
    """Return the shape's tag and coordinates after `matrix`, as lines where it does not stay itself.

    Raises CanvasError for path data that cannot be read.
    """
    n = {} if tag == "path" else {name: _float(name, value) for name, value in numbers.items()}
    upright, round_ = matrix.b == matrix.c == 0, tag in ("circle", "ellipse")
    if tag == "line":
        ends = matrix.apply(np.array([[n["x1"], n["y1"]], [n["x2"], n["y2"]]])).ravel().tolist()
        return tag, dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True))
    if tag == "rect" and upright and not {"rx", "ry"} & attrs.keys():
        corners = [[n["x"], n["y"]], [n["x"] + n["width"], n["y"] + n["height"]]]
        (x0, y0), (x1, y1) = np.sort(matrix.apply(np.array(corners)), axis=0).tolist()
        return tag, {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0}
    if round_ and (upright or (tag == "circle" and matrix.is_similarity)):
        ((cx, cy),) = matrix.apply(np.array([[n["cx"], n["cy"]]])).tolist()
        if tag == "circle" and matrix.is_similarity:
            return tag, {"cx": cx, "cy": cy, "r": n["r"] * matrix.stretch}
        rx, ry = (n.get(name, n.get("r", 0.0)) for name in ("rx", "ry"))
        return "ellipse", {"cx": cx, "cy": cy, "rx": rx * abs(matrix.a), "ry": ry * abs(matrix.d)}
    from drawscape.drawing.path import flatten, read_segments

    segments = read_segments([path_data(tag, numbers, attrs)])
    if segments.broken:
        raise unreadable(numbers["d"])
    tolerance = np.array([TOLERANCE_MM / max(matrix.stretch, 1e-9)])
    lines = flatten(segments, tolerance)[0]
    return lines.with_points(matrix.apply(lines.points))


def _float(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise CanvasError(f"{name}={value!r} is not a number; give it in mm") from None


def spline(through: Points, *, closed: bool = False) -> str:
    """Return a Catmull-Rom spline through the (N, 2) points as path data, from the first one on."""
    around = np.vstack((through[:1], through, through[-1:]))  # open ends repeat
    if closed:
        around = np.vstack((through[-1:], through, through[:2]))
    before, starts, ends, after = around[:-3], around[1:-2], around[2:-1], around[3:]
    handles = starts + (ends - before) / 6, ends - (after - starts) / 6
    pieces = zip(*handles, ends, strict=True)
    return " ".join("C" + " ".join(map(pair, piece)) for piece in pieces)


def pair(point: Points) -> str:
    """Return a point as path data has it: `12.5,40`."""
    return ",".join(number(value) for value in point.tolist())


class Vertices:
    """The vertices of one line in the order in which they are given."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._smooth: list[bool] = []

    def vertex(self, x: float, y: float) -> Self:
        """Add a corner."""
        return self._add(x, y, smooth=False)

    def curve_vertex(self, x: float, y: float) -> Self:
        """Add a point that the line passes smoothly; the pieces before and after it are curves."""
        return self._add(x, y, smooth=True)

    def _add(self, x: float, y: float, *, smooth: bool) -> Self:
        point = (float(x), float(y))
        if not np.isfinite(point).all():
            raise CanvasError(f"vertex {point!r} is not finite")
        self._points.append(point)
        self._smooth.append(smooth)
        return self

    def path_data(self, matrix: Matrix, *, closed: bool) -> str:
        """Return the path's `d` under `matrix`; raise CanvasError for fewer than two vertices."""
        count = len(self._points)
        if count < 2:
            given = "1 vertex" if count == 1 else "no vertices"
            raise CanvasError(f"a shape of {given}; give 2 at least")
        points, smooth = matrix.apply(np.array(self._points)), list(self._smooth)
        if closed and all(smooth):
            return f"M{pair(points[0])} {spline(points, closed=True)} Z"
        if closed:  # from its first corner round to it, so that no curve is cut in two
            first = smooth.index(False)
            order = np.append(np.arange(first, first + count) % count, first)
            points, smooth = points[order], [smooth[at] for at in order]
        corners = [0, *(at for at in range(1, len(points) - 1) if not smooth[at]), len(points) - 1]
        pieces = (
            f"L{pair(points[end])}" if end == begin + 1 else spline(points[begin : end + 1])
            for begin, end in pairwise(corners)
        )
        return f"M{pair(points[0])} {' '.join(pieces)}{' Z' if closed else ''}"


_PLACES = frozenset(["transform", "rx", "ry"])
# A closed line of three points is there and back again: it covers nothing.
_CORNERS = 4


class Outline(Run):
    """A shape as lines: its rings are one region, while the lines of a run cover each other in turn."""


def as_runs(nodes: Iterable[Node], tolerance: float = TOLERANCE_MM) -> list[Node]:
    """Return `nodes` with all that draws as runs of lines in one system of coordinates.

    Curves deviate by `tolerance` mm at most. Groups and styles stay, and titles, text and markup.
    """
    shapes: list[tuple[Outline, str, Matrix]] = []
    flat = [_flat(node, Matrix(), None, shapes) for node in nodes]
    if shapes:  # to import it takes a fiftieth of a drawing that has none
        from drawscape.drawing.path import flatten_paths

        tolerances = [tolerance / max(matrix.stretch, 1e-9) for _, _, matrix in shapes]
        outlines = flatten_paths([data for _, data, _ in shapes], tolerances)
        for (shape, _, matrix), lines in zip(shapes, outlines, strict=True):
            shape.lines = _moved(lines, matrix)
    return flat


def _flat(
    node: Node, matrix: Matrix, width: Any, shapes: list[tuple[Outline, str, Matrix]]
) -> Node:
    """Return one node moved by `matrix`, `width` being the stroke's around it; shapes are collected."""
    if isinstance(node, Mask):
        return Mask(_moved(node.lines, matrix), node.order)
    if isinstance(node, str) and (not isinstance(node, Shape) or node.tag in ("text", "title")):
        if matrix.is_identity:
            return node
        moving = Group({"transform": transform_text(matrix)}, elements=[node])
        return moving if isinstance(node, Shape) else markup(moving)
    inner = matrix @ parse_transform(node.attrs.get("transform", ""))
    attrs = {key: value for key, value in node.attrs.items() if key not in _PLACES}
    width = attrs.get("stroke-width", width)
    if width is not None and not {"stroke-width", "transform"}.isdisjoint(node.attrs):
        with suppress(ValueError):  # strokes keep their look
            attrs["stroke-width"] = round(float(width) * abs(inner.determinant) ** 0.5, 4)
    if isinstance(node, Group):
        inside = [_flat(each, inner, width, shapes) for each in node.elements]
        return Group(attrs, elements=inside, pen=node.pen)
    if isinstance(node, Run):
        return type(node)(_moved(node.lines, inner), attrs, node.order)
    shape = Outline(Lines.empty(), attrs, node.order)
    shapes.append((shape, path_data(node.tag, node.numbers, node.attrs), inner))
    return shape


def _moved(lines: Lines, matrix: Matrix) -> Lines:
    return lines.with_points(np.ascontiguousarray(matrix.apply(lines.points)))


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
    from drawscape.geometry.clip import visible

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
        whole = isinstance(leaf, (Outline, Mask))
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


@contextmanager
def clipping(
    root: list[Node], group: Group | None, cut: Callable[[Lines], Lines]
) -> Iterator[None]:
    """Cut what the block adds to the open `group`, or to the root and its layers."""
    before = {id(nodes): len(nodes) for nodes in _lists(root, group)}
    yield
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
