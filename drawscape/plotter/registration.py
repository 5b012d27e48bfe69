"""A sheet with verniers that shows by how much each pen is set off from pen 1."""

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines, Points

_STEP_MM = 1.0  # between the marks of pen 1
_VERNIER_MM = 0.9  # between those of the others: each mark away from the middle is 0.1 mm
_MARKS = 15  # on each side of the middle
_LONG_MM, _SHORT_MM = 6.0, 4.0


def registration_sheet(pens: int = 2) -> Document:
    """Return a sheet for `pens` pens: one vernier along x and one along y for each but the first.

    The mark of a pen that meets one of pen 1 tells its offset: the third to the right of the middle is
    +0.3 mm in x, the third below it +0.3 mm in y. Long marks are the middle and each fifth.
    Raises PlotError for fewer than 2 pens or more than 8.

    >>> [layer.name for layer in registration_sheet(3).layers]
    ['1 pen 1', '2 pen 2', '3 pen 3']
    """
    if not 2 <= pens <= 8:
        raise PlotError(f"pens={pens}: a registration sheet compares 2 to 8 pens")
    first: list[Points] = []
    layers = []
    for pen in range(2, pens + 1):
        middle = np.array([30.0, 25.0 + 45.0 * (pen - 2)])
        mine = []
        for axis in (0, 1):
            at = middle + ([0.0, 0.0] if axis == 0 else [40.0, 0.0])
            first += _scale(at, axis, _STEP_MM, -1.0)
            mine += _scale(at, axis, _VERNIER_MM, 1.0)
        layers.append(Layer(f"{pen} pen {pen}", "#c0392b", None, Lines.of(mine)))
    layers.insert(0, Layer("1 pen 1", "black", None, Lines.of(first)))
    return Document(100.0, 50.0 + 45.0 * (pens - 2), tuple(layers))


def _scale(middle: Points, axis: int, step_mm: float, side: float) -> list[Points]:
    """Return marks along an axis, on one side of the line through the middle."""
    marks = []
    for number in range(-_MARKS, _MARKS + 1):
        length = _LONG_MM if number % 5 == 0 else _SHORT_MM
        ends = np.array([[number * step_mm, 0.0], [number * step_mm, side * length]])
        marks.append(middle + (ends if axis == 0 else ends[:, ::-1]))
    return marks
