"""Triangle meshes in space, the lines that can be drawn on them, and the cameras that see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import (
    Flags,
    Floats,
    Ints,
    as_points,
    check_finite,
    check_positive,
)

Points3: TypeAlias = Floats
"""(N, 3) float64: x to the right, y away, z up."""


@dataclass(frozen=True, eq=False)
class Camera:
    """An eye: `axes` are its right, down and forward, (3, 3) rows; `eye` is where it stands.

    Pictures have x to the right and y down, in units of space (parallel) or of a screen one unit away
    (perspective). `fitted` brings them onto a page. `near` is the least distance that
    a perspective sees.

    >>> corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    >>> Camera.parallel(45, 30).project(corners)[:, 1].round(2).tolist()
    [0.0, 0.35, -0.35, -0.87]
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
        check_positive(near=near)
        place, target, upright = as_points([eye, at, up], 3)
        forward = target - place
        length = np.linalg.norm(forward)
        if length == 0.0:
            raise GeometryError("the camera looks at its own place; move the eye or the target")
        forward = forward / length
        right = np.cross(forward, upright)
        if np.linalg.norm(right) < 1e-9:
            # Straight down or up: the far side (y) is up on paper.
            right = np.cross(forward, (0.0, 1.0, 0.0) if abs(forward[1]) < 0.9 else (0.0, 0.0, 1.0))
        right = right / np.linalg.norm(right)
        axes = np.stack((right, np.cross(forward, right), forward))
        return cls(axes, place, True, near)

    @classmethod
    def parallel(cls, azimuth: float = 45.0, elevation: float = 30.0) -> "Camera":
        """Return a parallel view (orthographic), from `azimuth` and `elevation` in degrees.

        At azimuth 0 the eye looks along y, from the front; growing azimuths walk it to the right.
        """
        check_finite(azimuth=azimuth, elevation=elevation)
        a, e = np.radians([azimuth, elevation])
        forward = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), -np.sin(e)])
        right = np.array([np.cos(a), np.sin(a), 0.0])
        return cls(np.stack((right, np.cross(forward, right), forward)), np.zeros(3), False)

    def seen(self, points: Points3) -> Points3:
        """Return `points`, (N, 3), as the camera has them: right, down, forward."""
        return (points - self.eye) @ self.axes.T

    def projected(self, seen: Points3) -> Points3:
        """Return (N, 3): x and y on paper, and depth, which grows with the distance.

        `seen` comes from the method `seen`, in perspective beyond `near`. Depth is linear along lines
        and faces on paper, so it can be interpolated there. In perspective it is -1 / distance.
        """
        if not self.perspective:
            return seen
        distance = seen[:, 2:]
        return np.concatenate((seen[:, :2] / distance, -1.0 / distance), axis=1)

    def project(self, points: ArrayLike) -> Points3:
        """Return x, y on paper and depth of `points`, (N, 3).

        Raises GeometryError when a perspective has one of them at its back.
        """
        seen = self.seen(as_points(points, 3))
        if self.perspective and (seen[:, 2] < self.near).any():
            raise GeometryError("a point is behind the camera; move the eye back")
        return self.projected(seen)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles in space: `vertices` is (V, 3), `faces` (F, 3) indices, outside counter-clockwise.

    >>> corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    >>> Mesh.of(corners, [(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)]).faces.shape
    (4, 3)
    """

    vertices: Points3
    faces: Ints

    @classmethod
    def of(cls, vertices: ArrayLike, faces: ArrayLike) -> "Mesh":
        """Return a mesh of triangles, (F, 3), or of quads, (F, 4), which are cut in two.

        Raises GeometryError for other shapes or an index that no vertex has.
        """
        points = as_points(vertices, 3)
        corners = np.asarray(faces, dtype=np.int64)
        corners = corners if corners.size else corners.reshape(0, 3)
        if corners.ndim != 2 or corners.shape[1] not in (3, 4):
            raise GeometryError(f"faces are (F, 3) or (F, 4) indices, not {corners.shape}")
        if corners.shape[1] == 4:
            corners = corners[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
        if corners.size and (np.min(corners) < 0 or np.max(corners) >= len(points)):
            raise GeometryError(f"faces name vertices outside of 0 to {len(points) - 1}")
        return cls(points, corners)

    @classmethod
    def join(cls, meshes: "Iterable[Mesh]") -> "Mesh":
        """Return all triangles of `meshes` in one; vertices are not shared between them."""
        parts = list(meshes)
        if not parts:
            return cls(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))
        starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
        faces = [part.faces + start for part, start in zip(parts, starts, strict=False)]
        return cls(np.concatenate([part.vertices for part in parts]), np.concatenate(faces))

    def moved(self, dx: float, dy: float, dz: float) -> "Mesh":
        """Return the mesh moved."""
        return Mesh(self.vertices + np.array((dx, dy, dz)), self.faces)

    @property
    def corners(self) -> Floats:
        """The corners of each triangle, (F, 3, 3)."""
        return self.vertices[self.faces]

    @property
    def normals(self) -> Points3:
        """The outward unit normal of each triangle, (F, 3); 0 where it has no area."""
        a, b, c = self.corners.transpose(1, 0, 2)
        normal = np.cross(b - a, c - a)
        size = np.linalg.norm(normal, axis=1, keepdims=True)
        return normal / np.where(size > 0.0, size, 1.0)


def edges(mesh: Mesh, *, camera: Camera | None = None, crease_degrees: float = 20.0) -> Points3:
    """Return the edges that show the shape of `mesh`, (E, 2, 3), each once.

    These are edges of one face only, and edges where faces meet at more than `crease_degrees`. With a
    camera the silhouette is among them: edges between a face seen from its front and one from its back.
    0 degrees gives all edges that are not flat.
    """
    sides = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    key = sides[:, 0] * len(mesh.vertices) + sides[:, 1]
    _, one, back = np.unique(key, return_index=True, return_inverse=True)
    other = np.empty_like(one)
    other[back] = np.arange(len(key))
    # Each edge and its two faces; an edge of one face has that twice.
    pairs, first, second, normals = sides[one], one // 3, other // 3, mesh.normals
    alone = other == one
    cosine = (normals[first] * normals[second]).sum(axis=1)
    wanted = alone | (cosine < np.cos(np.radians(crease_degrees)) - 1e-12)
    if camera is not None:
        towards = camera.eye - mesh.corners[:, 0] if camera.perspective else -camera.axes[2]
        facing = (normals * towards).sum(axis=1) > 0.0
        wanted |= facing[first] != facing[second]
    return np.asarray(mesh.vertices[pairs[wanted]])


def lone_corner_first(corners: NDArray[Any], above: Flags) -> NDArray[Any]:
    """Return triangles, (N, 3, ...), turned so that the corner that is alone on its side comes first."""
    lonely = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), above.argmin(axis=1))
    return corners[np.arange(len(corners))[:, None], (lonely[:, None] + np.arange(3)) % 3]
