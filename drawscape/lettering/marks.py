"""Accents as strokes, set above, below or across a letter.

Hershey's fonts end with ASCII. A letter with an accent is its base letter and one of these marks,
which are drawn for letters of 21 units' height and stand clear of the letter whatever its shape.
"""

from collections.abc import Sequence

import numpy as np

from drawscape.geometry.lines import Points
from drawscape.lettering.fonts import Glyph

_GAP = 2.5
"""Free space between a letter and its mark: a pen of 0.5 mm must not fill it at 5 mm cap height."""


def _stroke(*points: tuple[float, float]) -> Points:
    return np.array(points, dtype=np.float64)


def _moved(stroke: Points, x: float, y: float) -> Points:
    moved: Points = stroke + np.array((x, y))
    return moved


def _arc(radius: float, begin: float, end: float, steps: int = 8) -> Points:
    angles = np.radians(np.linspace(begin, end, steps + 1))
    return np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])


_DOT = _arc(0.8, 0, 360, 6)
_RING = _arc(2.4, 0, 360, 12)
_WAVE = np.column_stack(
    [np.linspace(-5, 5, 13), -1.4 * np.sin(np.linspace(-np.pi, np.pi, 13)) + 0.0]
)

# Centred on x = 0; their lowest point comes to rest above the letter.
_ABOVE: dict[str, tuple[Points, ...]] = {
    "\u0300": (_stroke((-3, -5), (2, 0)),),
    "\u0301": (_stroke((3, -5), (-2, 0)),),
    "\u0302": (_stroke((-4, 0), (0, -4), (4, 0)),),
    "\u0303": (_WAVE,),
    "\u0304": (_stroke((-4, 0), (4, 0)),),
    "\u0306": (_arc(4, 155, 25),),
    "\u0307": (_DOT,),
    "\u0308": (_moved(_DOT, -3.2, 0.0), _moved(_DOT, 3.2, 0.0)),
    "\u0309": (_stroke((-2, -4.5), (0, -5.5), (1.8, -4.2), (1.4, -2.6), (0, -1.6), (0, 0)),),
    "\u030a": (_RING,),
    "\u030b": (_stroke((0, -5), (-4, 0)), _stroke((5, -5), (1, 0))),
    "\u030c": (_stroke((-4, -4), (0, 0), (4, -4)),),
    "\u030f": (_stroke((-5, -5), (-1, 0)), _stroke((0, -5), (4, 0))),
    "\u0311": (_arc(4, 205, 335),),
}
_COMMA = _stroke((0.8, 0), (0.8, 1.6), (-0.8, 4.2))
# Centred on x = 0; their highest point hangs below the letter.
_BELOW: dict[str, tuple[Points, ...]] = {
    "\u0323": (_DOT,),
    "\u0326": (_COMMA,),
    "\u0331": (_stroke((-4, 0), (4, 0)),),
}
# These two touch the letter: they begin at (0, 0) on its lower edge.
_CEDILLA = _stroke((0.4, 0), (0, 1.6), (1.8, 2.2), (2.4, 3.6), (1.4, 5.2), (-0.6, 5.6), (-2, 5))
_OGONEK = _stroke((0, 0), (-1.8, 1.6), (-2.4, 3.4), (-1.6, 5), (0, 5.4), (1, 5))
_HORN = _stroke((0, 0), (2.2, -0.8), (3.2, -2.4), (3, -4.4), (2, -5))
_APOSTROPHE = _stroke((0.6, 0), (0.9, 1.5), (-0.6, 5))

MARKS = frozenset([*_ABOVE, *_BELOW, "\u0327", "\u0328", "\u031b"])
"""The combining characters that can be drawn."""


def with_marks(base: str, glyph: Glyph, marks: Sequence[str]) -> Glyph:
    """Return the letter `base`, drawn by `glyph`, with `marks` of MARKS, nearest first."""
    if base in "ij" and any(mark in _ABOVE for mark in marks):
        glyph = without_dot(glyph)
    strokes, advance = list(glyph.strokes), glyph.advance
    _, top, _, bottom = glyph.bounds
    for mark in marks:
        if mark == "\u030c" and base in "dtlL":
            strokes.append(_beside(glyph))
            advance += 2
        elif mark == "\u0327" and base == "g":
            added = _raised((_COMMA[::-1] * (1.0, -1.0),), _middle(glyph, upper=True), top)
            strokes += added
        elif mark in _ABOVE:
            added = _raised(_ABOVE[mark], _middle(glyph, upper=True), top)
            strokes += added
            top = min(float(np.min(stroke[:, 1])) for stroke in added)
        else:
            strokes += _beneath(base, glyph, mark, bottom)
    return Glyph(tuple(strokes), advance)


def without_dot(glyph: Glyph) -> Glyph:
    """Return an i or j without its dot: what stands clear above the rest of it."""
    ordered = sorted(glyph.strokes, key=lambda stroke: float(np.min(stroke[:, 1])))
    reach = -np.inf
    for index, stroke in enumerate(ordered):
        if index and np.min(stroke[:, 1]) > reach + 0.5:
            return Glyph(tuple(ordered[index:]), glyph.advance)
        reach = max(reach, float(np.max(stroke[:, 1])))
    return glyph


def _raised(mark: Sequence[Points], x: float, top: float) -> list[Points]:
    lowest = max(float(np.max(stroke[:, 1])) for stroke in mark)
    return [_moved(stroke, x, top - _GAP - lowest) for stroke in mark]


def _beneath(base: str, glyph: Glyph, mark: str, bottom: float) -> list[Points]:
    x = _middle(glyph, upper=False)
    right = glyph.bounds[2]
    if mark == "\u0328":
        return [_moved(_OGONEK, right - 1.0 if base in "aAuU" else x + 2.0, min(bottom, 0.0))]
    if mark == "\u031b":
        return [_moved(_HORN, right - 0.5, glyph.bounds[1] + 1.5)]
    # Latvian's and Romanian's letters hold a comma where Unicode says cedilla.
    if mark == "\u0327" and base in "cCsSeEhHtTaAoO":
        return [_moved(_CEDILLA, x, min(bottom, 0.0))]
    return [_moved(stroke, x, bottom + _GAP) for stroke in _BELOW.get(mark, (_COMMA,))]


def _beside(glyph: Glyph) -> Points:
    left, top, right, _ = glyph.bounds
    # L leaves room at its right; the others end there.
    x = (left + right) / 2 + 2.0 if right - left > 9 and _narrow_top(glyph) else right + 2.5
    return _moved(_APOSTROPHE, x, top)


def _narrow_top(glyph: Glyph) -> bool:
    left, top, right, _ = glyph.bounds
    points = np.concatenate(glyph.strokes)
    upper = points[points[:, 1] <= top + 3.0]
    return bool(np.max(upper[:, 0]) < (left + right) / 2)


def _middle(glyph: Glyph, *, upper: bool) -> float:
    """Return the middle of a glyph's upper or lower third in x: where slanted letters lean to."""
    left, top, right, bottom = glyph.bounds
    points = np.concatenate([_dense(stroke) for stroke in glyph.strokes])
    third = (min(bottom, 0.0) - top) / 3
    if upper:
        part = points[points[:, 1] <= top + third]
    else:
        part = points[(points[:, 1] <= 0.5) & (points[:, 1] >= min(bottom, 0.0) - third)]
    if not len(part):
        return (left + right) / 2
    return float(np.min(part[:, 0]) + np.max(part[:, 0])) / 2


def _dense(stroke: Points) -> Points:
    if len(stroke) < 2:
        return stroke
    steps = np.linspace(0, 1, 6)[:, None, None]
    return ((1 - steps) * stroke[:-1] + steps * stroke[1:]).reshape(-1, 2)
