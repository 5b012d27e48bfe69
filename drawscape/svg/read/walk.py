"""A walk through the tree: which outlines are drawn, under which transform, in which layer."""

from __future__ import annotations

from drawscape.drawing.affine import Matrix, parse_transform, translation
from drawscape.drawing.style import Style
from drawscape.drawing.units import PX, css_px
from drawscape.errors import CanvasError, SvgReadError
from drawscape.svg.read.scene import LayerDraft, Scene, State
from drawscape.svg.read.shapes import path_data
from drawscape.svg.read.styles import Stylesheet
from drawscape.svg.read.viewport import Viewport, fit_view_box, page_mm, view_box
from drawscape.svg.read.xml_tree import DEEPEST, Node

# `use` within `use` multiplies: what a file may draw by it, far above any real drawing.
_MOST_USED_ELEMENTS = 200_000
_MOST_USED_CHARACTERS = 256_000_000

_CONTAINERS = frozenset(("g", "a", "switch", "svg"))
_UNSUPPORTED = {
    "text": "text is not drawn; convert it to paths",
    "flowRoot": "text is not drawn; convert it to paths",
    "image": "images are not drawn; trace them to paths",
    "foreignObject": "foreign objects are not drawn",
    "video": "videos are not drawn",
}
_LAYER_NAMES = ("inkscape:label", "data-name", "id")


def read_scene(root: Node) -> Scene:
    """Return what `root` draws.

    Raises SvgReadError when it is no `<svg>`, and when `<use>` multiplies beyond all measure.
    """
    if root.tag != "svg":
        raise SvgReadError(f"the root element is <{root.tag}>; an <svg> is needed")
    return _Walk(root).scene


class _Walk:
    def __init__(self, root: Node) -> None:
        self._ids: dict[str, Node] = {}
        texts: list[str] = []
        self._index(root, texts)
        self._sheet = Stylesheet(texts)
        self._known: dict[tuple[Matrix, int], int] = {}
        self._by_color: dict[str, int] = {}
        self._active: set[int] = set()
        self._used_elements = 0
        self._used_characters = 0
        box = view_box(root.attributes.get("viewBox"))
        size = page_mm(root, box)
        self.scene = Scene(*size)
        self.scene.sized = box is not None or "width" in root.attributes
        matrix: Matrix = Matrix(a=PX, d=PX)
        viewport = Viewport(size[0] / PX, size[1] / PX)
        if box is not None:
            matrix = fit_view_box(box, *size, root.attributes.get("preserveAspectRatio"))
            viewport = Viewport(box[2], box[3])
        for selector in self._sheet.ignored:
            self._report(f"the style rule {selector[:60]!r} is not applied")
        own = self._sheet.declarations(root)
        state = State(matrix, Style().with_(own), viewport, None, 0)
        for child in root.children:
            if child.tag == "metadata" and child.text and self.scene.metadata is None:
                self.scene.metadata = child.text
        self._children(root, state)

    def _index(self, root: Node, texts: list[str]) -> None:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if "id" in node.attributes:
                self._ids.setdefault(node.attributes["id"], node)
            if node.tag == "style":
                texts.append(node.text)
            waiting.extend(reversed(node.children))

    def _report(self, message: str) -> None:
        self.scene.unsupported[message] += 1

    def _children(self, node: Node, state: State) -> None:
        if state.depth > DEEPEST:
            raise SvgReadError(f"elements nested more than {DEEPEST} deep are refused")
        children = node.children
        if node.tag == "switch":
            children = [child for child in children if _is_chosen(child)][:1]
        for child in children:
            self._visit(child, state)

    def _visit(self, node: Node, state: State) -> None:
        if state.used:
            self._count(node)
        own = self._sheet.declarations(node)
        transform = own.get("transform") or node.attributes.get("gradientTransform")
        if own:
            if own.get("display") == "none":
                return
            for key in ("clip-path", "mask", "stroke-dasharray"):
                if own.get(key, "none") not in ("none", ""):
                    self._report(f"{key} is not applied")
            matrix = state.matrix
            if transform:
                try:
                    matrix = matrix @ parse_transform(transform)
                except CanvasError:
                    self._report(f"the transform {transform[:60]!r} is malformed; it is left out")
            state = State(
                matrix,
                state.style.with_(own),
                state.viewport,
                state.layer,
                state.depth,
                state.used,
            )
        self._draw(node, own, state)

    def _draw(self, node: Node, own: dict[str, str], state: State) -> None:
        data = path_data(node, state.viewport)
        if data is not None:
            if data and not state.style.hidden:
                self._append(data, state)
        elif node.tag in _CONTAINERS:
            self._container(node, own, state)
        elif node.tag == "use":
            self._use(node, state)
        elif node.tag in _UNSUPPORTED and not state.style.hidden:
            self._report(f"<{node.tag}>: {_UNSUPPORTED[node.tag]}")

    def _container(self, node: Node, own: dict[str, str], state: State) -> None:
        matrix, viewport, layer = state.matrix, state.viewport, state.layer
        if node.tag == "svg":
            matrix, viewport = self._nested_viewport(node, node.attributes, state)
        if node.tag == "g" and layer is None and not state.used and not _is_wrapper(node):
            layer = self._new_layer(node, own, state)
        self._children(
            node, State(matrix, state.style, viewport, layer, state.depth + 1, state.used)
        )

    def _new_layer(self, node: Node, own: dict[str, str], state: State) -> int:
        names = (node.attributes.get(key, "").strip() for key in _LAYER_NAMES)
        name = next((name for name in names if name), f"layer {len(self.scene.layers) + 1}")
        draft = LayerDraft(name)
        if own.get("stroke", "none") != "none":
            draft.color = state.style.ink
        if "stroke-width" in own:
            draft.width_mm = state.width_mm
        self.scene.layers.append(draft)
        return len(self.scene.layers) - 1

    def _nested_viewport(
        self, node: Node, sizes: dict[str, str], state: State
    ) -> tuple[Matrix, Viewport]:
        """Return matrix and viewport inside an `<svg>` or `<symbol>`; `sizes` places it."""
        outer = state.viewport
        x = css_px(sizes.get("x"), whole=outer.width, default=0.0) or 0.0
        y = css_px(sizes.get("y"), whole=outer.height, default=0.0) or 0.0
        width = css_px(sizes.get("width"), whole=outer.width, default=outer.width) or 0.0
        height = css_px(sizes.get("height"), whole=outer.height, default=outer.height) or 0.0
        matrix = state.matrix @ translation(x, y)
        box = view_box(node.attributes.get("viewBox"))
        if box is None:
            return matrix, Viewport(width, height)
        aspect = node.attributes.get("preserveAspectRatio")
        return matrix @ fit_view_box(box, width, height, aspect), Viewport(box[2], box[3])

    def _use(self, node: Node, state: State) -> None:
        link = node.attributes.get("href") or node.attributes.get("xlink:href") or ""
        target = self._ids.get(link[1:]) if link.startswith("#") else None
        if target is None:
            known = "another file" if link and not link.startswith("#") else "nothing"
            self._report(f"<use> of {known} ({link[:60]!r}) is not drawn")
            return
        if id(target) in self._active:
            self._report(f"<use> of {link[:60]!r} leads back to itself; it is not drawn")
            return
        place = node.attributes
        x = css_px(place.get("x"), whole=state.viewport.width, default=0.0) or 0.0
        y = css_px(place.get("y"), whole=state.viewport.height, default=0.0) or 0.0
        moved = state.matrix @ translation(x, y)
        inner = State(moved, state.style, state.viewport, state.layer, state.depth + 1, True)
        self._active.add(id(target))
        if target.tag in ("symbol", "svg"):
            sizes = {key: place[key] for key in ("width", "height") if key in place}
            matrix, viewport = self._nested_viewport(target, target.attributes | sizes, inner)
            style = inner.style.with_(self._sheet.declarations(target))
            inner = State(matrix, style, viewport, inner.layer, inner.depth, True)
            self._children(target, inner)
        else:
            if inner.depth > DEEPEST:
                raise SvgReadError(f"elements nested more than {DEEPEST} deep are refused")
            self._visit(target, inner)
        self._active.discard(id(target))

    def _count(self, node: Node) -> None:
        self._used_elements += 1
        self._used_characters += len(node.attributes.get("d", node.attributes.get("points", "")))
        if (
            self._used_elements > _MOST_USED_ELEMENTS
            or self._used_characters > _MOST_USED_CHARACTERS
        ):
            raise SvgReadError(
                f"<use> draws more than {_MOST_USED_ELEMENTS} elements or "
                f"{_MOST_USED_CHARACTERS} characters of outlines; the file is refused"
            )

    def _append(self, data: str, state: State) -> None:
        scene = self.scene
        layer = state.layer
        if layer is None:
            ink = state.style.ink
            if ink not in self._by_color:
                self._by_color[ink] = len(scene.layers)
                scene.layers.append(LayerDraft(ink, ink))
            layer = self._by_color[ink]
        key = (state.matrix, layer)
        context = self._known.get(key)
        if context is None:
            context = self._known[key] = len(scene.placed)
            scene.placed.append(key)
            draft = scene.layers[layer]
            draft.color = draft.color or state.style.ink
            draft.width_mm = state.width_mm if draft.width_mm is None else draft.width_mm
        scene.data.append(data)
        scene.contexts.append(context)


def _is_chosen(node: Node) -> bool:
    """Whether a `<switch>` would draw this child: Illustrator puts a private copy first."""
    return "requiredExtensions" not in node.attributes and node.tag != "foreignObject"


def _is_wrapper(node: Node) -> bool:
    """Whether a top-level group only wraps layers: Illustrator's, or one around Inkscape's."""
    if node.attributes.get("inkscape:groupmode") == "layer":
        return False
    return "i:extraneous" in node.attributes or any(
        child.attributes.get("inkscape:groupmode") == "layer" for child in node.children
    )
