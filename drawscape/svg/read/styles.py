"""CSS as drawings use it: simple selectors, presentation attributes, inheritance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drawscape.drawing.style import parse_declarations
from drawscape.svg.read.xml_tree import Node

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
        return len(self.ids), len(self.classes), int(self.tag != "*")

    def matches(self, tag: str, classes: frozenset[str], node_id: str) -> bool:
        """Return whether an element falls under the rule."""
        return (
            self.tag in ("*", tag)
            and self.classes.issubset(classes)
            and (not self.ids or self.ids == {node_id})
        )


class Stylesheet:
    """The rules of a document's `<style>` elements; complex selectors and at-rules are left out.

    Rules are kept by what they ask for first, an id, a class or a tag: Illustrator writes a rule for
    each of a thousand styles, and few of them concern an element.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.ignored: list[str] = []
        self._rules: dict[str, list[tuple[tuple[int, int, int], int, Rule]]] = {}
        self._count = 0
        for text in texts:
            for selectors, body in _rules(_without_comments(text)):
                declarations = _known(parse_declarations(body))
                for selector in selectors.split(","):
                    self._add(selector.strip(), declarations)

    def _add(self, selector: str, declarations: dict[str, str]) -> None:
        match = _SIMPLE.fullmatch(selector)
        if not match or not selector:
            self.ignored.append(selector)
            return
        parts = _PART.findall(match[2])
        classes = frozenset(name for kind, name in parts if kind == ".")
        ids = frozenset(name for kind, name in parts if kind == "#")
        rule = Rule(match[1] or "*", classes, ids, declarations)
        key = next((f"#{name}" for name in ids), None) or next(
            (f".{name}" for name in classes), None
        )
        self._rules.setdefault(key or rule.tag, []).append((rule.weight, self._count, rule))
        self._count += 1

    def declarations(self, node: Node) -> dict[str, str]:
        """Return an element's own declarations: attributes, below rules, below its `style`."""
        attributes = node.attributes
        own = {key: attributes[key].strip() for key in PROPERTIES & attributes.keys()}
        if self._rules:
            for rule in self._matching(node):
                own |= rule.declarations
        if "style" in attributes:
            own |= _known(parse_declarations(attributes["style"]))
        return own

    def _matching(self, node: Node) -> list[Rule]:
        """Return the rules for an element, those that count most last."""
        classes = frozenset(node.attributes.get("class", "").split())
        node_id = node.attributes.get("id", "")
        keys = ("*", node.tag, f"#{node_id}", *(f".{name}" for name in classes))
        found = [
            entry
            for key in keys
            for entry in self._rules.get(key, ())
            if entry[2].matches(node.tag, classes, node_id)
        ]
        return [rule for _, _, rule in sorted(found, key=lambda entry: entry[:2])]


def _without_comments(text: str) -> str:
    first, *rest = text.split("/*")
    return first + " ".join(part.partition("*/")[2] for part in rest)


def _rules(text: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and body of each rule that does not stand inside an at-rule such as `@media`."""
    nested = False
    for chunk in text.split("}"):
        selectors, *bodies = chunk.split("{")
        if len(bodies) != 1:
            # A second brace opens a block of rules; a chunk without one has closed it.
            nested = len(bodies) > 1
            continue
        selectors = selectors.rpartition(";")[2].strip()
        if not nested and not selectors.startswith("@"):
            yield selectors, bodies[0]


def _known(declarations: dict[str, str]) -> dict[str, str]:
    """Return the declarations that matter to lines."""
    return {
        name: value.replace("!important", "").strip()
        for name, value in declarations.items()
        if name in PROPERTIES
    }
