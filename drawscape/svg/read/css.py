"""The cascade: presentation attributes, below a document's rules, below `style` attributes."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from drawscape.drawing.values import INHERITED, NUMBER, parse_declarations, rgba
from drawscape.errors import SvgReadError
from drawscape.svg.read.tree import Node

_ATTRIBUTES = INHERITED | frozenset((
    "display", "opacity", "transform", "transform-origin", "clip-path", "mask", "mask-type", "overflow",
    "filter", "vector-effect", "mix-blend-mode", "alignment-baseline", "baseline-shift", "stop-color",
    "stop-opacity",
))  # fmt: skip
_GEOMETRY = frozenset(("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d"))
# What a property that a child does not inherit is without a declaration.
_INITIAL = {
    "display": "inline", "opacity": "1", "overflow": "visible", "mask-type": "luminance",
    "mix-blend-mode": "normal", "stop-color": "black", "stop-opacity": "1", "baseline-shift": "0",
    "alignment-baseline": "baseline", "transform-box": "view-box", "transform-origin": "0 0",
    "background-color": "transparent", "x": "0", "y": "0", "cx": "0", "cy": "0", "r": "0",
    "width": "auto", "height": "auto", "rx": "auto", "ry": "auto",
    **dict.fromkeys((
        "transform", "translate", "rotate", "scale", "clip-path", "mask", "mask-image", "filter",
        "vector-effect", "background", "d", "offset-path",
    ), "none"),
}  # fmt: skip
_PROPERTIES = _ATTRIBUTES | _INITIAL.keys() | {"all"}
_SHORTHANDS = {
    "marker": ("marker-start", "marker-mid", "marker-end"),
    "text-decoration-line": ("text-decoration",),
}
_LENGTH = rf"(?:{NUMBER})(?:%|[a-z]+)?"
_FLUID = rf"(?:{_LENGTH}|(?:calc|min|max|clamp)\(.*\))"
_SHARE = re.compile(rf"(?:{NUMBER})%?|calc\(.*\)", re.DOTALL)
_PAINT = re.compile(r"none|currentcolor|context-(fill|stroke)|url\(.*", re.IGNORECASE | re.DOTALL)
_COLORS = frozenset(("fill", "stroke", "color", "stop-color"))
_LIGHT_OR_DARK = re.compile(
    r"light-dark\(\s*((?:[^(),]|\([^()]*\))+),.*\)", re.IGNORECASE | re.DOTALL
)
_OF_THE_SYSTEM = {"canvas": "white", "field": "white", "canvastext": "black", "fieldtext": "black"}
UNREAD_COLOR = re.compile(
    r"color-mix\(.*|[a-z]+\(\s*from\s.*|(accent|button|gray|highlight|link|mark|visited|active|"
    r"selecteditem)(color|text|face|border|colortext)?",
    re.IGNORECASE | re.DOTALL,
)
"""Colours that browsers know and we do not: mixed ones, relative ones, and most of the system's."""
_FORMS = {
    "display": r"none|contents|run-in|flow-root|list-item|inline|(inline-)?(block|flex|grid|table)|"
    r"table-[a-z-]+",
    "visibility": r"visible|hidden|collapse",
    "fill-rule": r"nonzero|evenodd",
    "clip-rule": r"nonzero|evenodd",
    "stroke-width": _FLUID,
    "stroke-dasharray": rf"none|{_FLUID}((\s*+,\s*+|\s++){_FLUID})*",
    "stroke-dashoffset": _FLUID,
}
_VALID = {name: re.compile(form, re.IGNORECASE) for name, form in _FORMS.items()}
# In CSS a length has a unit, and a radius or a side is not negative.
_LONG = re.compile(
    rf"auto|[-+]?0*\.?0+|(?:{NUMBER})(?:%|[a-z]+)|(?:calc|min|max|clamp)\(.*\)", re.IGNORECASE
)
_SIDES = frozenset(("width", "height", "r", "rx", "ry"))
_WIDE = frozenset(("inherit", "initial", "unset", "revert", "revert-layer"))
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
# Most programs write nothing but `.name { ... }`: such sheets need no parser.
_RULE = re.compile(r"\s*+([^{}@\"'\\;<]++)\{([^{}\"'\\]*+)\}\s*+")
_TESTS = re.compile(r"\(([^()]*)\)")
_SINGLE = re.compile(r"[.#]?[A-Za-z_][\w-]*", re.ASCII)
_HARMLESS = frozenset((
    "charset", "font-face", "namespace", "page", "keyframes", "-webkit-keyframes", "font-feature-values",
    "property", "counter-style",
))  # fmt: skip
_MEDIA = frozenset(("", "all", "screen", "only screen"))
# Illustrator writes a rule for each of a thousand styles.
_LONGEST = 2_000
_MOST_CHARACTERS = 1_500_000
_MOST_RULES = 30_000
_MOST_TESTS = 2_000_000

Declarations = tuple[dict[str, str], dict[str, str]]
"""Plain and important ones."""

_NOTHING: Declarations = ({}, {})
_Weighed = tuple[tuple[int, ...], int, Declarations]
"""Declarations with the weight of their selector and their place in the sheet."""


def is_for_screens(media: str) -> bool:
    """Return whether a list of media has one that we stand for."""
    return not _MEDIA.isdisjoint(part.strip() for part in media.lower().split(","))


class Stylesheet:
    """The rules of a document's `<style>` elements; what is left out is named in `ignored`.

    Raises SvgReadError for more rules than any drawing has.
    """

    def __init__(self, root: Node, texts: Iterable[str]) -> None:
        self.ignored: list[str] = []
        # By a tag, an `#id` or a `.class`; what other selectors choose is looked up once for each element.
        self._single: dict[str, list[_Weighed]] = {}
        self._chosen: dict[int, list[_Weighed]] = {}
        self._merged: dict[tuple[str, str | None, str | None], Declarations] = {}
        self._tests = 0
        text = "\n".join(_COMMENT.sub("", _DATA.sub("url()", text)) for text in texts)
        if len(text) > _MOST_CHARACTERS:
            raise SvgReadError(f"style sheets of {len(text):,} characters; the file is refused")
        if text.strip():
            self._read(root, text)

    def _read(self, root: Node, text: str) -> None:
        others: list[tuple[Any, int, int, Declarations]] = []
        for place, (layer, prelude, content) in enumerate(self._rules(text)):
            if place >= _MOST_RULES:
                raise SvgReadError(f"more than {_MOST_RULES:,} style rules; the file is refused")
            declarations = _declared(content)
            if "{" in content:
                self.ignored.append(f"{prelude} {{ ... {{")
            parts = [part.strip() for part in prelude.split(",")]
            if all(map(_SINGLE.fullmatch, parts)):
                for name in parts:
                    kinds = (name[0] == "#", name[0] == ".", name[0] not in "#.")
                    weight = (layer, *map(int, kinds))
                    self._single.setdefault(name, []).append((weight, place, declarations))
            else:
                others += [(each, layer, place, declarations) for each in self._compiled(prelude)]
        if others:
            self._match(root, others)

    def _rules(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Yield the number of each rule's layer, its selectors and its declarations, both as text."""
        import tinycss2

        end = 0
        while rule := _RULE.match(text, end):
            yield _MOST_RULES, rule[1].strip(), rule[2]
            end = rule.end()
        if end < len(text):
            parsed = tinycss2.parse_stylesheet(text[end:], skip_comments=True, skip_whitespace=True)
            yield from self._applying(parsed, {}, _MOST_RULES)

    def _applying(
        self, rules: Iterable[Any], layers: dict[str, int], layer: int
    ) -> Iterator[tuple[int, str, str]]:
        """Yield the rules that hold on a screen, those of media included; what is in no layer comes last."""
        import tinycss2

        for rule in rules:
            if rule.type == "qualified-rule":
                prelude, content = map(tinycss2.serialize, (rule.prelude, rule.content))
                yield layer, prelude.strip(), content.strip()
            elif rule.type == "at-rule" and rule.lower_at_keyword not in _HARMLESS:
                keyword = rule.lower_at_keyword
                prelude = tinycss2.serialize(rule.prelude).strip()
                inner, known = layer, keyword == "media" and is_for_screens(prelude)
                if keyword == "layer" and layer == _MOST_RULES and "." not in prelude:
                    for name in prelude.split(","):
                        inner = layers.setdefault(name.strip() or f"{len(layers)}", len(layers))
                    known = True
                elif keyword == "supports":
                    known = all(any(_declared(test)) for test in _TESTS.findall(prelude))
                    if known and prelude.startswith("not"):
                        continue
                if not known or not (rule.content or keyword == "layer"):
                    self.ignored.append(f"@{keyword} {prelude}".strip())
                    continue
                within = tinycss2.parse_rule_list(
                    rule.content or [], skip_comments=True, skip_whitespace=True
                )
                yield from self._applying(within, layers, inner)

    def _compiled(self, prelude: str) -> list[Any]:
        import cssselect2

        try:
            return [
                s for s in cssselect2.compile_selector_list(prelude) if s.pseudo_element is None
            ]
        except cssselect2.SelectorError:
            self.ignored.append(prelude)
            return []

    def _match(self, root: Node, rules: list[tuple[Any, int, int, Declarations]]) -> None:
        import cssselect2

        matcher = cssselect2.Matcher()
        for selector, *rest in rules:
            matcher.add_selector(selector, rest)
        for element in cssselect2.ElementWrapper.from_xml_root(root).iter_subtree():
            by_tag = matcher.lower_local_name_selectors.get(element.local_name.lower(), ())
            by_class = sum(len(matcher.class_selectors.get(name, ())) for name in element.classes)
            self._count(len(matcher.other_selectors) + len(by_tag) + by_class)
            matches = [(weight, *rest) for weight, _, _, rest in matcher.match(element)]
            if found := [((layer, *weight), place, own) for weight, layer, place, own in matches]:
                self._chosen[id(element.etree_element)] = found

    def declarations(self, node: Node) -> dict[str, str]:
        """Return an element's own declarations; coordinates only where CSS gives them."""
        attributes = node.attributes
        own: dict[str, str] = {}
        for name in _ATTRIBUTES & attributes.keys():
            value = checked(name, attributes[name])
            if value is not None:
                own[name] = value
        plain, important = self._from_rules(node) if self._single or self._chosen else _NOTHING
        own |= plain
        if "style" in attributes:
            styled, urgent = _declared(attributes["style"])
            own |= styled
            important = important | urgent
        if important:
            own |= important
        if "inherit" in own.values():
            above = self.declarations(node.parent) if node.parent else {}
            for name, value in own.items():
                if value == "inherit" and name in _INITIAL and name != "transform":
                    own[name] = above.get(name, _INITIAL[name])
        return own

    def _from_rules(self, node: Node) -> Declarations:
        """Return what the rules declare for an element; most elements of a file are like one before."""
        attributes = node.attributes
        chosen, key = (
            self._chosen.get(id(node)),
            (node.tag, attributes.get("id"), attributes.get("class")),
        )
        if chosen is None and key in self._merged:
            return self._merged[key]
        names = [node.tag, f"#{key[1]}", *(f".{name}" for name in (key[2] or "").split())]
        found = [*(chosen or ()), *(each for name in names for each in self._single.get(name, ()))]
        self._count(len(found))
        plain: dict[str, str] = {}
        important: dict[str, str] = {}
        for _, _, (usual, urgent) in sorted(found, key=lambda each: each[:2]):
            plain |= usual
            important |= urgent
        if chosen is None:
            self._merged[key] = plain, important
        return plain, important

    def _count(self, tests: int) -> None:
        self._tests += tests
        if self._tests > _MOST_TESTS:
            raise SvgReadError(
                f"the style rules take more than {_MOST_TESTS:,} tests; the file is refused"
            )


@lru_cache(maxsize=8192)
def checked(name: str, value: str) -> str | None:
    """Return a property's value, keywords in lower case; None for one that is not valid, which is skipped."""
    value = value.strip()
    lower = value.lower()
    if lower in _WIDE:
        if name in _INITIAL and lower != "inherit":
            return _INITIAL[name]
        return "unset" if lower.startswith("revert") else lower
    if "var(" in value:
        return value
    if len(value) > _LONGEST and (name in _COLORS or name in _VALID):
        return None
    if name in _COLORS:
        either = _LIGHT_OR_DARK.fullmatch(value)
        value = either[1].strip() if either else _OF_THE_SYSTEM.get(lower, value)
        keyword = _PAINT.fullmatch(value)
        if keyword is None:
            return value if rgba(value) or UNREAD_COLOR.fullmatch(value) else None
        return value if lower.startswith("url(") else value.lower()
    if name in _VALID:
        return lower if _VALID[name].fullmatch(value) else None
    if name.endswith("opacity"):
        return value if _SHARE.fullmatch(value) else None
    return value


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
    whole = {name: value for name, value in own.items() if value and "var(" not in value}
    return {k: v for k, text in whole.items() if (v := checked(k, text)) is not None}


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
        if name == "all" and bare.lower() in _WIDE:
            into.update(
                {each: checked(each, bare) or "" for each in _PROPERTIES - {"all", "direction"}}
            )
            continue
        for single in _SHORTHANDS.get(name, (name,)):
            if single.startswith("--"):
                into[single] = bare
            elif single in _PROPERTIES:
                value_of = checked(single, bare)
                if value_of is not None and (single not in _GEOMETRY or _is_size(single, bare)):
                    into[single] = value_of
    return plain, important


def _is_size(name: str, value: str) -> bool:
    """Return whether CSS takes a value for a coordinate; of `d` it is a path, or none."""
    if name == "d" or value.lower() in _WIDE or "var(" in value:
        return True
    return bool(_LONG.fullmatch(value)) and not (name in _SIDES and value.startswith("-"))


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
