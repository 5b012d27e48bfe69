"""`<text>` in a single-line font, each letter as wide as the usual fonts have it.

The widths are those of Adobe's metrics for Helvetica, Times and Courier (1989), which most browsers'
fonts keep: so a text takes the room that its file planned for it.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix, rotation, translation
from drawscape.drawing.path.flatten import flatten_paths
from drawscape.drawing.style import Style
from drawscape.drawing.units import css_px
from drawscape.errors import GlyphError
from drawscape.geometry.lines import Points
from drawscape.svg.read.letter_outline import letter_outline
from drawscape.svg.read.shapes import path_data
from drawscape.svg.read.xml_tree import Node

if TYPE_CHECKING:
    from drawscape.svg.read.state import State
    from drawscape.svg.read.walk import Walk

_FIRST = 32
# Of the curve that text follows, in user units: letters are set on it, it is not drawn.
_CURVE_TOLERANCE = 0.05
_PLACING = frozenset(("transform", "transform-origin"))
# Thousandths of the font size, from the space on.
_HELVETICA = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 "
    "556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 "
    "722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 "
    "500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_TIMES = (
    "250 333 408 500 500 833 778 180 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 500 500 "
    "500 278 278 564 564 564 444 921 722 667 667 722 611 556 722 722 333 389 722 611 889 722 722 556 722 "
    "667 556 611 722 722 944 722 722 611 333 278 333 469 500 333 444 500 444 500 444 333 500 500 278 278 "
    "500 278 778 500 500 500 500 333 389 278 500 500 722 500 500 444 480 200 480 541"
)


@dataclass(frozen=True)
class _Face:
    """A font of the file as a single-line font draws it: cap height and widths for a size of 1."""

    font: str
    cap_height: float
    widths: tuple[float, ...]

    def width(self, character: str) -> float:
        """Return how wide a character is; an accented one is as wide as its letter."""
        code = ord(unicodedata.normalize("NFD", character)[0]) - _FIRST
        return self.widths[code] if 0 <= code < len(self.widths) else self.widths[ord("n") - _FIRST]


def _widths(text: str) -> tuple[float, ...]:
    return tuple(int(width) / 1000 for width in text.split())


_SANS = _Face("futural", 0.718, _widths(_HELVETICA))
_SERIF = _Face("timesr", 0.662, _widths(_TIMES))
_MONO = _Face("futural", 0.562, (0.6,) * 95)


def _face(style: Style) -> _Face:
    families = style.get("font-family", "serif").lower()
    if any(name in families for name in ("mono", "courier", "consol")):
        return _MONO
    serifs = ("times", "georgia", "garamond", "palatino", "serif")
    return _SERIF if any(n in families.replace("sans-serif", "") for n in serifs) else _SANS


@dataclass
class _Letter:
    character: str
    state: State
    x: float | None = None
    y: float | None = None
    dx: float = 0.0
    dy: float = 0.0
    degrees: float = 0.0


@dataclass
class _Run:
    """The letters of a `<text>`, and for its open elements the positions still to be used."""

    letters: list[_Letter] = field(default_factory=list)
    places: list[dict[str, list[float]]] = field(default_factory=list)


def draw_text(walk: Walk, node: Node, state: State) -> None:
    """Draw a `<text>` and its `<tspan>`s as strokes in the colour of the fill."""
    run = _Run()
    _collect(walk, node, state, run)
    letters = run.letters
    while letters and letters[-1].character == " ":
        letters.pop()
    if not any(letter.character.strip() for letter in letters):
        return
    _report_font(walk)
    begins = [
        i
        for i, letter in enumerate(letters)
        if i == 0 or letter.x is not None or letter.y is not None
    ]
    at = np.zeros(2)
    for begin, end in zip(begins, [*begins[1:], len(letters)], strict=True):
        at = _draw_chunk(walk, letters[begin:end], at)


def _collect(walk: Walk, node: Node, state: State, run: _Run) -> None:
    size = state.style.font_size
    places = {
        name: [
            css_px(part, whole=state.viewport.whole(name), em=size, default=0.0) or 0.0
            for part in node.attributes.get(name, "").replace(",", " ").split()
        ]
        for name in ("x", "y", "dx", "dy", "rotate")
    }
    run.places.append(places)
    for child in node.children:
        if child.tag == "#text":
            _add_letters(child, state, run)
        elif child.tag in ("tspan", "a", "tref"):
            own = walk.sheet.declarations(child)
            if own.get("display") != "none":
                inner = walk.inside(
                    child, {k: v for k, v in own.items() if k != "transform"}, state
                )
                _collect(walk, child, inner, run)
        elif child.tag == "textPath":
            _draw_along(walk, child, state)
    run.places.pop()


def _add_letters(node: Node, state: State, run: _Run) -> None:
    text = node.text.replace("\n", " ").replace("\t", " ").replace("\r", "")
    keeps = _keeps_space(node)
    for character in unicodedata.normalize("NFC", text):
        before = run.letters[-1].character if run.letters else " "
        if character == " " and before == " " and not keeps:
            continue
        letter = _Letter(character, state)
        for places in reversed(run.places):
            letter.x = letter.x if letter.x is not None else _next(places["x"])
            letter.y = letter.y if letter.y is not None else _next(places["y"])
            letter.dx += _next(places["dx"]) or 0.0
            letter.dy += _next(places["dy"]) or 0.0
            if places["rotate"]:  # the last one holds for all that follow
                letter.degrees = places["rotate"][0]
                places["rotate"][:-1] = places["rotate"][1:]
        run.letters.append(letter)


def _keeps_space(node: Node | None) -> bool:
    while node is not None:
        for name in ("xml:space", "{http://www.w3.org/XML/1998/namespace}space"):
            if name in node.attributes:
                return node.attributes[name] == "preserve"
        node = node.parent
    return False


def _next(values: list[float]) -> float | None:
    return values.pop(0) if values else None


def _draw_chunk(walk: Walk, letters: list[_Letter], at: Points) -> Points:
    """Draw letters that were placed together, anchored as one, and return where the next would be."""
    first = letters[0]
    start = np.array([at[0] if first.x is None else first.x, at[1] if first.y is None else first.y])
    advances = [_advance(walk, letter) for letter in letters]
    total = sum(advances) + sum(letter.dx for letter in letters[1:])
    anchor = first.state.style.get("text-anchor", "start")
    at = start - np.array((total * {"middle": 0.5, "end": 1.0}.get(anchor, 0.0), 0.0))
    for letter, advance in zip(letters, advances, strict=True):
        at = at + np.array((letter.dx, letter.dy))
        _draw_letter(walk, letter, at)
        at = at + np.array((advance, 0.0))
    return at


def _draw_along(walk: Walk, node: Node, state: State) -> None:
    """Draw a `<textPath>`: letters on a path, each turned as the path runs at its middle."""
    own = walk.sheet.declarations(node)
    target = walk.target(node.attributes.get("href") or node.attributes.get("xlink:href") or "")
    curve = None if target is None else _curve(walk, target, state)
    if own.get("display") == "none":
        return
    if curve is None:
        walk.report("<textPath> without a path to follow is not drawn")
        return
    run = _Run()
    inner = walk.inside(node, {k: v for k, v in own.items() if k != "transform"}, state)
    _collect(walk, Node("tspan", {}, node.children, "", node.parent), inner, run)
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))))
    length, size = float(along[-1]), inner.style.font_size
    begin = css_px(node.attributes.get("startOffset"), whole=length, em=size, default=0.0) or 0.0
    advances = [_advance(walk, letter) for letter in run.letters]
    anchor = {"middle": 0.5, "end": 1.0}.get(inner.style.get("text-anchor", "start"), 0.0)
    begin -= anchor * (sum(advances) + sum(letter.dx for letter in run.letters))
    if any(letter.character.strip() for letter in run.letters):
        _report_font(walk)
    for letter, advance in zip(run.letters, advances, strict=True):
        middle, begin = begin + letter.dx + advance / 2, begin + letter.dx + advance
        if not 0 <= middle <= length:
            walk.note("letters beyond the ends of their path are not drawn")
            continue
        piece = min(int(np.searchsorted(along, middle, side="right")), len(along) - 1)
        step = (curve[piece] - curve[piece - 1]) / (along[piece] - along[piece - 1])
        at = curve[piece - 1] + step * (middle - along[piece - 1] - advance / 2)
        letter.degrees += math.degrees(math.atan2(step[1], step[0]))
        _draw_letter(walk, letter, at + letter.dy * np.array((-step[1], step[0])))


def _curve(walk: Walk, target: Node, state: State) -> Points | None:
    """Return the first line of a shape that text follows, under its own transform, (N, 2)."""
    own = walk.sheet.declarations(target)
    data = path_data(target, state.viewport, own, em=state.style.font_size)
    if not data:
        return None
    lines = flatten_paths([data], [_CURVE_TOLERANCE])[0]
    if not len(lines):
        return None
    placing = {name: value for name, value in own.items() if name in _PLACING}
    points = walk.inside(target, placing, replace(state, matrix=IDENTITY)).matrix.apply(lines[0])
    different = np.append(True, np.hypot(*np.diff(points, axis=0).T) > 0)
    return points[different] if different.sum() > 1 else None


def _report_font(walk: Walk) -> None:
    if walk.text == "strokes":
        walk.report("<text> is drawn in a single-line font, not in its own")


def _advance(walk: Walk, letter: _Letter) -> float:
    style = letter.state.style
    size = style.font_size
    extra = css_px(style.get("letter-spacing", "0"), em=size, default=0.0) or 0.0
    if letter.character == " ":
        extra += css_px(style.get("word-spacing", "0"), em=size, default=0.0) or 0.0
    width = _face(style).width(letter.character)
    if walk.text == "outlines" and (glyph := letter_outline(walk, style, letter.character)):
        width = glyph.advance
    return width * size + extra


def _draw_letter(walk: Walk, letter: _Letter, at: Points) -> None:
    from drawscape.lettering.fonts import CAP_HEIGHT
    from drawscape.lettering.typeface import glyphs_for

    state, style = letter.state, letter.state.style
    ink = style.paint("fill") or style.paint("stroke")
    if ink is None and style.transparent:
        walk.note("text that is fully transparent is not drawn")
    if ink is None or style.hidden or not letter.character.strip() or style.font_size <= 0:
        return
    if walk.text == "outlines":
        outline = letter_outline(walk, style, letter.character)
        if outline is None:
            walk.report(f"the character {letter.character!r} is not drawn: the font lacks it")
            return
        matrix = state.matrix @ translation(*at.tolist()) @ rotation(letter.degrees)
        scaled = matrix @ Matrix(a=style.font_size, d=style.font_size)
        walk.append(outline.data, replace(state, matrix=scaled))
        return
    face = _face(style)
    try:
        glyphs = glyphs_for(letter.character, face.font)
    except GlyphError:
        walk.report(f"the character {letter.character!r} is not drawn: the font lacks it")
        return
    advance = sum(glyph.advance for glyph in glyphs) or 1.0
    across = face.width(letter.character) * style.font_size / advance
    down = face.cap_height * style.font_size / CAP_HEIGHT
    strokes: list[Points] = []
    x = 0.0
    for glyph in glyphs:
        strokes += glyph.placed(x)
        x += glyph.advance
    data = " ".join("M" + " ".join(f"{x:.4g},{y:.4g}" for x, y in s.tolist()) for s in strokes)
    matrix = state.matrix @ translation(*at.tolist()) @ rotation(letter.degrees)
    pen = style.with_({"stroke": ink, "fill": "none", "stroke-opacity": "1"})
    pen = Style({k: v for k, v in pen.values.items() if k not in _OF_OUTLINES}, pen.font_size)
    walk.append(data, replace(state, matrix=matrix @ Matrix(a=across, d=down), style=pen))


# How outlines of letters would be stroked, which a pen that writes does not do.
_OF_OUTLINES = frozenset(("stroke-width", "stroke-dasharray"))
