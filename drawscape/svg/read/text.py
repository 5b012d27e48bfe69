"""`<text>` in a single-line font, each letter as wide as the usual fonts have it, or as outlines.

The widths are those of Adobe's metrics for Helvetica, Times and Courier (1989), which most browsers'
fonts keep. So a text takes the room that its file planned for it.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix, rotation, translation
from drawscape.drawing.path import flatten_paths
from drawscape.drawing.values import Style
from drawscape.errors import CanvasError, GlyphError, MissingExtraError, MissingFontError
from drawscape.geometry.lines import Lines, Points
from drawscape.lettering.fonts import CAP_HEIGHT, Font, load_font
from drawscape.lettering.layout import place_along
from drawscape.lettering.typeface import glyphs_for
from drawscape.svg.read.tree import CURVE_TOLERANCE, Node, PlainRun, own_length, path_data

if TYPE_CHECKING:
    from drawscape.svg.read.walk import State, Walk

_FIRST = 32
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
_MOST_LETTERS = 100_000
"""Of a file: a book."""

# Of the font size, above the base line and below: what most fonts have.
_ASCENT, _DESCENT = 0.9, 0.21
_LINES = {"underline": -0.1, "line-through": 0.27, "overline": 0.8}
_SHIFTS = {"sub": "-20%", "super": "35%", "baseline": "0"}
# How outlines of letters would be stroked, which a pen that writes does not do.
_OF_OUTLINES = frozenset(("stroke-width", "stroke-dasharray"))


@dataclass(frozen=True)
class _Face:
    """A font of the file as a single-line font draws it: heights and widths for a size of 1."""

    font: str
    cap_height: float
    x_height: float
    widths: tuple[float, ...]
    ascent: float = _ASCENT
    descent: float = _DESCENT

    def width(self, character: str) -> float:
        """Return how wide a character is; an accented one is as wide as its letter."""
        code = ord(unicodedata.normalize("NFD", character)[0]) - _FIRST
        return self.widths[code] if 0 <= code < len(self.widths) else self.widths[ord("n") - _FIRST]


def _widths(text: str) -> tuple[float, ...]:
    return tuple(int(width) / 1000 for width in text.split())


_SANS = _Face("futural", 0.718, 0.523, _widths(_HELVETICA))
_SERIF = _Face("timesr", 0.662, 0.45, _widths(_TIMES))
_MONO = _Face("futural", 0.562, 0.426, (0.6,) * 95)


def _face(style: Style) -> _Face:
    families = style.get("font-family", "serif").lower()
    if any(name in families for name in ("mono", "courier", "consol")):
        return _MONO
    serifs = ("times", "georgia", "garamond", "palatino", "serif")
    return _SERIF if any(n in families.replace("sans-serif", "") for n in serifs) else _SANS


@dataclass
class _Letter:
    """A character where it stands: `rise` above the base line, `stretch` sideways, `advance` to the next."""

    character: str
    state: State
    x: float | None = None
    y: float | None = None
    dx: float = 0.0
    dy: float = 0.0
    degrees: float = 0.0
    rise: float = 0.0
    stretch: float = 1.0
    advance: float = 0.0


@dataclass
class _Run:
    """The letters of a `<text>`, positions still to be used, and the lengths that parts of it must have."""

    letters: list[_Letter] = field(default_factory=list)
    places: list[dict[str, list[float]]] = field(default_factory=list)
    lengths: list[tuple[int, int, float, bool]] = field(default_factory=list)


def draw_text(walk: Walk, node: Node, state: State) -> None:
    """Draw a `<text>` and its `<tspan>`s as strokes in the colour of the fill."""
    run = _Run()
    _collect(walk, node, state, run, 0.0)
    letters = run.letters
    while letters and letters[-1].character == " ":
        letters.pop()
    if not any(letter.character.strip() for letter in letters):
        return
    _report_font(walk, letters)
    _measure(walk, run)
    begins = [
        i
        for i, letter in enumerate(letters)
        if i == 0 or letter.x is not None or letter.y is not None
    ]
    at = np.zeros(2)
    for begin, end in zip(begins, [*begins[1:], len(letters)], strict=True):
        at = _draw_chunk(walk, letters[begin:end], at)


def _collect(walk: Walk, node: Node, state: State, run: _Run, rise: float) -> None:
    begin = len(run.letters)
    run.places.append(
        {
            name: [
                state.px(part, name) or 0.0
                for part in node.attributes.get(name, "").replace(",", " ").split()
            ]
            for name in ("x", "y", "dx", "dy", "rotate")
        }
    )
    for child in node.children:
        if child.tag == "#text":
            _add_letters(walk, child.text, _keeps_space(child, state.style), state, run, rise)
        elif child.tag in ("tspan", "a", "tref"):
            own = walk.declared(child, state)
            if own.get("display") == "none":
                continue
            inner = walk.inside(child, {k: v for k, v in own.items() if k != "transform"}, state)
            raised = rise + _shift(own, inner)
            if child.tag == "tref":
                text = _all_text(walk.linked(child))
                _add_letters(walk, text, _keeps_space(child, state.style), inner, run, raised)
            _collect(walk, child, inner, run, raised)
        elif child.tag == "textPath":
            _draw_along(walk, child, state)
    run.places.pop()
    length = state.px(node.attributes.get("textLength"), "width")
    if length is not None and length > 0 and node.tag != "textPath":
        glyphs = node.attributes.get("lengthAdjust") == "spacingAndGlyphs"
        run.lengths.append((begin, len(run.letters), length, glyphs))


def _all_text(node: Node | None) -> str:
    if node is None:
        return ""
    return node.text if node.tag == "#text" else "".join(map(_all_text, node.children))


def _shift(own: dict[str, str], state: State) -> float:
    """Return by how much `baseline-shift` lifts an element, in user units."""
    text = own.get("baseline-shift", "baseline")
    size = state.style.font_size
    shift = state.style.px(_SHIFTS.get(text, text), size) or 0.0
    return shift + _baseline(own.get("alignment-baseline", "auto"), state.style)


def _baseline(name: str, style: Style) -> float:
    """Return how far the letters are lifted so that another of their lines stands at y; in user units."""
    face = _face(style)
    heights = {
        "middle": face.x_height / 2,
        "central": (face.ascent - face.descent) / 2,
        "mathematical": face.ascent / 2,
        "hanging": face.ascent * 0.8,
        "text-before-edge": face.ascent,
        "text-top": face.ascent,
        "before-edge": face.ascent,
        "text-after-edge": -face.descent,
        "after-edge": -face.descent,
        "text-bottom": -face.descent,
        "ideographic": -face.descent,
    }
    return -heights.get(name, 0.0) * style.font_size


def _add_letters(
    walk: Walk, text: str, keeps_space: bool, state: State, run: _Run, rise: float
) -> None:
    room = _MOST_LETTERS - walk.letters
    if len(text) > room:
        walk.note(f"of text only the first {_MOST_LETTERS:,} letters are drawn")
        text = text[:room]
    walk.letters += len(text)
    style = state.style
    changes = {"uppercase": str.upper, "lowercase": str.lower, "capitalize": str.title}
    text = text.replace("\n", " ").replace("\t", " ").replace("\r", "")
    text = changes.get(style.get("text-transform"), str)(unicodedata.normalize("NFC", text))
    rise += _baseline(style.get("dominant-baseline", "auto"), style)
    for character in text:
        before = run.letters[-1].character if run.letters else " "
        if character == " " and before == " " and not keeps_space:
            continue
        letter = _Letter(character, state, rise=rise)
        for places in run.places:  # what an inner element says of a letter counts
            for name in ("x", "y", "dx", "dy"):
                if places[name]:
                    setattr(letter, name, places[name].pop(0))
            if places["rotate"]:  # the last one holds for all that follow
                letter.degrees = places["rotate"][0]
                places["rotate"][:-1] = places["rotate"][1:]
        run.letters.append(letter)


def _keeps_space(node: Node | None, style: Style) -> bool:
    if style.get("white-space").startswith(("pre", "break-spaces")):
        return True
    while node is not None:
        for name in ("xml:space", "{http://www.w3.org/XML/1998/namespace}space"):
            if name in node.attributes:
                return node.attributes[name] == "preserve"
        node = node.parent
    return False


def _measure(walk: Walk, run: _Run) -> None:
    """Set how far each letter moves on, kerning and the lengths that the file asks for included."""
    letters = run.letters
    for letter, following in zip(letters, [*letters[1:], None], strict=True):
        style = letter.state.style
        size = style.font_size
        extra = style.px(style.get("letter-spacing")) or 0.0
        if letter.character == " ":
            extra += style.px(style.get("word-spacing")) or 0.0
        width = _face(style).width(letter.character)
        if walk.text == "outlines":
            font = _font_of(walk, style)
            if glyph := font.glyphs.get(letter.character):
                width = glyph.advance / font.em
            if following is not None and following.state is letter.state and following.x is None:
                width += font.kerning(letter.character, following.character) / font.em
        letter.advance = width * size + extra
    for begin, end, length, glyphs in run.lengths:
        part = letters[begin:end]
        natural = sum(letter.advance for letter in part) + sum(letter.dx for letter in part[1:])
        if not part or natural <= 0:
            continue
        for letter in part if glyphs else part[:-1]:
            if glyphs:
                letter.stretch *= length / natural
                letter.advance *= length / natural
            else:
                letter.advance += (length - natural) / max(len(part) - 1, 1)


def _draw_chunk(walk: Walk, letters: list[_Letter], at: Points) -> Points:
    """Draw letters that were placed together, anchored as one, and return where the next would be."""
    first = letters[0]
    start = np.array([at[0] if first.x is None else first.x, at[1] if first.y is None else first.y])
    total = sum(letter.advance for letter in letters) + sum(letter.dx for letter in letters[1:])
    anchor = first.state.style.get("text-anchor", "start")
    at = start - np.array((total * {"middle": 0.5, "end": 1.0}.get(anchor, 0.0), 0.0))
    placed: list[tuple[_Letter, Points]] = []
    for letter in letters:
        at = at + np.array((letter.dx, letter.dy))
        placed.append((letter, at - np.array((0.0, letter.rise))))
        at = at + np.array((letter.advance, 0.0))
    _draw_letters(walk, placed)
    return at


def _draw_along(walk: Walk, node: Node, state: State) -> None:
    """Draw a `<textPath>`: letters on a path, each turned as the path runs at its middle."""
    own = walk.sheet.declarations(node)
    target = walk.linked(node)
    curve = None if target is None else _curve(walk, target, state)
    if own.get("display") == "none":
        return
    if curve is None:
        walk.report("<textPath> without a path to follow is not drawn")
        return
    run = _Run()
    inner = walk.inside(node, {k: v for k, v in own.items() if k != "transform"}, state)
    _collect(walk, Node("textPath", {}, node.children, "", node.parent), inner, run, 0.0)
    _measure(walk, run)
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))))
    length = float(along[-1])
    offset = node.attributes.get("startOffset", "0")
    begin = inner.style.px(offset, length) or 0.0
    if target is not None and "%" not in offset:
        begin *= own_length(target, length)
    anchor = {"middle": 0.5, "end": 1.0}.get(inner.style.get("text-anchor", "start"), 0.0)
    begin -= anchor * sum(letter.advance + letter.dx for letter in run.letters)
    if any(letter.character.strip() for letter in run.letters):
        _report_font(walk, run.letters)
    if "textLength" in node.attributes:
        walk.note("textLength along a path is not applied")
    placed: list[tuple[_Letter, Points]] = []
    for letter in run.letters:
        advance = letter.advance
        middle, begin = begin + letter.dx + advance / 2, begin + letter.dx + advance
        if not 0 <= middle <= length:
            walk.note("letters beyond the ends of their path are not drawn")
            continue
        at, (onward, aside) = place_along(curve, along, middle)
        letter.degrees += math.degrees(math.atan2(onward[1], onward[0]))
        at = at - onward * advance / 2 + aside * (letter.dy - letter.rise)
        placed.append((letter, at))
    _draw_letters(walk, placed)


def _curve(walk: Walk, target: Node, state: State) -> Points | None:
    """Return the first line of a shape that text follows, under its own transform, (N, 2)."""
    own = walk.sheet.declarations(target)
    data = path_data(target, state.viewport, own, state.style)
    if not data:
        return None
    lines = flatten_paths([data], [CURVE_TOLERANCE])[0]
    if not len(lines):
        return None
    placing = {name: value for name, value in own.items() if name in _PLACING}
    points = walk.inside(target, placing, replace(state, matrix=IDENTITY)).matrix.apply(lines[0])
    different = np.append(True, np.hypot(*np.diff(points, axis=0).T) > 0)
    return points[different] if different.sum() > 1 else None


def _report_font(walk: Walk, letters: list[_Letter]) -> None:
    if walk.text == "strokes":
        walk.report("<text> is drawn in a single-line font, not in its own")
    for style in {id(letter.state): letter.state.style for letter in letters}.values():
        if style.get("writing-mode", "lr").startswith(("tb", "vertical")):
            walk.note("text that runs downward is drawn from left to right")
        if style.get("direction") == "rtl":
            walk.note("text that runs from right to left is drawn in the order of the file")
        if style.get("font-variant", "normal") not in ("normal", "none"):
            walk.note("small capitals are drawn as usual letters")


def _draw_letters(walk: Walk, placed: list[tuple[_Letter, Points]]) -> None:
    """Draw letters at their places, those of one style together."""
    for _, group in groupby(placed, key=lambda each: id(each[0].state)):
        same = list(group)
        state = same[0][0].state
        style = state.style
        ink = style.paint("fill") or style.paint("stroke")
        if ink is None and style.transparent:
            walk.note("text that is fully transparent is not drawn")
        if ink is None or style.hidden or style.font_size <= 0:
            continue
        pen = style.with_({"stroke": ink, "fill": "none", "stroke-opacity": "1"})
        pen = Style({k: v for k, v in pen.values.items() if k not in _OF_OUTLINES}, pen.font_size)
        lines = _decoration(same)
        if walk.text == "outlines":
            _draw_outlines(walk, same)
        else:
            lines += _strokes(walk, same)
        if lines:
            walk.append(PlainRun.of(Lines.of(lines)), replace(state, style=pen))


def _decoration(placed: list[tuple[_Letter, Points]]) -> list[Points]:
    """Return the lines under, through and above letters, one for letters on a straight base line."""
    style = placed[0][0].state.style
    found: list[Points] = []
    for name in style.get("text-decoration").lower().split():
        height = _LINES.get(name, 0.0) * style.font_size
        if not height:
            continue
        for letter, at in placed:
            ends = np.array(((0.0, -height), (letter.advance, -height)))
            ends = rotation(letter.degrees).apply(ends) + at
            if found and np.hypot(*(found[-1][-1] - ends[0])) < 1e-6 and not letter.degrees:
                found[-1] = np.stack((found[-1][0], ends[1]))
            else:
                found.append(ends)
    return found


def _draw_outlines(walk: Walk, placed: list[tuple[_Letter, Points]]) -> None:
    state = placed[0][0].state
    font, size = _font_of(walk, state.style), state.style.font_size
    for letter, at in placed:
        if not letter.character.strip():
            continue
        data = _outline(font, letter.character)
        if data is None:
            walk.report(f"the character {letter.character!r} is not drawn: the font lacks it")
            continue
        turned = state.matrix @ translation(*at.tolist()) @ rotation(letter.degrees)
        scaled = turned @ Matrix(a=size * letter.stretch, d=size)
        walk.append(data, replace(state, matrix=scaled))


def _strokes(walk: Walk, placed: list[tuple[_Letter, Points]]) -> list[Points]:
    """Return letters in a single-line font, in user units."""
    style = placed[0][0].state.style
    face, size = _face(style), style.font_size
    found: list[Points] = []
    for letter, at in placed:
        strokes = _letter_strokes(face, letter.character)
        if strokes is None:
            walk.report(f"the character {letter.character!r} is not drawn: the font lacks it")
            continue
        scale = np.array((size * letter.stretch, size))
        if letter.degrees:
            turn = rotation(letter.degrees)
            found += [turn.apply(stroke * scale) + at for stroke in strokes]
        else:
            found += [stroke * scale + at for stroke in strokes]
    return found


@lru_cache(maxsize=4096)
def _letter_strokes(face: _Face, character: str) -> tuple[Points, ...] | None:
    """Return a character's strokes for a font size of 1; None for one that the font lacks."""
    if not character.strip():
        return ()
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


_ENDINGS = (".ttf", ".otf")
_OUTLINES = frozenset(("glyf", "CFF ", "CFF2"))
# A machine that hangs must not hang a worker; fontconfig's first answer may take seconds.
_PATIENCE_S = 30
_PREFERRED = {
    "serif": ("dejavu serif", "liberation serif", "noto serif", "times new roman"),
    "monospace": ("dejavu sans mono", "liberation mono", "noto sans mono", "courier new"),
    "sans-serif": ("dejavu sans", "liberation sans", "noto sans", "arial", "helvetica"),
}


def _font_of(walk: Walk, style: Style) -> Font:
    """Return the font that `style` asks for; one that stands in for another is named in the report.

    Raises as `system_font` does.
    """
    asked = [name.strip().strip("\"'") for name in style.get("font-family", "serif").split(",")]
    weight = style.get("font-weight", "normal").strip().lower()
    bold = (
        float(weight) >= 600 if weight.replace(".", "", 1).isdigit() else weight.startswith("bold")
    )
    italic = style.get("font-style", "normal").strip().lower().startswith(("italic", "oblique"))
    path, family = system_font(tuple(name for name in asked if name), bold=bold, italic=italic)
    if family.lower() != asked[0].lower():
        walk.note(f"text in {asked[0]!r} is drawn in the outlines of {family!r}")
    return load_font(path)


@lru_cache(maxsize=4096)
def _outline(font: Font, character: str) -> str | None:
    glyph = font.glyphs.get(character)
    if glyph is None:
        return None
    strokes = ((stroke / font.em).tolist() for stroke in glyph.strokes)
    return "".join(
        "M" + " ".join(f"{x:.6g},{y:.6g}" for x, y in stroke) + "Z" for stroke in strokes
    )


@lru_cache(maxsize=256)
def system_font(families: tuple[str, ...], *, bold: bool, italic: bool) -> tuple[str, str]:
    """Return path and family of this machine's font that is nearest to the `families`, the best first.

    Raises MissingFontError where the machine has no TrueType or OpenType font, MissingExtraError without
    fontTools.
    """
    try:
        import fontTools  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("text as outlines", "fonts") from error
    found = _by_fontconfig(families, bold, italic)
    if found is None or not _has_outlines(found[0]):
        found = _by_folders(families, bold, italic)
    if found is None:
        raise MissingFontError(
            "text as outlines needs a TrueType or OpenType font, and this machine has none: "
            "install one, or have text drawn in strokes"
        )
    return found


def _by_fontconfig(families: tuple[str, ...], bold: bool, italic: bool) -> tuple[str, str] | None:
    """Return what `fc-match` names, None where there is no such program or it names another kind of file."""
    # These four part a pattern's fields.
    wish = ",".join(re.sub(r"([-:,\\])", r"\\\1", family) for family in families)
    wish += f":weight={200 if bold else 80}:slant={100 if italic else 0}:outline=true:color=false"
    command = ["fc-match", "--format", "%{file}\n%{family[0]}", wish]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    path, _, family = ran.stdout.decode(errors="replace").partition("\n")
    known = path.lower().endswith(_ENDINGS) and Path(path).is_file()
    return (path, family) if known else None


def _by_folders(families: tuple[str, ...], bold: bool, italic: bool) -> tuple[str, str] | None:
    """Return the font in the usual folders that fits best."""
    wishes = [family.lower() for family in families]
    for family in tuple(wishes):
        wishes += _PREFERRED.get(family, ())
    wishes += _PREFERRED["sans-serif"]

    def distance(font: tuple[tuple[str, str], bool, bool]) -> tuple[int, int]:
        name = font[0][1].lower()
        return (
            wishes.index(name) if name in wishes else len(wishes),
            (font[1] != bold) + (font[2] != italic),
        )

    return min(_installed(), key=distance, default=(None,))[0]


@lru_cache(maxsize=256)
def _has_outlines(path: str) -> bool:
    """Return whether a font can be read and has letters as outlines; those of emoji are often pictures."""
    try:
        return bool(load_font(path).glyphs)
    except (OSError, CanvasError):
        return False


@lru_cache(maxsize=1)
def _installed() -> tuple[tuple[tuple[str, str], bool, bool], ...]:
    """Return the fonts in the usual folders, and of each whether it is bold and italic."""
    from fontTools.ttLib import TTFont, TTLibError

    found = []
    for path in sorted(p for folder in _folders() for p in folder.rglob("*.[to]tf")):
        try:
            with TTFont(path, lazy=True) as font:
                if _OUTLINES.isdisjoint(font.keys()):
                    continue
                names = font["name"]
                family = names.getBestFamilyName() or path.stem
                style = (names.getBestSubFamilyName() or "").lower()
        except (OSError, KeyError, TTLibError):
            continue  # a broken font is no reason to draw no text
        italic = "italic" in style or "oblique" in style
        found.append(((str(path), family), "bold" in style, italic))
    return tuple(found)


def _folders() -> list[Path]:
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
    return [
        data / "fonts",
        home / ".fonts",
        home / "Library/Fonts",
        Path("/usr/local/share/fonts"),
        Path("/usr/share/fonts"),
        Path("/Library/Fonts"),
        Path("/System/Library/Fonts"),
        Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
    ]
