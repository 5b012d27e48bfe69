"""Functions that build a letter or sign from a font's own glyphs, so that it keeps the font's style."""

from collections.abc import Mapping, Sequence

import numpy as np

from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Points
from drawscape.geometry.regions import polar
from drawscape.lettering.fonts import Glyph

Glyphs = Mapping[str, Glyph]


def line(points: str) -> Points:
    """Return a stroke through points that are given as `'0,0 4,-15'`.

    >>> line("0,0 4,-15").tolist()
    [[0.0, 0.0], [4.0, -15.0]]
    """
    pairs = [point.split(",") for point in points.split()]
    return np.array(pairs, dtype=np.float64)


def arc(radius: float, begin: float = 0, end: float = 360, steps: int = 24) -> Points:
    """Return part of a circle about the origin, angles in degrees."""
    return polar(radius, np.radians(np.linspace(begin, end, steps + 1)))


def moved(stroke: Points, x: float, y: float) -> Points:
    """Return a shifted stroke."""
    return stroke + np.array((x, y))


def crossings(glyph: Glyph, y: float) -> list[float]:
    """Return the x, in order, where the glyph's strokes cross the height `y`."""
    found = []
    for stroke in glyph.strokes:
        (x0, y0), (x1, y1) = stroke[:-1].T, stroke[1:].T
        hit = (np.minimum(y0, y1) <= y) & (np.maximum(y0, y1) > y)
        found += (x0 + (y - y0) / np.where(hit, y1 - y0, 1.0) * (x1 - x0))[hit].tolist()
    return sorted(found)


def added_to(glyph: Glyph, *strokes: Points) -> Glyph:
    """Return the glyph with more strokes, as wide as before."""
    return Glyph((*glyph.strokes, *strokes), glyph.advance)


def struck(glyphs: Glyphs, letter: str, *strokes: str) -> Glyph:
    """A letter with strokes as for `line`, x in shares of its width."""
    x0, _, x1, _ = glyphs[letter].bounds
    added = (moved(line(stroke) * (x1 - x0, 1.0), x0, 0.0) for stroke in strokes)
    return added_to(glyphs[letter], *added)


def barred(glyphs: Glyphs, letter: str, height: float, side: int, slope: float = 0.0) -> Glyph:
    """A short bar across the leftmost (0) or rightmost (-1) stem at `height`."""
    glyph = glyphs[letter]
    x = (crossings(glyph, height) or [sum(glyph.bounds[::2]) / 2])[side]
    bar = line("-4,1 4,-1") * (1.0, slope)
    return added_to(glyph, moved(bar, x, height))


def joined(glyphs: Glyphs, first: str, second: str, overlap: float) -> Glyph:
    """Two letters that share `overlap` of the first one's width."""
    one, two = glyphs[first], glyphs[second]
    left, _, right, _ = one.bounds
    shift = right - overlap * (right - left) - two.bounds[0]
    return Glyph((*one.strokes, *two.placed(shift)), shift + two.advance)


def small(glyphs: Glyphs, text: str, rise: float, scale: float = 0.55) -> Glyph:
    """Text in small letters, raised by `rise`."""
    strokes: list[Points] = []
    x = 0.0
    for character in text:
        strokes += glyphs[character].placed(x, -rise, scale)
        x += glyphs[character].advance * scale
    return Glyph(tuple(strokes), x)


def inverted(glyphs: Glyphs, sign: str) -> Glyph:
    """A sign turned by 180 degrees, on the descenders' line."""
    glyph = glyphs[sign]
    turned = tuple(np.array((glyph.advance, -14.0)) - stroke for stroke in glyph.strokes)
    return Glyph(turned, glyph.advance)


def encircled(glyphs: Glyphs, letter: str) -> Glyph:
    """A small letter in a circle."""
    x0, _, x1, _ = glyphs[letter].bounds
    inside = glyphs[letter].placed(13 - 0.5 * (x0 + x1) / 2, -5.25, 0.5)
    return Glyph((moved(arc(10.5), 13, -10.5), *inside), 26.0)


def chevrons(_glyphs: Glyphs, count: int, direction: int) -> Glyph:
    """Quotes of `count` angles, pointing left (1) or right (-1)."""
    chevron = line("2.5,-12 -2.5,-7 2.5,-2") * (direction, 1.0)
    strokes = tuple(moved(chevron, 5.0 + 6.0 * index, 0.0) for index in range(count))
    return Glyph(strokes, 6.0 * count + 4.0)


def dash(glyphs: Glyphs, width: float) -> Glyph:
    """A dash at the height of the font's hyphen, which joins with other dashes."""
    y = np.concatenate(glyphs["-"].strokes)[:, 1].mean()
    return Glyph((line("0,0 1,0") * (width, 1.0) + (0.0, y),), width)


def fixed(_glyphs: Glyphs, advance: float, *strokes: Points) -> Glyph:
    """Strokes that are the same in every font."""
    return Glyph(strokes, advance)


def dotless(glyphs: Glyphs, letter: str) -> Glyph:
    """i or j without its dot, the part that is completely above the rest."""
    glyph = glyphs[letter]
    ordered = sorted(glyph.strokes, key=lambda stroke: np.min(stroke[:, 1]))
    reach = -np.inf
    for index, stroke in enumerate(ordered):
        if index and np.min(stroke[:, 1]) > reach + 0.5:
            return Glyph(tuple(ordered[index:]), glyph.advance)
        reach = max(reach, np.max(stroke[:, 1]))
    return glyph


_ASCENDER = line("0,-21 0,-10")


def thorn(glyphs: Glyphs) -> Glyph:
    """A p with an ascender."""
    stems = crossings(glyphs["p"], 3.0) or [4.0]
    return added_to(glyphs["p"], *(moved(_ASCENDER, x, 0.0) for x in stems))


def capital_thorn(glyphs: Glyphs) -> Glyph:
    """A P lowered on a stem of full height."""
    lowered = [np.minimum(moved(stroke, 0.0, 5.0), (np.inf, 0.0)) for stroke in glyphs["P"].strokes]
    stems = crossings(glyphs["P"], -3.0) or [4.0]
    tops = [moved(_ASCENDER, x, 0.0) for x in stems]
    return Glyph((*lowered, *tops), glyphs["P"].advance)


def eth(glyphs: Glyphs) -> Glyph:
    """An o with a bent and crossed ascender."""
    x0, _, x1, y1 = glyphs["o"].bounds
    middle = (x0 + x1) / 2
    corners = [(x0 + 2, -21), (middle + 1, -18), (x1 - 1, -13), (x1, -7), (x1 - 0.5, y1 - 4)]
    bar = moved(line("-4,-15.5 4,-20.5"), middle, 0.0)
    return added_to(glyphs["o"], np.array(corners), bar)


def eng(glyphs: Glyphs) -> Glyph:
    """An n with a tail."""
    x = (crossings(glyphs["n"], -3.0) or [glyphs["n"].bounds[2]])[-1]
    return added_to(glyphs["n"], moved(line("0,-3 0,4 -1,6 -3,7 -6,7"), x, 0.0))


_GAP = 2.5
"""Free space between a letter and its mark: a pen of 0.5 mm must not fill it at 5 mm cap height."""

_DOT = arc(0.8, steps=6)
_RING = arc(2.4, steps=12)
_WAVE = line(
    "-5,0 -4.17,0.7 -3.33,1.21 -2.5,1.4 -1.67,1.21 -0.83,0.7 0,0 0.83,-0.7 1.67,-1.21 2.5,-1.4 "
    "3.33,-1.21 4.17,-0.7 5,0"
)

# Centred on x = 0; their lowest point comes to rest above the letter.
_ABOVE: dict[str, tuple[Points, ...]] = {
    "\u0300": (line("-3,-5 2,0"),),
    "\u0301": (line("3,-5 -2,0"),),
    "\u0302": (line("-4,0 0,-4 4,0"),),
    "\u0303": (_WAVE,),
    "\u0304": (line("-4,0 4,0"),),
    "\u0306": (arc(4, 155, 25, 8),),
    "\u0307": (_DOT,),
    "\u0308": (moved(_DOT, -3.2, 0), moved(_DOT, 3.2, 0)),
    "\u0309": (line("-2,-4.5 0,-5.5 1.8,-4.2 1.4,-2.6 0,-1.6 0,0"),),
    "\u030a": (_RING,),
    "\u030b": (line("0,-5 -4,0"), line("5,-5 1,0")),
    "\u030c": (line("-4,-4 0,0 4,-4"),),
    "\u0312": (line("-0.8,-4.2 0.8,-1.6 0.8,0"),),
}
# Centred on x = 0; their highest point hangs below the letter.
_BELOW: dict[str, tuple[Points, ...]] = {
    "\u0323": (_DOT,),
    "\u0326": (line("0.8,0 0.8,1.6 -0.8,4.2"),),
}
# These touch the letter, at their (0, 0).
_CEDILLA = line("0.4,0 0,1.6 1.8,2.2 2.4,3.6 1.4,5.2 -0.6,5.6 -2,5")
_OGONEK = line("0,0 -1.8,1.6 -2.4,3.4 -1.6,5 0,5.4 1,5")
_HORN = line("0,0 2.2,-0.8 3.2,-2.4 3,-4.4 2,-5")
_APOSTROPHE = line("0.6,0 0.9,1.5 -0.6,5")

MARKS = frozenset([*_ABOVE, *_BELOW, "\u0327", "\u0328", "\u031b"])
"""The combining characters that can be drawn."""


def with_marks(base: str, glyph: Glyph, marks: Sequence[str]) -> Glyph:
    """Return the letter `base`, drawn by `glyph`, with `marks` of MARKS, nearest first."""
    if base in "ijі" and any(mark in _ABOVE for mark in marks):
        glyph = dotless({base: glyph}, base)
    strokes, advance = list(glyph.strokes), glyph.advance
    _, top, right, bottom = glyph.bounds
    x, foot, ceiling = sum(_span(glyph, upper=False)) / 2, min(bottom, 0.0), top
    for mark in marks:
        if mark == "\u0327" and base not in "cCsSeEhHtTaAoO":
            # Latvian and Romanian letters have a comma where Unicode says cedilla.
            mark = "\u0312" if base == "g" else "\u0326"
        if mark == "\u030c" and base in "dtlL":
            strokes.append(moved(_APOSTROPHE, _span(glyph, upper=True)[1] + 2.5, top))
            advance += 2
        elif mark in _ABOVE:
            lowest = max(np.max(stroke[:, 1]) for stroke in _ABOVE[mark])
            centre, y = sum(_span(glyph, upper=True)) / 2, ceiling - _GAP - lowest
            added = [moved(stroke, centre, y) for stroke in _ABOVE[mark]]
            strokes += added
            ceiling = min(np.min(stroke[:, 1]) for stroke in added)
        elif mark in _BELOW:
            strokes += [moved(stroke, x, bottom + _GAP) for stroke in _BELOW[mark]]
        elif mark == "\u0327":
            strokes.append(moved(_CEDILLA, x, foot))
        elif mark == "\u0328":
            strokes.append(moved(_OGONEK, right - 1.0 if base in "aAuU" else x + 2.0, foot))
        else:
            strokes.append(moved(_HORN, right - 0.5, top + 1.5))
    return Glyph(tuple(strokes), advance)


def _span(glyph: Glyph, *, upper: bool) -> tuple[float, float]:
    """Return the ends in x of a glyph's upper or lower third, because slanted letters lean."""
    left, top, right, bottom = glyph.bounds
    foot = min(bottom, 0.0)
    third = (foot - top) / 3
    low, high = (top - 1.0, top + third) if upper else (foot - third, 0.5)
    part = clip_to_rectangle(glyph.strokes, left - 1.0, low, right + 1.0, high)
    x0, _, x1, _ = part.bounds or glyph.bounds
    return x0, x1
