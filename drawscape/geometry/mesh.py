"""Triangle meshes in space, the lines that can be drawn on them, and the camera that sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import (
    Floats,
    Ints,
    as_points,
    check_finite,
)

Points3 = Floats
"""(N, 3) float64: x to the right, y away, z up."""


@dataclass(frozen=True, eq=False)
class Camera:
    """An eye far away: `axes` are its right, down and forward, (3, 3) rows.

    Pictures have x to the right and y down, in units of space. `fitted` brings them onto a page.

    >>> corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    >>> Camera.parallel(45, 30).project(corners)[:, 1].round(2).tolist()
    [0.0, 0.35, -0.35, -0.87]
    """

    axes: Floats

    @classmethod
    def parallel(cls, azimuth: float = 45.0, elevation: float = 30.0) -> "Camera":
        """Return the view from the direction of `azimuth` and `elevation` in degrees.

        At azimuth 0 the eye looks along y, from the front; growing azimuths walk it to the right.
        """
        check_finite(azimuth=azimuth, elevation=elevation)
        a, e = np.radians([azimuth, elevation])
        forward = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), -np.sin(e)])
        right = np.array([np.cos(a), np.sin(a), 0.0])
        return cls(np.stack((right, np.cross(forward, right), forward)))

    def project(self, points: ArrayLike) -> Points3:
        """Return x, y on paper and depth, which grows with the distance, of `points`, (N, 3)."""
        return as_points(points, 3) @ self.axes.T


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


def edges(mesh: Mesh, camera: Camera, *, crease_degrees: float = 20.0) -> Points3:
    """Return the edges that show the shape of `mesh` to `camera`, (E, 2, 3), each once.

    These are edges of one face only, and edges where faces meet at more than `crease_degrees`. So is the
    silhouette: edges between a face seen from its front and one from its back.
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
    facing = normals @ camera.axes[2] < 0.0
    wanted |= facing[first] != facing[second]
    return mesh.vertices[pairs[wanted]]
