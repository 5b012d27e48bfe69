"""The current transform of a canvas: moved, turned, scaled, saved and restored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from drawscape.drawing.affine import Matrix, rotation, scaling, translation
from drawscape.drawing.values import LARGEST_MM
from drawscape.errors import CanvasError


class TransformStack:
    """The current transform, and those that `push` has saved."""

    def __init__(self) -> None:
        self._matrices = [Matrix()]

    @property
    def matrix(self) -> Matrix:
        """The current transform."""
        return self._matrices[-1]

    def push(self) -> Self:
        """Save the current transform until the matching `pop`.

        >>> svg.push().translate(50, 0).line(0, 0, 10, 0).pop().line(0, 5, 10, 5).lines().points
        array([[50.,  0.],
               [60.,  0.],
               [ 0.,  5.],
               [10.,  5.]])
        """
        self._matrices.append(self.matrix)
        return self

    def pop(self) -> Self:
        """Restore the transform of the matching `push`; raise CanvasError without one.

        >>> svg.push().translate(50, 0).pop().line(0, 0, 10, 0).lines().points
        array([[ 0.,  0.],
               [10.,  0.]])
        """
        if len(self._matrices) == 1:
            raise CanvasError("pop() without a push() before it in this group")
        self._matrices.pop()
        return self

    @contextmanager
    def pushed(self) -> Iterator[Self]:
        """Return a block that restores the transform at its end.

        >>> for turn in range(6):
        ...     with svg.pushed():
        ...         _ = svg.rotate(60 * turn, 50, 50).line(50, 50, 50, 10)
        >>> len(svg.lines())
        6
        """
        self.push()
        try:
            yield self
        finally:
            self.pop()

    @contextmanager
    def _untransformed(self) -> Iterator[None]:
        """Return a block for points that the current transform has moved already."""
        kept, self._matrices = self._matrices, [Matrix()]
        try:
            yield
        finally:
            self._matrices = kept

    def translate(self, x: float, y: float) -> Self:
        """Shift all later drawing by `x` and `y` mm.

        >>> svg.translate(50, 50).line(0, 0, 10, 0).lines().points
        array([[50., 50.],
               [60., 50.]])
        """
        return self._after(translation(x, y), "translate", x, y)

    def rotate(self, degrees: float, cx: float = 0.0, cy: float = 0.0) -> Self:
        """Turn all later drawing about (`cx`, `cy`), clockwise on the page.

        >>> svg.rotate(90, 50, 50).line(50, 50, 60, 50).lines().points.round(6)
        array([[50., 50.],
               [50., 60.]])
        """
        return self._after(rotation(degrees, cx, cy), "rotate", degrees, cx, cy)

    def scale(self, sx: float, sy: float | None = None) -> Self:
        """Scale all later drawing about the origin; line widths stay the pen's.

        >>> svg.scale(2).line(0, 0, 10, 0).lines().lengths_mm
        array([20.])
        """
        matrix = scaling(sx, sy)
        return self._after(matrix, "scale", matrix.a, matrix.d)

    def _after(self, moved: Matrix, verb: str, *given: float) -> Self:
        """Apply `moved` before the current transform; the error names the `verb` and its numbers."""
        matrix = self.matrix @ moved
        if not sum(map(abs, matrix)) <= LARGEST_MM:  # nan is not less either
            call = f"{verb}({', '.join(map(repr, given))})"
            raise CanvasError(f"{call} moves the drawing beyond all paper; use smaller numbers")
        self._matrices[-1] = matrix
        return self
