"""The cascade: presentation attributes, below a document's rules, below `style` attributes."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from drawscape.drawing.values import INHERITED, parse_declarations, rgba
from drawscape.errors import SvgReadError
from drawscape.svg.read.tree import XmlNode

_ATTRIBUTES = INHERITED | frozenset((
    "display", "opacity", "transform", "transform-origin", "clip-path", "mask", "overflow",
    "filter", "vector-effect", "mix-blend-mode", "alignment-baseline", "baseline-shift", "stop-color",
    "stop-opacity",
))  # fmt: skip
_PROPERTIES = _ATTRIBUTES | frozenset((
    "transform-box", "translate", "rotate", "scale", "mask-image", "offset-path", "background",
    "background-color", "all", "d", "x", "y", "cx", "cy", "r", "rx", "ry", "width", "height",
))  # fmt: skip
_SHORTHANDS = {
    "marker": ("marker-start", "marker-mid", "marker-end"),
    "text-decoration-line": ("text-decoration",),
}
COMPUTED = re.compile(r"(?<!, )\b(calc|min|max|clamp|var)\(")
"""Functions that are not computed; of draw.io's `light-dark(#000, var(--a))` the first colour is read."""

_PAINT = re.compile(r"none|currentcolor|url\(.*", re.IGNORECASE | re.DOTALL)
_COLORS = frozenset(("fill", "stroke", "color", "stop-color"))
UNREAD_COLOR = re.compile(
    r"color-mix\(.*|[a-z]+\(\s*from\s.*|(accent|button|canvas|field|graytext|highlight|link|"
    r"mark|visited|active|selecteditem)(color|text|face|border|colortext)?",
    re.IGNORECASE | re.DOTALL,
)
"""Colours that only browsers know: mixed, relative and system colours."""
# draw.io writes each colour this way; paper is light.
_LIGHT_DARK = re.compile(r"\A\s*light-dark\(((?:[^(),]|\([^()]*\))+),.*\)", re.I | re.S)
_WIDE = frozenset(("inherit", "initial", "unset", "revert", "revert-layer"))
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# A font or picture in a style sheet is longer than all its rules.
_DATA = re.compile(r"url\(\s*[\"']?data:[^)]*\)")
_FONT = re.compile(
    r"(?:[a-z0-9-]+\s+)*?"
    r"(?P<size>[\d.]+(?:[a-z]+|%)|(?:xx?-)?(?:small|large)|medium|smaller|larger)"
    r"(?:\s*/\s*\S+)?\s+(?P<family>.+)",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = frozenset((
    "charset", "font-face", "namespace", "page", "keyframes", "-webkit-keyframes", "font-feature-values",
    "property", "counter-style",
))  # fmt: skip
_MEDIA = frozenset(("", "all", "screen", "only screen"))
# Characters of the rules, and tests of an element by one.
_MOST_STEPS = 1_500_000

Declarations = tuple[dict[str, str], dict[str, str]]
"""Plain and important declarations."""

_NOTHING: Declarations = ({}, {})


def is_for_screens(media: str) -> bool:
    """Return whether a list of media has one that counts as ours."""
    return not _MEDIA.isdisjoint(part.strip() for part in media.lower().split(","))


class Stylesheet:
    """The rules of a document's `<style>` elements; `ignored` names those that are not applied.

    `cost` counts characters and tests. Raises SvgReadError for more rules than any drawing has.
    """

    def __init__(self, root: XmlNode, texts: Iterable[str]) -> None:
        self.ignored: list[str] = []
        self._chosen: dict[int, Declarations] = {}
        text = "\n".join(_DATA.sub("url()", text) for text in texts)
        self.cost = 0
        self._count(len(text))
        if text.strip():
            self._match(root, text)

    def _count(self, steps: int) -> None:
        self.cost += steps
        if self.cost > _MOST_STEPS:
            raise SvgReadError("the style rules are more than any drawing has; the file is refused")

    def _match(self, root: XmlNode, text: str) -> None:
        import cssselect2
        import tinycss2

        matcher = cssselect2.Matcher()
        rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        for prelude, content in self._applying(rules):
            if "{" in content:
                self.ignored.append(f"{prelude} {{ ... {{")
            try:
                for selector in cssselect2.compile_selector_list(prelude):
                    if selector.pseudo_element is None:
                        matcher.add_selector(selector, _declared(content))
            except cssselect2.SelectorError:
                self.ignored.append(prelude)
        for element in self._counted_elements(root):
            by_tag = matcher.lower_local_name_selectors.get(element.local_name.lower(), ())
            by_class = sum(len(matcher.class_selectors.get(name, ())) for name in element.classes)
            by_id = matcher.id_selectors.get(element.id, ())
            self._count(len(matcher.other_selectors) + len(by_tag) + by_class + len(by_id))
            plain: dict[str, str] = {}
            important: dict[str, str] = {}
            for _, _, _, (usual, urgent) in matcher.match(element):
                plain |= usual
                important |= urgent
            if plain or important:
                self._chosen[id(element.etree_element)] = plain, important

    def _counted_elements(self, root: XmlNode) -> Iterator[Any]:
        """Yield the elements below `root`; other elements that a selector tests for one are counted.

        Selectors such as `a b c` and `a ~ b` test all elements above or before, again and again.
        """
        import cssselect2

        count = self._count

        class CountedElement(cssselect2.ElementWrapper):  # type: ignore[misc]
            @property
            def ancestors(self) -> Any:
                found = super().ancestors
                count(len(found))
                return found

            @property
            def previous_siblings(self) -> Any:
                count(self.index)
                return super().previous_siblings

            @property
            def etree_siblings(self) -> Any:
                count(len(self._siblings) // 16)
                return self._siblings

            @etree_siblings.setter
            def etree_siblings(self, siblings: Any) -> None:
                self._siblings = siblings

            def iter_children(self) -> Any:
                count(len(self.etree_children))
                return super().iter_children()

        yield from CountedElement.from_xml_root(root).iter_subtree()

    def _applying(self, rules: Iterable[Any]) -> Iterator[tuple[str, str]]:
        """Yield selectors and declarations, as text, of the rules that apply to a screen."""
        import tinycss2

        for rule in rules:
            if rule.type == "qualified-rule":
                prelude, content = map(tinycss2.serialize, (rule.prelude, rule.content))
                yield prelude.strip(), content.strip()
            elif rule.type == "at-rule" and rule.lower_at_keyword not in _HARMLESS:
                media = tinycss2.serialize(rule.prelude).strip()
                if rule.content and rule.lower_at_keyword == "media" and is_for_screens(media):
                    yield from self._applying(
                        tinycss2.parse_rule_list(
                            rule.content, skip_comments=True, skip_whitespace=True
                        )
                    )
                else:
                    self.ignored.append(f"@{rule.lower_at_keyword} {media}".strip())

    def declarations(self, node: XmlNode) -> dict[str, str]:
        """Return an element's own declarations; coordinates only where CSS gives them."""
        attributes = node.attributes
        own = {}
        for name in _ATTRIBUTES & attributes.keys():
            value = checked(name, attributes[name])
            if value is not None:
                own[name] = value
        plain, important = self._chosen.get(id(node), _NOTHING)
        own |= plain
        if "style" in attributes:
            styled, urgent = _declared(attributes["style"])
            own |= styled
            important = important | urgent
        own |= important
        return own


@lru_cache(maxsize=8192)
def checked(name: str, value: str) -> str | None:
    """Return a property's value; None for an invalid colour, which is skipped."""
    value = _LIGHT_DARK.sub(r"\1", value).strip()
    lower = value.lower()
    if lower in _WIDE:
        return "unset" if lower.startswith("revert") else lower
    if name not in _COLORS:
        return value
    if _PAINT.fullmatch(value):
        return value if lower.startswith("url(") else lower
    return value if rgba(value) or UNREAD_COLOR.fullmatch(value) else None


@lru_cache(maxsize=4096)
def _declared(text: str) -> Declarations:
    """Return the valid declarations that matter to lines, shorthands spelt out: plain and important ones."""
    plain: dict[str, str] = {}
    important: dict[str, str] = {}
    if "/*" in text:
        text = _COMMENT.sub("", text)
    for name, value in parse_declarations(text):
        bare = _IMPORTANT.sub("", value)
        into = plain if bare == value else important
        if name == "font":
            into.update(_font(bare))
        for single in _SHORTHANDS.get(name, (name,)):
            if single in _PROPERTIES:
                valid = checked(single, bare)
                if valid is not None:
                    into[single] = valid
    return plain, important


def _font(text: str) -> dict[str, str]:
    """Return size and family of the shorthand `font`: `italic bold 12px/1.2 Georgia, serif`."""
    match = _FONT.fullmatch(text.strip()) if len(text) < 500 else None
    if match is None:
        return {}
    return {"font-size": match["size"], "font-family": match["family"]}
