"""Processing's habits: push, pop, translate, rotate, scale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from drawscape.errors import CanvasError
from drawscape.svg.write.state import Canvas
from drawscape.svg.write.transform import rotation, scaling, translation


class Transforms(Canvas):
    """The canvas's current transform, which applies to all that is drawn after it."""

    def push(self) -> Self:
        """Remember the current transform until the matching `pop`."""
        self._matrices.append(self.matrix)
        return self

    def pop(self) -> Self:
        """Return to the transform of the matching `push`; raise CanvasError when there was none."""
        if len(self._matrices) == 1:
            raise CanvasError("pop() without a push() before it in this group")
        self._matrices.pop()
        return self

    @contextmanager
    def pushed(self) -> Iterator[Self]:
        """Return a block after which the transform is what it was before."""
        self.push()
        try:
            yield self
        finally:
            self.pop()

    def translate(self, x: float, y: float) -> Self:
        """Shift what is drawn from now on by `x` and `y` mm."""
        self.matrix = self.matrix @ translation(x, y)
        return self

    def rotate(self, degrees: float, cx: float = 0.0, cy: float = 0.0) -> Self:
        """Turn what is drawn from now on about (`cx`, `cy`), clockwise on the page."""
        self.matrix = self.matrix @ rotation(degrees, cx, cy)
        return self

    def scale(self, sx: float, sy: float | None = None) -> Self:
        """Scale what is drawn from now on about the origin; line widths stay the pen's."""
        self.matrix = self.matrix @ scaling(sx, sy)
        return self
