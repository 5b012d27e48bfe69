"""SVG text that is not quite XML, as a browser would take it."""

from html.parser import HTMLParser

from drawscape.errors import SvgReadError
from drawscape.svg.read.xml_tree import DEEPEST, Node, parse_xml

# HTML forgets about capitals; of SVG's names these matter to lines.
_CAPITALS = {
    name.lower(): name
    for name in (
        "viewBox", "preserveAspectRatio", "clipPath", "clipPathUnits", "gradientTransform",
        "linearGradient", "radialGradient", "textPath", "markerWidth", "markerHeight", "markerUnits",
        "refX", "refY", "maskUnits", "maskContentUnits", "systemLanguage", "foreignObject",
    )
}  # fmt: skip


def parse_leniently(text: str) -> Node:
    """Return the root of `text`, whatever prefixes, entities or ends of elements are amiss.

    Raises SvgReadError for what nests beyond reason.
    """
    try:
        return parse_xml(text)
    except SvgReadError:
        builder = _LenientBuilder()
        builder.feed(text)
        builder.close()
        return builder.root


class _LenientBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("svg", {})
        self._open: list[Node] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(_CAPITALS.get(name, name), value or "")
        parent = self._open[-1] if self._open else None
        node = Node(_CAPITALS.get(tag, tag), attributes, parent=parent)
        if parent is not None:
            parent.children.append(node)
        elif tag == "svg":
            self.root = node
        if len(self._open) >= DEEPEST:
            raise SvgReadError(f"elements nested more than {DEEPEST} deep are refused")
        self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        name = _CAPITALS.get(tag, tag)
        if any(node.tag == name for node in self._open):
            while self._open.pop().tag != name:
                pass

    def handle_data(self, data: str) -> None:
        if not self._open:
            return
        inside = self._open[-1]
        inside.text += data
        if inside.tag in ("text", "tspan") and data:
            inside.children.append(Node("#text", {}, text=data, parent=inside))
