"""Lines from arrays: one, a polygon, or a million at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Lines
from drawscape.svg.write.canvas import C
from drawscape.svg.write.node import Run


def polyline(svg: C, points: ArrayLike, *, closed: bool = False, **style: Any) -> C:
    """Draw one line through the (N, 2) `points`; `closed` leads it back to its start."""
    return polylines(svg, [points], closed=closed, **style)


def polygon(svg: C, points: ArrayLike, **style: Any) -> C:
    """Draw the closed line through the (N, 2) `points`."""
    return polyline(svg, points, closed=True, **style)


def polylines(
    svg: C,
    lines: Lines | ArrayLike | Iterable[ArrayLike],
    *,
    closed: bool = False,
    **style: Any,
) -> C:
    """Draw many lines at once: Lines, an (M, K, 2) array, or an iterable of (N, 2) arrays.

    This is the fast way: a million points cost a few hundredths of a second in the file.
    Raises GeometryError for arrays of another shape and for points that are not finite.
    """
    drawn = Lines.of(lines)
    if closed:
        drawn = _closed(drawn)
    drawn = drawn.with_points(svg.matrix.apply(drawn.points))
    return svg.add(Run(drawn, svg.styled(svg.line_style(), style)))


def _closed(lines: Lines) -> Lines:
    """Return the lines, each with its first point again at its end unless it is there already."""
    wanting = (lines.counts > 0) & ~lines.closed & (lines.counts > 1)
    counts = lines.counts + wanting
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    points = np.insert(lines.points, lines.offsets[1:][wanting], lines.starts[wanting], axis=0)
    return Lines(points, offsets)
