"""Level lines of a field that is known on a grid."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry.lines import Lines


def level_lines(
    x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64], levels: Iterable[float]
) -> list[Lines]:
    """Return, for each of `levels`, the lines on which the field has that value.

    `x` is (C,) and `y` (R,) in mm, `z` (R, C). Lines that return to their start are closed.
    """
    from contourpy import LineType, contour_generator

    generator = contour_generator(x, y, z, line_type=LineType.ChunkCombinedOffset)
    found = []
    for level in levels:
        points, offsets = generator.lines(float(level))
        if points[0] is None:
            found.append(Lines.empty())
        else:
            found.append(Lines(points[0], offsets[0].astype(np.int64)))
    return found
