"""The cascade: presentation attributes, below a document's rules, below `style` attributes."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from drawscape.drawing.style import INHERITED, parse_declarations
from drawscape.errors import SvgReadError
from drawscape.svg.read.tree import Node

PROPERTIES = INHERITED | frozenset((
    "display", "opacity", "transform", "transform-origin", "transform-box", "clip-path", "mask",
    "mask-type", "overflow",
    "filter", "vector-effect", "mix-blend-mode", "font", "alignment-baseline", "baseline-shift",
    "stop-color", "stop-opacity", "background", "background-color",
))  # fmt: skip
"""What stands in attributes as well as in CSS."""

_GEOMETRY = frozenset(("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d"))
_SHORTHANDS = {
    "marker": ("marker-start", "marker-mid", "marker-end"),
    "text-decoration-line": ("text-decoration",),
}
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# A font or a picture in a style sheet is longer than all of its rules.
_DATA = re.compile(r"url\(\s*[\"']?data:[^)]*\)")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_FONT = re.compile(
    r"(?P<style>(?:[a-z0-9-]+\s+)*?)"
    r"(?P<size>[\d.]+(?:[a-z]+|%)|(?:xx?-)?(?:small|large)|medium|smaller|larger)"
    r"(?:\s*/\s*\S+)?\s+(?P<family>.+)",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = frozenset((
    "charset", "font-face", "namespace", "page", "keyframes", "-webkit-keyframes", "font-feature-values",
    "property", "counter-style",
))  # fmt: skip
_MEDIA = frozenset(("", "all", "screen", "only screen"))
# Illustrator writes a rule for each of a thousand styles.
_MOST_CHARACTERS = 1_500_000
_MOST_RULES = 30_000
_MOST_TESTS = 2_000_000

Declarations = tuple[dict[str, str], dict[str, str]]
"""Plain and important ones."""


class Stylesheet:
    """The rules of a document's `<style>` elements; what is left out is named in `ignored`.

    Raises SvgReadError for more rules than any drawing has.
    """

    def __init__(self, root: Node, texts: Iterable[str]) -> None:
        self.ignored: list[str] = []
        self._matched: dict[int, list[Declarations]] = {}
        text = "\n".join(_DATA.sub("url()", text) for text in texts)
        if len(text) > _MOST_CHARACTERS:
            raise SvgReadError(f"style sheets of {len(text):,} characters; the file is refused")
        if text.strip():
            self._match(root, text)

    def _match(self, root: Node, text: str) -> None:
        import cssselect2
        import tinycss2

        matcher, count = cssselect2.Matcher(), 0
        rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        for rule in self._applying(rules):
            count += 1
            if count > _MOST_RULES:
                raise SvgReadError(f"more than {_MOST_RULES:,} style rules; the file is refused")
            declarations = _declared(tinycss2.serialize(rule.content))
            try:
                selectors = cssselect2.compile_selector_list(rule.prelude)
            except cssselect2.SelectorError:
                self.ignored.append(tinycss2.serialize(rule.prelude).strip())
                continue
            for selector in selectors:
                matcher.add_selector(selector, declarations)
        tests = 0
        for element in cssselect2.ElementWrapper.from_xml_root(root).iter_subtree():
            tests += len(matcher.other_selectors)
            tests += len(matcher.lower_local_name_selectors.get(element.local_name.lower(), ()))
            tests += sum(len(matcher.class_selectors.get(name, ())) for name in element.classes)
            if tests > _MOST_TESTS:
                raise SvgReadError(
                    f"the style rules take more than {_MOST_TESTS:,} tests; the file is refused"
                )
            node = element.etree_element
            if found := [each[3] for each in matcher.match(element) if each[2] is None]:
                self._matched[id(node)] = found

    def _applying(self, rules: Iterable[Any]) -> Iterator[Any]:
        """Yield the rules that hold on a screen, those of media included."""
        import tinycss2

        for rule in rules:
            if rule.type == "qualified-rule":
                yield rule
            elif rule.type == "at-rule" and rule.lower_at_keyword not in _HARMLESS:
                prelude = tinycss2.serialize(rule.prelude).strip().lower()
                media = {part.strip() for part in prelude.split(",")}
                if rule.lower_at_keyword == "media" and rule.content and media & _MEDIA:
                    yield from self._applying(
                        tinycss2.parse_rule_list(
                            rule.content, skip_comments=True, skip_whitespace=True
                        )
                    )
                else:
                    self.ignored.append(f"@{rule.lower_at_keyword} {prelude}".strip())

    def declarations(self, node: Node) -> dict[str, str]:
        """Return an element's own declarations; coordinates only where CSS gives them."""
        attributes = node.attributes
        own = {key: attributes[key].strip() for key in PROPERTIES & attributes.keys()}
        own.pop("font", None)  # no attribute, though its parts are
        matched = self._matched.get(id(node))
        if matched is None and "style" not in attributes:
            return own
        important: dict[str, str] = {}
        sources = [] if matched is None else list(matched)
        if "style" in attributes:
            sources.append(_declared(attributes["style"]))
        for plain, urgent in sources:
            own |= plain
            important |= urgent
        return own | important if important else own


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
    for name, value in parse_declarations(_COMMENT.sub(" ", text)).items():
        bare = _IMPORTANT.sub("", value)
        into = plain if bare == value else important
        if name == "font":
            into.update(_font(bare))
        for single in _SHORTHANDS.get(name, (name,)):
            if single in PROPERTIES or single in _GEOMETRY or single.startswith("--"):
                into[single] = bare
    return plain, important


def _font(text: str) -> dict[str, str]:
    """Return what the shorthand `font` stands for: `italic bold 12px/1.2 Georgia, serif`."""
    match = _FONT.fullmatch(text.strip()) if len(text) < 500 else None
    if match is None:
        return {}
    words = match["style"].lower().split()
    slants = (word for word in words if word in ("italic", "oblique"))
    weights = (word for word in words if word in ("bold", "bolder", "lighter") or word.isdigit())
    return {
        "font-size": match["size"],
        "font-family": match["family"],
        "font-style": next(slants, "normal"),
        "font-weight": next(weights, "normal"),
    }
