"""What a canvas is filled with: shapes, runs of lines, and groups of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from drawscape.drawing.frame import Pen
from drawscape.geometry.lines import Lines
from drawscape.svg.write.style import Attrs, attribute_string, number


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
    ) -> Shape:
        """Return the element's markup; `content` is escaped already."""
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
        from drawscape.svg.write.serialize import markup

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
    elements: list[Node] = field(default_factory=list)
    pen: Pen | None = None

    def add_element(self, element: Node) -> None:
        """Add one more element at the end."""
        self.elements.append(element)

    def to_string(self) -> str:
        """Return the group's markup."""
        from drawscape.svg.write.serialize import markup

        return markup(self)

    __str__ = to_string


Node: TypeAlias = str | Run | Mask | Group
"""An entry of a canvas: markup, lines, a mask or a group."""
