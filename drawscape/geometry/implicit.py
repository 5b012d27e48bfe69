"""Shapes that a function describes: as a mesh, or as slices."""

from collections.abc import Callable
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.contours import contours
from drawscape.geometry.lines import (
    Floats,
    Ints,
    as_floats,
    as_points,
    check_whole,
    simplify,
)
from drawscape.geometry.mesh import Mesh, Points3
from drawscape.geometry.regions import Area, bounds_of

# A cube's corner (i, j, k) has the number 4 i + 2 j + k. Six tetrahedra around the diagonal from 0 to 7
# fill it, each a walk along the three axes (Freudenthal 1942). Neighbouring cubes cut their common face
# alike.
_WALKS = np.array([[0, steps[0], steps[0] + steps[1], 7] for steps in permutations((4, 2, 1))])


def implicit_mesh(
    function: Callable[[Floats, Floats, Floats], ArrayLike],
    low: ArrayLike,
    high: ArrayLike,
    *,
    resolution: int = 48,
) -> Mesh:
    """Return the surface where `function(x, y, z)` is 0, negative inside, within a box.

    `low` and `high` are the box's corners, (3,); the longest side is cut into `resolution` cubes
    (2 to 300). The function gets and returns arrays, (N,). Where the solid leaves the box the surface
    is open. (Marching tetrahedra: Doi & Koide 1991.)
    Raises GeometryError when the box has no extent or a value is not finite.

    >>> def ball(x, y, z):
    ...     return x * x + y * y + z * z - 1
    >>> mesh = implicit_mesh(ball, (-1.5, -1.5, -1.5), (1.5, 1.5, 1.5))
    >>> bool(np.allclose(np.linalg.norm(mesh.vertices, axis=1), 1, atol=0.01))
    True
    """
    one, two = as_points([low, high], 3)
    if not (one < two).all():
        raise GeometryError(f"box from {low!r} to {high!r}: give low < high")
    check_whole(2, 300, resolution=resolution)
    cells = np.ceil((two - one) / np.max(two - one) * resolution - 1e-9)
    shape = np.maximum(cells, 1).astype(np.int64) + 1
    axes = [np.linspace(a, b, n) for a, b, n in zip(one, two, shape.tolist(), strict=True)]
    x, y, z = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    values = np.broadcast_to(as_floats(function(x, y, z)), x.shape).copy()
    if not np.isfinite(values).all():
        raise GeometryError("the function has values that are not finite within the box")
    # A node just on the surface counts as outside: no triangle shrinks to a point there.
    values[values == 0.0] = 1e-12 * max(float(np.abs(values).max()), 1e-300)
    nodes = np.column_stack((x, y, z))
    # The tetrahedra of the cubes that the surface passes.
    some = every = (values < 0.0).reshape(shape)
    for axis in range(3):
        some = np.delete(some, -1, axis) | np.delete(some, 0, axis)
        every = np.delete(every, -1, axis) & np.delete(every, 0, axis)
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    corners = np.argwhere(np.ones((2, 2, 2))) @ strides
    cubes = (np.argwhere(some & ~every) @ strides)[:, None] + corners
    return _surface(nodes, values, cubes[:, _WALKS].reshape(-1, 4))


def implicit_slices(
    function: Callable[[Floats, Floats, Floats], ArrayLike],
    heights: ArrayLike,
    area: Area,
    *,
    resolution: int = 200,
) -> list[Points3]:
    """Return the lines, (N, 3) each, where `function(x, y, z)` is 0 at each z of `heights`, within `area`.

    The function is as for `implicit_mesh`; it gets x as (1, C), y as (R, 1) and z as (1, 1). There are
    `resolution` points along each side of `area`. Lines keep only the points that give them their form.

    >>> ball = lambda x, y, z: x * x + y * y + z * z - 1
    >>> [ring] = implicit_slices(ball, [0.6], (-1, -1, 1, 1))
    >>> bool(np.allclose(np.linalg.norm(ring, axis=1), 1, atol=0.01))
    True
    """
    check_whole(2, resolution=resolution)
    page = bounds_of(area)
    x, y = map(np.linspace, page[:2], page[2:], (resolution, resolution))
    x, y = x[None, :], y[:, None]
    found: list[Points3] = []
    for height in np.atleast_1d(as_floats(heights)).tolist():
        lines = contours(function(x, y, np.full((1, 1), height)), 0.0, area)
        lines = simplify(lines, 4e-4 * page.long)
        found += [np.column_stack((line, np.full(len(line), height))) for line in lines]
    return found


# Which edges of a tetrahedron make a triangle, by how many of its corners are inside; those are the first.
_TRIANGLES = (
    (1, ((0, 1), (0, 2), (0, 3))),
    (3, ((0, 3), (1, 3), (2, 3))),
    # Two and two: a quad, as two triangles.
    (2, ((0, 2), (0, 3), (1, 3))),
    (2, ((0, 2), (1, 3), (1, 2))),
)


def _surface(nodes: Floats, values: Floats, tetrahedra: Ints) -> Mesh:
    """Return the surface within the tetrahedra, its faces turned to the outside, without flat ones."""
    within = values[tetrahedra] < 0.0
    count = within.sum(axis=1)
    order = np.argsort(~within, axis=1, kind="stable")
    ordered = np.take_along_axis(tetrahedra, order, axis=1)
    pairs = np.concatenate(
        [ordered[count == inside][:, edges].reshape(-1, 2) for inside, edges in _TRIANGLES]
    )
    low, high = np.minimum(pairs[:, 0], pairs[:, 1]), np.maximum(pairs[:, 0], pairs[:, 1])
    _, first, back = np.unique(low * len(nodes) + high, return_index=True, return_inverse=True)
    a, b = low[first], high[first]
    share = values[a] / (values[a] - values[b])
    vertices, faces = nodes[a] + share[:, None] * (nodes[b] - nodes[a]), back.reshape(-1, 3)
    ways = (nodes[pairs[:, 1]] - nodes[pairs[:, 0]]).reshape(-1, 3, 3).sum(axis=1)
    p, q, r = vertices[faces].transpose(1, 0, 2)
    inward = (np.cross(q - p, r - p) * ways).sum(axis=1) < 0.0
    faces = np.where(inward[:, None], faces[:, ::-1], faces)
    return Mesh(vertices, faces[(np.diff(np.sort(faces, axis=1)) != 0).all(axis=1)])
