"""What a canvas is filled with: shapes, runs of lines, groups of these, and their markup."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

from drawscape.drawing.affine import parse_transform
from drawscape.drawing.pen import Pen
from drawscape.geometry.lines import Lines
from drawscape.svg.write.numerals import END_OF_LINE, format_lines
from drawscape.svg.write.style import Attrs, attribute_string, attribute_text, number

_OPENING = b'<polyline points="'
_PAINTS = frozenset(("fill", "style", "class"))
_STYLES = _PAINTS | {"stroke"}
_CLOSING = b'" />\n'


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


@dataclass(eq=False)
class Group:
    """A `<g>` with what is inside it; a layer when it has a pen."""

    attrs: Attrs = field(default_factory=dict)
    elements: "list[Node]" = field(default_factory=list)
    pen: Pen | None = None

    def add_element(self, element: "Node") -> None:
        """Add one more element at the end."""
        self.elements.append(element)

    def to_string(self) -> str:
        """Return the group's markup."""
        return markup(self)

    __str__ = to_string


Node: TypeAlias = str | Run | Mask | Group
"""An entry of a canvas: markup, lines, a mask or a group."""


def pieces(nodes: Iterable[Node], scale: float = 1.0, *, styled: bool = False) -> Iterator[bytes]:
    """Return the markup of `nodes`, one element a line, in pieces.

    `scale` is by how much the groups around them enlarge: lines are as fine on paper as elsewhere.
    Shapes that name no fill would be black discs and invisible lines: unless a group around them is
    `styled`, they are put into one that strokes them, and stay as they are themselves.
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
    pen = Pen()
    needed = (("fill", "none"), ("stroke", pen.color), ("stroke-width", pen.width))
    return False, tuple(item for item in needed if item[0] not in node.attrs)


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
