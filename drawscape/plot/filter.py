"""Lines too short to be worth a pen lift."""

import math

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines


def drop_shorter(lines: Lines, *, than_mm: float) -> Lines:
    """Return the lines that are at least `than_mm` long; with 0, all but those without a point.

    Raises PlotError when `than_mm` is negative or not finite.

    >>> len(drop_shorter(Lines.of([[(0, 0), (10, 0)], [(0, 1), (0.1, 1)]]), than_mm=1))
    1
    """
    if not (math.isfinite(than_mm) and than_mm >= 0):
        raise PlotError(f"than_mm={than_mm!r}: give a length of 0 or more")
    kept = (lines.counts > 0) & (lines.lengths_mm >= than_mm)
    return lines if kept.all() else lines.take(kept)
