"""Solids and terrain as meshes: boxes, spheres, tori, what turns around an axis, height fields."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.contours import as_grid
from drawscape.geometry.lines import Ints, as_floats, as_points, check_positive, check_whole
from drawscape.geometry.mesh import Mesh
from drawscape.geometry.regions import Area, bounds_of, polar

# Corners 0 to 3 below, 4 to 7 above, counter-clockwise from above; faces outward.
_CORNERS = np.array([(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))])
_BOX = np.array(
    [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
)


def boxes(low: ArrayLike, high: ArrayLike) -> Mesh:
    """Return axis-parallel boxes from `low` to `high`, each (N, 3) or (3,).

    Raises GeometryError when one of them has no extent.
    """
    one, two = np.broadcast_arrays(np.atleast_2d(as_floats(low)), as_floats(high))
    if one.shape[1] != 3 or not (np.isfinite(two - one).all() and (one < two).all()):
        raise GeometryError("a box runs from `low` to a `high` that is larger along every axis")
    corners = np.where(_CORNERS, two[:, None], one[:, None])
    faces = _BOX + 8 * np.arange(len(one))[:, None, None]
    return Mesh.of(corners.reshape(-1, 3), faces.reshape(-1, 4))


def sphere(radius: float = 1.0, *, columns: int = 48, rows: int = 24) -> Mesh:
    """Return a sphere around the origin, poles up and down."""
    _check(radius=radius, columns=columns, rows=rows)
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows + 1)
    return revolved(polar(radius, latitude), columns=columns)


def torus(radius: float = 1.0, tube: float = 0.4, *, columns: int = 64, rows: int = 32) -> Mesh:
    """Return a torus around the z axis; `radius` is that of the tube's middle."""
    _check(radius=radius, tube=tube, columns=columns, rows=rows)
    turns = np.linspace(0.0, 2.0 * np.pi, rows + 1)
    profile = np.add(polar(tube, turns), (radius, 0.0))
    profile[-1] = profile[0]
    return revolved(profile, columns=columns)


def revolved(profile: ArrayLike, *, columns: int = 48) -> Mesh:
    """Return the solid that `profile`, (N, 2) of radius and height from below, sweeps around z.

    A profile that ends where it starts makes a ring. Raises GeometryError when a radius is negative.
    """
    line = as_points(profile)
    if (line[:, 0] < 0).any():
        raise GeometryError(f"radius {float(np.min(line[:, 0]))!r} of a profile: give 0 or more")
    _check(columns=columns)
    turns = np.linspace(0.0, 2.0 * np.pi, columns, endpoint=False)
    circle = polar(1.0, turns)
    heights = np.broadcast_to(line[:, None, 1:], (len(line), columns, 1))
    grid = np.concatenate((line[:, None, :1] * circle, heights), axis=2)
    numbers = np.arange(len(line) * columns).reshape(-1, columns)
    around = np.pad(numbers, ((0, 0), (0, 1)), mode="wrap")
    mesh = Mesh.of(grid.reshape(-1, 3), _quads(around))
    # Poles and seams become one vertex each, and faces without an area go.
    key = np.round(mesh.vertices, 9) + 0.0
    _, first, back = np.unique(key, axis=0, return_index=True, return_inverse=True)
    faces = back.reshape(-1)[mesh.faces]
    a, b, c = faces.T
    return Mesh(mesh.vertices[first], faces[(a != b) & (b != c) & (c != a)])


def terrain(heights: ArrayLike, area: Area) -> Mesh:
    """Return the surface of `heights`, (rows, columns) from 2 x 2, over `area`, row 0 at y0.

    Raises GeometryError for another shape.
    """
    grid = as_grid(heights)
    x0, y0, x1, y1 = bounds_of(area)
    rows, columns = grid.shape
    x, y = np.meshgrid(np.linspace(x0, x1, columns), np.linspace(y0, y1, rows))
    points = np.column_stack((x.ravel(), y.ravel(), grid.ravel()))
    return Mesh.of(points, _quads(np.arange(grid.size).reshape(grid.shape)))


def _quads(numbers: Ints) -> Ints:
    """Return the four vertices around each cell of a grid of them, (N, 4)."""
    above, below = numbers[:-1], numbers[1:]
    corners = above[:, :-1], above[:, 1:], below[:, 1:], below[:, :-1]
    return np.stack(corners, axis=-1).reshape(-1, 4)


def _check(columns: int, rows: int = 2, **lengths: float) -> None:
    check_positive(**lengths)
    check_whole(3, columns=columns)
    check_whole(2, rows=rows)
