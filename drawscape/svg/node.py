"""What a canvas is filled with: shapes, runs of lines, groups of these, and their markup."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.drawing.document import Pen
from drawscape.drawing.values import check_text
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines

Attrs: TypeAlias = Mapping[str, Any]

_OPENING = b'<polyline points="'
_PAINTS = frozenset(("fill", "style", "class"))
_STYLES = _PAINTS | {"stroke"}
_CLOSING = b'" />\n'
STROKED = {"fill": "none", "stroke": Pen().color, "stroke-width": Pen().width}
"""What lines need to be seen as lines."""


class Shape(str):
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
    ) -> "Shape":
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
class Run:
    """Many polylines of one style; `order` as a Shape's."""

    lines: Lines
    attrs: Attrs
    order: int = 0

    def __str__(self) -> str:
        return markup(self)


@dataclass(eq=False)
class Mask:
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
        elements: "list[Node] | None" = None,
        pen: Pen | None = None,
    ) -> None:
        self.attrs: dict[str, Any] = dict(attrs or {})
        self.parent = parent
        self.elements: list[Node] = [] if elements is None else elements
        self.pen = pen

    def add_element(self, element: "Node") -> None:
        """Add one more element at the end."""
        self.elements.append(element)

    def add_raw_svg(self, svg_content: str) -> None:
        """Add markup as it stands."""
        self.elements.append(svg_content)

    def to_string(self) -> str:
        """Return the group's markup."""
        return markup(self)

    __str__ = to_string


Node: TypeAlias = str | Run | Mask | Group
"""An entry of a canvas: markup, lines, a mask or a group."""


def pieces(nodes: Iterable[Node], scale: float = 1.0, *, styled: bool = False) -> Iterator[bytes]:
    """Return the markup of `nodes`, one element a line, in pieces.

    `scale` is by how much the groups around them enlarge: lines are as fine on paper as elsewhere.
    Shapes that name no fill would be black discs and invisible lines. Unless a group around them is
    `styled`, they are put into one that strokes them.
    """
    for (is_run, bare), neighbours in groupby(nodes, key=lambda node: _kind(node, styled)):
        if is_run:
            yield from _runs([node for node in neighbours if isinstance(node, Run)], scale)
            continue
        if bare:
            yield f"<g{attribute_string(dict(bare))}>\n".encode()
        for node in neighbours:
            if isinstance(node, Group):
                yield from _group(node, scale, styled)
            elif not isinstance(node, Mask):
                yield f"{node}\n".encode()
        if bare:
            yield b"</g>\n"


def _kind(node: Node, styled: bool) -> tuple[bool, tuple[tuple[str, Any], ...]]:
    """Return whether a node is a run, and the attributes that a shape lacks to be seen as a stroke."""
    if styled or not isinstance(node, Shape) or node.tag in ("text", "title"):
        return isinstance(node, Run), ()
    if not _PAINTS.isdisjoint(node.attrs):
        return False, ()
    return False, tuple(item for item in STROKED.items() if item[0] not in node.attrs)


def markup(node: Node) -> str:
    """Return one node's markup."""
    return b"".join(pieces([node], styled=True)).decode().removesuffix("\n")


def _group(group: Group, scale: float, styled: bool) -> Iterator[bytes]:
    yield f"<g{attribute_string(group.attrs)}>\n".encode()
    inside = styled or not _STYLES.isdisjoint(group.attrs)
    yield from pieces(group.elements, scale * _stretch(group.attrs), styled=inside)
    yield b"</g>\n"


def _runs(runs: Sequence[Run], scale: float) -> Iterator[bytes]:
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
        if not math.isfinite(value):
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
