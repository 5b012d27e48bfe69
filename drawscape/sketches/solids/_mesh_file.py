"""Triangle meshes from files: STL, of text or of numbers, and OBJ."""

from itertools import pairwise

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry import Floats, Mesh
from drawscape.sketches import read_input

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def read_mesh(name: str) -> Mesh:
    """Return the triangles in the file `name`, with the units and axes of the file.

    Raises GeometryError for a file that is no mesh, and the
    errors of `read_input`.
    """
    content = read_input(name)
    try:
        corners = _obj(content) if name.lower().endswith(".obj") else _stl(content)
        if not len(corners) or not np.isfinite(corners).all():
            raise ValueError("it holds no triangles")
    except (ValueError, IndexError) as error:
        raise GeometryError(
            f"mesh {name!r} cannot be read: {error}; give an STL or OBJ file"
        ) from error
    return welded(corners)


def welded(corners: Floats) -> Mesh:
    """Return triangles, (F, 3, 3), as a mesh in which corners at the same place are one vertex."""
    points = corners.reshape(-1, 3).astype(float)
    grid = 1e-6 * max(np.ptp(points), 1e-12)
    _, first, back = np.unique(
        np.round(points / grid), axis=0, return_index=True, return_inverse=True
    )
    return Mesh.of(points[first], back.reshape(-1, 3))


def _stl(content: bytes) -> Floats:
    """Return the corners of the triangles, (F, 3, 3)."""
    count = int.from_bytes(content[80:84], "little")
    if len(content) == 84 + count * _TRIANGLE.itemsize:
        return np.frombuffer(content, _TRIANGLE, count, 84)["corners"]
    words = [line.split() for line in content.decode("utf-8", "replace").splitlines()]
    points = [row[1:4] for row in words if row[:1] == ["vertex"]]
    return np.array(points, dtype=float).reshape(-1, 3, 3)


def _obj(content: bytes) -> Floats:
    """Return the corners of the triangles, (F, 3, 3); faces of more corners are cut into fans."""
    points, faces = [], []
    for line in content.decode("utf-8", "replace").splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            points.append([float(word) for word in words[:3]])
        elif kind == "f":
            # Corners count from 1, or back from the last one.
            numbers = [int(word.partition("/")[0]) for word in words]
            ring = [number - 1 if number > 0 else len(points) + number for number in numbers]
            faces += [[ring[0], *pair] for pair in pairwise(ring[1:])]
    corners = np.array(faces, dtype=np.int64).reshape(-1, 3)
    return np.array(points).reshape(-1, 3)[corners]
