"""`<use>`: an element drawn again at another place, and how much may be drawn by it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drawscape.drawing.affine import Matrix, translation
from drawscape.drawing.units import css_px
from drawscape.errors import SvgReadError
from drawscape.svg.read.viewport import nested
from drawscape.svg.read.xml_tree import DEEPEST, Node

if TYPE_CHECKING:
    from drawscape.svg.read.state import State
    from drawscape.svg.read.walk import Walk

# `use` within `use` multiplies: what a file may draw by it, far above any real drawing.
_MOST_USED_ELEMENTS = 200_000
_MOST_USED_CHARACTERS = 256_000_000


@dataclass
class UseCount:
    """What `<use>` has drawn so far."""

    elements: int = 0
    characters: int = 0

    def add(self, node: Node) -> None:
        """Count an element; raise SvgReadError beyond the limits."""
        self.elements += 1
        self.characters += len(node.attributes.get("d", node.attributes.get("points", "")))
        if self.elements > _MOST_USED_ELEMENTS or self.characters > _MOST_USED_CHARACTERS:
            raise SvgReadError(
                f"<use> draws more than {_MOST_USED_ELEMENTS} elements or "
                f"{_MOST_USED_CHARACTERS} characters of outlines; the file is refused"
            )


def draw_use(walk: "Walk", node: Node, own: dict[str, str], state: "State") -> None:
    """Draw the element that a `<use>` names, where it is placed."""
    target = linked(walk, node)
    if target is None:
        link = _link(node)
        known = "another file" if link and not link.startswith("#") else "nothing"
        walk.report(f"<use> of {known} ({link[:60]!r}) is not drawn")
        return
    moved = state.matrix @ use_place(node, own, state)
    inner = replace(state, matrix=moved, depth=state.depth + 1, used=True)
    if inner.depth > DEEPEST:
        raise SvgReadError(f"elements nested more than {DEEPEST} deep are refused")
    with walk.entered(target) as may_be_drawn:
        if may_be_drawn and target.tag in ("symbol", "svg"):
            _draw_viewport(walk, target, node.attributes | own, inner)
        elif may_be_drawn:
            walk.visit(target, inner)


def linked(walk: "Walk", node: Node) -> Node | None:
    """Return the element that a `<use>` names, None when there is none."""
    return walk.target(_link(node))


def _link(node: Node) -> str:
    return node.attributes.get("href") or node.attributes.get("xlink:href") or ""


def use_place(node: Node, own: dict[str, str], state: "State") -> Matrix:
    """Return where a `<use>` puts what it shows."""
    place = node.attributes | own
    x, y = (
        css_px(place.get(name), whole=state.viewport.whole(name), em=state.style.font_size)
        for name in ("x", "y")
    )
    return translation(x or 0.0, y or 0.0)


def _draw_viewport(walk: "Walk", target: Node, place: dict[str, str], state: "State") -> None:
    declared = walk.declared(target, state)
    if not walk.seen(declared):
        return
    sizes = {key: place[key] for key in ("width", "height") if key in place}
    inner = walk.inside(target, declared, state)
    walk.children(target, nested(walk, target, target.attributes | sizes, declared, inner))
