"""Solids as distances: rays that march to a surface, its normals, and the shadows on it."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Flags, Floats

Points3: TypeAlias = Floats
Distance: TypeAlias = Callable[[Points3], Floats]
"""Of points (N, 3): how far each is from the nearest surface, (N,), negative inside of a solid."""

_NEAR = 1e-3
_MOST_STEPS = 96


def march(distance: Distance, origins: Points3, direction: ArrayLike, far: float) -> Floats:
    """Return how far each ray from `origins`, (N, 3), goes until it meets a surface, inf for none by `far`.

    `direction` is a unit vector, (3,), of all rays. Each step is as long as nothing can be in the way
    (John C. Hart, Sphere tracing, 1996).

    >>> ball = lambda p: np.linalg.norm(p, axis=1) - 1.0
    >>> march(ball, np.array([(0.0, 0.0, -5.0), (3.0, 0.0, -5.0)]), (0, 0, 1), 20.0).round(2).tolist()
    [4.0, inf]
    """
    way = np.asarray(direction, dtype=np.float64)
    gone, moving = np.zeros(len(origins)), np.arange(len(origins))
    for _ in range(_MOST_STEPS):
        step = distance(origins[moving] + gone[moving, None] * way)
        gone[moving] += step
        moving = moving[(step > _NEAR) & (gone[moving] < far)]
        if not len(moving):
            break
    # A ray that still creeps along a surface has as good as met it.
    return np.where(gone < far, gone, np.inf)


def normals_of(distance: Distance, points: Points3) -> Points3:
    """Return the unit vectors, (N, 3), that point straight out of the surface at `points`.

    >>> normals_of(lambda p: np.linalg.norm(p, axis=1) - 1.0, np.array([(0.0, 1.0, 0.0)])).round(3).tolist()
    [[0.0, 1.0, 0.0]]
    """
    found = np.empty_like(points)
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = 2 * _NEAR
        found[:, axis] = distance(points + shift) - distance(points - shift)
    return found / np.maximum(np.linalg.norm(found, axis=1), 1e-12)[:, None]


def is_lit(
    distance: Distance, points: Points3, normals: Points3, light: ArrayLike, far: float
) -> Flags:
    """Return whether nothing stands between each of `points`, (N, 3), and a far light towards `light`.

    >>> poles = np.array([(0.0, 1.0, 0.0), (0.0, -1.0, 0.0)])
    >>> is_lit(lambda p: np.linalg.norm(p, axis=1) - 1.0, poles, poles, (0, 1, 0), 9.0).tolist()
    [True, False]
    """
    return np.isinf(march(distance, points + 0.02 * normals, light, far))


def smooth_union(a: Floats, b: Floats, reach: float) -> Floats:
    """Return the distance to two solids that melt into each other where they are nearer than `reach`.

    The polynomial minimum of Inigo Quilez (2013).

    >>> smooth_union(np.array([1.0, 0.0]), np.array([1.0, 9.0]), 0.4).round(2).tolist()
    [0.9, 0.0]
    """
    blend = np.clip(0.5 + 0.5 * (b - a) / reach, 0, 1)
    return np.asarray(b * (1 - blend) + a * blend - reach * blend * (1 - blend))
