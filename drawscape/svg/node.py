"""What a canvas is filled with: shapes, runs of lines, groups of these; as markup, as lines, as a file.

Its curves become lines where something is cut, hidden, counted or plotted.
"""

import hashlib
import json
import math
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain, count, groupby, pairwise
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.drawing.document import Layer, Pen
from drawscape.drawing.values import PX, InheritedStyle, check_text, finite, parse_declarations
from drawscape.errors import CanvasError
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines, Points, is_finite

Attrs: TypeAlias = Mapping[str, Any]

_OPENING = b'<polyline points="'
_PAINTS = frozenset(("fill", "style", "class"))
_CLOSING = b'" />\n'
STROKED = {"fill": "none", "stroke": Pen().color, "stroke-width": Pen().width}
"""What lines need to be seen as lines."""


class Element(str):
    """One element's markup, a string, that still knows what it draws.

    `tag` is the SVG element, `numbers` its coordinates by attribute name, `attrs` its other
    attributes, and `content` the text inside it.
    """

    tag: str
    numbers: Mapping[str, Any]
    attrs: Attrs
    content: str | None
    order: int = 0
    """The place in the order of drawing, which decides what covers what."""

    @classmethod
    def of(
        cls, tag: str, numbers: Mapping[str, Any], attrs: Attrs, content: str | None = None
    ) -> "Element":
        """Return the element's markup; `content` is escaped already."""
        if tag == "path":
            places = f' d="{attribute_text(numbers["d"])}"'
        else:
            places = "".join(f' {name}="{number(value)}"' for name, value in numbers.items())
        opening = f"<{tag}{places}{attribute_string(attrs)}"
        shape = cls(f"{opening} />" if content is None else f"{opening}>{content}</{tag}>")
        shape.tag, shape.numbers, shape.attrs, shape.content = tag, numbers, dict(attrs), content
        return shape


@dataclass(eq=False)
class StyledLines:
    """Many polylines of one style; `order` as a Element's."""

    lines: Lines
    attrs: Attrs
    order: int = 0

    def __str__(self) -> str:
        return markup(self)


@dataclass(eq=False)
class OcclusionMask:
    """Closed lines that draw nothing and, once `occlude` is called, hide what was drawn before."""

    lines: Lines
    order: int = 0

    def __str__(self) -> str:
        return ""


class Group:
    """A `<g>` with what is inside it; a layer when it has a pen.

    `parent` is where an older service kept the group around it.
    """

    def __init__(
        self,
        attrs: Attrs | None = None,
        parent: "Group | None" = None,
        *,
        elements: "list[CanvasNode] | None" = None,
        pen: Pen | None = None,
    ) -> None:
        self.attrs: dict[str, Any] = dict(attrs or {})
        self.parent = parent
        self.elements: list[CanvasNode] = [] if elements is None else elements
        self.pen = pen

    def add_element(self, element: "CanvasNode") -> None:
        """Add one more element at the end."""
        self.elements.append(element)

    def add_raw_svg(self, svg_content: str) -> None:
        """Add markup as it stands."""
        self.elements.append(svg_content)

    def to_string(self) -> str:
        """Return the group's markup."""
        return markup(self)

    __str__ = to_string


CanvasNode: TypeAlias = str | StyledLines | OcclusionMask | Group
"""An entry of a canvas: markup, lines, a mask or a group."""


def pieces(
    nodes: Iterable[CanvasNode], scale: float = 1.0, *, given: Set[str] = frozenset()
) -> Iterator[bytes]:
    """Return the markup of `nodes`, one element a line, in pieces.

    `scale` is by how much the groups around them enlarge: lines are as fine on paper as elsewhere.
    Shapes that name no fill would be black discs and invisible lines. What neither they name nor the
    groups around them, whose attributes are `given`, stands in a group that strokes them.
    """
    for (is_run, bare), neighbours in groupby(nodes, key=lambda node: _kind(node, given)):
        if bare:
            yield f"<g{attribute_string(dict(bare))}>\n".encode()
        if is_run:
            yield from _runs([node for node in neighbours if isinstance(node, StyledLines)], scale)
        else:
            for node in neighbours:
                if isinstance(node, Group):
                    yield from _group(node, scale, given)
                elif not isinstance(node, OcclusionMask):
                    yield f"{node}\n".encode()
        if bare:
            yield b"</g>\n"


def _kind(node: CanvasNode, given: Set[str]) -> tuple[bool, tuple[tuple[str, Any], ...]]:
    """Return whether a node is a run, and the attributes that a shape lacks to be seen as a stroke."""
    is_run = isinstance(node, StyledLines)
    if not isinstance(node, (Element, Outline)) or getattr(node, "tag", "") in ("text", "title"):
        return is_run, ()
    attrs = node.attrs
    if not (_PAINTS.isdisjoint(given) and _PAINTS.isdisjoint(attrs)):
        return is_run, ()
    return is_run, tuple(
        item for item in STROKED.items() if item[0] not in attrs and item[0] not in given
    )


def markup(node: CanvasNode) -> str:
    """Return one node's markup."""
    return b"".join(pieces([node], given=_PAINTS)).decode().removesuffix("\n")


def _group(group: Group, scale: float, given: Set[str]) -> Iterator[bytes]:
    yield f"<g{attribute_string(group.attrs)}>\n".encode()
    inside = scale * _stretch(group.attrs)
    yield from pieces(group.elements, inside, given=given | group.attrs.keys())
    yield b"</g>\n"


def _runs(runs: Sequence[StyledLines], scale: float) -> Iterator[bytes]:
    """Neighbouring runs of one style share a group, so that a thousand calls cost one."""
    decimals = 2 + max(0, math.ceil(math.log10(scale)))
    for attrs, same in groupby(runs, key=lambda run: attribute_string(run.attrs)):
        joined = Lines.join(run.lines for run in same)
        if attrs:
            yield f"<g{attrs}>\n".encode()
        yield from _polylines(joined, decimals)
        if attrs:
            yield b"</g>\n"


def _polylines(lines: Lines, decimals: int) -> Iterator[bytes]:
    held = b""
    opening = _OPENING
    for piece in format_lines(lines, decimals):
        yield held
        held = opening + piece.replace(END_OF_LINE, _CLOSING + _OPENING)
        opening = b""
    yield held.removesuffix(_OPENING)


def _stretch(attrs: Attrs) -> float:
    transform = attrs.get("transform")
    return parse_transform(transform).stretch or 1.0 if transform else 1.0


# As the reader has it: what lies farther is no path.
_LARGEST_MM = 1e9
_NAME = re.compile(r"[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?\Z", re.ASCII)
_LENGTH = re.compile(
    r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?([a-z]{2,4}|q|%)?\s*\Z", re.ASCII | re.IGNORECASE
)
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"}
)
_IN_ATTRIBUTE = str.maketrans({"\n": "&#10;", "\t": "&#9;"})


def escape(value: object) -> str:
    """Return `value` as XML text, quotes escaped too."""
    return check_text(value).translate(_ESCAPES)


def number(value: object) -> str:
    """Return a coordinate or size as it stands in the file; text such as '50%' or '2cm' stays text.

    Raises CanvasError when a number is not finite, and for text that is no length.
    """
    if isinstance(value, str) and _LENGTH.match(value):
        return value
    numbers = (int, float, Decimal, np.integer, np.floating)
    if isinstance(value, numbers) and not isinstance(value, bool):
        if not is_finite(value):
            raise CanvasError(f"coordinate {value!r} is not finite")
        if abs(float(value)) > _LARGEST_MM:
            raise CanvasError(f"coordinate {value!r} is beyond all paper; give it in mm")
        return format_number(float(value)) if not isinstance(value, int) else str(value)
    raise CanvasError(f"coordinate {value!r} is not a number; give it in mm")


def attribute_text(value: object) -> str:
    """Return an attribute's value as it stands between the quotes."""
    if isinstance(value, (float, np.floating)):
        return number(value)
    return escape(value).translate(_IN_ATTRIBUTE)


def attribute_string(attrs: Attrs) -> str:
    """Return ` name="value"` for each of `attrs` that is not None, in order.

    Raises CanvasError for a name that XML does not allow.
    """
    for name in attrs:
        if not isinstance(name, str) or not _NAME.match(name):
            raise CanvasError(
                f"attribute name {name!r} is none that SVG allows, such as 'stroke-width'"
            )
    given = ((name, value) for name, value in attrs.items() if value is not None)
    return "".join(f' {name}="{attribute_text(value)}"' for name, value in given)


def checked_attrs(attrs: Attrs | None) -> dict[str, Any]:
    """Return a copy of `attrs`; raise CanvasError for what is no mapping."""
    if attrs is not None and not isinstance(attrs, Mapping):
        raise CanvasError(f"attrs {attrs!r}: give a dict such as {{'fill': 'red'}}, or keywords")
    return dict(attrs or {})


def from_keywords(style: Attrs) -> dict[str, Any]:
    """Return keyword styles as SVG attributes: `stroke_width` as `stroke-width`, `class_` as class.

    Those whose value is None are left out.
    """
    return {
        name.rstrip("_").replace("_", "-"): value
        for name, value in style.items()
        if value is not None
    }


def transform_text(matrix: Matrix) -> str:
    """Return a map as a `transform` attribute writes it."""
    return f"matrix({' '.join(map(number, matrix))})"


END_OF_LINE = b"\n"
"""Ends each line's last point in what `format_lines` gives."""

# So many points at a time keep words, indices and table in the second-level cache.
_CHUNK = 8192
# What fits in seven characters at two decimals: '-999.99' and '9999.99'.
_LOWEST, _HIGHEST = -99_999, 999_999
# Table limits are rounded to steps of 64 mm, so that drawings of one paper size share a table.
_STEP = 6400


def format_lines(lines: Lines, decimals: int = 2) -> Iterator[bytes]:
    """Return the points as text in pieces: `x,y x,y`, each line closed by END_OF_LINE.

    Numbers are rounded to `decimals` places, trailing zeros are cut, and zero has no sign. A line
    of one point is given twice, so that a pen makes a dot; a line of none is left out.
    """
    lines = lines.drawable()
    if not len(lines):
        return iter(())
    low, high = float(np.min(lines.points)), float(np.max(lines.points))
    if decimals == 2 and low * 100 >= _LOWEST + 1 and high * 100 <= _HIGHEST - 1:
        return _by_table(lines, math.floor(low * 100), math.ceil(high * 100))
    # The plain way, rounded as the table rounds: a coordinate's text never depends on its neighbours.
    rounded = np.rint(lines.points * 10.0**decimals) / 10.0**decimals
    texts = [format_number(value, decimals) for value in rounded.ravel().tolist()]
    points = list(map(",".join, zip(texts[::2], texts[1::2], strict=True)))
    return (
        " ".join(points[a:b]).encode() + END_OF_LINE for a, b in pairwise(lines.offsets.tolist())
    )


def format_number(value: float, decimals: int = 6) -> str:
    """Return `value` rounded, without trailing zeros, exponent or signed zero: 10.50 is '10.5'."""
    text = f"{float(value):.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _by_table(lines: Lines, low: int, high: int) -> Iterator[bytes]:
    low, high = low // _STEP * _STEP, -(-high // _STEP) * _STEP
    low, high = max(min(low, 0), _LOWEST), min(max(high, _STEP), _HIGHEST)
    xs, ys = _words(low, high, b","), _words(low, high, b" ")
    last = lines.offsets[1:] - 1
    words = np.empty((_CHUNK, 2), dtype="<u8")
    for start in range(0, len(lines.points), _CHUNK):
        steps = np.rint(lines.points[start : start + _CHUNK] * 100).astype(np.int32)
        steps -= low
        part = words[: len(steps)]
        part[:, 0] = xs.take(steps[:, 0])
        part[:, 1] = ys.take(steps[:, 1])
        ends = last[np.searchsorted(last, start) : np.searchsorted(last, start + len(steps))]
        part.view(np.uint8)[ends - start, 15] = END_OF_LINE[0]
        yield part.tobytes().translate(None, b"\0")


@lru_cache(maxsize=8)
def _words(low: int, high: int, separator: bytes) -> NDArray[np.uint64]:
    """Return an eight-byte word for each hundredth from `low` to `high`: digits, separator."""
    hundredths = np.arange(low, high + 1)
    size = np.abs(hundredths)
    letters = np.zeros((len(size), 8), dtype=np.uint8)
    whole = size // 100
    for column, power in enumerate((1000, 100, 10, 1)):
        shown = (whole >= power) | (power == 1)
        letters[:, column] = np.where(shown, ord("0") + whole // power % 10, 0)
    letters[hundredths < 0, 0] = ord("-")
    fraction = size % 100
    letters[fraction > 0, 4] = ord(".")
    letters[:, 5] = np.where(fraction > 0, ord("0") + fraction // 10, 0)
    letters[:, 6] = np.where(fraction % 10 > 0, ord("0") + fraction % 10, 0)
    letters[:, 7] = separator[0]
    return letters.view("<u8").ravel()


PATH_DATA = re.compile(r"[\sMmZzLlHhVvCcSsQqTtAaEe0-9+\-.,]*\Z", re.ASCII)


def path_data(tag: str, numbers: Mapping[str, Any], attrs: Mapping[str, Any]) -> str:
    """Return the outline of a line, rect, circle, ellipse or path as path data, arcs exact.

    Raises CanvasError for a coordinate that is no number of mm, such as '50%'.
    """
    if tag == "path":
        return str(numbers["d"])
    from drawscape.drawing.path import outline

    n = {name: finite(name, value) for name, value in numbers.items()}
    if tag == "rect":
        n |= {key: finite(key, attrs[key]) for key in ("rx", "ry") if key in attrs}
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
    n = {} if tag == "path" else {name: finite(name, value) for name, value in numbers.items()}
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

    d = path_data(tag, numbers, attrs)
    segments = read_segments([d])
    if segments.broken:
        raise unreadable(d)
    tolerance = np.array([TOLERANCE_MM / max(matrix.stretch, 1e-9)])
    return matrix.apply(flatten(segments, tolerance)[0])


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
        self._points.append((finite("x", x), finite("y", y)))
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


class Outline(StyledLines):
    """A shape as lines: its rings are one region, while the lines of a run cover each other in turn."""


def as_runs(nodes: Iterable[CanvasNode], tolerance: float = TOLERANCE_MM) -> list[CanvasNode]:
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
            shape.lines = matrix.apply(lines)
    return flat


def _flat(
    node: CanvasNode, matrix: Matrix, width: Any, shapes: list[tuple[Outline, str, Matrix]]
) -> CanvasNode:
    """Return one node moved by `matrix`, `width` being the stroke's around it; shapes are collected."""
    if isinstance(node, OcclusionMask):
        return OcclusionMask(matrix.apply(node.lines), node.order)
    if isinstance(node, str) and (not isinstance(node, Element) or node.tag in ("text", "title")):
        if matrix.is_identity:
            return node
        moving = Group({"transform": transform_text(matrix)}, elements=[node])
        return moving if isinstance(node, Element) else markup(moving)
    inner = matrix @ parse_transform(node.attrs.get("transform", ""))
    attrs = {key: value for key, value in node.attrs.items() if key not in _PLACES}
    width = attrs.get("stroke-width", width)
    if width is not None and not {"stroke-width", "transform"}.isdisjoint(node.attrs):
        with suppress(ValueError, TypeError):  # strokes keep their look
            attrs["stroke-width"] = round(float(width) * abs(inner.determinant) ** 0.5, 4)
    if isinstance(node, Group):
        inside = [_flat(each, inner, width, shapes) for each in node.elements]
        return Group(attrs, elements=inside, pen=node.pen)
    if isinstance(node, StyledLines):
        return type(node)(inner.apply(node.lines), attrs, node.order)
    shape = Outline(Lines.empty(), attrs, node.order)
    shapes.append((shape, path_data(node.tag, node.numbers, node.attrs), inner))
    return shape


def _leaves(nodes: Sequence[CanvasNode]) -> Iterator[StyledLines | OcclusionMask]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _leaves(node.elements)
        elif isinstance(node, (StyledLines, OcclusionMask)):
            yield node


def _left(nodes: Sequence[CanvasNode], gone: type) -> list[CanvasNode]:
    """Return the nodes without runs of no lines, and without those that are `gone`."""
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
    for leaf, size in zip(leaves, counts, strict=True):
        lines = leaf.lines
        closed = np.flatnonzero(lines.closed & (lines.counts >= _CORNERS))
        whole = isinstance(leaf, (Outline, OcclusionMask))
        parts = [closed] if whole and len(closed) else closed[:, None]
        covers += [lines.take(part) for part in parts]
        ranks += [rank if whole else rank + int(part[0]) for part in parts]
        order += [rank] * size if whole else range(rank, rank + size)
        rank += 1 if whole else size
    lines = Lines.join(leaf.lines for leaf in leaves)
    shown, source = visible(lines, order, covers, ranks)
    owner = np.repeat(np.arange(len(leaves)), counts)[source]
    bounds = np.searchsorted(owner, np.arange(len(leaves) + 1))
    for index, leaf in enumerate(leaves):
        leaf.lines = shown.take(np.arange(*bounds[index : index + 2]))
    nodes[:] = _left(flat, OcclusionMask)


@contextmanager
def clipping(
    root: list[CanvasNode], group: Group | None, cut: Callable[[Lines], Lines]
) -> Iterator[None]:
    """Cut what the block adds to the open `group`, or to the root and its layers."""
    before = {id(nodes): len(nodes) for nodes in _lists(root, group)}
    yield
    for nodes in _lists(root, group):
        begin = before.get(id(nodes), 0)
        # New layers stand among the root's nodes: their content is a list of its own.
        layers, loose = in_pens(nodes[begin:])
        nodes[begin:] = layers + loose
        begin += len(layers)
        flat = as_runs(nodes[begin:])
        for leaf in _leaves(flat):
            if isinstance(leaf, StyledLines):
                leaf.lines = cut(leaf.lines)
        nodes[begin:] = _left(flat, type(None))


def _lists(root: list[CanvasNode], group: Group | None) -> list[list[CanvasNode]]:
    if group is not None:
        return [group.elements]
    return [root, *(layer.elements for layer in in_pens(root)[0])]


def in_pens(nodes: Sequence[CanvasNode]) -> tuple[list[Group], list[CanvasNode]]:
    """Return the layers of the root's nodes, and all else."""
    layers = [node for node in nodes if isinstance(node, Group) and node.pen]
    return layers, [node for node in nodes if node not in layers]


class CanvasWarning(UserWarning):
    """Something on the canvas has no lines that a pen could draw."""


METADATA = re.compile(rb'<metadata id="drawscape">.*?</metadata>\n', re.DOTALL)
"""The element of a file that says how it was made."""


def body_digest(content: bytes) -> str:
    """Return the digest of a file's content without the metadata, which holds this digest as `body`.

    >>> body_digest(b'<svg><metadata id="drawscape">{}</metadata>\\n</svg>') == body_digest(b"<svg></svg>")
    True
    """
    return hashlib.sha256(METADATA.sub(b"", content, count=1)).hexdigest()[:32]


def file_content(
    width: float,
    height: float,
    nodes: Sequence[CanvasNode],
    *,
    provenance: Mapping[str, Any] | None = None,
    paper_color: str | None = None,
) -> Iterator[bytes]:
    """Return the whole file in pieces; sizes in mm, one user unit a millimetre.

    Metadata holds a digest of all else: a file that was edited is known by it.
    """
    wide, high = format_number(width), format_number(height)
    layered = in_pens(nodes)[0]
    inkscape = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"' if layered else ""
    paper = f' style="background-color: {attribute_text(paper_color)}"' if paper_color else ""
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg"{inkscape} '
        f'width="{wide}mm" height="{high}mm" viewBox="0 0 {wide} {high}"{paper}>\n'
    )
    yield head.encode()
    body: Iterable[bytes] = chain(pieces(nodes), [b"</svg>\n"])
    if provenance is not None:
        whole = b"".join(body)
        made = {**provenance, "body": body_digest(head.encode() + whole)}
        # ASCII, for JSON may hold characters that XML may not.
        recipe = json.dumps(made, sort_keys=True, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(recipe)}</metadata>\n'.encode()
        body = [whole]
    yield from body


def layer_attributes(pen: Pen, number: int) -> dict[str, Any]:
    """Return what makes a group a layer for Inkscape, vpype, saxi and AxiDraw alike."""
    return {
        "id": f"layer{number}",
        "inkscape:groupmode": "layer",
        "inkscape:label": pen.name,
        "fill": "none",
        "stroke": pen.color,
        "stroke-width": pen.width,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }


def in_layers(nodes: Sequence[CanvasNode], pen: Pen | None) -> list[CanvasNode]:
    """Return the root's nodes as the file has them: everything in layers if there is a `pen`."""
    if pen is not None:
        layers, loose = in_pens(nodes)
        same = next((n for n in layers if n.pen and n.pen.name == pen.name), Group(pen=pen))
        if loose:
            first = Group(elements=loose + same.elements, pen=same.pen)
            layers = [first, *(n for n in layers if n is not same)]
        nodes = layers
    numbers = count(1)
    return [
        Group(layer_attributes(node.pen, next(numbers)), elements=node.elements, pen=node.pen)
        if isinstance(node, Group) and node.pen
        else node
        for node in nodes
    ]


def flatten_layers(nodes: Iterable[CanvasNode], tolerance: float) -> list[Layer]:
    """Return the layers of the root's `nodes`: one for each pen, outside of layers for each colour.

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
    """Yield lines and their pens; outside of layers the stroke's colour and width make a pen named `?`."""
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
    """Yield what markup that was added by hand draws, read as any SVG is."""
    from drawscape.svg.read import read_svg

    document = read_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>')
    for note in document.unsupported:
        _warn(note)
    for layer in document.layers:
        # A file that names no size is in pixels; here a user unit is a millimetre.
        lines = layer.lines.with_points(layer.lines.points / PX)
        width = layer.width_mm / PX if layer.width_mm else Pen().width
        yield pen or Pen("?", layer.color, round(width, 4)), lines


def _style(parent: InheritedStyle, attrs: Mapping[str, Any]) -> InheritedStyle:
    own = {name: str(value).strip() for name, value in attrs.items()}
    return parent.with_(own | dict(parse_declarations(own.get("style", ""))))


def _warn(text: str) -> None:
    warnings.warn(text, CanvasWarning, stacklevel=5)
