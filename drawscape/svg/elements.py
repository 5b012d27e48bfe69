"""The elements of a canvas: shapes, styled lines, occlusion masks, groups; and their markup."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from drawscape.drawing.affine import IDENTITY, Matrix, parse_transform
from drawscape.drawing.document import Pen
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines
from drawscape.svg.attributes import Attrs, attribute_string, attribute_text, number
from drawscape.svg.line_text import END_OF_LINE, format_lines

_OPENING = b'<polyline points="'
_PAINTS = frozenset(("fill", "style", "class"))
_CLOSING = b'" />\n'
STROKED = {"fill": "none", "stroke": Pen().color, "stroke-width": Pen().width}
"""The attributes that make lines visible as lines."""


class Element(str):
    """The markup of one element, a string, with its tag, coordinates and attributes.

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
            places = "".join(f' {name}="{number(value, name)}"' for name, value in numbers.items())
        opening = f"<{tag}{places}{attribute_string(attrs)}"
        shape = cls(f"{opening} />" if content is None else f"{opening}>{content}</{tag}>")
        shape.tag, shape.numbers, shape.attrs, shape.content = tag, numbers, dict(attrs), content
        return shape


@dataclass(eq=False)
class StyledLines:
    """Many polylines of one style; `order` as an Element's."""

    lines: Lines
    attrs: Attrs
    order: int = 0


@dataclass(eq=False)
class Outline(StyledLines):
    """A shape as lines: its rings are one region, while the lines of a run cover each other in turn.

    With path `data` under `matrix`, the lines are made later: many shapes together take hardly longer than
    one.
    """

    data: str = ""
    matrix: Matrix = IDENTITY


def flatten_outlines(nodes: Iterable["CanvasNode"], tolerance: float = TOLERANCE_MM) -> None:
    """Make the lines of `nodes` that are still path data; curves deviate by at most `tolerance` mm."""
    outlines = [node for node in nodes if isinstance(node, Outline) and node.data]
    if not outlines:  # without outlines, the import would take a fiftieth of a drawing's time
        return
    from drawscape.drawing.path import flatten_paths

    tolerances = [tolerance / max(outline.matrix.stretch, 1e-9) for outline in outlines]
    flat = flatten_paths([outline.data for outline in outlines], tolerances)
    for outline, lines in zip(outlines, flat):
        outline.lines, outline.data = outline.matrix.apply(lines), ""


@dataclass(eq=False)
class OcclusionMask:
    """Closed lines that draw nothing; `occlude` hides earlier lines inside them."""

    lines: Lines
    order: int = 0


class Group:
    """A `<g>` with its elements; a layer when it has a pen.

    `parent` is the outer group, for an older service.
    """

    def __init__(
        self,
        attrs: Attrs | None = None,
        parent: "Group | None" = None,
        *,
        elements: "list[CanvasNode] | None" = None,
        pen: Pen | None = None,
    ) -> None:
        self.attrs = dict(attrs or {})
        self.parent = parent
        self.elements = [] if elements is None else elements
        self.pen = pen

    def add_element(self, element: "CanvasNode") -> None:
        """Add one more element at the end."""
        self.elements.append(element)

    def add_raw_svg(self, svg_content: str) -> None:
        """Add markup unchanged."""
        self.elements.append(svg_content)

    def to_string(self) -> str:
        """Return the group's markup."""
        return markup(self)

    __str__ = to_string


CanvasNode = str | StyledLines | OcclusionMask | Group
"""An entry of a canvas: markup, lines, a mask or a group."""


def pieces(
    nodes: Iterable[CanvasNode], scale: float = 1.0, *, given: Set[str] = frozenset()
) -> Iterator[bytes]:
    """Return the markup of `nodes`, one element a line, in pieces.

    `scale` is the enlargement by the outer groups, so that lines are equally fine on paper. Shapes without a
    fill would be black discs and invisible lines. Attributes that neither they nor the outer groups (`given`)
    have are in a group that strokes them.
    """
    nodes = list(nodes)
    flatten_outlines(nodes)
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
    transform = parse_transform(group.attrs.get("transform") or "")
    inside = scale * (transform.stretch or 1.0)
    yield from pieces(group.elements, inside, given=given | group.attrs.keys())
    yield b"</g>\n"


def _runs(runs: Sequence[StyledLines], scale: float) -> Iterator[bytes]:
    """Yield neighbouring runs of one style in one group, so that a thousand calls cost one."""
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


def in_pens(nodes: Sequence[CanvasNode]) -> tuple[list[Group], list[CanvasNode]]:
    """Return the layers of the root's nodes, and everything else."""
    layers = [node for node in nodes if isinstance(node, Group) and node.pen]
    return layers, [node for node in nodes if node not in layers]


def without_unused_pens(nodes: Sequence[CanvasNode]) -> list[CanvasNode]:
    """Return the root's nodes without empty layers, whose pen was set but drew nothing."""
    return [n for n in nodes if not isinstance(n, Group) or n.elements or n.pen is None]
