"""CSS as drawings use it: simple selectors, presentation attributes, inheritance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drawscape.svg_reader.units import length_px
from drawscape.svg_reader.xml_tree import Node

PROPERTIES = frozenset(
    [
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "fill",
        "color",
        "display",
        "visibility",
        "transform",
        "clip-path",
        "mask",
    ]
)

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(\*|[a-zA-Z][\w-]*)?((?:[.#][\w-]+)*)")
_PART = re.compile(r"([.#])([\w-]+)")


@dataclass(frozen=True)
class Rule:
    """A simple selector (`path.cls-1#id`) with its declarations."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]
    declarations: dict[str, str]

    @property
    def weight(self) -> tuple[int, int, int]:
        """The selector's specificity."""
        return len(self.ids), len(self.classes), int(self.tag not in ("", "*"))

    def matches(self, tag: str, classes: Iterable[str], node_id: str) -> bool:
        """Return whether an element falls under the rule."""
        return (
            self.tag in ("", "*", tag)
            and self.classes.issubset(classes)
            and (not self.ids or self.ids == {node_id})
        )


@dataclass(frozen=True)
class Style:
    """What a line inherits. `width_px` is in the units of the element that it was set on."""

    stroke: str = "none"
    fill: str = "black"
    color: str = "black"
    width: str | None = None
    hidden: bool = False

    @property
    def ink(self) -> str:
        """The colour to draw with: the stroke's, else the fill's, else black."""
        for paint in (self.stroke, self.fill):
            paint = self.color if paint.lower() == "currentcolor" else paint
            if paint and paint != "none" and not paint.startswith("url("):
                return paint
        return "black"

    def with_(self, own: dict[str, str]) -> Style:
        """Return the style of a child with declarations of its own."""
        if not own:
            return self
        hidden = self.hidden
        if "visibility" in own:
            hidden = own["visibility"] in ("hidden", "collapse")
        return replace(
            self,
            stroke=_inherited(own.get("stroke"), self.stroke),
            fill=_inherited(own.get("fill"), self.fill),
            color=_inherited(own.get("color"), self.color),
            width=own.get("stroke-width", self.width),
            hidden=hidden,
        )


def _inherited(value: str | None, parent: str) -> str:
    return parent if value is None or value == "inherit" else value


class Stylesheet:
    """The rules of a document's `<style>` elements; complex selectors and at-rules are left out."""

    def __init__(self, texts: Iterable[str]) -> None:
        rules: list[Rule] = []
        self.ignored: list[str] = []
        for text in texts:
            for selectors, body in _RULE.findall(_COMMENT.sub("", text)):
                declarations = parse_declarations(body)
                for selector in selectors.split(","):
                    self._add(selector.rpartition(";")[2].strip(), declarations, rules)
        self._rules = sorted(rules, key=lambda rule: rule.weight)

    def _add(self, selector: str, declarations: dict[str, str], rules: list[Rule]) -> None:
        match = _SIMPLE.fullmatch(selector)
        if not match or not selector:
            self.ignored.append(selector)
            return
        parts = _PART.findall(match[2])
        rules.append(
            Rule(
                match[1] or "",
                frozenset(name for kind, name in parts if kind == "."),
                frozenset(name for kind, name in parts if kind == "#"),
                declarations,
            )
        )

    def declarations(self, node: Node) -> dict[str, str]:
        """Return an element's own declarations: attributes, below rules, below its `style`."""
        attributes = node.attributes
        own = {key: attributes[key].strip() for key in PROPERTIES & attributes.keys()}
        if self._rules:
            classes = attributes.get("class", "").split()
            node_id = attributes.get("id", "")
            for rule in self._rules:
                if rule.matches(node.tag, classes, node_id):
                    own |= rule.declarations
        if "style" in attributes:
            own |= parse_declarations(attributes["style"])
        return own


def parse_declarations(text: str) -> dict[str, str]:
    """Return `stroke: red; fill: none` as a dictionary of the properties that matter to lines."""
    found = {}
    for part in text.split(";"):
        name, _, value = part.partition(":")
        name = name.strip().lower()
        if name in PROPERTIES:
            found[name] = value.replace("!important", "").strip()
    return found


def stroke_width_px(style: Style, *, whole: float) -> float | None:
    """Return the style's stroke width in the units in force; None when the file names none."""
    return length_px(style.width, whole=whole)
