"""A walk through the tree: which outlines are drawn, under which transform, in which group."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from drawscape.drawing.affine import Matrix, parse_transform, translation
from drawscape.drawing.values import (
    PX,
    InheritedStyle,
    css_px,
    is_partial,
    is_white,
    opacity_of,
    rgba,
)
from drawscape.errors import CanvasError, SvgReadError
from drawscape.geometry.lines import Lines
from drawscape.svg.read.areas import Region
from drawscape.svg.read.batch import Context
from drawscape.svg.read.css import (
    COMPUTED,
    UNREAD_COLOR,
    Stylesheet,
    is_for_screens,
)
from drawscape.svg.read.outlines import path_data
from drawscape.svg.read.paint import FAINT, link_of, server_color
from drawscape.svg.read.scene import GroupDraft, Scene
from drawscape.svg.read.state import InheritedState, use_place
from drawscape.svg.read.tree import STYLE_SHEET, XmlNode
from drawscape.svg.read.viewport import Viewport, fit_view_box, page_mm, view_box

_STYLE_TAGS = ("style", "{http://www.w3.org/1999/xhtml}style")
_CONTAINERS = frozenset(("g", "a", "switch", "svg"))
_UNSUPPORTED = {
    "flowRoot": "text is not drawn; convert it to paths",
    "image": "images are not drawn; trace them to paths",
    "foreignObject": "foreign objects are not drawn",
    "video": "videos are not drawn",
}
_UNKNOWN_EFFECTS = (
    "filter", "mix-blend-mode", "mask", "mask-image", "offset-path", "vector-effect", "transform-box",
    "transform-origin", "translate", "rotate", "scale", "all", "d",
)  # fmt: skip
_MARKERS = ("marker-start", "marker-mid", "marker-end")
_UNPLAYED = {
    **dict.fromkeys(
        ("animate", "set", "animateTransform", "animateMotion"),
        "animations are not played; what moves is drawn as the file has it",
    ),
    "script": "scripts are not run; what they change is drawn as the file has it",
    "tref": "<tref> is not drawn; write its text out",
}
_TRANSPARENT = "what is fully transparent is not drawn"
_UNAPPLIED = frozenset(("pathLength", "textLength", "lengthAdjust", "rotate"))
# Declarations that depend on the element itself, or are counted in the report.
_OF_ONE = frozenset(("transform", "clip-path", *_UNKNOWN_EFFECTS))
_SIZES = ("width", "height")
_MOST_STATES = 10_000
# A page's background is among the first outlines of a file.
_FIRST_FEW = 20
_LAYER_NAMES = ("inkscape:label", "data-name", "id")
# The limit for `use`, which multiplies. An element counts as one,
# and so do this many characters of its outline.
_MOST_REPEATED = 200_000
_CHARACTERS = 1_280
# Each takes about half a millisecond; a clip path counts as up to three.
_MOST_CLIPS = 8_000


def read_scene(root: XmlNode) -> Scene:
    """Return what `root` draws, text in single lines.

    Raises SvgReadError when it is not an `<svg>`, and when content multiplies excessively.
    """
    try:
        walk = TreeWalk(root)
        texts = (child.text for child in root.children if child.tag == "metadata")
        walk.scene.metadata = next(filter(None, texts), None)
        walk.scene.paper_color = walk.paper(root)
        walk.root(root)
    except RecursionError as error:
        raise SvgReadError("elements nested too deep are refused") from error
    return walk.scene


class TreeWalk:
    """The elements of one file by id, its stylesheet and page, and the scene that is being filled."""

    def __init__(self, root: XmlNode) -> None:
        if root.tag != "svg":
            raise SvgReadError(f"the root element is <{root.tag}>; an <svg> is needed")
        self.unsupported: Counter[str] = Counter()
        self.ids: dict[str, XmlNode] = {}
        self.sheet = Stylesheet(root, list(self._index(root)))
        self._report_unapplied_rules(root)
        given = root.attributes | self.sheet.declarations(root)
        self.box = view_box(root.get("viewBox"))
        self.page = page_mm(given, self.box)
        sized = self.box is not None or bool(css_px(given.get("width")))
        self.scene = Scene(*self.page, sized=sized, unsupported=self.unsupported)
        self.initial = InheritedStyle()
        # Most elements of a file look like an earlier one: their states and pens are cached by
        # the outer state. The states are kept so that their ids stay unique.
        self._states: dict[
            tuple[int, tuple[tuple[str, str], ...]], tuple[InheritedState, InheritedState]
        ] = {}
        self._pens: dict[tuple[int, bool], tuple[InheritedState, int | None]] = {}
        self._active: list[XmlNode] = []
        self._on_dark = False
        self.areas: dict[object, Region] = {}
        self.clip_numbers: dict[tuple[int, int | None], tuple[Region, int]] = {}
        self.letters = 0
        self._repeated = 0.0
        self._clips = 0

    def _report_unapplied_rules(self, root: XmlNode) -> None:
        if STYLE_SHEET in root.attributes:
            self.report(f"the style sheet {root.attributes[STYLE_SHEET][:60]!r} is not applied")
        for selector in self.sheet.ignored:
            self.report(f"the style rule {selector[:60]!r} is not applied")

    def _index(self, root: XmlNode) -> Iterator[str]:
        """Note ids and animations; yield the texts of the style sheets."""
        for node in root.everything():
            given = node.attributes
            if "id" in given:
                self.ids.setdefault(given["id"], node)
            if node.tag in _UNPLAYED:
                self.note(_UNPLAYED[node.tag])
            for name in _UNAPPLIED & given.keys():
                self.note(f"{name} is not applied")
            is_css = node.tag in _STYLE_TAGS and given.get("type", "").strip() in ("", "text/css")
            if is_css and is_for_screens(given.get("media", "")):
                yield node.text
            for text in (node.text, *given.values()) if is_css else given.values():
                if "(" in text and COMPUTED.search(text):
                    self.note("calc(), var() and their like are not computed; write the value out")

    def report(self, message: str, times: int = 1) -> None:
        """Note content that the lines do not show."""
        self.unsupported[message] += times

    def note(self, message: str) -> None:
        """Note a fact about a definition once, no matter how many elements refer to it."""
        self.unsupported[message] = 1

    def seen(self, own: dict[str, str]) -> bool:
        """Return whether an element is visible; note it when only its opacity hides it."""
        if own.get("display") == "none":
            return False
        if opacity_of(own.get("opacity", "1")) > 0:
            return True
        self.report(_TRANSPARENT)
        return False

    def paper(self, root: XmlNode) -> str | None:
        """Return the root's background colour; None for none, and for white."""
        own = self.sheet.declarations(root)
        for name in ("background-color", "background"):
            color = own.get(name, "")
            values = rgba(color)
            if values is not None and values[3] > 0.5 and not is_white(color):
                return color
        return None

    def root(self, root: XmlNode) -> None:
        """Draw the root's content; its transform moves it on the page, outside its view box."""
        matrix = Matrix(a=PX, d=PX)
        viewport = Viewport(self.page[0] / PX, self.page[1] / PX)
        if self.box is not None:
            matrix = fit_view_box(self.box, *self.page, root.attributes.get("preserveAspectRatio"))
            viewport = Viewport(*self.box[2:])
        state = InheritedState(matrix, self.initial, viewport)
        own = self.sheet.declarations(root)
        if passes_conditions(root) and self.seen(own):
            if own.pop("transform", ""):
                self.note("the transform of the outermost <svg> is not applied")
            self.children(root, self.inside(root, own, state))

    def target(self, link: str) -> XmlNode | None:
        """Return the element that `#id` or `url(#id)` names, or None."""
        name = link.strip().removeprefix("url(").partition(")")[0].strip(" \"'")
        return self.ids.get(name[1:]) if name.startswith("#") else None

    def linked(self, node: XmlNode) -> XmlNode | None:
        """Return the element that a `<use>` or similar element names, or None."""
        return self.target(link_of(node))

    @contextmanager
    def entered(self, node: XmlNode) -> Iterator[bool]:
        """Yield whether a referenced element is not being drawn already."""
        outer = self._active
        if any(node is other for other in outer):
            self.report(f"<{node.tag}> leads back to itself; it is not drawn")
            yield False
            return
        self._active = [*outer, node]
        try:
            yield True
        finally:
            self._active = outer

    def count_clip(self, cost: int) -> None:
        """Count a clip path; raise SvgReadError for more than any drawing has."""
        self._clips += cost
        if self._clips > _MOST_CLIPS:
            raise SvgReadError("thousands of clip paths would take minutes; the file is refused")

    def count_repeated(self, characters: int) -> None:
        """Count an element that is drawn again, with its outline's characters.

        Raises SvgReadError for more than any drawing has.
        """
        self._repeated += 1 + characters / _CHARACTERS
        if self._repeated > _MOST_REPEATED:
            raise SvgReadError(
                f"<use> and its like draw more than {_MOST_REPEATED:,} elements, or outlines as long "
                "as that; the file is refused"
            )

    def children(self, node: XmlNode, state: InheritedState) -> None:
        """Draw the children of an element."""
        if node.tag == "switch":
            # A browser would show a foreign object; only its alternative has lines.
            known = (c for c in node.children if c.tag != "foreignObject" and "{" not in c.tag)
            chosen = next(filter(passes_conditions, known), None)
            if chosen is not None:
                self.visit(chosen, state)
            return
        for child in node.children:
            self.visit(child, state)

    def visit(self, node: XmlNode, state: InheritedState) -> None:
        """Draw an element and everything inside it."""
        if state.used:
            outline = node.attributes.get("d", node.attributes.get("points", ""))
            self.count_repeated(len(outline))
        own = self.sheet.declarations(node)
        if not passes_conditions(node) or (own and not self.seen(own)):
            return
        self.draw(node, own, self._state_of(node, own, state) if own else state)

    def _state_of(
        self, node: XmlNode, own: dict[str, str], state: InheritedState
    ) -> InheritedState:
        """Return the result of `inside`, from the cache if neither place nor effects differ."""
        if not own.keys().isdisjoint(_OF_ONE):
            return self.inside(node, own, state)
        key = (id(state), tuple(own.items()))
        known = self._states.get(key)
        if known is None:
            if len(self._states) > _MOST_STATES:
                self._states.clear()
            known = self._states[key] = (state, self.inside(node, own, state))
        return known[1]

    def inside(self, node: XmlNode, own: dict[str, str], state: InheritedState) -> InheritedState:
        """Return the state inside an element: its transform, style and clips applied."""
        if not own.keys().isdisjoint(_UNKNOWN_EFFECTS):
            for effect in _UNKNOWN_EFFECTS:
                if own.get(effect, "none") not in ("none", "", "normal", "view-box"):
                    self.report(f"{effect} is not applied")
        if own.get("display") == "contents":
            self.report("display: contents is not applied")
        matrix = self.placed(own, state)
        faint = state.faint or is_partial(own.get("opacity", "1"))
        style = state.style.with_(self.resolved(own))
        inner = replace(state, matrix=matrix, style=style, faint=faint)
        link = own.get("clip-path", "none")
        if link not in ("none", ""):
            from drawscape.svg.read.clipping import clipped

            inner = replace(inner, clip=clipped(self, link, node, inner))
        return inner

    def placed(self, own: dict[str, str], state: InheritedState) -> Matrix:
        """Return the map to mm inside an element: its transform applied."""
        text = own.get("transform")
        if not text:
            return state.matrix
        try:
            return state.matrix @ parse_transform(text)
        except CanvasError:
            self.report(f"the transform {text[:60]!r} is not applied")
            return state.matrix

    def resolved(self, own: dict[str, str]) -> dict[str, str]:
        """Return declarations with the paints of gradients as colours."""
        for name in ("fill", "stroke"):
            paint = own.get(name, "")
            if paint and UNREAD_COLOR.fullmatch(paint):
                self.note(f"the colour {paint[:60]!r} is not known; it is drawn in black")
                own[name] = "black"
            if paint.startswith("url("):
                own[name] = server_color(self, paint, name, own)
        return own

    def draw(self, node: XmlNode, own: dict[str, str], state: InheritedState) -> None:
        if node.lines is not None:
            self.append(node.lines, state)
            return
        data = path_data(node, state.viewport, own, state.style)
        if data is not None:
            if data and not state.style.hidden:
                self._note_background(node, state)
                self.append(data, state)
        elif node.tag in _CONTAINERS:
            self.container(node, own, state)
        elif node.tag == "use":
            self._use(node, own, state)
        elif node.tag == "text":
            from drawscape.svg.read.text import draw_text

            draw_text(self, node, state)
        elif node.tag in _UNSUPPORTED and not state.style.hidden:
            self.report(f"<{node.tag}>: {_UNSUPPORTED[node.tag]}")

    def _note_background(self, node: XmlNode, state: InheritedState) -> None:
        """Note a filled rectangle over most of the page as its paper, which shows or hides white lines."""
        if node.tag != "rect" or len(self.scene.of) >= _FIRST_FEW:
            return
        width, height = state.lengths(node.attributes, "width", "height")
        area = width * height * abs(state.matrix.determinant)
        if state.clip is not None:
            area = min(area, self.scene.clips[state.clip].area)
        fill = state.style.paint("fill") if area > 0.8 * self.page[0] * self.page[1] else None
        if fill is not None and not is_partial(state.style.get("fill-opacity", "1")):
            self._on_dark = not is_white(fill)

    def append(self, data: str | Lines, state: InheritedState) -> None:
        """Add an outline in its style."""
        number = self._pen(state)
        if number is not None:
            self.scene.append(data, number)
        elif state.style.transparent:
            self.report(_TRANSPARENT, len(data) if isinstance(data, Lines) else 1)

    def _pen(self, state: InheritedState) -> int | None:
        """Return the number of the context that draws, None if it is invisible."""
        key = (id(state), self._on_dark)
        if key not in self._pens:
            if len(self._pens) > _MOST_STATES:
                self._pens.clear()
            number = None
            if state.style.paints and state.matrix.determinant:
                number = self.scene.number_of(self.context_of(state))
                if any(state.style.get(name, "none") != "none" for name in _MARKERS):
                    self.note("markers (arrow heads) are not drawn; convert them to paths")
            self._pens[key] = (state, number)
        return self._pens[key][1]

    def context_of(self, state: InheritedState) -> Context:
        """Return how outlines are drawn in that state."""
        style, fill = state.style, state.style.paint("fill")
        color = rgba(fill) if fill is not None else None
        is_translucent = color is not None and color[3] < 1
        faint = state.faint or is_translucent or style.get(FAINT) == "fill"
        dashes: tuple[float, ...] = ()
        pattern = style.get("stroke-dasharray", "none")
        if pattern != "none" and style.paint("stroke"):
            lengths = [state.px(part, "r") for part in pattern.replace(",", " ").split()]
            dashes = tuple(length for length in lengths if length is not None)
        offset = state.px(style.get("stroke-dashoffset", "0"), "r") or 0.0
        return Context(
            state.matrix,
            group=state.group,
            stroke=style.paint("stroke"),
            fill=fill,
            width_mm=state.pen_width(),
            dashes=dashes,
            dash_offset=offset if dashes else 0.0,
            clip=state.clip,
            evenodd=style.get("fill-rule") == "evenodd",
            on_dark=self._on_dark,
            is_area=style.is_area,
            hides=not faint and not is_partial(style.get("fill-opacity", "1")),
        )

    def container(self, node: XmlNode, own: dict[str, str], state: InheritedState) -> None:
        if node.tag == "svg":
            state = self.nested(node, node.attributes, own, state)
        elif node.tag == "g" and state.group is None and not (state.used or _is_wrapper(node)):
            state = replace(state, group=self._add_group(node, own, state))
        self.children(node, state)

    def _add_group(self, node: XmlNode, own: dict[str, str], state: InheritedState) -> int:
        """Add a top-level group to the scene; return its number."""
        names = (node.attributes.get(key, "").strip() for key in _LAYER_NAMES)
        groups = self.scene.groups
        name = next((name for name in names if name), f"layer {len(groups) + 1}")
        color = state.style.paint("stroke") if own.get("stroke", "none") != "none" else None
        width = state.pen_width() if "stroke-width" in own else None
        is_layer = node.attributes.get("inkscape:groupmode") == "layer"
        groups.append(GroupDraft(name, color, width, is_layer))
        return len(groups) - 1

    def nested(
        self, node: XmlNode, sizes: dict[str, str], own: dict[str, str], state: InheritedState
    ) -> InheritedState:
        """Return the state inside an `<svg>`, `<symbol>` or similar element; `sizes` places it."""
        width, height = (state.px(sizes.get(name), name) for name in _SIZES)
        size = Viewport(
            state.viewport.width if width is None else width,
            state.viewport.height if height is None else height,
        )
        if min(size) <= 0:  # a negative side is an error: nothing is drawn
            return replace(state, matrix=Matrix(a=0.0, d=0.0))
        matrix = state.matrix @ translation(*state.lengths(sizes, "x", "y"))
        state = replace(state, matrix=matrix)
        if own.get("overflow", "hidden") not in ("visible", "auto"):
            from drawscape.svg.read.clipping import clip_to_viewport

            state = replace(state, clip=clip_to_viewport(self, size, state))
        box = view_box(node.attributes.get("viewBox"))
        if box is None:
            return replace(state, viewport=size)
        fitted = fit_view_box(box, *size, node.attributes.get("preserveAspectRatio"))
        return replace(state, matrix=matrix @ fitted, viewport=Viewport(box[2], box[3]))

    def _use(self, node: XmlNode, own: dict[str, str], state: InheritedState) -> None:
        """Draw the target of a `<use>` at its place; report a target that is missing or contains it."""
        target = self.linked(node)
        if target is None:
            link = link_of(node)
            known = "another file" if link and not link.startswith("#") else "nothing"
            self.report(f"<use> of {known} ({link[:60]!r}) is not drawn")
            return
        at = state.matrix @ use_place(node, own, state)
        inner = replace(state, matrix=at, used=True)
        if any(above is target for above in node.ancestors()):
            self.report(f"<{target.tag}> leads back to itself; it is not drawn")
            return
        with self.entered(target) as may_be_drawn:
            if may_be_drawn and target.tag in ("symbol", "svg"):
                self._use_symbol(node, target, inner)
            elif may_be_drawn:
                self.visit(target, inner)

    def _use_symbol(self, node: XmlNode, target: XmlNode, state: InheritedState) -> None:
        """Draw a symbol in the size of the `<use>`."""
        own = self.sheet.declarations(target)
        if self.seen(own):
            sizes = {name: text for name, text in node.attributes.items() if name in _SIZES}
            shown = replace(target, tag="svg", attributes=target.attributes | sizes)
            self.container(shown, own, self.inside(target, own, state))

    def style_at(self, node: XmlNode | None) -> InheritedStyle:
        """Return the style that an element has where it is defined, from the root on."""
        if node is None:
            return self.initial
        return self.style_at(node.parent).with_(self.resolved(self.sheet.declarations(node)))


def passes_conditions(node: XmlNode) -> bool:
    """Return whether an element's conditions are met; Illustrator's private copies are skipped."""
    attributes = node.attributes
    if "requiredExtensions" in attributes:
        return False
    if "systemLanguage" not in attributes:
        return True
    languages = [part.strip() for part in attributes["systemLanguage"].split(",")]
    return any(language == "en" or language.startswith("en-") for language in languages)


def _is_wrapper(node: XmlNode) -> bool:
    """Whether a top-level group only wraps layers: Illustrator's, or one around Inkscape's."""
    if node.attributes.get("inkscape:groupmode") == "layer":
        return False
    return "i:extraneous" in node.attributes or any(
        child.attributes.get("inkscape:groupmode") == "layer" for child in node.children
    )
