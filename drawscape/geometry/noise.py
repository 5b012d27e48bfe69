"""Gradient noise."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Ints, as_floats, check_positive, check_whole

# 64 kB an array, so that ten temporaries stay in a core's second-level cache.
_CHUNK = 8_192
# Beyond this the fraction of a float64 is too coarse to be noise.
_FARTHEST = 1e12
# The distance of two values for a slope: rounding and curvature change it by less than 1e-8.
_STEP = 1e-5
# Cells after which the noise repeats along each axis of its grid.
_PERIOD = 256
_SQRT_2 = math.sqrt(2.0)
# Each octave is this many times finer than the one before it.
_LACUNARITY = 2.0
# Twelve cube-edge gradients reach 1.0364 at most (the maximum over a cell, found numerically).
_CUBE_SCALE = 0.9649
_CUBE_EDGES = np.array(
    sorted((p for p in product((-1, 0, 1), repeat=3) if p.count(0) == 1), key=lambda p: p.index(0)),
    dtype=np.float64,
)


@dataclass(frozen=True)
class _LookUps:
    """The tables of noise, for arrays or single numbers: each maps indices to values.

    `floor` gives the cell of a coordinate, `gradients` those of the plane and of space, one per coordinate.
    """

    floor: Callable[[Any], Any]
    shuffled: Callable[[Any], Any]
    flat: tuple[Callable[[Any], Any], ...]
    cube: tuple[Callable[[Any], Any], ...]


class Noise:
    """Smooth noise from a `seed`: one value per place.

    Perlin noise repeats after 256 units along each axis.

    `seed` is an int or a numpy Generator, which is used once, here. All methods take
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
        shuffled = np.concatenate((once, once, once[:2]))
        turns = shuffled * (2.0 * np.pi / _PERIOD)
        flat = np.cos(turns), np.sin(turns)
        cube = (_CUBE_EDGES[shuffled[shuffled] % len(_CUBE_EDGES)] * _CUBE_SCALE).T.copy()
        self._of_arrays = _LookUps(
            _cells,
            shuffled.take,
            tuple(axis.take for axis in flat),
            tuple(axis.take for axis in cube),
        )
        self._of_numbers = _LookUps(
            math.floor,
            shuffled.tolist().__getitem__,
            tuple(axis.tolist().__getitem__ for axis in flat),
            tuple(axis.tolist().__getitem__ for axis in cube),
        )
        # Octaves are shifted against each other; otherwise all are 0 at whole coordinates.
        self._shifts = rng.random((32, 3)) * _PERIOD
        self._shifts[0] = 0.0

    def perlin(self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None) -> Floats:
        """Return Perlin noise (1985, quintic of 2002) at `x`, `y` or `x`, `y`, `z`, within -1 to 1, mean 0.

        It is 0 where all coordinates are integers.
        """
        places = [as_floats(place) for place in (x, y, z) if place is not None]
        arrays = np.broadcast_arrays(*places)
        for axis, array in zip("xyz", arrays):
            if array.size and not (array.min() > -_FARTHEST and array.max() < _FARTHEST):
                raise GeometryError(f"noise needs finite {axis} within {_FARTHEST:g} of 0")
        flat = [array.ravel() for array in arrays]
        values = np.empty(flat[0].size)
        for start in range(0, flat[0].size, _CHUNK):
            part = slice(start, start + _CHUNK)
            values[part] = _perlin([place[part] for place in flat], self._of_arrays)
        return values.reshape(arrays[0].shape)

    def perlin_at(self, *place: float) -> float:
        """Return Perlin noise at one place, x, y or x, y, z, like `perlin` but without arrays.

        >>> bool(Noise(7).perlin_at(0.5, 0.25) == Noise(7).perlin(0.5, 0.25))
        True
        """
        if not all(-_FARTHEST < coordinate < _FARTHEST for coordinate in place):
            raise GeometryError(
                f"noise needs a finite place within {_FARTHEST:g} of 0, not {place}"
            )
        return float(_perlin(place, self._of_numbers))

    def fractal(
        self,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike | None = None,
        *,
        octaves: int = 4,
        gain: float = 0.5,
    ) -> Floats:
        """Return fractal Brownian motion (Perlin 1985; Musgrave 1989), within -1 to 1.

        Each of the `octaves` (1 to 32) is twice as fine as the one before, and `gain` times as strong.
        Raises GeometryError when `octaves` is out of range or `gain` not positive.
        """
        weights, layers = self._octaves(0, x, y, z, octaves=octaves, gain=gain)
        return sum(map(mul, weights, layers)) / weights.sum()

    def ridged(
        self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None, **options: Any
    ) -> Floats:
        """Return ridged multifractal noise (after Musgrave 1994), within 0 to 1, sharp at crests.

        Options and errors are those of `fractal`.
        """
        # The first octave is shifted, too; otherwise the ridges of all seeds meet at whole coordinates.
        weights, layers = self._octaves(1, x, y, z, **options)
        total, carried = np.zeros(()), np.ones(())
        for weight, layer in zip(weights, layers):
            crest = (1.0 - np.abs(layer)) ** 2
            # Detail grows on ridges, not in valleys.
            total, carried = total + weight * crest * carried, crest
        return total / weights.sum()

    def gradient(self, x: ArrayLike, y: ArrayLike, *, octaves: int = 1, **options: Any) -> Floats:
        """Return the slope of `fractal` with these options by x and by y: shape + (2,)."""
        options["octaves"] = octaves
        x, y = np.broadcast_arrays(as_floats(x), as_floats(y))
        by_x = self.fractal(x + _STEP, y, **options) - self.fractal(x - _STEP, y, **options)
        by_y = self.fractal(x, y + _STEP, **options) - self.fractal(x, y - _STEP, **options)
        return np.stack((by_x, by_y), axis=-1) / (2 * _STEP)

    def _octaves(
        self,
        first: int,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike | None,
        *,
        octaves: int = 4,
        gain: float = 0.5,
    ) -> tuple[Floats, list[Floats]]:
        """Return the weight and noise of each octave; the shifts begin with number `first`."""
        check_whole(1, 32, octaves=octaves)
        check_positive(gain=gain)
        places = [as_floats(place) for place in (x, y, z) if place is not None]
        layers = []
        for octave in range(octaves):
            moved = zip(places, self._shifts[(octave + first) % len(self._shifts)])
            layers.append(self.perlin(*(at * _LACUNARITY**octave + shift for at, shift in moved)))
        return as_floats(gain) ** np.arange(octaves), layers


def _cells(places: Floats) -> Ints:
    return np.floor(places).astype(np.int64)


def _perlin(places: Sequence[Any], look_ups: _LookUps) -> Any:
    """Return Perlin noise at coordinates, two or three arrays or numbers."""
    cells = [look_ups.floor(place) for place in places]
    numbers = [cell & (_PERIOD - 1) for cell in cells]
    offsets = [place - cell for place, cell in zip(places, cells)]
    # The corners of a cell one after the other, along x first.
    corners = [numbers[0], numbers[0] + 1]
    for number in numbers[1:]:
        corners = [look_ups.shuffled(corner) + number for corner in corners]
        corners += [corner + 1 for corner in corners]
    # Four unit gradients on the plane that point at the middle of a cell give sqrt(1/2).
    gradients, scale = (look_ups.flat, _SQRT_2) if len(places) == 2 else (look_ups.cube, 1.0)
    sides = [(offset, offset - 1.0) for offset in reversed(offsets)]
    values = []
    for corner, away in zip(corners, product(*sides)):
        value = gradients[0](corner) * away[-1]
        for gradient, gap in zip(gradients[1:], away[-2::-1]):
            value += gradient(corner) * gap
        values.append(value)
    fades = [t * t * t * (t * (t * 6.0 - 15.0) + 10.0) for t in offsets]
    return _blended(values, fades) * scale


def _blended(values: Sequence[Any], fades: Sequence[Any]) -> Any:
    """Interpolate between the `values` at a cell's corners, along x first."""
    for fade in fades:
        pairs = zip(values[::2], values[1::2])
        values = [low + fade * (high - low) for low, high in pairs]
    return values[0]
