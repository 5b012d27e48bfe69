"""Gradient noise and its lattice."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats

# 64 kB an array, so that ten temporaries stay in a core's second-level cache.
_CHUNK = 8_192
# Beyond this the fraction of a float64 is too coarse to be noise.
_FARTHEST = 1e12
# Half of what a slope is measured over: 1e-10 of the bumps' curvature, and 1e-11 of rounding.
_STEP = 1e-5


class Noise:
    """Noise that `seed` decides: one value per place, smooth.

    Perlin noise repeats after 256 units along each axis. Simplex noise stands on a skewed grid: it
    repeats after (201.9, -54.1) and (-54.1, 201.9), not along the axes.

    `seed` is an int or a numpy Generator (which is drawn from once, here). All methods take
    coordinates as arrays or numbers that broadcast, in units of about one bump, and return float64
    of the broadcast shape. All raise GeometryError for coordinates that are not finite or beyond
    1e12.

    >>> noise = Noise(seed=7)
    >>> noise.perlin(np.linspace(0, 5, 200), 0.5).shape
    (200,)
    """

    def __init__(self, seed: int | np.random.Generator = 0) -> None:
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
        self._lattice = Lattice.shuffled_by(rng)
        # Octaves are shifted against each other, else all of them are 0 at whole coordinates.
        self._shifts = rng.random((32, 3)) * PERIOD
        self._shifts[0] = 0.0

    def perlin(self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None) -> Floats:
        """Return Perlin noise (1985, 2002) at `x`, `y` or `x`, `y`, `z`, within -1 to 1, mean 0.

        It is 0 where all coordinates are integers.
        """
        return self._sample(perlin, x, y) if z is None else self._sample(perlin, x, y, z)

    def simplex(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Return simplex noise (Perlin 2001) at `x`, `y`, within -1 to 1, with rounder bumps."""
        return self._sample(simplex_2d, x, y)

    def fractal(
        self,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike | None = None,
        *,
        octaves: int = 4,
        lacunarity: float = 2.0,
        gain: float = 0.5,
    ) -> Floats:
        """Return fractal Brownian motion (Perlin 1985; Musgrave 1989), within -1 to 1.

        Each of the `octaves` (1 to 32) is `lacunarity` times finer and `gain` times weaker than the
        one before. Raises GeometryError when `octaves` is out of range or another not positive.
        """
        weights = _weights(octaves, lacunarity, gain)
        layers = self._octaves(x, y, z, octaves, lacunarity)
        total = sum(weight * layer for weight, layer in zip(weights, layers, strict=True))
        return np.asarray(total / weights.sum())

    def ridged(
        self,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike | None = None,
        *,
        octaves: int = 4,
        lacunarity: float = 2.0,
        gain: float = 0.5,
    ) -> Floats:
        """Return ridged multifractal noise (after Musgrave 1994), within 0 to 1, sharp at crests.

        Options and errors are those of `fractal`.
        """
        weights = _weights(octaves, lacunarity, gain)
        total: Floats = np.zeros(())
        carried: Floats = np.ones(())
        # The first octave is shifted too, else the ridges of all seeds meet at whole coordinates.
        layers = self._octaves(x, y, z, octaves, lacunarity, first=1)
        for weight, layer in zip(weights, layers, strict=True):
            crest = (1.0 - np.abs(layer)) ** 2
            # Detail grows on ridges and not in valleys.
            total = total + weight * crest * carried
            carried = np.clip(crest, 0.0, 1.0)
        return np.asarray(total / weights.sum())

    def gradient(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        octaves: int = 1,
        lacunarity: float = 2.0,
        gain: float = 0.5,
    ) -> Floats:
        """Return the slope of `fractal` with these options, to 9 digits or so: shape + (2,)."""
        x, y = np.broadcast_arrays(*(np.asarray(place, dtype=np.float64) for place in (x, y)))
        either = np.array([_STEP, -_STEP]).reshape(2, *(1,) * x.ndim)
        options: dict[str, Any] = {"octaves": octaves, "lacunarity": lacunarity, "gain": gain}
        along = self.fractal(x + either, y, **options), self.fractal(x, y + either, **options)
        return np.stack([(ahead - behind) / (2 * _STEP) for ahead, behind in along], axis=-1)

    def curl(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        octaves: int = 1,
        lacunarity: float = 2.0,
        gain: float = 0.5,
    ) -> Floats:
        """Return curl noise (Bridson 2007), a flow without sources or sinks: shape + (2,)."""
        slope = self.gradient(x, y, octaves=octaves, lacunarity=lacunarity, gain=gain)
        return np.stack((slope[..., 1], -slope[..., 0]), axis=-1)

    def _octaves(
        self,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike | None,
        octaves: int,
        lacunarity: float,
        *,
        first: int = 0,
    ) -> list[Floats]:
        """Return each octave's noise; that of number 0 is not shifted, and they begin with `first`."""
        places = [np.asarray(place, dtype=np.float64) for place in (x, y, z) if place is not None]
        layers = []
        for octave in range(octaves):
            shifts = self._shifts[(octave + first) % len(self._shifts)]
            moved = zip(places, shifts, strict=False)
            layers.append(self.perlin(*(at * lacunarity**octave + shift for at, shift in moved)))
        return layers

    def _sample(self, kernel: Callable[..., Floats], *places: ArrayLike) -> Floats:
        arrays = np.broadcast_arrays(*(np.asarray(place, dtype=np.float64) for place in places))
        for axis, array in zip("xyz", arrays, strict=False):
            if array.size and not (array.min() > -_FARTHEST and array.max() < _FARTHEST):
                raise GeometryError(f"noise needs finite {axis} within {_FARTHEST:g} of 0")
        flat = [np.ascontiguousarray(array).ravel() for array in arrays]
        values = np.empty(flat[0].size)
        for start in range(0, values.size, _CHUNK):
            part = slice(start, start + _CHUNK)
            values[part] = kernel(self._lattice, *(place[part] for place in flat))
        return values.reshape(arrays[0].shape)


def _weights(octaves: int, lacunarity: float, gain: float) -> Floats:
    if not 1 <= octaves <= 32:
        raise GeometryError(f"octaves={octaves!r}: give 1 to 32")
    if not lacunarity > 0 or not gain > 0:
        raise GeometryError(f"lacunarity={lacunarity!r}, gain={gain!r}: both must be positive")
    return np.asarray(gain, dtype=np.float64) ** np.arange(octaves)


PERIOD = 256
"""Cells after which the noise repeats along each axis of its grid."""

_SKEW = (np.sqrt(3.0) - 1.0) / 2.0
_UNSKEW = (3.0 - np.sqrt(3.0)) / 6.0
# One over the largest sum of the corners' (1/2 - d^2)^4 * d in the triangle, found numerically.
_SIMPLEX_SCALE = 99.2043
# Twelve cube-edge gradients reach 1.0364 at most (the maximum over a cell, found numerically).
_CUBE_SCALE = 0.9649
_CUBE_EDGES = np.array(
    [[0, a, b] for a in (-1, 1) for b in (-1, 1)]
    + [[a, 0, b] for a in (-1, 1) for b in (-1, 1)]
    + [[a, b, 0] for a in (-1, 1) for b in (-1, 1)],
    dtype=np.float64,
)


@dataclass(frozen=True)
class Lattice:
    """A shuffled table of cells, and the gradients on it laid out for one look-up each."""

    shuffled: NDArray[np.intp]
    flat: tuple[Floats, Floats]
    cube: tuple[Floats, Floats, Floats]

    @classmethod
    def shuffled_by(cls, rng: np.random.Generator) -> "Lattice":
        """Return a lattice in the order that `rng` gives."""
        once = rng.permutation(PERIOD).astype(np.intp)
        # Twice and two more, so that `shuffled[i] + j + 1` needs no wrapping.
        table = np.concatenate((once, once, once[:2]))
        turns = table * (2.0 * np.pi / PERIOD)
        cube = _CUBE_EDGES[table[table] % len(_CUBE_EDGES)] * _CUBE_SCALE
        x, y, z = (np.ascontiguousarray(column) for column in cube.T)
        return cls(table, (np.cos(turns), np.sin(turns)), (x, y, z))


def perlin(lattice: Lattice, *places: Floats) -> Floats:
    """Return Perlin's gradient noise (1985, quintic of 2002) at x, y or x, y, z, within -1 to 1."""
    cells = [np.floor(place) for place in places]
    numbers = [cell.astype(np.intp) & (PERIOD - 1) for cell in cells]
    offsets = [place - cell for place, cell in zip(places, cells, strict=True)]
    # The corners of a cell one after the other, along x first.
    corners = [numbers[0], numbers[0] + 1]
    for number in numbers[1:]:
        corners = [lattice.shuffled.take(corner) + number for corner in corners]
        corners += [corner + 1 for corner in corners]
    # Four unit gradients on the plane that point at the middle of a cell give sqrt(1/2).
    flat = len(places) == 2
    gradients, scale = (lattice.flat, np.sqrt(2.0)) if flat else (lattice.cube, 1.0)
    sides = [(offset, offset - 1.0) for offset in reversed(offsets)]
    values = []
    for corner, away in zip(corners, product(*sides), strict=True):
        value = gradients[0].take(corner) * away[-1]
        for gradient, gap in zip(gradients[1:], away[-2::-1], strict=True):
            value += gradient.take(corner) * gap
        values.append(value)
    for t in offsets:
        fade = t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
        pairs = zip(values[::2], values[1::2], strict=True)
        values = [low + fade * (high - low) for low, high in pairs]
    return values[0] * scale


def simplex_2d(lattice: Lattice, x: Floats, y: Floats) -> Floats:
    """Return simplex noise (Perlin 2001, after Gustavson 2005) at `x`, `y`, within -1 to 1."""
    skew = (x + y) * _SKEW
    column, row = np.floor(x + skew), np.floor(y + skew)
    back = (column + row) * _UNSKEW
    x, y = x - (column - back), y - (row - back)
    right = (x > y).astype(np.intp)
    i, j = column.astype(np.intp) & (PERIOD - 1), row.astype(np.intp) & (PERIOD - 1)
    total = np.zeros_like(x)
    for di, dj in ((0, 0), (right, 1 - right), (1, 1)):
        shift = (di + dj) * _UNSKEW
        dx, dy = x - di + shift, y - dj + shift
        near = np.maximum(0.5 - dx * dx - dy * dy, 0.0)
        near *= near
        index = lattice.shuffled.take(i + di) + j + dj
        total += near * near * (lattice.flat[0].take(index) * dx + lattice.flat[1].take(index) * dy)
    total *= _SIMPLEX_SCALE
    return total
