"""Cameras: from places in space to places on paper and how far behind it they are."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats

Points3: TypeAlias = Floats
"""(N, 3) float64: x to the right, y away, z up."""


@dataclass(frozen=True, eq=False)
class Camera:
    """An eye: `axes` are its right, down and forward, (3, 3) rows; `eye` is where it stands.

    Pictures have x to the right and y down, in units of space (parallel) or of a screen one unit away
    (perspective). `fitted` brings them onto a page. `near` is the least distance that
    a perspective sees.

    >>> from drawscape.geometry.solids import boxes
    >>> len(visible_edges(boxes((0, 0, 0), (1, 1, 1)), Camera.isometric()))
    9
    """

    axes: Floats
    eye: Floats
    perspective: bool
    near: float = 1e-3

    @classmethod
    def looking(
        cls, eye: ArrayLike, at: ArrayLike, *, up: ArrayLike = (0.0, 0.0, 1.0), near: float = 1e-3
    ) -> "Camera":
        """Return a perspective from `eye` towards `at`, both (3,). `up` is what looks upright.

        Raises GeometryError when the two are the same place, or `near` is not positive.
        """
        if not near > 0:
            raise GeometryError(f"near={near!r}: give a positive distance")
        place = _vector(eye)
        return cls(_axes(_vector(at) - place, _vector(up)), place, True, near)

    @classmethod
    def parallel(cls, azimuth: float = 45.0, elevation: float = 30.0) -> "Camera":
        """Return a parallel view (orthographic), from `azimuth` and `elevation` in degrees.

        At azimuth 0 the eye looks along y, from the front; growing azimuths walk it to the right.
        """
        if not np.isfinite([azimuth, elevation]).all():
            raise GeometryError(f"azimuth={azimuth!r}, elevation={elevation!r}: give finite angles")
        a, e = np.radians([azimuth, elevation])
        forward = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), -np.sin(e)])
        right = np.array([np.cos(a), np.sin(a), 0.0])
        return cls(np.stack((right, np.cross(forward, right), forward)), np.zeros(3), False)

    @classmethod
    def isometric(cls) -> "Camera":
        """Return the parallel view in which the three axes have the same length on paper."""
        return cls.parallel(45.0, float(np.degrees(np.arctan(np.sqrt(0.5)))))

    def seen(self, points: Points3) -> Points3:
        """Return `points`, (N, 3), as the camera has them: right, down, forward."""
        return np.asarray((points - self.eye) @ self.axes.T)

    def projected(self, seen: Points3) -> Points3:
        """Return (N, 3) of x, y on paper and depth, larger for what is further away.

        `seen` is what `seen` returns, in perspective beyond `near`. Depth runs evenly along what is
        straight or flat on paper, so that it can be blended there (it is -1 / distance in
        perspective).
        """
        if not self.perspective:
            return seen
        distance = seen[:, 2:]
        return np.concatenate((seen[:, :2] / distance, -1.0 / distance), axis=1)

    def project(self, points: ArrayLike) -> Points3:
        """Return x, y on paper and depth of `points`, (N, 3).

        Raises GeometryError when a perspective has one of them at its back.
        """
        seen = self.seen(as_points3(points))
        if self.perspective and (seen[:, 2] < self.near).any():
            raise GeometryError("a point is behind the camera; move the eye back")
        return self.projected(seen)


def as_points3(points: ArrayLike) -> Points3:
    """Return `points` as a finite (N, 3) float64 array. Raises GeometryError for anything else."""
    array = np.asarray(points, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, 3))
    if array.ndim != 2 or array.shape[1] != 3 or not np.isfinite(array).all():
        raise GeometryError(f"points in space are a finite (N, 3) array; this one is {array.shape}")
    return array


def _vector(values: ArrayLike) -> Floats:
    vector = np.asarray(values, dtype=np.float64)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise GeometryError(f"a place or direction is three finite numbers, not {values!r}")
    return vector


def _axes(forward: Floats, up: Floats) -> Floats:
    length = np.linalg.norm(forward)
    if length == 0.0:
        raise GeometryError("the camera looks at its own place; move the eye or the target")
    forward = forward / length
    right = np.cross(forward, up)
    if np.linalg.norm(right) < 1e-9:
        # Straight down or up: what lies away (y) is up on paper.
        right = np.cross(forward, (0.0, 1.0, 0.0) if abs(forward[1]) < 0.9 else (0.0, 0.0, 1.0))
    right = right / np.linalg.norm(right)
    return np.stack((right, np.cross(forward, right), forward))
