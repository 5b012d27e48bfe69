"""A walk through the tree: which outlines are drawn, under which transform, in which group."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from drawscape.drawing.affine import IDENTITY, Matrix, parse_transform
from drawscape.drawing.color import is_white
from drawscape.drawing.style import Style, is_seen
from drawscape.drawing.units import PX, css_px
from drawscape.errors import CanvasError, SvgReadError
from drawscape.svg.read.conditions import is_for_us
from drawscape.svg.read.css import Stylesheet, with_variables
from drawscape.svg.read.groups import add_group, is_wrapper
from drawscape.svg.read.paint_server import server_color
from drawscape.svg.read.plain_runs import PlainRun
from drawscape.svg.read.scene import Context, Scene
from drawscape.svg.read.shapes import path_data
from drawscape.svg.read.state import State
from drawscape.svg.read.use import UseCount, draw_use
from drawscape.svg.read.viewport import Viewport, about, fit_view_box, nested, page_mm, view_box
from drawscape.svg.read.xml_tree import DEEPEST, Node

Text = Literal["strokes", "outlines"]
_CONTAINERS = frozenset(("g", "a", "switch", "svg"))
_UNSUPPORTED = {
    "flowRoot": "text is not drawn; convert it to paths",
    "image": "images are not drawn; trace them to paths",
    "foreignObject": "foreign objects are not drawn",
    "video": "videos are not drawn",
}
_UNKNOWN_EFFECTS = ("filter", "vector-effect", "mix-blend-mode")
# What depends on the element itself, or is counted in the report.
_OF_ONE = frozenset(("transform", "transform-origin", "clip-path", "mask", *_UNKNOWN_EFFECTS))
_MOST_STATES = 10_000
# Where a page's background stands, among the outlines of a file.
_FIRST_FEW = 20


def read_scene(root: Node, *, text: Text = "strokes") -> Scene:
    """Return what `root` draws, text in single lines or as outlines of this machine's fonts.

    Raises SvgReadError when it is no `<svg>`, and when `<use>` multiplies beyond all measure.
    """
    if root.tag != "svg":
        raise SvgReadError(f"the root element is <{root.tag}>; an <svg> is needed")
    box = view_box(root.attributes.get("viewBox"))
    scene = Scene(*page_mm(root, box))
    scene.sized = box is not None or "width" in root.attributes
    walk = Walk(root, scene, text)
    matrix = Matrix(a=PX, d=PX)
    viewport = Viewport(scene.width_mm / PX, scene.height_mm / PX)
    if box is not None:
        size = scene.width_mm, scene.height_mm
        matrix = fit_view_box(box, *size, root.attributes.get("preserveAspectRatio"))
        viewport = Viewport(box[2], box[3])
    texts = (child.text for child in root.children if child.tag == "metadata" and child.text)
    scene.metadata = next(texts, None)
    walk.root(root, State(matrix, Style(), viewport))
    return scene


class Walk:
    """The elements of one file by id, its stylesheet, and the scene that is being filled."""

    def __init__(self, root: Node, scene: Scene, text: Text) -> None:
        self.text = text
        self.ids: dict[str, Node] = {}
        texts: list[str] = []
        self._index(root, texts)
        self.sheet = Stylesheet(texts)
        self.scene = self._drawing = scene
        self.page = (scene.width_mm, scene.height_mm)
        self._known: dict[Context, int] = {}
        # Most elements of a file look like one before them: what they inherit from, and what they are
        # drawn with, by the state around them. The states are kept so that their ids stay theirs.
        self._states: dict[tuple[int, tuple[tuple[str, str], ...]], tuple[State, State]] = {}
        self._pens: dict[tuple[int, bool], tuple[State, int | None, bool]] = {}
        self._active: set[int] = set()
        self._on_dark = False
        self.context: dict[str, str] = {}
        self._use_count = UseCount()
        for selector in self.sheet.ignored:
            self.report(f"the style rule {selector[:60]!r} is not applied")

    def _index(self, root: Node, texts: list[str]) -> None:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if "id" in node.attributes:
                self.ids.setdefault(node.attributes["id"], node)
            if node.tag == "style" and node.attributes.get("type", "").strip() in ("", "text/css"):
                texts.append(node.text)
            waiting.extend(reversed(node.children))

    def report(self, message: str, times: int = 1) -> None:
        """Note something that the lines do not show."""
        self.scene.unsupported[message] += times

    def note(self, message: str) -> None:
        """Note once what concerns a definition, however many elements refer to it."""
        self.scene.unsupported[message] = 1

    def seen(self, own: dict[str, str]) -> bool:
        """Return whether an element is seen; note it when only its opacity hides it."""
        seen = is_seen(own)
        if not seen and own.get("display") != "none":
            self._report_transparent()
        return seen

    def _report_transparent(self, times: int = 1) -> None:
        if self.scene is self._drawing:  # in a mask or a clip path it is no drawing that vanishes
            self.report("what is fully transparent is not drawn", times)

    def root(self, root: Node, state: State) -> None:
        """Draw what the root element holds."""
        own = self.declared(root, state)
        if is_for_us(root) and self.seen(own):
            self.children(root, self.inside(root, own, state))

    def target(self, link: str) -> Node | None:
        """Return the element that `#id` or `url(#id)` names, None when there is none."""
        name = link.strip().removeprefix("url(").partition(")")[0].strip(" \"'")
        return self.ids.get(name[1:]) if name.startswith("#") else None

    @contextmanager
    def entered(self, node: Node) -> Iterator[bool]:
        """Yield whether an element that is referred to is not being drawn already."""
        if id(node) in self._active:
            self.report(f"<{node.tag}> leads back to itself; it is not drawn")
            yield False
            return
        self._active.add(id(node))
        try:
            yield True
        finally:
            self._active.discard(id(node))

    @contextmanager
    def collecting(self) -> Iterator[Scene]:
        """Yield a scene of its own for what is drawn in the block, with the clips so far."""
        outer, known, pens = self.scene, self._known, self._pens
        self.scene = Scene(outer.width_mm, outer.height_mm)
        self.scene.unsupported, self.scene.clips = outer.unsupported, outer.clips
        self._known, self._pens = {}, {}
        try:
            yield self.scene
        finally:
            self.scene, self._known, self._pens = outer, known, pens

    def children(self, node: Node, state: State) -> None:
        """Draw the children of an element."""
        if state.depth > DEEPEST:
            raise SvgReadError(f"elements nested more than {DEEPEST} deep are refused")
        if node.tag == "switch":
            chosen = (child for child in node.children if ":" not in child.tag and is_for_us(child))
            first = next(chosen, None)
            if first is not None:
                self.visit(first, state)
            return
        for child in node.children:
            self.visit(child, state)

    def visit(self, node: Node, state: State) -> None:
        """Draw an element and all that is in it."""
        if state.used:
            self._use_count.add(node)
        own = self.declared(node, state)
        if not is_for_us(node) or (own and not self.seen(own)):
            return
        self._draw(node, own, self._state_of(node, own, state) if own else state)

    def _state_of(self, node: Node, own: dict[str, str], state: State) -> State:
        """Return what `inside` does, from memory where neither place nor effects differ."""
        if not own.keys().isdisjoint(_OF_ONE):
            return self.inside(node, own, state)
        key = (id(state), tuple(own.items()))
        known = self._states.get(key)
        if known is None:
            if len(self._states) > _MOST_STATES:
                self._states.clear()
            known = self._states[key] = (state, self.inside(node, own, state))
        return known[1]

    def declared(self, node: Node, state: State) -> dict[str, str]:
        """Return an element's own declarations, variables replaced."""
        own = self.sheet.declarations(node)
        for value in own.values():
            if "var(" in value:
                return with_variables(own, dict(state.style.values))
        return own

    def inside(self, node: Node, own: dict[str, str], state: State) -> State:
        """Return what holds inside an element: its transform, style and clips applied."""
        for effect in _UNKNOWN_EFFECTS:
            if own.get(effect, "none") not in ("none", "", "normal"):
                self.report(f"{effect} is not applied")
        matrix = state.matrix
        transform = own.get("transform")
        if transform:
            try:
                matrix = matrix @ about(own, parse_transform(transform), state)
            except CanvasError:
                self.report(f"the transform {transform[:60]!r} is malformed; it is left out")
        for name in ("fill", "stroke"):
            if own.get(name, "").startswith("context-"):
                own[name] = self.context.get(own[name], "none")
            if own.get(name, "").startswith("url("):
                own[name] = server_color(self, own[name])
        inner = replace(state, matrix=matrix, style=state.style.with_(own))
        for name in ("clip-path", "mask"):
            link = own.get(name, "none")
            if link not in ("none", "", "inherit"):
                from drawscape.svg.read.clipping import clipped

                inner = replace(inner, clip=clipped(self, name, link, node, inner))
        return inner

    def _draw(self, node: Node, own: dict[str, str], state: State) -> None:
        data = path_data(node, state.viewport, own, em=state.style.font_size)
        if data is not None:
            if data and not state.style.hidden:
                self._shape(node, data, state)
        elif node.tag in _CONTAINERS:
            self._container(node, own, state)
        elif node.tag == "use":
            draw_use(self, node, own, state)
        elif node.tag == "text":
            if not state.style.hidden:
                from drawscape.svg.read.text import draw_text

                draw_text(self, node, state)
        elif node.tag in _UNSUPPORTED and not state.style.hidden:
            self.report(f"<{node.tag}>: {_UNSUPPORTED[node.tag]}")

    def _shape(self, node: Node, data: str, state: State) -> None:
        if node.tag == "rect" and len(self.scene.data) < _FIRST_FEW:
            self._note_background(node, state)
        self.append(data, state)
        if self._pen(state)[1]:
            from drawscape.svg.read.markers import draw_markers

            draw_markers(self, data, state)

    def _note_background(self, node: Node, state: State) -> None:
        """A filled rectangle over most of the page is its paper: white lines on it are seen, or not."""
        width, height = (
            css_px(node.attributes.get(name), whole=state.viewport.whole(name)) or 0.0
            for name in ("width", "height")
        )
        area = width * height * abs(state.matrix.determinant)
        fill = state.style.paint("fill") if area > 0.8 * self.page[0] * self.page[1] else None
        if fill is not None:
            self._on_dark = not is_white(fill)

    def append(self, data: str, state: State) -> None:
        """Add an outline as its style says."""
        number, _ = self._pen(state)
        if number is not None:
            self.scene.append(data, number)
        elif state.style.transparent:
            self._report_transparent(len(data.lines) if isinstance(data, PlainRun) else 1)

    def _pen(self, state: State) -> tuple[int | None, bool]:
        """Return the number of the context that draws, None when nothing is seen; and if it is marked."""
        key = (id(state), self._on_dark)
        known = self._pens.get(key)
        if known is None:
            if len(self._pens) > _MOST_STATES:
                self._pens.clear()
            style = state.style
            number = None
            if style.paints:
                number = self.scene.number_of(state.context(on_dark=self._on_dark), self._known)
            marks = (style.get(f"marker-{at}", "none") for at in ("start", "mid", "end"))
            known = self._pens[key] = (state, number, any(mark != "none" for mark in marks))
        return known[1], known[2]

    def _container(self, node: Node, own: dict[str, str], state: State) -> None:
        group = state.group
        if node.tag == "svg":
            state = nested(self, node, node.attributes | own, own, state)
        elif node.tag == "g" and group is None and not state.used and not is_wrapper(node):
            group = add_group(self.scene, node, own, state)
        self.children(node, replace(state, group=group, depth=state.depth + 1))

    def style_at(self, node: Node) -> Style:
        """Return the style that an element has where it is defined, from the root on."""
        outside = self.style_at(node.parent) if node.parent else Style()
        return outside.with_(self.sheet.declarations(node))

    def bounds_of(self, node: Node, state: State) -> tuple[float, float, float, float] | None:
        """Return the box of what an element draws, in its own units: what objectBoundingBox means."""
        with self.collecting() as scene:
            free = replace(state, matrix=IDENTITY, clip=None, group=0)
            self._draw(node, self.declared(node, state), free)
            return scene.lines(0.05, cut=False)[0].bounds
