"""What builds a letter or sign from a font's own glyphs, so that it keeps the font's style."""

from collections.abc import Callable, Mapping

import numpy as np

from drawscape.geometry.lines import Points
from drawscape.lettering.fonts import CAP_HEIGHT, Glyph
from drawscape.lettering.marks import without_dot

Glyphs = Mapping[str, Glyph]
Builder = Callable[[Glyphs], Glyph]
"""Makes one glyph from those that the font has."""


def line(*points: tuple[float, float]) -> Points:
    """Return a stroke through `points`."""
    return np.array(points, dtype=np.float64)


def circle(x: float, y: float, radius: float, steps: int = 24) -> Points:
    """Return a closed circle."""
    angles = np.radians(np.linspace(0, 360, steps + 1))
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])


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


def slashed(letter: str) -> Builder:
    """A letter struck through from lower left to upper right."""

    def build(glyphs: Glyphs) -> Glyph:
        x0, y0, x1, y1 = glyphs[letter].bounds
        return added_to(glyphs[letter], line((x0 - 0.5, y1 + 2), (x1 + 0.5, y0 - 2)))

    return build


def barred(
    letter: str, height: float, side: int, *, slope: float = 0.0, reach: float = 4.0
) -> Builder:
    """A short bar across the stem that is leftmost (0) or rightmost (-1) at `height`."""

    def build(glyphs: Glyphs) -> Glyph:
        glyph = glyphs[letter]
        stems = crossings(glyph, height) or [sum(glyph.bounds[::2]) / 2]
        x = stems[side]
        return added_to(glyph, line((x - reach, height + slope), (x + reach, height - slope)))

    return build


def joined(first: str, second: str, overlap: float) -> Builder:
    """Two letters that share `overlap` of the first one's width."""

    def build(glyphs: Glyphs) -> Glyph:
        one, two = glyphs[first], glyphs[second]
        left, _, right, _ = one.bounds
        shift = right - overlap * (right - left) - two.bounds[0]
        return Glyph((*one.strokes, *two.placed(shift)), shift + two.advance)

    return build


def small(text: str, rise: float, scale: float = 0.55) -> Builder:
    """Text in small letters, raised by `rise`."""

    def build(glyphs: Glyphs) -> Glyph:
        strokes: list[Points] = []
        x = 0.0
        for character in text:
            strokes += glyphs[character].placed(x, -rise, scale)
            x += glyphs[character].advance * scale
        return Glyph(tuple(strokes), x)

    return build


def fraction(over: str, under: str) -> Builder:
    """A fraction with a slanting bar."""

    def build(glyphs: Glyphs) -> Glyph:
        top, low = small(over, 9.5)(glyphs), small(under, 0)(glyphs)
        x = top.advance
        bar = line((x - 3, 1), (x + 7, -22))
        return Glyph((*top.strokes, bar, *low.placed(x + 4)), x + 4 + low.advance)

    return build


def inverted(sign: str) -> Builder:
    """A sign turned by half, standing on the descenders' line."""

    def build(glyphs: Glyphs) -> Glyph:
        glyph = glyphs[sign]
        turned = tuple(np.array((glyph.advance, -14.0)) - stroke for stroke in glyph.strokes)
        return Glyph(turned, glyph.advance)

    return build


def encircled(letter: str) -> Builder:
    """A small letter in a circle."""

    def build(glyphs: Glyphs) -> Glyph:
        x0, _, x1, _ = glyphs[letter].bounds
        inside = glyphs[letter].placed(13 - 0.5 * (x0 + x1) / 2, -5.25, 0.5)
        return Glyph((circle(13, -10.5, 10.5), *inside), 26.0)

    return build


def chevrons(count: int, direction: int) -> Builder:
    """Quotes of `count` angles, pointing left (1) or right (-1)."""

    def build(_glyphs: Glyphs) -> Glyph:
        width = 6.0 * count
        strokes = []
        for index in range(count):
            x = 5.0 + 6.0 * index
            tip, back = (x - 2.5, x + 2.5)[::direction]
            strokes.append(line((back, -12), (tip, -7), (back, -2)))
        return Glyph(tuple(strokes), width + 4.0)

    return build


def dash(width: float) -> Builder:
    """A dash as high as the font's hyphen that joins with its like."""

    def build(glyphs: Glyphs) -> Glyph:
        y = float(np.concatenate(glyphs["-"].strokes)[:, 1].mean())
        return Glyph((line((0, y), (width, y)),), width)

    return build


def fixed(advance: float, *strokes: Points) -> Builder:
    """Strokes that are the same in every font."""
    return lambda _glyphs: Glyph(strokes, advance)


def dotless(letter: str) -> Builder:
    """i or j without its dot."""
    return lambda glyphs: without_dot(glyphs[letter])


def crossed(letter: str, *bars: tuple[float, float, float]) -> Builder:
    """A letter with bars `(from, to, height)`, from and to as fractions of its width."""

    def build(glyphs: Glyphs) -> Glyph:
        x0, _, x1, _ = glyphs[letter].bounds
        w = x1 - x0
        return added_to(
            glyphs[letter], *(line((x0 + a * w, y), (x0 + b * w, y)) for a, b, y in bars)
        )

    return build


def cent(glyphs: Glyphs) -> Glyph:
    """A c struck through upright."""
    x0, y0, x1, y1 = glyphs["c"].bounds
    x = (x0 + x1) / 2
    return added_to(glyphs["c"], line((x - 1.5, y1 + 3), (x + 1.5, y0 - 3)))


def thorn(glyphs: Glyphs) -> Glyph:
    """A p with an ascender."""
    stems = crossings(glyphs["p"], 3.0) or [4.0]
    return added_to(glyphs["p"], *(line((x, -CAP_HEIGHT), (x, -10)) for x in stems))


def capital_thorn(glyphs: Glyphs) -> Glyph:
    """A P lowered on a stem of full height."""
    lowered = [
        np.minimum(stroke + np.array((0.0, 5.0)), (np.inf, 0.0)) for stroke in glyphs["P"].strokes
    ]
    stems = crossings(glyphs["P"], -3.0) or [4.0]
    tops = [line((x, -CAP_HEIGHT), (x, -10)) for x in stems]
    return Glyph((*lowered, *tops), glyphs["P"].advance)


def eth(glyphs: Glyphs) -> Glyph:
    """An o with a bent and crossed ascender."""
    x0, _, x1, y1 = glyphs["o"].bounds
    middle = (x0 + x1) / 2
    back = line((x0 + 2, -21), (middle + 1, -18), (x1 - 1, -13), (x1, -7), (x1 - 0.5, y1 - 4))
    return added_to(glyphs["o"], back, line((middle - 4, -15.5), (middle + 4, -20.5)))


def eng(glyphs: Glyphs) -> Glyph:
    """An n with a tail."""
    x = (crossings(glyphs["n"], -3.0) or [glyphs["n"].bounds[2]])[-1]
    return added_to(glyphs["n"], line((x, -3), (x, 4), (x - 1, 6), (x - 3, 7), (x - 6, 7)))


def middle_dotted(letter: str) -> Builder:
    """A letter followed by a raised dot."""

    def build(glyphs: Glyphs) -> Glyph:
        x = glyphs[letter].advance
        return Glyph((*glyphs[letter].strokes, circle(x, -9, 0.8, 6)), x + 3.0)

    return build
