"""A lit body seen by a camera: how dark each place is, and which way its surface bends."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from drawscape.geometry import Camera, Flags, Floats, Ints, cartesian
from drawscape.geometry.regions import Frame


@dataclass(frozen=True, eq=False)
class Shading:
    """Over the corners of a frame: `normals`, (R, C, 3), `tone`, (R, C) from 0 light to 1 dark, and `shadow`.

    `tone` is that of the body, 0 elsewhere; `shadow` is 1 where the body shades the floor.
    """

    normals: Floats
    tone: Floats
    shadow: Floats

    @classmethod
    def of(
        cls, frame: Frame, corners: Floats, light: Floats, up: Floats, light_ink: bool = False
    ) -> "Shading":
        """Return the shading of triangles, (F, 3, 3), on a floor that they stand on.

        All is as the camera has it, right, down and ahead in mm; `light` is where light comes from, (3,).
        A `light_ink` draws the lights: its tone is inverted.
        """
        pitch = max(0.4, frame.long / 700)
        columns, rows = np.maximum((frame.size / pitch).astype(int), 1) + 1  # for gradients
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        normal *= np.where(normal[:, 2:] > 0, -1, 1)  # towards the eye
        points, face = _samples(corners, 0.7 * pitch)
        column, row = np.rint((points[:, :2] - frame[:2]) / pitch).astype(int).T
        place = np.clip(row, 0, rows - 1) * columns + np.clip(column, 0, columns - 1)
        order = np.lexsort([points[:, 2], place])
        place, first = np.unique(place[order], return_index=True)
        nearest = order[first]
        level = np.min(points @ up)
        x, y = np.meshgrid(
            frame.x0 + pitch * np.arange(columns), frame.y0 + pitch * np.arange(rows)
        )
        # The floor lies everywhere behind the body.
        seen = cartesian(x, y, (level - up[1] * y) / up[2]).reshape(-1, 3)
        facing, is_body = np.tile(up, (len(seen), 1)), np.zeros(len(seen), dtype=bool)
        seen[place], facing[place], is_body[place] = points[nearest], normal[face[nearest]], True
        # What the light reaches first, on a grid square to it.
        x, y, z = light
        azimuth, elevation = np.degrees([np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))])
        axes = Camera.parallel(azimuth, elevation).axes
        low = (points @ axes.T).min(axis=0)
        size = (np.ptp(points @ axes.T, axis=0)[:2] / pitch).astype(int) + 1
        reached = np.full(size.prod(), np.inf)

        def cells(places: Floats) -> tuple[Ints, Floats, Flags]:
            a, b, deep = (places @ axes.T - low).T
            i, j = (a / pitch).astype(int), (b / pitch).astype(int)
            inside = (a >= 0) & (b >= 0) & (i < size[0]) & (j < size[1])
            return np.where(inside, i * size[1] + j, 0), deep, inside

        cell, deep, _ = cells(points)
        np.minimum.at(reached, cell, deep)
        cell, deep, inside = cells(seen)
        shaded = inside & (deep > reached[cell] + 4 * pitch)
        # A faint light from the other side shapes what lies in the shade.
        bright = np.clip(facing @ light, 0, 1) * ~shaded + 0.3 * np.clip(
            facing @ (light * (-1, 1, 1)), 0, 1
        )
        shape, soft = (rows, columns), 0.5 / pitch
        dark = 0.85 * bright - 0.05 if light_ink else 0.95 - bright
        tone = gaussian_filter(dark.reshape(shape), soft) * is_body.reshape(shape)
        # The wall begins half way up, behind the body.
        wall = 0.5 * (np.arange(rows) < 0.48 * rows)
        shadow = gaussian_filter(np.maximum(shaded.reshape(shape), wall[:, None]), soft)
        shadow *= ~is_body.reshape(shape)
        return cls(facing.reshape(rows, columns, 3), tone, shadow)

    def directions(self) -> Floats:
        """Return unit vectors, (2, R, C), in the direction in which the surface bends most."""
        down, right = np.gradient(gaussian_filter(self.normals, (4, 4, 0)), axis=(0, 1))
        xx, xy, yy = (
            gaussian_filter((one * other).sum(axis=2), 12)
            for one, other in ((right, right), (right, down), (down, down))
        )
        angle = 0.5 * np.arctan2(2 * xy, xx - yy)
        slope_down, slope_right = np.gradient(gaussian_filter(self.tone, 6))
        vector = np.stack([np.cos(angle), np.sin(angle)])
        return vector * np.where(vector[0] * slope_down < vector[1] * slope_right, -1, 1)


def _samples(corners: Floats, pitch: float) -> tuple[Floats, Ints]:
    """Return points at most `pitch` apart on all triangles, (N, 3), and the triangle of each."""
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.ceil(longest / pitch).astype(int) + 1
    points, face = [], []
    for count in np.unique(steps).tolist():
        some = np.flatnonzero(steps == count)
        a, b = np.mgrid[: count + 1, : count + 1].reshape(2, -1)
        a, b = (part[a + b <= count] / count for part in (a, b))
        weights = np.stack([a, b, 1 - a - b], axis=1)
        points.append((weights @ corners[some]).reshape(-1, 3))
        face.append(np.repeat(some, len(weights)))
    return np.concatenate(points), np.concatenate(face)
