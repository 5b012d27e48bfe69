"""CSS selectors: `g > path.thin:first-child`, compiled once and matched from right to left."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from drawscape.svg.read.xml_tree import Node

Test = Callable[[Node], bool]

_IDENT = r"-?[A-Za-z_][\w-]*"
_PART = re.compile(
    rf"(?P<tag>\*|{_IDENT})|\#(?P<id>[\w-]+)|\.(?P<cls>[\w-]+)"
    rf"|\[\s*(?P<name>[\w:-]+)\s*(?:(?P<op>[~|^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\]\s]+)\s*)?\]"
    rf"|:(?P<pseudo>[\w-]+)(?:\(\s*(?P<argument>[^()]*?)\s*\))?"
)
_COMBINATOR = re.compile(r"\s*([>+~])\s*|\s+")


@dataclass(frozen=True)
class Selector:
    """`tests` of the element itself, and what stands `left` of it behind a combinator."""

    tests: tuple[Test, ...]
    weight: tuple[int, int, int]
    key: str
    """What an element needs to have for a match: `#id`, `.class`, a tag, or `*`."""
    combinator: str = ""
    left: "Selector | None" = None

    def matches(self, node: Node) -> bool:
        """Return whether an element falls under the selector."""
        if not all(test(node) for test in self.tests):
            return False
        if self.left is None:
            return True
        if self.combinator == ">":
            return node.parent is not None and self.left.matches(node.parent)
        if self.combinator == "":
            above = node.parent
            while above is not None and not self.left.matches(above):
                above = above.parent
            return above is not None
        before = _before(node)
        if self.combinator == "+":
            before = before[-1:]
        return any(self.left.matches(sibling) for sibling in before)


def parse_selector(text: str) -> Selector | None:
    """Return a selector, or None for one that is not understood."""
    selector: Selector | None = None
    combinator, end, text = "", 0, text.strip()
    while True:
        tests: list[Test] = []
        weight = [0, 0, 0]
        key = "*"
        while (match := _PART.match(text, end)) and (match["tag"] is None or not tests):
            test = _test(match)
            if test is None:
                return None
            tests.append(test)
            for place, more in enumerate(_weight(match)):
                weight[place] += more
            key = _key(match, key)
            end = match.end()
        if not tests:
            return None
        before = selector.weight if selector else (0, 0, 0)
        total = (weight[0] + before[0], weight[1] + before[1], weight[2] + before[2])
        selector = Selector(tuple(tests), total, key, combinator, selector)
        if end == len(text):
            return selector
        gap = _COMBINATOR.match(text, end)
        if gap is None:
            return None
        combinator, end = gap[1] or "", gap.end()


def _weight(part: re.Match[str]) -> tuple[int, int, int]:
    """Return what one part counts in the cascade; `:not()` counts as much as what is in it."""
    if part["pseudo"] == "not" and (inner := parse_selector(part["argument"] or "")):
        return inner.weight
    return (
        int(bool(part["id"])),
        int(not (part["id"] or part["tag"])),
        int((part["tag"] or "*") != "*"),
    )


def _key(part: re.Match[str], key: str) -> str:
    if part["id"]:
        return f"#{part['id']}"
    if part["cls"] and not key.startswith("#"):
        return f".{part['cls']}"
    return part["tag"] if part["tag"] else key


def _test(part: re.Match[str]) -> Test | None:
    """Return what one part of a compound selector asks of an element."""
    if tag := part["tag"]:
        return lambda node: tag in ("*", node.tag)
    if name := part["id"]:
        return lambda node: node.attributes.get("id") == name
    if cls := part["cls"]:
        return lambda node: cls in node.attributes.get("class", "").split()
    if attribute := part["name"]:
        wanted = (part["value"] or "").strip("\"'")
        compare = _COMPARE[part["op"] or ""]
        return lambda node: (
            attribute in node.attributes and compare(node.attributes[attribute], wanted)
        )
    if part["pseudo"] == "not" and part["argument"]:
        inner = parse_selector(part["argument"])
        return None if inner is None else lambda node: not inner.matches(node)
    return None if part["argument"] else _PSEUDO.get(part["pseudo"])


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "": lambda value, wanted: True,
    "=": lambda value, wanted: value == wanted,
    "~=": lambda value, wanted: wanted in value.split(),
    "|=": lambda value, wanted: value == wanted or value.startswith(wanted + "-"),
    "^=": lambda value, wanted: bool(wanted) and value.startswith(wanted),
    "$=": lambda value, wanted: bool(wanted) and value.endswith(wanted),
    "*=": lambda value, wanted: bool(wanted) and wanted in value,
}
_PSEUDO: dict[str, Test] = {
    "first-child": lambda node: node.parent is None or not _before(node),
    "last-child": lambda node: node.parent is None or node.parent.children[-1] is node,
    "only-child": lambda node: node.parent is None or len(node.parent.children) == 1,
    "root": lambda node: node.parent is None,
    "empty": lambda node: not node.children and not node.text,
}


def _before(node: Node) -> list[Node]:
    """Return the siblings before an element."""
    siblings = node.parent.children if node.parent else []
    at = next((i for i, sibling in enumerate(siblings) if sibling is node), 0)
    return siblings[:at]
