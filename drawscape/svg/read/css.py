"""The cascade: presentation attributes, below a document's rules, below `style` attributes."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from drawscape.drawing.style import INHERITED, parse_declarations
from drawscape.svg.read.selectors import Selector, parse_selector
from drawscape.svg.read.xml_tree import Node

PROPERTIES = INHERITED | frozenset(
    [
        "display",
        "opacity",
        "transform",
        "transform-origin",
        "clip-path",
        "mask",
        "mask-type",
        "overflow",
        "filter",
        "vector-effect",
        "mix-blend-mode",
    ]
)
"""What stands in attributes as well as in CSS."""

_GEOMETRY = frozenset(["x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d"])
_SHORTHANDS = {"marker": ("marker-start", "marker-mid", "marker-end")}
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_HARMLESS = ("@charset", "@import", "@font-face", "@namespace", "@page", "@keyframes")


Declarations = tuple[dict[str, str], dict[str, str]]
Rule = tuple[tuple[int, int, int], int, Selector, Declarations]


class Stylesheet:
    """The rules of a document's `<style>` elements; at-rules are left out and named in `ignored`.

    Rules are kept by what they ask for first, an id, a class or a tag: Illustrator writes a rule for
    each of a thousand styles, and few of them concern an element.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.ignored: list[str] = []
        self._rules: dict[str, list[Rule]] = {}
        count = 0
        for text in texts:
            for selectors, body in self._parsed(_without_comments(text)):
                declarations = _declared(body)
                for part in selectors.split(","):
                    selector = parse_selector(part)
                    if selector is None:
                        self.ignored.append(part.strip())
                        continue
                    rule = (selector.weight, count, selector, declarations)
                    self._rules.setdefault(selector.key, []).append(rule)
                    count += 1

    def _parsed(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield selectors and body of each rule that does not stand inside an at-rule."""
        nested = False
        for chunk in text.split("}"):
            selectors, *bodies = chunk.split("{")
            if len(bodies) != 1:
                # A second brace opens a block of rules; a chunk without one has closed it.
                nested = len(bodies) > 1
                at_rule = selectors.rpartition(";")[2].strip()
                if nested and not at_rule.startswith(_HARMLESS):
                    self.ignored.append(at_rule)
                continue
            selectors = selectors.rpartition(";")[2].strip()
            if not nested and selectors and not selectors.startswith("@"):
                yield selectors, bodies[0]

    def declarations(self, node: Node) -> dict[str, str]:
        """Return an element's own declarations; coordinates only where CSS gives them."""
        attributes = node.attributes
        own = {key: attributes[key].strip() for key in PROPERTIES & attributes.keys()}
        if not self._rules and "style" not in attributes:
            return own
        important: dict[str, str] = {}
        sources = [rule[3] for rule in self._matching(node)] if self._rules else []
        if "style" in attributes:
            sources.append(_declared(attributes["style"]))
        for plain, urgent in sources:
            own |= plain
            important |= urgent
        return own | important if important else own

    def _matching(self, node: Node) -> list[Rule]:
        """Return the rules for an element, those that count most last."""
        classes = node.attributes.get("class", "").split()
        keys = {"*", node.tag, f"#{node.attributes.get('id', '')}", *(f".{c}" for c in classes)}
        found = [rule for key in keys for rule in self._rules.get(key, ()) if rule[2].matches(node)]
        return sorted(found, key=lambda rule: rule[:2])


def with_variables(own: dict[str, str], inherited: dict[str, str]) -> dict[str, str]:
    """Return the declarations with `var(--name, fallback)` put in; what has no value is left out."""
    known = {**inherited, **{name: value for name, value in own.items() if name.startswith("--")}}

    def value_of(match: re.Match[str]) -> str:
        return known.get(match[1], match[2] or "").strip()

    for _ in range(8):  # variables may name variables
        own = {k: _VARIABLE.sub(value_of, v) if "var(" in v else v for k, v in own.items()}
        known = {k: _VARIABLE.sub(value_of, v) if "var(" in v else v for k, v in known.items()}
        if not any("var(" in value for value in own.values()):
            break
    return {name: value for name, value in own.items() if value and "var(" not in value}


@lru_cache(maxsize=4096)
def _declared(text: str) -> Declarations:
    """Return the declarations that matter to lines, shorthands spelt out: plain and important ones."""
    plain: dict[str, str] = {}
    important: dict[str, str] = {}
    for name, value in parse_declarations(_without_comments(text)).items():
        bare = _IMPORTANT.sub("", value)
        for single in _SHORTHANDS.get(name, (name,)):
            if single in PROPERTIES or single in _GEOMETRY or single.startswith("--"):
                (plain if bare == value else important)[single] = bare
    return plain, important


def _without_comments(text: str) -> str:
    first, *rest = text.split("/*")
    return first + " ".join(part.partition("*/")[2] for part in rest)
