"""Triangle meshes: vertices and faces in flat arrays, and the lines that can be drawn on them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.camera import Camera, Points3, as_points3
from drawscape.geometry.lines import Flags, Floats, Ints


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
        points = as_points3(vertices)
        corners = np.asarray(faces, dtype=np.int64)
        if corners.size == 0:
            corners = corners.reshape(0, 3)
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
        return Mesh(self.vertices + np.array([dx, dy, dz], dtype=np.float64), self.faces)

    def transformed(self, matrix: ArrayLike) -> "Mesh":
        """Return the mesh under a (3, 3) matrix. Raises GeometryError for another shape."""
        linear = np.asarray(matrix, dtype=np.float64)
        if linear.shape != (3, 3) or not np.isfinite(linear).all():
            raise GeometryError(
                f"a transform of space is a finite (3, 3) matrix, not {linear.shape}"
            )
        faces = self.faces if np.linalg.det(linear) >= 0 else self.faces[:, ::-1]
        return Mesh(self.vertices @ linear.T, faces)

    @property
    def corners(self) -> Floats:
        """The corners of each triangle, (F, 3, 3)."""
        return np.asarray(self.vertices[self.faces])

    @property
    def normals(self) -> Points3:
        """The outward unit normal of each triangle, (F, 3); 0 where it has no area."""
        a, b, c = self.corners.transpose(1, 0, 2)
        normal = np.cross(b - a, c - a)
        size = np.linalg.norm(normal, axis=1, keepdims=True)
        return np.asarray(normal / np.where(size > 0.0, size, 1.0))


def edges(mesh: Mesh, *, camera: Camera | None = None, crease_degrees: float = 20.0) -> Points3:
    """Return the edges that show the shape of `mesh`, (E, 2, 3), each once.

    These are edges of one face only, and edges where faces meet at more than `crease_degrees`. With a
    camera the silhouette is among them: edges between a face seen from its front and one from its back.
    0 degrees gives all edges that are not flat.
    """
    pairs, first, second = _adjacent(mesh)
    normals = mesh.normals
    alone = second < 0
    cosine = (normals[first] * normals[second]).sum(axis=1)
    wanted = alone | (cosine < np.cos(np.radians(crease_degrees)) - 1e-12)
    if camera is not None:
        facing = _facing(mesh, camera)
        wanted |= facing[first] != facing[second]
    return np.asarray(mesh.vertices[pairs[wanted]])


def slices(mesh: Mesh, levels: ArrayLike, *, normal: ArrayLike = (0.0, 0.0, 1.0)) -> Points3:
    """Return the segments where planes cut `mesh`, (S, 2, 3): contour lines drawn on the solid.

    The planes are those where `normal` . p equals one of `levels`.
    """
    direction = np.asarray(normal, dtype=np.float64)
    heights = mesh.vertices @ direction
    found = [np.empty((0, 2, 3))]
    for level in np.atleast_1d(np.asarray(levels, dtype=np.float64)).tolist():
        # A vertex at the level itself counts as above: each triangle is cut twice or not at all.
        above = heights >= level
        mixed = mesh.faces[above[mesh.faces].any(axis=1) & ~above[mesh.faces].all(axis=1)]
        if not len(mixed):
            continue
        up = above[mixed]
        # Turned so that corner 0 is the one that is alone on its side.
        lonely = np.where(up.sum(axis=1) == 1, up.argmax(axis=1), up.argmin(axis=1))
        turned = mixed[np.arange(len(mixed))[:, None], (lonely[:, None] + np.arange(3)) % 3]
        start, ends = turned[:, :1], turned[:, 1:]
        share = (level - heights[start]) / (heights[ends] - heights[start])
        a, b = mesh.vertices[start], mesh.vertices[ends]
        found.append(a + share[..., None] * (b - a))
    segments = np.concatenate(found)
    return np.asarray(segments[(segments[:, 0] != segments[:, 1]).any(axis=1)])


def _adjacent(mesh: Mesh) -> tuple[Ints, Ints, Ints]:
    """Return each edge (E, 2) and its two faces; the second is -1 where there is no other."""
    faces = mesh.faces
    sides = np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]))
    owner = np.tile(np.arange(len(faces)), 3)
    low, high = np.minimum(sides[:, 0], sides[:, 1]), np.maximum(sides[:, 0], sides[:, 1])
    order = np.lexsort((owner, high, low))
    low, high, owner = low[order], high[order], owner[order]
    fresh = np.ones(len(low), dtype=bool)
    fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    heads = np.flatnonzero(fresh)
    counts = np.diff(np.append(heads, len(low)))
    second = np.where(counts > 1, owner[np.minimum(heads + 1, max(len(owner) - 1, 0))], -1)
    return np.column_stack((low[heads], high[heads])), owner[heads], second


def _facing(mesh: Mesh, camera: Camera) -> Flags:
    if camera.perspective:
        towards = camera.eye - mesh.corners[:, 0]
    else:
        towards = np.broadcast_to(-camera.axes[2], (len(mesh.faces), 3))
    return np.asarray((mesh.normals * towards).sum(axis=1) > 0.0)
