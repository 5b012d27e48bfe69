"""Lines from arrays: one, a polygon, or a million at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Lines
from drawscape.svg.write.node import Run
from drawscape.svg.write.state import Canvas


class Polylines(Canvas):
    """Polylines in mm, moved by the current transform."""

    def polyline(self, points: ArrayLike, *, closed: bool = False, **style: Any) -> Self:
        """Draw one line through the (N, 2) `points`; `closed` leads it back to its start."""
        return self.polylines([points], closed=closed, **style)

    def polygon(self, points: ArrayLike, **style: Any) -> Self:
        """Draw the closed line through the (N, 2) `points`."""
        return self.polyline(points, closed=True, **style)

    def polylines(
        self,
        lines: Lines | ArrayLike | Iterable[ArrayLike],
        *,
        closed: bool = False,
        **style: Any,
    ) -> Self:
        """Draw many lines at once: Lines, an (M, K, 2) array, or an iterable of (N, 2) arrays.

        This is the fast way: a million points cost a few hundredths of a second in the file.
        Raises GeometryError for arrays of another shape and for points that are not finite.
        """
        drawn = Lines.of(lines)
        if closed:
            drawn = _closed(drawn)
        drawn = drawn.with_points(self.matrix.apply(drawn.points))
        return self._add(Run(drawn, self._styled(self._pen_style(), style)))


def _closed(lines: Lines) -> Lines:
    """Return the lines, each with its first point again at its end unless it is there already."""
    wanting = (lines.counts > 0) & ~lines.closed & (lines.counts > 1)
    counts = lines.counts + wanting
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    points = np.insert(lines.points, lines.offsets[1:][wanting], lines.starts[wanting], axis=0)
    return Lines(points, offsets)
