"""Gradient noise."""

from collections.abc import Callable, Sequence
from itertools import product
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, as_floats, check_positive, check_whole

# 64 kB an array, so that ten temporaries stay in a core's second-level cache.
_CHUNK = 8_192
# Beyond this the fraction of a float64 is too coarse to be noise.
_FARTHEST = 1e12
# How far apart two values are taken for a slope: rounding and curvature change it by less than 1e-8.
_STEP = 1e-5
# Cells after which the noise repeats along each axis of its grid.
_PERIOD = 256
_SKEW = (np.sqrt(3.0) - 1.0) / 2.0
_UNSKEW = (3.0 - np.sqrt(3.0)) / 6.0
# One over the largest sum of the corners' (1/2 - d^2)^4 * d in the triangle, found numerically.
_SIMPLEX_SCALE = 99.2043
# Twelve cube-edge gradients reach 1.0364 at most (the maximum over a cell, found numerically).
_CUBE_SCALE = 0.9649
_CUBE_EDGES = np.array(
    sorted((p for p in product((-1, 0, 1), repeat=3) if p.count(0) == 1), key=lambda p: p.index(0)),
    dtype=np.float64,
)


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
        once = rng.permutation(_PERIOD).astype(np.intp)
        # Twice and two more, so that `shuffled[i] + j + 1` needs no wrapping.
        self._shuffled = np.concatenate((once, once, once[:2]))
        turns = self._shuffled * (2.0 * np.pi / _PERIOD)
        cube = _CUBE_EDGES[self._shuffled[self._shuffled] % len(_CUBE_EDGES)] * _CUBE_SCALE
        # The gradients of the plane and of space, laid out for one look-up each.
        self._flat, self._cube = (np.cos(turns), np.sin(turns)), np.ascontiguousarray(cube.T)
        # Octaves are shifted against each other, else all of them are 0 at whole coordinates.
        self._shifts = rng.random((32, 3)) * _PERIOD
        self._shifts[0] = 0.0

    def perlin(self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None) -> Floats:
        """Return Perlin noise (1985, quintic of 2002) at `x`, `y` or `x`, `y`, `z`, within -1 to 1, mean 0.

        It is 0 where all coordinates are integers.
        """
        return self._sampled(self._perlin, x, y, z)

    def simplex(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Return simplex noise (Perlin 2001) at `x`, `y`, within -1 to 1, with rounder bumps."""
        return self._sampled(self._simplex, x, y)

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
        weights, layers = self._octaves(
            self.perlin, 0, x, y, z, octaves=octaves, lacunarity=lacunarity, gain=gain
        )
        return np.asarray(sum(map(mul, weights, layers)) / weights.sum())

    def ridged(
        self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None, **options: Any
    ) -> Floats:
        """Return ridged multifractal noise (after Musgrave 1994), within 0 to 1, sharp at crests.

        Options and errors are those of `fractal`.
        """
        # The first octave is shifted too, else the ridges of all seeds meet at whole coordinates.
        weights, layers = self._octaves(self.perlin, 1, x, y, z, **options)
        total, carried = np.zeros(()), np.ones(())
        for weight, layer in zip(weights, layers, strict=True):
            crest = (1.0 - np.abs(layer)) ** 2
            # Detail grows on ridges and not in valleys.
            total, carried = total + weight * crest * carried, crest
        return np.asarray(total / weights.sum())

    def gradient(self, x: ArrayLike, y: ArrayLike, *, octaves: int = 1, **options: Any) -> Floats:
        """Return the slope of `fractal` with these options by x and by y: shape + (2,)."""
        options["octaves"] = octaves
        x, y = np.broadcast_arrays(as_floats(x), as_floats(y))
        by_x = self.fractal(x + _STEP, y, **options) - self.fractal(x - _STEP, y, **options)
        by_y = self.fractal(x, y + _STEP, **options) - self.fractal(x, y - _STEP, **options)
        return np.stack((by_x, by_y), axis=-1) / (2 * _STEP)

    def curl(self, x: ArrayLike, y: ArrayLike, **options: Any) -> Floats:
        """Return curl noise (Bridson 2007), a flow without sources or sinks: shape + (2,).

        Options are those of `gradient`.
        """
        return self.gradient(x, y, **options)[..., ::-1] * (1.0, -1.0)

    def _octaves(
        self,
        sample: Callable[..., Floats],
        first: int,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike | None,
        *,
        octaves: int = 4,
        lacunarity: float = 2.0,
        gain: float = 0.5,
    ) -> tuple[Floats, list[Floats]]:
        """Return the weight and noise of each octave; the shifts begin with number `first`."""
        check_whole(1, 32, octaves=octaves)
        check_positive(lacunarity=lacunarity, gain=gain)
        places = [as_floats(place) for place in (x, y, z) if place is not None]
        layers = []
        for octave in range(octaves):
            moved = zip(places, self._shifts[(octave + first) % len(self._shifts)], strict=False)
            layers.append(sample(*(at * lacunarity**octave + shift for at, shift in moved)))
        return as_floats(gain) ** np.arange(octaves), layers

    def _sampled(self, kernel: Callable[..., Floats], *places: ArrayLike | None) -> Floats:
        given = (as_floats(place) for place in places if place is not None)
        arrays = np.broadcast_arrays(*given)
        for axis, array in zip("xyz", arrays, strict=False):
            if array.size and not (array.min() > -_FARTHEST and array.max() < _FARTHEST):
                raise GeometryError(f"noise needs finite {axis} within {_FARTHEST:g} of 0")
        flat = [array.ravel() for array in arrays]
        values = np.empty(flat[0].size)
        for start in range(0, flat[0].size, _CHUNK):
            part = slice(start, start + _CHUNK)
            values[part] = kernel(*(place[part] for place in flat))
        return values.reshape(arrays[0].shape)

    def _perlin(self, *places: Floats) -> Floats:
        """Return what `perlin` does."""
        cells = [np.floor(place) for place in places]
        numbers = [cell.astype(np.intp) & (_PERIOD - 1) for cell in cells]
        offsets = [place - cell for place, cell in zip(places, cells, strict=True)]
        # The corners of a cell one after the other, along x first.
        corners = [numbers[0], numbers[0] + 1]
        for number in numbers[1:]:
            corners = [self._shuffled.take(corner) + number for corner in corners]
            corners += [corner + 1 for corner in corners]
        # Four unit gradients on the plane that point at the middle of a cell give sqrt(1/2).
        gradients, scale = (self._flat, np.sqrt(2.0)) if len(places) == 2 else (self._cube, 1.0)
        sides = [(offset, offset - 1.0) for offset in reversed(offsets)]
        values = []
        for corner, away in zip(corners, product(*sides), strict=True):
            value = gradients[0].take(corner) * away[-1]
            for gradient, gap in zip(gradients[1:], away[-2::-1], strict=True):
                value += gradient.take(corner) * gap
            values.append(value)
        fades = [t * t * t * (t * (t * 6.0 - 15.0) + 10.0) for t in offsets]
        return _blended(values, fades) * scale

    def _simplex(self, x: Floats, y: Floats) -> Floats:
        """Return what `simplex` does (after Gustavson 2005)."""
        skew = (x + y) * _SKEW
        column, row = np.floor(x + skew), np.floor(y + skew)
        back = (column + row) * _UNSKEW
        x, y = x - (column - back), y - (row - back)
        right = (x > y).astype(np.intp)
        i, j = column.astype(np.intp) & (_PERIOD - 1), row.astype(np.intp) & (_PERIOD - 1)
        total = np.zeros_like(x)
        for di, dj in ((0, 0), (right, 1 - right), (1, 1)):
            shift = (di + dj) * _UNSKEW
            dx, dy = x - di + shift, y - dj + shift
            near = np.maximum(0.5 - dx * dx - dy * dy, 0.0)
            near *= near
            index = self._shuffled.take(i + di) + j + dj
            total += near * near * (self._flat[0].take(index) * dx + self._flat[1].take(index) * dy)
        return total * _SIMPLEX_SCALE


def _blended(values: Sequence[Floats], fades: Sequence[Floats]) -> Floats:
    """Interpolate between the `values` at a cell's corners, along x first."""
    for fade in fades:
        pairs = zip(values[::2], values[1::2], strict=False)
        values = [low + fade * (high - low) for low, high in pairs]
    return values[0]
