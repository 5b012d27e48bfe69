"""Seeded smooth noise for whole arrays at once: Perlin, simplex, fractal, ridged and curl."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry import lattice as kernels
from drawscape.geometry.lattice import Lattice
from drawscape.geometry.lines import Floats

# 64 kB an array, so that ten temporaries stay in a core's second-level cache.
_CHUNK = 8_192
# Beyond this the fraction of a float64 is too coarse to be noise.
_FARTHEST = 1e12


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
        self._shifts = rng.random((32, 3)) * kernels.PERIOD

    def perlin(self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None) -> Floats:
        """Return Perlin noise (1985, 2002) at `x`, `y` or `x`, `y`, `z`, within -1 to 1, mean 0.

        It is 0 where all coordinates are whole numbers.
        """
        if z is None:
            return self._sample(kernels.perlin_2d, x, y)
        return self._sample(kernels.perlin_3d, x, y, z)

    def simplex(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Return simplex noise (Perlin 2001) at `x`, `y`, within -1 to 1, with rounder bumps."""
        return self._sample(kernels.simplex_2d, x, y)

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
        """Return the exact slope of `fractal` with these options: shape + (2,)."""
        weights = _weights(octaves, lacunarity, gain)
        (x, y), shape = _flat(x, y)
        slope = np.zeros((2, x.size))
        for octave, weight in enumerate(weights):
            scale = lacunarity**octave
            shift = self._shifts[octave] if octave else np.zeros(3)
            for start in range(0, x.size, _CHUNK):
                part = slice(start, start + _CHUNK)
                found = kernels.perlin_2d_gradient(
                    self._lattice, x[part] * scale + shift[0], y[part] * scale + shift[1]
                )
                slope[0, part] += weight * scale * found[0]
                slope[1, part] += weight * scale * found[1]
        return np.ascontiguousarray(slope.T / weights.sum()).reshape(*shape, 2)

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
            number = (octave + first) % len(self._shifts)
            shift = self._shifts[number] if number else np.zeros(3)
            layers.append(
                self.perlin(
                    *(place * lacunarity**octave + shift[axis] for axis, place in enumerate(places))
                )
            )
        return layers

    def _sample(self, kernel: Callable[..., Floats], *places: ArrayLike) -> Floats:
        flat, shape = _flat(*places)
        values = np.empty(flat[0].size)
        for start in range(0, values.size, _CHUNK):
            part = slice(start, start + _CHUNK)
            values[part] = kernel(self._lattice, *(place[part] for place in flat))
        return values.reshape(shape)


def _flat(*places: ArrayLike) -> tuple[list[Floats], tuple[int, ...]]:
    arrays = np.broadcast_arrays(*(np.asarray(place, dtype=np.float64) for place in places))
    for axis, array in zip("xyz", arrays, strict=False):
        if array.size and not (array.min() > -_FARTHEST and array.max() < _FARTHEST):
            raise GeometryError(f"noise needs finite {axis} within {_FARTHEST:g} of 0")
    return [np.ascontiguousarray(array).ravel() for array in arrays], arrays[0].shape


def _weights(octaves: int, lacunarity: float, gain: float) -> Floats:
    if not 1 <= octaves <= 32:
        raise GeometryError(f"octaves={octaves!r}: give 1 to 32")
    if not lacunarity > 0 or not gain > 0:
        raise GeometryError(f"lacunarity={lacunarity!r}, gain={gain!r}: both must be positive")
    return np.asarray(gain, dtype=np.float64) ** np.arange(octaves)
