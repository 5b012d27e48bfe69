"""Elliptical arcs by their end points, as SVG has them, many at once."""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Floats, Ints


@dataclass(frozen=True)
class Ellipses:
    """Arcs of ellipses by centre (K, 2), radii (K, 2), rotation, begin and sweep in radians (K,).

    A radius of zero makes the arc the straight line to `ends`.
    """

    centres: Floats
    radii: Floats
    rotation: Floats
    begin: Floats
    sweep: Floats
    begins: Floats
    ends: Floats

    @classmethod
    def of(cls, begins: Floats, ends: Floats, curves: Floats) -> "Ellipses":
        """Return the arcs by end points and `curves` (K, 5): rx, ry, degrees, large, sweep.

        The conversion is that of the SVG standard's implementation notes, B.2.4 and B.2.5.
        """
        radii = np.abs(curves[:, :2])
        rotation = np.radians(curves[:, 2] % 360.0)
        half = _turned((begins - ends) / 2, -rotation)
        # So thin an ellipse is a line, and its square would overflow.
        thin = 1e-9 * np.maximum(radii.max(axis=1), np.hypot(half[:, 0], half[:, 1]))
        straight = (radii.min(axis=1) <= thin) | (half == 0).all(axis=1)
        safe = np.where(straight[:, None], 1.0, radii)
        reach = ((half / safe) ** 2).sum(axis=1)
        safe = safe * np.sqrt(np.maximum(reach, 1.0))[:, None]
        square = 1 / np.maximum(np.minimum(reach, 1.0), 1e-300) - 1
        side = np.where((curves[:, 3] != 0) == (curves[:, 4] != 0), -1.0, 1.0)
        factor = side * np.sqrt(np.maximum(square, 0.0))
        local = factor[:, None] * np.stack(
            (safe[:, 0] * half[:, 1] / safe[:, 1], -safe[:, 1] * half[:, 0] / safe[:, 0]), axis=1
        )
        first = (half - local) / safe
        second = (-half - local) / safe
        begin = np.arctan2(first[:, 1], first[:, 0])
        sweep = (np.arctan2(second[:, 1], second[:, 0]) - begin) % (2 * np.pi)
        sweep = np.where(curves[:, 4] != 0, sweep, sweep - 2 * np.pi)
        centres = _turned(local, rotation) + (begins + ends) / 2
        radii = np.where(straight[:, None], 0.0, safe)
        return cls(centres, radii, rotation, begin, sweep, begins, ends)

    def pieces(self, tolerance: Floats) -> Floats:
        """Return how many pieces keep each chord's sagitta within `tolerance`, (K,), not rounded."""
        radius = self.radii.max(axis=1)
        ratio = np.clip(tolerance / np.maximum(radius, 1e-300), 0.0, 1.0)
        step = 2 * np.arccos(1 - ratio)
        pieces = np.abs(self.sweep) / np.maximum(step, 1e-12)
        # A tolerance near the radius would turn a circle into a triangle or less.
        least = np.abs(self.sweep) / (np.pi / 4)
        return np.where(radius > 0, np.maximum(pieces, least), 1.0)

    def at(self, rows: Ints, along: Floats) -> Floats:
        """Return the points of arc `rows[i]` at fraction `along[i]` of its sweep, (N, 2)."""
        angle = self.begin[rows] + self.sweep[rows] * along
        circle = np.stack((np.cos(angle), np.sin(angle)), axis=1) * self.radii[rows]
        points = _turned(circle, self.rotation[rows]) + self.centres[rows]
        straight = (self.radii[rows] == 0).all(axis=1)[:, None]
        between = self.begins[rows] + (self.ends - self.begins)[rows] * along[:, None]
        return np.where(straight, between, points)


def _turned(points: Floats, angle: Floats) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = points[:, 0], points[:, 1]
    return np.stack((cos * x - sin * y, sin * x + cos * y), axis=1)
