"""`<text>` in a single-line font, each letter as wide as in the usual fonts.

The widths are those of Adobe's metrics for Helvetica, Times and Courier (1989), which most browsers'
fonts keep. So a text has about the width that its file intended.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.values import InheritedStyle
from drawscape.errors import GlyphError
from drawscape.geometry.lines import Lines, Points
from drawscape.lettering.fonts import CAP_HEIGHT
from drawscape.lettering.typeface import glyphs_for
from drawscape.svg.read.tree import XmlNode
from drawscape.svg.read.walk import passes_conditions

if TYPE_CHECKING:
    from drawscape.svg.read.state import InheritedState
    from drawscape.svg.read.walk import TreeWalk

_FIRST = 32
# In thousandths of the font size, from the space on.
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
_MOST_LETTERS = 100_000
"""The limit of a file, as many as in a book."""

# In font sizes from the base line, as in most fonts.
_ASCENT, _DESCENT = 0.9, 0.21
_BASELINES = {
    "central": (_ASCENT - _DESCENT) / 2,
    "mathematical": _ASCENT / 2,
    "hanging": _ASCENT * 0.8,
    **dict.fromkeys(("text-before-edge", "text-top", "before-edge"), _ASCENT),
    **dict.fromkeys(("text-after-edge", "after-edge", "text-bottom", "ideographic"), -_DESCENT),
}
_SHIFTS = {"sub": "-20%", "super": "35%"}
_ANCHORS = {"middle": 0.5, "end": 1.0}
# Properties that are not applied, and the prefixes of values without effect.
_UNREAD = {
    "writing-mode": ("lr", "rl", "horizontal"),
    "direction": ("ltr",),
    "font-variant": ("normal", "none"),
    "text-decoration": ("none",),
    "text-transform": ("none",),
}


@dataclass(frozen=True)
class _FontMetrics:
    """A font of the file, drawn in a single-line font: heights and widths for a size of 1."""

    font: str
    cap_height: float
    x_height: float
    widths: tuple[float, ...]

    def width(self, character: str) -> float:
        """Return how wide a character is; an accented one is as wide as its letter."""
        code = ord(unicodedata.normalize("NFD", character)[0]) - _FIRST
        return self.widths[code] if 0 <= code < len(self.widths) else self.widths[ord("n") - _FIRST]


def _widths(text: str) -> tuple[float, ...]:
    return tuple(int(width) / 1000 for width in text.split())


_SANS = _FontMetrics("futural", 0.718, 0.523, _widths(_HELVETICA))
_SERIF = _FontMetrics("timesr", 0.662, 0.45, _widths(_TIMES))
_MONO = _FontMetrics("futural", 0.562, 0.426, (0.6,) * 95)


def _face(style: InheritedStyle) -> _FontMetrics:
    families = style.get("font-family", "serif").lower()
    if any(name in families for name in ("mono", "courier", "consol")):
        return _MONO
    serifs = ("times", "georgia", "garamond", "palatino", "serif")
    return _SERIF if any(n in families.replace("sans-serif", "") for n in serifs) else _SANS


@dataclass
class _Letter:
    """A placed character: `rise` above the base line, `advance` to the next, its lines."""

    character: str
    state: InheritedState
    rise: float
    x: float | None = None
    y: float | None = None
    dx: float = 0.0
    dy: float = 0.0
    advance: float = 0.0
    strokes: Sequence[Points] | None = None


class _LetterRow:
    """The letters of a `<text>`."""

    def __init__(self, walk: TreeWalk) -> None:
        self.letters: list[_Letter] = []
        self._walk = walk
        # The positions that surrounding elements give to a letter and those after it.
        self._places: list[dict[str, list[float]]] = []

    def collect(self, node: XmlNode, state: InheritedState, rise: float = 0.0) -> None:
        """Add the letters in an element."""
        walk = self._walk
        self._places.append(
            {
                name: [
                    state.px(part, name) or 0.0
                    for part in node.attributes.get(name, "").replace(",", " ").split()
                ]
                for name in ("x", "y", "dx", "dy")
            }
        )
        for child in node.children:
            if child.tag == "#text":
                self._add(child, state, rise)
            elif child.tag in ("tspan", "a"):
                own = walk.sheet.declarations(child)
                if own.get("display") != "none" and passes_conditions(child):
                    own.pop("transform", None)  # it does not apply to a part of a text
                    inner = walk.inside(child, own, state)
                    self.collect(child, inner, rise + _shift(own, inner.style))
            elif child.tag == "textPath":
                walk.report("<textPath>: text on a path is not drawn; convert it to paths")
        self._places.pop()

    def _add(self, node: XmlNode, state: InheritedState, rise: float) -> None:
        walk, keeps_space, text = self._walk, _keeps_space(node, state.style), node.text
        room = _MOST_LETTERS - walk.letters
        if len(text) > room:
            walk.note(f"of text only the first {_MOST_LETTERS:,} letters are drawn")
            text = text[:room]
        walk.letters += len(text)
        text = text.replace("\n", " ").replace("\t", " ").replace("\r", "")
        rise += _lift(state.style.get("dominant-baseline"), state.style)
        for character in unicodedata.normalize("NFC", text):
            before = self.letters[-1].character if self.letters else " "
            if character == " " and before == " " and not keeps_space:
                continue
            letter = _Letter(character, state, rise)
            for places in self._places:  # an inner element's value for a letter counts
                for name in ("x", "y", "dx", "dy"):
                    if places[name]:
                        setattr(letter, name, places[name].pop(0))
            self.letters.append(letter)

    def measure(self) -> bool:
        """Set the advance of each letter; return whether there is anything to draw."""
        walk, letters = self._walk, self.letters
        while letters and letters[-1].character == " ":
            letters.pop()
        if all(letter.state.style.hidden or letter.character == " " for letter in letters):
            return False
        walk.report("<text> is drawn in a single-line font, not in its own")
        for letter in letters:
            style = letter.state.style
            face = _face(style)
            is_blank = not letter.character.strip()
            letter.strokes = () if is_blank else _single_line(face, letter.character)
            letter.advance = face.width(letter.character) * style.font_size
            letter.advance += style.px(style.get("letter-spacing")) or 0.0
            if letter.character == " ":
                letter.advance += style.px(style.get("word-spacing")) or 0.0
        for style in {id(letter.state): letter.state.style for letter in letters}.values():
            for name, plain in _UNREAD.items():
                if not style.get(name, plain[0]).startswith(plain):
                    walk.note(f"{name} of text is not applied")
        return True


def _shift(own: dict[str, str], style: InheritedStyle) -> float:
    """Return how far `baseline-shift` and similar properties lift an element, in user units."""
    shift = own.get("baseline-shift", "")
    lifted = style.px(_SHIFTS.get(shift, shift), style.font_size) or 0.0
    return lifted + _lift(own.get("alignment-baseline", ""), style)


def _lift(baseline: str, style: InheritedStyle) -> float:
    """Return how far letters are lifted so that another of their lines is at y, in user units."""
    height = _face(style).x_height / 2 if baseline == "middle" else _BASELINES.get(baseline, 0.0)
    return -height * style.font_size


def _keeps_space(node: XmlNode, style: InheritedStyle) -> bool:
    if style.get("white-space").startswith(("pre", "break-spaces")):
        return True
    spaces = (above.attributes.get("xml:space") for above in node.ancestors())
    return next(filter(None, spaces), "default") == "preserve"


def draw_text(walk: TreeWalk, node: XmlNode, state: InheritedState) -> None:
    """Draw a `<text>` and its `<tspan>`s as strokes in the colour of the fill."""
    run = _LetterRow(walk)
    run.collect(node, state)
    if not run.measure():
        return
    letters = run.letters
    begins = [
        i for i, letter in enumerate(letters) if not i or (letter.x, letter.y) != (None, None)
    ]
    placed = []
    x = y = 0.0
    for begin, end in zip(begins, [*begins[1:], len(letters)]):
        first, *others = chunk = letters[begin:end]  # placed together and anchored as one
        total = sum(letter.advance for letter in chunk) + sum(letter.dx for letter in others)
        x, y = x if first.x is None else first.x, y if first.y is None else first.y
        x -= total * _ANCHORS.get(first.state.style.get("text-anchor"), 0.0)
        for letter in chunk:
            x, y = x + letter.dx, y + letter.dy
            placed.append((letter, np.array((x, y - letter.rise))))
            x += letter.advance
    _draw_letters(walk, placed)


def _draw_letters(walk: TreeWalk, placed: list[tuple[_Letter, Points]]) -> None:
    """Draw letters at their places, the strokes of one style together."""
    for _, group in groupby(placed, key=lambda each: id(each[0].state)):
        same = list(group)
        state = same[0][0].state
        style = state.style
        ink = style.paint("fill") or style.paint("stroke")
        if ink is None and style.transparent:
            walk.note("text that is fully transparent is not drawn")
        if ink is None or style.hidden or style.font_size <= 0:
            continue
        lines = []
        for letter, at in same:
            if letter.strokes is None:
                walk.report(f"the character {letter.character!r} is not drawn: the font lacks it")
                continue
            lines += [stroke * style.font_size + at for stroke in letter.strokes]
        if lines:
            # A writing pen does not stroke the outlines of letters.
            usual = dict.fromkeys(("stroke-width", "stroke-dasharray"), "initial")
            pen = style.with_({"stroke": ink, "fill": "none", "stroke-opacity": "1", **usual})
            walk.append(Lines.of(lines), replace(state, style=pen))


@lru_cache(maxsize=4096)
def _single_line(face: _FontMetrics, character: str) -> tuple[Points, ...] | None:
    try:
        glyphs = glyphs_for(character, face.font)
    except GlyphError:
        return None
    advance = sum(glyph.advance for glyph in glyphs) or 1.0
    scale = np.array((face.width(character) / advance, face.cap_height / CAP_HEIGHT))
    strokes: list[Points] = []
    x = 0.0
    for glyph in glyphs:
        strokes += glyph.placed(x)
        x += glyph.advance
    return tuple(stroke * scale for stroke in strokes)
