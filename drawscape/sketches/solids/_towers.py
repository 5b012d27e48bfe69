"""Towers in parallel projection: boxes with facades, for a painter to stack."""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry import Floats, Lines, Points, Shape

Facade = str
"""`floors`, `columns`, `windows` or `blank`."""


@dataclass(frozen=True)
class Box:
    """A box that stands on its corner: `x`, `y` is the middle of its foot on the page in mm.

    `half` is half its width on the page, `lean` the slope of its feet (rise over run). It begins at
    `low` and ends at `high` above the foot.
    """

    x: float
    y: float
    half: float
    lean: float
    low: float
    high: float

    def corner(self, right: float, near: float, up: float) -> tuple[float, float]:
        """Return a place on the page; `right` and `near` run from -1 to 1 across the foot."""
        x = self.x + (right - near) / 2 * self.half
        return x, self.y + (right + near) / 2 * self.half * self.lean - up

    @property
    def silhouette(self) -> Points:
        """The six-sided outline, closed."""
        low, high = self.low, self.high
        return np.array(
            [
                self.corner(-1, 1, low),
                self.corner(1, 1, low),
                self.corner(1, -1, low),
                self.corner(1, -1, high),
                self.corner(-1, -1, high),
                self.corner(-1, 1, high),
                self.corner(-1, 1, low),
            ]
        )

    def edges(self) -> list[Points]:
        """Return the edges towards the eye: the outline and the three that meet in front."""
        top = [self.corner(-1, 1, self.high), self.corner(1, 1, self.high)]
        front = [self.corner(1, 1, self.high), self.corner(1, 1, self.low)]
        rim = [*top, self.corner(1, -1, self.high)]
        return [self.silhouette, np.array(rim), np.array(front)]

    def face(self, side: int, facade: Facade, spacing: float) -> list[Points]:
        """Return the facade's lines on the left (`side` 0) or right (1) face."""
        height = self.high - self.low
        wide = self.half * float(np.hypot(1, self.lean))
        if facade == "blank" or height < 2 * spacing or wide < 2 * spacing:
            return []
        if facade == "floors":
            levels = np.arange(spacing, height - 0.3 * spacing, spacing)
            return [self._on(side, [[0.0, v], [1.0, v]]) for v in levels]
        if facade == "columns":
            share = np.linspace(0, 1, max(2, int(wide / spacing)) + 1)[1:-1]
            return [self._on(side, [[u, 0.0], [u, height]]) for u in share]
        return self._windows(side, spacing, wide, height)

    def _windows(self, side: int, spacing: float, wide: float, height: float) -> list[Points]:
        across = max(1, int(wide / (2.1 * spacing)))
        down = max(1, int(height / (2.4 * spacing)))
        u, v = (np.arange(across) + 0.5) / across, (np.arange(down) + 0.5) / down * height
        du, dv = 0.27 / across, 0.3 * height / down
        frame = np.array([[-du, -dv], [du, -dv], [du, dv], [-du, dv], [-du, -dv]])
        return [self._on(side, frame + np.array([a, b])) for b in v for a in u]

    def _on(self, side: int, places: Floats | list[list[float]]) -> Points:
        """Return places on a face, `u` from 0 to 1 along it and `v` mm above its foot."""
        u, v = np.asarray(places, dtype=np.float64).T
        right = 2 * u - 1 if side == 0 else np.ones_like(u)
        near = np.ones_like(u) if side == 0 else 1 - 2 * u
        x = self.x + (right - near) / 2 * self.half
        return np.column_stack(
            (x, self.y + (right + near) / 2 * self.half * self.lean - self.low - v)
        )


def shape_of(box: Box, facades: tuple[Facade, Facade], spacing: tuple[float, float]) -> Shape:
    """Return the box as a painter's shape: its edges and facades, and what it hides."""
    lines = box.edges()
    for side in (0, 1):
        lines += box.face(side, facades[side], spacing[side])
    return Shape(Lines.of(lines), box.silhouette)
