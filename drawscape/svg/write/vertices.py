"""A line given vertex by vertex, sharp at some and smooth at others."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Self

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.errors import CanvasError
from drawscape.svg.write.canvas import C
from drawscape.svg.write.curves import curve_path, pair, spline


class Vertices:
    """The vertices of one line in the order in which they are given."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._smooth: list[bool] = []

    def vertex(self, x: float, y: float) -> Self:
        """Add a corner."""
        return self._add(x, y, smooth=False)

    def curve_vertex(self, x: float, y: float) -> Self:
        """Add a point that the line passes smoothly; the pieces before and after it are curves."""
        return self._add(x, y, smooth=True)

    def _add(self, x: float, y: float, *, smooth: bool) -> Self:
        point = (float(x), float(y))
        if not np.isfinite(point).all():
            raise CanvasError(f"vertex {point!r} is not finite")
        self._points.append(point)
        self._smooth.append(smooth)
        return self

    def path_data(self, matrix: Matrix, *, closed: bool) -> str:
        """Return the path's `d` under `matrix`; raise CanvasError for fewer than two vertices."""
        count = len(self._points)
        if count < 2:
            given = "1 vertex" if count == 1 else "no vertices"
            raise CanvasError(f"a shape of {given}; give 2 at least")
        points, smooth = matrix.apply(np.array(self._points)), list(self._smooth)
        if closed and all(smooth):
            return f"M{pair(points[0])} {spline(points, closed=True)} Z"
        if closed:  # from its first corner round to it, so that no curve is cut in two
            first = smooth.index(False)
            order = np.append(np.arange(first, first + count) % count, first)
            points, smooth = points[order], [smooth[at] for at in order]
        corners = [0, *(at for at in range(1, len(points) - 1) if not smooth[at]), len(points) - 1]
        pieces = (
            f"L{pair(points[end])}" if end == begin + 1 else spline(points[begin : end + 1])
            for begin, end in pairwise(corners)
        )
        return f"M{pair(points[0])} {' '.join(pieces)}{' Z' if closed else ''}"


@contextmanager
def shape(svg: C, *, closed: bool = False, **style: Any) -> Iterator[Vertices]:
    """Return a block that collects vertices, and draw them as one line at its end.

    The line turns sharply at a `vertex` and smoothly at a `curve_vertex`; other than in Processing it
    passes through its first and last curve vertex, too. The transform is that of the block's end.
    Raises CanvasError for fewer than two vertices; a block that raises draws nothing.

    >>> with svg.shape(closed=True) as drop:
    ...     _ = drop.vertex(50, 10)
    ...     _ = drop.curve_vertex(65, 40).curve_vertex(50, 55).curve_vertex(35, 40)
    >>> svg.lines().closed
    array([ True])
    """
    vertices = Vertices()
    yield vertices
    curve_path(svg, vertices.path_data(svg.matrix, closed=closed), style)
